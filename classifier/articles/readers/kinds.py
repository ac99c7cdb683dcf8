"""Kinds of files that can be read, told by the ends of their names."""

from __future__ import annotations

from pathlib import Path

from classifier.errors import InputError, did_you_mean

WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
ARROW = (".feather", ".arrow")
TABLE_SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet", *ARROW, *WORKBOOKS)
WEB_PAGES = (".html", ".htm")
TEXT_SUFFIXES = (".txt", *WEB_PAGES)
COMPRESSIONS = (".gz", ".zst")
ARCHIVE = ".zip"
READABLE = (
    "CSV, TSV, JSON, JSONL (each also .gz or .zst), Parquet, Arrow or Excel; a folder of such tables or of .txt files; "
    "or a .zip of them"
)


def named_kind(path: Path) -> str:
    """The end of a name without its compression, such as ``.csv`` for ``a.CSV.gz``; empty where there is none.

    Example:
        >>> named_kind(Path("a.CSV.gz")), named_kind(Path("a"))
        ('.csv', '')
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in COMPRESSIONS:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def table_kind(path: Path) -> str:
    """The end of a name, without its compression, that decides how a file is read.

    Raises:
        InputError: it is not one that can be read.
    """
    kind = named_kind(path)
    if kind not in (*TABLE_SUFFIXES, *TEXT_SUFFIXES, ARCHIVE):
        hint = did_you_mean(kind, TABLE_SUFFIXES) if kind else ""
        raise InputError(
            f"'{path}' is of a kind that cannot be read ('{kind or 'no extension'}').{hint}", fix=f"Give {READABLE}."
        )
    return kind
