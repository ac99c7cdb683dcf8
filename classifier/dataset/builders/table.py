"""Tables with one article per row: CSV, TSV, JSONL or Parquet; labels in one column, or in one for each annotator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from classifier.articles.annotators import annotate, from_columns
from classifier.articles.article import Article, as_record
from classifier.articles.columns import columns_of, read_articles
from classifier.articles.kept_rows import read_kept
from classifier.articles.readers import Row, read_rows
from classifier.errors import Fault, InputError, did_you_mean, names
from classifier.files import is_lent


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
        label_separator: what divides several labels in one cell.
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
    """The rows of a table, or those that a program lends."""
    return read_kept(file) if is_lent(file) else read_rows(file, encoding)


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
