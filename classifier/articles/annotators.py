"""Several annotators per article: majority vote, disputed articles, and agreement.

The votes of an article are in its ``extra["annotations"]``: annotator -> label, or list of labels for multi-label.
Two spellings of a label (`name_key`) are one vote.
"""

from __future__ import annotations

import json
import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from classifier._version import install_extra
from classifier.articles.article import Article
from classifier.articles.folding import name_key, visible
from classifier.articles.label_cells import NO_SEPARATOR, LabelProblem, as_labels, is_empty, table_labels
from classifier.articles.missing import MissingWords
from classifier.errors import InputError, counted, did_you_mean, names

logger = logging.getLogger(__name__)
ANNOTATIONS = "annotations"
SHOWN = 3  # labels in a message
UNNAMED = "unnamed"
Votes = Mapping[str, tuple[str, ...]]
VoteCounts = tuple[int, tuple[tuple[str, int], ...]]
_key = lru_cache(maxsize=100_000)(name_key)


@dataclass(frozen=True, slots=True)
class Vote:
    """The annotators' labels of one article.

    Attributes:
        id: id of the article.
        where: ``file:line``.
        labels: annotator -> the labels that they gave.
    """

    id: str
    where: str
    labels: Votes


@dataclass(frozen=True)
class Agreement:
    """How far annotators agree.

    Attributes:
        annotators: how many there are.
        articles_with_several: articles that two annotators or more have labelled.
        unanimous: those of them with the same labels from all.
        disputed: those of them with a tie.
        alpha: Krippendorff's alpha for nominal labels: 1 is perfect agreement, 0 what chance gives; None where no
            article has two annotators or the labels do not vary.
    """

    annotators: int
    articles_with_several: int
    unanimous: int
    disputed: int
    alpha: float | None


def majority_labels(votes: Votes, *, multi_label: bool) -> tuple[str, ...] | None:
    """The labels of the majority, in the order of their names and the spelling that most of the votes have.

    Single-label: the label with the most votes; None for a tie, or if nobody gave one. Multi-label: each label
    that more than half of the annotators gave.

    Example:
        >>> majority_labels({"anna": ("satire",), "ben": ("opinion",), "cem": ("satire",)}, multi_label=False)
        ('satire',)
    """
    counts = _count_labels(votes.values())
    if multi_label:
        return tuple(sorted(name for name, count in counts.items() if 2 * count > len(votes)))
    (name, most), (_, next_most) = [*counts.most_common(2), ("", 0), ("", 0)][:2]
    return (name,) if most > next_most else None


def _count_labels(given: Iterable[tuple[str, ...]]) -> Counter[str]:
    """How many annotators gave each label, in the spelling that most of them have."""
    sets = [set(labels) for labels in given]
    counts = Counter(name for labels in sets for name in labels)
    keys = {name: _key(name) for name in counts}
    if len(set(keys.values())) == len(counts):
        return counts
    common: dict[str, str] = {}
    for name, _ in counts.most_common():
        common.setdefault(keys[name], name)
    return Counter(common[key] for labels in sets for key in {keys[name] for name in labels})


def is_tied(votes: Votes, *, multi_label: bool) -> bool:
    """Whether there is a tie: two labels with the most votes, or for multi-label a label from exactly half."""
    counts = _count_labels(votes.values())
    if multi_label:
        return any(2 * count == len(votes) for count in counts.values())
    return bool(counts) and majority_labels(votes, multi_label=False) is None


def annotate(article: Article, votes: Votes, *, multi_label: bool) -> Article:
    """The article with the labels of the majority (none for a tie) and its votes in ``extra["annotations"]``.

    A single vote without the annotator's name (``""``) gives the label alone.
    """
    labels = majority_labels(votes, multi_label=multi_label) or ()
    if set(votes) == {""}:
        return replace(article, labels=labels)
    annotations = {
        name or UNNAMED: list(given) if multi_label else given[0]
        for name, given in votes.items()
        if given or multi_label
    }
    return replace(article, labels=labels, extra={**article.extra, ANNOTATIONS: annotations})


def vote_of(article: Article) -> Vote | None:
    """The votes in an article's ``extra``, also as JSON text from a table; None if it has none."""
    annotations = article.extra.get(ANNOTATIONS)
    if isinstance(annotations, str):
        try:
            annotations = json.loads(annotations)
        except ValueError:
            return None
    if not isinstance(annotations, Mapping):
        return None
    given = {str(name): as_labels(value, multi_label=True) for name, value in annotations.items() if value is not None}
    labels = {name: value for name, value in given.items() if isinstance(value, tuple)}
    return Vote(article.id, article.where, labels) if labels else None


def summarise(annotations: Iterable[Votes], multi_label: bool) -> Agreement:
    """Counts and agreement of the votes of many articles, in one pass.

    Missing annotations are allowed. Multi-label: alpha of each label taken as yes or no, and the mean of those that
    vary. Single-label takes about 24 · labels² bytes for each article with several annotators.

    Source: Krippendorff, 2011, https://repository.upenn.edu/asc_papers/43; library `krippendorff`.

    Args:
        annotations: of each article, annotator -> labels.
        multi_label: whether an article may have none or several labels.

    Raises:
        InputError: the library `krippendorff` is needed and not installed.

    Example:
        >>> summarise([{"a": ("x",), "b": ("x",)}, {"a": ("y",), "b": ("y",)}], multi_label=False).alpha
        1.0
    """
    people: set[str] = set()
    tallies: Counter[VoteCounts] = Counter()
    unanimous = disputed = 0
    for votes in annotations:
        people.update(votes)
        counts = _count_votes(votes, multi_label)
        if counts:
            tallies[counts] += 1
            unanimous += len({frozenset(map(_key, given)) for given in votes.values() if given or multi_label}) == 1
            disputed += is_tied(votes, multi_label=multi_label)
    return Agreement(len(people), tallies.total(), unanimous, disputed, _alpha(tallies, multi_label))


def from_columns(
    row_values: Mapping[str, Any], annotators: Sequence[str], *, multi_label: bool, label_separator: str | None = None
) -> dict[str, tuple[str, ...]] | LabelProblem:
    """The votes of a row that has one column per annotator; an empty cell is no vote.

    Args:
        row_values: column -> value.
        annotators: the columns, named after the annotators.
        multi_label: whether an article may have none or several labels; an empty list is then a vote for none.
        label_separator: separates several labels in one cell.

    Returns:
        Annotator -> labels, or what is wrong with the row.

    Example:
        >>> from_columns({"anna": "satire", "ben": ""}, ["anna", "ben"], multi_label=False)
        {'anna': ('satire',)}
    """
    votes: dict[str, tuple[str, ...]] = {}
    for name in annotators:
        if name not in row_values:
            what = f"there is no column '{name}' for this annotator.{did_you_mean(name, row_values)}"
            return LabelProblem(what, "no column of an annotator")
        value = row_values[name]
        if is_empty(value):
            continue
        found = list(table_labels(value, multi_label=multi_label, separator=label_separator))
        problem = next((label for label in found if isinstance(label, LabelProblem)), None)
        if problem is not None and problem.kind != NO_SEPARATOR:
            return LabelProblem(f"{name} {problem.what}", f"annotator's label {problem.kind}")
        votes[name] = (str(value).strip(),) if problem else tuple(dict.fromkeys(map(str, found)))
    if not votes:
        return LabelProblem(f"no annotator gave a label ({names(annotators)} are empty)", "no annotator gave a label")
    return votes


def say_spellings(given: Counter[str]) -> None:
    """Log which labels annotators spell in several ways; each is one label in the votes.

    Args:
        given: spelling -> how often annotators gave it.
    """
    spellings: defaultdict[str, list[str]] = defaultdict(list)
    for name, count in given.most_common():
        spellings[_key(name)].append(f"'{visible(name)}' ({count:,} ×)")
    several = [" = ".join(spelt) for spelt in spellings.values() if len(spelt) > 1]
    if several:
        more = f" and {len(several) - SHOWN:,} more" if len(several) > SHOWN else ""
        logger.warning(
            "annotators spell %s in several ways: %s%s",
            counted(len(several), "label"),
            ", ".join(several[:SHOWN]),
            more,
        )


def say_lost(votes: Iterable[Votes], labels: Iterable[Sequence[str]], missing: MissingWords) -> None:
    """Log which labels annotators gave that no article has in the end, such as a word for "not known".

    Args:
        votes: of each article.
        labels: of each article.
        missing: words that stand for a missing value.
    """
    has = {_key(name) for given in labels for name in given}
    lost = Counter(name for given in votes for names in given.values() for name in names if _key(name) not in has)
    if lost:
        some = ", ".join(f"'{visible(name)}' ({count:,} ×)" for name, count in lost.most_common(SHOWN))
        more = f" and {len(lost) - SHOWN:,} more" if len(lost) > SHOWN else ""
        logger.warning(
            "annotators gave %s that no article has in the end: %s%s. Each is a vote, and can make a tie; what means "
            "that there is no answer is none with %s",
            "a label" if len(lost) == 1 else "labels",
            some,
            more,
            missing.with_more(name for name, _ in lost.most_common(SHOWN)),
        )


def _count_votes(votes: Votes, multi_label: bool) -> VoteCounts | None:
    """(annotators, ((label, how many gave it), …)); None for fewer than two annotators."""
    given = [labels for labels in votes.values() if labels or multi_label]
    if len(given) < 2:
        return None
    return len(given), tuple(sorted(Counter(key for labels in given for key in set(map(_key, labels))).items()))


def _alpha(tallies: Counter[VoteCounts], multi_label: bool) -> float | None:
    labels = sorted({name for _, counts in tallies for name, _ in counts})
    if not multi_label:
        return _nominal([([dict(counts).get(name, 0) for name in labels], n) for (_, counts), n in tallies.items()])
    alphas = []
    for name in labels:
        yes = [(dict(counts).get(name, 0), people, n) for (people, counts), n in tallies.items()]
        alphas.append(_nominal([([given, people - given], n) for given, people, n in yes]))
    known = [alpha for alpha in alphas if alpha is not None]
    return sum(known) / len(known) if known else None


def _nominal(units: Sequence[tuple[list[int], int]]) -> float | None:
    """Alpha of (annotators per value, how many articles are like that); None where fewer than two values occur."""
    import numpy as np

    if not units:
        return None
    counts = np.repeat([values for values, _ in units], [n for _, n in units], axis=0)
    counts = counts[:, counts.any(axis=0)]
    if counts.shape[1] < 2:
        return None
    try:
        import krippendorff
    except ImportError:
        raise InputError(
            "Agreement between annotators needs the package krippendorff.", fix=install_extra("annotators")
        ) from None
    return float(krippendorff.alpha(value_counts=counts, level_of_measurement="nominal"))
