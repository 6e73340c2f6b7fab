"""The attention LSTM: a single line as notes and their durations, written one after the other."""
