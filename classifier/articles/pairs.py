"""Whether the rows of a table are pairs of a target and a text, where no setting says so.

A column called ``target`` or ``claim`` makes pairs. A ``headline`` is mostly the title of its article: it is a target
only where the labels say how an article stands to something (agree, deny, against, …). A ``title`` never is one by
itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from classifier.articles.columns import ALIASES, HEADLINE, meant_columns, names_in
from classifier.articles.folding import name_key
from classifier.articles.missing import missing_words
from classifier.articles.plain_values import GivenLabels
from classifier.articles.readers.row import Row
from classifier.errors import names, shell_word


def _listed(words: str) -> frozenset[str]:
    return frozenset(word.strip() for word in words.split(","))


SIDES = _listed(  # labels that take a side, or say that an article takes none of those
    "agree, agrees, agreed, agreeing, disagree, disagrees, disagreed, disagreeing, discuss, discusses, discussing,"
    "support, supports, supported, supporting, supportive, deny, denies, denied, denying, favor, favour, in favor,"
    "in favour, favorable, favourable, against, pro, con, contra, anti, oppose, opposes, opposed, opposing, refute,"
    "refutes, refuted, refuting, reject, rejects, contradict, contradicts, contradiction, endorse, endorses, dispute,"
    "disputes, disputed, entailment, entails"
)
BESIDE = _listed(  # labels that stand beside those, but also in other sets of labels
    "for, unrelated, not related, related, irrelevant, neutral, neither, none, no stance, other, mixed, unclear,"
    "unknown, comment, comments, commenting, query, queries, querying, question, observing, not enough info, nei"
)
STANCE = "stance"  # a column of labels that is called so holds stances, in any language
ENOUGH = 0.9  # of the labels that must be of those above: one may be misspelt
SHOWN = 4  # labels in a message


def holds_pairs(
    first: Sequence[Row],
    named: Mapping[str, str | None],
    labels: Iterable[Any],
    label_column: str | None = None,
    missing: Sequence[str] | None = None,
) -> bool:
    """Whether a table is read as pairs where ``data.pair`` is not set.

    Args:
        first: its first rows.
        named: standard name -> the user's name for it, or None.
        labels: the cells of the labels in these rows, or the labels.
        label_column: the name of their column, where there is one.
        missing: words that stand for a missing label; None = the usual ones.

    Example:
        >>> row = Row("a.csv:2", {"text": "Rain.", "headline": "Storm hits"})
        >>> holds_pairs([row], {}, ["agree", "discuss"]), holds_pairs([row], {}, ["news", "comment"])
        (True, False)
    """
    if named.get("target"):
        return True
    present = names_in(first)
    taken = {column for name in named.values() if name for column in meant_columns(name, present)}
    free = [name for name in present if name not in taken]
    if any(meant_columns(alias, free) for alias in ALIASES["target"] if alias != HEADLINE):
        return True
    return bool(meant_columns(HEADLINE, free)) and (
        (label_column is not None and name_key(label_column) == STANCE) or are_stances(labels, missing)
    )


def are_stances(labels: Iterable[Any], missing: Sequence[str] | None = None) -> bool:
    """Whether labels say how an article stands to something.

    Args:
        labels: cells of labels, each a name or a list of names; or the names.
        missing: words that stand for a missing label; None = the usual ones.

    Example:
        >>> are_stances(["agree", "disagree", "discuss", "unrelated"]), are_stances(["report", "comment", "analysis"])
        (True, False)
        >>> are_stances(["FAVOR", "AGAINST", "NONE"]), are_stances(["related", "unrelated"])
        (True, False)
    """
    words = missing_words(missing)
    keys = [name_key(name) for name in _names(labels) if not words.lack(name)]
    known = sum(key in SIDES or key in BESIDE for key in keys)
    return known >= ENOUGH * len(keys) and any(key in SIDES for key in keys)


def lacking_target(
    columns: Mapping[str, str],
    named: Mapping[str, str | None],
    labels: Sequence[Any],
    missing: Sequence[str] | None = None,
) -> str:
    """What to say where labels are stances, and only the title could be what they are about; else empty.

    Args:
        columns: standard name -> the table's name, as they were found for articles that are no pairs.
        named: standard name -> the user's name for it, or None.
        labels: the cells of the labels in the first rows.
        missing: words that stand for a missing label; None = the usual ones.

    Example:
        >>> print(lacking_target({"text": "text", "title": "title"}, {}, ["agree", "deny"]))
        the labels ('agree', 'deny') look like stances, but no column says towards what. If it is the column 'title': \
--set data.columns.target=title
    """
    title = columns.get("title")
    if title is None or named.get("title") or not are_stances(labels, missing):
        return ""
    words = missing_words(missing)
    found = sorted({name for name in _names(labels) if not words.mean(name, label=True)})
    some = names(found[:SHOWN]) + (", …" if len(found) > SHOWN else "")
    return (
        f"the labels ({some}) look like stances, but no column says towards what. If it is the column "
        f"'{title}': --set {shell_word(f'data.columns.target={title}')}"
    )


def _names(labels: Iterable[Any]) -> Iterator[str]:
    for cell in labels:
        if isinstance(cell, GivenLabels):
            yield from cell.names
        elif isinstance(cell, str):
            if cell.strip():
                yield cell.strip()
        elif isinstance(cell, (list, tuple)):
            yield from (part.strip() for part in cell if isinstance(part, str) and part.strip())
