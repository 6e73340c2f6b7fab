"""The local HTTP API: a thin skin over the desk and the history, for programs of the composer's own machine."""
