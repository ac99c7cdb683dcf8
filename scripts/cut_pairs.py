"""A few pairs cut from FNC-1, to measure on few labels: no body is in train and in test.

    python scripts/cut_pairs.py ../shared/data/fnc1 --out FOLDER [--related]

Half of the bodies are for test. ``config.toml`` names ``train.jsonl`` and ``test.jsonl``. The same call cuts the same
pairs.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Annotated

import typer

from classifier.articles.readers.row import Row
from classifier.articles.readers.table import read_rows


def main(
    source: Annotated[Path, typer.Argument(help="folder of train_bodies.csv and train_stances.csv")],
    out: Annotated[Path, typer.Option(help="folder for train.jsonl and test.jsonl")],
    train: Annotated[int, typer.Option(help="training pairs")] = 400,
    test: Annotated[int, typer.Option(help="test pairs")] = 1000,
    related: Annotated[bool, typer.Option("--related", help="without the pairs labelled unrelated")] = False,
    seed: int = 1,
) -> None:
    bodies = {row["Body ID"]: row["articleBody"] for row in _rows(source / "train_bodies.csv")}
    pairs = [row for row in _rows(source / "train_stances.csv") if not (related and row["Stance"] == "unrelated")]
    draw = random.Random(seed)
    names = sorted({row["Body ID"] for row in pairs})
    draw.shuffle(names)
    tested = set(names[: len(names) // 2])
    out.mkdir(parents=True, exist_ok=True)
    for name, number, is_test in (("train", train, False), ("test", test, True)):
        of = [row for row in pairs if (row["Body ID"] in tested) == is_test]
        _write(out / f"{name}.jsonl", draw.sample(of, min(number, len(of))), bodies)
    (out / "config.toml").write_text('[data]\ntrain = "train.jsonl"\ntest = "test.jsonl"\n', "utf-8")
    typer.echo(f"{out}: training and test pairs of {len(names)} bodies")


def _rows(file: Path) -> list[dict[str, str]]:
    return [dict(row.values) for row in read_rows(file) if isinstance(row, Row)]


def _write(file: Path, rows: list[dict[str, str]], bodies: dict[str, str]) -> None:
    pairs = (
        {
            "text": bodies[row["Body ID"]],
            "target": row["Headline"],
            "label": row["Stance"],
            "source": f"b{row['Body ID']}",
        }
        for row in rows
    )
    file.write_text("".join(json.dumps(pair) + "\n" for pair in pairs), "utf-8")


if __name__ == "__main__":
    typer.run(main)
