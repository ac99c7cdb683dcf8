"""Label names and their ids; single-label or multi-label, declared and never guessed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from classifier.articles import Article
from classifier.errors import Fault, InputError, names


@dataclass(frozen=True, slots=True)
class LabelSet:
    """The labels of a task, in the order of their ids.

    Example:
        >>> labels = LabelSet(("opinion", "reporting"))
        >>> labels.encode([("reporting",), ("opinion",)])
        array([1, 0])
    """

    names: tuple[str, ...]
    multi_label: bool = False

    def __len__(self) -> int:
        return len(self.names)

    def encode(self, labels: Iterable[Sequence[str]]) -> npt.NDArray[np.int64]:
        """Ids of shape (n,) for single-label; a 0/1 matrix of shape (n, classes) for multi-label.

        Raises:
            InputError: a label that is not among the names.
        """
        ids = {name: index for index, name in enumerate(self.names)}
        rows = [tuple(row) for row in labels]
        unknown = sorted({name for row in rows for name in row if name not in ids})
        if unknown:
            raise InputError(
                f"The model does not know the label(s) {names(unknown)}.",
                fix=f"Its labels are {names(self.names)}.",
            )
        if not self.multi_label:
            return np.array([ids[row[0]] for row in rows], dtype=np.int64)
        encoded = np.zeros((len(rows), len(self.names)), dtype=np.int64)
        for index, row in enumerate(rows):
            encoded[index, [ids[name] for name in row]] = 1
        return encoded

    def decode(self, encoded: npt.NDArray[np.int64]) -> list[tuple[str, ...]]:
        """Names for ids (n,) or for a 0/1 matrix (n, classes)."""
        if not self.multi_label:
            return [(self.names[index],) for index in encoded]
        return [tuple(self.names[index] for index in np.flatnonzero(row)) for row in encoded]


def find_labels(articles: Sequence[Article], *, multi_label: bool = False) -> LabelSet:
    """The labels that occur, sorted by name.

    Raises:
        InputError: only one class, or labels that differ only in case or space.
    """
    faults = spelling_faults(articles)
    if faults:
        raise InputError(
            "Some labels differ only in case or space.",
            faults=faults,
            fix="Write them one way, or merge them into the most frequent spelling: --set data.merge_labels=true",
        )
    found = sorted({name for article in articles for name in article.labels})
    if len(found) < (1 if multi_label else 2):
        raise InputError(
            f"A classifier needs at least two classes. Got {names(found) or 'none'} instead.",
            fix="Add articles with other labels, or check that the label column is the right one.",
        )
    return LabelSet(tuple(found), multi_label)


def spelling_faults(articles: Iterable[Article]) -> list[Fault]:
    """One fault for each spelling of a label that has a more frequent one differing only in case or space."""
    faults = []
    for common, others in _spellings(articles):
        for name, (count, where) in others.items():
            what = f"label '{name}' ({count:,} ×) differs only in case or space from '{common}'"
            faults.append(Fault(where, what, "label spelt differently"))
    return faults


def merge_spellings(articles: Sequence[Article]) -> list[Article]:
    """The articles, with labels that differ only in case or space in their most frequent spelling."""
    renamed = {name: common.strip() for common, others in _spellings(articles) for name in (common, *others)}
    if not renamed:
        return list(articles)
    return [replace(a, labels=tuple(dict.fromkeys(renamed.get(name, name) for name in a.labels))) for a in articles]


def respell(articles: Sequence[Article], known: Sequence[str]) -> list[Article]:
    """The articles, with labels that differ from a known one only in case or space spelt like it."""
    spelling = {" ".join(name.split()).casefold(): name for name in known}
    return [
        replace(a, labels=tuple(spelling.get(" ".join(name.split()).casefold(), name) for name in a.labels))
        for a in articles
    ]


def count_labels(articles: Iterable[Article]) -> dict[str, int]:
    """How many articles have each label, the most frequent first."""
    return dict(Counter(name for article in articles for name in article.labels).most_common())


def _spellings(articles: Iterable[Article]) -> Iterable[tuple[str, dict[str, tuple[int, str]]]]:
    """(the most frequent spelling, {another spelling: (count, first place)}) where there are several."""
    variants: defaultdict[str, dict[str, tuple[int, str]]] = defaultdict(dict)
    for article in articles:
        for name in article.labels:
            spellings = variants[" ".join(name.split()).casefold()]
            count, where = spellings.get(name, (0, article.where))
            spellings[name] = (count + 1, where)
    for spellings in variants.values():
        common = max(spellings, key=lambda name: spellings[name][0])
        others = {name: value for name, value in spellings.items() if name != common}
        if others or common != common.strip():
            yield common, others
