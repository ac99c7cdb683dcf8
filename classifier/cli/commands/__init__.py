"""One file per command: it parses, calls and prints. Heavy imports happen inside the functions."""
