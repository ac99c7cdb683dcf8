"""The worst errors as the page shows them."""

from __future__ import annotations

from typing import Any

import pytest

from classifier.reports.run.error_excerpts import ExcerptPart, is_wrong, pieces, strongest_both_ways


def test_pieces_always_make_the_text() -> None:
    marks = [
        {"start": 5, "end": 9, "effect": 0.4},
        {"start": 8, "end": 12, "effect": 0.2},
        {"start": 12, "end": 99, "effect": 1.0},
        {"start": 10, "end": 10, "effect": 1.0},
    ]
    found = pieces("One. Two. Three.", marks)
    assert found == (ExcerptPart("One. "), ExcerptPart("Two.", 0.4), ExcerptPart(" Three."))
    assert pieces("", []) == ()


def test_only_the_strongest_sentences_are_marked() -> None:
    found = strongest_both_ways([{"effect": effect} for effect in (0.1, -0.5, 0.0, 0.4, 0.2, 0.3, -0.1)], most=2)
    assert [sentence["effect"] for sentence in found] == [0.4, 0.3, -0.5, -0.1]


@pytest.mark.parametrize(
    ("label", "predicted", "wrong"),
    [("a", "a", False), ("a", "b", True), (["a", "b"], ["b", "a"], False), (["a"], ["a", "b"], True), ([], [], False)],
)
def test_wrong_is_not_exactly_right(label: Any, predicted: Any, wrong: bool) -> None:
    assert is_wrong({"label": label, "predicted": predicted}) is wrong
