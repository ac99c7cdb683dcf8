"""Predictions and labelled articles as files."""

import json
from pathlib import Path
from typing import Any

from classifier.articles.labels import LabelSet
from classifier.evaluation.shares.label_reader import LabelReader

SINGLE = LabelReader(LabelSet(("a", "b")))


def write(path: Path, records: list[dict[str, Any]]) -> Path:
    """Records as JSONL."""
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def corpus(folder: Path, n: int = 6) -> Path:
    """Predictions of two labels, three sources and two months."""
    return write(
        folder / "p.jsonl",
        [
            {
                "id": f"x{i}",
                "text": f"text {i}",
                "label": "ab"[i % 2],
                "source": f"s{i % 3}",
                "date": f"2024-0{1 + i % 2}-30",
            }
            for i in range(n)
        ],
    )
