"""Many files by one command: which, what is done already, and who writes them."""
