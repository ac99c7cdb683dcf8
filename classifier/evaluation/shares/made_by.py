"""Whether a run made the predictions that it is to be judged by; those of another have other error rates."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from classifier.articles.predicted_by import ADAPTED, CASCADED, PREDICTED_BY, ModelName
from classifier.articles.readers.row import Row
from classifier.errors import Fault, InputError, names
from classifier.temporary import is_temporary, path_name

SCORES = "scores"
MOST_NAMED = 20  # other models that a message names
AGAIN = "label the articles again with this one (classifier predict)"


@dataclass
class MadeBy:
    """Looks at the rows of predictions, and says which model made them.

    Attributes:
        path: of the predictions.
        model: which is to have made them; None = nothing is asked.
        labels: that it knows.
        others: other models' fingerprints -> the first row of each, and what it says.
        unnamed, rows: how many name no model, of how many.

    Example:
        >>> made = MadeBy(Path("p.csv"), ModelName("first", "3f9a2c1b7d04"), ("a", "b"))
        >>> made.add(Row("p.csv:2", {"label": "a", "predicted_by": "copy (3f9a2c1b7d04)"}))
        >>> made.check()
        >>> made.add(Row("p.csv:3", {"label": "a", "predicted_by": "second (8b12aa03cd45)"}))
        >>> made.check()
        Traceback (most recent call last):
        classifier.errors.InputError: 'p.csv' holds predictions that another run made, and not 'first (3f9a2c1b7d04)'.
          p.csv:3: predicted by 'second (8b12aa03cd45)'
        Fix: Give the run that made them, or label the articles again with this one (classifier predict).
    """

    path: Path
    model: ModelName | None
    labels: Sequence[str]
    others: dict[str, Fault] = field(default_factory=dict)
    unnamed: int = 0
    rows: int = 0
    known: str = ""  # the cell of the row before, which most rows repeat

    def add(self, row: Row) -> None:
        """Look at one row."""
        if self.model is None:
            return
        self.rows += 1
        cell = row.values.get(PREDICTED_BY)
        if self.known and cell == self.known:
            return
        found = ModelName.read(cell)
        if found is None:
            self._by_labels(row)
        elif found.fingerprint == self.model.fingerprint:
            self.known = str(cell)
        elif len(self.others) < MOST_NAMED:
            self.others.setdefault(found.fingerprint, Fault(row.where, f"predicted by '{found}'", f"{found}"))

    def _by_labels(self, row: Row) -> None:
        """Look at a row that names no model: its scores may still be of other labels."""
        said = set(scored_labels(row.values)) if not self.unnamed else set()
        self.unnamed += 1
        if said and said != {*self.labels}:
            what = f"scores of the labels {names(sorted(said))}, and this run knows {names(sorted(self.labels))}"
            self.others[""] = Fault(row.where, what, "other labels")

    def check(self) -> None:
        """Raise `InputError` if another model made a row; all such models are named."""
        if any(ADAPTED in fault.kind for fault in self.others.values()):
            raise InputError(
                f"'{self.path}' holds labels that were adapted to other shares (predict --adapt or --shares): they "
                "have other error rates than those of the test articles.",
                faults=list(self.others.values()),
                fix="Label the articles again without --adapt and --shares: estimate itself corrects for other shares.",
            )
        if any(CASCADED in fault.kind for fault in self.others.values()):
            raise InputError(
                f"'{self.path}' holds labels of which TF-IDF alone gave some (predict --cascade): they may have other "
                "error rates than those of the test articles.",
                faults=list(self.others.values()),
                fix="Label the articles again without --cascade.",
            )
        if self.others:
            raise InputError(
                f"'{self.path}' holds predictions that another run made, and not '{self.model}'.",
                faults=list(self.others.values()),
                fix=f"Give the run that made them, or {AGAIN}.",
            )

    def doubts(self) -> Iterator[str]:
        """A sentence where it is not known which model made some or all of the predictions."""
        if self.unnamed:
            file = path_name(self.path) if is_temporary(self.path) else f"'{self.path}'"
            some = "" if self.unnamed == self.rows else f"{self.unnamed:,} of the {self.rows:,} rows of "
            yield (
                f"{some}{file} {'do' if some else 'does'} not say which run made the predictions (there is no "
                f"'{PREDICTED_BY}'). If it was another than {self.model}, these figures are wrong; to be sure, {AGAIN}."
            )


def check_first(rows: Iterable[Row], made: MadeBy) -> None:
    """Raise `InputError` if one of the first rows was predicted by another model.

    Args:
        rows: the first ones.
        made: of the same file; it is left as it was.
    """
    first = MadeBy(made.path, made.model, made.labels)
    for row in rows:
        first.add(row)
    first.check()


def scored_labels(values: Mapping[str, Any]) -> list[str]:
    """The labels of which a row has scores, as ``classifier predict`` writes them; none where it has none.

    Example:
        >>> scored_labels({"scores": '[{"label": "a", "score": 0.7}, {"label": "b", "score": 0.3}]'})
        ['a', 'b']
    """
    scores = values.get(SCORES)
    try:
        found = json.loads(scores) if isinstance(scores, str) else scores
    except ValueError:
        return []
    if not isinstance(found, (list, tuple)) or not all(isinstance(one, dict) and "score" in one for one in found):
        return []
    return [str(one.get("label")) for one in found]
