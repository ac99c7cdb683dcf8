"""Articles in and out of files: rows, columns, labels, boilerplate."""
