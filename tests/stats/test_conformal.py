"""Label sets hold the true label as often as asked, for new sources too, or are refused."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from classifier.errors import InputError
from classifier.files import read_json_as, write_json
from classifier.stats.conformal import (
    ConformalSets,
    SetsOutcome,
    check_stored_sets,
    fewest_groups,
    fit_sets,
    lowest_score,
    measure_sets,
)

World = tuple[np.ndarray, np.ndarray, np.ndarray]


def articles(rng: np.random.Generator, groups: np.ndarray, shift: float = 1.5) -> World:
    """Probabilities, the label given and the true class; sources differ in the classes that they favour."""
    truth = rng.integers(3, size=len(groups))
    moved = rng.normal(0, shift, (int(groups.max()) + 1, 3))
    logits = 2 * np.eye(3)[truth] + moved[groups] + rng.gumbel(size=(len(groups), 3))
    proba = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return proba.astype(np.float32), np.eye(3, dtype=bool)[proba.argmax(axis=1)], truth


@pytest.mark.parametrize(("level", "sources"), [(0.8, 12), (0.9, 20)])
def test_sets_hold_the_label_of_an_article_of_a_new_source(level: float, sources: int) -> None:
    rng = np.random.default_rng(sources)
    groups, held = np.repeat(np.arange(sources), 240 // sources), 0
    for _ in range(400):
        sets = fit_sets(*articles(rng, groups), level, groups)
        proba, given, truth = articles(rng, np.zeros(1, dtype=np.int64))
        held += bool(sets.holds(proba, given)[0, truth[0]])
    assert held / 400 >= level - 2 * (level * (1 - level) / 400) ** 0.5


def test_articles_that_stand_alone_are_held_at_the_level_in_each_class() -> None:
    rng = np.random.default_rng(0)
    sets = fit_sets(*articles(rng, np.arange(3000)), 0.9)
    proba, given, truth = articles(rng, np.arange(3000))
    for k in range(3):
        assert sets.holds(proba, given)[truth == k, k].mean() == pytest.approx(0.9, abs=0.025)
    assert (given <= sets.holds(proba, given)).all()


def test_the_threshold_gives_each_group_the_same_weight() -> None:
    scores, groups = np.array([0.9] * 90 + [0.2, 0.3]), np.array([0] * 90 + [1, 2])
    assert lowest_score(scores, groups, 0.25) == 0.9  # the first group is a quarter: one of three, and one more
    assert lowest_score(scores, groups, 0.5) == 0.3
    assert lowest_score(scores, groups, 0.75) == 0.2


def test_a_class_that_is_always_found_is_in_no_other_set() -> None:
    truth = np.arange(40) % 2
    given = np.eye(2, dtype=bool)[truth]
    sets = fit_sets(np.full((40, 2), 0.5, dtype=np.float32), given, truth, 0.9)
    assert sets.thresholds == (None, None)
    assert (sets.holds(np.full((40, 2), 0.5, dtype=np.float32), given) == given).all()


def test_classes_of_too_few_groups_share_a_promise() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(20), 10)
    proba, given, truth = articles(rng, groups)
    truth = np.where(truth == 2, 1, truth)
    truth[:5] = 2  # of one source; class 0 is rarer than class 1
    sets = fit_sets(proba, given, truth, 0.9, groups, "source")
    assert sets.promises == (0, 2, 0) and sets.groups == (18, 20, 18)
    assert sets.thresholds[0] == sets.thresholds[2] != sets.thresholds[1]
    assert sets.together(["a", "b", "c"]) == [["a", "c"]]
    few = fit_sets(proba, given, np.where(groups < 8, truth, 1), 0.9, groups)
    assert few.promises == (0, 0, 0) and few.groups == (20, 20, 20)  # two are still too few


@pytest.mark.parametrize(
    ("groups", "words"), [("source", r"9 groups of validation articles \(source\)"), (None, "9 val")]
)
def test_too_few_are_refused_with_what_it_would_take(groups: str | None, words: str) -> None:
    count = 80 if groups else 8
    proba, given, truth = articles(np.random.default_rng(0), np.arange(count) % 8)
    numbers = np.arange(80) % 8 if groups else None
    with pytest.raises(InputError, match=f"at least {words}.* There are 8.\n.*--sets 0.88"):
        fit_sets(proba, given, truth, 0.9, numbers, groups or "article")
    assert fit_sets(proba, given, truth, 0.88, numbers).level == 0.88
    assert [fewest_groups(level) for level in (0.5, 0.8, 0.9, 0.95, 0.99)] == [1, 4, 9, 19, 99]


@pytest.mark.parametrize("level", [0.0, 1.0, 1.2, -0.1, float("nan")])
def test_the_level_is_between_0_and_1(level: float) -> None:
    with pytest.raises(InputError, match="--sets must be between 0 and 1"):
        fit_sets(*articles(np.random.default_rng(0), np.arange(90)), level)


def test_stored_sets_are_of_the_level_that_is_asked_for() -> None:
    sets = ConformalSets(0.9, (None, 0.2), (1, 2), (20, 20))
    assert check_stored_sets(sets) is sets and check_stored_sets(sets, 0.9) is sets
    with pytest.raises(InputError, match=r"are for 0.9, not 0.8.\nFix: classifier evaluate runs/first --sets 0.8"):
        check_stored_sets(sets, 0.8, "runs/first")
    with pytest.raises(InputError, match=r"no sets of labels yet.*\nFix: classifier evaluate RUN --sets 0.9"):
        check_stored_sets(None)


def test_what_they_hold_is_counted_by_groups(tmp_path: Path) -> None:
    sets = ConformalSets(0.9, (0.4, None, 0.0), (1, 0, 0), (20, 12, 12), "source")
    proba = np.tile(np.array([[0.5, 0.3, 0.2]], dtype=np.float32), (12, 1))
    given = np.tile(np.array([[True, False, False]]), (12, 1))
    truth, groups = np.array([0] * 6 + [1] * 4 + [2] * 2), np.arange(12) // 2
    found = measure_sets("test", sets, ["a", "b", "c"], proba, given, truth, groups, "source")
    assert (found.held, found.size, found.single, found.single_right) == (pytest.approx(8 / 12), 2.0, 0.0, None)
    assert found.interval is not None and found.interval[0] < 8 / 12 < found.interval[1]
    assert [(one.articles, one.held, one.shared) for one in found.classes.values()] == [
        (6, 1.0, False),
        (4, 0.0, True),
        (2, 1.0, True),
    ]
    assert found.classes["b"].interval is None  # of two sources
    assert (found.together, found.groups, found.validation) == ((("b", "c"),), 6.0, "source")
    write_json(tmp_path / "sets.json", asdict(found))
    assert read_json_as(tmp_path / "sets.json", SetsOutcome) == found
