"""Whether a model is better than always giving one answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from classifier.articles.article import Article
from classifier.articles.labels import LabelSet
from classifier.evaluation.result import Evaluation, evaluate
from classifier.reports.run.findings import run_findings, run_verdict
from classifier.reports.run.one_answer import gains_above_one_answer, one_answer_findings
from classifier.stats.significance import Gain
from tests.makers.runs import MadeRecord, make_evaluation

LABELS = LabelSet(("opinion", "reporting", "satire"))
SURE = {"f1_macro": Gain(0.3, (0.2, 0.4)), "matthews_correlation": Gain(0.4, (0.3, 0.5))}


def evaluated(shares: tuple[int, ...], right: tuple[float, ...], *, seed: int = 1, else_: int = 1) -> Evaluation:
    """Articles of three labels, of which the model has these shares right, and calls the others at random."""
    rng = np.random.default_rng(seed)
    truth = np.repeat(np.arange(3), shares)
    hit = np.concatenate([rng.random(n) < share for n, share in zip(shares, right, strict=True)])
    given = np.where(hit, truth, rng.integers(0, 3, len(truth)))
    articles = [Article(str(row), f"text {row}", (LABELS.names[label],)) for row, label in enumerate(truth)]
    others = {"tfidf": given, "majority": np.full(len(truth), else_)}
    return evaluate("test", articles, LABELS, given, others=others, samples=300)


def test_a_model_that_guesses_is_called_useless_first() -> None:
    found = run_findings(MadeRecord(evaluated((60, 70, 50), (0.0, 0.0, 0.0))))
    assert found[0].tone == "stop"
    verdict = run_verdict(found)
    assert verdict.tone == "stop"
    assert verdict.text.startswith("These labels cannot be used: the model is useless (accuracy 0.")
    assert "of always answering “reporting”" in verdict.text and "MCC " in verdict.text


@pytest.mark.parametrize(
    ("shares", "right", "title"),
    [
        ((60, 70, 50), (0.8, 0.8, 0.8), "Better than one answer for all"),
        ((20, 140, 20), (0.8, 0.35, 0.8), "Fewer right than one answer for all"),
        ((20, 130, 20), (0.9, 0.65, 0.9), "Accuracy not surely above one answer for all"),
    ],
)
def test_accuracy_counts_beside_macro_f1(shares: tuple[int, ...], right: tuple[float, ...], title: str) -> None:
    (found,) = one_answer_findings(evaluated(shares, right))
    assert found.title == title
    assert found.fact.count("0.") == 2 and "always answering “reporting”" in found.fact


@pytest.mark.parametrize(
    ("changes", "tone"),
    [
        ({**SURE, "accuracy": Gain(0.05, (-0.02, 0.1))}, "care"),
        ({**SURE, "accuracy": Gain(-0.05, (-0.1, -0.01))}, "care"),
        ({**SURE, "accuracy": Gain(0.05, (0.01, 0.1))}, "good"),
        ({**SURE, "accuracy": Gain(0.1, (0.05, 0.2)), "matthews_correlation": Gain(0.1, (-0.01, 0.2))}, "stop"),
        ({**SURE, "accuracy": Gain(0.1, (0.05, 0.2)), "f1_macro": Gain(0.1, (0.0, 0.2))}, "stop"),
        ({"accuracy": Gain(-0.1), "f1_macro": Gain(-0.1), "matthews_correlation": Gain(-0.1)}, "stop"),
    ],
)
def test_what_is_not_sure_is_no_praise(changes: dict[str, Gain], tone: str) -> None:
    (found,) = one_answer_findings(make_evaluation(majority_gain=changes))
    assert found.tone == tone


def test_without_an_interval_nothing_is_said_for_it() -> None:
    gains = {"accuracy": Gain(0.1), "f1_macro": Gain(0.1), "matthews_correlation": Gain(0.1)}
    few: dict[str, Any] = {"resampled": "source", "groups": 2, "effective": 2.0, "majority_gain": gains}
    evaluation = make_evaluation(**few, intervals=dict.fromkeys(make_evaluation().figures))
    assert list(one_answer_findings(evaluation)) == []
    verdict = run_verdict(run_findings(MadeRecord(evaluation)))
    assert verdict.tone == "unknown"
    assert verdict.text.startswith("Nothing can be told about these labels: the figures rest on 2 groups of articles")


def test_older_evaluations_are_judged_by_their_intervals() -> None:
    above = gains_above_one_answer(make_evaluation())
    assert above["accuracy"].value == pytest.approx(0.61)
    assert above["matthews_correlation"].interval == pytest.approx((0.65, 0.75))


def test_several_labels_per_article_are_judged_by_what_depends_on_the_article() -> None:
    rng = np.random.default_rng(3)
    labels = LabelSet(("a", "b", "c"), multi_label=True)
    truth = (rng.random((150, 3)) < 0.5).astype(np.int64)
    articles = [
        Article(str(row), f"text {row}", tuple(np.array(labels.names)[values > 0])) for row, values in enumerate(truth)
    ]
    majority = np.tile([1, 0, 0], (150, 1))
    for given, tone in (((rng.random((150, 3)) < 0.5).astype(np.int64), "stop"), (truth, "good")):
        found = evaluate("test", articles, labels, given, others={"tfidf": given, "majority": majority}, samples=300)
        assert "matthews_correlation" not in found.figures
        (finding,) = one_answer_findings(found)
        assert finding.tone == tone
