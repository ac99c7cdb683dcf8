"""From the points of a learning curve to its means with intervals, and to the extrapolation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from classifier.articles.source_names import source_key
from classifier.evaluation.groups import Grouping, join_groups
from classifier.evaluation.learning_curve import CurveMean, CurvePoint, LearningCurve
from classifier.jobs.learning_curve.points import CurveJob, units_of
from classifier.stats.extrapolation import Extrapolation, extrapolate
from classifier.stats.few_groups import FEWEST_EFFECTIVE, stretch
from classifier.stats.metrics import limits_of, resampled
from classifier.stats.seeds import SeedFigures, interval_of_mean

CURVES = 200  # resampled curves that are extrapolated
FEWEST = 2  # repeats of a share whose spread says how much other articles would change it


def summarise(job: CurveJob, points: Sequence[CurvePoint], seconds: float) -> LearningCurve:
    """The curve through all points: a mean with an interval for each share, and what more articles would bring."""
    metric = job.config.train.metric_for_best_model
    grouping = _grouping(job)
    shares = sorted({point.share for point in points})
    of_shares = _of_shares(job, points, shares, metric, grouping)
    means = tuple(
        _mean([point for point in points if point.share == share], metric, found, grouping.effective)
        for share, found in zip(shares, of_shares, strict=True)
    )
    info = job.dataset.info
    return LearningCurve(
        job.request.out,
        job.draws.model,
        metric,
        info.counts["train"].articles,
        len(job.scored),
        grouping.count,
        len(info.labels),
        tuple(points),
        means,
        _extrapolated(means, of_shares, grouping.effective),
        seconds,
        effective=grouping.effective,
        resampled=grouping.name,
        chosen=info.counts["validation"].articles - len(job.scored),
    )


def _grouping(job: CurveJob) -> Grouping:
    """What stands together among the scored articles: units, and sources where most are new to the training articles.

    So it is in an evaluation on test, too.
    """
    dataset, columns = job.dataset, list(job.dataset.info.group_by)
    units = units_of(dataset, "validation")[job.scored]
    source, seen = dataset.column("validation", "source"), dataset.column("train", "source")
    if source and "source" not in columns and all(seen):
        known = {source_key(name) for name in set(seen)}
        if sum(source_key(source[row] or "") not in known for row in job.scored.tolist()) > len(job.scored) / 2:
            columns.append("source")
    stored = {name: dataset.column("validation", name) for name in columns}
    return join_groups(
        units.tolist(), {name: [values[row] for row in job.scored] for name, values in stored.items() if values}
    )


def _of_shares(
    job: CurveJob, points: Sequence[CurvePoint], shares: Sequence[float], metric: str, grouping: Grouping
) -> list[SeedFigures]:
    """The metric of each share's repeats, on the scored articles and on whole groups of them drawn again.

    Each draw has the same articles for all shares.
    """
    drawn = resampled(
        job.truth,
        [np.array(point.predicted) for point in points],
        job.dataset.info.labels,
        groups=grouping.ids,
        samples=job.config.evaluate.bootstrap_samples,
    )
    rows = [[row for row, point in enumerate(points) if point.share == share] for share in shares]
    return [
        SeedFigures(
            np.array([points[row].figures[metric] for row in mine]),
            np.stack([drawn[row][metric] for row in mine], axis=1),
        )
        for mine in rows
    ]


def _mean(points: Sequence[CurvePoint], metric: str, found: SeedFigures, effective: float) -> CurveMean:
    interval = interval_of_mean(found, effective, FEWEST, limits_of(metric))
    sd = float(np.std(found.values, ddof=1)) if len(points) > 1 else 0.0
    articles = round(float(np.mean([point.articles for point in points])))
    return CurveMean(points[0].share, len(points), articles, found.mean, sd, interval)


def _extrapolated(means: Sequence[CurveMean], of_shares: Sequence[SeedFigures], effective: float) -> Extrapolation:
    """What more articles would bring, with the range of curves whose articles and repeats are drawn again."""
    if effective < FEWEST_EFFECTIVE - 1e-9:
        reason = f"the validation articles count for fewer than {FEWEST_EFFECTIVE:g} groups"
        return Extrapolation(None, None, None, (), reason)
    rng, curves = np.random.default_rng(0), []
    for found in of_shares:
        chosen = rng.integers(found.draws.shape[1], size=found.draws.shape)
        draws = np.take_along_axis(found.draws, chosen, axis=1).mean(axis=1)
        curves.append(found.mean + stretch(effective) * (draws - draws.mean()))
    sizes, values = [mean.articles for mean in means], [mean.value for mean in means]
    return extrapolate(sizes, values, np.stack(curves, axis=1)[:CURVES])
