"""What figures say for and against using a model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from classifier.articles.labels import LabelSet
from classifier.evaluation.result import evaluate
from classifier.reports.run.figure_findings import how_good
from classifier.reports.run.findings import run_findings, run_verdict
from classifier.reports.run.record import RunRecord
from classifier.stats.significance import Gain
from tests.makers.articles import make_articles
from tests.makers.runs import MadeRecord, make_evaluation


def titles(record: RunRecord) -> dict[str, str]:
    return {finding.title: finding.tone for finding in run_findings(record)}


LOW = {"accuracy": 0.4, "f1_macro": 0.3, "f1_micro": 0.4, "f1_weighted": 0.4, "matthews_correlation": 0.1}
WEAK = {"precision": 0.3, "recall": 0.2, "f1-score": 0.24, "support": 30.0}


RARE = {"precision": 0.8, "recall": 0.8, "f1-score": 0.8, "support": 6.0}


@pytest.mark.parametrize(
    ("changes", "title", "tone"),
    [
        ({"figures": LOW}, "Most labels are wrong", "stop"),
        ({"intervals": {"f1_macro": (0.19, 0.9)}}, "Useless: not surely better than one answer", "stop"),
        ({"gain": {"f1_macro": Gain(-0.1, (-0.2, -0.01), 0.03)}}, "Surely worse than TF-IDF", "stop"),
        (
            {"gain": {"f1_macro": Gain(0.001, (-0.012, 0.012), 0.9, (-0.01, 0.01))}},
            "Level with TF-IDF",
            "care",
        ),
        ({"gain": {"f1_macro": Gain(0.1)}}, "Not known whether it is better than TF-IDF", "care"),
        ({"gain": {"f1_macro": Gain(0.01, (-0.02, 0.04), 0.5)}}, "Not surely better than TF-IDF", "care"),
        ({"articles": 60}, "A small test", "care"),
        ({"trained_texts": 100}, "Articles that it was trained on", "stop"),
        ({"trained_texts": 3}, "Articles that it was trained on", "care"),
        ({"left_out": {"empty text": 20, "unknown label": 20}}, "Rows left out", "care"),
        ({"sources": 0, "unseen": None}, "No sources", "care"),
        ({"unseen": 0.2}, "Tested on known sources", "care"),
        ({"known_targets": 0.998}, "Tested on known targets", "care"),
        ({"missing": ("satire",)}, "Labels that were not tested", "care"),
        ({"per_class": {"satire": WEAK}}, "1 class mostly overlooked", "care"),
        ({"per_class": {"satire": WEAK}}, "1 label mostly wrong", "care"),
        ({"per_class": {"satire": RARE}}, "1 small class", "care"),
        ({"resampled": "source", "groups": 5, "effective": 4.6}, "Few groups in test", "care"),
        (
            {"resampled": "source", "groups": 9, "effective": 2.1, "intervals": dict.fromkeys(LOW)},
            "Too few groups for an interval",
            "unknown",
        ),
        ({"resampled": "source", "class_effective": {"satire": 1.2}}, "Classes that few groups have", "care"),
    ],
)
def test_what_is_wrong_is_said(changes: dict[str, Any], title: str, tone: str) -> None:
    record = MadeRecord(make_evaluation(**changes))
    assert titles(record)[title] == tone
    assert title not in titles(MadeRecord(make_evaluation()))
    assert run_verdict(run_findings(record))[0] == tone


def test_bad_rows_that_were_left_out_are_counted_by_kind() -> None:
    (found,) = [
        one
        for one in run_findings(MadeRecord(make_evaluation(left_out={"empty text": 2, "unknown label": 1})))
        if one.title == "Rows left out"
    ]
    assert found.tone == "note"
    assert found.text.startswith("3 bad rows were left out (2 × empty text, 1 × unknown label)")


def test_losing_to_tfidf_is_said_plainly() -> None:
    articles, labels = make_articles(200), LabelSet(("opinion", "reporting", "satire"))
    truth = labels.encode(a.labels for a in articles)
    for predicted, tfidf, words in (
        (truth * 0, truth, "LOSES to TF-IDF"),
        (truth, truth, "level with TF-IDF"),
        (truth, truth * 0, "better than TF-IDF"),
    ):
        result = evaluate(
            "test", articles, labels, predicted, others={"tfidf": tfidf, "majority": truth * 0}, samples=100
        )
        assert words in " ".join(finding.text for finding in run_findings(MadeRecord(result)))


@pytest.mark.parametrize(
    ("split", "words"), [("train", "was trained on these articles"), ("validation", "such as its best epoch")]
)
def test_articles_that_are_not_held_out_are_told(split: str, words: str) -> None:
    (found,) = [f for f in run_findings(MadeRecord(make_evaluation(split=split))) if "held-out" in f.title]
    assert words in found.text and found.text.endswith("these figures do not show how it does on new ones.")
    assert "Not held-out articles" not in titles(MadeRecord(make_evaluation()))


@pytest.mark.parametrize(
    ("known", "summary", "title"),
    [
        (0.998, "That is for new articles on known targets: training saw those of >99%.", "Tested on known targets"),
        (0.0, "That is for new articles on new targets.", "Tested on new targets"),
        (0.2, "an accuracy of 0.810.", None),
        (None, "an accuracy of 0.810.", None),
    ],
)
def test_a_run_on_pairs_says_whether_their_targets_were_new(
    known: float | None, summary: str, title: str | None
) -> None:
    evaluation = make_evaluation(known_targets=known)
    assert how_good(evaluation).endswith(summary)
    assert {name for name in titles(MadeRecord(evaluation)) if "targets" in name} == ({title} if title else set())
    assert "new articles" not in how_good(replace(evaluation, split="validation"))
