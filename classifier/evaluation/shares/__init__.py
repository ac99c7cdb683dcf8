"""Shares of a corpus, corrected for the classifier's errors."""
