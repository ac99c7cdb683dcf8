"""From the points of a learning curve to its means with intervals, and to the extrapolation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from classifier.evaluation.learning_curve import CurveMean, CurvePoint, LearningCurve
from classifier.jobs.learning_curve.points import CurveJob, units_of
from classifier.stats.extrapolation import extrapolate
from classifier.stats.metrics import resampled

CURVES = 200  # resampled curves that are extrapolated


def summarise(job: CurveJob, points: Sequence[CurvePoint], seconds: float) -> LearningCurve:
    """The curve through all points: a mean with an interval for each share, and what more articles would bring."""
    metric = job.config.train.metric_for_best_model
    shares = sorted({point.share for point in points})
    draws = _draws(job, points, shares, metric)
    means = tuple(_mean([p for p in points if p.share == s], metric, draws[:, i]) for i, s in enumerate(shares))
    info = job.dataset.info
    return LearningCurve(
        job.request.out,
        job.draws.model,
        metric,
        info.counts["train"].articles,
        info.counts["validation"].articles,
        len(np.unique(units_of(job.dataset, "validation"))),
        len(info.labels),
        tuple(points),
        means,
        extrapolate([mean.articles for mean in means], [mean.value for mean in means], draws[:CURVES]),
        seconds,
    )


def _draws(
    job: CurveJob, points: Sequence[CurvePoint], shares: Sequence[float], metric: str
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
        groups=units_of(job.dataset, "validation"),
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
