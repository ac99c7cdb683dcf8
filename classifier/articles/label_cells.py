"""Reads the labels in a cell, or says what is wrong with them.

`table_labels` reads a table's label column strictly: where articles have several labels, text needs a separator.
`as_labels` reads the labels of annotators, as a name or a list.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from classifier.articles.folding import is_blank
from classifier.articles.whole_numbers import whole
from classifier.articles.written_lists import written_value

LONGEST_SHOWN = 60  # characters of a value in a message
NO_SEPARATOR = "is a string without a declared separator"
SEPARATOR_FIX = "Name what separates your labels, for example --set data.label_separator=';'"
SEVERAL = "has several labels"
SEVERAL_FIX = "If articles may have several labels: --set data.task=multi_label"


@dataclass(frozen=True, slots=True)
class LabelProblem:
    """What is wrong with a cell of labels.

    Attributes:
        what: a sentence without its subject, which is the column's name.
        kind: a short form, under which equal problems are counted.
    """

    what: str
    kind: str


def is_empty(value: Any) -> bool:
    """Whether a cell is empty: None, not-a-number, or only white space and characters that nobody sees."""
    return value is None or value != value or (isinstance(value, str) and is_blank(value))


def divided(cell: str, separator: str) -> list[str]:
    """The labels in a cell of text, in which ``separator`` separates them.

    Example:
        >>> divided("a; b;", ";")
        ['a', 'b']
    """
    return [part.strip() for part in cell.split(separator) if part.strip()]


def json_cell(cell: Any) -> Any:
    """The value of a cell of JSON (text that begins with a bracket or a brace); any other cell unchanged.

    Raises:
        ValueError: it is not valid JSON.

    Example:
        >>> json_cell('["a", "b"]'), json_cell("a")
        (['a', 'b'], 'a')
    """
    return json.loads(cell) if isinstance(cell, str) and cell[:1] in ("[", "{") else cell


def label_name(value: Any, longest: int | None = None) -> str | LabelProblem:
    """The name of a label, unchanged, or what is wrong with it.

    Args:
        value: a name, or a number.
        longest: how many characters of a wrong value the message shows; None = all.

    Example:
        >>> label_name("satire"), label_name(3.0), label_name(2.5)
        ('satire', '3', '2.5')
        >>> label_name(b"satire")
        LabelProblem(what="must be a name. Got b'satire' instead", kind='is not a name')
    """
    if is_empty(value):
        return LabelProblem("is empty", "is empty")
    value = whole(value, text=False)
    if not (isinstance(value, (str, int)) or (isinstance(value, float) and isfinite(value))):
        return LabelProblem(f"must be a name. Got {repr(value)[:longest]} instead", "is not a name")
    if "\0" in str(value):
        return LabelProblem("holds a NUL byte: is it a binary file?", "holds a NUL byte")
    return str(value)


def as_labels(value: Any, *, multi_label: bool) -> tuple[str, ...] | LabelProblem:
    """The labels in a value, without the space around them: a name, or a list of names; or what is wrong with it.

    Example:
        >>> as_labels(["satire"], multi_label=False), as_labels([], multi_label=False)
        (('satire',), LabelProblem(what='is empty', kind='is empty'))
    """
    parts = list(value) if isinstance(value, (list, tuple)) else [value]
    if not multi_label and not parts:
        return LabelProblem("is empty", "is empty")
    if not multi_label and len(parts) > 1:
        return _too_many(len(parts))
    found = [label_name(part, LONGEST_SHOWN) for part in parts]
    problem = next((name for name in found if isinstance(name, LabelProblem)), None)
    return problem or tuple(dict.fromkeys(str(name).strip() for name in found))


def table_labels(value: Any, *, multi_label: bool, separator: str | None = None) -> Iterator[str | LabelProblem]:
    """The labels in a cell of a table's label column, without the space around them, and all problems of the cell.

    A list may be written in the cell; so may spaCy's object with 1 or 0 for each label. A list of one label is that
    label, also where an article has one.

    Args:
        value: the cell.
        multi_label: whether an article may have none or several labels.
        separator: separates several labels in one cell.

    Example:
        >>> list(table_labels("a; b", multi_label=True, separator=";")), list(table_labels("['a']", multi_label=False))
        (['a', 'b'], ['a'])
    """
    parts = _parts(value, multi_label=multi_label, separator=separator)
    if isinstance(parts, LabelProblem):
        yield parts
        return
    for part in parts:
        name = label_name(part, LONGEST_SHOWN)
        yield name.strip() if isinstance(name, str) else name


def _parts(value: Any, *, multi_label: bool, separator: str | None) -> list[Any] | LabelProblem:
    """The names in a cell, not checked yet; one where an article has one label."""
    if isinstance(value, str):
        try:
            value = written_value(value)
        except ValueError:
            return LabelProblem(f"looks like a list, but {value[:40]!r} cannot be read as one", "is no list")
    if isinstance(value, Mapping):
        value = _chosen(value)
    if isinstance(value, LabelProblem):
        return value
    if isinstance(value, (list, tuple)):
        return _listed(value, multi_label=multi_label)
    return _several(value, separator) if multi_label else [value]


def _chosen(value: Mapping[Any, Any]) -> list[Any] | LabelProblem:
    """The labels of an object: those with 1 and not 0, as in spaCy's ``cats``; or Label Studio's ``choices``."""
    if list(value) == ["choices"] and isinstance(value["choices"], list):
        return list(value["choices"])
    if value and all(isinstance(part, (int, float)) for part in value.values()):
        if all(part in (0, 1) for part in value.values()):
            return [name for name, part in value.items() if part == 1]
        return LabelProblem(
            f"must have 0 or 1 for each label. Got {str(value)[:LONGEST_SHOWN]} instead", "holds scores"
        )
    return LabelProblem(f"must be a name. Got {str(value)[:LONGEST_SHOWN]} instead", "is not a name")


def _listed(value: Sequence[Any], *, multi_label: bool) -> list[Any] | LabelProblem:
    if _is_multi_hot(value):
        return LabelProblem(
            f"holds 0 and 1 in place of names ({str(value)[:LONGEST_SHOWN]}): write the names, "
            "or give a column for each label (data.columns.labels)",
            "holds 0 and 1 in place of names",
        )
    if multi_label or len(value) == 1:
        return list(value)
    if not value:
        return LabelProblem("is an empty list: has nobody labelled this article?", "is empty")
    return _too_many(len(value))


def _too_many(labels: int) -> LabelProblem:
    return LabelProblem(f'has {labels} labels: set data.task = "multi_label" if articles have several labels', SEVERAL)


def _is_multi_hot(value: Sequence[Any]) -> bool:
    """Whether a list says 0 or 1 of each label in turn: labels themselves are not there twice."""
    numbers = all(isinstance(part, (int, float)) and part in (0, 1) for part in value)
    return numbers and (len(value) > len(set(value)) or any(isinstance(part, bool) for part in value))


def _several(value: Any, separator: str | None) -> list[Any] | LabelProblem:
    """The parts of a cell that may hold several labels, and is no list."""
    if is_empty(value):
        return []
    if isinstance(value, str) and separator is None:
        what = f"is the string '{value[:40]}': name what separates its labels (data.label_separator)"
        return LabelProblem(what, NO_SEPARATOR)
    if isinstance(value, str) and separator is not None:
        return divided(value, separator)
    return LabelProblem(f"must be a list of labels. Got {value!r} instead", "is no list")
