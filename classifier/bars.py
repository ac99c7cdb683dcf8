"""Shows progress: bars on a terminal or in a notebook, plain lines in a log."""

from __future__ import annotations

import sys
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from html import escape
from typing import TYPE_CHECKING, Any

from classifier.progress import SILENT, Progress, Task

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

LINE_SECONDS = 10.0
NAME_SECONDS = 3.0  # after which a log names a task of which no step is done
NOTEBOOK_SECONDS = 0.2  # between two pictures of a bar, and before the first
WIDTH = "16em"
NO_WIDGETS = "IProgress not found"  # what tqdm, which transformers imports, says in a notebook without ipywidgets


def in_notebook() -> bool:
    """Whether the program runs in the kernel of a notebook: Jupyter, VS Code, Colab."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return hasattr(shell, "kernel")


def chosen_bars() -> Progress:
    """The display for this place: bars in a notebook or on a terminal, else plain lines on standard error."""
    if in_notebook():
        return NotebookBars()
    from rich.console import Console

    console = Console(stderr=True, emoji=False, highlight=False, soft_wrap=True)
    return Bars(console) if console.is_terminal else Lines(console)


class Counter:
    """Counts the articles and tokens of a task, and how many are done per second."""

    def __init__(self, name: str, total: int | None, done: int) -> None:
        self.name, self.total, self.done = name, total, done
        self.articles, self.tokens = done, 0
        self.text = ""
        self.started = time.monotonic()

    def advance(self, articles: int, tokens: int) -> None:
        """Count this many more as done."""
        self.articles += articles
        self.tokens += tokens

    def rates(self) -> str:
        """Articles and tokens per second, and what was noted."""
        seconds = max(1e-3, time.monotonic() - self.started)
        tokens = f", {self.tokens / seconds:,.0f} tokens/s" if self.tokens else ""
        return f"{(self.articles - self.done) / seconds:,.1f} articles/s{tokens}{', ' + self.text if self.text else ''}"

    def share(self) -> str:
        """Articles done, and of how many, such as ``20/100``."""
        return f"{self.articles:,}" + (f"/{self.total:,}" if self.total else "")

    def remaining(self) -> str:
        """The time left, if it is known; else empty."""
        now = self.articles - self.done
        if not self.total or not now:
            return ""
        seconds = (time.monotonic() - self.started) * (self.total - self.articles) / now
        return f", {seconds / 60:.1f} min left" if seconds >= 60 else f", {seconds:.0f} s left"


class Bars:
    """Rich progress bars on a terminal."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.running: RichProgress | None = None

    @contextmanager
    def task(self, name: str, total: int | None, done: int = 0) -> Iterator[Task]:
        """A bar that disappears when the task ends, below the bars of the tasks that contain this one."""
        inside = self.running is not None
        with self._display() as progress:
            identifier = progress.add_task(name, total=total, completed=done, rates="")
            try:
                yield _BarTask(Counter(name, total, done), progress, identifier)
            finally:
                if inside:
                    progress.remove_task(identifier)

    @contextmanager
    def _display(self) -> Iterator[RichProgress]:
        """The display of all bars: a console shows one at a time."""
        if self.running is not None:
            yield self.running
            return
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rates]}"),
            TimeRemainingColumn(),
            TextColumn("left"),
        )
        with RichProgress(*columns, console=self.console, transient=True) as progress:
            self.running = progress
            try:
                yield progress
            finally:
                self.running = None


class _BarTask:
    def __init__(self, counter: Counter, progress: RichProgress, identifier: TaskID) -> None:
        self.counter, self.progress, self.identifier = counter, progress, identifier

    def advance(self, articles: int, tokens: int = 0) -> None:
        self.counter.advance(articles, tokens)
        self.progress.update(self.identifier, advance=articles, rates=self.counter.rates())

    def note(self, text: str) -> None:
        self.counter.text = text


class Lines:
    """A plain line every ten seconds, for logs; a task that reports no steps is named once."""

    def __init__(self, console: Console) -> None:
        self.console = console

    @contextmanager
    def task(self, name: str, total: int | None, done: int = 0) -> Iterator[Task]:
        """Lines while the task lasts, and none for a short one."""
        task = _LineTask(Counter(name, total, done), self.console)
        timer = threading.Timer(NAME_SECONDS, task.show_name)
        timer.daemon = True
        timer.start()
        try:
            yield task
        finally:
            timer.cancel()


class _LineTask:
    def __init__(self, counter: Counter, console: Console) -> None:
        self.counter, self.console, self.shown = counter, console, time.monotonic()

    def advance(self, articles: int, tokens: int = 0) -> None:
        counter = self.counter
        counter.advance(articles, tokens)
        if time.monotonic() - self.shown >= LINE_SECONDS:
            self.shown = time.monotonic()
            self.console.print(_words(counter), markup=False)

    def show_name(self) -> None:
        """Say what is being done, unless a step of it is done."""
        if self.counter.articles == self.counter.done:
            self.console.print(f"{self.counter.name} …", markup=False)

    def note(self, text: str) -> None:
        self.counter.text = text


class NotebookBars:
    """Bars in the output of a notebook's cell; they disappear when the tasks end.

    They are plain HTML that is updated in place, so that neither ipywidgets nor a terminal is needed.
    """

    def __init__(self) -> None:
        self.running: list[Counter] = []
        self.cell: object = None
        self.handle: Any = None
        self.shown = 0.0

    @contextmanager
    def task(self, name: str, total: int | None, done: int = 0) -> Iterator[Task]:
        """A bar below the bars of the tasks that contain this one; a short task gets none."""
        counter = Counter(name, total, done)
        self.running.append(counter)
        try:
            yield _NotebookTask(counter, self)
        finally:
            self.running.remove(counter)
            if self.handle is not None:
                self.show()

    def tick(self) -> None:
        """Show the bars, unless that was done a moment ago or the task has just begun."""
        now = time.monotonic()
        if now - max(self.shown, self.running[0].started) >= NOTEBOOK_SECONDS:
            self.show()

    def show(self) -> None:
        """Show the bars now; nothing if no task is running."""
        from IPython import get_ipython
        from IPython.display import display

        self.shown = time.monotonic()
        picture = {"text/html": "".join(map(_bar, self.running)), "text/plain": "; ".join(map(_words, self.running))}
        cell = getattr(get_ipython(), "execution_count", None)
        if self.handle is None or cell != self.cell:
            self.cell, self.handle = cell, display(picture, raw=True, display_id=True)
        else:
            self.handle.update(picture, raw=True)


class _NotebookTask:
    def __init__(self, counter: Counter, bars: NotebookBars) -> None:
        self.counter, self.bars = counter, bars

    def advance(self, articles: int, tokens: int = 0) -> None:
        self.counter.advance(articles, tokens)
        self.bars.tick()

    def note(self, text: str) -> None:
        self.counter.text = text


def _words(counter: Counter) -> str:
    return f"{counter.name}: {counter.share()} {counter.rates()}{counter.remaining()}"


def _bar(counter: Counter) -> str:
    known = f' value="{counter.articles}" max="{counter.total}"' if counter.total else ""
    words = f"{counter.share()} {counter.rates()}{counter.remaining()}"
    bar = f'<progress style="width: {WIDTH}; vertical-align: middle"{known}></progress>'
    return f"<div>{escape(counter.name)} {bar} {escape(words)}</div>"


class Automatic:
    """The default display: shows progress in a notebook, and elsewhere after `show_progress`."""

    def __init__(self) -> None:
        self.wanted: bool | None = None
        self.shown: Progress | None = None

    def task(self, name: str, total: int | None, done: int = 0) -> AbstractContextManager[Task]:
        """A task; shown after ``show_progress(True)``, or by default in a notebook."""
        if not (in_notebook() if self.wanted is None else self.wanted):
            return SILENT.task(name, total, done)
        self.shown = self.shown or chosen_bars()
        return self.shown.task(name, total, done)


AUTOMATIC = Automatic()
if in_notebook():
    warnings.filterwarnings("ignore", message=NO_WIDGETS)


def show_progress(shown: bool | None = True) -> None:
    """Switch progress bars on (True) or off (False) from now on. None restores the default: in notebooks only.

    Example:
        >>> show_progress()  # bars on a terminal, plain lines in a log
        >>> show_progress(False)
        >>> show_progress(None)
    """
    AUTOMATIC.wanted, AUTOMATIC.shown = shown, None
