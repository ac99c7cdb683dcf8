"""What is drawn is inline SVG in the page's own colours, with words as they are on one line."""

from __future__ import annotations

import re

from classifier.reports.svg import WIDTHS, Canvas, box, fitting, pictures, text, text_width


def test_a_picture_is_drawn_for_each_screen_in_the_colours_of_the_page() -> None:
    asked: list[int] = []

    def draw(canvas: Canvas, width: int) -> None:
        asked.append(width)
        box(canvas, 10, 20, 30, 40, "s2")
        text(canvas, 5, 15, "named", "fg")

    drawn = str(pictures(draw, 100, "a\x07 box\nand a word"))
    assert asked == [*WIDTHS.values()]
    assert re.findall(r'class="(\w+)" viewBox="0 0 (\d+) 100"', drawn) == [(n, str(w)) for n, w in WIDTHS.items()]
    assert drawn.count("var(--s2)") == drawn.count("currentColor") == drawn.count(">named</text>") == len(WIDTHS)
    assert "#" not in drawn and "font-family" not in drawn
    assert drawn.count('aria-label="a box and a word"') == len(WIDTHS)


def test_words_that_are_too_long_lose_their_middle() -> None:
    assert fitting("short\tname", 500) == "short name"
    cut = fitting("a very long name that ends in 2024", 120)
    assert cut.startswith("a very") and cut.endswith("2024") and "…" in cut
    assert text_width(cut) <= 130
    assert text_width("新闻") == text_width("news") < text_width("news", bold=True)
