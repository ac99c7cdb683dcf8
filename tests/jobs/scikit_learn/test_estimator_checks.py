"""The checks that scikit-learn has for every estimator, on an `ArticleClassifier` whose texts are made of numbers.

Its checks know samples of numbers only, and skip an estimator of texts. So each row becomes a text here; what is wrong
with numbers (NaN, shapes, counts of columns) is refused by scikit-learn's own `validate_data`, and what is wrong with
texts is tested in `test_samples` and `test_article_classifier`. All checks hold; none is expected to fail.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import check_is_fitted, validate_data

from classifier.jobs.scikit_learn.article_classifier import ArticleClassifier


class OfNumbers(ArticleClassifier):
    """Makes a text of each row of numbers: the checks know no other samples."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        tags.input_tags.one_d_array = tags.input_tags.string = False
        return tags

    def fit(self, X: Any, y: Any, groups: Any = None) -> Any:  # noqa: N803
        numbers = validate_data(self, X)
        names = self.__dict__.get("feature_names_in_")
        super().fit(as_texts(numbers), y, groups)
        self.n_features_in_ = numbers.shape[1]
        if names is not None:
            self.feature_names_in_ = names
        return self

    def predict_proba(self, X: Any) -> Any:  # noqa: N803
        check_is_fitted(self)
        return super().predict_proba(as_texts(validate_data(self, X, reset=False)))


def as_texts(numbers: Any) -> list[str]:
    return [" ".join(f"word{(7 * j + int(value * 4)) % 60}" for j, value in enumerate(row)) for row in numbers]


@pytest.fixture(scope="module")
def encoder(checkpoint: Path) -> str:
    return str(checkpoint)


@parametrize_with_checks(
    [OfNumbers("tiny", max_length=32, device="cpu", settings={"train.bf16": False, "train.refit": False})]
)
def test_an_estimator_of_texts_is_one_like_any_other(estimator: Any, check: Any, encoder: str) -> None:
    check(clone(estimator).set_params(model_name=encoder))
