"""The model as one more annotator: how far it agrees with those who labelled the articles, and they with each other.

Single labels are those of the majority, and an article on which annotators are tied has none, so it is not among the
evaluated ones. Of two annotators none would be left that disagree: only articles of three or more are compared. With
several labels for an article nothing is tied, and two annotators are enough.

`evaluation/SPLIT/annotators.json` holds `AnnotatorAgreement`, where articles keep the labels of several annotators.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from classifier.arrays import Floats, Ints
from classifier.articles.annotators import Votes, vote_of
from classifier.articles.article import Article
from classifier.articles.folding import name_key
from classifier.articles.labels import LabelSet
from classifier.files import read_json_as
from classifier.stats.agreement import Alpha, BesidePeople, beside_one, beside_people
from classifier.stats.few_groups import effective_groups

FILE = "annotators.json"
AGAIN = "classifier evaluate RUN makes it again."
LEAST = 10  # articles with enough annotators, below which nothing is compared
SHOWN = 10  # annotators that are compared one by one: those with the most articles


@dataclass(frozen=True)
class Annotator:
    """How far the model, and the other annotators, agree with one annotator."""

    name: str
    articles: int
    model: Alpha
    others: Alpha


@dataclass(frozen=True)
class AnnotatorAgreement:
    """What ``annotators.json`` holds.

    Attributes:
        split: names the articles.
        articles: those that enough annotators have labelled.
        annotators: how many there are.
        groups, effective: how many groups of like articles, and how many of equal size they count for.
        found: alpha of the model with annotators, and of these among themselves.
        each: the annotators one by one, those with the most articles first.
    """

    split: str
    articles: int
    annotators: int
    groups: int
    effective: float
    found: BesidePeople
    each: tuple[Annotator, ...]
    format_version: int = 1


def compare_with_annotators(
    split: str, articles: Sequence[Article], labels: LabelSet, predicted: Ints, groups: Ints, *, samples: int = 1000
) -> AnnotatorAgreement | None:
    """Compare a model with those who labelled the articles.

    Args:
        split: names the articles.
        articles: with the votes of their annotators in ``extra``, where they have any.
        labels: of the model.
        predicted: its labels: ids (n,) or a 0/1 matrix.
        groups: which articles stand together, shape (n,), any numbers.
        samples: of the bootstrap.

    Returns:
        None where fewer than ten articles have enough annotators.
    """
    least = 2 if labels.multi_label else 3
    cast = {row: vote.labels for row, article in enumerate(articles) if (vote := vote_of(article)) is not None}
    several = {row: votes for row, votes in cast.items() if _given(votes, labels) >= least}
    if len(several) < LEAST:
        return None
    rows = np.array(list(several))
    ballots = _Ballots.of(list(several.values()), labels)
    model, together = ballots.values_of(predicted[rows]), groups[rows]
    counts = ballots.counts
    each = Counter(name for names in ballots.who for name in names)
    return AnnotatorAgreement(
        split=split,
        articles=len(rows),
        annotators=len(each),
        groups=len(np.unique(together)),
        effective=round(effective_groups(together), 2),
        found=beside_people(counts, model, together, samples=samples),
        each=tuple(_one(name, ballots, model, together, samples) for name, n in each.most_common(SHOWN) if n >= LEAST),
    )


def read_annotators(folder: Path) -> AnnotatorAgreement | None:
    """What an evaluation says of its annotators; None where it says nothing.

    Raises:
        InputError: the file is damaged or of another version.
    """
    file = folder / FILE
    return read_json_as(file, AnnotatorAgreement, fix=AGAIN) if file.exists() else None


@dataclass(frozen=True)
class _Ballots:
    """What annotators gave: for each article, annotator -> values, shape (questions, values), one of each question."""

    who: Sequence[Mapping[str, Floats]]

    @staticmethod
    def of(votes: Sequence[Votes], labels: LabelSet) -> _Ballots:
        keys = {name_key(name): index for index, name in enumerate(labels.names)}
        for given in (labels_given for one in votes for labels_given in one.values()):
            for name in given:  # a label that no majority chose is a value too
                keys.setdefault(name_key(name), len(keys))
        multi = labels.multi_label
        kept = ({name: given for name, given in one.items() if given or multi} for one in votes)
        return _Ballots([{name: _values(given, keys, multi) for name, given in one.items()} for one in kept])

    @property
    def counts(self) -> Floats:
        """How many annotators gave each value, shape (articles, questions, values)."""
        return np.stack([sum(values.values(), np.zeros_like(next(iter(values.values())))) for values in self.who])

    def values_of(self, predicted: Ints) -> Ints:
        """The model's value for each question, shape (articles, questions)."""
        if predicted.ndim == 1:
            return predicted[:, None]
        questions = self.counts.shape[1]
        return np.pad(predicted, ((0, 0), (0, questions - predicted.shape[1])))


def _given(votes: Votes, labels: LabelSet) -> int:
    return sum(bool(given) or labels.multi_label for given in votes.values())


def _values(given: Sequence[str], keys: Mapping[str, int], multi_label: bool) -> Floats:
    """One question with a value for each label, or for several labels each one as no or yes."""
    chosen = [keys[name_key(name)] for name in given]
    if not multi_label:
        return np.eye(len(keys))[chosen[:1]]
    yes = np.isin(np.arange(len(keys)), chosen)
    return np.stack([~yes, yes], axis=1).astype(np.float64)


def _one(name: str, ballots: _Ballots, model: Ints, groups: Ints, samples: int) -> Annotator:
    rows = np.array([row for row, values in enumerate(ballots.who) if name in values])
    own = np.stack([ballots.who[row][name] for row in rows])
    found = beside_one(own, ballots.counts[rows] - own, model[rows], groups[rows], samples=samples)
    return Annotator(name, len(rows), found.model, found.people)
