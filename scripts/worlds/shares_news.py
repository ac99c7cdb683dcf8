"""Shares of real articles: four topics of 20 newsgroups, in corpora whose shares are known.

TF-IDF and logistic regression are trained on 600 articles; the test articles' predictions are drawn again with the
shares wanted, so that label shift holds. Without the data in ../shared/data/20newsgroups there are no rows.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from worlds.shares_labelled import Guess, Ids, corpora
from worlds.tally import Part, Row

FOLDER = Path(__file__).resolve().parents[3] / "shared/data/20newsgroups"
TOPICS = ("comp", "rec", "sci", "talk")
MIXES = ((0.25, 0.25, 0.25, 0.25), (0.7, 0.15, 0.1, 0.05), (0.85, 0.09, 0.05, 0.01))


def rows(worlds: int, seed: int) -> Iterator[Row]:
    """Three mixes of topics; error rates from 100 or 300 articles."""
    if not FOLDER.is_dir():
        return
    guess = news(FOLDER)
    for mix in MIXES:
        for number in (100, 300):
            yield from corpora(f"{number} test articles", guess, mix, number, worlds, seed, (number,))


def news(folder: Path) -> Guess:
    """Predictions of random test articles of each topic."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    (texts, labels), (test_texts, test_labels) = (_topics(folder / f"{name}.jsonl.gz") for name in ("train", "test"))
    chosen = np.random.default_rng(0).permutation(len(texts))[:600]
    vectorizer = TfidfVectorizer(sublinear_tf=True, min_df=2)
    features = vectorizer.fit_transform([texts[i] for i in chosen])
    model = LogisticRegression(C=10, class_weight="balanced", max_iter=500).fit(features, labels[chosen])
    predicted = model.predict(vectorizer.transform(test_texts))
    pools = [predicted[test_labels == topic] for topic in range(len(TOPICS))]

    def guess(truth: Ids, rng: np.random.Generator) -> Ids:
        drawn = np.empty(len(truth), dtype=np.int64)
        for topic, pool in enumerate(pools):
            drawn[truth == topic] = rng.choice(pool, size=(truth == topic).sum())
        return drawn

    return guess


def _topics(path: Path) -> tuple[list[str], Ids]:
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        rows = [(row["text"].partition("\n\n")[2], row["label"].split(".")[0]) for row in map(json.loads, stream)]
    rows = [row for row in rows if row[1] in TOPICS]
    return [text for text, _ in rows], np.array([TOPICS.index(topic) for _, topic in rows])


PART = Part("shares of topics in 20 newsgroups: 95% intervals that hold the truth", "held the truth", rows)
