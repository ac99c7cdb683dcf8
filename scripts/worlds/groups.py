"""Whether error rates and the worth of scores differ between groups: in worlds where they do not, and where one does.

A column with four values is either of whole sources (a desk, a country) or of single articles. Sources differ in how
often the model is right, and groups in which labels they have; beyond that the groups are alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

from classifier.articles.labels import LabelSet
from classifier.evaluation.group_errors import LEVEL, find_group_errors
from worlds.tally import Part, Row

ARTICLES, VALUES = 600, 4
LABELS = LabelSet(("a", "b", "c"))
SETTINGS = (
    ("articles alone", 0),
    ("20 sources, whole", 20),
    ("40 sources, whole", 40),
    ("40 zipf sources, whole", -40),
    ("40 sources, across", 40),
)
WORSE = 0.2  # by which the first group's recall is lower in worlds where it is
DRAWS = 500


def world(rng: np.random.Generator, name: str, sources: int, worse: float) -> Any:
    """A table of predictions."""
    import pyarrow as pa

    count = abs(sources) or ARTICLES
    weights = 1 / np.arange(1, count + 1) if sources < 0 else np.ones(count)
    source = np.repeat(np.arange(count), np.maximum(1, np.round(ARTICLES * weights / weights.sum())).astype(int))
    own = np.resize(np.arange(VALUES), count)
    group = rng.permutation(own)[source] if name.endswith("whole") else rng.integers(VALUES, size=len(source))
    mix = np.array([[0.6, 0.3, 0.1], [0.3, 0.4, 0.3], [0.4, 0.4, 0.2], [0.5, 0.2, 0.3]])[group]
    truth = (rng.random(len(source))[:, None] > np.cumsum(mix, axis=1)[:, :-1]).sum(axis=1)
    hard = rng.beta(16, 4, count)[source] if sources else np.full(len(source), 0.8)
    right = rng.random(len(source)) < hard - worse * (group == 0)
    predicted = np.where(right, truth, (truth + rng.integers(1, 3, len(source))) % 3)
    scores = np.full((len(source), 3), 0.1)
    scores[np.arange(len(source)), predicted] = 0.8
    names = np.array(LABELS.names)
    columns = {"label": names[truth], "predicted": names[predicted], "group": source, "desk": group.astype(str)}
    return pa.table({**columns, "scores": pa.array(scores.tolist())})


def plain_alarm(table: Any) -> bool:
    """Whether accuracy by group would be called different by chi squared, each article on its own."""
    from scipy.stats import chi2_contingency

    right = np.array(table["label"].to_pylist()) == np.array(table["predicted"].to_pylist())
    counted = np.zeros((2, VALUES))
    np.add.at(counted, (right.astype(int), table["desk"].to_numpy(zero_copy_only=False).astype(int)), 1)
    return bool(chi2_contingency(counted[:, counted.sum(axis=0) > 0]).pvalue < LEVEL)


def rows(worlds: int, seed: int) -> Iterator[Row]:
    """How often each test calls groups different that are alike, or of which one is worse."""
    for (name, sources), worse in [*product(SETTINGS, [0.0]), *product(SETTINGS[:3:2], [WORSE])]:
        alarms = {"errors": 0, "scores": 0, "either": 0, "chi squared of accuracy, by article": 0}
        refused = 0
        rng = np.random.default_rng([seed, abs(sources), sources < 0, len(name), worse > 0])
        for _ in range(worlds):
            table = world(rng, name, sources, worse)
            (found,) = find_group_errors(table, LABELS, "test", ["desk"], samples=DRAWS).columns
            alarms["chi squared of accuracy, by article"] += plain_alarm(table)
            if found.errors is None or found.scores is None:
                refused += 1
                continue
            alarms["errors"] += found.errors < LEVEL
            alarms["scores"] += found.scores < LEVEL
            alarms["either"] += min(found.errors, found.scores) < LEVEL
        for method, hits in alarms.items():
            left_out = 0 if method.startswith("chi") else refused
            yield Row(name + (", one group worse" if worse else ""), method, hits, worlds - left_out, left_out)


PART = Part("four groups: how often error rates or scores are said to differ between them", "said to differ", rows)
