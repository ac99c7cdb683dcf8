"""Articles with the same text: found by a hash of the words, whatever the case and spacing."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence

from classifier.articles import Article
from classifier.errors import Fault, InputError


def text_key(text: str) -> str:
    r"""A 128-bit hash that two texts share when they differ at most in case and spacing.

    Example:
        >>> text_key("A  storm\nhit.") == text_key("a storm hit.")
        True
    """
    words = " ".join(text.casefold().split())
    return hashlib.blake2b(words.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def settle_conflicts(articles: Sequence[Article], policy: str) -> tuple[list[Article], int]:
    """Find equal inputs (text and target) with different labels and do what the policy says.

    Args:
        articles: labelled articles.
        policy: ``error`` | ``drop`` (all of them) | ``keep``.

    Returns:
        The articles that stay, and how many were in conflict.

    Raises:
        InputError: there are conflicts and the policy is ``error``; lists all of them.
    """
    conflicting = [cluster for cluster in _same_input(articles) if len({frozenset(a.labels) for a in cluster}) > 1]
    if conflicting and policy == "error":
        faults = [
            _conflict(a, cluster[0]) for cluster in conflicting for a in cluster if {*a.labels} != {*cluster[0].labels}
        ]
        raise InputError(
            f"{len(conflicting):,} text(s) occur with different labels.",
            faults=faults,
            fix="Correct the labels, or leave such articles out (--set data.conflicts=drop) or in (=keep).",
        )
    involved = {article.id for cluster in conflicting for article in cluster}
    kept = [a for a in articles if a.id not in involved] if policy == "drop" else list(articles)
    return kept, len(involved)


def _same_input(articles: Iterable[Article]) -> Iterable[list[Article]]:
    clusters: defaultdict[tuple[str, str], list[Article]] = defaultdict(list)
    for article in articles:
        clusters[text_key(article.text), text_key(article.target or "")].append(article)
    return clusters.values()


def _conflict(article: Article, first: Article) -> Fault:
    ours, theirs = ", ".join(article.labels) or "none", ", ".join(first.labels) or "none"
    return Fault(
        article.where,
        f"labelled '{ours}', the same text as {first.where}, labelled '{theirs}'",
        "conflicting label",
    )
