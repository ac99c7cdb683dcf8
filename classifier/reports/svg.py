"""Pictures for pages: inline SVG whose colours and fonts are those of the page.

Each picture is drawn twice, once for a wide screen and once for a phone, so that its text is never scaled down. It is
written element by element: matplotlib takes forty times as long, and only its paths and words would be kept.
"""

from __future__ import annotations

import math
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from markupsafe import Markup

WIDTHS = {"wide": 800, "narrow": 330}
# Variables of the page's style sheet: Okabe and Ito's palette (https://jfly.uni-koeln.de/color), which people with any
# kind of colour vision can tell apart.
COLOURS = ("s1", "s2", "s3", "s4", "s5", "s6", "s7", "other", "fold", "muted", "line", "track")
FONT_SIZE, SMALL = 13.5, 12.0
Point = tuple[float, float]


@dataclass(frozen=True)
class Canvas:
    """What a picture is drawn on, in pixels from the upper left corner.

    Attributes:
        root: the element that holds what was drawn; what is drawn later stands over it.
    """

    root: ET.Element

    def add(self, tag: str, style: str, **attributes: str) -> ET.Element:
        """Draw an element over all that is there."""
        return ET.SubElement(self.root, tag, {**attributes, "style": style})


def pictures(draw: Callable[..., None], height: int, alt: str) -> Markup:
    """The two drawings of a picture.

    Args:
        draw: called with the canvas and, by keyword, the ``width`` of the screen in pixels.
        height: in pixels.
        alt: what the picture shows, for people who cannot see it.
    """
    return Markup("").join(
        picture(partial(draw, width=width), name, width, height, alt) for name, width in WIDTHS.items()
    )


def picture(draw: Callable[[Canvas], None], name: str, width: int, height: int, alt: str) -> Markup:
    """One SVG, drawn in pixels from the upper left corner."""
    described = {"role": "img", "aria-label": _plain(alt)}
    root = ET.Element("svg", {"class": name, "viewBox": f"0 0 {width} {height}", **described})
    draw(Canvas(root))
    return Markup(ET.tostring(root, encoding="unicode"))


def text(
    canvas: Canvas,
    x: float,
    y: float,
    words: str,
    colour: str,
    *,
    anchor: str = "start",
    size: float = SMALL,
    bold: bool = False,
) -> None:
    """Write words; ``y`` is their base line, ``colour`` one of `COLOURS`, or any other word for that of the text."""
    if not words:
        return
    weight = "font-weight: 700; " if bold else ""
    style = f"{weight}font-size: {_number(size)}px; text-anchor: {anchor}; fill: {_shade(colour)}"
    canvas.add("text", style, x=_number(x), y=_number(y)).text = _plain(words)


def box(canvas: Canvas, x: float, y: float, width: float, height: float, colour: str) -> None:
    """Draw a filled box whose upper left corner is at (x, y)."""
    area(canvas, ((x, y), (x + width, y), (x + width, y + height), (x, y + height)), colour)


def area(canvas: Canvas, corners: Iterable[Point], colour: str, *, opacity: float = 1) -> None:
    """Draw a filled shape of so many corners."""
    seen = "" if opacity == 1 else f"; opacity: {_number(opacity)}"
    canvas.add("path", f"fill: {_shade(colour)}{seen}", d=f"{_path(corners)} z")


def circle(canvas: Canvas, x: float, y: float, colour: str, radius: float = 6) -> None:
    """Draw a filled circle around (x, y); nothing where that is no place."""
    if math.isfinite(x) and math.isfinite(y):
        canvas.add("circle", f"fill: {_shade(colour)}", cx=_number(x), cy=_number(y), r=_number(radius))


def stroke(canvas: Canvas, points: Iterable[Point], colour: str, size: float, *, dashed: bool = False) -> None:
    """Draw a line through points, ``size`` pixels wide; it is broken at those that are no place."""
    ends = f"stroke-dasharray: {_number(3.7 * size)},{_number(1.6 * size)}" if dashed else "stroke-linecap: round"
    style = f"fill: none; stroke: {_shade(colour)}; stroke-width: {_number(size)}; stroke-linejoin: round; {ends}"
    canvas.add("path", style, d=_path(points))


def text_width(words: str, *, bold: bool = False) -> float:
    """About how many pixels a text takes; Chinese, Japanese and Korean characters take two places."""
    places = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in words)
    return places * FONT_SIZE * (0.63 if bold else 0.57)


def fitting(words: str, room: float, *, bold: bool = False) -> str:
    """The text on one line, printable characters only; the middle is left out where there is no room."""
    words = _plain(words)
    if text_width(words, bold=bold) <= room:
        return words
    keep = int(room / text_width(words, bold=bold) * len(words)) - 1
    tail = max(keep * 2 // 5, 0)
    return f"{words[: max(keep - tail, 0)].rstrip()}…{words[len(words) - tail :].lstrip()}"


def _path(points: Iterable[Point]) -> str:
    words, pen = [], "M"
    for x, y in points:
        known = math.isfinite(x) and math.isfinite(y)
        if known:
            words.append(f"{pen} {_number(x)} {_number(y)}")
        pen = "L" if known else "M"
    return " ".join(words)


def _shade(colour: str) -> str:
    return f"var(--{colour})" if colour in COLOURS else "currentColor"


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _plain(words: str) -> str:
    """The text on one line, without the control characters that XML cannot hold."""
    return " ".join("".join(c if c.isprintable() else " " for c in words).split())
