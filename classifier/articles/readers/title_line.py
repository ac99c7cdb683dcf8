"""A title above the header line: what stands in the first line is no name of a column, and the names stand below it."""

from __future__ import annotations

from collections.abc import Sequence

from classifier.articles.folding import name_key
from classifier.articles.readers.dialect import MARKS
from classifier.errors import InputError

TITLE_WIDTH = 40  # characters of a column's name


def check_title(columns: Sequence[str], beneath: Sequence[str], where: str, *, spans: bool = False) -> None:
    """Raise `InputError` where a title stands above the header line.

    Args:
        columns: the names in the first line.
        beneath: the cells of the line below it.
        where: the place of the first line.
        spans: whether its only cell stands above several columns.

    Example:
        >>> check_title(["text", "label"], ["It rained.", "news"], "a.csv:1")
        >>> check_title(["Export of May"], ["Text;Label"], "a.csv:1")
        Traceback (most recent call last):
        ...
        classifier.errors.InputError: a.csv:1 is no header line ('Export of May'): the names of the columns stand \
below it.
        Fix: Remove the lines above the columns' names.
    """
    if "text" in map(name_key, columns):
        return
    if spans or any("text" in map(name_key, names) and _are_short(names) for names in _as_names(columns, beneath)):
        raise InputError(
            f"{where} is no header line ('{columns[0][:TITLE_WIDTH]}'): the names of the columns stand below it.",
            fix="Remove the lines above the columns' names.",
        )


def _as_names(columns: Sequence[str], beneath: Sequence[str]) -> list[Sequence[str]]:
    """The cells of a line as a header may have them: below a title alone nothing tells what divides them."""
    if len(columns) > 1:
        return [beneath]
    return [beneath, *([cell.strip(' "') for cell in line.split(mark)] for line in beneath[:1] for mark in MARKS)]


def _are_short(names: Sequence[str]) -> bool:
    return max(map(len, names)) < TITLE_WIDTH
