"""Measures of quality, and the naive models that a trained one must beat."""
