from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

from classifier.errors import InputError
from classifier.evaluation.groups import group_articles
from classifier.evaluation.result import Evaluation, evaluate, read_evaluation, write_evaluation
from tests.makers.predictions import LABELS, made_articles, made_table, predictions
from tests.makers.runs import make_evaluation

TRUTH = np.random.default_rng(0).integers(3, size=90)
GUESS = predictions(TRUTH, 0.7, np.random.default_rng(1))
TFIDF = predictions(TRUTH, 0.5, np.random.default_rng(2))
SOURCES = [None if row < 10 else f"s{row % 8}" for row in range(90)]


def evaluated() -> Evaluation:
    articles = made_articles(TRUTH, source=SOURCES)
    grouping = group_articles(articles, columns=["source"])
    return evaluate(
        "test",
        articles,
        LABELS,
        GUESS,
        tfidf=TFIDF,
        majority=TRUTH * 0,
        seen_sources={"s0", "s1"},
        grouping=grouping,
        samples=50,
    )


def test_figures_are_those_of_scikit_learn() -> None:
    found = evaluated()
    assert found.figures["f1_macro"] == pytest.approx(f1_score(TRUTH, GUESS, average="macro"))
    assert found.figures["accuracy"] == pytest.approx(accuracy_score(TRUTH, GUESS))
    assert found.baselines["majority"]["accuracy"] == pytest.approx((TRUTH == 0).mean())
    assert np.array_equal(found.confusion, confusion_matrix(TRUTH, GUESS))
    assert found.gain["accuracy"][0] == pytest.approx(accuracy_score(TRUTH, GUESS) - accuracy_score(TRUTH, TFIDF))
    assert all(low <= found.figures[name] <= high for name, (low, high) in found.intervals.items())


def test_sources_and_groups_are_counted() -> None:
    found = evaluated()
    assert (found.articles, found.sources, found.without_source) == (90, 8, 10)
    assert found.unseen == pytest.approx(60 / 80)  # six of eight sources, ten articles each
    assert (found.resampled, found.groups) == ("source", 18)  # an article without a source stands alone


def test_a_label_that_no_article_has_is_named() -> None:
    few = made_articles([0, 1])
    guess = np.array([0, 1])
    assert evaluate("x", few, LABELS, guess, tfidf=guess, majority=guess, samples=5).missing == ("c",)
    with pytest.raises(InputError, match="'x' holds no articles"):
        evaluate("x", [], LABELS, guess, tfidf=guess, majority=guess)


@pytest.mark.parametrize(
    ("interval", "better"), [((0.01, 0.1), True), ((-0.1, -0.01), False), ((-0.1, 0.1), None), ((0.0, 0.1), None)]
)
def test_tfidf_is_beaten_where_the_interval_says_so(interval: tuple[float, float], better: bool | None) -> None:
    assert make_evaluation(gain={"f1_macro": (0.0, interval)}).beats_tfidf() is better


def test_what_is_written_is_read_back_and_a_damaged_file_is_named(tmp_path: Path) -> None:
    found = evaluated()
    write_evaluation(tmp_path / "test", found, made_table(made_articles(TRUTH), GUESS), {"more.json": {"a": 1}})
    assert read_evaluation(tmp_path / "test") == found
    assert (tmp_path / "test" / "more.json").exists()
    assert read_evaluation(tmp_path / "test") != replace(found, articles=91)
    metrics = tmp_path / "test" / "metrics.json"
    metrics.write_text(metrics.read_text().replace('"articles"', '"artcles"'))
    with pytest.raises(InputError, match="classifier evaluate RUN"):
        read_evaluation(tmp_path / "test")
