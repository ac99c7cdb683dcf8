"""Which articles each training of a learning curve gets, and what is kept of it."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import f1_score

from classifier.arrays import Ints
from classifier.config import Config
from classifier.dataset.folder import DatasetFolder
from classifier.errors import InputError, InterruptedTrainingError
from classifier.jobs.learning_curve import points as points_module
from classifier.jobs.learning_curve.points import CurveJob, Draws, measure_points
from classifier.jobs.request import Request


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """The rows that each training got; every article of validation is predicted as the first label."""
    rows_of: list[list[int]] = []

    def make_learner(model: str, dataset: DatasetFolder, *_: object) -> object:
        def predict(rows: Ints, seed: int) -> Ints:
            rows_of.append(rows.tolist())
            return np.zeros(dataset.info.counts["validation"].articles, dtype=np.int64)

        return predict

    monkeypatch.setattr(points_module, "make_learner", make_learner)
    return rows_of


def job_of(dataset: DatasetFolder, out: Path, draws: Draws, **more: object) -> CurveJob:
    return CurveJob(Request(None, out, **more), Config(), dataset, draws)  # type: ignore[arg-type]


def ignore(*_: object) -> None:
    """Nobody is told."""


def test_parts_grow_within_one_another(dataset: DatasetFolder, tmp_path: Path, trained: list[list[int]]) -> None:
    found = measure_points(job_of(dataset, tmp_path, Draws([1, 0.2, 0.5], 2, "tfidf")), ignore)
    assert [(point.share, point.repeat) for point in found] == [(0.2, 1), (0.2, 2), (0.5, 1), (0.5, 2), (1, 1)]
    assert [point.articles for point in found] == [len(rows) for rows in trained]
    for repeat in (1, 2):
        mine = [set(rows) for point, rows in zip(found, trained, strict=True) if point.repeat == repeat]
        assert all(smaller < larger for smaller, larger in pairwise(mine))
    assert trained[0] != trained[1]
    assert trained[-1] == list(range(dataset.info.counts["train"].articles))


def test_fine_tuning_has_chance_so_the_whole_is_repeated_too(
    dataset: DatasetFolder, tmp_path: Path, trained: list[list[int]]
) -> None:
    found = measure_points(job_of(dataset, tmp_path, Draws([0.5, 1], 2, "full")), ignore)
    assert [(point.share, point.repeat) for point in found] == [(0.5, 1), (0.5, 2), (1, 1), (1, 2)]


@pytest.mark.usefixtures("trained")
def test_a_point_has_the_figures_of_scikit_learn(dataset: DatasetFolder, tmp_path: Path) -> None:
    told: list[object] = []
    found = measure_points(job_of(dataset, tmp_path, Draws([0.5, 1], 1, "tfidf")), lambda *point: told.append(point))
    truth = dataset.info.label_set.encode(dataset.labels("validation"))
    for point in found:
        assert point.figures["accuracy"] == pytest.approx(np.mean(truth == 0))
        assert point.figures["f1_macro"] == pytest.approx(f1_score(truth, np.zeros_like(truth), average="macro"))
        assert point.labels == 3
    assert told == [(point, "f1_macro") for point in found]


def test_points_that_are_done_are_read_and_not_made_again(
    dataset: DatasetFolder, tmp_path: Path, trained: list[list[int]]
) -> None:
    draws, asked = Draws([0.2, 0.5, 1], 1, "tfidf"), iter([False, False, True])
    with pytest.raises(InterruptedTrainingError, match="Stopped after 2 of 3 points"):
        measure_points(job_of(dataset, tmp_path, draws, should_stop=lambda: next(asked)), ignore)
    assert len(trained) == 2
    whole = measure_points(job_of(dataset, tmp_path, draws), ignore)
    assert len(trained) == 3
    assert measure_points(job_of(dataset, tmp_path, draws), ignore) == whole
    assert len(trained) == 3
    file = next((tmp_path / "points").iterdir())
    file.write_text(json.dumps({"share": "much"}))
    with pytest.raises(InputError, match=f"{file.name}(?s:.)*Remove it"):
        measure_points(job_of(dataset, tmp_path, draws), ignore)


def test_groups_stay_whole(dataset: DatasetFolder, tmp_path: Path, trained: list[list[int]]) -> None:
    measure_points(job_of(dataset, tmp_path, Draws([0.2, 0.5, 1], 3, "tfidf")), ignore)
    sources = dataset.column("train", "source")
    for rows in trained:
        inside = {sources[row] for row in rows}
        assert len(rows) == sum(name in inside for name in sources)
    assert len({tuple(rows) for rows in trained}) > 4  # repeats draw other sources
    with pytest.raises(InputError, match="come to the same ones"):
        measure_points(job_of(dataset, tmp_path, Draws([0.5, 0.51, 1], 1, "tfidf")), ignore)


def test_all_that_is_wrong_is_said_at_once() -> None:
    Draws([0.5, 1], 1, "probe").check()
    with pytest.raises(InputError) as error:
        Draws([0.5, 2], 0, "best").check()
    for words in ("--model must be one of", "--repeats must be from 1 to 100", "Got 0.5,2 instead"):
        assert words in error.value.message
    for shares in ([], [0.5], [0.5, 0.5], [0, 1]):
        with pytest.raises(InputError, match="--shares must be two numbers or more"):
            Draws(shares, 1, "tfidf").check()
