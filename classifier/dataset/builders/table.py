"""Tables with one article per row; labels in one column, in one for each label, or in one for each annotator."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from classifier.articles.annotators import annotate, from_columns, say_spellings
from classifier.articles.arrow import arrow_type, fitting, text_cell, to_json
from classifier.articles.article import Article, as_record
from classifier.articles.columns import columns_called, first_rows, names_in, number_columns
from classifier.articles.label_cells import LabelProblem
from classifier.articles.label_columns import label_column, with_labels
from classifier.articles.missing import MissingWords, missing_words
from classifier.articles.readers.row import Row
from classifier.articles.readers.table import check_sheet, read_rows
from classifier.articles.remarks import Remarks
from classifier.articles.rows import read_articles
from classifier.articles.whole_numbers import whole
from classifier.articles.xlsx import SUFFIX, CellCheck, XlsxWriter
from classifier.dataset.builders.settings import Parts, PartSettings, TableSettings
from classifier.dataset.builders.staging import StagedArticles, describe_place
from classifier.errors import Fault, InputError, names
from classifier.temporary import path_name

LABEL_SEPARATOR = ";"  # between several labels in a CSV cell that is written
BATCH = 1000


class Settings(PartSettings, TableSettings):
    """The settings of ``[data]`` that this builder uses."""

    label_separator: str | None = None
    encoding: str = "utf-8"
    sheet: str | None = None
    annotators: tuple[str, ...] = ()

    def open(self) -> Parts:
        """The articles of each file."""
        if self.columns.labels:
            return read_label_columns(
                self.files,
                self.named,
                self.columns.labels,
                pair=self.pair,
                multi_label=self.multi_label,
                encoding=self.encoding,
                missing=self.missing,
                sheet=self.sheet,
            )
        return read(
            self.files,
            self.named,
            pair=self.pair,
            multi_label=self.multi_label,
            label_separator=self.label_separator,
            annotators=self.annotators,
            encoding=self.encoding,
            missing=self.missing,
            sheet=self.sheet,
        )


def read(
    files: Mapping[str, Path],
    columns: Mapping[str, str | None],
    *,
    pair: bool | None = None,
    multi_label: bool = False,
    label_separator: str | None = None,
    annotators: Sequence[str] = (),
    encoding: str = "utf-8",
    missing: Sequence[str] | None = None,
    sheet: str | None = None,
) -> dict[str, Iterator[Article | Fault]]:
    """A stream of articles, and of faults for bad rows, for each part.

    Args:
        files: part (``all``, or ``train``, ``validation``, ``test``) -> file.
        columns: standard name -> the table's name for it, or None.
        pair: True demands a target column, False ignores it, None takes it if it is there.
        multi_label: whether an article may have none or several labels.
        label_separator: what separates several labels in one cell.
        annotators: columns with the labels of one annotator each, instead of a label column; the majority counts.
        encoding: of the text files.
        missing: words that stand for a missing value; None = the usual ones.
        sheet: of workbooks, where several have rows.

    Raises:
        InputError: a file or a column is missing; found while reading.
    """
    check_sheet(files.values(), sheet)
    parts = {
        part: read_articles(
            _with_annotators(
                read_rows(file, encoding, sheet), annotators, missing_words(missing), path_name(file), label_separator
            ),
            columns,
            pair=pair,
            labelled=not annotators,
            multi_label=multi_label,
            label_separator=label_separator,
            missing=missing,
            file=path_name(file),
            votes=annotators,
        )
        for part, file in files.items()
    }
    if not annotators:
        return parts
    return {part: _annotated(items, annotators, multi_label, label_separator) for part, items in parts.items()}


def read_label_columns(
    files: Mapping[str, Path],
    columns: Mapping[str, str | None],
    labels: Sequence[str],
    *,
    pair: bool | None = None,
    multi_label: bool = False,
    encoding: str = "utf-8",
    missing: Sequence[str] | None = None,
    sheet: str | None = None,
) -> dict[str, Iterator[Article | Fault]]:
    """As `read`, for tables with one column for each label.

    Args:
        files, columns, pair, multi_label, encoding, missing, sheet: as in `read`.
        labels: the columns, named after the labels; 1, true or x where an article has the label.

    Raises:
        InputError: a file or a column is missing; found while reading.
    """
    check_sheet(files.values(), sheet)
    words = missing_words(missing)
    return {
        part: read_articles(
            with_labels(read_rows(file, encoding, sheet), labels, words, multi_label=multi_label, file=path_name(file)),
            {**columns, "label": label_column(labels)},
            pair=pair,
            labelled=True,
            multi_label=multi_label,
            missing=missing,
            file=path_name(file),
        )
        for part, file in files.items()
    }


def _with_annotators(
    rows: Iterable[Row | Fault], annotators: Sequence[str], missing: MissingWords, file: str, separator: str | None
) -> Iterator[Row | Fault]:
    """The rows, each with a column for every annotator and its votes as they are meant; an error for a lacking column.

    A word for a missing value is no vote, and ``3.0`` is ``3`` in a column of numbers.
    """
    if not annotators:
        yield from rows
        return
    first, rows = first_rows(rows)
    which = {"file": file, "of": "annotator", "setting": "data.annotators"}
    columns = columns_called(annotators, names_in(first), **which) if first else {}
    numbers = number_columns(first, columns.values(), missing, separator)
    remarks = Remarks()
    for row in rows:
        if isinstance(row, Fault):
            yield row
            continue
        rest = {name: value for name, value in row.values.items() if name not in columns.values()}
        votes = {
            name: _vote(row.values.get(column), column, missing, remarks, number=column in numbers)
            for name, column in columns.items()
        }
        yield replace(row, values={**rest, **votes})
    remarks.say(file, missing)


def _vote(value: Any, column: str, missing: MissingWords, remarks: Remarks, *, number: bool) -> Any:
    """The cell of an annotator: None for a word that stands for a missing vote, ``3`` for ``3.0``."""
    if missing.mean(value, label=True):
        remarks.missing[column, value] += 1
        return None
    if missing.may_mean(value):
        remarks.classes[column, value] += 1
    return whole(value, text=number)


def _annotated(
    items: Iterable[Article | Fault], annotators: Sequence[str], multi_label: bool, separator: str | None
) -> Iterator[Article | Fault]:
    given: Counter[str] = Counter()
    for item in items:
        if isinstance(item, Fault):
            yield item
            continue
        votes = from_columns(item.extra, annotators, multi_label=multi_label, label_separator=separator)
        if isinstance(votes, LabelProblem):
            yield Fault(item.where, votes.what, votes.kind, as_record(item))
        else:
            rest = {name: value for name, value in item.extra.items() if name not in annotators}
            given.update(name for labels in votes.values() for name in labels)
            yield annotate(replace(item, extra=rest), votes, multi_label=multi_label)
    say_spellings(given)


def write_parquet(found: StagedArticles, path: Path, multi_label: bool) -> None:
    """Write every column with its type; labels in ``label`` (a name), or in ``labels`` (a list of names)."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(name, arrow_type(kinds)) for name, kinds in found.columns(multi_label).items()])
    records = found.records(multi_label)
    with pq.ParquetWriter(path, schema) as writer:
        while batch := list(islice(records, BATCH)):
            rows = [{column.name: fitting(row.get(column.name), column.type) for column in schema} for row in batch]
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))


def write_jsonl(found: StagedArticles, path: Path, multi_label: bool) -> None:
    """Write one object per line; labels as in Parquet."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.writelines(to_json(record) + "\n" for record in found.records(multi_label))


def write_csv(found: StagedArticles, path: Path, multi_label: bool) -> None:
    """Write every column as text; several labels in one cell, separated by ``;``."""
    _check_separable(found, multi_label)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(found.columns(multi_label)))
        writer.writeheader()
        for record in _flat_records(found, multi_label):
            writer.writerow({name: text_cell(value) for name, value in record.items()})


def write_xlsx(found: StagedArticles, path: Path, multi_label: bool) -> None:
    """Write a workbook with the columns of the CSV; numbers and dates keep their types."""
    _check_separable(found, multi_label)
    cells = CellCheck(Path(f"articles{SUFFIX}"))
    for article in found:
        cells.add(describe_place(article), {"text": article.text, **article.extra})
    columns = list(found.columns(multi_label))
    cells.check(len(columns))
    records = _flat_records(found, multi_label)
    with XlsxWriter(path, columns, called=cells.path) as writer:
        while batch := list(islice(records, BATCH)):
            writer.write(batch)


def _flat_records(found: StagedArticles, multi_label: bool) -> Iterator[dict[str, Any]]:
    for record in found.records(multi_label):
        if multi_label:
            record["labels"] = LABEL_SEPARATOR.join(record["labels"])
        yield record


def _check_separable(found: StagedArticles, multi_label: bool) -> None:
    """Raise `InputError` if a label contains what would separate it from the others."""
    divided = sorted(name for name in found.labels if LABEL_SEPARATOR in name or name != name.strip())
    if multi_label and divided:
        raise InputError(
            f"Labels in a cell are separated by '{LABEL_SEPARATOR}', but these contain it: {names(divided)}.",
            fix="Rename them, or write jsonl or parquet.",
        )
