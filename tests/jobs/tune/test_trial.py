"""One trial: its score, or why it has none; the training is played."""

import json
import time
from itertools import count
from pathlib import Path

import numpy as np
import optuna
import pytest

from classifier.config import Config
from classifier.dataset.folder import DatasetFolder
from classifier.errors import DivergedError, InputError
from classifier.jobs.tune import trial as trial_module
from classifier.jobs.tune.tune import tune
from classifier.models.run_folder import RunFolder
from classifier.training.blended_score import ValidationJudge
from classifier.training.watch import Watch
from tests.makers.tuning import FREE, config_file, settings_of


class Played:
    """Stands in for `fit`: the scores of each trial's epochs are given."""

    def __init__(self, scores: list[list[float]], monkeypatch: pytest.MonkeyPatch) -> None:
        self.scores, self.steps, self.refits = iter(scores), 0, [False]
        monkeypatch.setattr(trial_module, "fit", self)
        monkeypatch.setattr(ValidationJudge, "scores", lambda judge, logits: {"none": float(logits[0, 0])})

    def __call__(self, run: RunFolder, config: Config, dataset: DatasetFolder, watch: Watch) -> object:
        from classifier.training.checkpoints import BestEvaluation

        self.refits.append(config.train.refit)
        (run.checkpoints / "best-000001").mkdir(parents=True)
        scores = next(self.scores)
        for epoch, score in enumerate(scores, start=1):
            if score < -1:
                raise DivergedError("The loss is nan at step 7: training has diverged.")
            for at, found in ((epoch - 0.5, 0.95), (epoch, score)):  # in the middle of an epoch, and at its end
                with run.metrics.open("a") as stream:
                    stream.write(json.dumps({"epoch": float(at)}) + "\n")
                watch.on_evaluation(7, found)
            self.steps += 1
        watch.on_logits(np.array([[max(scores)]]))
        run.model.mkdir()
        return BestEvaluation(1, max(scores))


def test_a_trial_below_the_median_is_cut_short(
    tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = [0.5, 0.6, 0.7], [0.1, 0.2, 0.9]
    played = Played([good, good, bad, good, bad, good], monkeypatch)
    settings = settings_of(checkpoint, *FREE, **{"train.num_train_epochs": 3, "train.refit": True})
    report = tune(config_file(tmp_path), tmp_path / "study", trials=6, settings=settings)
    assert not any(played.refits)  # it would come after the score
    assert [t.state for t in report.trials] == ["complete"] * 4 + ["pruned", "complete"]  # the third was too early
    assert [t.score for t in report.trials] == [0.7, 0.7, 0.9, 0.7, 0.2, 0.7]
    assert [t.epochs for t in report.trials] == [3, 3, 3, 3, 2, 3]
    assert played.steps == 3 * 5 + 1  # the second validation ended it
    assert report.best is not None and report.best.number == 2
    assert [path.parent.name for path in (tmp_path / "study").rglob("model")] == ["trial-0002"]
    assert not list((tmp_path / "study").rglob("checkpoints"))


def test_a_trial_that_diverges_does_not_end_the_study(
    tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Played([[-2.0], [0.4], [0.3, -2.0], [0.4]], monkeypatch)
    settings = settings_of(checkpoint, *FREE)
    report = tune(config_file(tmp_path), tmp_path / "study", trials=4, settings=settings)
    assert [t.state for t in report.trials] == ["diverged", "complete", "diverged", "complete"]
    assert (report.best, report.gain) == (report.trials[1], None)


def test_other_errors_end_the_study_and_the_trial_is_made_again(
    tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, path = settings_of(checkpoint, *FREE), config_file(tmp_path)
    Played([[0.4], [0.5]], monkeypatch)
    tune(path, tmp_path / "study", trials=1, settings=settings)

    def fails(*_: object) -> None:
        raise InputError("'x' cannot be written: No space left on device.")

    with monkeypatch.context() as patch:
        patch.setattr(trial_module, "fit", fails)
        with pytest.raises(InputError, match="No space left"):
            tune(path, tmp_path / "study", trials=2, settings=settings)
    states = [
        t.state.name
        for t in optuna.load_study(study_name="classifier", storage=f"sqlite:///{tmp_path}/study/study.db").trials
    ]
    assert states == ["COMPLETE", "FAIL", "WAITING"]
    report = tune(path, tmp_path / "study", trials=2, settings=settings)
    assert [t.number for t in report.trials] == [0, 2]


def test_no_trial_begins_when_the_time_is_over(
    tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Played([[0.4]] * 5, monkeypatch)
    clock = count(0, 20)  # seconds
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    settings = settings_of(checkpoint, *FREE)
    report = tune(config_file(tmp_path), tmp_path / "study", trials=5, minutes=2, settings=settings)
    assert 0 < len(report.trials) < 5
