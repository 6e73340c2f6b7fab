"""Jobs: a bounded queue, one process that writes, and what it has written so far."""
