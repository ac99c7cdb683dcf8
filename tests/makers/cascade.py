"""A run of which TF-IDF is a part, and articles of which it is surer of some than of others."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

from classifier.articles.article import Article
from classifier.jobs.train import train
from tests.makers.articles import FILLER, make_articles, write_jsonl
from tests.makers.settings import tiny


def make_mixed(n: int, seed: int = 0) -> list[Article]:
    """Articles of no source; of each third one nothing can be read, and the others are easy."""
    rng = random.Random(seed)
    return [
        replace(
            article,
            source=None,
            text=article.text if index // 3 % 3 else " ".join(rng.choices(FILLER, k=rng.randint(8, 60))),
        )
        for index, article in enumerate(make_articles(n, seed))
    ]


def make_cascade_run(folder: Path, checkpoint: Path, **settings: object) -> Path:
    """Train a run with 160 validation articles, enough for an agreement of .95."""
    file = write_jsonl(folder / "articles.jsonl", make_mixed(400))
    chosen = {
        "split.validation_size": 0.4,
        "train.blend": 0.5,
        "train.calibration": "auto",
        "train.num_train_epochs": 1,
    }
    return train(file, folder / "run", settings=tiny(checkpoint, **{**chosen, **settings}), anyway=True).run.path
