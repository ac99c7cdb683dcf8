"""From labelled articles to a dataset folder with splits that do not leak."""
