"""Which sentences made a model give its label: what the score loses without each, and what each gains alone.

The score is the log-odds of the label. A sentence's effect is the mean of two differences: the score of the whole text
less that of the text without it, and the score of the sentence alone less that of no text at all. These are the first
and the last term of its Shapley value (Štrumbelj and Kononenko, 2010, "An efficient explanation of individual
classifications using game theory", JMLR 11): a sentence that repeats what others say has an effect too, which leaving
it out would miss. Alone, a sentence moves the score more than when it is left out. So the differences of the second
kind are first scaled to the size (root of the sum of squares) of those of the first kind in the article, and effects
are changes of the log-odds as when a sentence is left out. The score is that of the whole predictor: with its windows,
blend with TF-IDF, ensemble, and stripping.

A title counts as a sentence; a target is never left out. Where an article has more than 24 sentences, runs of sentences
are left out first, and then the single sentences of the four runs with the largest effects. A sentence of another run
gets a share of its run's effect, by its length. `scripts/deletion_test.py` measures why this method was chosen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from classifier.arrays import Floats32
from classifier.articles.arrow import Evidence
from classifier.articles.article import Article, input_text
from classifier.articles.boilerplate import strip_article
from classifier.articles.sentences import Span, sentence_spans, trimmed
from classifier.progress import SilentTask, Task

if TYPE_CHECKING:
    from classifier.models.decider import Decider
    from classifier.models.predictor import Predictor

MOST_UNITS = 24  # sentences, or runs of them, that are tried in the first round
STRONGEST = 4  # runs of which the sentences are tried in the second
SHOWN = 5  # sentences of a prediction that are written
VARIANTS = 2048  # texts that are predicted together, about
SMALLEST = 1e-7  # probability from which log-odds are taken

TextPart = Literal["title", "text"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an article, and what it does to the score of a label.

    Attributes:
        part: whether it stands in the ``title`` or in the ``text``.
        start, end: characters of that part as it was given, before any stripping; ``part[start:end] == text``.
        text: the sentence without the white space around it.
        effect: on the log-odds of the label; above 0 it speaks for the label, below 0 against it. 0 also for what is
            stripped before the model reads.
    """

    part: TextPart
    start: int
    end: int
    text: str
    effect: float


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence by its place, with the white space after it; the title is one piece."""

    part: TextPart
    span: Span

    @property
    def length(self) -> int:
        """In characters."""
        return self.span[1] - self.span[0]


Unit = tuple[Piece, ...]  # what is left out together
ScoringJob = tuple[Article, int, Sequence[Unit]]  # an article, the id of its label, and what to leave out


def explain(
    predictor: Predictor, articles: Sequence[Article], labels: Sequence[int] | None = None, task: Task | None = None
) -> list[list[Sentence]]:
    """The sentences of each article, in their order, with their effects on the log-odds of its label.

    This predicts about as many texts as an article has sentences, at most about 50 for one of 100 sentences.

    Args:
        predictor: the model.
        articles: order in = order out.
        labels: ids of the labels to explain; else the labels that `score_labels` finds.
        task: told of each article.

    Returns:
        A list per article; the title first, where the model reads one.

    Example:
        >>> from classifier.models.classifier import Classifier
        >>> model = Classifier.load("runs/first")
        >>> [sentences] = explain(model, [Article("1", "The moon is cheese. The council met.")])
        >>> [(sentence.text, sentence.effect > 0) for sentence in sentences]
        [('The moon is cheese.', True), ('The council met.', False)]
    """
    if labels is None:
        labels = score_labels(predictor, predictor.predict_articles(articles)).tolist()
    task, found = task or SilentTask(), []
    for jobs in _chunks([(without_repeated_title(a), label) for a, label in zip(articles, labels, strict=True)]):
        found += _explain(predictor, jobs)
        task.advance(len(jobs), 0)
    return found


def score_labels(decider: Decider, proba: Floats32) -> npt.NDArray[np.int64]:
    """The label whose probability is the ``score``: the given one, or the most likely of those given."""
    given = decider.decide(proba)
    if not decider.info.multi_label:
        return given
    return np.asarray((np.where(given.any(axis=1, keepdims=True), given, 1) * proba).argmax(axis=1), dtype=np.int64)


def strongest(sentences: Sequence[Sentence], most: int = SHOWN) -> list[Sentence]:
    """The sentences with the largest effects, for the label or against it; those most for it come first."""
    moving = sorted((s for s in sentences if s.effect), key=lambda sentence: -abs(sentence.effect))
    return sorted(moving[:most], key=lambda sentence: -sentence.effect)


def as_evidence(sentences: Sequence[Sentence]) -> Evidence:
    """Sentences as they stand in files: ``part``, ``start``, ``end``, ``text``, ``effect``."""
    return Evidence({**asdict(sentence), "effect": round(sentence.effect, 4)} for sentence in sentences)


def evidence_of(predictor: Predictor, articles: Sequence[Article], proba: Floats32, task: Task) -> list[Evidence]:
    """The strongest sentences of each article for the label that its probabilities give it, as they stand in files."""
    found = explain(predictor, articles, score_labels(predictor, proba).tolist(), task)
    return [as_evidence(strongest(sentences)) for sentences in found]


def pieces_of(article: Article) -> list[Piece]:
    """The title and the sentences of the text."""
    title = [Piece("title", (0, len(article.title)))] if article.title and article.title.strip() else []
    return [*title, *(Piece("text", span) for span in sentence_spans(article.text))]


def without(article: Article, gone: Sequence[Piece]) -> Article:
    """The article without some of its pieces, given in their order; the target stays."""
    title = None if any(piece.part == "title" for piece in gone) else article.title
    edges = [0, *(edge for piece in gone if piece.part == "text" for edge in piece.span), len(article.text)]
    text = "".join(article.text[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True))
    return replace(article, title=title, text=text)


def only(article: Article, kept: Sequence[Piece]) -> Article:
    """The article with some of its pieces alone, given in their order; the target stays."""
    title = article.title if any(piece.part == "title" for piece in kept) else None
    text = "".join(article.text[slice(*piece.span)] for piece in kept if piece.part == "text")
    return replace(article, title=title, text=text)


def without_repeated_title(article: Article) -> Article:
    """The article without a title that its text begins with: the model reads it once, as part of the text."""
    return replace(article, title=None) if article.title and input_text(article) == article.text else article


def _explain(predictor: Predictor, jobs: Sequence[tuple[Article, int]]) -> list[list[Sentence]]:
    """Both rounds for a chunk of articles: all sentences or runs of them, then the sentences of the strongest runs."""
    pieces = [pieces_of(article) for article, _ in jobs]
    runs = [_runs(found) for found in pieces]
    first = _effects(predictor, [(*job, units) for job, units in zip(jobs, runs, strict=True)])
    long = [index for index, units in enumerate(runs) if len(units) < len(pieces[index])]
    closer = {index: [(p,) for unit in _strongest_runs(runs[index], first[index]) for p in unit] for index in long}
    second = _effects(predictor, [(*jobs[index], closer[index]) for index in long])
    measured = [_shares(units, effects) for units, effects in zip(runs, first, strict=True)]
    for index, effects in zip(long, second, strict=True):
        measured[index] |= {piece: effect for (piece,), effect in zip(closer[index], effects, strict=True)}
    return [
        [_sentence(article, piece, effects[piece]) for piece in found]
        for (article, _), found, effects in zip(jobs, pieces, measured, strict=True)
    ]


def _runs(pieces: Sequence[Piece]) -> list[Unit]:
    """Pieces in at most 24 runs of equal numbers; the title is always on its own."""
    title = [(piece,) for piece in pieces if piece.part == "title"]
    text = pieces[len(title) :]
    size = -(-len(text) // (MOST_UNITS - len(title)))
    return [*title, *(tuple(text[start : start + size]) for start in range(0, len(text), size or 1))]


def _strongest_runs(units: Sequence[Unit], effects: Sequence[float]) -> list[Unit]:
    order = np.argsort(-np.abs(effects), kind="stable")[:STRONGEST]
    return [units[index] for index in sorted(order.tolist())]


def _shares(units: Sequence[Unit], effects: Sequence[float]) -> dict[Piece, float]:
    """Each piece's share, by length, of the effect of its unit."""
    return {
        piece: effect * piece.length / sum(other.length for other in unit)
        for unit, effect in zip(units, effects, strict=True)
        for piece in unit
    }


def _effects(predictor: Predictor, jobs: Sequence[ScoringJob]) -> list[list[float]]:
    """The effect of each unit of each article; all variants of all articles are predicted together."""
    read = [[_is_read(article, unit, predictor.info.strip) for unit in units] for article, _, units in jobs]
    variants: list[Article] = []
    ids: list[int] = []
    for (article, label, units), flags in zip(jobs, read, strict=True):
        tried = [unit for unit, flag in zip(units, flags, strict=True) if flag]
        variants += [article, only(article, [])]
        variants += [without(article, unit) for unit in tried] + [only(article, unit) for unit in tried]
        ids += [label] * (2 + 2 * len(tried))
    scores = iter(log_odds(predictor.predict_articles(variants), ids, predictor.info.multi_label).tolist())
    return [_differences(scores, flags) for flags in read]


def _differences(scores: Iterator[float], read: Sequence[bool]) -> list[float]:
    """Effects from the scores of the whole, of nothing, without each unit, and of each unit alone; 0 if not read."""
    whole, nothing = next(scores), next(scores)
    effects = np.zeros((2, len(read)))
    effects[0, list(read)] = [whole - next(scores) for flag in read if flag]
    effects[1, list(read)] = [next(scores) - nothing for flag in read if flag]
    size, alone = np.linalg.norm(effects, axis=1)
    effects[1] *= size / alone if alone else 0
    return list(effects.mean(axis=0).tolist())


def _is_read(article: Article, unit: Unit, strip: tuple[str, ...]) -> bool:
    """Whether the model reads any word of a unit: not where it is stripped anyway."""
    if not strip:
        return True
    whole, rest = (input_text(strip_article(variant, strip)).split() for variant in (article, without(article, unit)))
    return whole != rest


def log_odds(proba: Floats32, labels: Sequence[int], multi_label: bool) -> npt.NDArray[np.float64]:
    """Log-odds of one label of each article, shape (articles,)."""
    proba = proba.astype(np.float64)
    chosen = proba[np.arange(len(proba)), labels]
    rest = 1 - chosen if multi_label else proba.sum(axis=1) - chosen
    return np.asarray(np.log(np.maximum(chosen, SMALLEST)) - np.log(np.maximum(rest, SMALLEST)))


def _sentence(article: Article, piece: Piece, effect: float) -> Sentence:
    source = article.text if piece.part == "text" else article.title or ""
    start, end = trimmed(source, piece.span)
    return Sentence(piece.part, start, end, source[start:end], effect)


def _chunks(jobs: Sequence[tuple[Article, int]]) -> Iterator[list[tuple[Article, int]]]:
    """Articles in chunks of about 2,048 variants, so that memory does not grow with their number."""
    chunk: list[tuple[Article, int]] = []
    variants = 0
    for job in jobs:
        chunk.append(job)
        variants += 2 * min(len(pieces_of(job[0])), MOST_UNITS)
        if variants >= VARIANTS:
            yield chunk
            chunk, variants = [], 0
    if chunk:
        yield chunk
