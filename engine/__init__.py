"""Music as numbers: the score model, tokens, models, sampling, training and evaluation."""
