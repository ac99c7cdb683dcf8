"""What is suspicious about the names of labels: two that may be one, and one that may be several."""

from __future__ import annotations

import logging
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from classifier.articles.folding import name_key, visible
from classifier.articles.labels import count_labels
from classifier.articles.whole_numbers import is_number
from classifier.errors import counted

logger = logging.getLogger(__name__)
SEPARATORS = (";", "|", "#", ",")
BETWEEN_WORDS = re.compile(r"(?<=\w)[\s_-]+(?=\w)")
SHOWN = 4  # names in a warning


def say_doubts(labels: Sequence[tuple[str, ...]], *, multi_label: bool) -> None:
    """Log a warning for labels that may be one, and one for labels that may be several.

    Args:
        labels: of each article.
        multi_label: whether an article may have several.
    """
    counts = count_labels(labels)
    alike = alike_but_for_marks(counts)
    if alike:
        groups = ", ".join(" and ".join(_shown(names, counts)) for names in alike[:SHOWN])
        more = f", and {len(alike) - SHOWN:,} more" if len(alike) > SHOWN else ""
        logger.warning(
            "labels that differ only in _, - or a last mark are separate classes: %s%s. "
            "If they are one, spell them the same way in the source",
            groups,
            more,
        )
    separator, joined = several_in_one(counts)
    if joined:
        task = "" if multi_label else "--set data.task=multi_label "
        logger.warning(
            "%s like several in one: %s. If so: %s--set 'data.label_separator=%s'",
            counted(len(joined), "label looks", "labels look"),
            ", ".join(_shown(joined[:SHOWN], counts)),
            task,
            separator,
        )


def alike_but_for_marks(names: Iterable[str]) -> list[list[str]]:
    """The names that differ only in ``_``, ``-`` or space between words, or in a last mark such as a full stop.

    Example:
        >>> alike_but_for_marks(["fake news", "fake_news", "satire.", "satire", "A-", "A", "-1", "1"])
        [['fake news', 'fake_news'], ['satire.', 'satire']]
    """
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for name in names:
        if not is_number(name):
            groups[BETWEEN_WORDS.sub(" ", name_key(name).rstrip(".,:;"))].append(name)
    return [group for group in groups.values() if len(group) > 1]


def several_in_one(names: Iterable[str]) -> tuple[str, list[str]]:
    """The separator, and the names that it divides into names that occur elsewhere: alone, or in other such names.

    Example:
        >>> several_in_one(["economy;sport", "economy", "sport", "Arts; Crafts"])
        (';', ['economy;sport'])
    """
    every = list(names)
    best: tuple[str, list[str]] = ("", [])
    for separator in SEPARATORS:
        joined = {name: {name_key(part) for part in name.split(separator)} for name in every if separator in name}
        alone = {name_key(name) for name in every if separator not in name}
        uses = Counter(part for parts in joined.values() for part in parts)
        found = [name for name, parts in joined.items() if all(part in alone or uses[part] > 1 for part in parts)]
        if any(part in alone for name in found for part in joined[name]) and len(found) > len(best[1]):
            best = (separator, found)
    return best


def _shown(names: Sequence[str], counts: Mapping[str, int]) -> list[str]:
    return [f"'{visible(name)}' ({counts[name]:,} ×)" for name in names]
