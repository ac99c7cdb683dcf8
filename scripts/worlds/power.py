"""What difference between two models a test set can show: foreseen from one model's answers, tried with two.

In each world a first model (the probe of a build) answers test articles in groups, and `smallest_difference` says from
its answers what difference could be shown. Then two models that differ by just that answer other articles in groups of
the same sizes, and are compared as `compare` does. Four of five of these comparisons should be sure.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import ndtr

from classifier.arrays import Floats, Ints
from classifier.stats.few_groups import effective_groups
from classifier.stats.power import ALIKE, ComparedArticles, intraclass_correlation, smallest_difference
from classifier.stats.resampling import bootstrap, count_rows
from classifier.stats.significance import Gain, p_value, paired_gain, swaps
from worlds.tally import Part, Row

ACCURACY, DRAWS = 0.75, 300
LEANS, EASE = 0.3, 0.3  # of the variance between groups: which model they lean to, and how easy they are
METHODS = ("effective groups and their correlation", "articles as if independent")
KINDS = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 1.0]])  # right, right, one article
SETTINGS: dict[str, Ints] = {
    **{f"{n} articles, each by itself": np.arange(n) for n in (60, 200, 600)},
    **{f"{count} groups of 15": np.repeat(np.arange(count), 15) for count in (5, 7, 10, 20, 40)},
}


def zipf_groups(count: int, articles: int) -> Ints:
    """Groups whose sizes fall as 1, 1/2, 1/3 and so on."""
    shares = 1 / np.arange(1, count + 1)
    return np.repeat(np.arange(count), np.maximum(1, np.round(articles * shares / shares.sum())).astype(int))


SETTINGS |= {f"{count} groups, Zipf": zipf_groups(count, 15 * count) for count in (10, 20, 40)}


def answers(rng: np.random.Generator, groups: Ints, difference: float, alone: bool) -> tuple[Floats, Floats]:
    """Whether two models are right (1) or wrong (0) on each article.

    A group is easy or hard for both models, and leans to one of them.
    """
    apart = max(ALIKE * 2 * ACCURACY * (1 - ACCURACY), difference)
    side, ease = (_uniform(rng, groups, 0.0 if alone else share) for share in (LEANS, EASE))
    first, second = side < (apart + difference) / 2, side > 1 - (apart - difference) / 2
    both = ~first & ~second & (ease < (ACCURACY - apart / 2) / (1 - apart))
    return (first | both).astype(float), (second | both).astype(float)


def _uniform(rng: np.random.Generator, groups: Ints, share: float) -> Floats:
    """Uniform numbers, whose normal quantiles have so much of their variance between groups."""
    between, within = rng.standard_normal(int(groups.max()) + 1)[groups], rng.standard_normal(len(groups))
    return ndtr(np.sqrt(share) * between + np.sqrt(1 - share) * within)


def compared(first: Floats, second: Floats, groups: Ints, seed: int) -> Gain:
    """How many more articles the first has right: by bootstrap and randomisation of whole groups, as in `compare`."""
    found = count_rows(KINDS, (2 * first + second).astype(np.int64), groups)
    draws, sums = bootstrap(found, DRAWS, seed), found.sums
    moved, exact = swaps(found, (slice(0, 1), slice(1, 2)), DRAWS, seed)
    gain = float(sums[0] - sums[1])
    of_draws = (draws[:, 0] - draws[:, 1]) / draws[:, 2] * sums[2]
    return paired_gain(gain, of_draws, p_value(gain, gain + 2 * moved[:, 0], exact=exact), found.effective)


def rows(worlds: int, seed: int) -> Iterator[Row]:
    """Each setting by the package's foresight, and by one that takes articles of a group for independent."""
    for name, groups in SETTINGS.items():
        count, effective = int(groups.max()) + 1, effective_groups(groups)
        alone = count == len(groups)
        methods = METHODS if count in (10, 40) else METHODS[:1]
        rng = np.random.default_rng([seed, len(groups)])
        for method in methods:
            hits, refused, total = 0, 0, 0.0
            for world in range(worlds):
                _, right = answers(rng, groups, 0.0, alone)
                sizes = (count, effective) if method == METHODS[0] else (len(groups), len(groups))
                correlation = intraclass_correlation(right, groups) if method == METHODS[0] else 0.0
                shown = smallest_difference(ComparedArticles(len(groups), *sizes, right.mean(), correlation))
                if shown is None:
                    refused += 1
                    continue
                gain = compared(*answers(rng, groups, shown, alone), groups, world)
                hits += gain.sure and gain.value > 0
                total += shown
            kept = worlds - refused
            yield Row(name, method, hits, kept, refused, total / kept if kept else None)


PART = Part("the difference that test articles are said to show (width), and how often they do", "found", rows)
