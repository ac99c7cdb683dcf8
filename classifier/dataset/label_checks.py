"""Labels and groups that look as if a column were not the right one, or a cell not where it belongs.

These are warnings, said once before anything is trained. `classifier.dataset.rare_labels` has what is an error.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from classifier.arrays import Ints
from classifier.articles.folding import name_key
from classifier.articles.missing import MissingWords
from classifier.articles.whole_numbers import are_numbers
from classifier.dataset.consistency import ConsistentCorpus
from classifier.dataset.duplicates import text_key
from classifier.dataset.rare_labels import LONG, MANY, USUAL_WORDS
from classifier.errors import counted

logger = logging.getLogger(__name__)
SHOWN = 40  # characters of a label in a message
MARKS, WORDS = re.compile(r"\s*[;|]\s*"), re.compile(r"\s*(?:[;|&]|, | and )\s*")  # between several names


def check_labels(
    consistent: ConsistentCorpus, group_by: Sequence[str] = (), missing: MissingWords = USUAL_WORDS
) -> None:
    """Say what is suspicious about the labels and the groups of the articles that stay.

    Args:
        consistent: the articles.
        group_by: the columns of the groups.
        missing: words that stand for a missing value.
    """
    index = consistent.corpus.index
    rows = np.flatnonzero(consistent.kept)
    counts = Counter(name for row in rows for name in index.labels[row])
    _say_numbers(counts, missing)
    _say_long(consistent, rows, counts)
    _say_swapped(consistent, rows, counts)
    for column in group_by:
        _say_several(column, [index.columns[column][row] for row in rows])


def _say_numbers(counts: Counter[str], missing: MissingWords) -> None:
    if not are_numbers(counts):
        return
    if len(counts) > MANY:
        logger.warning("the labels are %s different numbers: are they scores and not classes?", f"{len(counts):,}")
    elif "-1" in counts:
        logger.warning(
            "the label '-1' (%s ×) is a class like the others; if it means that there is no label: %s",
            f"{counts['-1']:,}",
            missing.with_more(["-1"]),
        )


def _say_long(consistent: ConsistentCorpus, rows: Ints, counts: Counter[str]) -> None:
    long = {name for name in counts if len(name) > LONG}
    if long:
        labels = consistent.corpus.index.labels
        row = next(row for row in rows if long.intersection(labels[row]))
        logger.warning(
            "%s longer than %s characters, such as '%s…' in %s: is a text in the column of the labels?",
            counted(len(long), "label is", "labels are"),
            LONG,
            next(name for name in labels[row] if name in long)[:SHOWN],
            consistent.corpus.place(int(row)),
        )


def _say_swapped(consistent: ConsistentCorpus, rows: Ints, counts: Counter[str]) -> None:
    keys = np.array([text_key(name) for name in counts], dtype=np.uint64)
    found = rows[np.isin(consistent.corpus.index.text[rows], keys)]
    if len(found):
        logger.warning(
            "%s the name of a label, as in %s: are the cells swapped?",
            counted(len(found), "text is", "texts are"),
            consistent.corpus.place(int(found[0])),
        )


def _say_several(column: str, values: Sequence[object]) -> None:
    """Say that cells name several groups, some of which other cells name too."""
    cells = Counter(value for value in values if isinstance(value, str))
    whole = {*map(name_key, cells)}
    parts = {value: {name_key(part) for part in MARKS.split(value) if part} for value in cells}
    named = Counter(part for found in parts.values() for part in found)
    several = [
        value
        for value, found in parts.items()
        if (len(found) > 1 and any(named[part] > 1 for part in found))
        or (len(words := WORDS.split(value)) > 1 and not whole.isdisjoint(map(name_key, words)))
    ]
    if several:
        logger.warning(
            "%s of %s with several names, such as '%s': each such cell is a group of its own, so that one %s may "
            "stand in several splits",
            counted(sum(cells[value] for value in several), "cell"),
            column,
            several[0][:SHOWN],
            column,
        )
