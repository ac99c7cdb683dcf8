"""Tables with one article per row: CSV, TSV, JSONL or Parquet; labels in one column, or in one for each annotator."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from classifier.articles.annotators import annotate, from_columns
from classifier.articles.arrow import arrow_type, fitting, text_cell, to_json
from classifier.articles.article import Article, as_record
from classifier.articles.columns import columns_of
from classifier.articles.program_rows import read_program_rows
from classifier.articles.readers.row import Row
from classifier.articles.readers.table import read_rows
from classifier.articles.rows import read_articles
from classifier.dataset.builders.settings import Parts, PartSettings, TableSettings
from classifier.dataset.builders.staging import StagedArticles
from classifier.errors import Fault, InputError, did_you_mean, names
from classifier.files import is_temporary

LABEL_SEPARATOR = ";"  # between several labels in a CSV cell that is written
BATCH = 1000


class Settings(PartSettings, TableSettings):
    """The settings of ``[data]`` that this builder uses."""

    label_separator: str | None = None
    encoding: str = "utf-8"
    annotators: tuple[str, ...] = ()

    def open(self) -> Parts:
        """The articles of each file."""
        return read(
            self.files,
            self.named,
            pair=self.pair,
            multi_label=self.multi_label,
            label_separator=self.label_separator,
            annotators=self.annotators,
            encoding=self.encoding,
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

    Raises:
        InputError: a file or a column is missing; found while reading.
    """
    parts = {
        part: read_articles(
            _with_annotators(_rows(file, encoding), annotators, str(file)),
            columns,
            pair=pair,
            labelled=not annotators,
            multi_label=multi_label,
            label_separator=label_separator,
            file=str(file),
        )
        for part, file in files.items()
    }
    if not annotators:
        return parts
    return {part: _annotated(items, annotators, multi_label, label_separator) for part, items in parts.items()}


def _rows(file: Path, encoding: str) -> Iterator[Row | Fault]:
    """The rows of a table, or of a file with the rows of a program."""
    return read_program_rows(file) if is_temporary(file) else read_rows(file, encoding)


def _with_annotators(rows: Iterable[Row | Fault], annotators: Sequence[str], file: str) -> Iterator[Row | Fault]:
    """The rows, each with a column for every annotator; an error where the table lacks one."""
    if not annotators:
        yield from rows
        return
    present, rows = columns_of(rows)
    faults = [
        Fault(file, f"there is no column '{name}' for this annotator.{did_you_mean(name, present)}")
        for name in annotators
        if present and name not in present
    ]
    if faults:
        raise InputError(
            f"{len(faults)} annotator(s) have no column; the columns are {names(present)}.",
            faults=faults,
            fix='Name the columns of your annotators: --set \'data.annotators=["NAME", "NAME"]\'',
        )
    for row in rows:
        yield row if isinstance(row, Fault) else replace(row, values={**dict.fromkeys(annotators), **row.values})


def _annotated(
    items: Iterable[Article | Fault], annotators: Sequence[str], multi_label: bool, separator: str | None
) -> Iterator[Article | Fault]:
    for item in items:
        if isinstance(item, Fault):
            yield item
            continue
        votes = from_columns(item.extra, annotators, multi_label=multi_label, label_separator=separator)
        if isinstance(votes, str):
            yield Fault(item.where, votes, "annotator's label", as_record(item))
        else:
            rest = {name: value for name, value in item.extra.items() if name not in annotators}
            yield annotate(replace(item, extra=rest), votes, multi_label=multi_label)


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
    divided = sorted(name for name in found.labels if LABEL_SEPARATOR in name or name != name.strip())
    if multi_label and divided:
        raise InputError(
            f"Labels in a CSV cell are separated by '{LABEL_SEPARATOR}', but these contain it: {names(divided)}.",
            fix="Rename them, or write jsonl or parquet.",
        )
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(found.columns(multi_label)))
        writer.writeheader()
        for record in found.records(multi_label):
            if multi_label:
                record["labels"] = LABEL_SEPARATOR.join(record["labels"])
            writer.writerow({name: text_cell(value) for name, value in record.items()})
