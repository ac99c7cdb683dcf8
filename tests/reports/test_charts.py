"""Charts show the figures that they are given."""

from dataclasses import replace

import pytest

from classifier.reports.charts import Bar, Dot, Line, bin_lengths, dots, histogram, lines, stacked_bars
from tests.makers.pictures import boxes, strokes


@pytest.mark.parametrize("which", ["wide", "narrow"])
def test_bars_are_as_long_as_their_figures(which: str) -> None:
    picture = stacked_bars([Bar("a", "40", (30, 10)), Bar("b", "15", (15, 0))], ("s1", "s2"), "two bars")
    (first, _), (second, _) = boxes(picture, "s1", which)
    assert second / first == pytest.approx(0.5, abs=0.01)
    assert [width / first for width, _ in boxes(picture, "s2", which)] == [pytest.approx(1 / 3, abs=0.01)]
    assert first + boxes(picture, "s2", which)[0][0] == pytest.approx(boxes(picture, "track", which)[0][0], abs=3)


def test_intervals_are_as_wide_as_their_figures() -> None:
    picture = dots([Dot("a", ".5", 0.5, 0.4, 0.6), Dot("b", ".5", 0.5, 0.3, 0.7)], 1.0, "two", colours=("s1", "s2"))
    assert max(boxes(picture, "s2"))[0] == pytest.approx(2 * max(boxes(picture, "s1"))[0])


def test_the_histogram_changes_colour_at_the_windows() -> None:
    lengths = [*range(1, 257), *range(400, 465), *range(513, 600)]
    picture = histogram(lengths, [(256, "1 window"), (512, "2 windows")], ("s1", "s2", "s6"), "lengths")
    areas = {colour: sum(height for _, height in boxes(picture, colour)) for colour in ("s1", "s2", "s6")}
    assert areas["s2"] / areas["s1"] == pytest.approx(65 / 256, abs=0.02)
    assert areas["s6"] / areas["s1"] == pytest.approx(87 / 256, abs=0.02)


def test_a_length_at_the_window_is_within_it() -> None:
    step, counts = bin_lengths([3, 5, 16, 17], 16)
    assert step == 1
    assert counts.tolist() == [0, 0, 1, 0, 1, *[0] * 10, 1, 1, 0]


@pytest.mark.parametrize("boundary", [None, 16, 48, 256, 257, 8192])
@pytest.mark.parametrize("longest", [0, 1, 30, 700, 90_000])
def test_no_article_is_lost_from_the_histogram(longest: int, boundary: int | None) -> None:
    step, counts = bin_lengths([0, *range(0, longest + 1, max(1, longest // 50))], boundary)
    assert counts.sum() == 1 + len(range(0, longest + 1, max(1, longest // 50)))
    assert 1 <= len(counts) <= 100
    if boundary in (16, 48, 256) and boundary <= longest:
        assert boundary % step == 0 or step % boundary == 0


def test_names_in_pictures_are_no_formulas() -> None:
    assert stacked_bars([Bar("$x_1$ & <b>", "1", (1,))], ("s1",), "bar").count(">$x_1$ &amp; &lt;b&gt;</text>") == 2


def test_a_picture_without_rows_is_empty() -> None:
    assert stacked_bars([], (), "nothing") == ""


@pytest.mark.parametrize("which", ["wide", "narrow"])
def test_lines_stand_where_their_figures_are(which: str) -> None:
    row = Line("F1", (100, 200, 400), (0.6, 0.7, 0.75), (0.5, 0.65, 0.7), (0.7, 0.75, 0.8))
    picture = lines([row], "three points", x_label="articles", y_label="macro F1")
    band, line = strokes(picture, "s1", which)
    (x1, y1), (x2, y2), (x3, y3) = line
    assert (x2 - x1) / (x3 - x1) == pytest.approx(1 / 3, abs=0.01)
    assert (y1 - y2) / (y1 - y3) == pytest.approx(2 / 3, abs=0.01)
    tops, bottoms = (pick(y for x, y in band if abs(x - x1) < 0.01) for pick in (min, max))
    assert (y1 - tops) == pytest.approx(bottoms - y1, abs=0.1)
    assert (bottoms - tops) == pytest.approx((y1 - y2) * 2, abs=0.1)
    assert "articles" in picture
    assert "stroke-dasharray" not in picture


def test_a_broken_line_without_marks_or_band() -> None:
    row = Line("told", (1, 2), (0.1, 0.9), colour="s2", dashed=True, marked=False)
    picture = lines([row], "two points", x_label="x", y_label="y")
    assert len(strokes(picture, "s2")) == 1
    assert "stroke-dasharray" in picture
    assert picture.count("var(--s2)") == 2  # once for each screen


def test_lines_of_one_point_or_of_equal_figures() -> None:
    for row in (Line("a", (5,), (0.5,)), Line("b", (1, 2), (0.5, 0.5)), Line("c", (0, 1), (0, 0))):
        assert lines([row], "flat", x_label="x", y_label="y").count("<svg") == 2


def test_a_band_is_drawn_only_where_there_is_an_interval() -> None:
    nan = float("nan")
    low, high = (nan, 0.4, 0.5, nan, 0.6), (nan, 0.6, 0.7, nan, 0.8)
    row = Line("kept", (0.1, 0.2, 0.3, 0.4, 0.5), (0.3, 0.5, 0.6, 0.65, 0.7), low, high, marked=False)
    picture = lines([row], "a band", x_label="x", y_label="y")
    plain = lines([replace(row, low=(), high=())], "a band", x_label="x", y_label="y")
    paths = [str(one).count("<path") for one in (picture, plain)]
    assert paths[0] > paths[1]
    assert "nan" not in str(picture).lower()
