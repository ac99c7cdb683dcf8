"""From labelled articles to a dataset folder with splits that keep groups, dates and copies apart."""
