"""Articles that other tools' formats find hard, and how to read them back."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from classifier.articles.article import Article
from classifier.dataset.builders import argilla, fasttext, label_studio, prodigy, table
from classifier.errors import Fault

LABELS = ("hard news", "opinion", "satire")
ANNA, BEN, CEM = (f"00000000-0000-0000-0000-00000000000{i}" for i in range(3))
TEXTS = (
    'She said "no", then left.\n\nNext: semi;colon, comma',
    "An emoji 😀 and a line separator\u2028inside, non\u00a0breaking",
    "tab\tand \\ backslash, [x] {y}\r\nwindows line, lone\rreturn",
    "  space around, ümläuts, 汉字  ",
)

SUFFIXES = {
    "parquet": ".parquet",
    "jsonl": ".jsonl",
    "csv": ".csv",
    "xlsx": ".xlsx",
    "fasttext": ".txt",
    "label-studio": ".json",
    "argilla": ".json",
    "prodigy": ".jsonl",
}


def read_back(path: Path, kind: str, *, multi_label: bool) -> list[Article | Fault]:
    if kind == "fasttext":
        parts: Mapping[str, Any] = fasttext.read({"all": path}, multi_label=multi_label)
    elif kind in ("label-studio", "argilla", "prodigy"):
        builder = {"label-studio": label_studio, "argilla": argilla, "prodigy": prodigy}[kind]
        parts = builder.read(path, multi_label=multi_label)  # type: ignore[attr-defined]
    else:
        parts = table.read({"all": path}, {}, multi_label=multi_label, label_separator=";")
    return list(parts["all"])


def awkward(*, multi_label: bool = False, pair: bool = False, extra: bool = False) -> list[Article]:
    """Twelve articles that are hard to write down."""
    return [
        Article(
            id=f"a{i}",
            text=f"{TEXTS[i % 4]} {i}",
            labels=LABELS[: i % 4] if multi_label else (LABELS[i % 3],),
            title=f'Title "{i}"' if i % 2 else None,
            target=f"A claim, \n{i // 2}" if pair else None,
            date="2024-05-31",
            extra=columns(i) if extra else {},
        )
        for i in range(12)
    ]


def columns(i: int) -> dict[str, Any]:
    """Columns of every type."""
    return {
        "page": i,
        "share": i / 3,
        "paid": bool(i % 2),
        "note": None if i % 2 else "a, b",
        "tags": ["x", "y\n"][: i % 3],
        "sizes": [i, i + 1],
        "seen": dt.datetime(2024, 5, 31, 12, i),
        "zoned": dt.datetime(2024, 5, 31, 12, i, tzinfo=dt.UTC),
        "day": dt.date(2024, 5, 31),
    }


def write_records(path: Path, values: Any) -> Path:
    """Values as a JSON array, or as lines."""
    lines = path.suffix == ".jsonl"
    path.write_text("\n".join(map(json.dumps, values)) if lines else json.dumps(values), encoding="utf-8")
    return path


def articles_of(parts: Mapping[str, Iterator[Article | Fault]]) -> list[Article]:
    """The articles of a source without faults."""
    found = list(parts["all"])
    assert not [item for item in found if isinstance(item, Fault)], found
    return [item for item in found if isinstance(item, Article)]


def choice(*labels: str, name: str = "genre", **more: Any) -> dict[str, Any]:
    """An annotation of Label Studio."""
    item = {"from_name": name, "to_name": "text", "type": "choices", "value": {"choices": list(labels)}}
    return {"result": [item] if labels else [], "was_cancelled": False, **more}


def task(number: int, *annotations: dict[str, Any]) -> dict[str, Any]:
    """A task of Label Studio."""
    data = {"text": f"The council met {number} times", "source": "site"}
    return {"id": number, "data": data, "annotations": list(annotations), "predictions": [choice("wrong")]}


def answer(text: str, who: str | None = None, **more: Any) -> dict[str, Any]:
    """A line of Prodigy."""
    named = {"_annotator_id": who} if who else {}
    return {
        "text": text,
        "_input_hash": sum(map(ord, text)),
        "answer": "accept",
        "meta": {"source": "site"},
        **named,
        **more,
    }


def nested(number: int, *responses: tuple[Any, str], status: str | None = None) -> dict[str, Any]:
    """A record of Argilla as JSON."""
    given = [{"value": v, "user_id": u, **({"status": status} if status else {})} for v, u in responses]
    return {
        "id": f"r{number}",
        "fields": {"text": f"The council met {number} times"},
        "metadata": {"source": "site"},
        "suggestions": {"label": {"value": "wrong", "agent": "model", "score": 0.9}},
        "responses": {"label": given},
        "vectors": {},
        "status": "completed",
        "_server_id": "s",
    }
