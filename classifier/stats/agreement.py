"""How far a model agrees with annotators, beside how far they agree with one another: Krippendorff's alpha, in draws.

Alpha is 1 where all agree and 0 where they agree as often as chance would (Krippendorff, "Computing Krippendorff's
alpha-reliability", 2011, https://repository.upenn.edu/asc_papers/43). It is a function of sums over articles: of pairs
that disagree, and of how often each value was given. So it is drawn as every other figure is, by whole groups.

- **annotators**: all pairs of two annotators of an article; each article counts for as many votes as it has.
- **model**: all pairs of the model and an annotator of an article, counted alike. The model is one more annotator, and
  the question is whether it could be one of them (Calderon, Reichart and Dror, "The alternative annotator test for
  LLM-as-a-judge", ACL 2025, ask the same of each annotator in turn).

A question is one nominal value per article: the label, or for multi-label each label as yes or no. Over several
questions alpha is the mean of those in which more than one value was given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from classifier.arrays import Floats, Ints
from classifier.stats.resampling import Interval, bootstrap, count_rows, interval

ANYWHERE = (-1.0, 1.0)  # alpha lies between these
APART = (-2.0, 2.0)  # and a difference of two between these


@dataclass(frozen=True)
class Alpha:
    """Krippendorff's alpha with its 95% interval; both None where no two values were given."""

    value: float | None
    interval: Interval | None


@dataclass(frozen=True)
class BesidePeople:
    """How far a model agrees with annotators, beside how far they agree with one another.

    Attributes:
        people: of annotators among themselves.
        model: of the model with the annotators.
        difference: model minus people.
        interval, interval_90: of the difference; None where there are too few groups for one.
    """

    people: Alpha
    model: Alpha
    difference: float | None
    interval: Interval | None
    interval_90: Interval | None


def beside_people(votes: Floats, model: Ints, groups: Ints, *, samples: int = 1000, seed: int = 0) -> BesidePeople:
    """Compare a model with annotators, on articles that two annotators or more have labelled.

    Args:
        votes: how many annotators gave each value, shape (articles, questions, values); some give none.
        model: the value that the model gives, shape (articles, questions).
        groups: which articles stand together, shape (articles,), any numbers.
        samples, seed: of the bootstrap.
    """
    people = votes.sum(axis=2)
    given = np.eye(votes.shape[2])[model]
    among = (votes * (people[..., None] - votes)).sum(axis=2) / np.maximum(1, people - 1)
    with_model = people - (votes * given).sum(axis=2)
    pairs = votes + people[..., None] * given
    return _compared([(among, votes), (2 * with_model, pairs)], groups, samples, seed)


def beside_one(own: Floats, others: Floats, model: Ints, groups: Ints, *, samples: int = 1000) -> BesidePeople:
    """The same for one annotator: how far the model, and the other annotators, agree with this one.

    Args:
        own: 1 for the value that this annotator gave, shape (articles, questions, values).
        others: how many others gave each value, shape as before; at least one gave some.
        model, groups, samples: as in `beside_people`.
    """
    given, share = np.eye(own.shape[2])[model], others / others.sum(axis=2, keepdims=True)
    parts = [(2 * (1 - (own * other).sum(axis=2)), own + other) for other in (share, given)]
    return _compared(parts, groups, samples, seed=0)


def _compared(parts: list[tuple[Floats, Floats]], groups: Ints, samples: int, seed: int) -> BesidePeople:
    """The alphas of two kinds of pairs: per article what disagrees, and how often each value was given."""
    rows = np.concatenate([np.concatenate([apart[..., None], values], axis=2) for apart, values in parts], axis=2)
    n, questions, width = rows.shape
    found = count_rows(rows.reshape(n, -1), np.arange(n), groups)
    drawn = bootstrap(found, samples, seed).reshape(samples, questions, width)
    half = width // 2
    sums = found.sums.reshape(questions, width)
    people, model = (_alpha(sums[..., at : at + half]) for at in (0, half))
    draws = [_alpha(drawn[..., at : at + half]) for at in (0, half)]
    if np.isnan(people) or np.isnan(model):
        nothing = Alpha(None, None)
        return BesidePeople(nothing, nothing, None, None, None)
    gap, apart = float(model - people), draws[1] - draws[0]
    return BesidePeople(
        people=Alpha(float(people), interval(draws[0], found.effective, around=float(people), limits=ANYWHERE)),
        model=Alpha(float(model), interval(draws[1], found.effective, around=float(model), limits=ANYWHERE)),
        difference=gap,
        interval=interval(apart, found.effective, around=gap, limits=APART),
        interval_90=interval(apart, found.effective, around=gap, limits=APART, level=0.9),
    )


def _alpha(sums: Floats) -> Floats:
    """Alpha from sums of shape (…, questions, 1 + values): of what disagrees, and of each value; NaN for one value."""
    apart, values = sums[..., 0], sums[..., 1:]
    total = values.sum(axis=-1)
    expected = (total**2 - (values**2).sum(axis=-1)) / np.maximum(total - 1, 1e-12)
    varies = expected > 1e-9
    alphas = 1 - np.divide(apart, expected, out=np.zeros_like(apart), where=varies)
    count = varies.sum(axis=-1)
    return np.asarray(np.where(count > 0, (alphas * varies).sum(axis=-1) / np.maximum(1, count), np.nan))
