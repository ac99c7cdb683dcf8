"""Two runs on the same articles: the comparison, and the files that it writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from classifier.articles.writers import open_writer
from classifier.errors import InputError
from classifier.evaluation.comparison import Comparison
from classifier.files import REPLACE, check_free, whole_folder, write_json

FIGURES = "comparison.json"
ARTICLES = "differences.csv"
COLUMNS = ("id", "label", "a", "b", "score_a", "score_b", "right", "source", "group")


def check_out(out: Path, *, overwrite: bool) -> None:
    """Raise `InputError` unless a comparison may be written there: a folder, or a .json file."""
    if out.suffix.lower() != ".json":
        check_free(out, needed={FIGURES, ARTICLES}, allowed=set(), overwrite=overwrite)
    elif out.is_dir():
        raise InputError(f"'{out}' is a folder.", fix="Give the name of a file, or of a folder that is new.")
    elif out.exists() and not overwrite:
        raise InputError(f"'{out}' exists already.", fix=f"Choose another --out, or {REPLACE}.")


def write_comparison(out: Path, found: Comparison, articles: Sequence[Mapping[str, Any]]) -> None:
    """Write the comparison as a .json file, or a folder with ``comparison.json`` and ``differences.csv``."""
    if out.suffix.lower() == ".json":
        write_json(out, asdict(found))
        return
    with whole_folder(out) as partial:
        write_json(partial / FIGURES, asdict(found))
        with open_writer(partial / ARTICLES, {name: {str} for name in COLUMNS}) as writer:
            writer.write(articles)
