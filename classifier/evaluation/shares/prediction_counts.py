"""What `classifier predict` wrote, counted by group: predicted labels, sources, and the articles labelled by hand."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from classifier.arrays import Ints
from classifier.articles.columns import ALIASES, columns_of, meant_columns
from classifier.articles.dates import plain_day
from classifier.articles.folding import visible
from classifier.articles.label_cells import LabelProblem, divided, label_name
from classifier.articles.labels import LabelSet, other_spellings, say_renamed
from classifier.articles.new_articles import ERROR
from classifier.articles.readers.row import Row
from classifier.articles.readers.table import check_sheet, read_rows
from classifier.articles.source_names import source_key
from classifier.articles.whole_numbers import whole
from classifier.articles.written_lists import written_value
from classifier.dataset.duplicates import text_key
from classifier.errors import Fault, InputError, did_you_mean, names
from classifier.progress import SILENT, Progress

PERIODS = {"year": "%Y", "month": "%Y-%m", "week": "%G-W%V", "day": "%Y-%m-%d"}
NONE = "(none)"
MOST_FAULTS = 10_000
PREDICTED = ("score", "scores")  # columns that stand in predictions only
INCLUSION = "inclusion"  # column of a planned sample: the probability with which each article was drawn
LABEL, BEST_GUESS = "label", "best_guess"  # the latter stands after the former where a model could abstain
Group = tuple[str, ...]
Reading = Callable[[Path], Iterator[Row | Fault]]


@dataclass
class GroupCounts:
    """The articles of one group.

    Attributes:
        articles: all of them.
        predicted: (classes,) how many are predicted to have each label.
        by_source: `source_key` -> articles, then those predicted to have each label (1 + classes,); "" = no source is
            named. Empty where the predictions have no column with sources.
        truth, guess: 0/1 rows (classes,) of those labelled by hand: their true and their predicted labels.
        inclusion: the probability with which each of those was drawn; 1 for all of a simple random sample.
    """

    predicted: Ints
    articles: int = 0
    truth: list[Ints] = field(default_factory=list)
    guess: list[Ints] = field(default_factory=list)
    inclusion: list[float] = field(default_factory=list)
    by_source: dict[str, Ints] = field(default_factory=dict)


@dataclass(frozen=True)
class PredictedArticle:
    """One article of the predictions.

    Attributes:
        values: of its row.
        group: values of the grouping columns.
        guess: 0/1 row of the predicted labels.
        id, source: where there are any.
        truth: 0/1 row of the true labels; None where it was not labelled by hand.
        inclusion: the probability with which it was drawn for that.
    """

    values: Mapping[str, Any]
    group: Group
    guess: Ints
    id: str | None
    source: str | None
    truth: Ints | None
    inclusion: float


@dataclass
class PredictionCounts:
    """A corpus of predictions.

    Attributes:
        groups: values of the grouping columns -> their articles, in order of their names; ``()`` is the whole corpus.
        sources: source -> articles.
        undated: articles whose date is missing or cannot be read by itself, where groups are cut from it.
        labelled_texts: keys of the texts labelled by hand, as far as the predictions have texts.
        failed: rows that could not be labelled; they are counted nowhere else.
        planned: rows of a planned sample; 0 for a simple random one.
        unanswered: of those, how many nobody labelled.
    """

    groups: dict[Group, GroupCounts]
    sources: Counter[str]
    undated: int
    labelled_texts: tuple[int, ...]
    failed: int = 0
    planned: int = 0
    unanswered: int = 0


@dataclass(frozen=True)
class LabelReader:
    """Turns a cell with labels into a 0/1 row.

    Attributes:
        labels: that the model knows.
        separator: divides several labels in one cell.
        seen: cells that were read -> their rows.
        respelt: names that differ from a label in spelling alone -> that label.
    """

    labels: LabelSet
    separator: str | None = None
    seen: dict[str, Ints] = field(default_factory=dict)
    respelt: dict[str, str] = field(default_factory=dict)

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


def could_not_be_labelled(values: Mapping[str, Any]) -> bool:
    """Whether ``classifier predict`` kept a row that it could not label: it has the reason, no label and no score.

    Example:
        >>> could_not_be_labelled({"text": "", "label": "", "score": "", "error": "text is empty"})
        True
    """
    return _plain(values.get(ERROR)) != NONE and all(_plain(values.get(name)) == NONE for name in (LABEL, "score"))


def count_predictions(
    path: Path,
    reader: LabelReader,
    by: Sequence[str] = (),
    *,
    labelled: Path | None = None,
    columns: Mapping[str, str] | None = None,
    encoding: str = "utf-8",
    sheet: str | None = None,
    progress: Progress = SILENT,
    each: Callable[[PredictedArticle], None] | None = None,
) -> PredictionCounts:
    """Count a file of predictions in one reading; memory does not grow with it.

    Args:
        path: the predictions.
        reader: of their labels.
        by: columns to group by; year, month, week and day are cut from the date where no column has that name.
        labelled: articles with a true label, found in the predictions by id or, without one, by their text.
        columns: standard name -> the files' name for it: label (of ``labelled``), id, text, target, source, date.
        encoding: of text files.
        sheet: of workbooks, where several have rows.
        progress: told of the articles.
        each: takes every article; the groups are then left to it, and only the whole corpus is counted.

    Raises:
        InputError: a column is missing; a label is unknown; a labelled article is not among the predictions, or twice.
    """
    check_sheet([path, *([] if labelled is None else [labelled])], sheet)
    reading = partial(read_rows, encoding=encoding, sheet=sheet)
    present = _columns(path, reading)
    layout = _InputColumns.find(present, by, columns or {})
    _check_columns(path, present, layout)
    _check_named(columns or {}, [*present, *([] if labelled is None else _columns(labelled, reading))])
    sample = None if labelled is None else _labelled(labelled, reader, layout, columns or {}, reading)
    counting = _Counting(reader, layout, sample or LabelledSample("", {}), each)
    with progress.task("counting", None) as task:
        for row in reading(path):
            task.advance(1)
            counting.add(row)
    faults = [*counting.faults, *_not_found(labelled, counting)]
    if faults:
        raise InputError(
            f"'{path}' does not fit: {len(faults):,} {'fault' if len(faults) == 1 else 'faults'}.",
            faults=faults,
            fix="Give what classifier predict wrote with this run, and labelled articles that are in it.",
        )
    return counting.result()


@dataclass(frozen=True)
class LabelledSample:
    """Articles labelled by hand.

    Attributes:
        key: how they are found among the predictions: ``id`` or ``text``.
        truth: id, or key of the text -> 0/1 row of the true labels.
        inclusion: the same -> probability of being drawn, of a planned sample.
        unanswered: rows of a planned sample that nobody labelled.
    """

    key: str
    truth: Mapping[Hashable, Ints]
    inclusion: Mapping[Hashable, float] = field(default_factory=dict)
    unanswered: int = 0


@dataclass(frozen=True)
class _InputColumns:
    """Which column of a file holds what: standard name -> the file's name; the columns to group by; the predictions.

    Error rates are those of all labels, not of those that are left where a model abstains: the best guess is counted.
    """

    names: Mapping[str, str]
    by: tuple[str, ...]
    cut: frozenset[str]
    predicted: str = LABEL

    @classmethod
    def find(cls, present: Sequence[str], by: Sequence[str], columns: Mapping[str, str]) -> _InputColumns:
        named = {key: name for key, name in columns.items() if name in present}
        found = {key: named.get(key) or _recognised(key, present) for key in ALIASES}
        names = {key: name for key, name in found.items() if name}
        cut = frozenset(name for name in by if name in PERIODS and name not in present)
        abstained = any(pair == (LABEL, BEST_GUESS) for pair in pairwise(present))
        return cls(names, tuple(by), cut, BEST_GUESS if abstained else LABEL)

    def group(self, values: Mapping[str, Any]) -> tuple[Group, bool]:
        """The values of the grouping columns, and whether a date was needed and there is none."""
        date = _date(self.value("date", values)) if self.cut else None
        group = tuple(
            (NONE if date is None else date.strftime(PERIODS[name])) if name in self.cut else _plain(values.get(name))
            for name in self.by
        )
        return group, bool(self.cut) and date is None

    def value(self, key: str, values: Mapping[str, Any]) -> Any:
        """The value of a standard column, None where there is none."""
        value = values.get(self.names[key]) if key in self.names else None
        return None if value == "" or value != value else value

    def identity(self, key: str, values: Mapping[str, Any]) -> Hashable | None:
        """An article's id; or the key of its text, with the claim where there is one."""
        value = self.value(key, values)
        if value is None or key == "id":
            return None if value is None else str(whole(value))
        return text_key(str(value)), text_key(str(self.value("target", values) or ""))


def group_reader(present: Sequence[str], by: Sequence[str]) -> Callable[[Mapping[str, Any]], Group] | None:
    """Read the values of grouping columns from the rows of another table; None where it does not have all of them.

    Args:
        present: columns of the table.
        by: as in `count_predictions`.

    Example:
        >>> read = group_reader(["date", "source"], ["source", "month"])
        >>> read({"date": "2024-05-07", "source": "Post"})
        ('Post', '2024-05')
        >>> group_reader(["date"], ["section"]) is None
        True
    """
    layout = _InputColumns.find(present, by, {})
    known = {*present, *(layout.cut if "date" in layout.names else ())}
    return None if {*by} - known else lambda values: layout.group(values)[0]


class _Counting:
    """Counts row by row."""

    def __init__(
        self,
        reader: LabelReader,
        layout: _InputColumns,
        sample: LabelledSample,
        each: Callable[[PredictedArticle], None] | None,
    ) -> None:
        self.reader, self.layout, self.sample, self.each = reader, layout, sample, each
        self.groups: dict[Group, GroupCounts] = {(): GroupCounts(np.zeros(len(reader.labels), np.int64))}
        self.sources: Counter[str] = Counter()
        self.keys: dict[str, str] = {}
        self.undated = self.failed = 0
        self.found: dict[Hashable, str] = {}
        self.texts: list[int] = []
        self.faults: list[Fault] = []

    def add(self, row: Row | Fault) -> None:
        """Count an article, or keep what is wrong with it."""
        if isinstance(row, Fault):
            self.fault(row)
            return
        if could_not_be_labelled(row.values):
            self.failed += 1
            return
        try:
            guess = self.reader.row(row.values.get(self.layout.predicted))
        except InputError as error:
            self.fault(Fault(row.where, str(error)))
            return
        group, undated = self.layout.group(row.values)
        self.undated += undated
        source = self.layout.value("source", row.values)
        if source is not None:
            self.sources[str(source)] += 1
        truth, inclusion = self.true_label(row)
        for name in dict.fromkeys(((), group) if self.each is None else ((),)):
            self.count(name, guess, truth, inclusion)
            self.count_source(name, guess, source)
        if self.each is not None:
            source, id_ = (None if v is None else str(v) for v in (source, self.layout.identity("id", row.values)))
            self.each(PredictedArticle(row.values, group, guess, id_, source, truth, inclusion))

    def fault(self, fault: Fault) -> None:
        """Keep it, up to a limit that memory can bear."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(fault)

    def true_label(self, row: Row) -> tuple[Ints | None, float]:
        """What was labelled by hand, for the first prediction of an article, and how probably it was drawn."""
        nothing = None, 1.0
        if not self.sample.truth:
            return nothing
        identity = self.layout.identity(self.sample.key, row.values)
        truth = None if identity is None else self.sample.truth.get(identity)
        if truth is None or identity is None:
            return nothing
        if identity in self.found:
            if self.sample.key == "id":
                self.fault(Fault(row.where, f"the id '{identity}' is also that of {self.found[identity]}"))
            return nothing
        self.found[identity] = row.where
        text = self.layout.value("text", row.values)
        if text is not None:
            self.texts.append(text_key(str(text)))
        return truth, self.sample.inclusion.get(identity, 1.0)

    def count(self, name: Group, guess: Ints, truth: Ints | None, inclusion: float) -> None:
        """One more article in a group."""
        count = self.groups.get(name)
        if count is None:
            count = self.groups[name] = GroupCounts(np.zeros(len(guess), np.int64))
        count.articles += 1
        count.predicted += guess
        if truth is not None:
            count.truth.append(truth)
            count.guess.append(guess)
            count.inclusion.append(inclusion)

    def count_source(self, name: Group, guess: Ints, source: Any) -> None:
        """One more article of its source in a group, where the predictions have sources."""
        if "source" not in self.layout.names:
            return
        written = "" if source is None else str(source)
        if written not in self.keys:
            self.keys[written] = source_key(written)
        counts = self.groups[name].by_source
        key = self.keys[written]
        if key not in counts:
            counts[key] = np.zeros(1 + len(guess), np.int64)
        counts[key][0] += 1
        counts[key][1:] += guess

    def result(self) -> PredictionCounts:
        """The whole corpus first, then its groups by name."""
        groups = dict(sorted(self.groups.items()))  # () is before any other
        planned = len(self.sample.inclusion) + self.sample.unanswered
        return PredictionCounts(
            groups, self.sources, self.undated, tuple(self.texts), self.failed, planned, self.sample.unanswered
        )


def _columns(path: Path, reading: Reading) -> list[str]:
    present, _ = columns_of(reading(path))
    if not present:
        raise InputError(f"'{path}' holds no articles.", fix="Give what classifier predict wrote.")
    return present


def _recognised(key: str, present: Sequence[str]) -> str | None:
    return next((found[0] for alias in ALIASES[key] if (found := meant_columns(alias, present))), None)


def _check_columns(path: Path, present: Sequence[str], layout: _InputColumns) -> None:
    """Raise `InputError` that names every column that the predictions lack."""
    faults = []
    if "label" not in present:
        faults.append(Fault(str(path), "there is no column 'label', which classifier predict adds"))
    for name in layout.by:
        if name not in present and not (name in layout.cut and "date" in layout.names):
            cut = ", nor a date to cut it from" if name in layout.cut else ""
            hint = did_you_mean(name, present)
            faults.append(Fault(str(path), f"there is no column '{name}'{cut}.{hint} It has {names(present)}"))
    if len(set(layout.by)) < len(layout.by):
        faults.append(Fault("--by", "names a column twice"))
    if faults:
        raise InputError("The predictions cannot be used.", faults=faults, fix="Check the file, and --by or --model.")


def _check_named(columns: Mapping[str, str], present: Sequence[str]) -> None:
    """Raise `InputError` for a named column that no file has, or a standard name that there is not."""
    faults = [
        Fault(f"data.columns.{key}={name}", f"there is no column '{name}'.{did_you_mean(name, present)}")
        if key in ALIASES
        else Fault(f"data.columns.{key}", f"there is no such setting.{did_you_mean(key, ALIASES)}")
        for key, name in columns.items()
        if key not in ALIASES or name not in present
    ]
    if faults:
        raise InputError("The columns cannot be found.", faults=faults, fix="Check --set.")


def _date(value: Any) -> dt.date | None:
    if isinstance(value, dt.date):
        return value
    day = plain_day(str(value))
    return None if day is None else dt.date.fromisoformat(day)


def _plain(value: Any) -> str:
    return NONE if value is None or value == "" or value != value else str(value)


def _labelled(
    path: Path, reader: LabelReader, predictions: _InputColumns, columns: Mapping[str, str], reading: Reading
) -> LabelledSample:
    """The articles labelled by hand; all faults become one `InputError`."""
    present = _columns(path, reading)
    layout = _InputColumns.find(present, (), columns)
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
            given.append(tuple(reader.names(value)))
        except InputError as error:
            faults.append(Fault(row.where, str(error)))
    if faults:
        rows = "row" if len(faults) == 1 else "rows"
        raise InputError(f"'{path}' has {len(faults):,} bad {rows}.", faults=faults, fix="Mend or remove them.")
    say_renamed(f"'{path}'", given, reader.respelt)
    return LabelledSample(key, truth, _as_answered(path, drawn, truth), len(drawn) - len(truth) if planned else 0)


def _probability(value: Any) -> float:
    try:
        found = float(value)
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


def _check_true_labels(path: Path, present: Sequence[str], layout: _InputColumns, columns: Mapping[str, str]) -> None:
    if "label" not in layout.names:
        raise InputError(
            f"'{path}' has no column of true labels. It has {names(present)}.", fix="--set data.columns.label=NAME"
        )
    if "label" not in columns and all(column in present for column in PREDICTED):
        raise InputError(
            f"'{path}' was written by classifier predict: its column 'label' holds predictions, not true labels.",
            fix="Name the column with the true ones, such as --set data.columns.label=original_label",
        )


def _not_found(path: Path | None, counting: _Counting) -> Iterator[Fault]:
    for identity in counting.sample.truth:
        if identity not in counting.found:
            name = f"id '{identity}'" if counting.sample.key == "id" else "text"
            yield Fault(str(path), f"there is no prediction for the {name} of a labelled article", "no prediction")
