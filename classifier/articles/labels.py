"""`LabelSet`: label names and their ids. Single-label or multi-label is a setting and never guessed."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from classifier.articles.article import Article
from classifier.articles.bare_text import rightly_read
from classifier.articles.folding import folded, is_blank, name_key, visible
from classifier.articles.whole_numbers import whole
from classifier.errors import Fault, InputError, counted, did_you_mean, names

logger = logging.getLogger(__name__)
UNKNOWN_LABEL = "unknown label"  # a kind of fault
SHOWN = 3  # labels that were spelt anew, in the log


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
            hint = did_you_mean(unknown[0], self.names)
            what = "label" if len(unknown) == 1 else "labels"
            raise InputError(
                f"The model does not know the {what} {names(map(visible, unknown))}.{hint}",
                fix=f"Its labels are {names(self.names)}.",
            )
        if not self.multi_label:
            return np.array([ids[row[0]] for row in rows], dtype=np.int64)
        encoded = np.zeros((len(rows), len(self.names)), dtype=np.int64)
        for index, row in enumerate(rows):
            encoded[index, [ids[name] for name in row]] = 1
        return encoded

    def matrix(self, encoded: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Ids (n,) or a 0/1 matrix as a matrix of bools, shape (n, classes)."""
        return encoded.astype(bool) if self.multi_label else np.asarray(encoded[:, None] == np.arange(len(self)))

    def decode(self, encoded: npt.NDArray[np.int64]) -> list[tuple[str, ...]]:
        """Names for ids (n,) or for a 0/1 matrix (n, classes)."""
        if not self.multi_label:
            return [(self.names[index],) for index in encoded]
        return [tuple(self.names[index] for index in np.flatnonzero(row)) for row in encoded]


def label_scores(proba: npt.NDArray[np.float32], given: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """The score of each article's label, shape (n,): the highest of several, or of all classes if it has no label.

    Args:
        proba: shape (n, classes).
        given: which classes each article is given, the same shape.
    """
    counted = given | ~given.any(axis=1, keepdims=True)
    return np.asarray(np.where(counted, proba, 0).max(axis=1), dtype=np.float32)


def find_labels(
    labels: Sequence[tuple[str, ...]], *, multi_label: bool = False, place: Callable[[int], str] = str
) -> LabelSet:
    """The labels that occur, sorted by name.

    Args:
        labels: of each article.
        multi_label: whether an article may have none or several labels.
        place: row -> its place, such as ``file:line``, for messages.

    Raises:
        InputError: only one class, or labels that differ only in what `name_key` evens out.
    """
    error = spelling_error(labels, place)
    if error is not None:
        raise error
    found = sorted({name for names in set(labels) for name in names})
    if len(found) < (1 if multi_label else 2):
        raise InputError(
            f"A classifier needs at least two classes. Got {names(found) or 'none'} instead.",
            fix="Add articles with other labels, or check that the label column is the right one.",
        )
    return LabelSet(tuple(found), multi_label)


def spelling_error(
    labels: Sequence[tuple[str, ...]], place: Callable[[int], str] = str, name: Callable[[int], str] = lambda row: ""
) -> InputError | None:
    """The error for labels that differ only in how they are spelt (`_key`); None where there are none.

    Args:
        labels: of each article.
        place: row -> its place, such as ``file:line``.
        name: row -> the id of its article.
    """
    faults = spelling_faults(labels, place, name)
    if not faults:
        return None
    return InputError(
        "Some labels differ only in case, space or characters that look alike.",
        faults=faults,
        fix="Spell them the same way, or merge them into the most frequent spelling: --set data.merge_labels=true",
    )


def spelling_faults(
    labels: Sequence[tuple[str, ...]], place: Callable[[int], str] = str, name: Callable[[int], str] = lambda row: ""
) -> list[Fault]:
    """One fault for each spelling that differs from a more frequent one only in what `_key` evens out."""
    first = {label: row for row in range(len(labels) - 1, -1, -1) for label in labels[row]}
    return [
        Fault(
            place(first[label]),
            f"label '{visible(label)}' ({count:,} ×) {_difference(label, common)} from '{visible(common)}'",
            "label spelt differently",
            id=name(first[label]),
        )
        for common, others in _spellings(labels)
        for label, count in others.items()
    ]


def merge_spellings(labels: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The labels of each article, in the most frequent spelling of each label without the space around it."""
    return renamed(labels, {name: _tidy(common) for common, others in _spellings(labels) for name in (common, *others)})


def other_spellings(labels: Iterable[tuple[str, ...]], known: Iterable[str]) -> dict[str, str]:
    """Name -> the known name that it means, for the names that are none themselves.

    That is the one from which it differs only in how it is spelt (`_key`), or the whole number for ``2.0``.

    Example:
        >>> other_spellings([("Satire ",), ("news",), ("2.0",)], ["2", "satire"])
        {'2.0': '2', 'Satire ': 'satire'}
    """
    exact = list(known)
    keys = {whole(_key(name)): name for name in reversed(exact)}
    others = sorted({name for given in set(labels) for name in given} - set(exact))
    return {name: keys[key] for name in others if (key := whole(_key(name))) in keys}


def renamed(labels: Sequence[tuple[str, ...]], new_names: Mapping[str, str]) -> list[tuple[str, ...]]:
    """The labels of each article under their new names; those without one stay as they are."""
    if not new_names:
        return list(labels)
    return [tuple(dict.fromkeys(new_names.get(name, name) for name in given)) for given in labels]


def respell(articles: Sequence[Article], known: Sequence[str], what: str) -> list[Article]:
    """The articles, their labels spelt like known ones as far as `other_spellings` finds any; says how many are.

    Args:
        articles: the articles.
        known: the labels that training knows.
        what: name of the articles in the log.
    """
    labels = [article.labels for article in articles]
    new_names = other_spellings(labels, known)
    say_renamed(what, labels, new_names)
    return [
        article if new == article.labels else replace(article, labels=new)
        for article, new in zip(articles, renamed(labels, new_names), strict=True)
    ]


def unknown_as_faults(items: Iterable[Article | Fault], known: Sequence[str]) -> list[Article | Fault]:
    """The articles and faults, a fault in place of each article with a label that training does not know.

    Args:
        items: articles and faults, in the order of the file.
        known: the labels that training knows; other spellings of them are as good.

    Example:
        >>> found = unknown_as_faults([Article("1", "…", ("satyre",), where="a.csv:2")], ["opinion", "satire"])
        >>> print(*found)
        a.csv:2 (id '1'): the model does not know the label 'satyre'. Did you mean 'satire'?
    """
    items = list(items)
    fine = {*known, *other_spellings((item.labels for item in items if isinstance(item, Article)), known)}
    return [item if isinstance(item, Fault) else _unknown_label(item, fine, known) or item for item in items]


def _unknown_label(article: Article, fine: Set[str], known: Sequence[str]) -> Fault | None:
    unknown = [name for name in article.labels if name not in fine]
    if not unknown:
        return None
    what = f"the model does not know the label {names(map(visible, unknown))}"
    hint = did_you_mean(unknown[0], known)
    return Fault(article.where, f"{what}.{hint}" if hint else what, UNKNOWN_LABEL, id=article.id)


def say_renamed(what: str, labels: Iterable[tuple[str, ...]], new_names: Mapping[str, str], how: str = "") -> None:
    """Log how many labels were spelt anew, and how.

    Args:
        what: name of the articles.
        labels: of each article, as they were.
        new_names: as `renamed` takes them.
        how: whose spelling they got; "as training spells them" if empty.
    """
    count = sum(name in new_names for given in labels for name in given)
    if count:
        shown = [f"'{visible(old)}' → '{visible(new)}'" for old, new in list(new_names.items())[:SHOWN]]
        more = f" and {len(new_names) - SHOWN:,} more" if len(new_names) > SHOWN else ""
        how = how or "as training spells them"
        logger.warning(
            "%s: %s spelt %s: %s%s", what, counted(count, "label is", "labels are"), how, ", ".join(shown), more
        )


def count_labels(labels: Iterable[tuple[str, ...]]) -> dict[str, int]:
    """How many articles have each label, the most frequent first, then by name."""
    counts = Counter(name for names in labels for name in names)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _key(name: str) -> str:
    """What the spellings of a label share: `name_key` evens them out, also where one was read in a wrong encoding."""
    return name_key(rightly_read(name))


def _difference(name: str, common: str) -> str:
    if name_key(name) != name_key(common):
        return "differs only in UTF-8 that was read as another encoding"
    plain = [" ".join(spelling.split()).casefold() for spelling in (name, common)]
    return f"differs only in {'case or space' if plain[0] == plain[1] else 'characters that look alike'}"


def _tidy(name: str) -> str:
    """A name without space and unseen characters around it."""
    seen = [place for place, char in enumerate(name) if not is_blank(char)]
    return name[seen[0] : seen[-1] + 1] if seen else name


def _spellings(labels: Sequence[tuple[str, ...]]) -> Iterable[tuple[str, dict[str, int]]]:
    """(the most frequent spelling that is rightly read, {another: count}) of each label that has several."""
    variants: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for name, count in Counter(name for given in labels for name in given).items():
        variants[_key(name)][name] = count
    for spellings in variants.values():
        common = max(spellings, key=lambda name: (rightly_read(name) == name, spellings[name], folded(name) == name))
        others = {name: count for name, count in spellings.items() if name != common}
        if others or common != _tidy(common):
            yield common, others
