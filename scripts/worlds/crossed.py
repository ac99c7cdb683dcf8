"""Pairs that share texts on one side and targets on the other, both with likeness of their own.

Labels are of three classes (60, 30 and 10%). The chance that a model is right depends on the class, on the text and on
the target (normal effects on the logit). The truth is that of new texts and new targets, by quadrature.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from classifier.arrays import Floats, Ints
from classifier.stats.metrics import counts, headline_figures
from classifier.stats.resampling import distinct, interval
from classifier.stats.sample import Sample
from worlds.tally import Part, Row

LABELS = ("a", "b", "c")
SHARES, LOGITS = np.array([0.6, 0.3, 0.1]), np.array([1.5, 0.8, 0.2])
SAMPLES = 400
FIGURES = ("accuracy", "macro F1", "difference of equal models")
METHODS = ("by text", "by target", "by both")
Pairs = tuple[Ints, Ints]


@dataclass(frozen=True)
class Setting:
    """Which pairs there are, and how alike those of a text, and those of a target, are (standard deviations)."""

    name: str
    pairs: Callable[[np.random.Generator], Pairs]
    text: float
    target: float


def complete(texts: int, targets: int) -> Callable[[np.random.Generator], Pairs]:
    """Every text with every target."""
    return lambda rng: np.divmod(np.arange(texts * targets), targets)


def sparse(texts: int, targets: int, pairs: int, power: float = 0.0) -> Callable[[np.random.Generator], Pairs]:
    """Pairs at random; the k-th text or target is in proportion to k ** -power."""

    def drawn(rng: np.random.Generator) -> Pairs:
        chances = [np.arange(1, size + 1) ** -power for size in (texts, targets)]
        one, other = (rng.choice(len(p), size=pairs, p=p / p.sum()) for p in chances)
        return one, other

    return drawn


SETTINGS = (
    Setting("20 × 20", complete(20, 20), 0.7, 0.7),
    Setting("40 × 10", complete(40, 10), 0.7, 0.7),
    Setting("300 × 900, 1,500 pairs", sparse(300, 900, 1500), 0.7, 0.7),
    Setting("60 × 100 of Zipf sizes, 1,000 pairs", sparse(60, 100, 1000, 1.0), 0.7, 0.7),
    Setting("20 × 20, nothing alike", complete(20, 20), 0.0, 0.0),
)


def truth(setting: Setting) -> dict[str, float]:
    """The figures over all texts and targets."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(64)
    spread = np.hypot(setting.text, setting.target)
    right = (weights / weights.sum()) @ (1 / (1 + np.exp(-(LOGITS + spread * nodes[:, None]))))
    predicted = SHARES * right + ((SHARES * (1 - right)).sum() - SHARES * (1 - right)) / 2
    return dict(
        zip(
            FIGURES,
            (float(SHARES @ right), float((2 * SHARES * right / (SHARES + predicted)).mean()), 0.0),
            strict=True,
        )
    )


def answers(truth: Ints, logits: Floats, rng: np.random.Generator) -> Ints:
    """What a model says that is right with these logits, else one of the other two labels."""
    right = rng.random(len(truth)) < 1 / (1 + np.exp(-logits))
    return np.where(right, truth, (truth + rng.integers(1, 3, size=len(truth))) % 3)


def world(setting: Setting, rng: np.random.Generator) -> tuple[Pairs, Ints, tuple[Ints, Ints]]:
    """The texts and targets of the pairs, the labels, and the answers of two models that are equally good."""
    texts, targets = setting.pairs(rng)
    label = rng.choice(3, size=len(texts), p=SHARES)
    said = []
    for _ in range(2):
        effects = (
            rng.normal(0, sd, size=int(side.max()) + 1)[side]
            for side, sd in ((texts, setting.text), (targets, setting.target))
        )
        said.append(answers(label, LOGITS[label] + sum(effects), rng))
    return (texts, targets), label, (said[0], said[1])


def figures(sums: Floats) -> dict[str, Floats]:
    """The figures from sums of the counts of both models side by side."""
    one, other = (headline_figures(part, LABELS, multi_label=False) for part in np.split(sums, 2, axis=-1))
    return dict(zip(FIGURES, (one["accuracy"], one["f1_macro"], one["f1_macro"] - other["f1_macro"]), strict=True))


def samples_of(setting: Setting, rng: np.random.Generator) -> dict[str, Sample]:
    """What each method resamples of a world: the counts of both models side by side."""
    (texts, targets), label, said = world(setting, rng)
    first, kind = distinct([label, *said])
    values = np.concatenate([counts(label[first], one[first], LABELS) for one in said], axis=1)
    sides = ((texts, None), (targets, None), (texts, targets))
    return {name: Sample(values, kind, *side) for name, side in zip(METHODS, sides, strict=True)}


def rows(worlds: int, seed: int) -> Iterator[Row]:
    for setting in SETTINGS:
        true, rng = truth(setting), np.random.default_rng(seed)
        hits = {(method, name): 0 for name in FIGURES for method in METHODS}
        widths = dict.fromkeys(hits, 0.0)
        for number in range(worlds):
            for method, sample in samples_of(setting, rng).items():
                points = figures(sample.sums)
                for name, values in figures(sample.draws(SAMPLES, seed + number)).items():
                    low, high = interval(values, sample.effective, around=float(points[name])) or (np.nan, np.nan)
                    hits[method, name] += low <= true[name] <= high
                    widths[method, name] += high - low
        for (method, name), count in hits.items():
            yield Row(f"{setting.name}: {name}", method, int(count), worlds, 0, widths[method, name] / max(1, worlds))


PART = Part("pairs that share texts and targets; how often 95% intervals held the truth", "held the truth", rows)
