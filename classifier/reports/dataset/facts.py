"""What a dataset page shows beside ``dataset.json``: lengths, sources, conflicts, examples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from classifier.arrays import Ints, evenly
from classifier.articles.article import Article, input_text
from classifier.articles.source_names import spelt_alike
from classifier.articles.split_names import SPLITS
from classifier.dataset.consistency import Conflict, ConsistentCorpus, list_conflicts
from classifier.dataset.corpus import GUESS
from classifier.dataset.splits import Assignment
from classifier.models.transformer.windows import TextEncoder

MEASURED = 5000  # articles whose lengths are measured, at most
CHARACTERS = 20_000_000  # of text that is measured, about
EXAMPLES = 10  # of each label
SHOWN_CONFLICTS = 100
START = 300  # characters of an example


@dataclass(frozen=True)
class Lengths:
    """How long the articles are.

    Attributes:
        unit: ``tokens`` of the model's tokenizer, or ``words`` where there is no tokenizer at hand.
        by_label: label -> lengths of the sampled articles that have it.
        articles: how many articles were measured.
        sampled: whether they are a sample of a larger corpus.
        max_length: tokens in one window of the model.
        windows: windows that the model reads, or ``all``.
        beyond: share of articles longer than ``max_length``; None where the unit is words.
        dropped: share of all tokens that the model's windows leave out; None where the unit is words.
        cut: share of articles that are not read to the end; None where the unit is words.
    """

    unit: str
    by_label: Mapping[str, tuple[int, ...]]
    articles: int
    sampled: bool
    max_length: int
    windows: int | str
    beyond: float | None
    dropped: float | None
    cut: float | None


@dataclass(frozen=True)
class Example:
    """One article as the page shows it: the first words of its text."""

    id: str
    label: str
    split: str
    start: str
    title: str | None = None
    target: str | None = None
    source: str | None = None
    date: str | None = None


@dataclass(frozen=True)
class DatasetFacts:
    """Everything on the page that ``dataset.json`` does not hold.

    Attributes:
        lengths: how long the articles are.
        sources: label -> {source: articles}, the largest sources first; empty when no article names a source.
        source_count: how many sources there are; spellings of one are one.
        conflicts: duplicates whose labels differ (at most 100).
        conflict_count: how many there are in all.
        examples: label -> up to ten articles.
        languages: guessed language -> {label: articles}; None where no guess was asked for.
        rejected: kind of fault -> rows that were skipped.
    """

    lengths: Lengths
    sources: Mapping[str, Mapping[str, int]]
    source_count: int
    conflicts: tuple[Conflict, ...]
    conflict_count: int
    examples: Mapping[str, tuple[Example, ...]]
    languages: Mapping[str, Mapping[str, int]] | None
    rejected: Mapping[str, int]


def gather_facts(
    settled: ConsistentCorpus,
    assignment: Assignment,
    encoder: TextEncoder | None,
    model: tuple[int, int | str],
    rejected: Mapping[str, int],
) -> DatasetFacts:
    """Gather what a page shows of a corpus; lengths are measured on at most 5,000 articles (fewer of long ones).

    Args:
        settled: the articles.
        assignment: their splits.
        encoder: counts tokens; None = words are counted.
        model: tokens in one window, and windows.
        rejected: kind of fault -> rows that were skipped.
    """
    kept = np.flatnonzero(assignment.split >= 0)
    measured = kept[evenly(len(kept), _measurable(settled, kept))]
    index = settled.corpus.index
    sources = dict(zip(kept.tolist(), spelt_alike([index.columns["source"][row] or None for row in kept]), strict=True))
    return DatasetFacts(
        lengths=_lengths(settled, measured, len(measured) < len(kept), encoder, model),
        sources=_sources(settled, sources),
        source_count=len({*sources.values()} - {None}),
        conflicts=list_conflicts(settled, SHOWN_CONFLICTS),
        conflict_count=len(settled.conflicts),
        examples=_examples(settled, assignment, kept),
        languages=_languages(settled, kept),
        rejected=rejected,
    )


def _measurable(settled: ConsistentCorpus, kept: Ints) -> int:
    """How many articles can be measured in some seconds: fewer where they are long, going by fifty of them."""
    sizes = [len(article.text) for article in settled.corpus.articles(kept[evenly(len(kept), 50)])]
    return min(MEASURED, max(50, int(CHARACTERS * len(sizes) / max(1, sum(sizes)))))


def _lengths(
    settled: ConsistentCorpus, rows: Ints, sampled: bool, encoder: TextEncoder | None, model: tuple[int, int | str]
) -> Lengths:
    articles = list(settled.corpus.articles(rows))
    if encoder is None:
        sizes = [len(input_text(article).split()) for article in articles]
        shares: tuple[float | None, ...] = (None, None, None)
    else:
        encoded = encoder.encode(articles)
        sizes = [int(size) for size in encoded.tokens_total]
        beyond = sum(size > encoder.max_length for size in sizes) / max(1, len(sizes))
        shares = (beyond, encoded.share_dropped, encoded.share_cut)
    by_label: dict[str, list[int]] = {name: [] for name in settled.labels.names}
    for article, size in zip(articles, sizes, strict=True):
        for name in article.labels:
            by_label[name].append(size)
    unit = "words" if encoder is None else "tokens"
    found = {name: tuple(values) for name, values in by_label.items()}
    return Lengths(unit, found, len(rows), sampled, *model, *shares)


def _sources(settled: ConsistentCorpus, sources: Mapping[int, str | None]) -> dict[str, dict[str, int]]:
    """Articles of each source for each label, the largest sources first; ``sources`` is the source of each row."""
    index = settled.corpus.index
    counts = {name: Counter[str]() for name in settled.labels.names}
    for row, source in sources.items():
        if source:
            for name in index.labels[row]:
                counts[name][source] += 1
    return {name: dict(found.most_common()) for name, found in counts.items() if found}


def _examples(settled: ConsistentCorpus, assignment: Assignment, kept: Ints) -> dict[str, tuple[Example, ...]]:
    """Up to ten articles of each label, spread over the corpus."""
    rows_of: dict[str, list[int]] = {name: [] for name in settled.labels.names}
    for row in kept:
        for name in settled.corpus.index.labels[row]:
            rows_of[name].append(int(row))
    chosen = {name: _spread(rows, EXAMPLES) for name, rows in rows_of.items()}
    wanted = sorted({row for rows in chosen.values() for row in rows})
    shown = {
        row: _example(article, _split_name(assignment, row))
        for row, article in zip(wanted, settled.corpus.articles(wanted), strict=True)
    }
    return {name: tuple(replace(shown[row], label=name) for row in rows) for name, rows in chosen.items()}


def _spread(rows: list[int], most: int) -> list[int]:
    return [rows[i] for i in evenly(len(rows), most)] if rows else []


def _example(article: Article, split: str) -> Example:
    return Example(
        article.id, "", split, beginning(article.text), article.title, article.target, article.source, article.date
    )


def beginning(text: str) -> str:
    """The first words of a text, on one line."""
    words = " ".join(text[:2000].split())
    return words if len(words) <= START else words[:START].rsplit(" ", 1)[0] + " …"


def _split_name(assignment: Assignment, row: int) -> str:
    if assignment.folds is None:
        return SPLITS[assignment.split[row]]
    return f"fold {int((assignment.folds[row] == SPLITS.index('test')).argmax()) + 1}"


def _languages(settled: ConsistentCorpus, kept: Ints) -> dict[str, dict[str, int]] | None:
    index = settled.corpus.index
    if GUESS not in index.columns:
        return None
    counts: dict[str, Counter[str]] = {}
    for row in kept:
        language = index.columns[GUESS][row] or "unknown"
        counts.setdefault(language, Counter()).update(index.labels[row])
    return {name: dict(found) for name, found in sorted(counts.items(), key=lambda item: -item[1].total())}
