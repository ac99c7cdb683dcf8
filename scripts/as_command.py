"""A script as a command: bad input is one message and exit code 2, as with `classifier` itself."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

from classifier.cli.console import show_error
from classifier.errors import InputError


def run(main: Callable[..., None]) -> None:
    """Run a script's function with the arguments that were typed."""
    try:
        typer.run(main)
    except InputError as error:
        show_error(str(error))
        sys.exit(2)
