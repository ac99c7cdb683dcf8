"""How the score grows with the number of training articles, and what more of them would bring.

OUT/  plan.json  dataset/ (unless there was one)  points/share-0.1-repeat-1.json …
learning_curve.json        points, their means with intervals, the extrapolation
learning_curve.html        the same as a picture (`curve_page`)

Every score is one on validation; test is never read. Parts of the training articles lie within one another, so they
are not independent, and the spread over repeats is too small for the larger ones: the bootstrap of the validation
articles (of whole units, what the split keeps together) is in every interval beside it.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classifier import distributed
from classifier.arrays import Ints
from classifier.config import Config
from classifier.config_file import completed, with_absolute_paths
from classifier.dataset.folder import DatasetFolder, open_dataset
from classifier.errors import InputError, InterruptedTrainingError, names
from classifier.evaluation.learning_curve import (
    PAGE,
    POINTS,
    RESULT,
    TRAINING,
    CurveMean,
    CurvePoint,
    LearningCurve,
    PointKey,
    as_json,
)
from classifier.files import REPLACE, check_free, check_version, read_json, read_json_as, whole_folder, write_json
from classifier.jobs.learning_curve.learners import MODELS, PredictRows, make_learner
from classifier.jobs.learning_curve.subsets import nested_subsets
from classifier.jobs.plan import fixed, place_dataset, refuse_folds, source_changes
from classifier.jobs.source import check_outside, resolve_source
from classifier.models.device import choose_device
from classifier.models.run_folder import DATASET, PLAN
from classifier.progress import SILENT, Progress
from classifier.stats.extrapolation import extrapolate
from classifier.stats.metrics import headline, resampled

SHARES = (0.1, 0.2, 0.4, 0.7, 1.0)
MOST_REPEATS = 100
CURVES = 200  # resampled curves that are extrapolated


@dataclass(frozen=True)
class _CurveJob:
    """What the functions of a curve share."""

    path: Path
    model: str
    config: Config
    dataset: DatasetFolder
    progress: Progress
    should_stop: Callable[[], bool]

    def labels_of(self, split: str) -> Ints:
        return self.dataset.info.label_set.encode(self.dataset.labels(split))


def measure_learning_curve(
    source: str,
    out: str | Path,
    *,
    shares: Sequence[float] = SHARES,
    repeats: int = 3,
    model: str = "probe",
    overrides: Sequence[str] = (),
    skip_bad: bool = False,
    overwrite: bool = False,
    progress: Progress = SILENT,
    should_stop: Callable[[], bool] = lambda: False,
    report: Callable[[CurvePoint, str], None] = lambda point, metric: None,
) -> LearningCurve:
    """Train on growing shares of the training articles, score on validation, and extrapolate.

    Args:
        source: a config file, a dataset folder, or a source as in `classifier.jobs.source.resolve_source`.
        out: the folder. One that is there already goes on: points that are done are kept, so that a larger
            ``repeats`` or more ``shares`` add to them.
        shares: of the training articles, from more than 0 to 1.
        repeats: draws of each share. The whole is trained on once where that is without chance (tfidf, probe).
        model: ``probe``, a logistic regression on the frozen encoder, which reads each article once | ``tfidf``, TF-IDF
            + linear | ``full``, fine-tuning as `classifier.jobs.train.train` does it, without TF-IDF's share.
        overrides: settings such as ``model.windows=1``.
        skip_bad, overwrite, progress: as in `classifier.jobs.train.train`.
        should_stop: asked after every training step and before every point; True ends with what is done so far.
        report: told of each point as it is there, and of the metric.

    Raises:
        InputError: the source, the settings, the shares or the folder cannot be used.
        InterruptedTrainingError: ``should_stop`` said so.

    Example:
        >>> curve = measure_learning_curve("articles.csv", "curves/mine", shares=[0.5, 1], repeats=1)
        >>> [(mean.articles, round(mean.value, 2)) for mean in curve.means]
        [(42, 1.0), (84, 1.0)]
    """
    distributed.refuse("The trainings of a learning curve")
    started, path = time.monotonic(), Path(out)
    wanted = _check(shares, repeats, model)
    config, dataset = resolve_source(source, overrides)
    config = with_absolute_paths(config)
    choose_device(config.train.device)
    check_outside(path, dataset)
    if overwrite or not (path / PLAN).exists():
        _begin(
            source, path, config, dataset, model, overrides, skip_bad=skip_bad, overwrite=overwrite, progress=progress
        )
    dataset = _reopen(path, config, dataset, model, skip_bad=skip_bad)
    job = _CurveJob(path, model, config, dataset, progress, should_stop)
    points = _measure(job, wanted, repeats, report)
    curve = _result(job, points, time.monotonic() - started)
    write_json(path / RESULT, as_json(curve))
    return curve


def _check(shares: Sequence[float], repeats: int, model: str) -> list[float]:
    """The shares in order, or one `InputError` that says all that is wrong."""
    wrong = []
    if model not in MODELS:
        wrong.append(f"--model must be one of {names(MODELS)}. Got '{model}' instead.")
    if not 1 <= repeats <= MOST_REPEATS:
        wrong.append(f"--repeats must be from 1 to {MOST_REPEATS}. Got {repeats} instead.")
    if len(set(shares)) < 2 or not all(0 < share <= 1 for share in shares):
        given = ",".join(f"{share:g}" for share in shares)
        wrong.append(f"--shares must be two numbers or more, above 0 and at most 1. Got {given or 'none'} instead.")
    if wrong:
        raise InputError(" ".join(wrong), fix="For example: --shares 0.1,0.2,0.4,0.7,1 --repeats 3 --model probe")
    return sorted(set(shares))


def _begin(
    source: str,
    path: Path,
    config: Config,
    dataset: DatasetFolder | None,
    model: str,
    overrides: Sequence[str],
    *,
    skip_bad: bool,
    overwrite: bool,
    progress: Progress,
) -> None:
    """Build the dataset, unless the source is one, and write down what the curve is of."""
    refuse_folds("A learning curve", config, dataset)
    check_free(path, needed={PLAN}, allowed={DATASET, RESULT, PAGE, POINTS, TRAINING}, overwrite=overwrite)
    with whole_folder(path) as folder:
        needs = "A learning curve needs validation articles: it is measured on them"
        place, dataset = place_dataset(needs, source, folder, dataset, overrides, skip_bad=skip_bad, progress=progress)
        plan = {"format_version": 1, "kind": "learning curve", "model": model, "dataset": place}
        write_json(folder / PLAN, {**plan, "skip_bad": skip_bad, **fixed(config, dataset)})


def _reopen(path: Path, config: Config, dataset: DatasetFolder | None, model: str, *, skip_bad: bool) -> DatasetFolder:
    """The dataset of a curve.

    Raises:
        InputError: the folder holds something else, or a curve of other articles, settings or another model.
    """
    plan = read_json(path / PLAN)
    if plan.get("kind") != "learning curve":
        raise InputError(f"The folder '{path}' holds something else.", fix="Choose another --out.")
    check_version(path / PLAN, plan, 1)
    found = open_dataset(path / DATASET) if dataset is None else dataset
    now = fixed(config, found)
    differs = {
        f"--model {plan['model']}": plan["model"] != model,
        "another source": plan["dataset"] != (DATASET if dataset is None else str(found.path)),
        "--skip-bad" if plan["skip_bad"] else "no --skip-bad": plan["skip_bad"] != skip_bad,
        "another dataset": plan["dataset_sha256"] != now["dataset_sha256"],
        "other settings": completed(plan["settings"]) != now["settings"],
        "other articles": dataset is None and bool(source_changes(config, found)),
    }
    others = [what for what, true in differs.items() if true]
    if others:
        raise InputError(
            f"The learning curve '{path}' was begun with {' and '.join(others)}.",
            fix=f"Give what it began with, choose another --out, or {REPLACE}.",
        )
    return found


def _measure(
    job: _CurveJob, shares: Sequence[float], repeats: int, report: Callable[[CurvePoint, str], None]
) -> list[CurvePoint]:
    """All points, those done before read from their files."""
    parts = _parts(job, shares, repeats)
    (job.path / POINTS).mkdir(exist_ok=True)
    points: list[CurvePoint] = []
    learner: PredictRows | None = None
    for key, rows in parts.items():
        file = job.path / POINTS / f"{key.name}.json"
        if not file.exists():
            if job.should_stop():
                raise InterruptedTrainingError(f"Stopped after {len(points)} of {len(parts)} points.")
            learner = learner or make_learner(
                job.model, job.dataset, job.config, job.path / TRAINING, job.progress, job.should_stop
            )
            predicted = learner(rows, job.config.train.seed + key.repeat - 1)
            write_json(file, asdict(_point(job, key, rows, predicted)))
        points.append(read_json_as(file, CurvePoint, fix="Remove it: that training is then made again."))
        report(points[-1], job.config.train.metric_for_best_model)
    shutil.rmtree(job.path / TRAINING, ignore_errors=True)
    return points


def _parts(job: _CurveJob, shares: Sequence[float], repeats: int) -> dict[PointKey, Ints]:
    """The training articles of each point.

    Raises:
        InputError: two shares come to the same articles, because units are large.
    """
    labels, units = job.dataset.labels("train"), _units(job.dataset, "train")
    parts: dict[PointKey, Ints] = {}
    for repeat in range(1, repeats + 1):
        found = nested_subsets(labels, units, shares, job.config.train.seed + repeat - 1)
        parts |= {PointKey(share, repeat): rows for share, rows in zip(shares, found, strict=True)}
    if job.model != "full":  # without chance: the whole gives the same model every time
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


def _units(dataset: DatasetFolder, split: str) -> Ints:
    """The unit of each article of a split, in their order."""
    return np.array(dataset.units(dataset.column(split, "id")), dtype=np.int64)


def _point(job: _CurveJob, key: PointKey, rows: Ints, predicted: Ints) -> CurvePoint:
    labels = job.dataset.labels("train")
    seen = {name for row in rows.tolist() for name in labels[row]}
    figures = headline(job.labels_of("validation"), predicted, job.dataset.info.labels)
    return CurvePoint(key.share, key.repeat, len(rows), len(seen), figures, predicted.tolist())


def _result(job: _CurveJob, points: Sequence[CurvePoint], seconds: float) -> LearningCurve:
    metric = job.config.train.metric_for_best_model
    shares = sorted({point.share for point in points})
    draws = _draws(job, points, shares, metric)
    means = tuple(_mean([p for p in points if p.share == s], metric, draws[:, i]) for i, s in enumerate(shares))
    info = job.dataset.info
    return LearningCurve(
        job.path,
        job.model,
        metric,
        info.counts["train"].articles,
        info.counts["validation"].articles,
        len(np.unique(_units(job.dataset, "validation"))),
        len(info.labels),
        tuple(points),
        means,
        extrapolate([mean.articles for mean in means], [mean.value for mean in means], draws[:CURVES]),
        seconds,
    )


def _draws(
    job: _CurveJob, points: Sequence[CurvePoint], shares: Sequence[float], metric: str
) -> npt.NDArray[np.float64]:
    """The mean over repeats of each share, validation articles (whole units of them) and repeats resampled.

    Returns:
        Shape (samples, shares); paired, since each draw has the same validation articles for all shares.
    """
    samples, rng = job.config.evaluate.bootstrap_samples, np.random.default_rng(0)
    predicted = [np.array(point.predicted) for point in points]
    found = resampled(
        job.labels_of("validation"),
        predicted,
        job.dataset.info.labels,
        groups=_units(job.dataset, "validation"),
        samples=samples,
    )
    means = []
    for share in shares:
        each = np.stack([f[metric] for f, point in zip(found, points, strict=True) if point.share == share], axis=1)
        chosen = rng.integers(each.shape[1], size=each.shape)
        means.append(np.take_along_axis(each, chosen, axis=1).mean(axis=1))
    return np.stack(means, axis=1)


def _mean(points: Sequence[CurvePoint], metric: str, draws: npt.NDArray[np.float64]) -> CurveMean:
    values = [point.figures[metric] for point in points]
    low, high = np.quantile(draws, [0.025, 0.975])
    sd = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    articles = round(float(np.mean([point.articles for point in points])))
    return CurveMean(points[0].share, len(points), articles, float(np.mean(values)), sd, (float(low), float(high)))
