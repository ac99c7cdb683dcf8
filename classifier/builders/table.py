"""Tables with one article per row: CSV, TSV, JSONL or Parquet; labels in one column, or in one for each annotator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from classifier.annotations import annotate, from_columns
from classifier.articles import Article, read_articles
from classifier.errors import Fault
from classifier.readers import read_rows


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
            read_rows(file, encoding),
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


def _annotated(
    items: Iterable[Article | Fault], annotators: Sequence[str], multi_label: bool, separator: str | None
) -> Iterator[Article | Fault]:
    for item in items:
        if isinstance(item, Fault):
            yield item
            continue
        votes = from_columns(item.extra, annotators, multi_label=multi_label, label_separator=separator)
        if isinstance(votes, str):
            yield Fault(item.where, votes, record={"text": item.text, **item.extra})
        else:
            rest = {name: value for name, value in item.extra.items() if name not in annotators}
            yield annotate(replace(item, extra=rest), votes, multi_label=multi_label)
