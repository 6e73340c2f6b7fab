"""Training: works, masks, batches, and the loop."""
