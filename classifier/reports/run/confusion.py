"""The confusion matrix as a page shows it, and the most frequent confusions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from classifier.evaluation.result import Evaluation

HEAT_LABELS = 30  # a larger confusion matrix is not readable
STEPS = 10  # shades of its cells
CONFUSIONS = 12


@dataclass(frozen=True)
class HeatCell:
    """A cell of the confusion matrix: its articles, their share of the row, and its shade from 0 to 10."""

    count: int
    share: float
    shade: int


def heat(evaluation: Evaluation) -> list[tuple[str, list[HeatCell]]]:
    """The confusion matrix by rows (the true labels); empty for multi-label and where it would not be readable."""
    if len(evaluation.labels) > HEAT_LABELS or _multi_label(evaluation):
        return []
    return [(label, _cells(row)) for label, row in zip(evaluation.labels, evaluation.confusion, strict=True)]


def confusions(evaluation: Evaluation, most: int = CONFUSIONS) -> list[tuple[str, str, int, float]]:
    """The most frequent wrong labels: true, given, articles, and their share of the true label's."""
    if _multi_label(evaluation):
        return []
    found = [
        (true, given, count, count / sum(row))
        for true, row in zip(evaluation.labels, evaluation.confusion, strict=True)
        for given, count in zip(evaluation.labels, row, strict=True)
        if count and given != true
    ]
    return sorted(found, key=lambda item: (-item[2], -item[3], item[:2]))[:most]


def _multi_label(evaluation: Evaluation) -> bool:
    return isinstance(evaluation.confusion[0][0], list)


def _cells(row: Sequence[int]) -> list[HeatCell]:
    shares = [count / max(sum(row), 1) for count in row]
    return [HeatCell(n, share, max(round(STEPS * share), 1 if n else 0)) for n, share in zip(row, shares, strict=True)]
