"""What the page shows of articles that were labelled wrongly: those with the highest scores, and their texts.

Where ``evaluate --explain`` has written ``errors.json``, its articles are shown, with the sentences that drove the
label; else the wrong rows of ``predictions.parquet`` with the highest scores, with the beginning of the text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from classifier.articles.article import Article
from classifier.reports.run.record import RunRecord

SHOWN = 12
BEGINNING = 400  # characters of a text without evidence
MOST = 6_000  # characters of a text with it
MARKED = 3  # sentences that speak most for the label, and as many that speak most against it


@dataclass(frozen=True)
class ExcerptPart:
    """A part of a text; ``effect`` on the label that was given: above 0 for it, below 0 against it, 0 = not marked."""

    text: str
    effect: float = 0.0


@dataclass(frozen=True)
class Excerpt:
    """An article that was labelled wrongly.

    Attributes:
        id, source: of the article.
        true, predicted: its labels, and those that were given.
        score: of the wrong label; for multi-label, where a label was missed, 1 minus its score.
        title, target: None where there is none.
        title_effect: effect of the title on the label, as in `ExcerptPart`.
        pieces: the text, or its beginning; empty where the dataset is gone.
        cut: whether the text goes on.
    """

    id: str
    source: str | None
    true: tuple[str, ...]
    predicted: tuple[str, ...]
    score: float
    title: str | None = None
    target: str | None = None
    title_effect: float = 0.0
    pieces: tuple[ExcerptPart, ...] = ()
    cut: bool = False


def worst(record: RunRecord, most: int = SHOWN) -> list[Excerpt]:
    """The wrong labels with the highest scores, the highest first; empty where there are none."""
    explained = record.part("errors")
    if explained is not None:
        return [_explained(row) for row in explained["errors"][:most]]
    wrong = [(_how_wrong(row, record.evaluation.labels), row) for row in record.predictions if is_wrong(row)]
    found = sorted(wrong, key=lambda pair: -pair[0])[:most]
    ids = {row["id"] for _, row in found}
    texts = {article.id: article for article in record.articles() if article.id in ids} if ids else {}
    return [_beginning(row, score, texts.get(row["id"])) for score, row in found]


def is_wrong(row: Mapping[str, Any]) -> bool:
    """Whether a row of ``predictions.parquet`` has not exactly the right labels."""
    return set(_labels(row["label"])) != set(_labels(row["predicted"]))


def pieces(text: str, marks: Sequence[Mapping[str, Any]]) -> tuple[ExcerptPart, ...]:
    """A text in parts: those that are marked, with their effect, and what lies between them.

    Args:
        text: as it was given to the model.
        marks: ``start``, ``end`` (characters) and ``effect`` of sentences; those beyond the text or over one another
            are left out.

    Example:
        >>> pieces("One. Two. Three.", [{"start": 5, "end": 9, "effect": 0.4}])
        (ExcerptPart(text='One. ', effect=0.0),
         ExcerptPart(text='Two.', effect=0.4),
         ExcerptPart(text=' Three.', effect=0.0))
    """
    found, at = [], 0
    for mark in sorted(marks, key=lambda mark: mark["start"]):
        start, end = mark["start"], mark["end"]
        if at <= start < end <= len(text):
            found += [ExcerptPart(text[at:start]), ExcerptPart(text[start:end], mark["effect"])]
            at = end
    return tuple(piece for piece in (*found, ExcerptPart(text[at:])) if piece.text)


def strongest_both_ways(evidence: Sequence[Mapping[str, Any]], most: int = MARKED) -> list[Mapping[str, Any]]:
    """The sentences with the largest effects: as many for the label as against it, none without an effect."""
    order = sorted(evidence, key=lambda sentence: -abs(sentence["effect"]))
    supporting = [sentence for sentence in order if sentence["effect"] > 0]
    opposing = [sentence for sentence in order if sentence["effect"] < 0]
    return [*supporting[:most], *opposing[:most]]


def _labels(value: str | Sequence[str] | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())


def _how_wrong(row: Mapping[str, Any], names: Sequence[str]) -> float:
    """How far off an article's worst label is: the score of one it lacks, or 1 minus the score of one it has."""
    if isinstance(row["label"], str):
        return float(row["score"])
    true, predicted = set(_labels(row["label"])), set(_labels(row["predicted"]))
    scores = dict(zip(names, row["scores"], strict=True))
    return float(max([*(scores[name] for name in predicted - true), *(1 - scores[name] for name in true - predicted)]))


def _beginning(row: Mapping[str, Any], score: float, article: Article | None) -> Excerpt:
    """A wrong prediction with the beginning of its text, where that is at hand."""
    plain = Excerpt(row["id"], row.get("source"), _labels(row["label"]), _labels(row["predicted"]), score)
    if article is None:
        return plain
    return replace(
        plain,
        title=article.title,
        target=article.target,
        pieces=pieces(article.text[:BEGINNING], ()),
        cut=len(article.text) > BEGINNING,
    )


def _explained(row: Mapping[str, Any]) -> Excerpt:
    """One of ``errors.json``, with its strongest sentences marked."""
    marks = strongest_both_ways(row["evidence"])
    text = row["text"]
    return Excerpt(
        id=row["id"],
        source=row["source"],
        true=tuple(row["true"]),
        predicted=tuple(row["predicted"]),
        score=row["score"],
        title=row["title"],
        target=row["target"],
        title_effect=sum(mark["effect"] for mark in marks if mark["part"] == "title"),
        pieces=pieces(text[:MOST], [mark for mark in marks if mark["part"] == "text"]),
        cut=len(text) > MOST,
    )
