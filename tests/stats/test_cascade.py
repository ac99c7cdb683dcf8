"""Which articles may skip the transformer: the promise, by exact figures and over many validation sets."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import beta, norm

from classifier.arrays import Bools, Floats32
from classifier.errors import InputError
from classifier.stats.abstention import CONFIDENCE
from classifier.stats.calibration import Calibration
from classifier.stats.cascade import STORED, Cascade, fit_cascade, sureness, too_few_words


def known(agrees: list[bool] | np.ndarray, groups: np.ndarray | None = None, resampled: str = "article") -> Cascade:
    """Articles from the surest to the least sure."""
    together = np.arange(len(agrees)) if groups is None else groups
    rows = tuple(f"{30 - k / 100:.4f} {int(agrees[k])} {together[k]}" for k in range(len(agrees)))
    return Cascade(1.0, Calibration((1.0,), (0.0, 0.0)), len(agrees), rows, resampled, "validation")


def one_of_two(proba: Floats32) -> Bools:
    return np.eye(2, dtype=bool)[proba.argmax(axis=1)]


def test_the_fewest_articles_that_show_an_agreement() -> None:
    """One test alone: .99 to the power of 299 is below .05, and to that of 298 above it."""
    assert known([True] * 299).rule(0.99).skipped == 299
    assert known([True] * 298).rule(0.99).threshold is None
    assert known([True] * 59).rule(0.95).skipped == 59
    assert known([True] * 58).rule(0.95).threshold is None


@pytest.mark.parametrize("others", [0, 1, 4])
def test_the_bound_is_that_of_clopper_and_pearson(others: int) -> None:
    agrees = np.ones(1000, dtype=bool)
    agrees[500 : 500 + others] = False
    found = known(agrees).rule(0.98)
    assert found.skipped == 1000
    assert found.agreed == 1 - others / 1000
    assert found.at_least == pytest.approx(beta.ppf(0.05, 1000 - others, others + 1), abs=1e-6)
    assert found.at_least >= 0.98


def test_articles_of_few_sources_show_less() -> None:
    agrees = np.ones(600, dtype=bool)
    alone = known(agrees).rule(0.99)
    grouped = known(agrees, np.arange(600) // 50, "source").rule(0.99)
    assert alone.skipped == 600
    assert grouped.threshold is None or grouped.at_least < alone.at_least
    assert known(agrees, np.zeros(600, dtype=int), "source").rule(0.5).threshold is None


def test_articles_that_are_less_sure_than_the_threshold_do_not_skip() -> None:
    found = known(np.arange(1000) < 700).rule(0.99)
    assert found.threshold == 30 - (found.skipped - 1) / 100
    assert found.skips(np.array([found.threshold, found.threshold - 1e-4])).tolist() == [True, False]
    assert not known([True] * 20).rule(0.99).skips(np.array([1e9])).any()


def world(n: int, rng: np.random.Generator) -> tuple[Floats32, np.ndarray, np.ndarray]:
    """TF-IDF's two decision values, the labels of the whole model, and true labels; the surer, the more they agree."""
    signal = rng.normal(scale=2.5, size=n)
    model = rng.random(n) < expit(2 * signal)
    truth = rng.random(n) < expit(2 * signal)
    return np.column_stack([-signal, signal]).astype(np.float32), model.astype(np.int64), truth.astype(np.int64)


@pytest.mark.parametrize(("agreement", "n"), [(0.9, 300), (0.98, 1000)])
def test_the_promise_holds_in_95_of_100_validation_sets(agreement: float, n: int) -> None:
    rng = np.random.default_rng(n)
    signal = norm.ppf((np.arange(10_000) + 0.5) / 10_000, scale=2.5)  # all articles of the world, evenly
    many = np.column_stack([-signal, signal]).astype(np.float32)
    positive = expit(2 * signal)
    broken = skipping = 0
    for _ in range(200):
        scores, labels, truth = world(n, rng)
        found = fit_cascade(scores, truth, np.eye(2, dtype=bool)[labels], one_of_two, np.arange(n))
        rule = found.rule(agreement)
        proba = found.proba(many)
        skipped = rule.skips(found.sureness(proba, one_of_two(proba)))
        if skipped.any():
            skipping += 1
            agree = np.where(proba.argmax(axis=1) == 1, positive, 1 - positive)
            broken += agree[skipped].mean() < agreement
    assert skipping > 100
    assert broken <= 200 * (1 - CONFIDENCE) + 6  # two standard deviations of chance


def test_the_best_threshold_on_validation_would_break_it() -> None:
    """That the simulation can fail: where the share of agreeing articles alone decides, it is broken too often."""
    rng = np.random.default_rng(0)
    many, model, _ = world(100_000, rng)
    broken = 0
    for _ in range(100):
        scores, labels, _ = world(300, rng)
        sure, agrees = np.abs(scores[:, 1]), (scores.argmax(axis=1) == labels)
        order = np.argsort(-sure)
        share = np.cumsum(agrees[order]) / np.arange(1, 301)
        lowest = sure[order][np.flatnonzero(share >= 0.95)[-1]]
        broken += (many.argmax(axis=1) == model)[np.abs(many[:, 1]) >= lowest].mean() < 0.95
    assert broken > 20


def test_scores_of_tfidf_alone_are_calibrated() -> None:
    rng = np.random.default_rng(3)
    scores, labels, truth = world(2000, rng)
    found = fit_cascade(scores / 50, truth, np.eye(2, dtype=bool)[labels], one_of_two, np.arange(2000))
    new, _, right = world(50_000, rng)
    proba = found.proba(new / 50)
    assert proba.sum(axis=1) == pytest.approx(1, abs=1e-5)
    top = proba.max(axis=1)
    for low, high in ((0.5, 0.7), (0.7, 0.85), (0.85, 1.0)):
        among = (top >= low) & (top < high)
        assert (proba.argmax(axis=1) == right)[among].mean() == pytest.approx(top[among].mean(), abs=0.04)


def test_sureness_is_the_log_odds_of_the_labels_that_are_given() -> None:
    proba = np.array([[0.7, 0.2, 0.1], [1.0, 0.0, 0.0]], dtype=np.float32)
    rare = np.array([[False, True, False], [True, False, False]])  # the label that fits best may have a lower score
    found = sureness(proba, rare, multi_label=False)
    assert found[0] == pytest.approx(logit(0.2), abs=1e-3)
    assert np.isfinite(found).all()
    both = sureness(proba, np.array([[True, False, False]] * 2), multi_label=True)
    assert both[0] == pytest.approx(logit(0.7 * 0.8 * 0.9), abs=1e-3)
    assert both[1] > 10


def test_articles_with_several_labels_must_agree_on_all_of_them() -> None:
    scores = np.array([[3.0, -3.0]] * 100, dtype=np.float32)
    truth = np.tile([1, 0], (100, 1))
    given = np.tile([True, False], (100, 1))
    given[:30] = True
    found = fit_cascade(scores, truth, given, lambda proba: proba > 0.5, np.arange(100))
    assert sum(row.split()[1] == "1" for row in found.rows) == 70


def test_a_large_validation_set_is_stored_in_part() -> None:
    rng = np.random.default_rng(0)
    scores, labels, truth = world(STORED + 500, rng)
    found = fit_cascade(scores, truth, np.eye(2, dtype=bool)[labels], one_of_two, np.arange(len(scores)))
    assert len(found.rows) == STORED
    assert found.articles == STORED + 500
    sure = [float(row.split()[0]) for row in found.rows]
    assert sure == sorted(sure, reverse=True)


@pytest.mark.parametrize("agreement", [0.0, 1.0, 99.0, -0.1, float("nan")])
def test_agreements_that_cannot_be_promised_are_refused(agreement: float) -> None:
    with pytest.raises(InputError, match="--cascade must be between 0 and 1"):
        known([True] * 300).rule(agreement)


def test_where_nothing_can_be_shown_it_says_what_it_takes() -> None:
    assert "takes 299" in too_few_words(known([True] * 24), 0.99)
    assert "They show 0.8 " in too_few_words(known([True] * 24), 0.99)
    assert "They can show no agreement" in too_few_words(known([True] * 5), 0.99)
    grouped = too_few_words(known([True] * 24, np.arange(24) // 2, "source"), 0.99)
    assert "by source, those that stand together count for fewer" in grouped


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"scale": 0.0}, "scale"),
        ({"scale": float("inf")}, "scale"),
        ({"calibration": Calibration((1.0,), (0.0, 0.0, 0.0))}, "2 labels"),
        ({"calibration": Calibration((-1.0,), (0.0, 0.0))}, "temperatures"),
        ({"calibration": Calibration((1.0, 1.0), (0.0, 0.0), True)}, "2 labels"),
        ({"rows": ()}, "rows"),
        ({"articles": 1}, "rows"),
        ({"rows": ("1 1 0", "nan 1 0")}, "line 2"),
        ({"rows": ("1 1 0", "1 1")}, "line 2"),
        ({"rows": ("1 1 0", "1 1 -2")}, "line 2"),
    ],
)
def test_what_cannot_be_true_of_a_stored_one(changes: dict[str, object], wrong: str) -> None:
    stored = known([True, False])
    assert stored.wrong(2, multi_label=False) == ""
    assert wrong in replace(stored, **changes).wrong(2, multi_label=False)
