"""What `classifier predict` wrote, counted by group: predicted labels, sources, and the articles labelled by hand."""

from __future__ import annotations

import datetime as dt
import logging
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from classifier.arrays import Ints
from classifier.articles.columns import ALIASES
from classifier.articles.date_doubts import date_doubt
from classifier.articles.dates import FULL, DateColumn, clearer
from classifier.articles.new_articles import ERROR
from classifier.articles.predicted_by import LABEL
from classifier.articles.readers.row import Row
from classifier.articles.readers.table import check_sheet, read_rows
from classifier.articles.source_names import source_key
from classifier.articles.whole_numbers import without_zeros, zeros_hint
from classifier.dataset.duplicates import text_key
from classifier.errors import Fault, InputError, counted, did_you_mean, names, shell_word
from classifier.evaluation.shares.input_columns import (
    AS_USUAL,
    NONE,
    PERIODS,
    Group,
    InputColumns,
    Written,
    plain_value,
)
from classifier.evaluation.shares.label_reader import LabelReader
from classifier.evaluation.shares.labelled_sample import LabelledSample, columns_in, first_of, read_labelled
from classifier.evaluation.shares.made_by import MadeBy, check_first
from classifier.progress import SILENT, Progress

logger = logging.getLogger(__name__)
MOST_FAULTS = 10_000


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
        sources: source -> articles; spellings of one are one.
        undated: articles whose date is missing or cannot be read by itself, where groups are cut from it.
        trained: articles whose text the model was trained on, as far as the predictions have texts.
        trained_labelled: those of them that were labelled by hand.
        failed: rows that could not be labelled; they are counted nowhere else.
        planned: rows of a planned sample; 0 for a simple random one.
        unanswered: of those, how many nobody labelled.
        doubts: sentences that say where it is not known which model made the predictions.
        labelled_sources: source -> articles labelled by hand.
    """

    groups: dict[Group, GroupCounts]
    sources: Counter[str]
    undated: int
    trained: int = 0
    trained_labelled: int = 0
    failed: int = 0
    planned: int = 0
    unanswered: int = 0
    doubts: tuple[str, ...] = ()
    labelled_sources: Counter[str] = field(default_factory=Counter)


def could_not_be_labelled(values: Mapping[str, Any]) -> bool:
    """Whether ``classifier predict`` kept a row that it could not label: it has the reason, no label and no score.

    Example:
        >>> could_not_be_labelled({"text": "", "label": "", "score": "", "error": "text is empty"})
        True
    """
    return plain_value(values.get(ERROR)) != NONE and all(
        plain_value(values.get(name)) == NONE for name in (LABEL, "score")
    )


def count_predictions(
    path: Path,
    reader: LabelReader,
    by: Sequence[str] = (),
    *,
    labelled: Path | None = None,
    trained: Set[int] = frozenset(),
    written: Written = AS_USUAL,
    progress: Progress = SILENT,
    each: Callable[[PredictedArticle], None] | None = None,
    see: Callable[[InputColumns, Row], None] | None = None,
) -> PredictionCounts:
    """Count a file of predictions in one reading; memory does not grow with it.

    Args:
        path: the predictions.
        reader: of their labels.
        by: columns to group by; source and the like also where the file calls them otherwise; year, quarter, month,
            week and day are cut from the date where no column has that name.
        labelled: articles with a true label, found in the predictions by id or, without one, by their text.
        trained: keys of the texts that the model was trained on, for counting such articles.
        written: how the files are written, and what their columns are called.
        progress: told of the articles.
        each: takes every article; the groups are then left to it, and only the whole corpus is counted.
        see: shown every row that was labelled, with the columns of the file.

    Raises:
        InputError: another model made them; a column is missing; a label is unknown; a labelled article is not among
            the predictions, or twice, or most of them have another text there.
    """
    check_sheet([path, *([] if labelled is None else [labelled])], written.sheet)
    reading = partial(read_rows, encoding=written.encoding, sheet=written.sheet)
    first, present = first_of(path, reading)
    made = MadeBy(path, reader.model, reader.labels.names)
    check_first(first, made)
    layout = InputColumns.find(present, by, written.columns)
    _check_columns(path, present, layout)
    _check_named(written.columns, [*present, *([] if labelled is None else columns_in(labelled, reading))])
    if layout.cut:
        layout = replace(layout, day_of=_read_dates(path, reading(path), layout, written))
    sample = None if labelled is None else read_labelled(labelled, reader, layout, written.columns, reading)
    counting = _Counting(reader, layout, sample or LabelledSample("", {}), made, each, trained)
    with progress.task("counting", None) as task:
        for row in reading(path):
            task.advance(1)
            counting.add(row)
            if see is not None and isinstance(row, Row) and not could_not_be_labelled(row.values):
                see(layout, row)
    made.check()
    faults = [*counting.faults, *_not_found(labelled, counting)]
    if faults:
        raise InputError(
            f"'{path}' does not fit: {len(faults):,} {'fault' if len(faults) == 1 else 'faults'}.",
            faults=faults,
            fix="Give what classifier predict wrote with this run, and labelled articles that are in it.",
        )
    _check_texts(labelled, counting)
    return counting.result()


def _read_dates(
    path: Path, rows: Iterator[Row | Fault], layout: InputColumns, written: Written
) -> Callable[[str | None], str | None]:
    """Reads the dates of the predictions as their whole column shows them to be written; says which are not read.

    Raises:
        InputError: the column leaves doubt, and no date can be read by itself.
    """
    column = DateColumn(written.date_format)
    usual = column if written.date_format or written.usual is None else DateColumn(written.usual)
    for row in rows:
        value = None if isinstance(row, Fault) else layout.value("date", row.values)
        if value is not None and not isinstance(value, dt.date):
            column.add(str(value), row.where)
            if usual is not column:
                usual.add(str(value), row.where)
    column = clearer(column, usual)
    try:
        read = column.reader()
    except InputError as error:
        if FULL not in column.kinds:
            raise InputError(f"'{path}': {error.message}", fix=error.fix) from None
        read = column.certain()
    doubt = date_doubt(column, column.unread)
    if doubt:
        logger.warning("%s: %s", path, doubt)
    _check_exact(path, column, layout.cut)
    return read


def _check_exact(path: Path, column: DateColumn, periods: Iterable[str]) -> None:
    """Raise `InputError` for periods that are shorter than what the dates tell: all would be in January."""
    told = {"year": ["year"], "month": ["year", "quarter", "month"], "day": [*PERIODS]}[column.unit]
    unknown = [name for name in periods if name not in told]
    if unknown and column.kinds:
        examples = names(next(iter(column.kinds.values())).examples)
        raise InputError(
            f"'{path}': its dates tell only the {column.unit}, such as {examples}, not the {' or '.join(unknown)}.",
            fix=f"Group by {' or '.join(told)}.",
        )


class _Counting:
    """Counts row by row."""

    def __init__(
        self,
        reader: LabelReader,
        layout: InputColumns,
        sample: LabelledSample,
        made: MadeBy,
        each: Callable[[PredictedArticle], None] | None,
        trained: Set[int],
    ) -> None:
        self.reader, self.layout, self.sample, self.made, self.each = reader, layout, sample, made, each
        self.groups: dict[Group, GroupCounts] = {(): GroupCounts(np.zeros(len(reader.labels), np.int64))}
        self.sources: Counter[str] = Counter()
        self.labelled_sources: Counter[str] = Counter()
        self.keys: dict[str, str] = {}
        self.trained = trained
        self.undated = self.failed = self.known = self.known_labelled = 0
        self.found: dict[Hashable, str] = {}
        self.bare = {without_zeros(each): each for each in sample.truth if isinstance(each, str)}
        self.near: dict[Hashable, str] = {}  # id of a labelled article -> that of a prediction, which differs by zeros
        self.others = 0  # labelled articles with another text there
        self.faults: list[Fault] = []

    def add(self, row: Row | Fault) -> None:
        """Count an article, or keep what is wrong with it."""
        if isinstance(row, Fault):
            self.fault(row)
            return
        if could_not_be_labelled(row.values):
            self.failed += 1
            return
        self.made.add(row)
        try:
            guess = self.reader.row(row.values.get(self.layout.predicted))
        except InputError as error:
            self.fault(Fault(row.where, str(error)))
            return
        group, undated = self.layout.group(row.values)
        self.undated += undated
        source = self.layout.value("source", row.values)
        if source is not None:
            source = self.layout.spelt[self.layout.names["source"]].of(str(source))
            self.sources[source] += 1
        truth, inclusion = self.true_label(row)
        if self.trained and self.text_key(row) in self.trained:
            self.known += 1
            self.known_labelled += truth is not None
        if truth is not None and source is not None:
            self.labelled_sources[source] += 1
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
            if isinstance(identity, str) and (meant := self.bare.get(without_zeros(identity))) is not None:
                self.near[meant] = identity
            return nothing
        if identity in self.found:
            if self.sample.key == "id":
                self.fault(Fault(row.where, f"the id '{identity}' is also that of {self.found[identity]}"))
            return nothing
        self.found[identity] = row.where
        key = self.text_key(row)
        if key is not None:
            self.others += self.sample.texts.get(identity, key) != key
        return truth, self.sample.inclusion.get(identity, 1.0)

    def text_key(self, row: Row) -> int | None:
        """The key of an article's text; None where the predictions have none."""
        text = self.layout.value("text", row.values)
        return None if text is None else text_key(str(text))

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
            groups,
            self.sources,
            self.undated,
            self.known,
            self.known_labelled,
            self.failed,
            planned,
            self.sample.unanswered,
            tuple(self.made.doubts()),
            self.labelled_sources,
        )


def _check_columns(path: Path, present: Sequence[str], layout: InputColumns) -> None:
    """Raise `InputError` that names every column that the predictions lack."""
    faults = []
    if "label" not in present:
        faults.append(Fault(str(path), "there is no column 'label', which classifier predict adds"))
    for name in layout.grouped:
        if name not in present and not (name in layout.cut and "date" in layout.names):
            cut = ", nor a date to cut it from" if name in layout.cut else ""
            times = [*PERIODS] if "date" in layout.names else []
            hint = did_you_mean(name, [*present, *times])
            more = f"; {names(times)} come from its dates" if times else ""
            faults.append(Fault(str(path), f"there is no column '{name}'{cut}.{hint} It has {names(present)}{more}"))
    if len(set(layout.by)) < len(layout.by):
        faults.append(Fault("--by", "names a column twice"))
    if faults:
        fix = "Check --by and --model."
        if "label" not in present:
            fix = f"Label the articles first: classifier predict RUN {shell_word(path)} --out labels.csv"
        raise InputError("The predictions cannot be used.", faults=faults, fix=fix)


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


def _check_texts(path: Path | None, counting: _Counting) -> None:
    """Raise `InputError` where ids name other articles than in the predictions, as numbers of rows may; or warn."""
    found, others = len(counting.found), counting.others
    if 2 * others > found:
        raise InputError(
            f"'{path}': {others:,} of the {found:,} labelled articles have another text than the predictions have "
            "under the same id, so the ids name other articles.",
            fix="Give both the same ids, or take the column of ids out of one: articles are then found by their texts.",
        )
    if others:
        logger.warning(
            "%s of %s another text than the predictions have under the same id; they are taken for the same",
            f"{others:,}",
            counted(found, "labelled article has", "labelled articles have"),
        )


def _not_found(path: Path | None, counting: _Counting) -> Iterator[Fault]:
    for identity in counting.sample.truth:
        if identity not in counting.found:
            name = f"id '{identity}'" if counting.sample.key == "id" else "text"
            what = f"there is no prediction for the {name} of a labelled article"
            yield Fault(str(path), f"{what}{zeros_hint(counting.near.get(identity))}", "no prediction")
