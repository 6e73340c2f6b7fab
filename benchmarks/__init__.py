"""Scripts that print measured figures, and their committed results."""
