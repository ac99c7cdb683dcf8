"""How good: a model on articles, a split, labels, shares of a corpus."""
