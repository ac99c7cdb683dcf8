"""What the command line shows: progress, messages and errors on standard error, tables on standard output."""

from __future__ import annotations

import logging
import sys

from rich.console import Console
from rich.markup import escape

from classifier.bars import Bars, Lines
from classifier.distributed import is_main
from classifier.progress import SILENT, Progress

MUTE = not is_main()  # of several processes only the first prints
out = Console(markup=False, emoji=False, highlight=False, width=None if sys.stdout.isatty() else 120, quiet=MUTE)
err = Console(stderr=True, emoji=False, highlight=False, soft_wrap=True, quiet=MUTE)


def make_progress(*, quiet: bool) -> Progress:
    """Bars on a terminal, plain lines elsewhere, nothing when quiet."""
    if quiet:
        return SILENT
    return Bars(err) if err.is_terminal else Lines(err)


def show_messages(*, quiet: bool) -> None:
    """Send the package's log messages to standard error: all of them, or warnings only when quiet."""
    logger = logging.getLogger("classifier")
    logger.handlers = [_Messages()]
    logger.setLevel(logging.WARNING if quiet else logging.INFO)
    logger.propagate = False


def show_error(message: str) -> None:
    """One clear message, in red on a terminal."""
    err.print(f"[bold red]error:[/] {escape(message)}")


class _Messages(logging.Handler):
    """Shows each warning once, also where a command reads a file twice."""

    def __init__(self) -> None:
        super().__init__()
        self.warned: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.WARNING:
            if record.getMessage() in self.warned:
                return
            self.warned.add(record.getMessage())
        style = "yellow" if record.levelno >= logging.WARNING else "dim"
        name = "warning: " if record.levelno >= logging.WARNING else ""
        err.print(f"[{style}]{name}{escape(record.getMessage())}[/]")
