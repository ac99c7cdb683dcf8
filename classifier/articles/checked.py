"""The good and the bad rows of an input: apart, or one error with every bad row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from classifier.articles.article import Article
from classifier.articles.label_cells import NO_SEPARATOR, SEPARATOR_FIX
from classifier.articles.labels import UNKNOWN_LABEL, unknown_as_faults
from classifier.errors import MEND_OR_SKIP, Fault, InputError, names

MOST_SHOWN = 30  # labels of a model in a message
NONE_GOOD = "Mend what is named: no other row is good."


def apart(items: Iterable[Article | Fault], labels: Sequence[str] = ()) -> tuple[list[Article], list[Fault]]:
    """The articles and the bad rows, among which are those whose id an earlier one has.

    Args:
        items: articles and faults, in the order of the input.
        labels: that a model knows, where no others are of use.

    Example:
        >>> good, bad = apart([Article("1", "Rain.", where="a.csv:2"), Article("1", "Snow.", where="a.csv:3")])
        >>> [article.text for article in good]
        ['Rain.']
        >>> print(*bad)
        a.csv:3: the id '1' is already that of a.csv:2
    """
    good: list[Article] = []
    bad: list[Fault] = []
    first: dict[str, str] = {}
    for item in unknown_as_faults(items, labels) if labels else items:
        if isinstance(item, Fault):
            bad.append(item)
        elif item.id in first:
            bad.append(Fault(item.where, f"the id '{item.id}' is already that of {first[item.id]}", "duplicate id"))
        else:
            good.append(item)
            first[item.id] = item.where
    return good, bad


def checked(items: Iterable[Article | Fault], what: str, *, labels: Sequence[str] = ()) -> list[Article]:
    """All the articles, or one `InputError` with every bad row.

    Args:
        items, labels: as in `apart`.
        what: name of the input in the message, such as ``'my.csv'``.

    Raises:
        InputError: at least one row is bad, or there is no row at all.
    """
    good, bad = apart(items, labels)
    if bad:
        rows = "row" if len(bad) == 1 else "rows"
        unseparated = all(fault.kind.endswith(NO_SEPARATOR) for fault in bad)
        fix = SEPARATOR_FIX if unseparated else MEND_OR_SKIP if good else NONE_GOOD
        if any(fault.kind == UNKNOWN_LABEL for fault in bad):
            more = f" and {len(labels) - MOST_SHOWN:,} more" if len(labels) > MOST_SHOWN else ""
            fix += f" The model's labels are {names(labels[:MOST_SHOWN])}{more}."
        raise InputError(f"{what} has {len(bad):,} bad {rows}.", faults=bad, fix=fix)
    if not good:
        raise InputError(f"{what} holds no articles.", fix="Give at least one row below the header.")
    return good
