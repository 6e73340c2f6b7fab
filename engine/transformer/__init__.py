"""The Transformer engine: writes masked cells knowing all the others."""
