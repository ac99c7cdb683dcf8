"""What each command does, as a Python function; one file or folder per verb."""

from classifier.reports import summaries as summaries  # so that every result of a verb shows itself
