"""The folder in which the docstrings' examples run: what they name by a relative path."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import tomli_w

from classifier.articles.article import Article
from classifier.jobs.building.build import build
from classifier.jobs.predict.files import predict_files
from classifier.jobs.train import train
from tests.makers.articles import make_articles
from tests.makers.models import make_checkpoint

SETTINGS = {
    "model": {"max_length": 32, "windows": 1},
    "train": {
        "device": "cpu",
        "bf16": False,
        "learning_rate": 0.01,
        "num_train_epochs": 2,
        "batch_size": 8,
        "token_budget": 512,
        "freeze_layers": 0,
        "freeze_embeddings": False,
        "blend": "none",
        "calibration": "none",
    },
    "evaluate": {"bootstrap_samples": 100},
}


def make_examples(folder: Path) -> Path:
    """Write ``articles.csv``, ``mislabelled.csv``, ``archive.jsonl``, ``genre.toml``, ``predicted.csv``, and more.

    More is ``datasets/mine``, ``runs/first`` and ``runs/second``. The encoder is ``models/tiny``. A run keeps the
    paths of this folder, so that a copy of it works as well.
    """
    folder.mkdir(parents=True, exist_ok=True)
    articles = make_articles(120)
    _write_csv(folder / "articles.csv", articles)
    wrong = [replace(a, labels=("opinion",)) if a.id == "a17" else a for a in articles]  # it is satire
    _write_csv(folder / "mislabelled.csv", wrong)
    archive = [replace(article, id=f"new{i}") for i, article in enumerate(make_articles(40, seed=7))]
    lines = [json.dumps({"id": a.id, "text": a.text, "source": a.source, "date": a.date}) for a in archive]
    (folder / "archive.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    make_checkpoint(folder / "models" / "tiny")
    settings = {"data": {"path": "articles.csv"}, **SETTINGS, "model": {"name": "models/tiny", **SETTINGS["model"]}}
    config = folder / "genre.toml"
    config.write_text(tomli_w.dumps(settings), encoding="utf-8")
    build(str(config), folder / "datasets" / "mine")
    for name, seed in (("first", 1), ("second", 2)):
        train(str(folder / "datasets" / "mine"), folder / "runs" / name, seed=seed)
    predict_files(folder / "runs" / "first", [str(folder / "archive.jsonl")], folder / "predicted.csv")
    return folder


def _write_csv(path: Path, articles: list[Article]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "text", "label", "source", "date"])
        rows.writerows([a.id, a.text, a.labels[0], a.source, a.date] for a in articles)
