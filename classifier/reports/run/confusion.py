"""The confusion matrix as a page shows it, and the confusions that are more than chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from classifier.evaluation.result import Evaluation
from classifier.stats.confusions import ConfusedPair

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


def confusion_words(evaluation: Evaluation) -> str:
    """Which confusions are listed, or why none is, in a sentence or two; empty for multi-label."""
    if _multi_label(evaluation):
        return ""
    if evaluation.confusions is None:
        return "Which labels are confused more often than by chance is not stored: classifier evaluate RUN finds it."
    if len(evaluation.labels) < 3:
        return "With two labels, an error can only be the other one: no pair stands out."
    test = (
        "chance would spread the errors of a label over the others as often as each is given (one-sided binomial test, "
        "by whole groups, corrected for the number of pairs)"
    )
    if not evaluation.confusions:
        return f"No pair of labels is surely confused more often than by chance: {test}."
    more = len(evaluation.confusions) - CONFUSIONS
    return f"Only pairs that are surely confused more often than by chance{_and_more(more)}: {test}."


def _and_more(count: int) -> str:
    return f", the {CONFUSIONS} most frequent of {CONFUSIONS + count}" if count > 0 else ""


def confusions(evaluation: Evaluation) -> list[tuple[ConfusedPair, float]]:
    """The pairs that are confused more often than by chance, with their share of the true label's articles."""
    rows = dict(zip(evaluation.labels, evaluation.confusion, strict=True))
    return [(pair, pair.articles / sum(rows[pair.true])) for pair in (evaluation.confusions or ())[:CONFUSIONS]]


def _multi_label(evaluation: Evaluation) -> bool:
    return isinstance(evaluation.confusion[0][0], list)


def _cells(row: Sequence[int]) -> list[HeatCell]:
    shares = [count / max(sum(row), 1) for count in row]
    return [HeatCell(n, share, max(round(STEPS * share), 1 if n else 0)) for n, share in zip(row, shares, strict=True)]
