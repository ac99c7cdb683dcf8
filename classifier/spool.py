"""Articles on their way to a file: kept on disk until all columns, their types and the labels are known."""

from __future__ import annotations

import datetime as dt
import json
import pickle
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from classifier.articles import OPTIONAL, Article

KINDS = {"bool": bool, "int": int, "float": float, "str": str, "datetime": dt.datetime, "date": dt.date, "bytes": bytes}


@dataclass
class Spool:
    """Articles in a temporary file, and what a format must know before the first one.

    Attributes:
        file: holds the articles.
        count: how many there are.
        filled: standard columns that any of them fills.
        extra: extra column -> kinds of its values, as `kind_of` has them.
        labels: that occur.
    """

    file: IO[bytes]
    count: int = 0
    filled: set[str] = field(default_factory=set)
    extra: dict[str, set[str]] = field(default_factory=dict)
    labels: set[str] = field(default_factory=set)

    def __iter__(self) -> Iterator[Article]:
        self.file.seek(0)
        for _ in range(self.count):
            yield pickle.load(self.file)

    def extra_name(self, name: str) -> str:
        """The name of an extra column; one that is called like a standard column in use gets another."""
        return f"original_{name}" if name in self.filled else safe_name(name)

    def columns(self, multi_label: bool) -> dict[str, set[str]]:
        """Column -> kinds of its values: id, text, label(s), the standard columns in use, the extra ones."""
        labels = {"labels": {"list str"}} if multi_label else {"label": {"str"}}
        standard = {name: {"str"} for name in OPTIONAL if name in self.filled}
        extra = {self.extra_name(name): kinds for name, kinds in self.extra.items()}
        return {"id": {"str"}, "text": {"str"}, **labels, **standard, **extra}

    def records(self, multi_label: bool) -> Iterator[dict[str, Any]]:
        """Each article as a record with these columns; it lacks the extra columns that the article lacks."""
        used = [name for name in OPTIONAL if name in self.filled]
        for article in self:
            labels = {"labels": list(article.labels)} if multi_label else {"label": next(iter(article.labels), None)}
            standard = {name: article.column(name) for name in used}
            extra = {self.extra_name(name): value for name, value in article.extra.items()}
            yield {"id": article.id, "text": article.text, **labels, **standard, **extra}


def spool(articles: Iterable[Article], file: IO[bytes]) -> Spool:
    """Write articles to a temporary file and survey them."""
    found = Spool(file)
    for article in articles:
        pickle.dump(article, file, protocol=pickle.HIGHEST_PROTOCOL)
        found.count += 1
        found.filled.update(name for name in OPTIONAL if getattr(article, name) is not None)
        found.labels.update(article.labels)
        for name, value in article.extra.items():
            found.extra.setdefault(name, set()).add(kind_of(value))
    return found


def safe_name(name: str) -> str:
    """The name of an extra column: ``original_NAME`` where it is that of the id, the text or the labels."""
    return f"original_{name}" if name in ("id", "text", "label", "labels") else name


def kind_of(value: Any) -> str:
    """The kind of a value, as Arrow knows it; ``text`` where it is written as text.

    Example:
        >>> kind_of(3), kind_of(["a"]), kind_of({"a": 1})
        ('int', 'list str', 'text')
    """
    if value is None:
        return "null"
    if isinstance(value, list):
        kinds = {kind_of(part) for part in value} - {"null"}
        return f"list {kinds.pop()}" if len(kinds) == 1 else "text" if kinds else "list"
    if type(value) is int and not -(2**63) <= value < 2**63:
        return "text"
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return "instant"
    return next((name for name, known in KINDS.items() if type(value) is known), "text")


def arrow_type(kinds: set[str]) -> Any:
    """The Arrow type of a column with values of these kinds; text where it has none for all of them."""
    import pyarrow as pa

    kinds = kinds - {"null"}
    if kinds and all(kind.startswith("list") for kind in kinds):
        inner = {kind.removeprefix("list ") for kind in kinds} - {"list"}
        return pa.string() if any(kind.startswith(("list", "text")) for kind in inner) else pa.list_(arrow_type(inner))
    if kinds == {"int", "float"}:
        return pa.float64()
    types = {
        "bool": pa.bool_(),
        "int": pa.int64(),
        "float": pa.float64(),
        "date": pa.date32(),
        "datetime": pa.timestamp("us"),
        "instant": pa.timestamp("us", tz="UTC"),
        "bytes": pa.binary(),
    }
    return types.get(next(iter(kinds)), pa.string()) if len(kinds) == 1 else pa.string()


def cell(value: Any) -> Any:
    """A value as text: lists and objects as JSON, dates as ISO 8601; None stays."""
    if value is None or isinstance(value, str):
        return value
    return to_json(value) if isinstance(value, (list, dict)) else str(_plain(value))


def to_json(record: Any) -> str:
    """Strict JSON on one line: not-a-number becomes null, dates ISO 8601, other values their text."""
    try:
        return json.dumps(record, ensure_ascii=False, default=_plain, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(record), ensure_ascii=False, default=_plain)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and (value != value or abs(value) == float("inf")) else value


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (dt.date, dt.datetime, dt.time)) else str(value)
