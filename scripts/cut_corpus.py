"""A small corpus cut from a labelled one, to measure on few labels.

    python scripts/cut_corpus.py TRAIN TEST --out FOLDER [--unlabelled 3000]

Of every second label (in alphabetical order) a number of articles is drawn from TRAIN and written to ``train.jsonl``;
a sample of the same labels from TEST becomes ``test.jsonl``, and ``config.toml`` names both. Some of the other articles
of these labels in TRAIN are written to ``unlabelled.jsonl``, without their labels. The same call cuts the same
articles.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Annotated

import as_command
import typer

from classifier.articles.readers.row import Row
from classifier.articles.readers.table import read_rows


def main(
    train: Path,
    test: Path,
    out: Annotated[Path, typer.Option(help="folder for train.jsonl and test.jsonl")],
    per_label: Annotated[int, typer.Option(help="training articles of each label")] = 34,
    test_articles: Annotated[int, typer.Option(help="test articles in all")] = 1500,
    unlabelled: Annotated[int, typer.Option(help="most articles without their labels")] = 0,
    seed: int = 13,
) -> None:
    rows = {split: _rows(file) for split, file in (("train", train), ("test", test))}
    labels = sorted({row["label"] for row in rows["train"]})[::2]
    draw = random.Random(seed)
    chosen = [
        row for label in labels for row in draw.sample([r for r in rows["train"] if r["label"] == label], per_label)
    ]
    tested = [row for row in rows["test"] if row["label"] in labels]
    out.mkdir(parents=True, exist_ok=True)
    _write(out / "train.jsonl", chosen)
    _write(out / "test.jsonl", draw.sample(tested, min(test_articles, len(tested))))
    others = [row for row in rows["train"] if row["label"] in labels and row not in chosen]
    pool = draw.sample(others, min(unlabelled, len(others)))
    if pool:
        _write(out / "unlabelled.jsonl", [{name: row[name] for name in row if name != "label"} for row in pool])
    (out / "config.toml").write_text('[data]\ntrain = "train.jsonl"\ntest = "test.jsonl"\n', "utf-8")
    typer.echo(
        f"{out}: {len(chosen)} training and {min(test_articles, len(tested))} test articles of {len(labels)} labels, "
        f"{len(pool)} without"
    )


def _rows(file: Path) -> list[dict[str, str]]:
    return [dict(row.values) for row in read_rows(file) if isinstance(row, Row)]


def _write(file: Path, rows: list[dict[str, str]]) -> None:
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")


if __name__ == "__main__":
    as_command.run(main)
