"""The transformer: tokens, windows, batches, network."""
