"""Engines that write a single line: what they are asked, and the way of their sounds into cells."""
