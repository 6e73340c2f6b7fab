"""What the running bridge does under load, attack and sudden death; each script starts a bridge of its own."""
