from typing import Any

import numpy as np
import pytest

from classifier.errors import InputError
from classifier.evaluation.shares.input_columns import NONE
from classifier.evaluation.shares.model_formula import ModelFormula
from classifier.evaluation.shares.prediction_counts import PredictedArticle
from classifier.evaluation.shares.regression_sample import ALONE, PredictedColumns, RegressionSample

pytest.importorskip("formulaic")
MODEL = ModelFormula("a ~ source", ("a",), "source", ("source",))


def columns(sources: list[str], by_hand: range, **more: Any) -> PredictedColumns:
    """Articles of some sources, every second one predicted to be an "a", and some labelled by hand."""
    found = PredictedColumns(("a",), (0,), ("source",))
    for i, source in enumerate(sources):
        guess, truth = np.array([i % 2, 1 - i % 2]), np.array([1, 0]) if i in by_hand else None
        values = {"source": source, **{name: of[i] for name, of in more.items()}}
        found.add(PredictedArticle(values, (source,), guess, f"i{i}", source, truth, 0.5))
    return found


def test_scores_take_the_place_of_labels_where_all_articles_have_them() -> None:
    scores = [[{"label": "a", "score": 0.1 * (i % 10)}] for i in range(60)]
    sources = ["x", "y"] * 30
    with_scores = RegressionSample.of(MODEL, columns(sources, range(40), scores=scores), ALONE)
    assert with_scores.surrogates[:3, 0] == pytest.approx([0, 0.1, 0.2])
    scores[7] = []
    without = RegressionSample.of(MODEL, columns(sources, range(40), scores=scores), ALONE)
    assert without.surrogates is without.guesses


def test_articles_without_a_covariate_or_a_labelled_article_of_their_level_are_left_out() -> None:
    found = RegressionSample.of(MODEL, columns(["x", "y", NONE, "z"] * 20, range(0, 80, 1)), ALONE)
    assert (found.missing, found.of_silent, len(found.kept)) == (20, 0, 60)
    sources = ["x", "y"] * 30 + ["z"] * 5
    found = RegressionSample.of(MODEL, columns(sources, range(50)), ALONE)
    assert (found.silent, found.of_silent, len(found.kept)) == ({"source": ["z"]}, 5, 60)
    assert found.rows.tolist() == list(range(50)) and found.inclusion.tolist() == [0.5] * 50


def test_a_covariate_is_no_group_of_its_own() -> None:
    every = columns(["x", "y"] * 30, range(40))
    assert RegressionSample.of(MODEL, every, None).groups is None
    with pytest.raises(InputError, match="--cluster source: it is a covariate"):
        RegressionSample.of(MODEL, every, "source")
    constant = ModelFormula("a ~ 1", ("a",), "1", ())
    found = RegressionSample.of(constant, every, None)
    assert found.groups is not None and found.groups[:4].tolist() == [0, 1, 0, 1] and found.clusters == "source"
    lone = columns([f"s{i}" for i in range(60)], range(40))
    assert RegressionSample.of(constant, lone, None).groups is None


def test_no_labelled_article_with_covariates() -> None:
    with pytest.raises(InputError, match=r"no labelled article can be used\. 20 articles lack a covariate"):
        RegressionSample.of(MODEL, columns([NONE] * 20 + ["x"] * 40, range(20)), ALONE)
