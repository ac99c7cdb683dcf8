"""Shares of labels found from scores alone (``predict --adapt``): their intervals, and the test that they have changed.

A model weighs classes alike and is twice too sure; it is calibrated on validation articles whose shares are drawn anew
in each world. The corpus has other shares, or the same ones for the false alarms. In the settings with sources each
source has labels and scores of its own kind, and only the whole has the shares: validation and corpus are of other
sources, and what each set's sources have in common is no shift.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import softmax

from classifier.arrays import Floats, Floats32, Ints
from classifier.stats.calibration import fit_calibration
from classifier.stats.label_shift import ShareShift, find_shift, validation_scores
from worlds.tally import Part, Row

SIGNAL, HEAT, SPREAD = 1.5, 2.0, 0.7  # of a class, of scores that are too sure, of a source's scores
NAMES = "abcdef"


@dataclass(frozen=True)
class Setting:
    """How large a world is; articles of a source are ``each`` many, 0 = there are none."""

    classes: int
    validation: int
    corpus: int
    each: int = 0

    def __str__(self) -> str:
        sources = f", {self.each} of each source" if self.each else ""
        return f"{self.classes} labels, {self.validation} validation articles, {self.corpus:,} new ones{sources}"


SETTINGS = (
    Setting(3, 60, 80),
    Setting(3, 60, 5000),
    Setting(3, 400, 500),
    Setting(3, 2000, 5000),
    Setting(6, 300, 1000),
    Setting(2, 60, 130, 4),
    Setting(3, 400, 500, 20),
)


def articles(rng: np.random.Generator, count: int, shares: Floats, each: int) -> tuple[Floats32, Ints, Ints]:
    """Probabilities of articles before calibration, their labels, and the number of each one's source."""
    sources = np.arange(count) // (each or 1)
    mix = rng.dirichlet(4 * shares, sources[-1] + 1)[sources] if each else np.broadcast_to(shares, (count, len(shares)))
    y = np.minimum((rng.random(count)[:, None] > np.cumsum(mix, axis=1)).sum(axis=1), len(shares) - 1)
    kind = rng.normal(0, SPREAD, (sources[-1] + 1, len(shares)))[sources] if each else 0
    evidence = rng.normal(size=(count, len(shares))) + SIGNAL * np.eye(len(shares))[y] + kind
    return softmax(HEAT * SIGNAL * evidence, axis=1).astype(np.float32), y.astype(np.int64), sources


def rows(worlds: int, seed: int) -> Iterator[Row]:
    """For each setting intervals with and without a shift, false alarms with sources and without, and true alarms."""
    for setting in SETTINGS:
        held, widths = {True: 0, False: 0}, {True: 0.0, False: 0.0}
        found = {"a shift that is there": 0, "false alarm": 0, "false alarm, each article for itself": 0}
        found["label shift wrongly contradicted"] = 0
        for world in range(worlds):
            rng = np.random.default_rng([seed, world, setting.validation, setting.corpus])
            base, other = (rng.dirichlet(np.full(setting.classes, 2.0)) * 0.9 + 0.1 / setting.classes for _ in "ab")
            proba, y, sources = articles(rng, setting.validation, base, setting.each)
            calibration = fit_calibration(proba, y)
            known = validation_scores(calibration.apply(proba), y, [str(source) for source in sources])
            for shifted, shares in ((True, other), (False, base)):
                new, true, of = articles(rng, setting.corpus, shares, setting.each)
                scores = calibration.apply(new)
                said = find_shift(scores, known, NAMES[: setting.classes], sources=[str(source) for source in of])
                truth = np.bincount(true, minlength=setting.classes) / len(true) if setting.each else shares
                hits, width = inside(said, truth)
                held[shifted] += hits
                widths[shifted] += width
                found["a shift that is there" if shifted else "false alarm"] += said.found
                found["label shift wrongly contradicted"] += shifted and said.contradicted
                if setting.each and not shifted:
                    alone = find_shift(scores, known, NAMES[: setting.classes])
                    found["false alarm, each article for itself"] += alone.found
        for shifted, name in ((True, "other shares: intervals"), (False, "the same shares: intervals")):
            count = worlds * setting.classes
            yield Row(str(setting), name, held[shifted], count, 0, widths[shifted] / count)
        for name, times in found.items():
            if setting.each or "itself" not in name:
                yield Row(str(setting), name, times, worlds)


def inside(said: ShareShift, truth: Floats) -> tuple[int, float]:
    """How many of the intervals hold the truth, and how wide they are together."""
    assert said.intervals is not None
    low, high = np.array(said.intervals).T
    return int(((low <= truth) & (truth <= high)).sum()), float((high - low).sum())


PART = Part("shares of labels from scores alone, and the test that they have changed", "held the truth, or found", rows)
