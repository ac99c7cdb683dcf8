"""The split where no setting says what stays together: each source in one split, as far as that leaves a test.

A model is mostly used on sources that it has never seen, so test should hold such sources. Where there are too few of
them for that, a split that mixes sources is made, and it is said that its figures are for new articles of the same
sources.
"""

from __future__ import annotations

import logging
import math

import numpy as np

from classifier.arrays import Ints
from classifier.articles.split_names import SPLITS
from classifier.config import SplitConfig
from classifier.dataset.assign import assign
from classifier.dataset.consistency import ConsistentCorpus
from classifier.dataset.splits import Assignment
from classifier.dataset.units import encode
from classifier.errors import InputError, names
from classifier.stats.few_groups import FEWEST_EFFECTIVE, effective_groups

logger = logging.getLogger(__name__)
SOURCE = "source"
REACHED = 0.5  # of the share that test should have, which it must have where sources stay together
SHOWN = 40  # characters of a label
MOST = 3  # labels that a message names
TRAIN, TEST = SPLITS.index("train"), SPLITS.index("test")


def default_groups(consistent: ConsistentCorpus, split: SplitConfig) -> tuple[str, ...]:
    """The columns that are kept together though no setting names any: the source, where articles share sources.

    Args:
        consistent: the articles.
        split: the settings; those that name a method, saved splits or given ones leave nothing to choose.
    """
    corpus = consistent.corpus
    columns = corpus.index.columns
    given = split.folds is None and any(columns["split"])
    if split.method is not None or split.file is not None or given or not {*corpus.parts} <= {"all", "train"}:
        return ()
    codes = _codes(consistent)
    shared = np.bincount(codes[codes >= 0])
    return (SOURCE,) if len(shared) > 1 and shared.max() > 1 else ()


def assign_by_default(
    consistent: ConsistentCorpus, split: SplitConfig, *, date_format: str | None = None
) -> tuple[SplitConfig, str, Assignment]:
    """Split with each source in one split; without that where too few sources would be in test, or a label in none.

    Args:
        consistent: the articles, of which several share a source.
        split: the settings, which name no groups.
        date_format: as in `assign`.

    Returns:
        The settings with the groups that were kept together, the method and the assignment.

    Raises:
        InputError: there are too few texts.
    """
    grouped = split.model_copy(update={"group_by": (SOURCE,)})
    try:
        method, made = assign(consistent, grouped, date_format=date_format)
        why = _why_not(consistent, split, made)
    except InputError as error:
        why = error.message.rstrip(".")
    if not why:
        codes, kept = _codes(consistent), np.flatnonzero(consistent.kept)
        alone = int((codes[kept] < 0).sum())
        logger.info(
            "each of the %s sources stays in one %s, so that the figures are for new sources%s; --set "
            "split.group_by=[] mixes them",
            f"{len(np.unique(codes[codes >= 0])):,}",
            "split" if split.folds is None else "fold",
            f" as far as articles name theirs, which {alone:,} of {len(kept):,} do not" if alone else "",
        )
        return grouped, method, made
    logger.info(
        "sources are not kept together, since with each in one %s %s. So the figures are for new articles of the same "
        "sources. Add articles of other sources, or --set split.group_by=source keeps sources together all the same, "
        "and --set split.group_by=[] mixes them and says nothing",
        "split" if split.folds is None else "fold",
        why[:1].lower() + why[1:],
    )
    return split, *assign(consistent, split, date_format=date_format)


def _codes(consistent: ConsistentCorpus) -> Ints:
    """The source of each article, -1 for none, and for articles that are left out."""
    return np.where(consistent.kept, encode(consistent.corpus.index.columns[SOURCE]), -1)


def _why_not(consistent: ConsistentCorpus, split: SplitConfig, made: Assignment) -> str:
    """What is wrong with a split that keeps sources together; empty if nothing is."""
    codes = _codes(consistent)
    kept = np.flatnonzero(consistent.kept)
    test = kept if made.folds is not None else np.flatnonzero(made.split == TEST)
    alone = codes < 0
    codes = np.where(alone, codes.max() + 1 + np.cumsum(alone), codes)
    count = effective_groups(codes[test])
    if made.folds is None and len(test) < REACHED * split.test_size * len(kept):
        biggest = int(np.bincount(codes[kept]).max())
        return (
            f"test has {len(test) / len(kept):.0%} of the articles instead of {split.test_size:.0%} (one source has "
            f"{biggest / len(kept):.0%})"
        )
    lacking = _lacking(consistent, made)
    if lacking:
        more = f" and {len(lacking) - MOST:,} more" if len(lacking) > MOST else ""
        return f"a split lacks the label {names(name[:SHOWN] for name in lacking[:MOST])}{more}, which few sources have"
    if count < FEWEST_EFFECTIVE:
        equal = f"{math.floor(10 * count) / 10:.1f}"  # fewer than three never read as three
        return f"test counts for {equal} sources of equal size, and below {FEWEST_EFFECTIVE:.0f} there is no interval"
    return ""


def _lacking(consistent: ConsistentCorpus, made: Assignment) -> list[str]:
    """The labels that a split lacks, though they have texts for all; of folds, what training articles of one lack."""
    if made.folds is None:
        parts = [np.flatnonzero(made.split == code) for code in range(len(SPLITS))]
    else:
        parts = [np.flatnonzero(fold == TRAIN) for fold in made.folds.T]
    labels = consistent.corpus.index.labels
    held = [{name for row in rows for name in labels[row]} for rows in parts if len(rows)]
    kept = np.flatnonzero(consistent.kept)
    texts: dict[str, set[int]] = {}
    for row in kept.tolist():
        for name in labels[row]:
            texts.setdefault(name, set()).add(int(consistent.cluster[row]))
    enough = {name for name, clusters in texts.items() if len(clusters) >= len(SPLITS)}
    return sorted(enough - set[str].intersection(*held))
