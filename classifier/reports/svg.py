"""Pictures for pages: what matplotlib draws as inline SVG, whose colours and fonts are those of the page.

Each picture is drawn twice, once for a wide screen and once for a phone, so that its text is never scaled down.
"""

from __future__ import annotations

import io
import unicodedata
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

WIDTHS = {"wide": 800, "narrow": 330}
# Okabe and Ito's palette (https://jfly.uni-koeln.de/color), which people with any kind of colour vision can tell apart.
# The page's style sheet has each of these as a variable, with another shade for dark screens.
COLOURS = {
    "s1": "#0072b2",
    "s2": "#e69f00",
    "s3": "#009e73",
    "s4": "#cc79a7",
    "s5": "#56b4e9",
    "s6": "#d55e00",
    "s7": "#8c7a00",
    "other": "#8a919a",
    "fold": "#7fb9dc",
    "muted": "#59636e",
    "line": "#d9dee3",
    "track": "#eef1f4",
}
TEXT = "#1c2127"
FONT_SIZE, SMALL = 13.5, 12.0


def pictures(draw: Callable[..., None], height: int, alt: str) -> Markup:
    """The two drawings of a picture.

    Args:
        draw: called with the axes and, by keyword, the ``width`` of the screen in pixels.
        height: in pixels.
        alt: what the picture shows, for people who cannot see it.
    """
    return Markup("").join(
        picture(partial(draw, width=width), name, width, height, alt) for name, width in WIDTHS.items()
    )


def picture(draw: Callable[[Axes], None], name: str, width: int, height: int, alt: str) -> Markup:
    """One SVG, drawn in pixels from the upper left corner."""
    import matplotlib
    import matplotlib.style
    from matplotlib.figure import Figure

    settings = {"svg.fonttype": "none", "svg.hashsalt": "classifier", "text.parse_math": False}
    buffer = io.BytesIO()
    with matplotlib.style.context(["default", settings]), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # glyphs that matplotlib's own font lacks: the browser draws the text
        figure = Figure(figsize=(width / 72, height / 72), dpi=72)
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(height, 0))
        axes.set_axis_off()
        draw(axes)
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    return _inline(buffer.getvalue(), name, width, height, alt)


def text(
    axes: Axes,
    x: float,
    y: float,
    words: str,
    colour: str,
    *,
    align: str = "left",
    size: float = SMALL,
    weight: str = "normal",
) -> None:
    """Write words; ``y`` is their base line, ``colour`` a key of `COLOURS`, or any other word for that of the text."""
    shade = COLOURS.get(colour, TEXT)
    axes.text(x, y, words, color=shade, ha=align, va="baseline", fontsize=size, fontweight=weight)


def box(axes: Axes, x: float, y: float, width: float, height: float, colour: str) -> None:
    """Draw a filled box whose upper left corner is at (x, y)."""
    from matplotlib.patches import Rectangle

    add(axes, Rectangle((x, y), width, height, facecolor=COLOURS[colour], linewidth=0))


def circle(axes: Axes, x: float, y: float, colour: str, radius: float = 6) -> None:
    """Draw a filled circle around (x, y)."""
    from matplotlib.patches import Circle

    add(axes, Circle((x, y), radius, facecolor=COLOURS[colour], linewidth=0))


def stroke(axes: Axes, x: tuple[float, float], y: tuple[float, float], colour: str, size: float) -> None:
    """Draw a straight line from (x[0], y[0]) to (x[1], y[1]), ``size`` pixels wide."""
    from matplotlib.lines import Line2D

    add(axes, Line2D(x, y, color=COLOURS.get(colour, TEXT), linewidth=size, solid_capstyle="round"))


def add(axes: Axes, artist: Artist) -> None:
    """Draw something over all that is there."""
    artist.set(zorder=len(axes.get_children()), clip_on=False)
    axes.add_artist(artist)


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


def _inline(svg: bytes, name: str, width: int, height: int, alt: str) -> Markup:
    """What matplotlib has drawn, without its header and ids, with the page's font and colours."""
    described = {"role": "img", "aria-label": _plain(alt)}
    root = ET.Element("svg", {"class": name, "viewBox": f"0 0 {width} {height}", **described})
    for element in ET.fromstring(svg).iter():
        tag = element.tag.rpartition("}")[2]
        if tag in ("path", "text"):
            kept = {key: _page_style(value) for key, value in element.attrib.items() if key in ("d", "style", "x", "y")}
            ET.SubElement(root, tag, kept).text = element.text
    return Markup(ET.tostring(root, encoding="unicode"))


def _page_style(value: str) -> str:
    for name, colour in COLOURS.items():
        value = value.replace(colour, f"var(--{name})")
    rules = [rule.strip() for rule in value.replace(TEXT, "currentColor").split(";")]
    return "; ".join(rule for rule in rules if not rule.startswith("font-family"))


def _plain(words: str) -> str:
    """The text on one line, without the control characters that XML cannot hold."""
    return " ".join("".join(c if c.isprintable() else " " for c in words).split())
