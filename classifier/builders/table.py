"""Tables with one article per row: CSV, TSV, JSONL or Parquet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from classifier.articles import Article, checked, read_articles
from classifier.readers import read_rows


def read(
    files: Mapping[str, Path],
    columns: Mapping[str, str | None],
    *,
    pair: bool | None = None,
    multi_label: bool = False,
    label_separator: str | None = None,
    encoding: str = "utf-8",
) -> dict[str, list[Article]]:
    """Read one table per part.

    Args:
        files: part (``all``, or ``train``, ``validation``, ``test``) -> file.
        columns: standard name -> the table's name for it, or None.
        pair: True demands a target column, False ignores it, None takes it if it is there.
        multi_label: whether an article may have none or several labels.
        label_separator: what divides several labels in one cell.
        encoding: of the text files.

    Raises:
        InputError: a file or some of its rows cannot be used; every bad row is listed.
    """
    return {
        part: checked(
            read_articles(
                read_rows(file, encoding),
                columns,
                pair=pair,
                labelled=True,
                multi_label=multi_label,
                label_separator=label_separator,
                file=str(file),
            ),
            f"'{file}'",
        )
        for part, file in files.items()
    }
