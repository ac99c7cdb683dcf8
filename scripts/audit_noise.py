"""How well the audit finds wrong labels: some are planted, and those found among the most doubtful are counted.

    python scripts/audit_noise.py ARTICLES.jsonl.gz --articles 2000

A share of the labels is replaced by others at random, the audit's out-of-fold models are fitted on what comes of it,
and the articles are ranked. Labels that were wrong before count as right, so that no precision can reach 1.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import as_command
import numpy as np

from classifier.articles.article import Article
from classifier.articles.checked import checked
from classifier.articles.labels import LabelSet, find_labels
from classifier.articles.readers.table import read_rows
from classifier.articles.rows import read_articles
from classifier.config import Config
from classifier.dataset.duplicates import near_pairs, signatures
from classifier.dataset.units import join_units
from classifier.evaluation.labels.issues import judge_labels
from classifier.evaluation.labels.out_of_fold import out_of_fold
from classifier.jobs.frozen_encoder import embed_layers, frozen_settings
from classifier.models.layers import LayerVectors

FIRST = 100
SEEDS = (0, 1, 2)
NEAR = 0.8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, help="labelled articles, one label each")
    parser.add_argument("--articles", type=int, help="so many of them, drawn at random; all when left out")
    parser.add_argument("--noise", type=float, default=0.05, help="share of the labels that is replaced")
    arguments = parser.parse_args()
    articles = draw(arguments.file, arguments.articles)
    labels = find_labels([article.labels for article in articles])
    unit = join_units(len(articles), [], near_pairs(signatures([article.text for article in articles]), NEAR))
    started = time.monotonic()
    pair = any(article.target is not None for article in articles)
    vectors = embed_layers(articles, frozen_settings(Config(), pair=pair), pair=pair, count=len(articles))
    print(f"{len(articles):,} articles, {len(labels)} labels; embedded in {time.monotonic() - started:.0f} s")
    print(
        f"{'ranking':<22}{f'precision of the first {FIRST}':>30}{f'recall at {arguments.noise:.0%}':>20}{'seconds':>10}"
    )
    for name, options in rankings(vectors):
        print(row(name, list(measure(articles, labels, unit, arguments.noise, options))), flush=True)


def draw(file: Path, most: int | None) -> list[Article]:
    articles = checked(read_articles(read_rows(file), {}, labelled=True, file=str(file)), f"'{file}'")
    if most is None or most >= len(articles):
        return articles
    return [articles[k] for k in np.sort(np.random.default_rng(0).permutation(len(articles))[:most])]


def rankings(vectors: LayerVectors) -> Iterator[tuple[str, dict | None]]:
    yield "the audit", {"vectors": vectors}
    yield "with the last layer", {"vectors": vectors.of("last")}
    yield "TF-IDF alone", {}
    yield "the encoder alone", {"vectors": vectors, "tfidf": False}
    yield "random order", None


def measure(
    articles: list[Article], labels: LabelSet, unit: np.ndarray, noise: float, options: dict | None
) -> Iterator[tuple[float, float, float]]:
    """(precision of the first hundred, recall among as many articles as were planted, seconds) for each seed."""
    for seed in SEEDS:
        spoilt, planted = plant(articles, labels, noise, seed)
        started = time.monotonic()
        order = np.random.default_rng(100 + seed).permutation(len(spoilt))
        if options is not None:
            found = out_of_fold(spoilt, labels, unit, **options)
            quality = judge_labels(labels.encode(article.labels for article in spoilt), found.proba).quality
            order = np.argsort(quality, kind="stable")
        seconds = time.monotonic() - started
        yield planted[order[:FIRST]].mean(), planted[order[: planted.sum()]].mean(), seconds


def plant(articles: list[Article], labels: LabelSet, noise: float, seed: int) -> tuple[list[Article], np.ndarray]:
    """The articles with some labels replaced by others at random, and which those are."""
    rng = np.random.default_rng(seed)
    y = labels.encode(article.labels for article in articles)
    planted = np.zeros(len(y), dtype=bool)
    planted[rng.permutation(len(y))[: round(noise * len(y))]] = True
    y[planted] = (y[planted] + rng.integers(1, len(labels), planted.sum())) % len(labels)
    return [replace(a, labels=names) for a, names in zip(articles, labels.decode(y), strict=True)], planted


def row(name: str, runs: list[tuple[float, float, float]]) -> str:
    precision, recall, seconds = np.array(runs).T
    low_high = ((f"{v.mean():.2f} ({v.min():.2f} to {v.max():.2f})") for v in (precision, recall))
    first, second = low_high
    return f"{name:<22}{first:>30}{second:>20}{seconds.mean():>10.1f}"


if __name__ == "__main__":
    as_command.call(main)
