"""The shares of labels in a corpus, corrected for the classifier's errors."""
