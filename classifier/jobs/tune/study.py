"""What a search leaves to Optuna: the study in its database, its trials, the sampler, and what mattered most."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from classifier._version import install_extra
from classifier.errors import InputError
from classifier.jobs.tune.space import SearchSpace

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial

NAME = "classifier"  # of the study in the database
FIRST, SECONDS, DIVERGED = "first", "seconds", "diverged"  # attributes of a trial in the database
BLEND, HEAD = "blend", "head"  # the better value of train.blend; the settings of a head alone
CUT = "cut"  # after how many epochs the time ended the trial of the settings as given
RANDOM_TRIALS = 8  # before the sampler begins to learn from those done
UNPRUNED_TRIALS = 4  # completed before one is cut short
UNPRUNED_EPOCHS = 2  # none is cut short before that: the first scores say little, and long schedules start slowly
FEWEST_FOR_IMPORTANCE = 4
HALVING = 3  # one of so many goes on


@dataclass(frozen=True)
class TrialResult:
    """One trial that has ended.

    Attributes:
        number: as in the database, from 0; a trial that was interrupted is made again under a new number.
        state: ``complete``, ``pruned`` (cut short, because it was below the median) or ``diverged``.
        score: the best of its validations; None where there was none.
        epochs: how many were trained and validated.
        parameters: what was searched -> the value.
        seconds: how long it took.
        first: whether it has the settings as they were given.
        blend: the value of ``train.blend`` that the score is of; None = it was not scored with and without TF-IDF.
        head: whether a head alone was fitted; its parameters are then settings.
        cut: after how many epochs the time ended it, which only the settings as given keep a score after; None = it
            came to its end.
    """

    number: int
    state: Literal["complete", "pruned", "diverged"]
    score: float | None
    epochs: int
    parameters: Mapping[str, float | str]
    seconds: float
    first: bool
    blend: str | float | None = None
    head: bool = False
    cut: float | None = None


def import_optuna() -> Any:
    """The library, or an `InputError` that names the extra."""
    try:
        import optuna
    except ImportError:
        raise InputError("Tuning needs Optuna.", fix=install_extra("tune")) from None
    return optuna


@contextmanager
def quiet_optuna() -> Iterator[None]:
    """Keep Optuna's own messages, and its warnings of experimental features, from being shown."""
    optuna = import_optuna()
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(before)


def open_study(database: Path, space: SearchSpace, *, halving: bool = False) -> Study:
    """The study in a database; a new one begins with the settings as they were given.

    Args:
        database: the file.
        space: what is searched.
        halving: whether a trial ends after its first epoch unless it is in the best third (asynchronous successive
            halving; Li et al., 2020, arXiv:1810.05934); else after two, where it is below the median.

    Raises:
        InputError: the database is damaged, or of an Optuna that does not go with this one.
    """
    optuna = import_optuna()
    pruner = (
        optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=HALVING)
        if halving
        else optuna.pruners.MedianPruner(n_startup_trials=UNPRUNED_TRIALS, n_warmup_steps=UNPRUNED_EPOCHS)
    )
    from sqlalchemy.exc import SQLAlchemyError

    try:
        study: Study = optuna.create_study(
            storage=f"sqlite:///{database.resolve()}",
            study_name=NAME,
            direction="maximize",
            pruner=pruner,
            load_if_exists=True,
        )
        if not study.get_trials(deepcopy=False):
            study.enqueue_trial(dict(space.start), user_attrs={FIRST: True})
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError, RuntimeError) as error:
        what = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"'{database}' cannot be used: {what}", fix="Remove it to begin the study again.") from None
    return study


def best_trial(found: Sequence[TrialResult]) -> TrialResult | None:
    """The complete trial with the highest score, the earliest of equals; None where no trial is complete."""
    complete = [trial for trial in found if trial.state == "complete"]
    return max(complete, key=lambda trial: (trial.score or 0.0, -trial.number), default=None)


def results(study: Study) -> Iterator[TrialResult]:
    """The trials that have ended, in their order; those that were given up are left out."""
    for trial in ended_trials(study):
        scores = trial.intermediate_values
        state: Literal["complete", "pruned", "diverged"] = "complete" if trial.state.name == "COMPLETE" else "pruned"
        yield TrialResult(
            trial.number,
            "diverged" if DIVERGED in trial.user_attrs else state,
            trial.value if state == "complete" else max(scores.values(), default=None),
            max(scores, default=0),
            trial.user_attrs.get(HEAD, trial.params),
            trial.user_attrs.get(SECONDS, 0.0),
            FIRST in trial.user_attrs,
            trial.user_attrs.get(BLEND),
            HEAD in trial.user_attrs,
            trial.user_attrs.get(CUT),
        )


def settings_of_trial(space: SearchSpace, trial: TrialResult) -> Mapping[str, Any]:
    """The settings of a trial that are not those which the study begins with."""
    if trial.first:
        return {}
    return trial.parameters if trial.head else space.settings(trial.parameters)


def add_head(
    study: Study, settings: Mapping[str, str | int], score: float | None, seconds: float, blend: str | float | None
) -> None:
    """Write down a trial of a head alone, which has none of the parameters that are searched.

    Args:
        study: in its database.
        settings: of the trial.
        score: None = it diverged.
        seconds: that it took.
        blend: as in `TrialResult`.
    """
    trial = import_optuna().trial
    attributes = {HEAD: dict(settings), SECONDS: seconds, BLEND: blend}
    state = trial.TrialState.PRUNED if score is None else trial.TrialState.COMPLETE
    more = {DIVERGED: "its scores are no numbers"} if score is None else {}
    study.add_trial(trial.create_trial(state=state, value=score, user_attrs={**attributes, **more}))


def ended_trials(study: Study) -> list[FrozenTrial]:
    """The trials with a score, and those that were cut short or diverged."""
    return [trial for trial in study.get_trials(deepcopy=False) if trial.state.name in ("COMPLETE", "PRUNED")]


def give_up(study: Study, space: SearchSpace, trial: FrozenTrial) -> None:
    """Mark a trial that did not end as failed, and plan another with its parameters."""
    if trial.state.is_finished():
        return
    first = FIRST in trial.user_attrs
    parameters = space.start if first else trial.params
    if parameters:
        study.enqueue_trial(dict(parameters), user_attrs={FIRST: True} if first else {})
    study.tell(trial.number, state=import_optuna().trial.TrialState.FAIL)


def give_up_stale(study: Study, space: SearchSpace) -> None:
    """Give up trials that were running when the process was killed."""
    for trial in study.get_trials(deepcopy=False):
        if trial.state.name == "RUNNING":
            give_up(study, space, trial)


def make_sampler(seed: int, done: int) -> Any:
    """The sampler of the next trial, which depends on how many are done, not on when the study was interrupted."""
    optuna = import_optuna()
    trial_seed = int(np.random.SeedSequence([seed, done]).generate_state(1)[0])
    return optuna.samplers.TPESampler(seed=trial_seed, multivariate=True, group=True, n_startup_trials=RANDOM_TRIALS)


def importances(study: Study, seed: int) -> Mapping[str, float] | None:
    """Shares of the variance of the scores (fANOVA); None with few complete trials, or scores that are all equal.

    A head alone has no parameters, and does not count.
    """
    optuna = import_optuna()
    complete = [trial for trial in ended_trials(study) if trial.state.name == "COMPLETE" and trial.params]
    scores = [trial.value for trial in complete]
    if len(scores) < FEWEST_FOR_IMPORTANCE or len(set(scores)) == 1:
        return None
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=seed)
    try:
        found = optuna.importance.get_param_importances(study, evaluator=evaluator, params=list(complete[0].params))
    except RuntimeError:  # no variance in any tree
        return None
    return {name: float(share) for name, share in found.items()}
