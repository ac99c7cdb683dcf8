"""Krippendorff's alpha of a model with annotators, beside them among themselves."""

from __future__ import annotations

import krippendorff
import numpy as np
import pytest

from classifier.stats.agreement import beside_one, beside_people


def made(n: int = 80, people: int = 4, values: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Labels of some annotators, shape (articles, people), -1 where one gave none; and the model's."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(values, size=n)
    given = np.where(rng.random((n, people)) < 0.75, truth[:, None], rng.integers(values, size=(n, people)))
    given = np.where(rng.random((n, people)) < 0.2, -1, given)
    given[(given >= 0).sum(axis=1) < 2] = truth[(given >= 0).sum(axis=1) < 2][:, None]
    return given, np.where(rng.random(n) < 0.6, truth, rng.integers(values, size=n))


def counted(given: np.ndarray, values: int) -> np.ndarray:
    return np.stack([(given == value).sum(axis=1) for value in range(values)], axis=1).astype(float)


def test_alphas_are_those_of_the_library() -> None:
    given, model = made()
    found = beside_people(counted(given, 3)[:, None], model[:, None], np.arange(80), samples=50)
    values = counted(given, 3).astype(int)
    assert found.people.value == pytest.approx(krippendorff.alpha(value_counts=values, level_of_measurement="nominal"))
    pairs = [(model[row], one) for row in range(80) for one in given[row] if one >= 0]  # each pair a unit
    table = np.array(pairs, dtype=float).T
    assert found.model.value == pytest.approx(krippendorff.alpha(table, level_of_measurement="nominal"))
    assert found.difference == pytest.approx(found.model.value - found.people.value)


def test_alpha_with_one_annotator_is_that_of_the_library() -> None:
    given, model = made(people=2)
    given = np.where(given < 0, 0, given)
    own, other = (counted(given[:, [at]], 3)[:, None] for at in (0, 1))
    found = beside_one(own, other, model[:, None], np.arange(80), samples=50)
    for alpha, table in ((found.people, given.T), (found.model, np.stack([given[:, 0], model]))):
        expected = krippendorff.alpha(table.astype(float), level_of_measurement="nominal")
        assert alpha.value == pytest.approx(expected)


def test_several_questions_are_the_mean_of_those_that_vary() -> None:
    given, model = made(values=2)
    one = counted(given, 2)
    same = np.stack([one.sum(axis=1), np.zeros(80)], axis=1)  # nobody ever says yes
    both = beside_people(np.stack([one, same], axis=1), np.stack([model, 0 * model], axis=1), np.arange(80), samples=20)
    alone = beside_people(one[:, None], model[:, None], np.arange(80), samples=20)
    assert both.people.value == pytest.approx(alone.people.value)
    assert both.difference == pytest.approx(alone.difference)


def test_labels_that_do_not_vary_and_few_groups_have_no_interval() -> None:
    given, model = made()
    nothing = beside_people(counted(0 * given, 3)[:, None], 0 * model[:, None], np.arange(80), samples=20)
    assert nothing.difference is None and nothing.people.value is None
    few = beside_people(counted(given, 3)[:, None], model[:, None], np.arange(80) % 2, samples=20)
    assert few.difference is not None and few.interval is None and few.people.interval is None


def test_intervals_hold_the_figures_and_are_wider_by_groups() -> None:
    given, model = (np.repeat(found, 5, axis=0) for found in made())  # each article five times: one group
    alone, grouped = (
        beside_people(counted(given, 3)[:, None], model[:, None], groups)
        for groups in (np.arange(400), np.repeat(np.arange(80), 5))
    )
    for found in (alone, grouped):
        assert found.interval[0] < found.interval_90[0] < found.difference < found.interval_90[1] < found.interval[1]
        assert found.people.interval[0] < found.people.value < found.people.interval[1] <= 1
    assert grouped.interval[1] - grouped.interval[0] > 1.8 * (alone.interval[1] - alone.interval[0])
