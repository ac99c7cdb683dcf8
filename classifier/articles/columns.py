"""Which column of a table holds what: standard names, their aliases, and the names that the user gives.

A name means the column that has exactly this name; else the one that differs at most in case, spaces and Unicode form.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

from classifier.articles.folding import name_key
from classifier.articles.missing import MissingWords, missing_words
from classifier.articles.readers.row import Row
from classifier.articles.remarks import Remarks
from classifier.articles.source_names import SITE
from classifier.articles.whole_numbers import are_numbers, is_number, whole
from classifier.errors import Fault, InputError, counted, did_you_mean, names, nearest, shell_word

ALIASES: dict[str, tuple[str, ...]] = {
    "id": ("id",),
    "text": ("text",),
    "label": ("label", "labels"),
    "title": ("title",),
    "target": ("target", "text_pair", "claim", "headline"),
    "source": ("source", "publisher", "outlet", "site", "website", "newspaper", "publication"),
    "author": ("author",),
    "date": ("date", "published", "published_at", "publication_date", "publish_date", "pub_date", "pubdate"),
    "language": ("language",),
    "url": ("url",),
    "split": ("split",),
}
LIKELY: dict[str, tuple[str, ...]] = {  # other names of columns, which a message suggests and nothing takes by itself
    "text": (
        "content",
        "body",
        "article",
        "article_text",
        "article text",
        "articlebody",
        "full_text",
        "maintext",
        "story",
    ),
    "label": ("category", "class", "genre", "stance", "type", "tag", "annotation", "gold", "y"),
    "target": ("topic", "statement", "question", "tweet_target"),
}
DOMAIN = "domain"  # a column of sites, or of fields of knowledge: its values tell
HEADLINE = "headline"  # of these, the one that is mostly the title of its article (`classifier.articles.pairs`)
LONG_TEXT = 200  # characters of a cell on average, from which on a column may hold texts
LONG_NAME = 80  # characters; a longer name of a column is rather an article
MOST_KNOWN = 10_000  # cells of labels that are remembered
ROWS_FOR_COLUMNS = 1000  # rows that are read to find the columns of a table


@dataclass(frozen=True, slots=True)
class Schema:
    """Which column of a table holds what, and how its cells are read.

    Attributes:
        columns: standard name -> name in the table.
        multi_label: whether an article may have none or several labels.
        label_separator: separates the labels in one cell, such as ``;``.
        missing: words that stand for a missing value.
        numbers: columns that hold nothing but numbers, as far as their first rows tell.
        number_texts: whether most texts are numbers, so that the column is hardly the right one.
        remarks: takes what is suspicious in the cells.
        known: cells of labels that are read as they are, without a remark -> their labels.
    """

    columns: Mapping[str, str]
    multi_label: bool = False
    label_separator: str | None = None
    missing: MissingWords = field(default_factory=lambda: missing_words(None))
    numbers: frozenset[str] = frozenset()
    number_texts: bool = False
    remarks: Remarks = field(default_factory=Remarks, compare=False)
    known: dict[str, tuple[str, ...]] = field(default_factory=dict, compare=False)

    @property
    def pair(self) -> bool:
        """Whether the input is a (target, text) pair."""
        return "target" in self.columns

    def cell(self, values: Mapping[str, Any], key: str) -> Any:
        """The value of a standard column: None for a word that stands for a missing one, ``3`` for ``3.0``."""
        column = self.columns.get(key)
        value = None if column is None else values.get(column)
        if column is None or value is None:
            return None
        if self.missing.mean(value):
            self.remarks.missing[column, value] += 1
            return None
        if type(value) is str and column not in self.numbers:
            return value
        return whole(value, text=column in self.numbers)


def read_schema(
    columns: Mapping[str, str],
    first: Sequence[Row],
    *,
    multi_label: bool = False,
    label_separator: str | None = None,
    missing: Sequence[str] | None = None,
) -> Schema:
    """How the cells of a table are read, as its first rows tell.

    Args:
        columns: from `find_columns`.
        first: the first rows.
        multi_label, label_separator: as in `Schema`.
        missing: words that stand for a missing value; None = the usual ones.

    Example:
        >>> rows = [Row("a.csv:2", {"text": "A storm hit.", "label": "1.0"})]
        >>> read_schema({"text": "text", "label": "label"}, rows).numbers
        frozenset({'label'})
    """
    words = missing_words(missing)
    names_ = [name for key, name in columns.items() if key not in ("text", "target", "title")]
    texts = [text for row in first if not words.lack(text := row.values.get(columns.get("text", "")))]
    return Schema(
        columns,
        multi_label,
        label_separator,
        words,
        number_columns(first, names_, words, label_separator),
        2 * sum(map(is_number, texts)) > len(texts),
    )


def number_columns(
    first: Sequence[Row], columns: Iterable[str], missing: MissingWords, separator: str | None = None
) -> frozenset[str]:
    """The columns that hold nothing but numbers, or lists of numbers, in the first rows.

    Args:
        first: the first rows.
        columns: those to look at.
        missing: words that stand for a missing value.
        separator: divides several values in one cell.
    """
    return frozenset(
        name
        for name in columns
        if are_numbers(
            part for row in first for part in _parts(row.values.get(name), separator) if not missing.lack(part)
        )
    )


def _parts(value: Any, separator: str | None) -> Sequence[Any]:
    if isinstance(value, (list, tuple)):
        return value
    return value.split(separator) if isinstance(value, str) and separator else [value]


def find_columns(
    present: Sequence[str], named: Mapping[str, str | None], *, pair: bool | None, labelled: bool, file: str
) -> dict[str, str]:
    """Match a table's columns to the standard names: the named ones first, then those recognised by name.

    Args:
        present: the table's columns.
        named: standard name -> the user's name for it, or None.
        pair: True demands a target, False ignores it, and takes a headline as the title; None takes it if it is there.
        labelled: whether a label column is needed.
        file: name of the table, for messages.

    Raises:
        InputError: a needed or named column is missing, or several could be meant; the message names the columns that
            are there.

    Example:
        >>> find_columns(["Body", "label"], {"text": "Body"}, pair=None, labelled=True, file="a.csv")
        {'text': 'Body', 'label': 'label'}
    """
    meant = {key: meant_columns(name, present) for key, name in named.items() if name}
    missing = {key: str(named[key]) for key, found in meant.items() if not found}
    free = [name for name in present if name not in {name for found in meant.values() for name in found[:1]}]
    meant = {
        key: meant.get(key) or _recognised(key, free) for key in ALIASES if labelled or key != "label" or meant.get(key)
    }
    if pair is False:
        del meant["target"]
        meant["title"] = meant["title"] or meant_columns(HEADLINE, free)
    needed = ["text", *(["label"] if labelled else []), *(["target"] if pair else [])]
    missing = {**missing, **{key: key for key in needed if not meant.get(key) and key not in missing}}
    several = {key: found for key, found in meant.items() if len(found) > 1 and key not in missing}
    _check_found(missing, several, present, file)
    return {key: found[0] for key, found in meant.items() if found}


def meant_columns(name: str, present: Iterable[str]) -> list[str]:
    """The columns that a name may mean: the one that has exactly it, else those that differ in case or spaces alone.

    Example:
        >>> meant_columns("Source", ["source", "SOURCE"]), meant_columns("source", ["source", "SOURCE"])
        (['source', 'SOURCE'], ['source'])
    """
    present = list(present)
    if name in present:
        return [name]
    key = name_key(name)
    return [column for column in present if name_key(column) == key]


def columns_called(
    wanted: Iterable[str], present: Sequence[str], *, file: str, of: str, setting: str
) -> dict[str, str]:
    """Name -> the one column that it means.

    Args:
        wanted: the names.
        present: the table's columns.
        file: name of the table, for messages.
        of: what such a column belongs to, such as ``label``.
        setting: that holds the names.

    Raises:
        InputError: a name means no column, or several; all of them are listed.

    Example:
        >>> columns_called(["Economy"], ["text", "economy "], file="a.csv", of="label", setting="data.columns.labels")
        {'Economy': 'economy '}
    """
    meant = {name: meant_columns(name, present) for name in wanted}
    faults = [
        Fault(file, f"there is no column '{name}' for this {of}.{did_you_mean(name, present)}")
        if not found
        else Fault(file, f"the columns {_and(*found)} could all be those of the {of} '{name}'", "which column")
        for name, found in meant.items()
        if len(found) != 1
    ]
    if faults:
        has = "has" if len(faults) == 1 else "have"
        lack = f"{has} no column" if not any(len(found) > 1 for found in meant.values()) else "cannot be found"
        raise InputError(
            f"{counted(len(faults), of)} {lack}; the columns are {names(present)}.",
            faults=faults,
            fix=f'Name the columns of your {of}s: --set \'{setting}=["NAME", "NAME"]\'',
        )
    return {name: found[0] for name, found in meant.items()}


def doubts(present: Sequence[str], named: Mapping[str, str | None], columns: Mapping[str, str]) -> list[str]:
    """What a user should know about how the columns were found: each time that another one could be meant.

    Args:
        present: the table's columns.
        named: the user's names, as in `find_columns`.
        columns: what `find_columns` found.

    Example:
        >>> doubts(["text", "Text"], {}, {"text": "text"})
        ["the columns 'text' and 'Text' could both be the text; 'text' is taken (data.columns.text names another)"]
    """
    taken = set(columns.values())
    found = []
    for key, column in columns.items():
        keys = _rivals(key, column, columns)
        others = [] if named.get(key) else [n for n in present if n not in taken and name_key(n) in keys]
        if others:
            both = "both" if len(others) == 1 else "all"
            found.append(
                f"the columns {_and(column, *others)} could {both} be the {key}; "
                f"'{column}' is taken (data.columns.{key} names another)"
            )
    return found


def _rivals(key: str, column: str, columns: Mapping[str, str]) -> set[str]:
    """The names that another column could have and be meant as well; all tell an outlet, but `source` tells it best."""
    if key == "source" and name_key(column) == key:
        return {key}
    return {*ALIASES[key], *([HEADLINE] if key == "title" and "target" not in columns else [])}


def sites_column(first: Sequence[Row], named: Mapping[str, str | None]) -> dict[str, str]:
    """A column ``domain`` as the source where it holds names of sites, and no other column is the source.

    Args:
        first: the first rows.
        named: standard name -> the user's name for it, or None.

    Example:
        >>> sites_column([Row("a.csv:2", {"text": "Rain.", "domain": "www.post.example"})], {})
        {'source': 'domain'}
        >>> sites_column([Row("a.csv:2", {"text": "Rain.", "domain": "politics"})], {})
        {}
    """
    present = names_in(first)
    if named.get("source") or _recognised("source", present):
        return {}
    words = missing_words(None)
    for column in meant_columns(DOMAIN, present)[:1]:
        values = [value for row in first if not words.lack(value := row.values.get(column))]
        if values and all(isinstance(value, str) and SITE.fullmatch(name_key(value)) for value in values):
            return {"source": column}
    return {}


def first_rows(rows: Iterable[Row | Fault]) -> tuple[list[Row], Iterator[Row | Fault]]:
    """The rows among the first 1,000 records, and all records."""
    rows = iter(rows)
    first = list(islice(rows, ROWS_FOR_COLUMNS))
    return [row for row in first if isinstance(row, Row)], chain(first, rows)


def names_in(rows: Iterable[Row]) -> list[str]:
    """The columns of some rows, each once; JSON records need not all have the same keys."""
    return list(dict.fromkeys(name for row in rows for name in row.values))


def _recognised(key: str, free: Sequence[str]) -> list[str]:
    return next((found for alias in ALIASES[key] if (found := meant_columns(alias, free))), [])


def _check_found(
    missing: Mapping[str, str], several: Mapping[str, Sequence[str]], present: Sequence[str], file: str
) -> None:
    """Raise `InputError` for standard names without a column, or with several that could equally be meant."""
    faults = [_missing(key, name, present, file) for key, name in missing.items()]
    faults += [
        Fault(file, f"the columns {_and(*found)} could all be the {key}", "which column")
        for key, found in several.items()
    ]
    if not faults:
        return
    if not several:
        what = "A needed column is missing." if len(faults) == 1 else f"{len(faults)} needed columns are missing."
        own = {
            key: (likely_column(key, present) if key == name else None) or nearest(name, present)
            for key, name in missing.items()
        }
        fix = "Name your own: " + " ".join(f"--set {_setting(key, name or 'NAME')}" for key, name in own.items())
        if any(len(name) > LONG_NAME for name in present):
            what += " The first line looks like an article: is there no header line?"
            fix = f"Give the columns' names in the first line, such as {','.join(missing)}"
    else:
        what = "It is not clear which column is meant." if not missing else f"{len(faults)} columns cannot be found."
        named = [*((key, "NAME") for key in missing), *((key, found[0]) for key, found in several.items())]
        fix = "Name the right one: " + " ".join(f"--set {_setting(key, name)}" for key, name in named)
    raise InputError(what, faults=faults, fix=fix)


def _and(*columns: str) -> str:
    return " and ".join(f"'{name}'" for name in columns)


def likely_column(key: str, present: Iterable[str]) -> str | None:
    """The column that may hold what a standard name means, for a message; None where none is known.

    Example:
        >>> likely_column("text", ["Content", "category"]), likely_column("date", ["text"])
        ('Content', None)
    """
    present = list(present)
    return next((found[0] for name in LIKELY.get(key, ()) if (found := meant_columns(name, present))), None)


def name_texts(error: InputError, first: Sequence[Row]) -> None:
    """Name the one column that may hold the texts, where the fix of a missing column knows none.

    Its cells are long. Or they are objects, of which the text is a part.

    Example:
        >>> error = InputError("A needed column is missing.", fix="Name your own: --set data.columns.text=NAME")
        >>> name_texts(error, [Row("a.csv:2", {"Artikel": "It rained. " * 30, "kind": "news"})])
        >>> error.fix
        'Name your own: --set data.columns.text=Artikel'
    """
    held = [name for name, value in first[0].values.items() if isinstance(value, dict)] if first else []
    if held and "text" not in names_in(first):
        parts = ", ".join(map(str, first[0].values[held[0]]))
        error.fix = f"The column '{held[0]}' holds an object with {parts}: make a column of each of its parts."
    long = [name for name in names_in(first) if _is_long(first, name)]
    if len(long) == 1:
        error.fix = error.fix.replace(_setting("text", "NAME"), _setting("text", long[0]))


def _is_long(first: Sequence[Row], name: str) -> bool:
    return sum(len(cell) for row in first if isinstance(cell := row.values.get(name), str)) > LONG_TEXT * len(first)


def _setting(key: str, name: str) -> str:
    return shell_word(f"data.columns.{key}={name}")


def _missing(key: str, name: str, present: Sequence[str], file: str) -> Fault:
    hint = did_you_mean(name, present)
    shown = [each if len(each) <= LONG_NAME else f"{each[:LONG_NAME]}…" for each in present]
    aliases = f" (nor {', '.join(ALIASES[key][1:])})" if name == key and ALIASES[key][1:] else ""
    return Fault(file, f"there is no column '{name}'{aliases} for the {key}.{hint} It has {names(shown)}")
