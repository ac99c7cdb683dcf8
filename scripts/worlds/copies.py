"""Worlds of slices with copies: a model that is equally good everywhere, and a source that has texts several times.

Ten sources of forty articles, of which 80% are labelled right. In the first source some texts occur several times, and
the model is right on all copies of a text or on none. A world is a hit if any source is called surely worse.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from classifier.articles.labels import LabelSet
from classifier.evaluation.slices import find_slices
from worlds.tally import Part, Row

SOURCES, ARTICLES, RIGHT = 10, 40, 0.8
LABELS = LabelSet(("a", "b"))
SETTINGS = {
    "no copies": (),
    "each text twice": (2,) * 20,
    "8 texts, 5 times each": (5,) * 8,
    "one text 30 times": (30,),
}


def world(copies: tuple[int, ...], rng: np.random.Generator) -> pa.Table:
    """The predictions of one world, as far as slices read them."""
    n = SOURCES * ARTICLES
    text: npt.NDArray[np.int64] = np.arange(n)
    text[: sum(copies)] = np.repeat(np.arange(len(copies)), copies)
    right = (rng.random(n) < RIGHT)[text]
    truth = rng.integers(2, size=n)[text]
    names = np.array(LABELS.names)
    columns = {"label": names[truth], "predicted": names[np.where(right, truth, 1 - truth)]}
    source = np.repeat(np.arange(SOURCES), ARTICLES)
    return pa.table({**columns, "source": [f"s{number}" for number in source], "group": source, "copies": text})


def rows(worlds: int, seed: int) -> Iterator[Row]:
    """A row for each setting and method."""
    for name, copies in SETTINGS.items():
        rng = np.random.default_rng(seed)
        hits = {"copies count once": 0, "each copy counts": 0}
        for _ in range(worlds):
            table = world(copies, rng)
            for method, given in zip(hits, (table, table.drop_columns(["copies"])), strict=True):
                hits[method] += bool(find_slices(given, LABELS, "test", ["source"], samples=0).worse)
        for method, count in hits.items():
            yield Row(name, method, count, worlds)


PART = Part("slices of an equally good model: any source called surely worse", "false verdict", rows)
