"""What is handed out of a take besides the whole document: its generated measures, as notation and as a list."""
