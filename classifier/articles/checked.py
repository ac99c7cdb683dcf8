"""The good and the bad rows of an input: apart, or one error with every bad row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from classifier.articles.article import Article
from classifier.articles.label_cells import NO_SEPARATOR, SEPARATOR_FIX, SEVERAL, SEVERAL_FIX
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


def rows_fix(kinds: Iterable[str], good: int, *, none_good: str = NONE_GOOD, known: bool = False) -> str:
    """What to do about bad rows: a setting where it reads them, rather than to leave out what is good.

    Args:
        kinds: of their faults.
        good: how many other rows there are.
        none_good: what to do where there are none.
        known: whether a model says what labels an article has.

    Example:
        >>> print(rows_fix(["label has several labels", "text is empty"], 0))
        If articles may have several labels: --set data.task=multi_label. Mend what is named: no other row is good.
    """
    kinds = list(kinds)
    if all(kind.endswith(NO_SEPARATOR) for kind in kinds):
        return SEPARATOR_FIX
    fix = MEND_OR_SKIP if good else none_good
    several = not known and any(kind.endswith(SEVERAL) for kind in kinds)
    return f"{SEVERAL_FIX}. {fix if not good else f'Else {fix[0].lower()}{fix[1:]}'}" if several else fix


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
        fix = rows_fix([fault.kind for fault in bad], len(good), known=bool(labels))
        if any(fault.kind == UNKNOWN_LABEL for fault in bad):
            more = f" and {len(labels) - MOST_SHOWN:,} more" if len(labels) > MOST_SHOWN else ""
            fix += f" The model's labels are {names(labels[:MOST_SHOWN])}{more}."
        raise InputError(f"{what} has {len(bad):,} bad {rows}.", faults=bad, fix=fix)
    if not good:
        raise InputError(f"{what} holds no articles.", fix="Give at least one row below the header.")
    return good
