"""Worlds with two equally good models, of which one may be called surely better.

Sources and models are those of `worlds.figures`: either model is better in some sources by chance, and both err on the
same articles more often than not. The truth is that there is no difference; "held" is then also whether the interval
of the difference holds 0. The last rows have a true difference, of .06 to .08 in macro F1: how often it is found.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from classifier.stats import metrics
from classifier.stats.metrics import difference
from worlds.figures import Articles, Ints, of_sources, sizes_of
from worlds.tally import Part, Row

SETTINGS = (
    *((groups, articles, False) for groups, articles in ((1, 60), (2, 100), (3, 150), (5, 200), (10, 300))),
    *((groups, articles, False) for groups, articles in ((20, 400), (40, 600), (60, 60), (200, 200))),
    *((groups, articles, True) for groups, articles in ((5, 200), (10, 300), (25, 400), (40, 600), (60, 600))),
)
SAMPLES = 400


def percentile_says(one: Articles, other: Articles, seed: int) -> tuple[bool, float]:
    """Until November 2026: the paired percentile interval over groups leaves 0 out. And how wide it was."""
    rng = np.random.default_rng(seed)
    assert one.sources is not None
    groups = int(one.sources.max()) + 1
    tables = [_tables(articles.truth, articles.predicted, one.sources, groups) for articles in (one, other)]
    weights = rng.multinomial(groups, np.full(groups, 1 / groups), size=SAMPLES)
    a, b = (_macro_f1((weights @ table).reshape(SAMPLES, 3, 3)) for table in tables)
    low, high = np.quantile(a - b, [0.025, 0.975])
    return bool(low > 0 or high < 0), float(high - low)


def _tables(truth: Ints, predicted: Ints, sources: Ints, groups: int) -> Ints:
    return np.bincount(sources * 9 + truth * 3 + predicted, minlength=groups * 9).reshape(groups, 9)


def _macro_f1(tables: Ints) -> np.ndarray:
    total = tables.sum(axis=1) + tables.sum(axis=2)
    f1 = 2 * np.diagonal(tables, axis1=1, axis2=2) / np.maximum(1, total)
    return np.asarray(f1.sum(axis=1) / np.maximum(1, (total > 0).sum(axis=1)))


def worsened(articles: Articles, share: float, rng: np.random.Generator) -> Articles:
    """The same with a share of the answers replaced at random."""
    spoilt = rng.random(len(articles.truth)) < share
    return Articles(
        articles.truth, np.where(spoilt, rng.integers(3, size=len(spoilt)), articles.predicted), articles.sources
    )


def rows(worlds: int, seed: int) -> Iterator[Row]:
    """False verdicts of either method, then how often a true difference is found."""
    for groups, articles, zipf in SETTINGS:
        sizes = sizes_of(groups, articles, zipf=zipf)
        effective = sizes.sum() ** 2 / (sizes**2).sum()
        sort = f"{groups} sources of Zipf sizes (count for {effective:.1f})" if zipf else f"{groups} equal sources"
        named = f"{articles} independent articles" if groups == articles else f"{sort}, {sizes.sum()} articles"
        yield from _counted(f"equal models, {named}", sizes, 0.0, worlds, seed)
    for groups, articles, zipf in ((10, 300, False), (40, 600, False), (60, 600, True)):
        sizes = sizes_of(groups, articles, zipf=zipf)
        sort = f"{groups} {'sources of Zipf sizes' if zipf else 'equal sources'}, {sizes.sum()} articles"
        yield from _counted(f"one model better by about .07, {sort}", sizes, 0.15, worlds, seed)


def _counted(named: str, sizes: Ints, spoilt: float, worlds: int, seed: int) -> Iterator[Row]:
    metrics.PAIRED_SAMPLES = metrics.SWAPS = 1000  # a fifth and a tenth of what is drawn for one comparison
    rng = np.random.default_rng(seed)
    sure, refused, widths = {"percentile": 0, "classifier": 0}, 0, {"percentile": 0.0, "classifier": 0.0}
    for world in range(worlds):
        one, other = of_sources(sizes, rng, models=2)
        if spoilt:
            other = worsened(other, spoilt, rng)
        says, width = percentile_says(one, other, world)
        sure["percentile"] += says
        widths["percentile"] += width
        gain = difference(one.truth, one.predicted, other.predicted, "abc", groups=one.sources, seed=world)["f1_macro"]
        sure["classifier"] += gain.sure
        if gain.interval is None:
            refused += 1
        else:
            widths["classifier"] += gain.interval[1] - gain.interval[0]
    yield Row(named, "percentile", sure["percentile"], worlds, 0, widths["percentile"] / worlds)
    given = worlds - refused
    yield Row(named, "classifier", sure["classifier"], given, refused, widths["classifier"] / given if given else None)


PART = Part("two models compared in macro F1", "called sure", rows)
