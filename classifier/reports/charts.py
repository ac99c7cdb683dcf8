"""Charts for pages: bars, dots, lines and a histogram, each as long and as high as its figures (drawn by `svg`)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby

import numpy as np
from markupsafe import Markup

from classifier.reports.svg import (
    FONT_SIZE,
    WIDTHS,
    Canvas,
    area,
    box,
    circle,
    fitting,
    picture,
    pictures,
    stroke,
    text,
    text_width,
)

SERIES = ("s1", "s2", "s3", "s4", "s5", "s6", "s7")
BINS = 36
NAMES, WORDS = 250, 260  # most pixels for a row's name and words on a wide screen


@dataclass(frozen=True)
class Bar:
    """A stacked bar: its name, the words at its right end, and one length per series."""

    name: str
    words: str
    parts: tuple[float, ...]


@dataclass(frozen=True)
class Dot:
    """A figure with its interval: its name, the words at its right end."""

    name: str
    words: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Line:
    """Points that a line joins: its name, their places, and the interval of each where there is one.

    Attributes:
        name: for the legend beside the picture.
        x, y: the points, x rising.
        low, high: bounds of the band around them; empty = none. Not a number where a point has none.
        colour: one of `svg.COLOURS`.
        dashed: a broken line, for what was not measured.
        marked: whether each point is marked.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    colour: str = "s1"
    dashed: bool = False
    marked: bool = True


def stacked_bars(bars: Sequence[Bar], colours: Sequence[str], alt: str) -> Markup:
    """Horizontal bars with their names and words; the longest fills its row.

    Args:
        bars: in the order in which they are drawn.
        colours: of the series, of `svg.COLOURS`.
        alt: what the picture shows, for people who cannot see it.
    """
    longest = max((sum(bar.parts) for bar in bars), default=0) or 1

    def draw(canvas: Canvas, places: _Rows) -> None:
        for index, bar in enumerate(bars):
            middle, left = places.name(canvas, index, bar.name, bar.words), places.left
            box(canvas, left, middle - 6, places.right - left, 12, "track")
            for part, colour in zip(bar.parts, colours, strict=True):
                size = part / longest * (places.right - places.left)
                if part:
                    box(canvas, left, middle - 6, max(size - 1.2, 0.8), 12, colour)
                left += size

    return _row_pictures(draw, bars, 0, alt)


def dots(rows: Sequence[Dot], end: float, alt: str, *, colours: Sequence[str], mark: float | None = None) -> Markup:
    """Figures with their intervals on an axis from 0 to ``end``; ``mark`` is a vertical line."""

    def draw(canvas: Canvas, places: _Rows) -> None:
        scale, start = (places.right - places.left - 20) / end, places.left + 10
        for tick in _ticks(end, 5):
            places.upright(canvas, start + tick * scale, len(rows), "line", 0.8)
            text(canvas, start + tick * scale, places.pitch * len(rows) + 16, _number(tick), "muted", anchor="middle")
        if mark is not None:
            places.upright(canvas, start + mark * scale, len(rows), "s6", 1.4)
        for index, row in enumerate(rows):
            middle, colour = places.name(canvas, index, row.name, row.words), colours[index % len(colours)]
            stroke(canvas, ((start + row.low * scale, middle), (start + row.high * scale, middle)), colour, 4)
            circle(canvas, start + row.value * scale, middle, colour)

    return _row_pictures(draw, rows, 20, alt)


def lines(
    rows: Sequence[Line],
    alt: str,
    *,
    x_label: str,
    y_label: str,
    height: int = 300,
    x_words: Callable[[float], str] | None = None,
) -> Markup:
    """Lines over two axes that begin and end where the figures do, each with its interval as a band.

    Args:
        rows: drawn one over the other, in this order; at least one, with at least one point.
        alt: what the picture shows, for people who cannot see it.
        x_label, y_label: of the axes.
        height: in pixels.
        x_words: how a number on the x axis is written; None = with commas between thousands.

    Example:
        >>> picture = lines([Line("F1", (100, 200), (0.6, 0.7))], "two points", x_label="articles", y_label="macro F1")
        >>> picture.count("<svg")
        2
    """
    xs = [x for row in rows for x in row.x]
    ys = [y for row in rows for part in (row.y, row.low, row.high) for y in part if not math.isnan(y)]
    (x_low, x_high), (y_low, y_high) = _span(xs), _span(ys)
    roof, floor = 30.0, height - 48.0

    def draw(canvas: Canvas, width: int) -> None:
        y_ticks = list(_ticks_between(y_low, y_high, 5))
        left = 14.0 + 7 * max(len(_number(tick)) for tick in y_ticks)
        right = width - 14.0

        def place(x: float, y: float) -> tuple[float, float]:
            return (
                left + (x - x_low) / (x_high - x_low) * (right - left),
                floor - (y - y_low) / (y_high - y_low) * (floor - roof),
            )

        for tick in y_ticks:
            y = place(x_low, tick)[1]
            stroke(canvas, ((left, y), (right, y)), "line", 0.8)
            text(canvas, left - 7, y + 4, _number(tick), "muted", anchor="end")
        for tick in _ticks_between(x_low, x_high, 6 if width > 500 else 3):
            text(canvas, place(tick, y_low)[0], floor + 18, (x_words or _number)(tick), "muted", anchor="middle")
        text(canvas, 0, 14, y_label, "muted")
        text(canvas, right, height - 8, x_label, "muted", anchor="end")
        for row in rows:
            _draw_line(canvas, row, place)

    return pictures(draw, height, alt)


def histogram(lengths: Sequence[int], marks: Sequence[tuple[int, str]], colours: Sequence[str], alt: str) -> Markup:
    """How many articles have which length; the colour changes at each mark.

    Args:
        lengths: of the articles, at least one.
        marks: (length, words) of vertical lines, rising; those far off to the right are left out.
        colours: one more than there are marks, of `svg.COLOURS`.
        alt: what the picture shows.
    """
    step, counts = bin_lengths(lengths, marks[0][0] if marks else None)
    end = step * len(counts)
    shown = [mark for mark in marks if mark[0] <= end]
    height, floor, roof = 250, 222, 18 * len(shown) + 10
    ticks = list(_ticks(counts.max(), 3, whole=True))
    high = max(ticks[-1], counts.max())

    def draw(canvas: Canvas, width: int) -> None:
        left = 12.0 + 7 * max(len(_number(tick)) for tick in ticks)
        scale, bar = (width - left) / end, (width - left) / len(counts)
        for tick in ticks:
            y = floor - tick / high * (floor - roof)
            stroke(canvas, ((left, y), (width, y)), "line", 0.8)
            text(canvas, left - 7, y + 4, _number(tick), "muted", anchor="end")
        for index, count in enumerate(counts):
            colour = colours[sum(index * step >= length for length, _ in marks)]
            size = count / high * (floor - roof)
            box(canvas, left + index * bar, floor - size, max(bar - 1.5, 0.8), size, colour)
        for tick in _ticks(end, 8 if width > 500 else 4, whole=True):
            if tick <= 0.96 * end:
                text(canvas, left + tick * scale, height - 8, _number(tick), "muted", anchor="middle")
        for row, (length, words) in enumerate(shown):
            x, sign = left + length * scale, 1 if length < end / 2 else -1
            stroke(canvas, ((x, 18 * row + 2), (x, floor)), "fg", 1.4)
            text(canvas, x + 5 * sign, 18 * row + 13, words, "fg", anchor="start" if sign > 0 else "end")

    return pictures(draw, height, alt)


def bin_lengths(lengths: Sequence[int], boundary: int | None) -> tuple[int, np.ndarray]:
    """The width of about 36 bins up to the 99th percentile, and the articles in each; the last holds all longer ones.

    ``boundary`` is the end of a bin, so that no bar stands for articles on both sides of it. A bin holds the lengths
    above its start, up to and with its end.

    Example:
        >>> step, counts = bin_lengths([3, 5, 16, 17], 16)
        >>> step, counts.tolist()[14:]
        (1, [0, 1, 1, 0])
    """
    values = np.asarray(lengths)
    end = max(float(np.quantile(values, 0.99)), 1)
    if boundary and is_near(boundary, end):
        end = max(end, boundary * 1.1)
    step = _step(end / BINS, boundary)
    bins = math.ceil(end / step)
    places = np.clip(np.ceil(values / step).astype(int) - 1, 0, bins - 1)
    return step, np.bincount(places, minlength=bins)


@dataclass(frozen=True)
class _Rows:
    """Where the rows of a picture are: on a wide screen the names stand to the left of the bars, else above them."""

    width: int
    pitch: int
    left: float
    right: float

    def name(self, canvas: Canvas, index: int, name: str, words: str) -> float:
        """Write a row's name and words; returns the height of the middle of its bar."""
        top, above = index * self.pitch, self.left == 0
        words = fitting(words, WORDS if not above else self.width * 0.6)
        room = self.width - text_width(words) - 14 if above else NAMES
        base = top + (14 if above else 19)
        text(canvas, 0, base, fitting(name, room, bold=True), "fg", size=FONT_SIZE, bold=True)
        text(canvas, self.width, base, words, "muted", size=FONT_SIZE, anchor="end")
        return top + (28 if above else 14)

    def upright(self, canvas: Canvas, x: float, rows: int, colour: str, size: float) -> None:
        """Draw a vertical line beside all bars, not through the names."""
        above, below = (19, 37) if self.left == 0 else (0, self.pitch)
        for top in range(0, rows * self.pitch, self.pitch):
            stroke(canvas, ((x, top + above), (x, top + below)), colour, size)


def _row_pictures(draw: Callable[..., None], rows: Sequence[Bar] | Sequence[Dot], below: int, alt: str) -> Markup:
    pictures = []
    for name, width in WIDTHS.items() if rows else ():
        places = _Rows(width, 44, 0, width)
        if name == "wide":
            names = min(max(text_width(row.name, bold=True) for row in rows), NAMES)
            words = min(max(text_width(row.words) for row in rows), WORDS)
            places = _Rows(width, 30, names + 14, width - words - 14)
        height = places.pitch * len(rows) + below
        pictures.append(picture(partial(draw, places=places), name, width, height, alt))
    return Markup("").join(pictures)


def is_near(mark: float, end: float) -> bool:
    """Whether a mark is so near to the data, which end at ``end``, that the axis can reach it."""
    return mark <= 2.5 * end


def _step(wish: float, boundary: int | None) -> int:
    """A whole number near the wish that divides the boundary, or is a multiple of it."""
    plain = max(1, round(wish))
    if boundary is None:
        return plain
    if wish >= boundary:
        return boundary * round(wish / boundary)
    step = min((n for n in range(1, boundary + 1) if boundary % n == 0), key=lambda n: abs(math.log(n / wish)))
    return step if wish / 2 <= step <= wish * 2 else plain


def _draw_line(canvas: Canvas, row: Line, place: Callable[[float, float], tuple[float, float]]) -> None:
    """The band, the line over it, and its points."""
    points = [place(x, y) for x, y in zip(row.x, row.y, strict=True)]
    for part in _banded(row):
        band = [place(x, y) for x, y in (*((x, high) for x, _, high in part), *((x, low) for x, low, _ in part[::-1]))]
        if len(part) == 1:  # a point alone has no width
            stroke(canvas, band, row.colour, 1)
        else:
            area(canvas, band, row.colour, opacity=0.2)
    stroke(canvas, points, row.colour, 2, dashed=row.dashed)
    for x, y in points if row.marked else ():
        circle(canvas, x, y, row.colour, 4)


def _banded(row: Line) -> list[list[tuple[float, float, float]]]:
    """The points that have an interval with its bounds, those that follow one another together."""
    points = zip(row.x, row.low, row.high, strict=True) if row.low else ()
    parts = groupby(points, key=lambda point: not math.isnan(point[1]))
    return [list(part) for known, part in parts if known]


def _ticks(end: float, most: int, *, whole: bool = False) -> Iterator[float]:
    from matplotlib.ticker import MaxNLocator

    values = MaxNLocator(most, integer=whole or end > most).tick_values(0, end)
    return (float(tick) for tick in values if 0 <= tick <= end * 1.0001)


def _ticks_between(low: float, high: float, most: int) -> Iterator[float]:
    from matplotlib.ticker import MaxNLocator

    room = (high - low) * 1e-4
    values = MaxNLocator(most).tick_values(low, high)
    return (round(float(tick), 10) for tick in values if low - room <= tick <= high + room)


def _span(values: Sequence[float]) -> tuple[float, float]:
    """The least and the largest value; a little room around them where they are equal."""
    low, high = min(values), max(values)
    room = 0.0 if high > low else abs(low) * 0.05 or 0.05
    return low - room, high + room


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:g}".lstrip("0")
