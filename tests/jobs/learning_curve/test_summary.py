"""From points to means with intervals: against numpy, and against a bootstrap of whole units by hand."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import t

from classifier.config_file import make_config
from classifier.dataset.folder import DatasetFolder
from classifier.evaluation.learning_curve import CurvePoint
from classifier.jobs.learning_curve.points import CurveJob, Draws
from classifier.jobs.learning_curve.summary import summarise
from classifier.jobs.request import Request
from classifier.stats.metrics import headline

SHARES = (0.25, 0.5, 1.0)


def job_of(dataset: DatasetFolder) -> CurveJob:
    config = make_config({}, {"evaluate.bootstrap_samples": 2000, "train.metric_for_best_model": "accuracy"})
    return CurveJob(Request(None, Path("curve")), config, dataset, Draws(SHARES, 2, "tfidf"))


def points_of(dataset: DatasetFolder, right: dict[float, tuple[float, ...]]) -> list[CurvePoint]:
    """Points whose predictions are right for these shares of the validation articles."""
    truth = dataset.info.label_set.encode(dataset.labels("validation"))
    points = []
    for share, repeats in right.items():
        for repeat, accuracy in enumerate(repeats, start=1):
            place = np.random.default_rng(repeat).permutation(len(truth))
            predicted = np.where(place < round(accuracy * len(truth)), truth, (truth + 1) % 3)
            figures = headline(truth, predicted, dataset.info.labels)
            points.append(CurvePoint(share, repeat, int(100 * share), 3, figures, predicted.tolist()))
    return points


def test_means_and_deviations_are_those_of_numpy(dataset: DatasetFolder) -> None:
    points = points_of(dataset, {0.25: (0.4, 0.5), 0.5: (0.6, 0.75), 1.0: (0.8,)})
    curve = summarise(job_of(dataset), points, 7.0)
    for mean, share in zip(curve.means, SHARES, strict=True):
        values = [point.figures["accuracy"] for point in points if point.share == share]
        assert (mean.share, mean.repeats, mean.articles) == (share, len(values), 100 * share)
        assert mean.value == pytest.approx(np.mean(values))
        assert mean.sd == pytest.approx(np.std(values, ddof=1) if len(values) > 1 else 0)
        assert mean.interval is not None
        assert mean.interval[0] < mean.value < mean.interval[1]
    assert (curve.metric, curve.model, curve.seconds, curve.points) == ("accuracy", "tfidf", 7.0, tuple(points))
    counts = dataset.info.counts
    assert (curve.train, curve.validation) == (counts["train"].articles, counts["validation"].articles)
    units = dataset.units(dataset.column("validation", "id"))
    assert curve.groups == len(set(units)) == len(set(dataset.column("validation", "source")))
    assert curve.classes == 3


def interval_of(job: CurveJob, points: list[CurvePoint], at: int) -> tuple[float, float]:
    found = summarise(job, points, 0.0).means[at].interval
    assert found is not None
    return found


def test_the_interval_of_one_training_is_that_of_whole_units(dataset: DatasetFolder) -> None:
    points = points_of(dataset, {0.25: (0.5,), 0.5: (0.6,), 1.0: (0.8,)})
    low, high = interval_of(job_of(dataset), points, -1)
    truth = dataset.info.label_set.encode(dataset.labels("validation"))
    right = np.array(points[-1].predicted) == truth
    units = np.unique(dataset.units(dataset.column("validation", "id")), return_inverse=True)[1]
    count, sizes = units.max() + 1, np.bincount(units)
    residuals = np.bincount(units, right - right.mean()) / len(right)
    error = np.sqrt(count / (count - 1) * (residuals**2).sum())
    effective = len(units) ** 2 / (sizes**2).sum()
    half = t.ppf(0.975, effective - 1) * error
    assert (low, high) == pytest.approx((right.mean() - half, min(1, right.mean() + half)), abs=0.06)


def test_repeats_that_differ_widen_the_interval(dataset: DatasetFolder) -> None:
    def width(*accuracies: float) -> float:
        points = points_of(dataset, {0.25: accuracies, 0.5: (0.6,), 1.0: (0.8,)})
        low, high = interval_of(job_of(dataset), points, 0)
        return high - low

    assert width(0.3, 0.5, 0.7) > width(0.5, 0.5, 0.5)


def test_too_few_groups_have_no_interval_and_no_extrapolation(
    dataset: DatasetFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = DatasetFolder.column

    def column(self: DatasetFolder, split: str, name: str) -> list[Any]:
        return [] if name == "source" else read(self, split, name)

    monkeypatch.setattr(DatasetFolder, "units", lambda self, ids: [row % 2 for row in range(len(ids))])
    monkeypatch.setattr(DatasetFolder, "column", column)
    curve = summarise(job_of(dataset), points_of(dataset, {0.25: (0.5,), 0.5: (0.6,), 1.0: (0.8,)}), 0.0)
    assert [mean.interval for mean in curve.means] == [None] * 3
    assert "fewer than 3 groups" in curve.extrapolation.reason


def test_fine_tuning_is_scored_on_the_half_of_validation_that_chose_nothing(dataset: DatasetFolder) -> None:
    config = make_config({}, {"evaluate.bootstrap_samples": 100})
    job = CurveJob(Request(None, Path("curve")), config, dataset, Draws(SHARES, 1, "full"))
    validation = dataset.info.counts["validation"].articles
    sources = dataset.column("validation", "source")
    scored = {sources[row] for row in job.scored}
    assert len(job.scored) == sum(name in scored for name in sources)  # whole sources
    assert validation / 4 < len(job.scored) < validation * 3 / 4
    points = [
        CurvePoint(
            share, 1, int(100 * share), 3, headline(job.truth, job.truth, dataset.info.labels), job.truth.tolist()
        )
        for share in SHARES
    ]
    curve = summarise(job, points, 0.0)
    assert (curve.validation, curve.chosen) == (len(job.scored), validation - len(job.scored))
    assert curve.groups == len(scored)
