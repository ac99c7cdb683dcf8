"""The second half of a build: what in the split would make a model look too good, or keep it from learning."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from classifier.arrays import Ints, evenly
from classifier.articles.article import Article
from classifier.articles.source_names import source_key
from classifier.articles.split_names import SPLITS
from classifier.dataset.consistency import ConsistentCorpus
from classifier.dataset.info import Giveaway, LeakageProbe, SizeOfTest
from classifier.dataset.split_checks import SHOWN
from classifier.dataset.splits import Assignment
from classifier.dataset.units import encode, join_units
from classifier.errors import did_you_mean, names
from classifier.evaluation.leaks.giveaways import find_giveaways
from classifier.evaluation.leaks.leakage import measure_leakage, probe_rows
from classifier.evaluation.leaks.size_of_test import size_of_test

logger = logging.getLogger(__name__)
GIVEAWAY_ARTICLES = 20_000  # training articles in which give-aways are looked for
MOST = 5  # labels that a warning names
HEAD, TAIL = 12_000, 4_000  # characters of a long article that the probes look at


@dataclass(frozen=True)
class Leaks:
    """What would make a model look too good: a random split, and lines or tokens that alone predict a label.

    Beside it, what the test articles can show.
    """

    probe: LeakageProbe | None
    giveaways: tuple[Giveaway, ...]
    size_of_test: SizeOfTest | None


def find_leaks(consistent: ConsistentCorpus, assignment: Assignment) -> Leaks:
    """The leakage probe of a split, what its test articles can show, and the give-aways in its training articles."""
    corpus = consistent.corpus
    divisions = probe_rows(assignment, corpus.index.text)
    rows = np.unique(np.concatenate([np.zeros(0, np.int64), *(part for division in divisions for part in division)]))
    articles = [_abridged(article) for article in corpus.articles(rows)]
    here = [(np.searchsorted(rows, train), np.searchsorted(rows, test)) for train, test in divisions]
    codes = assignment.split[:, None] if assignment.folds is None else assignment.folds
    sampled = len(rows) < int(np.isin(codes, (SPLITS.index("train"), SPLITS.index("test"))).any(axis=1).sum())
    together, crossed = _together(consistent, assignment), assignment.crossed
    sides = {"units": together[rows], "crossed": None if crossed is None else crossed[rows]}
    probe = measure_leakage(articles, consistent.labels, here, **sides, sampled=sampled)
    test = (codes == SPLITS.index("test")).any(axis=1)
    size = None if probe is None or crossed is not None else size_of_test(probe, together[test])
    train = np.flatnonzero(assignment.split == 0)
    spread = train[evenly(len(train), GIVEAWAY_ARTICLES)]
    training = [_abridged(article) for article in corpus.articles(spread)]
    return Leaks(probe, find_giveaways(training, consistent.cluster[spread]), size)


def _together(consistent: ConsistentCorpus, assignment: Assignment) -> Ints:
    """What an evaluation on test draws together: units, and sources too where most test articles are of new ones."""
    sources = [source_key(name) if name else None for name in consistent.corpus.index.columns["source"]]
    if assignment.folds is not None or assignment.crossed is not None or not any(sources):
        return assignment.unit
    known = {sources[row] for row in np.flatnonzero(assignment.split == SPLITS.index("train"))}
    test = np.flatnonzero(assignment.split == SPLITS.index("test"))
    new = sum(sources[row] not in known for row in test)
    if None in known or new <= len(test) / 2:
        return assignment.unit
    return join_units(len(sources), [assignment.unit, encode(sources)])


def _abridged(article: Article) -> Article:
    """An article of which a very long text is cut to its beginning and end: give-aways stand there, and memory ends."""
    text = article.text
    if len(text) <= HEAD + TAIL:
        return article
    return replace(article, text=f"{text[:HEAD]}\n{text[-TAIL:]}")


def warn_of_split(consistent: ConsistentCorpus, assignment: Assignment) -> None:
    """Say how the split differs from what was asked for, and which labels cannot be learnt from it."""
    for note in assignment.notes:
        logger.warning("split: %s", note)
    labels = consistent.corpus.index.labels
    train = [assignment.split == 0] if assignment.folds is None else list((assignment.folds == 0).T)
    used = {name for row in np.flatnonzero(assignment.split >= 0) for name in labels[row]}
    seen = set.intersection(*({name for row in np.flatnonzero(rows) for name in labels[row]} for rows in train))
    if used - seen:
        unknown = sorted(used - seen)
        logger.warning(
            "no training article has the label %s: the model cannot learn it.%s",
            names(unknown),
            did_you_mean(unknown[0], seen),
        )
    if assignment.folds is None:
        for split in SPLITS[1:]:
            _say_lacking(split, seen, labels, assignment)


def _say_lacking(split: str, seen: set[str], labels: Sequence[tuple[str, ...]], assignment: Assignment) -> None:
    """Say which labels of train a split lacks, beside those that a note on the split names."""
    rows = np.flatnonzero(assignment.split == SPLITS.index(split))
    lacking = seen - {name for row in rows for name in labels[int(row)]}
    noted = {name for name in lacking if any(note.startswith(f"label '{name[:SHOWN]}'") for note in assignment.notes)}
    unsaid = sorted(name[:SHOWN] for name in lacking - noted)
    if unsaid and len(rows):
        more = f" and {len(unsaid) - MOST:,} more" if len(unsaid) > MOST else ""
        logger.warning("no %s article has the label %s%s, which train has", split, names(unsaid[:MOST]), more)
