"""What ``predict`` adds to each row: the label, its score, those of all labels, and what was asked for beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.arrays import Bools, Floats32
from classifier.articles.arrow import Evidence, LabelNames, LabelScores
from classifier.articles.labels import label_scores
from classifier.articles.new_articles import ADDED, ERROR, renamed, score_column
from classifier.articles.predicted_by import BEST_GUESS, PREDICTED_BY, SCORED_BY, TFIDF_ALONE, WHOLE_MODEL, ModelName
from classifier.articles.readers.row import Row
from classifier.articles.readers.workbook import LONGEST_CELL
from classifier.articles.xlsx import OTHER, cell_faults, is_xlsx
from classifier.errors import InputError
from classifier.models.decider import Decider
from classifier.models.model_folder import ModelInfo

SETS = "label_set"
EVIDENCE = "evidence"


@dataclass(frozen=True)
class More:
    """What the output holds beside the label and its scores.

    Attributes:
        abstain: ``best_guess``, and no ``label`` (for multi-label: fewer labels) where the score is below the threshold
            that is stored with the model.
        sets: ``label_set``, from the sets that are stored with it.
        explain: ``evidence``, as in `classifier.predict_files`.
        wide: ``score_LABEL`` for each label.
        model: ``predicted_by``: what made the predictions.
        cascade: ``scored_by``: whether an article skipped the transformer, for this agreement.

    Example:
        >>> More(sets=True, wide=True).columns(("a", "b"))
        ('label', 'score', 'scores', 'score_a', 'score_b', 'label_set')
    """

    abstain: bool = False
    sets: bool = False
    explain: bool = False
    wide: bool = False
    model: ModelName | None = None
    cascade: float | None = None

    def columns(self, labels: Sequence[str], *, failed: bool = False) -> tuple[str, ...]:
        """The columns that are added, in order; the last one where rows could not be labelled.

        Args:
            labels: of the model.
            failed: whether there are such rows.
        """
        added = (ADDED[0], BEST_GUESS, *ADDED[1:]) if self.abstain else ADDED
        each = map(score_column, labels) if self.wide else ()
        asked = (
            (SETS, self.sets),
            (EVIDENCE, self.explain),
            (PREDICTED_BY, self.model is not None),
            (SCORED_BY, self.cascade is not None),
            (ERROR, failed),
        )
        return (*added, *each, *(name for name, wanted in asked if wanted))


PLAIN = More()


def check_cells(out: Path, labels: Sequence[str]) -> None:
    """Raise `InputError` if ``out`` is a workbook, and the scores of all labels are more than its cells hold.

    Example:
        >>> check_cells(Path("o.xlsx"), ["a", "b"])
    """
    scores = [{"label": name, "score": 0.123456} for name in labels]
    if is_xlsx(out) and cell_faults("", {"scores": scores}):
        raise InputError(
            f"'{out}' cannot hold the scores of {len(labels):,} labels: a cell of Excel holds {LONGEST_CELL:,} "
            "characters.",
            fix=OTHER,
        )


def kinds_of_added(info: ModelInfo) -> Mapping[str, Set[type]]:
    """The kinds of values in each column that may be added."""
    several = isinstance(label_value(np.ones(len(info.labels), dtype=bool), info), list)
    label = LabelNames if several else str
    return {
        "label": {label},
        BEST_GUESS: {label},
        "score": {float},
        "scores": {LabelScores},
        SETS: {LabelNames},
        EVIDENCE: {Evidence},
        PREDICTED_BY: {str},
        SCORED_BY: {str},
        ERROR: {str},
        **{score_column(name): {float} for name in info.labels},
    }


def records(
    rows: Sequence[Row],
    proba: Floats32,
    decider: Decider,
    evidence: Sequence[Evidence] | None = None,
    more: More = PLAIN,
    *,
    failed: bool = False,
    inside: Bools | None = None,
    skipped: Sequence[bool] | None = None,
) -> list[dict[str, Any]]:
    """The rows' values with ``label``, ``score`` (of that label), ``scores`` (all, highest first), and ``more``.

    For multi-label, ``score`` is the highest of the labels that are given, or of all where none is. Where a model
    abstains, ``best_guess`` is what it would have given, and ``score`` is that of the best guess. With ``failed`` there
    is an empty ``error`` too, because other rows have one. ``inside`` says which labels are in each set, where the
    classifier does not; ``skipped`` says which articles skipped the transformer.
    """
    given = decider.given(proba)
    kept = decider.given(proba, abstain=more.abstain)
    inside = inside if inside is not None else decider.in_set(proba) if more.sets else given
    labels = decider.info.labels
    added = more.columns(labels, failed=failed)
    by_label = [score_column(name) for name in labels] if more.wide else []
    made_by = None if more.model is None else str(more.model)
    each = [None] * len(rows) if evidence is None else evidence
    paths = [TFIDF_ALONE if alone else WHOLE_MODEL for alone in skipped or [False] * len(rows)]
    result = []
    for row, row_proba, is_given, is_kept, in_set, score, found, path in zip(
        rows, proba, given, kept, inside, label_scores(proba, given), each, paths, strict=True
    ):
        order = np.argsort(-row_proba, kind="stable")
        values = {
            "label": label_value(is_kept, decider.info),
            BEST_GUESS: label_value(is_given, decider.info),
            "score": round(float(score), 6),
            "scores": [{"label": labels[i], "score": round(float(row_proba[i]), 6)} for i in order],
            SETS: [labels[i] for i in order if in_set[i]],
            EVIDENCE: found,
            PREDICTED_BY: made_by,
            SCORED_BY: path,
            ERROR: None,
            **{name: round(float(value), 6) for name, value in zip(by_label, row_proba, strict=False)},
        }
        result.append({**renamed(row.values, added), **{name: values[name] for name in added}})
    return result


def label_value(given: npt.NDArray[np.bool_], info: ModelInfo) -> str | list[str] | None:
    """One name or none; for multi-label a list, or one string where training divided labels by a separator."""
    names = [info.labels[index] for index in np.flatnonzero(given)]
    if not info.multi_label:
        return names[0] if names else None
    separator = info.label_separator
    return names if separator is None else separator.join(names)
