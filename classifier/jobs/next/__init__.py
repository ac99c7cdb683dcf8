"""Which articles of an unlabelled pool to label next."""
