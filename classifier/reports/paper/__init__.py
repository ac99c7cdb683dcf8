"""What a paper needs from a run: a methods text, references, tables and figures, all from the run's files."""
