"""A cascade in sentences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from classifier.evaluation.cascade import CascadeOutcome
from classifier.reports.run.cascade import cascade_lines, level_words, promise_words, skipped_words
from classifier.stats.calibration import Calibration
from classifier.stats.cascade import Cascade, SkipRule
from classifier.stats.significance import Gain

RULE = SkipRule(0.99, 2.5, 1000, 700, 0.998, 0.99234, "article", "validation")
LOWER = Gain(-0.004, (-0.008, -0.001), 0.01, (-0.007, -0.001))
OUTCOME = CascadeOutcome(
    *("test", RULE, 1500, 1050, 0.7, (0.68, 0.72), 0.9971, 0.9939),
    figures={"f1_macro": 0.8, "accuracy": 0.85},
    intervals={"f1_macro": (0.78, 0.82), "accuracy": (0.83, 0.87)},
    gain={"f1_macro": LOWER, "accuracy": Gain(0.0, (0.0, 0.0), 1.0)},
    score=0.95,
    right=0.96,
    loss_before=0.4,
    loss=0.41,
)


def known(articles: int, resampled: str = "article") -> Cascade:
    rows = tuple(f"{50 - k / 100:.2f} 1 {k}" for k in range(articles))
    return Cascade(1.0, Calibration((1.0,), (0.0, 0.0)), articles, rows, resampled, "validation")


def test_the_promise_and_the_share_are_told() -> None:
    said = promise_words(known(1000), known(1000).rule(0.99))
    assert "100.0% of the 1,000 validation articles skip the transformer" in said
    assert "at least 99.7%, with 95% confidence (asked: 99%)" in said  # .05 to the power of 1 / 1000, not rounded up
    grouped = replace(known(1000, "source"), resampled="source")
    assert "by source, those that stand together count for fewer" in promise_words(grouped, grouped.rule(0.99))
    assert "no article skips the transformer" in promise_words(known(100), known(100).rule(0.99))


def test_other_agreements_are_told() -> None:
    assert "95%: 100%, 98%: 0%" in level_words(known(100))


def test_how_many_skipped_of_a_corpus() -> None:
    assert skipped_words(RULE, 0, 0).startswith("0 of 0 articles (0.0%; of validation 70.0%)")


def test_what_it_costs_is_told() -> None:
    lines = list(cascade_lines(OUTCOME))
    assert "1,050 of these 1,500 articles (70.0%; 95% interval 68.0% – 72.0%) skip the transformer" in lines[0]
    assert "99.71% of them get the label of the whole model: at least 99.3%, with 95% confidence." in lines[0]
    assert lines[1].startswith("  macro F1 0.800; compared with the whole model: ") and "0.004" in lines[1]
    assert lines[2] == "  accuracy 0.850; compared with the whole model: the same"
    assert ".96 of the labels of skipped articles are right, their mean score is .95" in lines[3]
    nobody = replace(OUTCOME, skipped=0, agreed=None, at_least=None, rule=replace(RULE, threshold=None))
    assert list(cascade_lines(nobody)) == ["With --cascade 0.99, no article skips the transformer: nothing changes."]
    several = replace(OUTCOME, score=None, right=None, at_least=None)
    assert "are right" not in list(cascade_lines(several))[-1]
    assert np.isfinite(OUTCOME.loss)
