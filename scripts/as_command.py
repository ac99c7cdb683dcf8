"""A script as a command: bad input is one message and exit code 2, as with `classifier` itself."""

from __future__ import annotations

import sys
from collections.abc import Callable

from classifier.cli.console import show_error
from classifier.errors import InputError


def run(main: Callable[..., object]) -> None:
    """Run a script's function with the arguments that were typed; Typer makes options of its parameters."""
    import typer

    call(lambda: typer.run(main))


def call(main: Callable[[], object]) -> None:
    """Call the function of a script that reads its arguments itself."""
    try:
        main()
    except InputError as error:
        show_error(str(error))
        sys.exit(2)
