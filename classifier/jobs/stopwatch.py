"""How long a training has taken over all its sessions: it may be interrupted, or killed, and go on later.

``RUN/seconds.json`` is written every few seconds while a training runs, and removed when ``manifest.json`` has the sum.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from classifier.files import read_json_as, write_json
from classifier.models.run_folder import RunFolder

EVERY = 10.0  # seconds: what a killed training loses of its time


@dataclass(frozen=True)
class Spent:
    """What ``seconds.json`` holds.

    Attributes:
        seconds: of all sessions so far.
        sessions: how many times the training was begun or went on.
        reserve: that the work after the last step is expected to take, where there is a ``train.budget``.
    """

    seconds: float = 0.0
    sessions: int = 0
    reserve: float = 0.0
    format_version: int = 1


class Stopwatch:
    """Measures a session of a training, and knows the ones before.

    Args:
        file: where the time is kept.
        started: when this session began, by `time.monotonic`.
        writes: whether this process keeps the time: of several that train together one does.
    """

    def __init__(self, file: Path, started: float, *, writes: bool = True) -> None:
        fix = f"Remove '{file}': the time before is then not counted."
        self.file, self.started, self.written, self.writes = file, started, started, writes
        self.before = read_json_as(file, Spent, fix=fix) if writes and file.exists() else Spent()

    @property
    def spent(self) -> Spent:
        """The time of all sessions until now."""
        seconds = self.before.seconds + time.monotonic() - self.started
        return Spent(round(seconds, 1), self.before.sessions + 1, self.before.reserve)

    def is_over(self, budget: float) -> bool:
        """Whether so many seconds, less those for the work after the last step, have been taken."""
        spent = self.spent
        return spent.seconds + spent.reserve > budget

    def note(self, *, every: float = EVERY) -> None:
        """Write the time down, unless that was done a moment ago."""
        now = time.monotonic()
        if self.writes and now - self.written >= every:
            write_json(self.file, asdict(self.spent))
            self.written = now


@contextmanager
def timed(run: RunFolder, started: float, *, writes: bool = True) -> Iterator[Stopwatch]:
    """A stopwatch of a run, whose time is written down where the training does not come to its end.

    Example:
        >>> with timed(RunFolder(Path("runs/first")), time.monotonic()) as watch:
        ...     watch.spent.sessions
        1
    """
    watch = Stopwatch(run.seconds, started, writes=writes)
    watch.note(every=0)
    try:
        yield watch
    except BaseException:
        watch.note(every=0)
        raise
    if writes:
        watch.file.unlink(missing_ok=True)
