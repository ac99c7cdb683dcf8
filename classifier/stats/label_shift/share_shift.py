"""The shares of labels in a corpus, beside those of validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from classifier.arrays import Floats32
from classifier.stats.label_shift.draws import share_draws
from classifier.stats.label_shift.mixture import mixture_p
from classifier.stats.label_shift.shares import LEAST_SHARE, STRENGTH, estimate, two_columns
from classifier.stats.label_shift.sources import source_numbers
from classifier.stats.label_shift.two_sample import two_sample_p
from classifier.stats.label_shift.validation import ValidationScores, rounded
from classifier.stats.resampling import Interval

FEWEST = 10  # articles of a corpus, below which nothing is estimated
FEWEST_VALIDATION = 30  # the same of validation: calibrated on fewer, scores are too rough for that
FEWEST_OF_LABEL = 5  # validation articles of each label; on SemEval's English one of satire made all articles satire
DRAWN = 2000  # articles of a corpus that the draws are made of
LEVEL = 0.05


@dataclass(frozen=True)
class ShareShift:
    """The shares of labels in a corpus, beside those of validation.

    Attributes:
        labels: names.
        base: shares that the scores take for granted.
        shares: found, or given.
        intervals: 95%, of each; None where the shares were given.
        p: of the test that the scores of the corpus are like those of validation; None where it was not made.
        p_mixture: of the test that they are a mixture of those of validation's labels, as label shift has it; None
            likewise.
        articles: of the corpus.
        validation: articles that the base rests on.
        by_source: whether the test takes articles of one source as alike; else each stands for itself.
    """

    labels: tuple[str, ...]
    base: tuple[float, ...]
    shares: tuple[float, ...]
    intervals: tuple[Interval, ...] | None = None
    p: float | None = None
    p_mixture: float | None = None
    articles: int = 0
    validation: int = 0
    by_source: bool = False

    @property
    def found(self) -> bool:
        """Whether the corpus surely is another than validation; True where the shares were given."""
        return self.p is None or self.p < LEVEL

    @property
    def contradicted(self) -> bool:
        """Whether not only the shares differ."""
        return self.p_mixture is not None and self.p_mixture < LEVEL

    @property
    def warranted(self) -> bool:
        """Whether scores may be adapted to these shares."""
        return self.found and not self.contradicted


def find_shift(
    proba: Floats32,
    known: ValidationScores,
    labels: Sequence[str],
    *,
    sources: Sequence[str | None] = (),
    multi_label: bool = False,
    seed: int = 0,
) -> ShareShift:
    """Estimate the shares of a corpus with their intervals, and test whether it differs from validation at all.

    Args:
        proba: calibrated scores of the corpus, shape (articles, classes).
        known: of validation.
        labels: names of the classes.
        sources: of the corpus' articles, where they are known.
        multi_label: whether an article may have several.
        seed: of the draws and permutations.
    """
    rng, strength = np.random.default_rng(seed), STRENGTH * (1 + len(proba) / known.articles)
    shares = estimate(proba, known.shares, multi_label=multi_label, strength=strength)
    chosen = rng.permutation(len(proba))[:DRAWN]
    part = proba[chosen]
    held, truth = known.scores, known.truth
    sizes, numbers = (len(proba), known.articles), source_numbers(sources)
    alone = np.arange(len(held)), np.arange(len(proba))
    blocks = alone if numbers is None or not known.groups else (known.blocks, numbers)
    base, together = np.maximum(known.shares, LEAST_SHARE), None if blocks is alone else (blocks[0], blocks[1][chosen])
    if multi_label:
        columns = zip(part.T, held.T, truth.T, base, strict=True)
        pairs = [(two_columns(a), two_columns(b), two_columns(c), np.array([d, 1 - d])) for a, b, c, d in columns]
        draws = np.stack([share_draws(*each, sizes, together, rng)[:, 0] for each in pairs], axis=1)
        fits = min(1.0, len(pairs) * min(mixture_p(*each[:3], together, rng) for each in pairs))
    else:
        draws = share_draws(part.astype(np.float64), held, truth, base, sizes, together, rng)
        fits = mixture_p(part.astype(np.float64), held, truth, together, rng)
    whole, drawn = (estimate(one, known.shares, multi_label=multi_label, strength=0) for one in (proba, part))
    low, high = np.quantile(np.clip(draws + whole - drawn, 0, 1), [0.025, 0.975], axis=0)
    bounds = zip(np.minimum(low, shares), np.maximum(high, shares), strict=True)
    return ShareShift(
        tuple(labels),
        known.shares,
        rounded(shares, 6),
        tuple((round(float(a), 6), round(float(b), 6)) for a, b in bounds),
        two_sample_p(held, proba, blocks, rng),
        fits,
        len(proba),
        known.articles,
        by_source=blocks is not alone,
    )
