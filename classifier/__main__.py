"""``python -m classifier``."""

from __future__ import annotations

from classifier.cli.app import main

main()
