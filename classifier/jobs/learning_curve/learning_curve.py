"""The verb learning-curve: how the score grows with the training articles, and what more of them would bring.

OUT/  plan.json  dataset/ (unless there was one)  points/share-0.1-repeat-1.json …
learning_curve.json        points, their means with intervals, the extrapolation
learning_curve.html        the same as a picture

Every score is one on validation, on articles that chose nothing; test is never read. Parts of the training articles lie
within one another, so they are not independent, and the spread over repeats is too small for the larger ones: the
bootstrap of the validation articles (of whole groups of them) is in every interval beside it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from classifier import distributed
from classifier.bars import AUTOMATIC
from classifier.config_file import Settings, given_settings
from classifier.dataset.folder import DatasetFolder
from classifier.evaluation.learning_curve import (
    PAGE,
    POINTS,
    RESULT,
    TRAINING,
    CurvePoint,
    LearningCurve,
    as_json,
)
from classifier.files import write_json
from classifier.jobs.learning_curve.points import CurveJob, Draws, measure_points
from classifier.jobs.learning_curve.summary import summarise
from classifier.jobs.plan import (
    CURVE,
    JobKind,
    JobSource,
    begin,
    open_source,
    refuse_folds,
    reopen,
    what_must_stay,
)
from classifier.jobs.request import Request, never
from classifier.jobs.source import Source, as_named_source
from classifier.models.run_folder import PLAN
from classifier.one_writer import one_writer
from classifier.progress import Progress
from classifier.reports.curve_page import write_curve_page
from classifier.reports.words import metric_name

SHARES = (0.1, 0.2, 0.4, 0.7, 1.0)
HALVES = 2  # the version of plans of fine-tunings that are scored on one half of validation; before, on all of it
KIND = JobKind(
    name=CURVE,
    start="classifier learning-curve my.csv --out OUT",
    go_on="the same command",
    allowed={RESULT, PAGE, POINTS, TRAINING},
    several="The trainings of a learning curve",
    tracked=False,
    validation="A learning curve needs validation articles: it is measured on them",
    version=1,
)


def learning_curve(
    source: Source,
    out: str | Path,
    *,
    shares: Sequence[float] = SHARES,
    repeats: int = 3,
    model: str = "probe",
    settings: Settings | None = None,
    skip_bad: bool = False,
    overwrite: bool = False,
    progress: Progress = AUTOMATIC,
    should_stop: Callable[[], bool] = never,
    report: Callable[[CurvePoint, str], None] = lambda point, metric: None,
) -> LearningCurve:
    """Train on growing shares of the training articles, score on validation, extrapolate, and write a page of it.

    Args:
        source: a config file, a dataset folder, or a source as in `classifier.jobs.source.resolve_source`.
        out: the folder. One that is there already goes on: points that are done are kept, so that a larger
            ``repeats`` or more ``shares`` add to them.
        shares: of the training articles, from more than 0 to 1.
        repeats: draws of each share. The whole is trained on once where that is without chance (tfidf, probe).
        model: ``probe``, a logistic regression on the frozen encoder, which reads each article once | ``tfidf``, TF-IDF
            + linear | ``full``, fine-tuning as `classifier.jobs.train.train` does it: one half of the validation
            articles fits thresholds, TF-IDF's share and the like, and the other half is scored.
        settings: dotted names -> values, such as ``{"model.windows": 1}``.
        skip_bad, overwrite, progress: as in `classifier.jobs.train.train`.
        should_stop: asked after every training step and before every point; True ends with what is done so far.
        report: told of each point as it is there, and of the metric.

    Raises:
        InputError: the source, the settings, the shares or the folder cannot be used.
        InterruptedTrainingError: ``should_stop`` said so.

    Example:
        >>> curve = learning_curve("articles.csv", "curves/mine", shares=[0.5, 1], repeats=1)
        >>> [(mean.articles, round(mean.value, 2)) for mean in curve.means]
        [(42, 1.0), (84, 1.0)]
    """
    with one_writer(out), as_named_source(source) as named:
        request = Request(
            named,
            Path(out),
            given_settings(settings),
            skip_bad=skip_bad,
            overwrite=overwrite,
            progress=progress,
            should_stop=should_stop,
        )
        return _measure(request, Draws(shares, repeats, model), report)


def _measure(request: Request, draws: Draws, report: Callable[[CurvePoint, str], None]) -> LearningCurve:
    kind = replace(
        KIND,
        same={"model": draws.model},
        version=HALVES if draws.model == "full" else KIND.version,
        encoder=draws.model != "tfidf",
    )
    distributed.refuse(kind.several)
    draws.check()
    started, path = time.monotonic(), request.out
    source = open_source(kind, request)
    if request.overwrite or not (path / PLAN).exists():
        _begin(kind, request, source)
    dataset, _ = reopen(kind, request, source)
    job = CurveJob(request, source.absolute, dataset, draws)
    curve = summarise(job, measure_points(job, report), time.monotonic() - started)
    write_json(path / RESULT, as_json(curve))
    write_curve_page(curve, metric_name(curve.metric))
    return curve


def _begin(kind: JobKind, request: Request, source: JobSource) -> None:
    """Build the dataset, unless the source is one, and write down what the curve is of."""
    refuse_folds("A learning curve", source)

    def write(folder: Path, dataset: DatasetFolder) -> None:
        plan = {"format_version": kind.version, "kind": CURVE, **kind.same}
        write_json(folder / PLAN, {**plan, **what_must_stay(request, source, dataset)})

    begin(kind, request, source, write)
