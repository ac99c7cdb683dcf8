"""Articles whose labels can be read from a few words."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from classifier.articles.article import Article

SIGNALS = {
    "opinion": ["should", "believe", "wrong", "shame"],
    "reporting": ["council", "police", "said", "tuesday"],
    "satire": ["moon", "cheese", "wizard", "penguin"],
}
FILLER = [f"word{i}" for i in range(60)]


def make_articles(n: int, seed: int = 0, *, pair: bool = False, multi_label: bool = False) -> list[Article]:
    """Articles whose label can be read from a few words, from five sources."""
    rng = random.Random(seed)
    articles = []
    for index in range(n):
        labels = tuple(sorted(rng.sample(sorted(SIGNALS), rng.randint(0, 2)))) if multi_label else (_nth(index),)
        words = [
            *rng.choices(FILLER, k=rng.randint(8, 60)),
            f"word{index % 60}",
            *(w for s in labels for w in SIGNALS[s] * 3),
        ]
        rng.shuffle(words)
        articles.append(
            Article(
                id=f"a{index}",
                text=" ".join(words),
                labels=labels,
                target=" ".join(rng.choices(FILLER, k=5)) if pair else None,
                source=f"source{index % 5}",
                date=f"2024-{index % 12 + 1:02d}-{index % 27 + 1:02d}",
                where=f"made:{index}",
            )
        )
    return articles


def write_jsonl(path: Path, articles: list[Article], *, multi_label: bool = False) -> Path:
    lines = []
    for article in articles:
        label: Any = list(article.labels) if multi_label else article.labels[0]
        record = {
            "id": article.id,
            "text": article.text,
            "label": label,
            "source": article.source,
            "date": article.date,
        }
        if article.target is not None:
            record["target"] = article.target
        lines.append(json.dumps(record))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _nth(index: int) -> str:
    return sorted(SIGNALS)[index % len(SIGNALS)]
