"""The study in its database: which trials count, which are made again, and what mattered."""

import sys
import warnings
from dataclasses import replace
from pathlib import Path

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial

from classifier.config import Config
from classifier.errors import InputError
from classifier.jobs.tune.space import Range, SearchSpace
from classifier.jobs.tune.study import (
    DIVERGED,
    FIRST,
    TrialResult,
    best_trial,
    give_up_stale,
    import_optuna,
    importances,
    make_sampler,
    open_study,
    quiet_optuna,
    results,
)

RATE = "train.learning_rate"
SPACE = SearchSpace(Config(), {RATE: Range(0.01, 0.1, 0.05)}, {}, {RATE: 0.05})
DONE = TrialResult(0, "complete", 0.5, 2, {RATE: 0.05}, 1.0, True)


def ended(rate: float, state: TrialState, scores: dict[int, float], value: float | None = None) -> FrozenTrial:
    return create_trial(
        state=state,
        value=value,
        params={RATE: rate},
        distributions={RATE: FloatDistribution(0.01, 0.1)},
        intermediate_values=scores,
    )


def study_of(*trials: FrozenTrial) -> optuna.Study:
    found = optuna.create_study(direction="maximize")
    found.add_trials(trials)
    return found


def test_the_best_is_complete_and_the_earliest_of_equals() -> None:
    later = [replace(DONE, number=2, score=0.7), replace(DONE, number=1, score=0.7)]
    cut = replace(DONE, number=3, state="pruned", score=0.9)
    assert best_trial([DONE, *later, cut]) == later[1]
    assert best_trial([cut]) is best_trial([]) is None


def test_a_trial_has_its_value_or_the_best_of_its_validations() -> None:
    diverged = ended(0.03, TrialState.PRUNED, {})
    diverged.user_attrs[DIVERGED] = "The loss is nan."
    study = study_of(
        ended(0.01, TrialState.COMPLETE, {1: 0.4, 2: 0.6, 3: 0.5}, 0.6),
        ended(0.02, TrialState.PRUNED, {1: 0.3, 2: 0.2}),
        ended(0.04, TrialState.FAIL, {1: 0.9}),
        diverged,
    )
    found = [(trial.number, trial.state, trial.score, trial.epochs) for trial in results(study)]
    assert found == [(0, "complete", 0.6, 3), (1, "pruned", 0.3, 2), (3, "diverged", None, 0)]


def test_a_new_study_begins_with_the_settings_as_given_and_repeats_what_was_killed(tmp_path: Path) -> None:
    study = open_study(tmp_path / "study.db", SPACE)
    first = study.ask(SPACE.distributions())
    assert (first.params, FIRST in first.user_attrs) == ({RATE: 0.05}, True)
    study = open_study(tmp_path / "study.db", SPACE)  # as a new process does, after the old one was killed
    give_up_stale(study, SPACE)
    assert [trial.state.name for trial in study.trials] == ["FAIL", "WAITING"]
    again = study.ask(SPACE.distributions())
    assert (again.number, again.params, FIRST in again.user_attrs) == (1, {RATE: 0.05}, True)
    study.tell(again, 0.5)
    study.sampler = make_sampler(13, 1)
    drawn = study.ask(SPACE.distributions())
    give_up_stale(study, SPACE)
    repeated = study.ask(SPACE.distributions())
    assert repeated.params == drawn.params and FIRST not in repeated.user_attrs


def test_the_next_draw_depends_on_the_seed_and_on_what_is_done_alone() -> None:
    def drawn(seed: int, done: int) -> float:
        study = study_of(ended(0.01, TrialState.COMPLETE, {}, 0.5))
        study.sampler = make_sampler(seed, done)
        return study.ask(SPACE.distributions()).params[RATE]

    assert drawn(13, 1) == drawn(13, 1)
    assert len({drawn(13, 1), drawn(13, 2), drawn(14, 1)}) == 3


def test_importance_takes_four_scores_that_differ() -> None:
    def scored(*scores: float) -> optuna.Study:
        return study_of(
            *(ended((k + 1) / 100, TrialState.COMPLETE, {}, score) for k, score in enumerate(scores)),
            ended(0.09, TrialState.PRUNED, {1: 0.9}),
        )

    assert importances(scored(0.1, 0.2, 0.3), 13) is None
    assert importances(scored(*[0.1] * 6), 13) is None
    assert importances(scored(0.1, 0.2, 0.3, 0.4), 13) == {RATE: 1.0}


def test_optuna_is_quiet_inside_and_as_it_was_outside() -> None:
    before = optuna.logging.get_verbosity()
    with warnings.catch_warnings():
        warnings.simplefilter("error", optuna.exceptions.ExperimentalWarning)
        with quiet_optuna():
            assert optuna.logging.get_verbosity() == optuna.logging.ERROR
            warnings.warn("shown?", optuna.exceptions.ExperimentalWarning, stacklevel=1)
        assert optuna.logging.get_verbosity() == before
        with pytest.raises(optuna.exceptions.ExperimentalWarning):
            warnings.warn("shown?", optuna.exceptions.ExperimentalWarning, stacklevel=1)


def test_a_damaged_database_and_a_missing_library_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "study.db").write_bytes(b"not a database" * 100)
    with pytest.raises(InputError, match=r"study\.db' cannot be used: .*\nFix: Remove it"):
        open_study(tmp_path / "study.db", SPACE)
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(InputError, match=r"Tuning needs Optuna\.\nFix: Install the extra"):
        import_optuna()
