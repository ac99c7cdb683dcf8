"""What a part of `scripts/interval_coverage.py` is, and how it counts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """How often one method was right in the worlds of one setting.

    Attributes:
        setting: what the worlds are like.
        method: whose intervals or verdicts.
        hits: worlds in which the interval held the truth, or the verdict was wrong, as the part's title says.
        worlds: in which there was an interval or a verdict to be had.
        refused: worlds in which there was none.
        width: mean width of the intervals; None for verdicts.
    """

    setting: str
    method: str
    hits: int
    worlds: int
    refused: int = 0
    width: float | None = None

    @property
    def rate(self) -> float:
        """The share of hits; NaN where all worlds were refused."""
        return self.hits / self.worlds if self.worlds else math.nan

    def line(self) -> str:
        """As a row of a Markdown table."""
        rate, every = self.rate, self.worlds + self.refused
        shown = "–" if math.isnan(rate) else f"{rate:.3f} ± {math.sqrt(rate * (1 - rate) / self.worlds):.3f}"
        width = "–" if self.width is None or math.isnan(self.width) else f"{self.width:.3f}"
        return f"| {self.setting} | {self.method} | {shown} | {width} | {self.refused / max(1, every):.0%} |"


@dataclass(frozen=True)
class Part:
    """Worlds of one kind.

    Attributes:
        title: what they are, and what the rate is a share of.
        rate: name of the rate's column, such as "held the truth".
        rows: number of worlds and a seed -> the rows, one after the other.
    """

    title: str
    rate: str
    rows: Callable[[int, int], Iterator[Row]]

    def header(self) -> str:
        """The first two lines of its table."""
        return f"| worlds | method | {self.rate} | mean width | refused |\n|---|---|---|---|---|"
