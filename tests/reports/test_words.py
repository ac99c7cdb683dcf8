"""Figures, counts and names as people read them."""

from __future__ import annotations

import pytest

from classifier.reports.words import (
    METRICS,
    column_name,
    figure,
    joined,
    metric_name,
    percent,
    precise,
    short,
    signed,
)
from classifier.stats.metrics import headline_figures


@pytest.mark.parametrize(
    ("share", "words"),
    [(0, "0%"), (0.0004, "<1%"), (0.254, "25%"), (0.995, ">99%"), (0.994, "99%"), (1, "100%")],
)
def test_shares_are_not_rounded_to_nothing_or_everything(share: float, words: str) -> None:
    assert percent(share) == words


def test_figures_have_no_leading_zero() -> None:
    assert [figure(value) for value in (0, 0.708, -0.13, 1)] == [".00", ".71", "-.13", "1.00"]


def test_long_lists_and_words_are_cut() -> None:
    assert joined(["a", "b"]) == "a and b"
    assert joined([str(k) for k in range(30)]).endswith("7 and 22 more")
    assert len(joined(["long " * 100])) == 60


@pytest.mark.parametrize(("value", "words"), [(0.0164, "+.016"), (-0.07, "−.070"), (0, "+.000"), (-1.5, "−1.500")])
def test_differences_have_a_sign(value: float, words: str) -> None:
    assert signed(value) == words


def test_three_decimals_without_a_leading_zero() -> None:
    assert (precise(0.7114), precise(-0.02), precise(10.0), precise(1)) == (".711", "−.020", "10.000", "1.000")


def test_a_long_name_loses_its_middle() -> None:
    assert short("a" * 30, 9) == "aaaaa…aaa" and short("abc", 3) == "abc"


@pytest.mark.parametrize("multi_label", [False, True])
def test_every_headline_metric_has_a_name(multi_label: bool) -> None:
    import numpy as np

    labels = ("agree", "disagree", "discuss", "unrelated")  # those of FNC-1, which has a score of its own
    found = headline_figures(np.ones(3 * len(labels) + 4), labels, multi_label=multi_label)
    assert set(found) <= set(METRICS)


def test_what_has_no_name_keeps_its_own() -> None:
    assert metric_name("matthews_correlation") == "MCC" and metric_name("loss") == "loss"
    assert [column_name(name) for name in ("tokens", "news_desk")] == ["length", "news desk"]
