"""Labels that too few articles have: a misspelt one, a word for a missing label, or a class that cannot be learnt.

One such label makes every mean over the classes worthless, and what needs articles of each class in test impossible.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from classifier.articles.folding import name_key, visible
from classifier.articles.label_doubts import several_in_one
from classifier.articles.missing import MissingWords, missing_words
from classifier.articles.whole_numbers import are_numbers, is_number
from classifier.errors import Fault, InputError, names

logger = logging.getLogger(__name__)
SHOWN = 40  # characters of a label in a message
LONG = 100  # characters, from which a label is more likely a text
MANY = 20  # labels, from which it matters how often each occurs
NEAR = 0.8  # likeness (`difflib`) from which one label may be another one misspelt: opnion, but not disagree for agree
OTHERS = 3  # further places of a label that a message names
NAMED = 5  # labels that a warning names
NAME_COLUMN = "--set data.columns.label=NAME"
USUAL_WORDS = missing_words(None)


@dataclass(frozen=True)
class LabelLimits:
    """How many articles a label needs.

    Attributes:
        least: the number; 1 = any label will do.
        declared: labels that the user has named, which may have fewer.
        missing: words that stand for a missing value.
    """

    least: int = 1
    declared: frozenset[str] = frozenset()
    missing: MissingWords = USUAL_WORDS


def check_repeated(labels: Sequence[tuple[str, ...]], *, multi_label: bool) -> None:
    """Raise `InputError` if more than half of the articles have a label of their own.

    Args:
        labels: of each article.
        multi_label: whether an article may have several.
    """
    counts = Counter(name for given in labels for name in given)
    if multi_label or len(counts) <= MANY or 2 * len(counts) <= len(labels):
        return
    several = f"{len(labels):,} articles have {len(counts):,} different labels"
    if are_numbers(counts):
        numbers = sorted(map(float, counts))
        raise InputError(
            f"{several}, numbers from {numbers[0]:g} to {numbers[-1]:g}: these are scores or ids, not classes.",
            fix=f"Make classes of them first, such as low and high, or name another column: {NAME_COLUMN}",
        )
    some = names(name[:SHOWN] for name in list(counts)[:3])
    raise InputError(
        f"{several}, such as {some}: hardly any label repeats, so there is nothing to learn.",
        fix=f"Name the column that holds the labels: {NAME_COLUMN}",
    )


def rare_label_error(
    labels: Sequence[tuple[str, ...]],
    limits: LabelLimits,
    places: Callable[[Sequence[int]], Mapping[int, tuple[str, str]]],
    *,
    multi_label: bool,
) -> InputError | None:
    """The error for labels that fewer articles have than they need, with a guess at what each may be; None = none.

    Where no label has as many, the corpus is a trial, and a warning says so. It is one too for declared labels.

    Args:
        labels: of each article.
        limits: how many articles a label needs.
        places: rows -> the place of each, such as ``file:line``, and its id.
        multi_label: whether an article may have several.

    Example:
        >>> labels = [("opinion",)] * 218 + [("opnion",), ("satire",)] + [("satire",)] * 50
        >>> where = lambda rows: {row: (f"a.csv:{row + 2}", f"p{row}") for row in rows}
        >>> print(rare_label_error(labels, LabelLimits(5), where, multi_label=False))
        1 label has fewer than 5 articles, too few to learn or to measure.
          a.csv:220 (id 'p218'): label 'opnion' has 1 article: did you mean 'opinion' (218 articles)?
        Fix: Correct the labels in the source. Or, if they are classes: --set data.min_per_label=1
    """
    counts = Counter(name for given in labels for name in given)
    few = {name: count for name, count in counts.items() if count < limits.least}
    rare = {name: count for name, count in few.items() if name not in limits.declared}
    if not rare or len(few) == len(counts):
        _warn(few, limits.least)
        return None
    rows = _rows_of(labels, rare)
    doubts = _Doubts(counts, rare, limits.missing, multi_label)
    where = places(sorted({row for found in rows.values() for row in found}))
    return InputError(
        f"{len(rare):,} label{'s have' if len(rare) > 1 else ' has'} fewer than {limits.least:,} articles, "
        "too few to learn or to measure.",
        faults=[
            Fault(
                where[found[0]][0],
                _what(name, doubts, [where[row][0] for row in found]),
                "rare label",
                id=where[found[0]][1],
            )
            for name, found in sorted(rows.items(), key=lambda item: item[1][0])
        ],
        fix=f"Correct the labels in the source. Or, if they are classes: --set data.min_per_label={min(rare.values())}",
    )


def _warn(few: Mapping[str, int], least: int) -> None:
    if few:
        some = ", ".join(f"'{visible(name)}' ({count:,} ×)" for name, count in list(few.items())[:NAMED])
        more = f" and {len(few) - NAMED:,} more" if len(few) > NAMED else ""
        logger.warning(
            "labels with fewer than %s articles: %s%s. Hardly anything can be learnt or measured of them",
            *(f"{least:,}", some, more),
        )


def _rows_of(labels: Sequence[tuple[str, ...]], rare: Mapping[str, int]) -> dict[str, list[int]]:
    """The rows of each rare label."""
    rows: defaultdict[str, list[int]] = defaultdict(list)
    wanted = {given for given in set(labels) if not rare.keys().isdisjoint(given)}
    for row, given in enumerate(labels):
        if given in wanted:
            for name in rare.keys() & {*given}:
                rows[name].append(row)
    return rows


@dataclass(frozen=True)
class _Doubts:
    """What a rare label is compared with: all labels, the rare ones, and the words for a missing value."""

    counts: Mapping[str, int]
    rare: Mapping[str, int]
    missing: MissingWords
    multi_label: bool


def _what(name: str, doubts: _Doubts, where: Sequence[str]) -> str:
    count = doubts.counts[name]
    others = ", ".join(where[1 : 1 + OTHERS])
    also = f" (also {others}{', …' if count > 1 + OTHERS else ''})" if others else ""
    return f"label '{visible(name)[:SHOWN]}' has {count:,} article{'s' * (count > 1)}{also}{_guess(name, doubts)}"


def _guess(name: str, doubts: _Doubts) -> str:
    """What a rare label may be instead; empty where nothing is likely."""
    counts, known = doubts.counts, {known for known in doubts.counts if known not in doubts.rare}
    if USUAL_WORDS.mean(name):
        return f": is this a missing label? {doubts.missing.with_more(filter(USUAL_WORDS.mean, doubts.rare))}"
    if len(name) > LONG:
        return ": is a text in the column of the labels?"
    separator, joined = several_in_one([*known, name])
    if joined == [name]:
        task = "" if doubts.multi_label else "--set data.task=multi_label "
        return f": are these several labels? {task}--set 'data.label_separator={separator}'"
    keys = {name_key(each): each for each in known if not is_number(each)}
    near = [] if is_number(name) else get_close_matches(name_key(name), keys, n=1, cutoff=NEAR)
    return f": did you mean '{visible(keys[near[0]])}' ({counts[keys[near[0]]]:,} articles)?" if near else ""
