"""Samples that `classifier estimate --plan` chooses: whether their intervals hold, and have the wanted width."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from classifier.arrays import Floats, Ints
from classifier.stats.design_based import planned_shares
from classifier.stats.prevalence import Estimate, adjusted_count, error_rates, prediction_powered
from classifier.stats.sample_plan import label_chances, plan_group
from worlds.tally import Part, Row

CORPUS = 5000
MATRIX = np.array([[0.85, 0.10, 0.05], [0.10, 0.80, 0.10], [0.15, 0.15, 0.70]])  # rows true, columns predicted
FEWEST = 30  # labelled articles, as in the package
NEAR = 1.1  # times the wanted width


@dataclass(frozen=True)
class Setting:
    """What a corpus is like.

    Attributes:
        mix: true shares.
        test: articles from which the error rates are known, a third of each label.
        width: wanted, half of the interval's.
        worse: share of the articles whose prediction is a guess, in the corpus alone: its error rates are others.
        answered: share of the planned articles that are labelled, the first ones.
    """

    mix: tuple[float, ...]
    test: int
    width: float
    worse: float = 0.0
    answered: float = 1.0

    @property
    def name(self) -> str:
        """As printed."""
        shares = "/".join(f"{share:.2f}".lstrip("0") for share in self.mix)
        more = f", corpus {self.worse:.0%} guessed" if self.worse else ""
        more += f", {self.answered:.0%} answered" if self.answered < 1 else ""
        return f"shares {shares}, {self.test} test articles, ±{self.width:.2f}{more}".replace("0.", ".")


SETTINGS = (
    *(Setting(mix, 300, 0.05) for mix in ((1 / 3, 1 / 3, 1 / 3), (0.7, 0.2, 0.1), (0.9, 0.08, 0.02))),
    *(Setting(mix, 300, 0.03) for mix in ((0.7, 0.2, 0.1), (0.9, 0.08, 0.02))),
    Setting((0.7, 0.2, 0.1), 60, 0.05),
    Setting((0.7, 0.2, 0.1), 300, 0.05, worse=0.3),
    Setting((0.7, 0.2, 0.1), 300, 0.05, answered=0.6),
)


@dataclass
class Tally:
    """Intervals of one method: whether they held the truth, and how wide they were."""

    held: list[Floats] = field(default_factory=list)
    width: list[Floats] = field(default_factory=list)

    def add(self, low: Floats, high: Floats, truth: Floats) -> None:
        """The intervals of one world."""
        self.held.append((low <= truth) & (truth <= high))
        self.width.append(high - low)

    def row(self, setting: str, method: str) -> Row:
        """All labels together."""
        held = np.array(self.held)
        return Row(setting, method, int(held.sum()), held.size, 0, float(np.mean(self.width)))


def predicted(truth: Ints, worse: float, rng: np.random.Generator) -> Ints:
    """What the classifier says; some of it is a guess."""
    said = (rng.random(len(truth))[:, None] > MATRIX.cumsum(axis=1)[truth]).sum(axis=1)
    found: Ints = np.where(rng.random(len(truth)) < worse, rng.integers(3, size=len(truth)), said)
    return found


def planned(setting: Setting, guess: Ints, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """The articles to label, as the package chooses them, and the probabilities that go with them."""
    test = np.repeat(np.arange(3), setting.test // 3)
    rates = error_rates(test, predicted(test, 0, rng), 3, draws=2)
    sizes = np.bincount(guess, minlength=3)
    chances = label_chances(rates.counts, adjusted_count(rates, sizes).share)
    numbers = plan_group(sizes, chances, setting.width, FEWEST)
    rows = np.concatenate(
        [rng.choice(np.flatnonzero(guess == kind), number, replace=False) for kind, number in enumerate(numbers)]
    )
    kept = rng.permutation(rows)[: round(setting.answered * len(rows))]
    answered = np.bincount(guess[kept], minlength=3)
    return kept, (answered / sizes)[guess[kept]]


def simple(truth: Ints, guess: Ints, rows: Ints) -> tuple[Floats, Floats]:
    """The intervals of PPI++ for a sample that is taken to be a simple random one."""
    each = np.eye(3, dtype=np.int64)
    found: list[Estimate] = []
    for label in range(3):
        others = int((guess == label).sum() - (guess[rows] == label).sum())
        true, said = each[truth[rows], label], each[guess[rows], label]
        found.append(prediction_powered(true, said, others, len(guess) - len(rows)))
    return np.array([one.low[0] for one in found]), np.array([one.high[0] for one in found])


def rows(worlds: int, seed: int) -> Iterator[Row]:
    """Every setting, every method."""
    each = np.eye(3, dtype=np.int64)
    for setting in SETTINGS:
        rng, shares = np.random.default_rng(seed), np.array(setting.mix)
        tallies = {name: Tally() for name in ("planned sample", "simple sample of that size", "plan not weighted")}
        near, number = 0, 0
        for _ in range(worlds):
            truth = rng.choice(3, size=CORPUS, p=shares)
            guess = predicted(truth, setting.worse, rng)
            chosen, inclusion = planned(setting, guess, rng)
            sizes = np.bincount(guess, minlength=3)
            found = planned_shares(each[truth[chosen]], each[guess[chosen]], inclusion, sizes, CORPUS)
            tallies["planned sample"].add(found.low, found.high, shares)
            drawn = rng.choice(CORPUS, len(chosen), replace=False)
            tallies["simple sample of that size"].add(*simple(truth, guess, drawn), shares)
            tallies["plan not weighted"].add(*simple(truth, guess, chosen), shares)
            near += int((found.high - found.low).max() <= 2 * NEAR * setting.width)
            number += len(chosen)
        for method, tally in tallies.items():
            yield tally.row(f"{setting.name}, {number / worlds:.0f} labelled", method)
        if setting.answered == 1:
            yield Row(setting.name, f"(no interval: widest at most {NEAR} times the wanted width)", near, worlds)


PART = Part(
    "shares of three labels in 5,000 articles, from a sample that estimate --plan chose: whether the intervals held "
    "the truth, and in how many worlds they had the wanted width",
    "held the truth",
    rows,
)
