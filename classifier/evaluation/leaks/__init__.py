"""Leaks: what a split gives away."""
