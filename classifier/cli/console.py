"""What the command line shows: progress, messages and errors on standard error, tables on standard output."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress

from classifier.distributed import is_main
from classifier.progress import SILENT, Progress, Task

PLAIN_SECONDS = 10.0
MUTE = not is_main()  # of several processes one speaks
out = Console(markup=False, emoji=False, highlight=False, width=None if sys.stdout.isatty() else 120, quiet=MUTE)
err = Console(stderr=True, emoji=False, highlight=False, soft_wrap=True, quiet=MUTE)


def make_progress(*, quiet: bool) -> Progress:
    """Bars on a terminal, plain lines elsewhere, nothing when quiet."""
    if quiet:
        return SILENT
    return Bars() if err.is_terminal else Lines()


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
    def emit(self, record: logging.LogRecord) -> None:
        style = "yellow" if record.levelno >= logging.WARNING else "dim"
        name = "warning: " if record.levelno >= logging.WARNING else ""
        err.print(f"[{style}]{name}{escape(record.getMessage())}[/]")


class _Counter:
    """Articles and tokens of a task, and how fast they pass."""

    def __init__(self, name: str, total: int | None, done: int) -> None:
        self.name, self.total, self.done = name, total, done
        self.articles, self.tokens = done, 0
        self.text = ""
        self.started = time.monotonic()

    def rates(self) -> str:
        seconds = max(1e-3, time.monotonic() - self.started)
        tokens = f", {self.tokens / seconds:,.0f} tokens/s" if self.tokens else ""
        return f"{(self.articles - self.done) / seconds:,.1f} articles/s{tokens}{', ' + self.text if self.text else ''}"


class Bars:
    """Rich progress bars."""

    @contextmanager
    def task(self, name: str, total: int | None, done: int = 0) -> Iterator[Task]:
        """A bar that goes when the task ends."""
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rates]}"),
            TimeRemainingColumn(),
            TextColumn("left"),
        )
        with RichProgress(*columns, console=err, transient=True) as progress:
            counter = _Counter(name, total, done)
            yield _BarTask(counter, progress, progress.add_task(name, total=total, completed=done, rates=""))


class _BarTask:
    def __init__(self, counter: _Counter, progress: RichProgress, identifier: TaskID) -> None:
        self.counter, self.progress, self.identifier = counter, progress, identifier

    def advance(self, articles: int, tokens: int = 0) -> None:
        self.counter.articles += articles
        self.counter.tokens += tokens
        self.progress.update(self.identifier, advance=articles, rates=self.counter.rates())

    def note(self, text: str) -> None:
        self.counter.text = text


class Lines:
    """A plain line every ten seconds, for logs."""

    @contextmanager
    def task(self, name: str, total: int | None, done: int = 0) -> Iterator[Task]:
        """Lines while the task lasts, and none for a short one."""
        yield _LineTask(_Counter(name, total, done))


class _LineTask:
    def __init__(self, counter: _Counter) -> None:
        self.counter, self.shown = counter, time.monotonic()

    def advance(self, articles: int, tokens: int = 0) -> None:
        counter = self.counter
        counter.articles += articles
        counter.tokens += tokens
        if time.monotonic() - self.shown >= PLAIN_SECONDS:
            self.shown = time.monotonic()
            err.print(escape(f"{counter.name}: {_share(counter)} {counter.rates()}{_remaining(counter)}"))

    def note(self, text: str) -> None:
        self.counter.text = text


def _share(counter: _Counter) -> str:
    return f"{counter.articles:,}" + (f"/{counter.total:,}" if counter.total else "")


def _remaining(counter: _Counter) -> str:
    now = counter.articles - counter.done
    if not counter.total or not now:
        return ""
    seconds = (time.monotonic() - counter.started) * (counter.total - counter.articles) / now
    return f", {seconds / 60:.1f} min left" if seconds >= 60 else f", {seconds:.0f} s left"
