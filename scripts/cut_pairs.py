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

import as_command
import typer

from classifier.articles.article import Article
from classifier.dataset.builders.fnc1 import read


def main(
    source: Annotated[Path, typer.Argument(help="folder of FNC-1")],
    out: Annotated[Path, typer.Option(help="folder for train.jsonl and test.jsonl")],
    train: Annotated[int, typer.Option(help="training pairs")] = 400,
    test: Annotated[int, typer.Option(help="test pairs")] = 1000,
    related: Annotated[bool, typer.Option("--related", help="without the pairs labelled unrelated")] = False,
    seed: int = 1,
) -> None:
    found = read(source)
    every = [pair for pair in found.get("train", found.get("all", ())) if isinstance(pair, Article)]
    pairs = [pair for pair in every if not (related and pair.labels == ("unrelated",))]
    draw = random.Random(seed)
    names = sorted({pair.extra["body_id"] for pair in pairs})
    draw.shuffle(names)
    tested = set(names[: len(names) // 2])
    out.mkdir(parents=True, exist_ok=True)
    for name, number, is_test in (("train", train, False), ("test", test, True)):
        of = [pair for pair in pairs if (pair.extra["body_id"] in tested) == is_test]
        _write(out / f"{name}.jsonl", draw.sample(of, min(number, len(of))))
    (out / "config.toml").write_text('[data]\ntrain = "train.jsonl"\ntest = "test.jsonl"\n', "utf-8")
    typer.echo(f"{out}: training and test pairs of {len(names)} bodies")


def _write(file: Path, pairs: list[Article]) -> None:
    rows = (
        {"text": pair.text, "target": pair.target, "label": pair.labels[0], "source": f"b{pair.extra['body_id']}"}
        for pair in pairs
    )
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


if __name__ == "__main__":
    as_command.run(main)
