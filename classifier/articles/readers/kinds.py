"""Kinds of files that can be read, told by the ends of their names."""

from __future__ import annotations

from pathlib import Path

from classifier.errors import InputError, did_you_mean

TABLE_SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet")
COMPRESSIONS = (".gz", ".zst")
READABLE = "CSV, TSV, JSON, JSONL or Parquet (all but the last also .gz or .zst), or a folder of .txt files"


def table_kind(path: Path) -> str:
    """The suffix that decides how a file is read, such as ``.csv`` for ``a.csv.gz``.

    Raises:
        InputError: the suffix is not one that can be read.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in COMPRESSIONS:
        suffixes.pop()
    kind = suffixes[-1] if suffixes else ""
    if kind not in (*TABLE_SUFFIXES, ".txt"):
        hint = did_you_mean(kind, TABLE_SUFFIXES) if kind else ""
        raise InputError(
            f"'{path}' is of a kind that cannot be read ('{kind or 'no extension'}').{hint}",
            fix=f"Give {READABLE}. A spreadsheet can be saved as CSV.",
        )
    return kind
