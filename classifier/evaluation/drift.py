"""Whether new articles differ from those of training: in length, words, languages, scores, and distance.

Each kind is one number with a threshold (`classifier.stats.drift`). Length, words, languages and distance are compared
with those of the articles that the model keeps the traits of (`classifier.models.known_articles`), scores with those of
validation. Where new articles differ, the figures on test articles say little about them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from classifier.arrays import Floats, Floats32, Ints
from classifier.articles.article import Article
from classifier.articles.languages import language_of
from classifier.articles.source_names import spelt_alike
from classifier.models.known_articles import FEWEST, KnownArticles, Traits
from classifier.models.model_folder import ModelInfo
from classifier.models.word_vectors import WordVectors
from classifier.stats.drift import (
    Difference,
    Divisions,
    difference_of_distributions,
    difference_of_means,
    difference_of_ranks,
    make_divisions,
)
from classifier.stats.label_shift import ValidationScores
from classifier.stats.label_shift.sources import source_numbers

Kind = Literal["length", "words", "languages", "scores", "distance"]
CHANCE = 0.01  # how often chance alone may be above any threshold
LEAST: Mapping[Kind, float] = {"length": 0.2, "words": 0.05, "languages": 0.05, "scores": 0.2, "distance": 0.15}
LOOKED_AT = 1_000  # new articles that are compared
SHOWN = 5  # of the most distant articles
CURVE = 60  # points of a picture
FEW_SOURCES = (
    "these articles and those of training are of so few sources that chance alone could explain any difference"
)
BEGINNING = 80  # characters of a text that stand for an article without a title

Measure = Callable[[Floats, Divisions, float, float], Difference]
MEASURES: Mapping[Kind, Measure] = {
    "length": difference_of_distributions,
    "words": difference_of_means,
    "languages": difference_of_means,
    "scores": difference_of_distributions,
    "distance": difference_of_ranks,
}


class NewArticles:
    """Some of a stream of articles with their highest scores; their numbers in the stream alone decide which.

    A stream that is begun again has the same. Memory does not grow with the stream.

    Attributes:
        seen: how many articles there have been.

    Example:
        >>> new = NewArticles(most=2)
        >>> new.add([Article(name, "Text.") for name in "abcd"], np.full((4, 1), 0.9, dtype=np.float32))
        >>> new.seen, [article.id for article in new.articles], new.scores.round(2).tolist()
        (4, ['c', 'b'], [0.9, 0.9])
    """

    def __init__(self, most: int = LOOKED_AT) -> None:
        self.most, self.seen = most, 0
        self._kept: list[tuple[int, Article, float]] = []

    def add(self, articles: Sequence[Article], proba: Floats32) -> None:
        """The next articles of the stream.

        Args:
            articles: in order.
            proba: their calibrated scores, shape (articles, classes).
        """
        if len(articles) != len(proba):
            raise RuntimeError(f"{len(proba)} scores for {len(articles)} articles")
        rows = self.candidates(len(articles))
        self.take(len(articles), rows, [articles[row] for row in rows], proba[rows].max(axis=1).tolist())

    def candidates(self, count: int) -> list[int]:
        """Which of the next so many articles may be kept, in order."""
        return np.flatnonzero(self._keys(count) < self._limit).tolist()

    def take(self, count: int, rows: Sequence[int], articles: Sequence[Article], scores: Sequence[float]) -> None:
        """The next so many articles, of which only the candidates are given.

        Args:
            count: how many there are.
            rows: from `candidates`.
            articles, scores: of these, with the highest score of each.
        """
        keys = self._keys(count)[list(rows)].tolist()
        self.seen += count
        if rows:
            new = zip(keys, articles, scores, strict=True)
            self._kept = sorted([*self._kept, *new], key=lambda item: item[0])[: self.most]

    def without(self, left_out: Sequence[bool]) -> NewArticles:
        """The same stream without some of the articles that are kept, in their order.

        Example:
            >>> new = NewArticles()
            >>> new.add([Article(name, "Text.") for name in "abc"], np.ones((3, 1), dtype=np.float32))
            >>> [article.id for article in new.articles]
            ['c', 'b', 'a']
            >>> [article.id for article in new.without([True, False, False]).articles]
            ['b', 'a']
        """
        others = NewArticles(self.most)
        others.seen = self.seen
        others._kept = [item for item, out in zip(self._kept, left_out, strict=True) if not out]
        return others

    @property
    def _limit(self) -> np.uint64:
        return np.uint64(self._kept[-1][0] if len(self._kept) >= self.most else 2**64 - 1)

    def _keys(self, count: int) -> np.ndarray:
        return _mixed(np.arange(self.seen, self.seen + count, dtype=np.uint64))

    @property
    def articles(self) -> list[Article]:
        """Those that are kept, in an order that is as good as random."""
        return [article for _, article, _ in self._kept]

    @property
    def scores(self) -> Floats:
        """The highest score of each."""
        return np.array([score for _, _, score in self._kept])


def _mixed(numbers: np.ndarray) -> np.ndarray:
    """Numbers as good as random, one for each number (splitmix64; Steele, Lea and Flood, OOPSLA 2014)."""
    found = (numbers + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    found = (found ^ (found >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    found = (found ^ (found >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(found ^ (found >> np.uint64(31)))


@dataclass(frozen=True)
class Curve:
    """Which share of the known and of the new articles has at most so much of a trait.

    Attributes:
        x: amounts, rising.
        known, new: the shares at these.
    """

    x: tuple[float, ...]
    known: tuple[float, ...]
    new: tuple[float, ...]


@dataclass(frozen=True)
class KindOfDrift:
    """How new articles differ from known ones in one trait.

    Attributes:
        kind: which.
        number, threshold, expected: as in `classifier.stats.drift.Difference`.
        known, new: the median of the trait on both sides; for words and languages the mean.
        known_articles, new_articles: how many were compared.
        curve: of both sides; None for languages.
    """

    kind: Kind
    number: float
    threshold: float
    expected: float
    known: float
    new: float
    known_articles: int
    new_articles: int
    curve: Curve | None = None

    @property
    def found(self) -> bool:
        """Whether the number is above its threshold."""
        return self.number > self.threshold


@dataclass(frozen=True)
class FarArticle:
    """One of the articles that are the farthest from the training articles.

    Attributes:
        id, where: of the article.
        title: or the beginning of its text.
        unknown: share of its words that occur in no training article.
        language: its code; None = not sure.
        score: the highest.
    """

    id: str
    where: str
    title: str
    unknown: float
    language: str | None
    score: float


@dataclass(frozen=True)
class Drift:
    """How new articles differ from those of training.

    Attributes:
        articles: how many there are.
        compared: how many of them were looked at.
        kinds: those that could be compared.
        missing: kinds that could not, with the reason.
        farthest: the articles that are the farthest from the training articles.
        languages: that the model knows.
        by_source: whether sources were mixed rather than articles, to tell what is chance.
    """

    articles: int
    compared: int
    kinds: tuple[KindOfDrift, ...]
    missing: Mapping[Kind, str]
    farthest: tuple[FarArticle, ...] = ()
    languages: tuple[str, ...] = ()
    by_source: bool = False

    @property
    def found(self) -> tuple[KindOfDrift, ...]:
        """The kinds in which the articles differ."""
        return tuple(kind for kind in self.kinds if kind.found)


@dataclass(frozen=True)
class _Compared:
    """A trait of both sides, and which articles stand together on each."""

    known: Floats
    new: Floats
    blocks: tuple[Ints, Ints]


def measure_drift(
    info: ModelInfo, known: KnownArticles | None, new: NewArticles, load: Callable[[KnownArticles], WordVectors]
) -> Drift:
    """Compare new articles with those of training.

    Args:
        info: of the model, or of the ensemble.
        known: what the model keeps of its training articles; None = it keeps nothing.
        new: some of the new articles; one with an empty text has a score alone.
        load: gives the model's word vectors.
    """
    articles = new.articles
    if len(articles) < FEWEST:
        why = f"there are fewer than {FEWEST} articles to compare"
        return Drift(new.seen, len(articles), (), dict.fromkeys(LEAST, why))
    sources = source_numbers(spelt_alike([article.source for article in articles]))
    texts = np.array([row for row, article in enumerate(articles) if article.text], dtype=np.int64)
    written = [articles[row] for row in texts]
    traits = None
    if known is not None and len(written) >= FEWEST:
        traits = known.traits_of(written, info, load(known))
    of_texts = TraitsOfNew(traits, None if sources is None else sources[texts])
    sides = _sides(info, known, of_texts, new.scores, sources)
    kinds = tuple(_kinds(sides))
    missing = [kind for kind in LEAST if kind not in {one.kind for one in kinds}]
    return Drift(
        new.seen,
        len(articles),
        kinds,
        {kind: FEW_SOURCES if kind in sides else _why_missing(kind, info, known) for kind in missing},
        () if traits is None else tuple(_farthest(written, new.scores[texts], traits)),
        tuple(code for code, read in (info.languages or {}).items() if read),
        sources is not None and known is not None and len(known.groups) > 0,
    )


@dataclass(frozen=True)
class TraitsOfNew:
    """Traits of the new articles that have a text.

    Attributes:
        traits: None = nothing to compare them with, or too few.
        sources: a number for the source of each; None where they are not known.
    """

    traits: Traits | None
    sources: Ints | None


def compare(
    info: ModelInfo, known: KnownArticles | None, new: TraitsOfNew, scores: Floats, sources: Ints | None
) -> Iterator[KindOfDrift]:
    """Each kind that can be compared, unless both sides are of so few sources that no difference could be shown.

    Args:
        info, known: as in `measure_drift`.
        new: of the articles with texts.
        scores: the highest score of each article.
        sources: a number for the source of each; None where they are not known.
    """
    return _kinds(_sides(info, known, new, scores, sources))


def _sides(
    info: ModelInfo, known: KnownArticles | None, new: TraitsOfNew, scores: Floats, sources: Ints | None
) -> dict[Kind, _Compared]:
    """The traits that both sides have; for the arguments see `compare`."""
    compared: dict[Kind, _Compared] = {}
    if known is not None and new.traits is not None and len(known.traits) >= FEWEST:
        compared |= dict(_of_texts(known.traits, new.traits, known.groups, new.sources))
    if info.validation is not None and len(info.validation.rows) >= FEWEST and np.isfinite(scores).all():
        compared["scores"] = _of_scores(info.validation, scores, sources)
    return compared


def _kinds(compared: Mapping[Kind, _Compared]) -> Iterator[KindOfDrift]:
    chance = CHANCE / max(1, len(compared))
    divided: dict[tuple[bytes, bytes], Divisions] = {}
    for kind in LEAST:
        if kind in compared:
            blocks = compared[kind].blocks
            key = blocks[0].tobytes(), blocks[1].tobytes()
            if key not in divided:
                divided[key] = make_divisions(*blocks)
            if divided[key].can_show(chance):
                yield _kind(kind, compared[kind], divided[key], chance)


def _of_texts(known: Traits, new: Traits, groups: Ints, sources: Ints | None) -> Iterator[tuple[Kind, _Compared]]:
    blocks = _blocks(groups, len(known), sources, len(new))
    yield "length", _Compared(known.length, new.length, blocks)
    yield "words", _Compared(known.unknown, new.unknown, blocks)
    yield "distance", _Compared(known.distance, new.distance, blocks)
    if len(known.foreign) >= FEWEST and len(new.foreign) >= FEWEST:
        few = blocks[0][: len(known.foreign)], blocks[1][: len(new.foreign)]
        yield "languages", _Compared(known.foreign, new.foreign, few)


def _of_scores(validation: ValidationScores, new: Floats, sources: Ints | None) -> _Compared:
    known = validation.scores.max(axis=1)
    blocks = _blocks(np.array(validation.groups, dtype=np.int64), len(known), sources, len(new))
    return _Compared(known, new.round(4), blocks)


def _blocks(groups: Ints, known: int, sources: Ints | None, new: int) -> tuple[Ints, Ints]:
    """Sources where both sides have some; else each article stands for itself."""
    if len(groups) and sources is not None:
        return groups, sources
    return np.arange(known), np.arange(new)


def _kind(kind: Kind, compared: _Compared, divisions: Divisions, chance: float) -> KindOfDrift:
    values = np.concatenate([compared.known, compared.new])
    found = MEASURES[kind](values, divisions, chance, LEAST[kind])
    typical = np.mean if kind in ("words", "languages") else np.median
    return KindOfDrift(
        kind,
        round(found.number, 6),
        round(found.threshold, 6),
        round(found.expected, 6),
        round(float(typical(compared.known)), 6),
        round(float(typical(compared.new)), 6),
        len(compared.known),
        len(compared.new),
        None if kind == "languages" else _curve(compared),
    )


def _curve(compared: _Compared) -> Curve:
    sides = compared.known, compared.new
    every = np.concatenate(sides)
    x = np.unique(np.quantile(every[np.isfinite(every)], np.linspace(0, 1, CURVE)))
    known, new = (np.searchsorted(np.sort(side), x, side="right") / len(side) for side in sides)
    return Curve(*(tuple(values.round(6).tolist()) for values in (x, known, new)))


def _why_missing(kind: Kind, info: ModelInfo, known: KnownArticles | None) -> str:
    if kind == "scores":
        few = info.validation is None or len(info.validation.rows) < FEWEST
        kept = "the model keeps no scores of validation articles, or of too few"
        return kept if few else "the articles have no scores of this model alone"
    if known is None:
        return "the model keeps nothing of its training articles"
    if kind == "languages" and not info.languages:
        return "the model does not tell the languages of its training articles"
    return "the articles have no texts"


def _farthest(articles: Sequence[Article], scores: Floats, traits: Traits) -> Iterator[FarArticle]:
    for row in np.argsort(-traits.distance, kind="stable")[:SHOWN].tolist():
        article = articles[row]
        beginning = " ".join((article.title or article.text[: 4 * BEGINNING]).split())[:BEGINNING]
        unknown, score = round(float(traits.unknown[row]), 4), round(float(scores[row]), 4)
        yield FarArticle(article.id, article.where, beginning, unknown, language_of(article), score)
