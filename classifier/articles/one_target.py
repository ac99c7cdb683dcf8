"""One claim for many articles: a table of articles becomes one of pairs, and says so in a column ``target``."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import partial

from classifier.articles.columns import ALIASES, HEADLINE, meant_columns
from classifier.articles.folding import is_blank
from classifier.articles.new_articles import OpenedInput
from classifier.articles.readers.row import Row
from classifier.errors import Fault, InputError

TARGET = "target"


def check_one_target(target: str, *, pair: bool) -> None:
    """Raise `InputError` if a claim is blank, or the model reads none.

    Example:
        >>> check_one_target("The earth is flat.", pair=False)
        Traceback (most recent call last):
        classifier.errors.InputError: --target is for a model that reads a claim with each article; ...
        Fix: Leave --target out.
    """
    if not pair:
        raise InputError(
            "--target is for a model that reads a claim with each article; this one reads articles alone.",
            fix="Leave --target out.",
        )
    if is_blank(target):
        raise InputError("--target is empty.", fix='Give the claim: --target "The bridge is safe."')


def with_target(sources: Sequence[OpenedInput], target: str, columns: Collection[str] = ()) -> list[OpenedInput]:
    """The inputs, each row with the claim.

    A column ``headline`` stays what it is, unless training took it as the target.

    Args:
        sources: from `open_sources`.
        target: the claim.
        columns: further names of a column with claims, such as that of training.

    Returns:
        Inputs whose rows raise `InputError` where they have claims of their own.
    """
    own = {*ALIASES[TARGET], *columns} if HEADLINE in columns else {*ALIASES[TARGET], *columns} - {HEADLINE}
    return [source._replace(rows=partial(_rows, source, target, own)) for source in sources]


def _rows(source: OpenedInput, target: str, own: Collection[str]) -> Iterator[Row | Fault]:
    checked: list[str] = []
    for row in source.rows():
        if isinstance(row, Fault):
            yield row
            continue
        if list(row.values) != checked:
            checked = list(row.values)
            found = [column for name in own for column in meant_columns(name, checked)]
            if found:
                raise InputError(
                    f"--target is one claim for all articles, and '{source.name}' has claims of its own: '{found[0]}'.",
                    fix=f"Leave --target out, and the claims of '{found[0]}' are read; or remove that column.",
                )
        yield replace(row, values={**row.values, TARGET: target})
