import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

from classifier.errors import InputError
from classifier.evaluation.groups import group_articles
from classifier.evaluation.result import Evaluation, evaluate, read_evaluation, write_evaluation
from classifier.stats.significance import Gain
from tests.makers.predictions import LABELS, made_articles, made_table, predictions
from tests.makers.runs import make_evaluation

TRUTH = np.random.default_rng(0).integers(3, size=90)
GUESS = predictions(TRUTH, 0.7, np.random.default_rng(1))
TFIDF = predictions(TRUTH, 0.5, np.random.default_rng(2))
ENCODER = predictions(TRUTH, 0.6, np.random.default_rng(3))
SOURCES = [None if row < 10 else f"S{row % 8}" for row in range(90)]


def evaluated() -> Evaluation:
    articles = made_articles(TRUTH, source=SOURCES)
    grouping = group_articles(articles, columns=["source"])
    return evaluate(
        "test",
        articles,
        LABELS,
        GUESS,
        others={"tfidf": TFIDF, "majority": TRUTH * 0, "encoder": ENCODER},
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
    assert found.gain["accuracy"].value == pytest.approx(accuracy_score(TRUTH, GUESS) - accuracy_score(TRUTH, TFIDF))
    assert found.encoder_gain["accuracy"].value == pytest.approx((ENCODER == TRUTH).mean() - (TFIDF == TRUTH).mean())
    assert all(low <= found.figures[name] <= high for name, (low, high) in found.intervals.items())


def test_sources_and_groups_are_counted() -> None:
    found = evaluated()
    assert (found.articles, found.sources, found.without_source) == (90, 8, 10)
    assert found.unseen == pytest.approx(60 / 80)  # six of eight sources, however they are spelt
    assert (found.resampled, found.groups) == ("source", 18)  # an article without a source stands alone
    assert found.effective == pytest.approx(90**2 / (8 * 10**2 + 10))
    assert set(found.class_effective) == {"a", "b", "c"} and max(found.class_effective.values()) < 18


def test_a_label_that_no_article_has_is_named() -> None:
    few = made_articles([0, 1])
    guess = np.array([0, 1])
    others = {"tfidf": guess, "majority": guess}
    found = evaluate("x", few, LABELS, np.array([0, 2]), others=others, samples=5)
    assert found.missing == ("c",)
    assert (found.figures["f1_macro"], found.f1_macro_sklearn) == (0.5, pytest.approx(1 / 3))
    with pytest.raises(InputError, match="'x' holds no articles"):
        evaluate("x", [], LABELS, guess, others=others)


@pytest.mark.parametrize(
    ("gain", "better"),
    [
        (Gain(0.05, (0.01, 0.1), 0.02), True),
        (Gain(-0.05, (-0.1, -0.01), 0.02), False),
        (Gain(0.01, (-0.1, 0.1), 0.8), None),
        (Gain(0.05, (0.0, 0.1), 0.06), None),
        (Gain(0.5), None),
    ],
)
def test_tfidf_is_beaten_where_that_is_sure(gain: Gain, better: bool | None) -> None:
    assert make_evaluation(gain={"f1_macro": gain}).beats_tfidf() is better


def test_figures_of_before_effective_groups_are_refused(tmp_path: Path) -> None:
    write_evaluation(tmp_path / "test", evaluated(), made_table(made_articles(TRUTH), GUESS))
    metrics = tmp_path / "test" / "metrics.json"
    older = {key: value for key, value in json.loads(metrics.read_text()).items() if key != "schema_version"}
    metrics.write_text(json.dumps(older))
    with pytest.raises(InputError, match="format version None") as error:
        read_evaluation(tmp_path / "test")
    assert "classifier evaluate RUN" in str(error.value.fix)


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
