"""The verb compare: two runs on the same articles, and the files that say which is better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from classifier.articles.writers import open_writer
from classifier.errors import InputError
from classifier.evaluation.comparison import Comparison, compare_runs
from classifier.files import REPLACE, check_free, whole_folder, write_json
from classifier.one_writer import one_writer

FIGURES = "comparison.json"
ARTICLES = "differences.csv"
COLUMNS = ("id", "label", "a", "b", "score_a", "score_b", "right", "source", "group")


def compare(
    a: str | Path,
    b: str | Path,
    *,
    split: str = "test",
    metric: str = "f1_macro",
    out: str | Path | None = None,
    overwrite: bool = False,
) -> Comparison:
    """Compare two runs (or evaluation folders, or folders of seeds or folds) on the articles that both predicted.

    Args:
        a, b: the folders.
        split: whose stored predictions; no model is run.
        metric: of the verdict.
        out: a .json file to write, or a folder for ``comparison.json`` and ``differences.csv``, the articles that got
            different labels.
        overwrite: replace an older comparison there.

    Raises:
        InputError: there are no predictions, nothing in common, or no such metric; or ``out`` is in use.

    Example:
        >>> found = compare("runs/first", "runs/second")
        >>> (low, high), difference = found.main.interval, found.main.difference
        >>> low <= difference <= high, 0 <= found.main.p <= 1
        (True, True)
    """
    if out is None:
        return compare_runs(a, b, split=split, metric=metric)[0]
    with one_writer(out):
        _check_out(Path(out), overwrite=overwrite)
        found, articles = compare_runs(a, b, split=split, metric=metric)
        _write(Path(out), found, articles)
    return found


def _check_out(out: Path, *, overwrite: bool) -> None:
    """Raise `InputError` unless a comparison may be written there: a folder, or a .json file."""
    if out.suffix.lower() != ".json":
        check_free(out, needed={FIGURES, ARTICLES}, allowed=set(), overwrite=overwrite)
    elif out.is_dir():
        raise InputError(f"'{out}' is a folder.", fix="Give the name of a file, or of a folder that is new.")
    elif out.exists() and not overwrite:
        raise InputError(f"'{out}' exists already.", fix=f"Choose another --out, or {REPLACE}.")


def _write(out: Path, found: Comparison, articles: Sequence[Mapping[str, Any]]) -> None:
    """Write the comparison as a .json file, or a folder with ``comparison.json`` and ``differences.csv``."""
    if out.suffix.lower() == ".json":
        write_json(out, asdict(found))
        return
    with whole_folder(out) as partial:
        write_json(partial / FIGURES, asdict(found))
        with open_writer(partial / ARTICLES, {name: {str} for name in COLUMNS}) as writer:
            writer.write(articles)
