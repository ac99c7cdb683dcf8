"""All articles of an input, or one error with every bad row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from classifier.articles.article import Article
from classifier.articles.label_cells import NO_SEPARATOR, SEPARATOR_FIX
from classifier.articles.labels import UNKNOWN_LABEL, unknown_as_faults
from classifier.errors import Fault, InputError, names

MOST_SHOWN = 30  # labels of a model in a message


def checked(articles: Iterable[Article | Fault], what: str, *, labels: Sequence[str] = ()) -> list[Article]:
    """All the articles, or one `InputError` with every bad row.

    Args:
        articles: articles and faults.
        what: name of the input in the message, such as ``'my.csv'``.
        labels: that a model knows, where no others are of use.

    Raises:
        InputError: at least one row is bad, an id occurs twice, or there is no row at all.
    """
    good: list[Article] = []
    faults: list[Fault] = []
    for item in unknown_as_faults(articles, labels) if labels else articles:
        if isinstance(item, Article):
            good.append(item)
        else:
            faults.append(item)
    faults += duplicate_ids(good)
    if faults:
        rows = "row" if len(faults) == 1 else "rows"
        unseparated = all(fault.kind.endswith(NO_SEPARATOR) for fault in faults)
        fix = SEPARATOR_FIX if unseparated else "Mend or remove these rows."
        if any(fault.kind == UNKNOWN_LABEL for fault in faults):
            more = f" and {len(labels) - MOST_SHOWN:,} more" if len(labels) > MOST_SHOWN else ""
            fix += f" The model's labels are {names(labels[:MOST_SHOWN])}{more}."
        raise InputError(f"{what} has {len(faults):,} bad {rows}.", faults=faults, fix=fix)
    if not good:
        raise InputError(f"{what} holds no articles.", fix="Give at least one row below the header.")
    return good


def duplicate_ids(articles: Iterable[Article]) -> list[Fault]:
    """A fault for each article whose id an earlier one has."""
    first: dict[str, str] = {}
    faults = []
    for article in articles:
        if article.id in first:
            what = f"the id '{article.id}' is already that of {first[article.id]}"
            faults.append(Fault(article.where, what, "duplicate id"))
        first.setdefault(article.id, article.where)
    return faults
