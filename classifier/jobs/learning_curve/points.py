"""The points of a learning curve: which articles each training gets, and what it scores on validation."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from classifier.arrays import Ints
from classifier.config import Config
from classifier.dataset.folder import DatasetFolder
from classifier.errors import InputError, InterruptedTrainingError, names
from classifier.evaluation.learning_curve import POINTS, TRAINING, CurvePoint, PointKey
from classifier.files import read_json_as, write_json
from classifier.jobs.learning_curve.learners import MODELS, PredictRows, make_learner, scored_rows
from classifier.jobs.learning_curve.subsets import nested_subsets
from classifier.jobs.request import Request
from classifier.stats.metrics import headline

MOST_REPEATS = 100


@dataclass(frozen=True)
class Draws:
    """What is trained: ``model`` on ``repeats`` draws of each of the ``shares`` of the training articles."""

    shares: Sequence[float]
    repeats: int
    model: str

    def check(self) -> None:
        """Raise one `InputError` that says all that is wrong."""
        wrong = []
        if self.model not in MODELS:
            wrong.append(f"--model must be one of {names(MODELS)}. Got '{self.model}' instead.")
        if not 1 <= self.repeats <= MOST_REPEATS:
            wrong.append(f"--repeats must be from 1 to {MOST_REPEATS}. Got {self.repeats} instead.")
        if len(set(self.shares)) < 2 or not all(0 < share <= 1 for share in self.shares):
            given = ",".join(f"{share:g}" for share in self.shares) or "none"
            wrong.append(f"--shares must be two numbers or more, above 0 and at most 1. Got {given} instead.")
        if wrong:
            raise InputError(" ".join(wrong), fix="For example: --shares 0.1,0.2,0.4,0.7,1 --repeats 3 --model probe")


@dataclass(frozen=True)
class CurveJob:
    """What the functions of a curve share."""

    request: Request
    config: Config
    dataset: DatasetFolder
    draws: Draws

    @cached_property
    def scored(self) -> Ints:
        """The positions of the validation articles that are scored."""
        return scored_rows(self.draws.model, self.dataset, self.config)

    @cached_property
    def truth(self) -> Ints:
        """The label ids of the validation articles that are scored, or a 0/1 matrix."""
        return self.dataset.info.label_set.encode(self.dataset.labels("validation"))[self.scored]


def measure_points(job: CurveJob, report: Callable[[CurvePoint, str], None]) -> list[CurvePoint]:
    """All points, those done before read from their files."""
    parts = _parts(job)
    path, request = job.request.out, job.request
    (path / POINTS).mkdir(exist_ok=True)
    points: list[CurvePoint] = []
    learner: PredictRows | None = None
    for key, rows in parts.items():
        file = path / POINTS / f"{key.name}.json"
        if not file.exists():
            if request.should_stop():
                raise InterruptedTrainingError(f"Stopped after {len(points)} of {len(parts)} points.")
            learner = learner or make_learner(
                job.draws.model, job.dataset, job.config, path / TRAINING, request.progress, request.should_stop
            )
            predicted = learner(rows, job.config.train.seed + key.repeat - 1)
            write_json(file, asdict(_point(job, key, rows, predicted)))
        points.append(read_json_as(file, CurvePoint, fix="Remove it: that training is then made again."))
        report(points[-1], job.config.train.metric_for_best_model)
    shutil.rmtree(path / TRAINING, ignore_errors=True)
    return points


def _parts(job: CurveJob) -> dict[PointKey, Ints]:
    """The training articles of each point.

    Raises:
        InputError: two shares come to the same articles, because units are large.
    """
    labels, units = job.dataset.labels("train"), units_of(job.dataset, "train")
    shares = sorted(set(job.draws.shares))
    parts: dict[PointKey, Ints] = {}
    for repeat in range(1, job.draws.repeats + 1):
        found = nested_subsets(labels, units, shares, job.config.train.seed + repeat - 1)
        parts |= {PointKey(share, repeat): rows for share, rows in zip(shares, found, strict=True)}
    if job.draws.model != "full":  # without chance: the whole gives the same model every time
        parts = {key: rows for key, rows in parts.items() if len(rows) < len(units) or key.repeat == 1}
    sizes = {share: _mean_size(parts, share) for share in shares}
    for smaller, larger in pairwise(shares):
        if sizes[smaller] >= sizes[larger]:
            raise InputError(
                f"The shares {smaller:g} and {larger:g} of {len(units):,} training articles come to the same ones.",
                fix="Choose shares that are farther apart: groups and near-duplicates stay whole.",
            )
    return dict(sorted(parts.items(), key=lambda part: (part[0].share, part[0].repeat)))


def _mean_size(parts: Mapping[PointKey, Ints], share: float) -> float:
    sizes = [len(rows) for key, rows in parts.items() if key.share == share]
    return float(np.mean(sizes)) if sizes else float("inf")


def units_of(dataset: DatasetFolder, split: str) -> Ints:
    """The unit of each article of a split, in their order."""
    return np.array(dataset.units(dataset.column(split, "id")), dtype=np.int64)


def _point(job: CurveJob, key: PointKey, rows: Ints, predicted: Ints) -> CurvePoint:
    labels = job.dataset.labels("train")
    seen = {name for row in rows.tolist() for name in labels[row]}
    figures = headline(job.truth, predicted, job.dataset.info.labels)
    return CurvePoint(key.share, key.repeat, len(rows), len(seen), figures, predicted.tolist())
