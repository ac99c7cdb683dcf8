"""Which model made a prediction: the column ``predicted_by`` of what ``classifier predict`` writes.

It is a column, and not a file beside the predictions or a note within them, because a column stays where the table is
renamed, cut, sorted, joined with others, packed, or saved again by Excel, R or pandas.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from classifier.errors import InputError

PREDICTED_BY = "predicted_by"
SCORED_BY = "scored_by"  # of a model that articles may skip: what gave the label and the score
TFIDF_ALONE, WHOLE_MODEL = "TF-IDF alone", "model"  # what stands there
WRITTEN = re.compile(r"\s*(.*?)\s*\(([0-9a-f]{12})\)\s*", re.DOTALL)
FORMULA = "=+-@ "  # what a cell must not begin with, or Excel computes it
CASCADED = " with cascade "  # in the name of a model that some articles skipped
ADAPTED = " with shares "  # in the name of a model whose scores were adapted to other shares of labels
LABEL, BEST_GUESS = "label", "best_guess"  # the latter stands after the former where a model could abstain
OLDER = ((LABEL, "score", "scores"), (LABEL, BEST_GUESS, "score", "scores"))  # how predictions without a name are known


@dataclass(frozen=True, slots=True)
class ModelName:
    """The name of a model: two with the same fingerprint give the same answers, whatever their folders are called.

    Attributes:
        name: of the folder of its run, for people.
        fingerprint: 12 hexadecimal digits, from `classifier.models.fingerprint`.

    Example:
        >>> str(ModelName("first", "3f9a2c1b7d04"))
        'first (3f9a2c1b7d04)'
    """

    name: str
    fingerprint: str

    def __str__(self) -> str:
        return f"{self.name.lstrip(FORMULA)} ({self.fingerprint})"

    @classmethod
    def read(cls, cell: Any) -> ModelName | None:
        """What a cell says; None where it names no model.

        Example:
            >>> ModelName.read("first (3f9a2c1b7d04)")
            ModelName(name='first', fingerprint='3f9a2c1b7d04')
            >>> ModelName.read("somebody") is None
            True
        """
        found = WRITTEN.fullmatch(cell) if isinstance(cell, str) else None
        return None if found is None else cls(*found.groups())


def check_true_labels(present: Sequence[str], file: str) -> None:
    """Raise `InputError` for a table of predictions, whose column ``label`` is no true label.

    Args:
        present: its columns.
        file: its name, for the message.

    Example:
        >>> check_true_labels(["text", "label", "score"], "a.csv")
        >>> check_true_labels(["text", "label", "predicted_by"], "p.csv")
        Traceback (most recent call last):
        classifier.errors.InputError: 'p.csv' was written by classifier predict: its column 'label' holds ...
        Fix: Name the column with the true ones: --set data.columns.label=NAME (=label if you have corrected that one)
    """
    columns = list(present)
    older = any(tuple(columns[start : start + len(own)]) == own for own in OLDER for start in range(len(columns)))
    if LABEL in columns and (PREDICTED_BY in columns or older):
        own = f"original_{LABEL}"
        raise InputError(
            f"'{file}' was written by classifier predict: its column '{LABEL}' holds predictions, not true labels.",
            fix=f"Name the column with the true ones: --set data.columns.label={own if own in columns else 'NAME'} "
            f"(={LABEL} if you have corrected that one)",
        )
