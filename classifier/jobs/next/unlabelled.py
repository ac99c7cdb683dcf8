"""The pool of unlabelled articles: its rows, and which of them are copies of labelled ones or of one another."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TextIO

import numpy as np
import numpy.typing as npt

from classifier.arrays import Ints
from classifier.articles.article import Article
from classifier.articles.new_articles import check_rows, open_sources, read_unlabelled, renamed
from classifier.articles.predicted_by import PREDICTED_BY
from classifier.articles.readers.row import Row
from classifier.config_file import Settings, make_config
from classifier.dataset.duplicates import near_pairs, signatures, text_key
from classifier.dataset.units import join_units
from classifier.errors import Fault, counted
from classifier.evaluation.shares.made_by import scored_labels
from classifier.evaluation.shares.plan import own_columns
from classifier.evaluation.shares.prediction_counts import could_not_be_labelled
from classifier.jobs.next.chosen import ADDED, PoolRow
from classifier.jobs.next.judge import Judge
from classifier.jobs.source import READING_ARTICLES, refuse_written

logger = logging.getLogger(__name__)

SHOWN = 3  # rows that a warning names


def read_pool(
    judge: Judge, pool: Sequence[str], settings: Settings, stdin: TextIO | None, stdin_format: str | None = None
) -> tuple[list[PoolRow], list[Article]]:
    """What is kept of each row of the pool, and its article; rows that ``predict`` could not label are left out.

    Args:
        judge: says what the columns of its training articles were called.
        pool: files, folders of .txt files, or ``-``.
        settings: those that say how to read it; others are left alone.
        stdin: what ``-`` reads.
        stdin_format: how it is read; None = told by its first bytes.

    Raises:
        InputError: there is no such column or file, or rows cannot be used (all are listed).
    """
    data = make_config({}, {name: value for name, value in settings.items() if name.startswith(READING_ARTICLES)}).data
    named = {key: name for key, name in data.columns.named.items() if name and (judge.columns.get(key) != name)}
    rows: list[Row] = []
    articles: list[Article] = []
    faults: list[Fault] = []
    unlabelled: list[str] = []
    texts = {**judge.columns, **named}.get("text") or "text"
    refuse_written(pool)
    with open_sources(pool, data.encoding, stdin, data.sheet, stdin_format, [texts]) as sources:
        how: dict[str, Any] = {"trained": judge.columns, "missing": data.missing, "date_format": judge.date_format}
        for row, article in read_unlabelled(sources, named, pair=judge.pair, **how):
            predicted = PREDICTED_BY in row.values or not isinstance(article, Article)
            if predicted and could_not_be_labelled(row.values):  # also one whose text has a byte that is no character
                unlabelled.append(row.where)
            elif isinstance(article, Article):
                own = _own(row.values)
                rows.append(replace(row, values=own))
                articles.append(replace(article, extra={k: v for k, v in article.extra.items() if k in own}))
            else:
                faults += [article] if isinstance(article, Fault) else article
    check_rows(faults, len(articles))
    if unlabelled:
        count, more = counted(len(unlabelled), "row"), ", …" if len(unlabelled) > SHOWN else ""
        logger.warning("%s that predict could not label left out: %s%s", count, ", ".join(unlabelled[:SHOWN]), more)
    kept = [renamed(row.values, ADDED) for row in rows]
    if any(all(str(row.values.get(name)) == a.id for row, a in zip(rows, articles, strict=True)) for name in kept[0]):
        return kept, articles
    return [{"id": article.id, **values} for article, values in zip(articles, kept, strict=True)], articles


def _own(values: dict[str, Any]) -> dict[str, Any]:
    """A row without what ``predict`` added to it: who labels it by hand is not to see an answer first."""
    if PREDICTED_BY not in values:
        return values
    return own_columns(values, {f"score_{name}" for name in scored_labels(values)})


def copies(
    articles: Sequence[Article], known: Sequence[Article], near: float | None, pair: bool
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which articles are (near-)duplicates of known ones, and which of an earlier one among them, shape (articles,).

    Args:
        articles: stripped.
        known: stripped too.
        near: estimated Jaccard similarity of word shingles; None = only texts that are equal but for case and space.
        pair: whether articles have targets; those with other targets are then no copies.

    Example:
        >>> texts = [Article("1", "A storm hit."), Article("2", "a storm  hit."), Article("3", "Rain.")]
        >>> [found.tolist() for found in copies(texts, [Article("4", "rain.")], None, pair=False)]
        [[False, False, True], [False, True, False]]
    """
    everything = [*known, *articles]
    texts = [article.text for article in everything]
    pairs = None if near is None else near_pairs(signatures(texts), near)
    unit = join_units(len(texts), [_codes(texts)], pairs)
    if pair:
        targets = _codes([article.target or "" for article in everything])
        unit = np.unique(np.stack([unit, targets], axis=1), axis=0, return_inverse=True)[1].reshape(-1)
    theirs, ours = unit[: len(known)], unit[len(known) :]
    is_known = np.isin(ours, theirs)
    _, first = np.unique(ours, return_index=True)
    repeated = np.ones(len(ours), dtype=bool)
    repeated[first] = False
    return is_known, repeated & ~is_known


def _codes(texts: Sequence[str]) -> Ints:
    keys = np.array([text_key(text) for text in texts], dtype=np.uint64)
    return np.unique(keys, return_inverse=True)[1].astype(np.int64)
