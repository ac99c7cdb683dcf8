"""Progress of long work, as jobs report it; `classifier.bars` shows it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Task(Protocol):
    """One piece of long work."""

    def advance(self, articles: int, tokens: int = 0) -> None:
        """Report that this many more articles (and tokens) are done."""

    def note(self, text: str) -> None:
        """Show a short text beside the bar, such as the loss."""


class Progress(Protocol):
    """Something that shows tasks."""

    def task(self, name: str, total: int | None, done: int = 0) -> AbstractContextManager[Task]:
        """Begin a task of ``total`` articles (None: unknown), ``done`` of them done before; it ends with the block."""


class SilentTask:
    """A task that nobody watches."""

    def advance(self, articles: int, tokens: int = 0) -> None:
        """Show nothing."""

    def note(self, text: str) -> None:
        """Show nothing."""


class SharedTask:
    """A task that processes every article ``times`` times: it advances by one article per ``times`` reported."""

    def __init__(self, task: Task, times: int) -> None:
        self.task, self.times, self.left = task, times, 0

    def advance(self, articles: int, tokens: int = 0) -> None:
        """Report that this many articles were processed once more."""
        done, self.left = divmod(self.left + articles, self.times)
        self.task.advance(done, tokens)

    def note(self, text: str) -> None:
        """Show a short text beside the bar."""
        self.task.note(text)


class Silent:
    """Shows nothing."""

    @contextmanager
    def task(self, name: str, total: int | None, done: int = 0) -> Iterator[Task]:
        """A task that nobody watches."""
        yield SilentTask()


SILENT = Silent()
