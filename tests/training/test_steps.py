"""The steps of a fine-tuning: what is logged and when, when it ends, and what is kept."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import f1_score, matthews_corrcoef
from sklearn.utils.class_weight import compute_class_weight

from classifier.config_file import make_config
from classifier.dataset.folder import DatasetFolder, open_dataset
from classifier.errors import DivergedError, InputError, InterruptedTrainingError
from classifier.jobs.building.build import build
from classifier.models.run_folder import RunFolder
from classifier.progress import SILENT
from classifier.training import steps
from classifier.training.auto import choose_settings
from classifier.training.checkpoints import BestEvaluation, load_best, load_checkpoint
from classifier.training.loop import Taught
from classifier.training.prepare import Fitting, prepare
from classifier.training.steps import take_steps
from classifier.training.undersampling import epoch_articles
from classifier.training.watch import UNWATCHED, Watch
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.disk import limited_file_size
from tests.makers.settings import tiny

STEPS = 6  # of an epoch: 48 training articles in batches of 8


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> DatasetFolder:
    made = tmp_path_factory.mktemp("steps")
    source = write_jsonl(made / "a.jsonl", make_articles(60))
    build(str(source), made / "dataset", settings=tiny(checkpoint))
    return open_dataset(made / "dataset")


def fitting(run: Path, checkpoint: Path, dataset: DatasetFolder, **more: object) -> Fitting:
    run.mkdir(exist_ok=True)
    config = choose_settings(make_config({}, tiny(checkpoint, **more)), dataset)
    return prepare(RunFolder(run), config, dataset, SILENT)


def log(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]


def evaluations(run: Path) -> list[int]:
    return [line["step"] for line in log(run) if line["kind"] == "evaluation"]


def test_each_step_is_logged_and_each_epoch_ends_with_the_figures_of_scikit_learn(
    tmp_path: Path, checkpoint: Path, dataset: DatasetFolder
) -> None:
    shared = fitting(tmp_path, checkpoint, dataset, **{"train.average_last": 0.0})
    assert shared.total_steps == 2 * STEPS
    expected: list[tuple[int, float, float]] = []
    told: list[Mapping[str, Any]] = []

    def evaluated(step: int, score: float) -> None:
        assert shared.validation is not None
        y, found = shared.validation.y, shared.logits(shared.validation).argmax(axis=1)
        expected.append((step, f1_score(y, found, average="macro"), matthews_corrcoef(y, found)))
        assert score == pytest.approx(expected[-1][1])

    best = take_steps(shared, BestEvaluation(), Watch(on_evaluation=evaluated, on_record=told.append))
    lines = log(tmp_path)
    assert lines == told
    assert [line["step"] for line in lines if line["kind"] == "step"] == list(range(1, 2 * STEPS + 1))
    found = [line for line in lines if line["kind"] == "evaluation"]
    assert [line["step"] for line in found] == [STEPS, 2 * STEPS]
    figures = [(line["step"], line["f1_macro"], line["matthews_correlation"]) for line in found]
    assert np.array(figures) == pytest.approx(np.array(expected))
    assert (best.step, best.score) == max(figures, key=lambda line: (line[1], -line[0]))[:2]


def test_the_weights_of_the_best_evaluation_are_kept_where_none_are_averaged(
    tmp_path: Path, checkpoint: Path, dataset: DatasetFolder
) -> None:
    shared = fitting(tmp_path, checkpoint, dataset, **{"train.average_last": 0.0})
    weights: dict[int, torch.Tensor] = {}

    def remember(step: int, score: float) -> None:
        weights[step] = shared.learner.optimizer.weights()["head.weight"].clone()

    best = take_steps(shared, BestEvaluation(), Watch(on_evaluation=remember))
    stored = torch.load(tmp_path / "checkpoints" / f"best-{best.step:06d}" / "state.pt", weights_only=True)
    assert torch.equal(stored["head.weight"], weights[best.step])


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_what_the_best_weights_say_of_validation_is_kept_and_need_not_be_worked_out_again(
    tmp_path: Path, checkpoint: Path, dataset: DatasetFolder, share: float
) -> None:
    shared = fitting(tmp_path, checkpoint, dataset, **{"train.average_last": share, "train.eval_steps": 2})
    best = take_steps(shared, BestEvaluation(), UNWATCHED)
    assert [*shared.validated] == [best.step]
    load_best(tmp_path / "checkpoints", shared.learner, best)
    assert shared.validation is not None
    assert np.array_equal(shared.validated[best.step], shared.logits(shared.validation))


@pytest.mark.parametrize(("share", "steps"), [(0.5, 6), (0.1, 1), (0.9, 10)])
def test_the_model_is_the_mean_of_its_weights_over_the_last_steps(
    tmp_path: Path, checkpoint: Path, dataset: DatasetFolder, share: float, steps: int
) -> None:
    shared = fitting(tmp_path, checkpoint, dataset, **{"train.average_last": share})
    weights: list[torch.Tensor] = []

    def remember(record: Mapping[str, Any]) -> None:
        if record["kind"] == "step":
            weights.append(shared.learner.optimizer.weights()["head.weight"].clone())

    best = take_steps(shared, BestEvaluation(), Watch(on_record=remember))
    mean = torch.stack(weights[-steps:]).mean(dim=0)
    assert torch.allclose(shared.learner.optimizer.weights()["head.weight"], mean, atol=1e-6)
    assert torch.allclose(shared.learner.model.head.weight, mean, atol=1e-6)  # type: ignore[union-attr, arg-type]
    stored = torch.load(tmp_path / "checkpoints" / "best-000012" / "state.pt", weights_only=True)
    assert torch.allclose(stored["head.weight"], mean, atol=1e-6)
    last = log(tmp_path)[-1]
    assert (last["kind"], last["step"], last["epoch"], last["averaged"]) == ("evaluation", 2 * STEPS, 2.0, steps)
    assert shared.validation is not None
    found = shared.logits(shared.validation).argmax(axis=1)
    assert best == BestEvaluation(2 * STEPS, last["f1_macro"])
    assert best.score == pytest.approx(f1_score(shared.validation.y, found, average="macro"))


def test_weights_that_give_no_numbers_on_validation_are_never_the_best(
    tmp_path: Path, checkpoint: Path, dataset: DatasetFolder
) -> None:
    shared = fitting(tmp_path, checkpoint, dataset, **{"train.eval_steps": 1})

    def spoil(record: Mapping[str, Any]) -> None:
        if record["kind"] == "step" and record["step"] == 2:
            shared.learner.model.head.bias.data.fill_(float("nan"))  # type: ignore[union-attr, operator]

    with pytest.raises(DivergedError, match=r"The validation f1_macro is nan at step 2: training has diverged"):
        take_steps(shared, BestEvaluation(), Watch(on_record=spoil))
    assert [path.name for path in (tmp_path / "checkpoints").glob("best-*")] == ["best-000001"]
    assert "NaN" not in (tmp_path / "metrics.jsonl").read_text(encoding="utf-8")


@pytest.mark.parametrize(("every", "expected"), [(4, [4, 6, 8, 12]), (5, [5, 6, 10, 12]), (6, [6, 12]), (50, [6, 12])])
def test_validation_comes_at_each_multiple_of_eval_steps_and_at_the_end_of_an_epoch(
    tmp_path: Path, checkpoint: Path, dataset: DatasetFolder, every: int, expected: list[int]
) -> None:
    take_steps(fitting(tmp_path, checkpoint, dataset, **{"train.eval_steps": every}), BestEvaluation(), UNWATCHED)
    assert evaluations(tmp_path) == expected


@pytest.mark.parametrize("patience", [1, 3])
def test_a_training_that_gets_no_better_ends_after_its_patience(
    tmp_path: Path, checkpoint: Path, dataset: DatasetFolder, patience: int
) -> None:
    still = {"train.learning_rate": 1e-12, "train.num_train_epochs": 9, "train.early_stopping_patience": patience}
    best = take_steps(fitting(tmp_path, checkpoint, dataset, **still), BestEvaluation(), UNWATCHED)
    assert (best.step, best.since) == (STEPS, patience)
    assert len(evaluations(tmp_path)) == 1 + patience


def test_one_that_is_to_stop_saves_a_checkpoint_from_which_it_goes_on_alike(
    tmp_path: Path, checkpoint: Path, dataset: DatasetFolder
) -> None:
    whole = fitting(tmp_path / "whole", checkpoint, dataset)
    take_steps(whole, BestEvaluation(), UNWATCHED)
    asked = iter([False, False, True])
    first = fitting(tmp_path / "part", checkpoint, dataset)
    with pytest.raises(InterruptedTrainingError, match=rf"Stopped after step 3 of {2 * STEPS}\."):
        take_steps(first, BestEvaluation(), Watch(should_stop=lambda: next(asked)))
    assert [path.name for path in (tmp_path / "part" / "checkpoints").iterdir()] == ["step-000003"]
    with (tmp_path / "part" / "metrics.jsonl").open("a", encoding="utf-8") as stream:  # as a kill may leave it
        stream.write(
            '{"kind": "step", "step": 4, "epoch": 1.0, "loss": 9.0, "tokens": 1, "seconds": 0.1}\n{"kind": "step", "ste'
        )
    second = fitting(tmp_path / "part", checkpoint, dataset)
    best = load_checkpoint(tmp_path / "part" / "checkpoints", second.learner)
    assert best is not None
    take_steps(second, best, UNWATCHED)
    logs = [[{**line, "seconds": 0} for line in log(tmp_path / name)] for name in ("whole", "part")]
    assert logs[0] == logs[1]
    assert first.learner.average.count == 0 and second.learner.average.count == STEPS
    ours, theirs = (shared.learner.optimizer.weights() for shared in (whole, second))
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_figures_of_steps_before_are_not_lost_where_they_cannot_be_written_again(
    tmp_path: Path, checkpoint: Path, dataset: DatasetFolder
) -> None:
    first, asked = fitting(tmp_path, checkpoint, dataset), iter([False] * 6 + [True])
    with pytest.raises(InterruptedTrainingError):
        take_steps(first, BestEvaluation(), Watch(should_stop=lambda: next(asked)))
    second, before = fitting(tmp_path, checkpoint, dataset), log(tmp_path)
    best = load_checkpoint(tmp_path / "checkpoints", second.learner)
    assert best is not None and evaluations(tmp_path) == [STEPS]
    with limited_file_size(300), pytest.raises(InputError, match=r"metrics\.jsonl' cannot be written"):
        take_steps(second, best, UNWATCHED)
    assert log(tmp_path) == before


@pytest.mark.parametrize("at", [8, 2 * STEPS])
def test_a_mean_of_weights_goes_on_after_a_checkpoint(
    tmp_path: Path, checkpoint: Path, dataset: DatasetFolder, at: int
) -> None:
    whole = fitting(tmp_path / "whole", checkpoint, dataset)
    expected = take_steps(whole, BestEvaluation(), UNWATCHED)
    asked = iter([False] * (at - 1) + [True])
    first = fitting(tmp_path / "part", checkpoint, dataset)
    with contextlib.suppress(InterruptedTrainingError):
        take_steps(first, BestEvaluation(), Watch(should_stop=lambda: next(asked, False)))
    second = fitting(tmp_path / "part", checkpoint, dataset)
    best = load_checkpoint(tmp_path / "part" / "checkpoints", second.learner)
    assert best is not None and second.learner.average.count == at - STEPS
    assert [line["step"] for line in log(tmp_path / "part") if line["kind"] == "step"] == list(range(1, at + 1))
    assert take_steps(second, best, UNWATCHED) == expected
    logs = [[{**line, "seconds": 0} for line in log(tmp_path / name)] for name in ("whole", "part")]
    assert logs[0] == logs[1]
    ours, theirs = (shared.learner.optimizer.weights() for shared in (whole, second))
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_one_whose_time_is_over_validates_and_takes_no_more_steps_when_it_is_resumed(
    tmp_path: Path, checkpoint: Path, dataset: DatasetFolder, caplog: pytest.LogCaptureFixture
) -> None:
    asked = iter([False] * 7 + [True])
    first = fitting(tmp_path, checkpoint, dataset)
    best = take_steps(first, BestEvaluation(), Watch(is_time_over=lambda: next(asked)))
    assert evaluations(tmp_path) == [STEPS, 8] and best.step in (STEPS, 8)
    assert log(tmp_path)[-1] == {"kind": "time_over", "step": 8, "epoch": round(8 / STEPS, 4)}
    assert "the time is over: training ends after 1.33 of 2 epochs" in caplog.text
    written = (tmp_path / "metrics.jsonl").read_text()
    second = fitting(tmp_path, checkpoint, dataset)
    resumed = load_checkpoint(tmp_path / "checkpoints", second.learner)
    assert resumed == best
    assert take_steps(second, best, UNWATCHED) == best
    assert (second.learner.step, (tmp_path / "metrics.jsonl").read_text()) == (8, written)


def test_a_time_that_is_over_after_the_last_step_changes_nothing(
    tmp_path: Path, checkpoint: Path, dataset: DatasetFolder
) -> None:
    asked = iter([False] * (2 * STEPS - 1))
    take_steps(fitting(tmp_path, checkpoint, dataset), BestEvaluation(), Watch(is_time_over=lambda: next(asked)))
    assert evaluations(tmp_path) == [STEPS, 2 * STEPS]


def test_a_wish_to_stop_after_the_last_step_changes_nothing(
    tmp_path: Path, checkpoint: Path, dataset: DatasetFolder
) -> None:
    asked: list[int] = []

    def at_the_end() -> bool:
        asked.append(1)
        return len(asked) == 2 * STEPS

    best = take_steps(fitting(tmp_path, checkpoint, dataset), BestEvaluation(), Watch(should_stop=at_the_end))
    assert len(asked) == 2 * STEPS
    assert best.step in (STEPS, 2 * STEPS)


@pytest.mark.parametrize(("more", "last"), [({"train.save_steps": 5}, 10), ({"train.save_minutes": 1e-6}, 2 * STEPS)])
def test_a_checkpoint_is_saved_when_it_is_due_and_the_newest_kept(
    tmp_path: Path, checkpoint: Path, dataset: DatasetFolder, more: dict[str, object], last: int
) -> None:
    take_steps(fitting(tmp_path, checkpoint, dataset, **more), BestEvaluation(), UNWATCHED)
    assert [path.name for path in (tmp_path / "checkpoints").glob("step-*")] == [f"step-{last:06d}"]


@pytest.mark.parametrize("class_weight", ["balanced", "none"])
def test_class_weights_are_those_of_scikit_learn_or_none(
    tmp_path: Path, checkpoint: Path, dataset: DatasetFolder, class_weight: str
) -> None:
    shared = fitting(tmp_path, checkpoint, dataset, **{"train.class_weight": class_weight})
    y = np.array([0] * 30 + [1] * 10 + [2] * 5)
    weights = steps._class_weights(replace(shared, train=replace(shared.train, y=y)))
    if class_weight == "none":
        assert weights is None
    else:
        assert weights is not None
        assert weights.numpy() == pytest.approx(compute_class_weight("balanced", classes=np.arange(3), y=y))


@pytest.mark.parametrize("class_weight", ["balanced", "none"])
def test_what_was_left_out_is_made_up_for_beside_class_weights(
    tmp_path: Path, checkpoint: Path, dataset: DatasetFolder, class_weight: str
) -> None:
    share = {"train.most_frequent_share": 0.5, "train.class_weight": class_weight}
    shared = fitting(tmp_path, checkpoint, dataset, **share)
    y = np.array(([0] * 6 + [1, 2]) * 25)
    weights = steps._class_weights(replace(shared, train=replace(shared.train, y=y)))
    assert weights is not None
    kept = epoch_articles(y, 0.5, seed=1, epoch=0)
    total = np.bincount(y[kept], weights=weights.numpy()[y[kept]])
    expected = np.ones(3) if class_weight == "balanced" else np.bincount(y)
    assert total / total.sum() == pytest.approx(expected / expected.sum())


def test_what_is_guessed_of_unlabelled_articles_does_not_weigh_classes(
    tmp_path: Path, checkpoint: Path, dataset: DatasetFolder
) -> None:
    shared = fitting(tmp_path, checkpoint, dataset, **{"train.class_weight": "balanced"})
    true, guessed = [0] * 8 + [1] * 4 + [2] * 2, [2] * 40
    y = np.array(true + guessed)
    taught = Taught(np.eye(3, dtype=np.float32)[y], len(true), 0.5, 1.0)
    weights = steps._class_weights(replace(shared, train=replace(shared.train, y=y, taught=taught)))
    assert weights is not None
    expected = compute_class_weight("balanced", classes=np.arange(3), y=np.array(true))
    assert weights.numpy() == pytest.approx(expected)
