"""Simulated worlds whose truth is known, one kind a file; `scripts/interval_coverage.py` runs them."""
