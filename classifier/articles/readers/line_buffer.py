"""Lines of a stream that can be looked at before they are read, and given back."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice


class LineBuffer:
    r"""An iterable of lines. Those of the current record are kept, so that it can be judged or begun anew.

    Args:
        stream: of lines.
        ready: whether it has another one, or its end, now.

    Attributes:
        record: the lines that were read since the last `next_record`.
        number: of the last line before them.

    Example:
        >>> lines = LineBuffer(["a\n", "b\n", "c\n"])
        >>> next(iter(lines)), lines.ahead(1)
        ('a\n', 'c\n')
        >>> lines.give_back(1)
        >>> list(lines), lines.record
        (['a\n', 'b\n', 'c\n'], ['a\n', 'b\n', 'c\n'])
    """

    def __init__(self, stream: Iterable[str], ready: Callable[[], bool] = lambda: True) -> None:
        self._stream = iter(stream)
        self._ready = ready
        self._ahead: deque[str] = deque()
        self.record: list[str] = []
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        ahead, record = self._ahead, self.record
        while True:
            while ahead:
                line = ahead.popleft()
                record.append(line)
                yield line
            for line in self._stream:
                record.append(line)
                yield line
                if ahead:
                    break
            else:
                return

    def next_record(self) -> None:
        """Let go of the lines of the current record."""
        self.number += len(self.record)
        self.record.clear()

    def ahead(self, index: int) -> str | None:
        """The line so many lines after the next one; None where the stream has ended, or has no more at the moment."""
        while index >= len(self._ahead) and (not self._ahead or self._ready()):
            more = list(islice(self._stream, 1))
            if not more:
                break
            self._ahead += more
        return self._ahead[index] if index < len(self._ahead) else None

    def coming(self, most: int, *, after: int = 0) -> Iterator[str]:
        """Lines as `ahead` gives them, up to the first that is not there: a pipe is looked at once, not for each.

        Args:
            most: how many.
            after: so many lines from the next one on.
        """
        for index in range(after, after + most):
            line = self.ahead(index) if self.ready() else None
            if line is None:
                return
            yield line

    def ready(self) -> bool:
        """Whether a line can be read now, or the end; False while a pipe has no more."""
        return bool(self._ahead) or self._ready()

    def give_back(self, count: int) -> None:
        """Let the last lines of the record be the next ones to be read."""
        if count:
            self._ahead.extendleft(reversed(self.record[-count:]))
            del self.record[-count:]
