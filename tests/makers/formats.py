"""Articles that other tools' formats find hard, and how to read them back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from classifier.articles.article import Article
from classifier.dataset.builders import argilla, fasttext, label_studio, prodigy, table
from classifier.errors import Fault

TEXTS = (
    'She said "no", then left.\n\nNext: semi;colon, comma',
    "An emoji 😀 and a line separator\u2028inside, non\u00a0breaking",
    "tab\tand \\ backslash, [x] {y}\r\nwindows line, lone\rreturn",
    "  space around, ümläuts, 汉字  ",
)

SUFFIXES = {
    "parquet": ".parquet",
    "jsonl": ".jsonl",
    "csv": ".csv",
    "fasttext": ".txt",
    "label-studio": ".json",
    "argilla": ".json",
    "prodigy": ".jsonl",
}


def read_back(path: Path, kind: str, *, multi_label: bool) -> list[Article | Fault]:
    if kind == "fasttext":
        parts: Mapping[str, Any] = fasttext.read({"all": path}, multi_label=multi_label)
    elif kind in ("label-studio", "argilla", "prodigy"):
        builder = {"label-studio": label_studio, "argilla": argilla, "prodigy": prodigy}[kind]
        parts = builder.read(path, multi_label=multi_label)  # type: ignore[attr-defined]
    else:
        parts = table.read({"all": path}, {}, multi_label=multi_label, label_separator=";")
    return list(parts["all"])
