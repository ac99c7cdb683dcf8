"""Regression on predicted labels, against formulas written out and against statsmodels."""

import numpy as np
import pytest

from classifier.errors import InputError
from classifier.stats.design_based import LabelledRows, regress, regress_odds


def made_corpus(seed: int = 0, n: int = 600) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Covariates (a constant, two levels), a label that is equally frequent everywhere, and scores that are not."""
    rng = np.random.default_rng(seed)
    level = rng.random(n) < 0.4
    truth = (rng.random(n) < 0.3).astype(float)
    score = np.clip(0.6 * truth + 0.3 * level * (1 - truth) + 0.1 * rng.random(n), 0, 1)
    return np.stack([np.ones(n), level], axis=1).astype(float), truth, score[:, None]


def drawn(truth: np.ndarray, n: int, seed: int = 1) -> LabelledRows:
    rows = np.sort(np.random.default_rng(seed).choice(len(truth), n, replace=False))
    return LabelledRows(rows, truth[rows], np.full(n, n / len(truth)))


def test_all_labelled_is_an_ordinary_regression_with_hc3() -> None:
    sm = pytest.importorskip("statsmodels.api")
    design, truth, score = made_corpus()
    found = regress(design, score, drawn(truth, len(truth)))
    plain = sm.OLS(truth, design).fit(cov_type="HC3")
    assert found.coefficients == pytest.approx(plain.params)
    assert np.diag(found.covariance) ** 0.5 == pytest.approx(plain.bse, rel=0.02)


def test_guesses_that_say_nothing_leave_the_labelled_articles_alone() -> None:
    sm = pytest.importorskip("statsmodels.api")
    design, truth, _ = made_corpus()
    labelled = drawn(truth, 120)
    found = regress(design, np.ones((len(truth), 1)), labelled)
    alone = sm.OLS(labelled.truth, design[labelled.rows]).fit(cov_type="HC3")
    assert found.coefficients == pytest.approx(alone.params, rel=1e-4)
    assert np.diag(found.covariance) ** 0.5 == pytest.approx(alone.bse, rel=0.05)


def test_good_guesses_make_the_interval_narrower_and_biased_ones_no_bias() -> None:
    design, truth, score = made_corpus(n=3000)
    labelled = drawn(truth, 300)
    found = regress(design, score, labelled).figure(np.array([0.0, 1.0]))
    alone = regress(design, score * 0 + 1, labelled).figure(np.array([0.0, 1.0]))
    naive = np.linalg.lstsq(design, score[:, 0], rcond=None)[0][1]
    assert naive > 0.15
    assert found.low < 0 < found.high
    assert found.error < 0.7 * alone.error
    assert found.known and found.labelled == pytest.approx(120, rel=0.2)  # of the smaller level


def test_the_pseudo_outcome_gives_the_same_coefficients() -> None:
    design, truth, score = made_corpus()
    inclusion = np.where(score[:, 0] > 0.3, 0.5, 0.1)
    rows = np.flatnonzero(np.random.default_rng(4).random(len(truth)) < inclusion)
    found = regress(design, score, LabelledRows(rows, truth[rows], inclusion[rows]))
    assert np.linalg.lstsq(design, found.outcome, rcond=None)[0] == pytest.approx(found.coefficients)


def test_articles_drawn_more_often_count_less() -> None:
    """All that are predicted to have the label are drawn, and one in five of the others."""
    guess = np.repeat([1.0, 0.0], [100, 900])
    truth = np.concatenate([np.tile([1.0, 0.0], 50), np.repeat([1.0, 0.0], [90, 810])])
    rows = np.concatenate([np.arange(100), np.arange(100, 1000, 5)])
    labelled = LabelledRows(rows, truth[rows], np.where(rows < 100, 1.0, 0.2))
    found = regress(np.ones((1000, 1)), guess[:, None], labelled)
    assert found.coefficients[0] == pytest.approx(0.14)


def test_groups_are_left_out_in_turn() -> None:
    design, truth, score = made_corpus()
    groups = np.arange(len(truth)) % 12
    labelled = drawn(truth, 150)
    found = regress(design, score, labelled, groups)
    changes = []
    for group in range(12):
        kept, known = groups != group, groups[labelled.rows] != group
        rows = np.searchsorted(np.flatnonzero(kept), labelled.rows[known])
        left = LabelledRows(rows, labelled.truth[known], labelled.inclusion[known])
        changes.append(regress(design[kept], score[kept], left).coefficients - found.coefficients)
    expected = np.einsum("gi,gj->ij", changes, changes) * 11 / 12
    assert found.covariance == pytest.approx(expected, rel=1e-4)
    figure = found.figure(np.array([0.0, 1.0]))
    assert figure.groups is not None and 9 < figure.groups <= 12
    assert 9 < figure.freedom <= 11


@pytest.mark.parametrize(("groups", "known"), [(12, True), (2, False)])
def test_a_level_in_two_groups_is_not_known(groups: int, known: bool) -> None:
    """The second level stands in the first groups alone."""
    design, truth, score = made_corpus()
    level = design[:, 1].astype(int)
    group = np.where(level == 1, np.arange(len(truth)) % groups, 20 + np.arange(len(truth)) % 12)
    group = np.unique(group, return_inverse=True)[1]
    found = regress(design, score, drawn(truth, 200), group)
    assert found.figure(np.array([0.0, 1.0])).known is known
    assert found.figure(np.array([1.0, 1.0])).known is known
    assert found.figure(np.array([1.0, 0.0])).known


def test_few_labelled_articles_of_a_level_are_not_known() -> None:
    design, truth, score = made_corpus()
    rows = np.concatenate([np.flatnonzero(design[:, 1] == 0)[:80], np.flatnonzero(design[:, 1] == 1)[:5]])
    found = regress(design, score, LabelledRows(rows, truth[rows], np.ones(len(rows))))
    assert not found.figure(np.array([0.0, 1.0])).known
    assert found.figure(np.array([1.0, 0.0])).known


def test_a_level_without_labelled_articles_does_not_disturb_the_others() -> None:
    design, truth, score = made_corpus()
    more = np.hstack([design, (np.arange(len(truth)) < 20)[:, None]])
    rows = np.arange(20, 200)
    labelled = LabelledRows(rows, truth[rows], np.ones(len(rows)))
    found = regress(more, score, labelled)
    assert not found.figure(np.array([0.0, 0.0, 1.0])).known
    assert found.figure(np.array([0.0, 1.0, 0.0])).known


def test_no_error_among_few_labelled_articles_is_not_no_error() -> None:
    nothing = np.zeros(1000)
    found = regress(np.ones((1000, 1)), nothing[:, None], drawn(nothing, 50)).figure(np.ones(1))
    assert 0.02 < found.high < 0.08
    assert found.p == pytest.approx(1)


def test_log_odds_of_all_labelled_articles_are_a_logistic_regression() -> None:
    sm = pytest.importorskip("statsmodels.api")
    design, truth, score = made_corpus()
    design = np.hstack([design, np.random.default_rng(8).normal(size=(len(truth), 1))])
    found = regress_odds(design, score, drawn(truth, len(truth)))
    plain = sm.GLM(truth, design, family=sm.families.Binomial()).fit(cov_type="HC0")
    assert found.coefficients == pytest.approx(plain.params, rel=1e-4)
    assert np.diag(found.covariance) ** 0.5 == pytest.approx(plain.bse, rel=0.05)


def test_log_odds_by_groups_are_near_those_that_leave_each_out() -> None:
    design, truth, score = made_corpus()
    groups = np.arange(len(truth)) % 12
    labelled = drawn(truth, 200)
    found = regress_odds(design, score, labelled, groups)
    changes = []
    for group in range(12):
        kept, known = groups != group, groups[labelled.rows] != group
        rows = np.searchsorted(np.flatnonzero(kept), labelled.rows[known])
        left = LabelledRows(rows, labelled.truth[known], labelled.inclusion[known])
        changes.append(regress_odds(design[kept], score[kept], left).coefficients - found.coefficients)
    expected = np.einsum("gi,gj->ij", changes, changes) * 11 / 12
    assert found.covariance == pytest.approx(expected, rel=0.05)


def test_a_share_of_nothing_has_no_log_odds() -> None:
    design, truth, score = made_corpus()
    none = drawn(truth * (design[:, 1] == 0), 200)
    with pytest.raises(InputError, match="a corrected share is not between 0 and 1"):
        regress_odds(design, score * 0, none)
