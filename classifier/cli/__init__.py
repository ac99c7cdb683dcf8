"""The command line: it parses, calls a job, and prints."""
