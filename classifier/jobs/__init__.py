"""What each command does, as a Python function; one file or folder per verb."""
