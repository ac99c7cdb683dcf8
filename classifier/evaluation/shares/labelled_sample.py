"""Articles labelled by hand, read from a file; those of a planned sample with their probabilities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from classifier.arrays import Ints
from classifier.articles.columns import first_rows, names_in
from classifier.articles.labels import say_renamed
from classifier.articles.predicted_by import check_true_labels
from classifier.articles.readers.row import Row
from classifier.dataset.duplicates import text_key
from classifier.errors import Fault, InputError, counted, names
from classifier.evaluation.shares.input_columns import InputColumns
from classifier.evaluation.shares.label_reader import LabelReader

PREDICTED = ("score", "scores")  # columns that stand in predictions only


INCLUSION = "inclusion"  # column of a planned sample: the probability with which each article was drawn


Reading = Callable[[Path], Iterator[Row | Fault]]


@dataclass(frozen=True)
class LabelledSample:
    """Articles labelled by hand.

    Attributes:
        key: how they are found among the predictions: ``id`` or ``text``.
        truth: id, or key of the text -> 0/1 row of the true labels.
        inclusion: the same -> probability of being drawn, of a planned sample.
        unanswered: rows of a planned sample that nobody labelled.
        texts: id -> key of the text, where the file has both.
    """

    key: str
    truth: Mapping[Hashable, Ints]
    inclusion: Mapping[Hashable, float] = field(default_factory=dict)
    unanswered: int = 0
    texts: Mapping[Hashable, int] = field(default_factory=dict)


def columns_in(path: Path, reading: Reading) -> list[str]:
    """The columns of a file; raise `InputError` if it holds no articles."""
    return first_of(path, reading)[1]


def first_of(path: Path, reading: Reading) -> tuple[list[Row], list[str]]:
    """The first rows of a file, and its columns; raise `InputError` if it holds no articles."""
    first, _ = first_rows(reading(path))
    if not first:
        raise InputError(f"'{path}' holds no articles.", fix="Give what classifier predict wrote.")
    return first, names_in(first)


def read_labelled(
    path: Path, reader: LabelReader, predictions: InputColumns, columns: Mapping[str, str], reading: Reading
) -> LabelledSample:
    """The articles labelled by hand.

    Args:
        path: theirs.
        reader: of their labels.
        predictions: the columns of the predictions, among which they are to be found.
        columns: standard name -> the file's name for it.
        reading: reads the rows of a file.

    Raises:
        InputError: columns are missing or rows are bad; all bad rows become one.
    """
    present = columns_in(path, reading)
    layout = InputColumns.find(present, (), columns)
    _check_true_labels(path, present, layout, columns)
    key = next((key for key in ("id", "text") if key in layout.names and key in predictions.names), None)
    if key is None:
        raise InputError(
            f"'{path}' and the predictions share neither ids nor texts.",
            fix="Give both a column id or text, or name yours: --set data.columns.id=NAME",
        )
    planned = INCLUSION in present
    truth: dict[Hashable, Ints] = {}
    drawn: dict[Hashable, float] = {}
    texts: dict[Hashable, int] = {}
    given: list[tuple[str, ...]] = []
    faults: list[Fault] = []
    for row in reading(path):
        if isinstance(row, Fault):
            faults.append(row)
            continue
        identity = layout.identity(key, row.values)
        if identity is None or identity in truth or identity in drawn:
            faults.append(Fault(row.where, f"the {key} is {'empty' if identity is None else 'there twice'}"))
            continue
        try:
            if planned:
                drawn[identity] = _probability(row.values.get(INCLUSION))
            value = layout.value("label", row.values)
            if value is None and planned:
                continue
            truth[identity] = reader.row(value)
            texts |= _text_of(identity, key, layout, row)
            given.append(tuple(reader.names(value)))
        except InputError as error:
            faults.append(Fault(row.where, str(error)))
    if faults:
        raise InputError(f"'{path}' has {counted(len(faults), 'bad row')}.", faults=faults, fix="Mend or remove them.")
    say_renamed(f"'{path.name}'", given, reader.respelt)
    unanswered = len(drawn) - len(truth) if planned else 0
    return LabelledSample(key, truth, _as_answered(path, drawn, truth), unanswered, texts)


def _text_of(identity: Hashable, key: str, layout: InputColumns, row: Row) -> dict[Hashable, int]:
    """The key of an article's text, where articles are found by their ids and the file has texts too."""
    text = layout.value("text", row.values) if key == "id" else None
    return {} if text is None else {identity: text_key(str(text))}


def _probability(value: Any) -> float:
    try:
        found = float(value.replace(",", ".") if isinstance(value, str) else value)  # Excel may write 0,25
    except (TypeError, ValueError):
        found = 0.0
    if not 0 < found <= 1:
        raise InputError(
            f"'{INCLUSION}' is the probability of being drawn, above 0 and at most 1. Got '{value}' instead"
        )
    return found


def _as_answered(path: Path, drawn: Mapping[Hashable, float], truth: Mapping[Hashable, Ints]) -> dict[Hashable, float]:
    """The probability of being drawn and labelled, of each labelled article.

    Articles of equal probability stand for one another (weighting classes: Little and Rubin, Statistical Analysis with
    Missing Data, 2002, section 3.3), so that a class without any label is a part of the corpus that nobody looked at.
    """
    if drawn and not truth:
        raise InputError(f"'{path}': no article has a label yet.", fix="Fill in the column of labels.")
    kind = {identity: round(probability, 9) for identity, probability in drawn.items()}
    every, answered = Counter(kind.values()), Counter(kind[identity] for identity in truth if identity in kind)
    silent = {probability: number for probability, number in every.items() if not answered[probability]}
    if silent:
        probability, number = max(silent.items(), key=lambda item: item[1])
        raise InputError(
            f"'{path}': none of the {number:,} articles with {INCLUSION} {probability:g} has a label, so that nothing "
            "is known about the part of the corpus that they stand for.",
            fix="Label some of them. Write [] where an article of a multi-label task has no label.",
        )
    return {identity: drawn[identity] * answered[kind[identity]] / every[kind[identity]] for identity in truth if drawn}


def _check_true_labels(path: Path, present: Sequence[str], layout: InputColumns, columns: Mapping[str, str]) -> None:
    if "label" not in layout.names:
        raise InputError(
            f"'{path}' has no column of true labels. It has {names(present)}.", fix="--set data.columns.label=NAME"
        )
    if "label" not in columns:
        check_true_labels(present, str(path))
