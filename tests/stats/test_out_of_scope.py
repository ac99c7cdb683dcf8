"""Figures of articles out of scope: scikit-learn's, those of weights by copies, and intervals that hold the truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score, roc_curve

from classifier.arrays import Floats
from classifier.stats.abstention import Abstention
from classifier.stats.out_of_scope import HIGH, Estimate, Side, _Ordered, measure_scope, separation, side_of
from classifier.stats.significance import share_interval


def side(scores: Floats, groups: np.ndarray | None = None, first: int = 0) -> Side:
    """Articles that are all given the one label."""
    together = np.arange(len(scores)) + first if groups is None else groups
    return Side(scores.astype(np.float32), np.ones((len(scores), 1), dtype=bool), None, together)


@pytest.mark.parametrize(
    ("inside", "outside", "digits"), [(7, 5, 1), (200, 90, 1), (300, 200, 6), (4, 1, 0), (1, 40, 2)]
)
def test_figures_are_those_of_scikit_learn(inside: int, outside: int, digits: int) -> None:
    rng = np.random.default_rng(inside)
    one, other = rng.normal(0.7, 0.2, inside).round(digits), rng.normal(0.5, 0.2, outside).round(digits)
    auroc, passed = separation(side(one), side(other, first=inside), samples=10)
    truth, scores = np.repeat([1, 0], [inside, outside]), np.concatenate([one, other])
    false, true, _ = roc_curve(truth, scores, drop_intermediate=False)
    assert auroc.value == pytest.approx(roc_auc_score(truth, scores))
    assert passed.value == pytest.approx(false[np.argmax(true >= 0.95 - 1e-12)])


def test_weights_count_articles_as_copies_would() -> None:
    rng = np.random.default_rng(0)
    scores, is_inside = rng.random(40).round(1), np.arange(40) < 25
    times = rng.integers(1, 5, 40)
    order = np.argsort(scores, kind="stable")
    starts = np.flatnonzero(np.diff(scores[order], prepend=-np.inf) > 0)
    weighted = _Ordered(is_inside[order], np.arange(40), starts).figures(times[order][None].astype(np.float64))
    one, other = (np.repeat(scores[rows], times[rows]) for rows in (is_inside, ~is_inside))
    copied = separation(side(one), side(other, first=1000), samples=10)
    assert [float(value[0]) for value in weighted] == pytest.approx([found.value for found in copied])
    auroc = roc_auc_score(is_inside, scores, sample_weight=times)
    assert float(weighted[0][0]) == pytest.approx(auroc)


@pytest.mark.parametrize(
    ("inside", "outside", "groups", "true"),
    [(30, 10, 0, 0.98), (100, 30, 0, 0.7), (100, 50, 10, 0.95)],
)
def test_intervals_hold_the_true_figures(inside: int, outside: int, groups: int, true: float) -> None:
    """Normal scores; those of a group share 30% of their variance."""
    apart, worlds = norm.ppf(true) * np.sqrt(2), 60
    passed_truly = 1 - norm.cdf(norm.ppf(0.05) + apart)
    held = np.zeros((worlds, 2), dtype=bool)
    for world in range(worlds):
        rng = np.random.default_rng([inside, world])
        sides = []
        for count, mean in ((inside, apart), (outside, 0.0)):
            group = np.arange(count) * groups // count if groups else np.arange(count)
            shared = np.sqrt(0.3) * rng.normal(size=count)[group] if groups else np.zeros(count)
            own = rng.normal(scale=np.sqrt(0.7) if groups else 1.0, size=count)
            sides.append(side(mean + shared + own, group + 1000 * len(sides)))
        found = separation(*sides, samples=200)
        for place, (one, value) in enumerate(zip(found, (true, passed_truly), strict=True)):
            assert one.interval is not None
            held[world, place] = one.interval[0] <= value <= one.interval[1]
    assert (held.mean(axis=0) >= 0.9).all()


def test_an_interval_is_not_a_point_where_all_are_told_apart() -> None:
    auroc, passed = separation(side(np.linspace(0.8, 1, 10)), side(np.linspace(0, 0.2, 10), first=10))
    assert (auroc.value, passed.value) == (1.0, 0.0)
    assert auroc.interval is not None and passed.interval is not None
    assert auroc.interval[1] == 1.0 and auroc.interval[0] < 0.95
    assert passed.interval[0] == 0.0 and passed.interval[1] > 0.05


def test_articles_of_a_group_are_drawn_together() -> None:
    rng = np.random.default_rng(0)
    one, other = 0.5 + np.repeat(rng.normal(size=8), 20), np.repeat(rng.normal(size=8), 20)
    alone, _ = separation(side(one), side(other, first=1000))
    whole, _ = separation(side(one, np.arange(160) // 20), side(other, np.arange(160) // 20 + 8))
    assert alone.value == whole.value
    assert alone.interval is not None and whole.interval is not None
    assert whole.interval[1] - whole.interval[0] > 2 * (alone.interval[1] - alone.interval[0])
    shared, _ = separation(side(one, np.arange(160) // 80), side(other, np.arange(160) // 80))
    assert shared.interval is None  # two groups say nothing of others


def test_groups_that_are_on_both_sides_have_one_weight() -> None:
    """What a source adds to the scores of both sides does not part them, so the interval is narrower."""
    rng = np.random.default_rng(0)
    shared, group = np.repeat(3 * rng.normal(size=12), 10), np.arange(120) // 10
    one, other = shared + 1 + rng.normal(size=120), shared + rng.normal(size=120)
    apart, _ = separation(side(one, group), side(other, group + 12))
    joined, _ = separation(side(one, group), side(other, group))
    assert apart.interval is not None and joined.interval is not None
    assert joined.interval[1] - joined.interval[0] < 0.6 * (apart.interval[1] - apart.interval[0])


def test_shares_and_labels_by_hand() -> None:
    proba = np.array([[0.95, 0.05], [0.6, 0.4], [0.3, 0.7], [0.1, 0.9]], dtype=np.float32)
    given = proba > 0.5
    stored = Abstention(0.9, (0.9, None))
    inside = side_of(proba.max(axis=1), proba, given, stored, np.arange(4))
    outside = side_of(proba[1:].max(axis=1), proba[1:], given[1:], stored, np.arange(4, 7))
    found = measure_scope(["a", "b"], inside, outside, samples=10)
    assert (found.in_scope, found.out_of_scope, found.groups) == (4, 3, 3.0)
    assert found.labelled == Estimate(1.0, share_interval(np.ones(3), np.arange(3)))
    assert found.surely.value == pytest.approx(1 / 3)  # 0.9 counts
    assert found.surely_in_scope.value == pytest.approx(2 / 4)
    assert dict(found.given) == {"b": 2, "a": 1}
    assert list(found.given) == ["b", "a"]
    assert found.kept is not None and found.kept_in_scope is not None
    assert (found.kept.value, found.kept_in_scope.value, found.kept_labels) == (0.0, 0.25, {})
    bare = measure_scope(["a", "b"], side_of(*_bare(proba)), side_of(*_bare(proba[1:])), samples=10)
    assert (bare.kept, bare.kept_in_scope, bare.kept_labels) == (None, None, None)


def _bare(proba: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, None, np.ndarray]:
    return proba.max(axis=1), proba, proba > HIGH, None, np.arange(len(proba))


def test_an_article_without_a_label_is_not_given_one() -> None:
    """Several labels: none is above its threshold."""
    proba = np.array([[0.95, 0.8], [0.2, 0.1], [0.4, 0.95]], dtype=np.float32)
    given = proba > 0.5
    inside, outside = (side_of(proba.max(axis=1), proba, given, None, np.arange(3) + first) for first in (0, 3))
    found = measure_scope(["a", "b"], inside, outside, samples=10)
    assert found.labelled.value == pytest.approx(2 / 3)
    assert dict(found.given) == {"b": 2, "a": 1}
