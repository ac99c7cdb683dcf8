"""Whether a model of pairs reads its target, in words."""

from __future__ import annotations

import pytest

from classifier.evaluation.controls import Control, Controls, Reading
from classifier.reports.run.target_controls import conclusions, reads_target
from tests.makers.runs import make_controls


def made(removed: float, shuffled: float | None, *, score: float = 0.8, width: float = 0.04) -> Controls:
    def control(fall: float) -> Control:
        return Control(score - fall, fall, (fall - width, fall + width), 0.1, {"a": 0.5})

    model = Reading(score, {"a": 0.9}, control(removed), None if shuffled is None else control(shuffled), control(0.4))
    return Controls("test", 50, 50, 9, 3, 0.2, model, model, None, 0, 0)


@pytest.mark.parametrize(
    ("found", "answer", "words"),
    [
        (made(0.4, 0.4), "yes", "reads the target"),
        (made(0.01, 0.4), "yes", "reads the target"),
        (made(0.4, 0.01), "alone", "hardly how it goes with the text"),
        (made(0.01, -0.01), "no", "DOES NOT READ"),
        (made(0.01, None), "no", "DOES NOT READ"),
        (made(0.4, None), "alone", "all targets are the same"),
        (made(0.1, 0.1, width=0.2), "unclear", "cannot be said"),
        (made(0.4, 0.1, width=0.2), "unclear", "cannot be said"),
        (made(0.4, 0.4, score=0.2), "unclear", "no better than the most frequent label"),
    ],
)
def test_the_answer(found: Controls, answer: str, words: str) -> None:
    assert words in conclusions(found)[0]
    if found.model.score > found.majority:
        assert reads_target(found) == answer


def test_how_far_it_falls_is_said_of_the_model_and_of_tfidf() -> None:
    said = conclusions(make_controls((0.2, 0.4), (0.1, 0.3)))
    assert said[1].startswith("On 90 test pairs the macro F1 is 0.800; without the target it falls by 0.300")
    assert "with targets shuffled within each label by 0.200" in said[1] and "30% of the labels change" in said[1]
    assert said[2].startswith("TF-IDF + linear: 0.800; without the target it falls by 0.300")
    assert "opinion 0.80 → 0.50" in said[3]
    assert "shuffled" not in " ".join(conclusions(make_controls((0.2, 0.4), None)))


def test_a_fall_of_nothing_is_said_to_be_small_not_to_be_none() -> None:
    assert "falls by 0.060 at most (95%)" in conclusions(made(0.0, 0.0, width=0.0))[0]  # three of 50 pairs
