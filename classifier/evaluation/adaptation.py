"""What adapting scores and labels to the shares of a corpus does, on labelled articles whose labels are not looked at.

The shares are estimated from the scores alone, as ``predict --adapt`` does, and the figures are compared.
They are those of adapted scores also where the test finds no shift, and ``predict --adapt`` would leave them alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.arrays import Floats32, Ints
from classifier.articles.source_names import spelt_alike
from classifier.evaluation.cascade import negative_log
from classifier.evaluation.groups import Grouping
from classifier.files import read_json_as
from classifier.models.adaptation import adaptation
from classifier.stats.label_shift import ShareShift
from classifier.stats.metrics import difference, headline, intervals
from classifier.stats.resampling import Interval
from classifier.stats.significance import Gain

if TYPE_CHECKING:
    from classifier.models.decider import Decider

FILE = "label_shift.json"


@dataclass(frozen=True)
class AdaptationOutcome:
    """Figures with and without adaptation.

    Attributes:
        split: names the articles.
        shift: the shares as they are estimated from the scores.
        truth: the true share of each label.
        figures, intervals: headline metric -> value and 95% interval, adapted.
        gain: headline metric -> how much it is above that without adaptation, with the paired interval.
        changed: how many articles get other labels.
        loss_before, loss: the mean negative log of the score of what is true, without adaptation and with it.
    """

    split: str
    shift: ShareShift
    truth: tuple[float, ...]
    figures: Mapping[str, float]
    intervals: Mapping[str, Interval | None]
    gain: Mapping[str, Gain]
    changed: int
    loss_before: float
    loss: float


def read_adaptation(folder: Path) -> AdaptationOutcome | None:
    """What ``evaluate --adapt`` wrote into an evaluation folder; None where it was not asked for.

    Raises:
        InputError: it is damaged, or of another format version.
    """
    if not (folder / FILE).exists():
        return None
    return read_json_as(folder / FILE, AdaptationOutcome, fix="classifier evaluate RUN --adapt makes it again.")


def measure_adaptation(
    split: str,
    decider: Decider,
    proba: Floats32,
    truth: Ints,
    grouping: Grouping,
    samples: int,
    sources: Sequence[str | None] = (),
) -> AdaptationOutcome:
    """Adapt to the articles, and compare.

    Args:
        split: names them.
        decider: one that can be adapted.
        proba: its calibrated scores of the articles.
        truth: label ids (articles,), or a 0/1 matrix.
        grouping: which articles stand together.
        samples: of the bootstrap.
        sources: of the articles, where they are known.

    Raises:
        InputError: there are too few articles.
    """
    found = adaptation(decider, proba, sources=spelt_alike(sources), anyway=True)
    scores, labels = found.scores(proba), decider.label_set
    before, after = decider.decide(proba), found.adapted.decide(scores)
    right = labels.matrix(truth)
    groups, crossed = grouping.ids, grouping.crossed
    return AdaptationOutcome(
        split,
        found.shift,
        tuple(round(float(share), 6) for share in right.mean(axis=0)),
        headline(truth, after, labels.names),
        intervals(truth, after, labels.names, groups=groups, crossed=crossed, samples=samples),
        difference(truth, after, before, labels.names, groups=groups, crossed=crossed),
        found.changed(proba),
        *(negative_log(one, right, multi_label=labels.multi_label) for one in (proba, scores)),
    )
