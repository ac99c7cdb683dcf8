import numpy as np
import pytest
from scipy.stats import beta
from sklearn import metrics as sk
from statsmodels.stats.proportion import proportion_confint

from classifier.stats.few_groups import stretch
from classifier.stats.metrics import (
    Figures,
    confusion,
    counts,
    difference,
    headline,
    headline_figures,
    intervals,
    limits_of_difference,
    per_class,
    per_class_intervals,
    resampled,
    sklearn_macro_f1,
)
from classifier.stats.significance import paired_gain

LABELS = ("a", "b", "c", "d")


def random_labels(n: int, seed: int = 0, missing: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = rng.integers(4, size=n)
    p = np.where(rng.random(n) < 0.6, y, rng.integers(4, size=n))
    if missing is not None:
        y[y == missing] = 0
        p[p == missing] = 1
    return y, p


@pytest.mark.parametrize("missing", [None, 2])
def test_headline_figures_are_those_of_scikit_learn(missing: int | None) -> None:
    y, p = random_labels(200, missing=missing)
    figures = headline(y, p, LABELS)
    assert figures["accuracy"] == pytest.approx(sk.accuracy_score(y, p))
    for average in ("macro", "micro", "weighted"):
        assert figures[f"f1_{average}"] == pytest.approx(sk.f1_score(y, p, average=average))
    assert figures["matthews_correlation"] == pytest.approx(sk.matthews_corrcoef(y, p))


def test_multi_label_figures_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    y, p = rng.integers(2, size=(100, 4)), rng.integers(2, size=(100, 4))
    figures = headline(y, p, LABELS)
    assert figures["accuracy"] == pytest.approx(sk.accuracy_score(y, p))
    for average in ("macro", "micro", "weighted"):
        assert figures[f"f1_{average}"] == pytest.approx(sk.f1_score(y, p, average=average))


def test_one_predicted_class_has_no_correlation() -> None:
    assert headline(np.array([0, 1]), np.array([0, 0]), ("a", "b"))["matthews_correlation"] == 0


def test_a_class_that_is_only_predicted_is_told_apart_from_scikit_learns_macro_f1() -> None:
    y, p = random_labels(200)
    y[y == 2] = 0
    assert headline(y, p, LABELS)["f1_macro"] == pytest.approx(sk.f1_score(y, p, average="macro", labels=[0, 1, 3]))
    assert sklearn_macro_f1(y, p, LABELS) == pytest.approx(sk.f1_score(y, p, average="macro"))
    one = np.eye(4, dtype=np.int64)
    assert sklearn_macro_f1(one[y], one[p], LABELS) == pytest.approx(sk.f1_score(one[y], one[p], average="macro"))


def test_the_interval_of_an_accuracy_is_that_of_its_beta_distribution() -> None:
    """The draws of a share are beta-distributed with Jeffreys' prior; few articles widen it by Student's t."""
    y, p = np.zeros(40, dtype=np.int64), np.repeat([0, 1], [33, 7])
    low, high = intervals(y, p, ("a", "b"), samples=100_000)["accuracy"]
    bounds, middle, wider = beta.ppf([0.025, 0.975], 33.5, 7.5), beta.median(33.5, 7.5), stretch(40)
    assert (low, high) == pytest.approx(tuple(middle + wider * (bounds - middle)), abs=0.002)


@pytest.mark.parametrize("multi", [False, True])
def test_where_all_is_right_an_interval_still_has_width(multi: bool) -> None:
    y = np.tile([0, 0, 0, 1], 15)
    truth = np.eye(2, dtype=np.int64)[y] if multi else y
    for name, (low, high) in intervals(truth, truth, ("a", "b")).items():
        assert high == 1 and 0.8 < low < 0.995, name


def test_too_few_groups_have_no_interval_and_no_verdict() -> None:
    y, p = random_labels(90)
    for groups in (np.zeros(90, dtype=int), np.repeat([0, 1], 45), np.repeat([0, 1, 2], [86, 2, 2])):
        assert set(intervals(y, p, LABELS, groups=groups).values()) == {None}
        gain = difference(y, p, (y + 1) % 4, LABELS, groups=groups)["accuracy"]
        assert gain.value > 0.5 and (gain.interval, gain.p, gain.sure) == (None, None, False)
    assert None not in intervals(y, p, LABELS, groups=np.repeat([0, 1, 2], 30)).values()


def test_a_class_in_few_samples_is_in_every_draw() -> None:
    """Where three of 60 articles have a label, 5% of the samples of an ordinary bootstrap would lack it."""
    lows = [intervals(y, y, ("a", "b"))["f1_macro"][0] for y in (np.repeat([0, 1], [60 - n, n]) for n in (1, 3, 10))]
    assert 0.5 < lows[0] < 0.6 < 0.7 < lows[1] < 0.85 < lows[2] < 0.95


def test_intervals_cover_the_truth_about_95_times_in_100() -> None:
    rng = np.random.default_rng(1)
    covered = 0
    for seed in range(200):
        y = rng.integers(2, size=150)
        p = np.where(rng.random(150) < 0.8, y, 1 - y)
        low, high = intervals(y, p, ("a", "b"), samples=300, seed=seed)["accuracy"]
        covered += low <= 0.8 <= high
    assert 0.90 <= covered / 200 <= 0.99


def test_a_paired_difference_is_narrower_than_the_two_intervals() -> None:
    y, p = random_labels(400)
    worse = p.copy()
    worse[:20] = (y[:20] + 1) % 4
    gain = difference(y, p, worse, LABELS)["accuracy"]
    low, high = gain.interval
    assert gain.value == pytest.approx(headline(y, p, LABELS)["accuracy"] - headline(y, worse, LABELS)["accuracy"])
    single_low, single_high = intervals(y, p, LABELS)["accuracy"]
    assert high - low < (single_high - single_low) / 2
    assert low > 0 and gain.sure and low < gain.interval_90[0] < gain.interval_90[1] < high


def test_a_correlation_with_one_true_class_is_not_defined() -> None:
    y, p = np.zeros(40, dtype=np.int64), np.repeat([0, 1], [36, 4])
    found = intervals(y, p, ("a", "b"))
    assert found["matthews_correlation"] is None
    assert found["f1_weighted"] == pytest.approx(found["f1_macro"], abs=0.01)


@pytest.mark.parametrize("share", [0, 2])
def test_made_up_articles_leave_open_that_a_class_is_found_and_that_it_is_not(share: int) -> None:
    """Of a class with two articles, both missed or both found, nothing is known but that."""
    y = np.repeat([0, 1], [58, 2])
    predicted = np.repeat([0, 1], [60 - share, share])
    sums = counts(y, predicted, ("a", "b")).sum(axis=0)
    _, drawn = Figures.of_articles(y, ("a", "b")).drawn_both(np.tile(sums, (4000, 1)), np.random.default_rng(0))
    low, high = np.quantile(drawn["f1_macro"], [0.025, 0.975])
    assert (0.48 < low < 0.51 and 0.7 < high < 0.95) if share == 0 else (0.75 < low < 0.95 and high > 0.98)


def test_macro_f1_of_sums_runs_over_the_classes_that_are_true_in_them() -> None:
    y, p = np.array([0, 0, 1, 1]), np.array([0, 2, 1, 1])
    sums = counts(y, p, ("a", "b", "c")).sum(axis=0)
    found = headline_figures(sums, ("a", "b", "c"), multi_label=False)["f1_macro"]
    assert float(found) == pytest.approx((2 / 3 + 1) / 2)
    every = headline_figures(sums, ("a", "b", "c"), multi_label=False, classes=np.ones(3, dtype=bool))["f1_macro"]
    assert float(every) == pytest.approx((2 / 3 + 1) / 3)


def test_crossed_pairs_have_wider_intervals_and_fewer_verdicts() -> None:
    """Pairs of 20 texts and 6 targets, of which the model errs on whole targets."""
    rng = np.random.default_rng(0)
    texts, targets = np.repeat(np.arange(20), 6), np.tile(np.arange(6), 20)
    y = rng.integers(2, size=120)
    p = np.where(rng.random(120) < np.array([0.95, 0.9, 0.9, 0.5, 0.4, 0.95])[targets], y, 1 - y)
    both, one = (intervals(y, p, ("a", "b"), groups=texts, crossed=c)["accuracy"] for c in (targets, None))
    assert both[1] - both[0] > 1.5 * (one[1] - one[0])
    gains = [difference(y, p, 1 - p, ("a", "b"), groups=texts, crossed=c)["accuracy"] for c in (targets, None)]
    assert gains[0].p > gains[1].p
    few = difference(y, p, 1 - p, ("a", "b"), groups=texts, crossed=np.arange(120) % 2)["accuracy"]
    assert (few.interval, few.p) == (None, None)


def test_interval_and_p_value_of_a_difference_never_disagree() -> None:
    rng = np.random.default_rng(0)
    for seed in range(60):
        groups = np.repeat(np.arange(8), 12)
        y = rng.integers(2, size=96)
        a, b = (np.where(rng.random(96) < rng.uniform(0.4, 1, size=8)[groups], y, 1 - y) for _ in range(2))
        for gain in difference(y, a, b, ("a", "b"), groups=groups, each=True, seed=seed).values():
            assert gain.sure == (gain.p < 0.05) == (not gain.interval[0] <= 0 <= gain.interval[1])
            assert gain.interval[0] <= gain.value <= gain.interval[1]


def test_fnc1_score_is_the_official_one() -> None:
    labels = ("agree", "disagree", "discuss", "unrelated")
    y = np.array([0, 1, 2, 3, 3, 0, 3])
    p = np.array([0, 0, 2, 3, 0, 3, 3])
    official = (1 + 0.25 + 1 + 0.25 + 0 + 0 + 0.25) / (1 + 1 + 1 + 0.25 + 0.25 + 1 + 0.25)
    assert headline(y, p, labels)["fnc1_score"] == pytest.approx(official)
    assert "fnc1_score" not in headline(y, p, LABELS)


@pytest.mark.parametrize("classes", [1, 3])
def test_per_class_and_confusion_of_multi_label(classes: int) -> None:
    rng = np.random.default_rng(0)
    y, p = rng.integers(2, size=(60, classes)), rng.integers(2, size=(60, classes))
    table = per_class(y, p, ["accuracy", "b", "c"][:classes])
    for index, row in enumerate(table.values()):
        assert row["f1-score"] == pytest.approx(sk.f1_score(y[:, index], p[:, index]))
        assert row["support"] == y[:, index].sum()
        assert confusion(y, p, classes)[index].tolist() == sk.confusion_matrix(y[:, index], p[:, index]).tolist()


def test_per_class_has_the_shape_of_classification_report() -> None:
    y, p = random_labels(50, missing=2)
    table = per_class(y, p, LABELS)
    assert list(table) == list(LABELS)
    assert table["c"] == {"precision": 0.0, "recall": 0.0, "f1-score": 0.0, "support": 0.0}


def test_resampled_predictions_are_paired() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=200)
    good = np.where(rng.random(200) < 0.9, y, 0)
    bad = np.where(rng.random(200) < 0.2, 0, good)
    ours, theirs = (
        draws["accuracy"] for draws in resampled(y, [good, bad], ["a", "b", "c"], groups=np.arange(200) // 4)
    )
    assert (ours - theirs).std() < ours.std() + theirs.std()
    assert np.corrcoef(ours, theirs)[0, 1] > 0.4


@pytest.mark.parametrize("multi", [False, True])
def test_intervals_of_classes_are_those_of_their_shares(multi: bool) -> None:
    y, p = random_labels(300)
    truth, given = (np.eye(4, dtype=np.int64)[values] if multi else values for values in (y, p))
    found, table = per_class_intervals(truth, given, LABELS), per_class(truth, given, LABELS)
    for label, bounds in found.items():
        for figure, (low, high) in bounds.items():
            assert low < table[label][figure] < high
    hits, count = int(((y == 1) & (p == 1)).sum()), int((y == 1).sum())
    exact = proportion_confint(hits, count, method="wilson")
    assert found["b"]["recall"] == pytest.approx(exact)


def test_a_class_that_is_never_given_has_no_interval_of_its_precision() -> None:
    found = per_class_intervals(np.array([0, 0, 1, 1]), np.array([0, 0, 0, 0]), ("a", "b", "c"))
    assert set(found["b"]) == {"recall", "f1-score"} and found["c"] == {}


def test_no_difference_is_greater_than_one_can_be() -> None:
    """All right beside one answer for all, in three groups: the interval is wide, but ends where figures do."""
    y = np.repeat(np.arange(3), 2)
    found = difference(y, y, np.zeros_like(y), ["a", "b", "c"], groups=np.arange(6) % 3)
    for name, gain in found.items():
        least, most = limits_of_difference(name)
        for bounds in (gain.interval, gain.interval_90):
            assert bounds is not None and least <= bounds[0] <= gain.value <= bounds[1] <= most, name
    wide = paired_gain(0.8, np.random.default_rng(0).normal(0.8, 0.2, 999), 0.2, 4)
    assert wide.interval is not None and wide.interval[1] > 1
    assert wide.within((-1.0, 1.0)).interval == (wide.interval[0], 1.0)
