"""Evaluations with made predictions, written as a run writes them; no model is trained."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from classifier.articles.article import Article
from classifier.articles.labels import LabelSet
from classifier.evaluation.groups import group_articles
from classifier.evaluation.predictions import predictions_table
from classifier.evaluation.result import evaluate, write_evaluation

LABELS = LabelSet(("a", "b", "c"))


def made_articles(truth: Sequence[int], **columns: Sequence[Any]) -> list[Article]:
    rows = [{name: values[row] for name, values in columns.items()} for row in range(len(truth))]
    standard = ("source", "target", "author", "date", "language")
    return [
        Article(
            f"id{row}",
            f"text {row}",
            (LABELS.names[label],),
            **{n: v for n, v in more.items() if n in standard},
            extra={n: v for n, v in more.items() if n not in standard},
        )
        for row, (label, more) in enumerate(zip(truth, rows, strict=True))
    ]


def made_table(
    articles: list[Article],
    predicted: np.ndarray,
    columns: Sequence[str] = (),
    crossed: Sequence[str] = (),
    **more: Any,
) -> pa.Table:
    proba = np.full((len(articles), 3), 0.1, dtype=np.float32)
    proba[np.arange(len(articles)), predicted] = 0.8
    grouping = group_articles(articles, columns=columns, crossed=crossed)
    return predictions_table(articles, LABELS, proba, predicted, predicted, grouping=grouping, **more)


def write_run(
    path: Path,
    articles: list[Article],
    predicted: np.ndarray,
    columns: Sequence[str] = (),
    crossed: Sequence[str] = (),
) -> Path:
    """A run folder with nothing but its test evaluation."""
    folder = path / "evaluation" / "test"
    folder.parent.mkdir(parents=True)
    found = evaluate(
        "test",
        articles,
        LABELS,
        predicted,
        others={"tfidf": predicted, "majority": predicted * 0},
        samples=20,
        grouping=group_articles(articles, columns=columns, crossed=crossed),
    )
    write_evaluation(folder, found, made_table(articles, predicted, columns, crossed))
    for name, content in (("config.toml", ""), ("dataset.json", "{}"), ("manifest.json", '{"format_version": 1}')):
        (path / name).write_text(content)
    return path


def write_seeds(path: Path, articles: list[Article], runs: Sequence[np.ndarray]) -> Path:
    """A folder of several seeds."""
    for seed, predicted in enumerate(runs):
        write_run(path / f"seed-{seed}", articles, predicted)
    (path / "plan.json").write_text(json.dumps({"dataset": "d", "overrides": [], "seeds": list(range(len(runs)))}))
    return path


def write_folds(path: Path, articles: list[Article], predicted: np.ndarray, folds: Sequence[int]) -> Path:
    """A folder of all folds, with validation articles for a tenth."""
    write_run(path / "fold-01", articles, predicted)
    (path / "fold-01" / "dataset.json").write_text('{"settings": {"split": {"validation_size": 0.1}}}')
    table = made_table(articles, predicted).append_column("fold", pa.array(folds, pa.int64()))
    pq.write_table(table, path / "predictions.parquet")
    (path / "plan.json").write_text('{"dataset": "d", "overrides": [], "seeds": []}')
    return path


REFERENCE = "run (a89f6ad5b90f)"  # what predictions of a reference run say made them, if its labels are a, b and c


def write_reference_run(
    folder: Path, truth: Sequence[Any], guess: Sequence[Any], sources: Sequence[str | None] | None = None, **info: Any
) -> Path:
    """A run as far as an estimate of shares reads it: what the model says of itself, and the test predictions."""
    values = {
        "labels": LABELS.names,
        "multi_label": isinstance(truth[0], list),
        "pair": False,
        "pooling": "mean",
        "max_length": 48,
        "windows": 1,
        "stride": 0,
        "window_choice": "head",
        "bf16": False,
        "base_model": "tiny",
        "version": "0",
        "format_version": 1,
        **info,
    }
    (folder / "model").mkdir(parents=True)
    (folder / "evaluation" / "test").mkdir(parents=True)
    (folder / "model" / "classifier.json").write_text(json.dumps(values))
    (folder / "config.toml").write_text("")
    (folder / "dataset.json").write_text(json.dumps({"path": "dataset"}))
    (folder / "manifest.json").write_text(json.dumps({"format_version": 1}))
    table = {"label": truth, "predicted": guess, "source": pa.array(sources or [None] * len(truth), pa.string())}
    pq.write_table(pa.table(table), folder / "evaluation" / "test" / "predictions.parquet")
    return folder


def predictions(truth: np.ndarray, right: float, rng: np.random.Generator) -> np.ndarray:
    """Labels of which about so many are right."""
    return np.where(rng.random(len(truth)) < right, truth, (truth + rng.integers(1, 3, size=len(truth))) % 3)
