"""Results in words and pictures; it reads, and never measures."""
