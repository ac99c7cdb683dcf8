"""Shares that are corrected, and those that are not."""

import numpy as np
import pytest

from classifier.articles.labels import LabelSet
from classifier.evaluation.shares.prediction_counts import GroupCounts
from classifier.evaluation.shares.share_correction import FEWEST_ARTICLES, ShareCorrection

LABELS = LabelSet(("a", "b"))


def group(articles: int, labelled: int) -> GroupCounts:
    rng = np.random.default_rng(0)
    truth = list(np.eye(2, dtype=np.int64)[rng.integers(2, size=labelled)])
    return GroupCounts(np.array([articles // 2, articles - articles // 2]), articles, truth, truth, [1.0] * labelled)


@pytest.mark.parametrize(
    ("articles", "labelled", "said"),
    [
        (FEWEST_ARTICLES - 1, 0, "only 29 articles (at least 30)"),
        (100, 5, "only 5 labelled articles (at least 30); the run has no test articles"),
    ],
)
def test_a_share_that_cannot_be_corrected_says_why(articles: int, labelled: int, said: str) -> None:
    correction = ShareCorrection(LABELS, None, "the run has no test articles", sampled=True, seed=0)
    for share in correction.shares((), group(articles, labelled)):
        assert (share.method, share.corrected, share.low, share.high, share.note) == (
            "not corrected",
            *[None] * 3,
            said,
        )
        assert share.naive == pytest.approx(0.5, abs=0.02)


def test_labelled_articles_are_used_where_there_are_enough() -> None:
    correction = ShareCorrection(LABELS, None, "the run has no test articles", sampled=True, seed=0)
    one, other = correction.shares((), group(200, 60))
    assert one.method == "prediction-powered" and one.low < one.corrected < one.high
    assert one.corrected + other.corrected == pytest.approx(1, abs=0.01)
    assert correction.widths(group(200, 60)) is None  # there are no error rates to compare with


@pytest.mark.parametrize("planned", [False, True])
def test_where_all_are_labelled_the_share_is_that_of_their_labels(planned: bool) -> None:
    guess, truth = (np.eye(2, dtype=np.int64)[(np.arange(200) < number).astype(int)] for number in (80, 50))
    count = GroupCounts(guess.sum(axis=0), 200, list(truth), list(guess), [1.0] * 200)
    correction = ShareCorrection(LABELS, None, "", sampled=True, seed=0, planned=planned)
    for share, true in zip(correction.shares((), count), (0.75, 0.25), strict=True):
        half = 1.96 * (true * (1 - true) / 200) ** 0.5  # of more articles like these
        assert share.method == "prediction-powered" and share.corrected == pytest.approx(true)
        assert (share.low, share.high) == pytest.approx((true - half, true + half), abs=0.003)
