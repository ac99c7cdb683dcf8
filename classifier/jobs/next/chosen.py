"""The files of the articles that were chosen: a table, and tasks for Label Studio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.arrays import Floats32
from classifier.articles.article import Article
from classifier.articles.new_articles import renamed
from classifier.articles.writers import open_writer
from classifier.dataset.builders.write import write_articles
from classifier.jobs.next.judge import Judge
from classifier.stats.selection import Selection, uncertainty

ADDED = ("rank", "guess", "score", "why")

PoolRow = dict[str, Any]


def added_columns(
    selection: Selection, proba: Floats32, scores: npt.NDArray[np.float32], judge: Judge
) -> list[PoolRow]:
    """``rank``, ``guess``, ``score`` and ``why`` of each article that was chosen."""
    multi_label = judge.labels.multi_label
    ids = judge.decide(proba[selection.rows])
    guesses = judge.labels.decode(ids)
    return [
        {
            "rank": rank,
            "guess": list(guess) if multi_label else guess[0],
            "score": round(float(scores[row]), 4),
            "why": f"{_doubt_in_words(proba[row], given, judge)}; {_likeness_in_words(int(alike))}",
        }
        for rank, (row, alike, guess, given) in enumerate(
            zip(selection.rows, selection.alike, guesses, ids, strict=True), start=1
        )
    ]


def _doubt_in_words(proba: Floats32, given: Any, judge: Judge) -> str:
    """The label that is given and the likeliest other one, which may have the higher score; or the doubtful one."""
    names = judge.labels.names
    if not judge.labels.multi_label:
        other = next(int(k) for k in np.argsort(-proba, kind="stable") if k != given)
        return f"{names[given]} {proba[given]:.2f}, {names[other]} {proba[other]:.2f}"
    limits = np.array(judge.thresholds if judge.thresholds is not None else [0.5] * len(names))
    each = [uncertainty(proba[None, [i]], True, [float(limits[i])])[0] for i in range(len(names))]
    nearest = int(np.argmax(each))
    return f"{names[nearest]} {proba[nearest]:.2f}, its threshold is {limits[nearest]:.2f}"


def _likeness_in_words(alike: int) -> str:
    return f"one of {alike} candidates that are alike" if alike > 1 else "unlike the other candidates"


def write_tasks(file: Path, articles: Sequence[Article], added: Sequence[PoolRow]) -> None:
    """Tasks without an answer: a guess that annotators see first is one that they tend to keep."""
    unlabelled = (
        replace(article, labels=(), extra={**renamed(article.extra, ADDED), **more})
        for article, more in zip(articles, added, strict=True)
    )
    write_articles(unlabelled, file, kind="label-studio", multi_label=False)


def write_rows(out: Path, records: Sequence[PoolRow]) -> None:
    """Write the rows of the pool that were chosen, with what was added to them."""
    columns: dict[str, set[type]] = {}
    for record in records:
        for name, value in record.items():
            columns.setdefault(name, set()).add(type(value))
    with open_writer(out, columns) as writer:
        writer.write(records)
