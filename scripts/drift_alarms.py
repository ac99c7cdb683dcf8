"""How often the check for drift warns: of articles like those of training, and of others. Markdown tables are printed.

    python scripts/drift_alarms.py runs/genre --new other=other.jsonl french=fr/ --samples 200

For each run the test articles are drawn again and again, without replacement: `articles` at random, `sources` whole
sources at random, where there are any (with split.group_by they are sources that training did not see). Each sample is
compared as `classifier predict` compares new articles. Sets that are named with --new are labelled, and drawn from in
the same way. A run of an older version is made to keep what that takes: give a copy of it.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import as_command
import numpy as np

from classifier.articles.article import Article
from classifier.articles.new_articles import open_sources, read_unlabelled
from classifier.dataset.folder import run_dataset
from classifier.evaluation.drift import FEWEST, LEAST, TraitsOfNew, compare
from classifier.evaluation.predictions import read_predictions
from classifier.jobs.known_articles import make_known_articles
from classifier.models.classifier import Classifier
from classifier.models.known_articles import LANGUAGES, KnownArticles, Traits, load_vectors, read_known_articles
from classifier.models.run_folder import RunFolder
from classifier.models.trained import open_trained
from classifier.stats.label_shift.sources import source_numbers

SIZES = (50, 100, 300, 1000)


@dataclass(frozen=True)
class Measured:
    """Articles of a set: their traits, their highest scores, and the seconds of a processor that the traits took."""

    articles: Sequence[Article]
    traits: Traits
    scores: np.ndarray
    seconds: float

    def drawn(self, rows: np.ndarray) -> tuple[TraitsOfNew, np.ndarray, np.ndarray | None]:
        """Some of them, as `compare` takes them."""
        sources = source_numbers([self.articles[row].source for row in rows])
        values = (getattr(self.traits, name)[rows] for name in ("length", "unknown", "distance"))
        traits = Traits(*values, self.traits.foreign[rows[:LANGUAGES]])
        return TraitsOfNew(traits, sources), self.scores[rows], sources


def measure(
    model: Classifier, folder: Path, known: KnownArticles, articles: list[Article], top: np.ndarray
) -> Measured:
    """The traits of a set, all of its languages too."""
    vectors, started = load_vectors(folder, known), time.process_time()
    parts = [
        known.traits_of(articles[start : start + LANGUAGES], model.info, vectors)
        for start in range(0, len(articles), LANGUAGES)
    ]
    seconds = time.process_time() - started
    columns = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("length", "unknown", "distance", "foreign")
    )
    return Measured(articles, Traits(*columns), top, seconds)


def by_articles(found: Measured, size: int, rng: np.random.Generator) -> np.ndarray:
    return rng.permutation(len(found.articles))[:size]


def by_sources(found: Measured, size: int, rng: np.random.Generator) -> np.ndarray:
    """Whole sources at random, until there are so many articles."""
    names = np.array([article.source or str(row) for row, article in enumerate(found.articles)])
    rows: list[int] = []
    for name in rng.permutation(np.unique(names)):
        if len(rows) >= size:
            break
        rows += np.flatnonzero(names == name).tolist()
    return rng.permutation(rows)


def test_set(run: Path, model: Classifier, known: KnownArticles) -> Measured:
    """The test articles, with the scores that the evaluation stored."""
    folder = RunFolder(run)
    articles = list(run_dataset(run).articles("test"))
    table = read_predictions(folder.evaluation("test"))
    top = dict(zip(table["id"].to_pylist(), (max(scores) for scores in table["scores"].to_pylist()), strict=True))
    return measure(model, folder.model, known, articles, np.array([top[article.id] for article in articles]))


def new_set(path: str, run: Path, model: Classifier, known: KnownArticles, most: int) -> Measured:
    """Articles of a file or folder, at most so many, labelled now."""
    names = {"text": "text", "title": "title"}
    with open_sources([path], "utf-8", None, None, None, ["text"]) as opened:
        read = read_unlabelled(opened, {}, pair=False, trained=names, missing=None, say=False)
        articles = [article for _, article in read if isinstance(article, Article)]
    articles = [articles[row] for row in np.sort(np.random.default_rng(0).permutation(len(articles))[:most])]
    top = model.predict_articles(articles).max(axis=1)
    return measure(model, RunFolder(run).model, known, articles, top)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--new", nargs="*", default=[], help="NAME=FILE or NAME=FOLDER")
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--most", type=int, default=150, help="articles of a new set that are labelled")
    asked = parser.parse_args()
    print(f"| run | articles | drawn by | number | warns | {' | '.join(LEAST)} |")
    print(f"|---|---|---|---|---|{'---|' * len(LEAST)}")
    seconds, compared, labelled = 0.0, 0, 0.0
    for run in asked.runs:
        model = Classifier.load(run)
        make_known_articles(open_trained(run))
        known = read_known_articles(RunFolder(run).model)
        if known is None:
            raise SystemExit(f"{run} keeps nothing of its training articles")
        sets = {"test": test_set(run, model, known)}
        for one in asked.new:
            name, _, path = one.partition("=")
            sets[name] = new_set(path, run, model, known, asked.most)
        for name, found in sets.items():
            seconds, compared = seconds + found.seconds, compared + len(found.articles)
            for draw in (by_articles, by_sources):
                if draw is by_sources and source_numbers([a.source for a in found.articles]) is None:
                    continue
                for size in SIZES:
                    if FEWEST <= size <= 0.8 * len(found.articles) or size == SIZES[0]:
                        labelled += print_row(run, name, found, model, known, draw, size, asked.samples)
    print(
        f"\nTraits: {1000 * seconds / compared:.2f} ms of a processor for an article; comparing took {labelled:.0f} s."
    )


def print_row(
    run: Path,
    name: str,
    found: Measured,
    model: Classifier,
    known: KnownArticles,
    draw: object,
    size: int,
    samples: int,
) -> float:
    """A line of the table; the seconds that comparing took."""
    rng, warned, kinds, started = np.random.default_rng(1), 0, Counter[str](), time.process_time()
    for _ in range(samples):
        traits, scores, sources = found.drawn(draw(found, size, rng))
        above = [kind.kind for kind in compare(model.info, known, traits, scores, sources) if kind.found]
        warned += bool(above)
        kinds.update(above)
    cells = " | ".join(f"{kinds[kind] / samples:.0%}" for kind in LEAST)
    by = "sources" if draw is by_sources else "articles"
    print(f"| {run.name} | {name} | {by} | {size} | {warned / samples:.1%} | {cells} |", flush=True)
    return time.process_time() - started


if __name__ == "__main__":
    as_command.call(main)
