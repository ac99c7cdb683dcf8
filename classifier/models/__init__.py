"""From an article to scores, and a model on disk."""
