"""Sources in JSON Lines, and what a build makes of them."""

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

from classifier.articles.article import Article
from classifier.dataset.folder import DatasetFolder
from tests.makers.articles import FILLER, make_articles


def write(path: Path, *records: object) -> Path:
    """JSON lines of records, or of lines as they stand."""
    lines = (record if isinstance(record, str) else json.dumps(record) for record in records)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def rows(n: int, **more: object) -> list[dict[str, Any]]:
    return [{"id": a.id, "text": a.text, "label": a.labels[0], **more} for a in make_articles(n)]


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def split_of(dataset: DatasetFolder) -> dict[str, str | None]:
    table = dataset.assigned()
    return dict(zip(table["id"].to_pylist(), table["split"].to_pylist(), strict=True))


def spoilt(path: Path) -> Path:
    """60 good rows, and bad ones of six kinds among them."""
    good = rows(60)
    return write(
        path,
        *good[:20],
        {"id": "b1", "text": " ", "label": "satire", "source": "x"},
        *good[20:40],
        '{"id": "b2", "text": ',
        {"id": "b3", "text": "some words", "label": None},
        {**good[3], "text": "The id of another article."},
        {"id": "b4", "text": "Read more", "label": "satire", "source": "x"},
        {"id": "b5", "text": "", "label": "satire"},
        *good[40:],
    )


def near(article: Article) -> Article:
    """The same article with its last word changed."""
    return replace(article, id=f"near {article.id}", text=f"{article.text.rsplit(' ', 1)[0]} word0 word1")


def long_articles(n: int) -> list[Article]:
    rng = random.Random(7)
    return [replace(a, text=" ".join([a.text, *rng.choices(FILLER, k=60)])) for a in make_articles(n)]


def annotated(path: Path) -> Path:
    """40 articles by three annotators: two ties, and eight where one of three says something else."""
    records = []
    for i, article in enumerate(make_articles(40)):
        votes = dict.fromkeys(("anna", "ben", "cem"), article.labels[0])
        if i % 5 == 0:
            votes["ben"] = "satire" if article.labels[0] == "opinion" else "opinion"
        if i in (7, 8):
            votes = {"anna": "opinion", "ben": "satire", "cem": None}
        records.append({"id": article.id, "text": article.text, **votes})
    return write(path, *records)
