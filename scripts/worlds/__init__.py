"""Simulated worlds whose truth is known, one kind a file; `scripts/coverage.py` runs them."""
