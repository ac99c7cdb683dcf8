"""From a dataset to a model folder: automatic settings, the loop, checkpoints."""
