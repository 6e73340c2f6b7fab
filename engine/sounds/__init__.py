"""What sounds: rolls of it, lines of it, and its way onto the page."""
