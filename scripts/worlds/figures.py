"""Worlds of predictions whose true figures are known, and intervals of macro F1 and accuracy.

Three labels; sources differ in their shares of the labels and in how hard their articles are (recall on the logit
scale varies with a standard deviation of .57 between sources). Sources are of equal sizes or of Zipf sizes (1, 1/2,
1/3 …). Other worlds have independent articles, rare labels, or several labels for an article. The truth is the figure
of an endless sample; for rare labels it is that of the labels that occur, which is what the interval is about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.stats.metrics import intervals
from worlds.tally import Part, Row

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Interval = tuple[float, float]
ENDLESS = 400_000
SAMPLES = 400  # of each bootstrap


@dataclass(frozen=True)
class Articles:
    """True and predicted labels of one world: ids (n,) or 0/1 matrices, and the sources (n,)."""

    truth: Ints
    predicted: Ints
    sources: Ints | None = None


@dataclass(frozen=True)
class Setting:
    """Worlds of one kind: how they are drawn, and the true figure of each label (for macro F1)."""

    name: str
    classes: int
    draw: Callable[[np.random.Generator], Articles]
    truth: Callable[[], tuple[Floats, float]]  # F1 of each class, accuracy


def sizes_of(groups: int, articles: int, *, zipf: bool) -> Ints:
    """Articles in each source."""
    weights = 1 / np.arange(1, groups + 1) if zipf else np.ones(groups)
    return np.maximum(1, np.round(weights / weights.sum() * articles)).astype(np.int64)


def of_sources(sizes: Ints, rng: np.random.Generator, *, models: int = 1, alike: float = 0.7) -> list[Articles]:
    """The same articles as one or several equally good models label them, whose errors are correlated."""
    from scipy.stats import norm

    groups = np.repeat(np.arange(len(sizes)), sizes)
    mixes = rng.dirichlet([1.5, 0.9, 0.6], size=len(sizes))
    truth = (rng.random(len(groups))[:, None] > mixes[groups].cumsum(axis=1)[:, :-1]).sum(axis=1)
    shared, luck = rng.normal(0, 0.4, size=(len(sizes), 3)), rng.normal(size=len(groups))
    found = []
    for _ in range(models):
        hard = shared + rng.normal(0, 0.4, size=shared.shape)
        recall = 1 / (1 + np.exp(-(np.array([1.4, 1.0, 0.6])[truth] + hard[groups, truth])))
        right = norm.cdf(alike * luck + np.sqrt(1 - alike**2) * rng.normal(size=len(groups))) < recall
        found.append(Articles(truth, np.where(right, truth, (truth + rng.integers(1, 3, len(truth))) % 3), groups))
    return found


def true_figures(articles: Articles, classes: int) -> tuple[Floats, float]:
    """F1 of each class, and accuracy, of very many articles."""
    one = np.eye(classes, dtype=np.int64)
    true, given = (values if values.ndim > 1 else one[values] for values in (articles.truth, articles.predicted))
    hits, total = (true * given).sum(axis=0), true.sum(axis=0) + given.sum(axis=0)
    return 2 * hits / np.maximum(1, total), float((true == given).all(axis=1).mean())


def grouped(groups: int, articles: int, *, zipf: bool) -> Setting:
    """Worlds of so many sources."""
    sizes = sizes_of(groups, articles, zipf=zipf)
    effective = sizes.sum() ** 2 / (sizes**2).sum()
    named = f"{groups} sources of Zipf sizes (count for {effective:.1f})" if zipf else f"{groups} equal sources"

    def truth() -> tuple[Floats, float]:
        endless = of_sources(np.full(ENDLESS // 40, 40), np.random.default_rng(99))[0]
        return true_figures(endless, 3)

    return Setting(f"{named}, {sizes.sum()} articles", 3, lambda rng: of_sources(sizes, rng)[0], truth)


def independent(name: str, articles: int, shares: list[float], recall: list[float]) -> Setting:
    """Worlds of independent articles with one label each; errors go to the other labels by their shares."""
    mix, right = np.array(shares), np.array(recall)

    def draw(rng: np.random.Generator, count: int = articles) -> Articles:
        truth = rng.choice(len(mix), size=count, p=mix)
        other = rng.choice(len(mix), size=count, p=mix)
        other = np.where(other == truth, (truth + 1) % len(mix), other)
        return Articles(truth, np.where(rng.random(count) < right[truth], truth, other))

    return Setting(
        f"{articles} independent articles, {name}",
        len(mix),
        draw,
        lambda: true_figures(draw(np.random.default_rng(99), ENDLESS), len(mix)),
    )


def several(name: str, articles: int, shares: list[float], recall: float, false: float) -> Setting:
    """Worlds of independent articles with any number of labels each."""
    mix = np.array(shares)

    def draw(rng: np.random.Generator, count: int = articles) -> Articles:
        truth = (rng.random((count, len(mix))) < mix).astype(np.int64)
        given = rng.random(truth.shape) < np.where(truth == 1, recall, false)
        return Articles(truth, given.astype(np.int64))

    return Setting(
        f"{articles} articles with several labels, {name}",
        len(mix),
        draw,
        lambda: true_figures(draw(np.random.default_rng(99), ENDLESS), len(mix)),
    )


def settings() -> Iterator[Setting]:
    """All worlds."""
    for groups, articles in ((1, 60), (3, 150), (5, 200), (10, 300), (20, 400), (40, 600)):
        yield grouped(groups, articles, zipf=False)
    for groups, articles in ((5, 200), (10, 300), (25, 400), (40, 600), (60, 600)):
        yield grouped(groups, articles, zipf=True)
    for articles in (60, 100, 200, 600):
        yield independent("three labels", articles, [0.5, 0.3, 0.2], [0.85, 0.75, 0.65])
        yield independent("labels of 60, 30, 7 and 3%", articles, [0.6, 0.3, 0.07, 0.03], [0.9, 0.8, 0.6, 0.5])
        yield independent("all but perfect", articles, [0.5, 0.3, 0.2], [0.98, 0.98, 0.98])
        yield independent("twenty labels", articles, [0.05] * 20, [0.6] * 20)
    for articles in (60, 100, 200, 600):
        yield several("of 2 to 3% each", articles, [0.02, 0.03, 0.025], 0.6, 0.01)
        yield several("of 2 to 50%", articles, [0.02, 0.1, 0.3, 0.5], 0.8, 0.03)


def percentile(articles: Articles, classes: int, seed: int) -> dict[str, Interval]:
    """The method until November 2026: percentiles over whole groups drawn with replacement, scikit-learn's macro F1."""
    rng = np.random.default_rng(seed)
    one = np.eye(classes, dtype=np.int64)
    multi = articles.truth.ndim > 1
    true, given = (values if multi else one[values] for values in (articles.truth, articles.predicted))
    right = (true == given).all(axis=1)[:, None]
    rows = np.concatenate([true * given, true, given, right, np.ones_like(right)], axis=1).astype(np.float64)
    sources = np.arange(len(rows)) if articles.sources is None else articles.sources
    sums = np.zeros((int(sources.max()) + 1, rows.shape[1]))
    np.add.at(sums, sources, rows)
    drawn = rng.multinomial(len(sums), np.full(len(sums), 1 / len(sums)), size=SAMPLES) @ sums
    hits, total = drawn[:, :classes], drawn[:, classes : 2 * classes] + drawn[:, 2 * classes : 3 * classes]
    f1 = 2 * hits / np.maximum(1, total)
    macro = f1.mean(axis=1) if multi else f1.sum(axis=1) / np.maximum(1, (total > 0).sum(axis=1))
    found = {"f1_macro": macro, "accuracy": drawn[:, -2] / drawn[:, -1]}
    return {name: tuple(np.quantile(values, [0.025, 0.975])) for name, values in found.items()}


def rows(worlds: int, seed: int) -> Iterator[Row]:
    """Coverage of macro F1 and of accuracy in every setting, by the older method and the package's own."""
    for setting in settings():
        f1, accuracy = setting.truth()
        names = [f"label {index}" for index in range(setting.classes)]
        rng = np.random.default_rng(seed)
        counted: dict[tuple[str, str], list[float]] = {}
        for world in range(worlds):
            articles = setting.draw(rng)
            multi = articles.truth.ndim > 1
            occurring = articles.truth.any(axis=0) if multi else np.isin(np.arange(setting.classes), articles.truth)
            if not occurring.any():
                continue
            ours = intervals(
                articles.truth, articles.predicted, names, groups=articles.sources, samples=SAMPLES, seed=world
            )
            theirs = percentile(articles, setting.classes, world)
            truths = {"f1_macro": float(f1[occurring].mean()), "accuracy": accuracy}
            every = {"f1_macro": float(f1.mean()), "accuracy": accuracy}
            for figure in ("f1_macro", "accuracy"):
                for method, bounds, truth in (
                    ("percentile", theirs[figure], every[figure]),
                    ("classifier", ours[figure], truths[figure]),
                ):
                    hit = counted.setdefault((figure, method), [0, 0, 0, 0.0])
                    if bounds is None:
                        hit[2] += 1
                        continue
                    hit[0] += bounds[0] <= truth <= bounds[1]
                    hit[1] += 1
                    hit[3] += bounds[1] - bounds[0]
        for (figure, method), (hits, given, refused, width) in counted.items():
            named = f"{method}, {'macro F1' if figure == 'f1_macro' else figure}"
            yield Row(setting.name, named, int(hits), int(given), int(refused), width / given if given else None)


PART = Part("95% intervals of macro F1 and accuracy", "held the truth", rows)
