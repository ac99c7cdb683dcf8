"""What each command does, as a Python function; one file or folder per verb."""

from classifier.reports import notebook as notebook  # so that every result of a verb shows itself
