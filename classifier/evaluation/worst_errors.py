"""The worst errors of an evaluation, with the sentences that led the model there: ``evaluation/SPLIT/errors.json``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.arrays import Floats32, Ints
from classifier.articles.article import Article
from classifier.models.decider import Decider
from classifier.models.evidence import as_evidence, explain, without_repeated_title
from classifier.models.predictor import Predictor
from classifier.progress import SILENT, Progress

MOST = 20


def worst_errors(
    split: str,
    articles: Sequence[Article],
    predictor: Predictor,
    proba: Floats32,
    predicted: Ints,
    *,
    most: int = MOST,
    progress: Progress = SILENT,
) -> dict[str, Any]:
    """The articles with the highest score on a label that is given and wrong, highest first.

    Args:
        split: names the articles.
        articles: labelled.
        predictor: the model.
        proba: its probabilities, shape (articles, classes).
        predicted: its labels: ids (articles,) or a 0/1 matrix. An article that only lacks a label is no error here.
        most: how many.
        progress: told of each article.

    Returns:
        What ``errors.json`` holds: ``format_version``, ``split``, ``articles``, ``wrong`` (how many have a wrong label)
        and ``errors``, each with ``id``, ``true``, ``predicted``, ``label`` (the wrong one with the highest score,
        which the evidence is for), ``score``, ``scores``, ``source``, ``target``, ``title``, ``text``, and
        ``evidence``: all sentences in order, with ``part``, ``start`` and ``end`` in title or text, and ``effect``.
    """
    wrong = _wrong(articles, predictor, predicted)
    scores = np.where(wrong, proba, -1)
    order = np.argsort(-scores.max(axis=1), kind="stable")
    rows = [row for row in order.tolist() if wrong[row].any()][:most]
    labels = scores.argmax(axis=1)[rows].tolist()
    with progress.task(f"explaining errors on {split}", len(rows)) as task:
        evidence = explain(predictor, [articles[row] for row in rows], labels, task)
    names = predictor.label_set.decode(predicted)
    errors = [
        _record(articles[row], names[row], predictor.info.labels, proba[row], label) | {"evidence": as_evidence(found)}
        for row, label, found in zip(rows, labels, evidence, strict=True)
    ]
    counts = {"articles": len(articles), "wrong": int(wrong.any(axis=1).sum())}
    return {"format_version": 1, "split": split, **counts, "errors": errors}


def _wrong(articles: Sequence[Article], decider: Decider, predicted: Ints) -> npt.NDArray[np.bool_]:
    """Which labels are given and wrong, shape (articles, classes)."""
    truth = decider.label_set.encode(article.labels for article in articles)
    if decider.info.multi_label:
        return np.asarray((predicted == 1) & (truth == 0))
    given = np.eye(len(decider.info.labels), dtype=bool)[predicted]
    return np.asarray(given & (predicted != truth)[:, None])


def _record(
    article: Article, predicted: Sequence[str], classes: Sequence[str], proba: npt.NDArray[np.float32], label: int
) -> dict[str, Any]:
    order = np.argsort(-proba, kind="stable")
    return {
        "id": article.id,
        "true": list(article.labels),
        "predicted": list(predicted),
        "label": classes[label],
        "score": round(float(proba[label]), 6),
        "scores": [{"label": classes[i], "score": round(float(proba[i]), 6)} for i in order],
        "source": article.source,
        "target": article.target,
        "title": without_repeated_title(article).title,
        "text": article.text,
    }
