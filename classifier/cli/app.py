"""The command line: its commands (`classifier.cli.commands`), exit codes, and what it says when something fails."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from functools import cache
from typing import Annotated, Any, NoReturn

import typer

from classifier._version import __version__
from classifier.cli.commands import (
    audit,
    build,
    compare,
    estimate,
    evaluate,
    export,
    init,
    learning_curve,
    next,
    predict,
    report,
    train,
    tune,
)
from classifier.collecting import end_uncollected
from classifier.errors import InputError
from classifier.full_disk import full_disk

INTERRUPTED = "Interrupted; nothing half-written was left."
app = typer.Typer(
    name="classifier",
    help="Train, evaluate and apply text classifiers for articles.\n\nStart: classifier train my.csv --out runs/first",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
COMMANDS = (  # in the order of the help
    init,
    build,
    audit,
    train,
    tune,
    learning_curve,
    evaluate,
    report,
    compare,
    predict,
    estimate,
    next,
    export,
)


def main() -> NoReturn:
    """Run the command line.

    Exit codes: 0 done, 1 a fault of ours, 2 bad input, 130 interrupted (Ctrl-C), 141 nobody reads the output any more,
    143 ended by the system.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that half-written output is removed then too
    code = run()
    end_uncollected()
    _drop_unwritten()
    sys.exit(code)


def run(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code; bad input is shown as one message, without a traceback."""
    try:
        _group()(args=arguments, standalone_mode=True)
    except SystemExit as stop:
        if isinstance(getattr(stop.__context__, "__cause__", None), KeyboardInterrupt):  # Typer makes an exit of it
            _show_error(INTERRUPTED)
        return stop.code if isinstance(stop.code, int) else 0
    except InputError as error:
        _show_error(str(error))
        return 2
    except KeyboardInterrupt:
        _show_error(INTERRUPTED)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 141
    except OSError as error:
        return _show_system_error(error)
    except MemoryError:
        _show_error("Out of memory.\nFix: Lower train.token_budget or model.windows, or use fewer articles.")
        return 2
    except Exception as error:
        return _show_no_room(number) if (number := full_disk(error)) else _report_fault()
    return 0


@cache
def _group() -> Any:
    """All commands as Click knows them; each call of `app` would work them out of the annotations again."""
    return typer.main.get_command(app)


def _show_system_error(error: OSError) -> int:
    """Say what the system does not do, and return the exit code; where no file is named, standard output is meant."""
    if number := full_disk(error):
        return _show_no_room(number, error.filename)
    if error.errno is None or error.filename is None:
        return _report_fault()
    _show_error(f"'{error.filename}' cannot be used: {error.strerror}.\nFix: Check its name and permissions.")
    return 2


def _show_no_room(number: int, name: str | None = None) -> int:
    what = f"'{name}'" if name else "What was to be written"
    _show_error(f"{what} has no room: {os.strerror(number)}.\nFix: Make room, and repeat the command.")
    return 2


def _drop_unwritten() -> None:
    """Leave out what standard output cannot take, so that Python does not try it again when it ends."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _report_fault() -> int:
    traceback.print_exc()
    _show_error("This is a fault of classifier, not of your input. Please report it with the lines above.")
    return 1


@app.callback(invoke_without_command=True)
def options(
    version: Annotated[bool, typer.Option("--version", help="Show the version.", is_eager=True)] = False,
) -> None:
    """Options before any command."""
    if version:
        typer.echo(f"classifier {__version__}")
        raise typer.Exit


def _show_error(message: str) -> None:
    from classifier.cli import console

    console.show_error(message)


for _module in COMMANDS:
    _name = _module.__name__.rpartition(".")[2].replace("_", "-")
    app.command(_name, epilog=f"Example: {_module.EXAMPLE}")(_module.command)
