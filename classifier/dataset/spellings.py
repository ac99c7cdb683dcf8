"""Spells the labels of a corpus alike where nothing is lost: by a reference part, and among annotators."""

from __future__ import annotations

from collections.abc import Sequence

from classifier.articles.annotators import ANNOTATIONS
from classifier.articles.labels import merge_spellings, other_spellings, renamed, say_renamed
from classifier.dataset.corpus import OLD, Index

Labels = tuple[str, ...]


def even_spellings(index: Index) -> list[Labels]:
    """The labels of each article; says how many were spelt anew.

    Annotators' labels get their most frequent spelling. The labels of the other parts are spelt as those of the dataset
    that is extended, else as those of train.

    Args:
        index: of the articles.
    """
    labels = _annotators_alike(index)
    reference = next((part for part in (OLD, "train") if part in index.parts), None)
    if reference is None or set(index.parts) == {reference}:
        return labels
    rows = [part == reference for part in index.parts]
    known = {name for given, known in zip(labels, rows, strict=True) if known for name in given}
    others = [given for given, known in zip(labels, rows, strict=True) if not known]
    new_names = other_spellings(others, sorted(known))
    how = "as in the dataset that is extended" if reference == OLD else "as in train"
    say_renamed("labels", others, new_names, how)
    changed = iter(renamed(others, new_names))
    return [given if known else next(changed) for given, known in zip(labels, rows, strict=True)]


def _annotators_alike(index: Index) -> list[Labels]:
    """The labels of each article, those that annotators gave in their most frequent spelling."""
    votes: Sequence[object] = index.columns.get(ANNOTATIONS, ())
    rows = [row for row, vote in enumerate(votes) if vote and index.parts[row] != OLD]
    given = [index.labels[row] for row in rows]
    merged = merge_spellings(given)
    if merged == given:
        return list(index.labels)
    labels = list(index.labels)
    for row, names in zip(rows, merged, strict=True):
        labels[row] = names
    new_names = {a: b for old, new in zip(given, merged, strict=True) for a, b in zip(old, new, strict=False) if a != b}
    say_renamed("annotators", given, new_names, "as most of them spell them")
    return labels
