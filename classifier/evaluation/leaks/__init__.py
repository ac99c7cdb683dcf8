"""Leaks: what a model can learn from a split or a text instead of the label."""
