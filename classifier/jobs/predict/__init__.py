"""Labels for new articles."""
