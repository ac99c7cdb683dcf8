"""The labels in a cell of a table, as the model knows them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from classifier.arrays import Ints
from classifier.articles.folding import visible
from classifier.articles.label_cells import LabelProblem, divided, label_name
from classifier.articles.labels import LabelSet, other_spellings
from classifier.articles.predicted_by import ModelName
from classifier.articles.whole_numbers import whole
from classifier.articles.written_lists import written_value
from classifier.errors import InputError, did_you_mean, names


@dataclass(frozen=True)
class LabelReader:
    """Turns a cell with labels into a 0/1 row.

    Attributes:
        labels: that the model knows.
        separator: divides several labels in one cell.
        seen: cells that were read -> their rows.
        respelt: names that differ from a label in spelling alone -> that label.
        model: that knows them, and is to have made the predictions; None = any may have.
    """

    labels: LabelSet
    separator: str | None = None
    seen: dict[str, Ints] = field(default_factory=dict)
    respelt: dict[str, str] = field(default_factory=dict)
    model: ModelName | None = None

    def row(self, value: Any) -> Ints:
        """Raise `InputError` for a label that the model does not know, or for a missing one."""
        key = value if isinstance(value, str) else json.dumps(value, default=str)
        if key not in self.seen:
            self.seen[key] = self._encoded(value)
        return self.seen[key]

    def _encoded(self, value: Any) -> Ints:
        given = self.names(value)
        if not self.labels.multi_label and len(given) != 1:
            raise InputError("label is empty" if not given else f"several labels: {names(given)}")
        row = np.zeros(len(self.labels), dtype=np.int64)
        given = self._spelt_as_known(given)
        unknown = [name for name in given if name not in self.labels.names]
        if unknown:
            hint = did_you_mean(unknown[0], self.labels.names)
            raise InputError(f"the model does not know the label {names(map(visible, unknown))}{hint and '.' + hint}")
        row[[self.labels.names.index(name) for name in given]] = 1
        return row

    def _spelt_as_known(self, given: list[str]) -> list[str]:
        """The names; those that differ from a label only in what `name_key` evens out, or as 3.0 from 3, become it."""
        new_names = other_spellings([tuple(given)], self.labels.names)
        numbers = {name: str(whole(name)) for name in given if name not in self.labels.names}
        new_names |= {name: number for name, number in numbers.items() if number in self.labels.names}
        self.respelt.update(new_names)
        return [new_names.get(name, name) for name in given]

    def names(self, value: Any) -> list[str]:
        """The labels in a cell, as they are written."""
        if value is None or value == "" or value != value:
            return []
        if isinstance(value, str) and value not in self.labels.names:
            try:
                value = written_value(value)
            except ValueError:
                raise InputError(f"label looks like a list, but '{value[:40]}' cannot be read as one") from None
        if isinstance(value, (list, tuple)):
            return [_name(name) for name in value]
        if self.labels.multi_label and self.separator is not None:
            return divided(str(value), self.separator)
        return [_name(value)]


def _name(value: Any) -> str:
    found = label_name(value)
    if isinstance(found, LabelProblem):
        raise InputError(f"label {found.what}")
    return found
