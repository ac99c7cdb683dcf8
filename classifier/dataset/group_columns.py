"""The columns by which articles are grouped: found by the names that the settings give, and read like standard columns.

A group's column may be any column of the source, which a builder hands through as it is. Here a word for a missing
value becomes None, and ``3.0`` becomes ``3`` in a column of numbers; standard columns are read so already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any

from classifier.articles.article import OPTIONAL, Article
from classifier.articles.columns import ALIASES, ROWS_FOR_COLUMNS, meant_columns
from classifier.articles.folding import name_key
from classifier.articles.missing import MissingWords
from classifier.articles.remarks import Remarks
from classifier.articles.split_names import SPLITS, split_name
from classifier.articles.whole_numbers import are_numbers, whole
from classifier.errors import Fault, InputError, names, shell_word

LONGEST = 40  # characters of a name of a split
Parts = Mapping[str, Iterable[Article | Fault]]


@dataclass(frozen=True)
class GroupedParts:
    """Articles whose groups are known.

    Attributes:
        parts: part -> articles and faults, read once.
        columns: setting -> the columns of the articles that it names, in its order.
        split_like: a column that holds the names of splits though it is not read as such; None where there is none.
    """

    parts: Parts
    columns: Mapping[str, tuple[str, ...]]
    split_like: str | None


def read_groups(
    parts: Parts, asked: Mapping[str, Sequence[str]], named: Mapping[str, str | None], missing: MissingWords
) -> GroupedParts:
    """Find the columns of the groups, as the first articles have them, and read them as they are meant.

    Args:
        parts: part -> articles and faults, read once.
        asked: setting -> the columns that it names, such as ``split.group_by``.
        named: standard name -> the user's name for it, or None.
        missing: words that stand for a missing value.

    Raises:
        InputError: two columns could equally be meant by a name.
    """
    opened: dict[str, Iterable[Article | Fault]] = {}
    first: list[Article] = []
    for part, items in parts.items():
        items = iter(items)
        peeked = list(islice(items, ROWS_FOR_COLUMNS))
        first += [item for item in peeked if isinstance(item, Article)]
        opened[part] = chain(peeked, items)
    extra = list(dict.fromkeys(name for article in first for name in article.extra))
    used = {name for name in OPTIONAL if any(getattr(article, name) is not None for article in first)}
    columns = {
        setting: tuple(dict.fromkeys(_column(setting, name, extra, used, named) for name in given))
        for setting, given in asked.items()
    }
    unread = [name for name in dict.fromkeys(chain(*columns.values())) if name not in used]
    if unread:
        numbers = {name for name in unread if are_numbers(v for a in first if not missing.lack(v := a.extra.get(name)))}
        what = " and ".join(setting for setting, given in asked.items() if given)
        opened = {
            part: _read(items, unread, numbers, missing, what if part == "all" else f"{what} ({part})")
            for part, items in opened.items()
        }
    return GroupedParts(opened, columns, _split_like(first))


def _column(setting: str, name: str, extra: Sequence[str], used: set[str], named: Mapping[str, str | None]) -> str:
    """The column that a name of the settings means; the name itself where there is none."""
    if name in extra or name in used:
        return name
    key = name_key(name)
    own = [k for k, n in named.items() if n and name_key(n) == key]
    standard = [k for k in (*own, *(k for k, aliases in ALIASES.items() if key in aliases)) if k in used]
    meant = standard[:1] or meant_columns(name, extra)
    if len(meant) > 1:
        raise InputError(
            f"{setting} names '{name}', and the columns {names(meant)} could all be meant.",
            fix=f"Name one as it is written: --set {shell_word(f'{setting}={meant[0]}')}",
        )
    return meant[0] if meant else name


def _read(
    items: Iterable[Article | Fault], columns: Sequence[str], numbers: set[str], missing: MissingWords, what: str
) -> Iterator[Article | Fault]:
    remarks = Remarks()
    for item in items:
        if isinstance(item, Fault) or not any(name in item.extra for name in columns):
            yield item
            continue
        extra = dict(item.extra)
        for name in columns:
            extra[name] = _value(extra.get(name), name, missing, remarks, number=name in numbers)
        yield replace(item, extra=extra)
    remarks.say(what, missing)


def _value(value: Any, column: str, missing: MissingWords, remarks: Remarks, *, number: bool) -> Any:
    if missing.mean(value):
        remarks.missing[column, value] += 1
        return None
    return whole(value, text=number)


def _split_like(first: Sequence[Article]) -> str | None:
    """A column with the names of splits, train and test among them, where there is no column of splits."""
    if any("split" in article.extra for article in first):
        return None
    for name in dict.fromkeys(name for article in first for name in article.extra):
        values = [value for article in first if (value := article.extra.get(name)) is not None]
        if all(isinstance(value, str) and len(value) < LONGEST for value in values):
            found = {split_name(value) for value in set(values)}
            if {"train", "test"} <= found <= set(SPLITS):
                return name
    return None
