"""Scores before calibration: what the network and TF-IDF say of articles, in an ensemble the mean of its members."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from classifier.arrays import Bools, Floats32
from classifier.articles.article import Article
from classifier.articles.boilerplate import strip_article
from classifier.models.tfidf_features import CountedArticles
from classifier.models.transformer.forward import article_logits, probabilities
from classifier.models.transformer.windows import EncodedArticles
from classifier.progress import SharedTask, Task
from classifier.stats.blending import Blend

if TYPE_CHECKING:
    from classifier.models.classifier import Classifier


TfidfScores = tuple[Floats32 | None, ...]


@dataclass(frozen=True)
class Known:
    """What has been worked out of articles before they are predicted; None = not yet.

    Attributes:
        encoded: their windows.
        counted: their terms, as TF-IDF counts them.
        logits: what the network says of them, float32 of shape (articles, classes); not for an ensemble.
        stripped: whether their terms were counted after stripping, as the model reads them.
        tfidf: what `tfidf_scores` says of them.
        skipped: which of them need not be read by the network, bool of shape (articles,); ``encoded`` and ``tfidf`` are
            then those of the others.
        alone: where that is known, calibrated probabilities of TF-IDF alone, shape (articles, classes).
    """

    encoded: EncodedArticles | None = None
    counted: CountedArticles | None = None
    logits: Floats32 | None = None
    stripped: bool = False
    tfidf: TfidfScores | None = None
    skipped: Bools | None = None
    alone: Floats32 | None = None


NOTHING = Known()


def prepared(classifier: Classifier, articles: Sequence[Article]) -> Known:
    """What can be worked out of articles while the network works on others: their windows, and their terms.

    Args:
        classifier: a model or an ensemble.
        articles: that it will predict.
    """
    given = list(articles)
    return Known(classifier.encoder.encode(given), _counted(classifier, given, NOTHING), stripped=True)


def uncalibrated_scores(
    classifier: Classifier, articles: list[Article], task: Task, known: Known
) -> tuple[Floats32, Floats32]:
    """Probabilities before calibration, with TF-IDF and without, each of shape (articles, classes).

    Args:
        classifier: a model or an ensemble.
        articles: order in = order out.
        task: told of each batch.
        known: what need not be worked out again of the same articles.
    """
    if not articles:
        empty = np.zeros((0, len(classifier.info.labels)), dtype=np.float32)
        return empty, empty
    encoded = classifier.encoder.encode(articles) if known.encoded is None else known.encoded
    tfidf = tfidf_scores(classifier, articles, known) if known.tfidf is None else known.tfidf
    ready = Known(encoded, logits=known.logits)
    if not classifier.members:
        return _scores(classifier, task, ready, tfidf[0])
    share = SharedTask(task, len(classifier.members))
    parts = [_scores(member, share, ready, own) for member, own in zip(classifier.members, tfidf, strict=True)]
    return _mean([proba for proba, _ in parts]), _mean([alone for _, alone in parts])


def tfidf_scores(classifier: Classifier, articles: list[Article], known: Known = NOTHING) -> TfidfScores:
    """Decision values of TF-IDF for each model that predicts, of shape (articles, classes); None where it has no part.

    Args:
        classifier: a model or an ensemble.
        articles: order in = order out.
        known: their terms, where they have been counted already.
    """
    counted = _counted(classifier, articles, known)
    return tuple(_tfidf(model, counted) for model in classifier.members or (classifier,))


def _tfidf(model: Classifier, counted: CountedArticles | None) -> Floats32 | None:
    if counted is None or model.tfidf is None or model.info.blend is None:
        return None
    return model.tfidf.class_scores(model.tfidf.distances(counted), len(model.info.labels))


def _scores(model: Classifier, task: Task, ready: Known, tfidf: Floats32 | None) -> tuple[Floats32, Floats32]:
    info, logits = model.info, _logits(model, task, ready)
    alone = probabilities(logits, info.multi_label)
    if tfidf is None or info.blend is None:
        return alone, alone
    return probabilities(Blend(*info.blend).apply(logits, tfidf), info.multi_label), alone


def _counted(classifier: Classifier, articles: list[Article], known: Known) -> CountedArticles | None:
    """The articles as TF-IDF reads them, counted once for all members of an ensemble; None where none is blended.

    What has been counted already is used where stripping leaves the articles as they are.
    """
    blended = classifier.blended_tfidf
    if blended is None:
        return None
    if known.stripped:
        return known.counted
    stripped = [strip_article(article, classifier.info.strip) for article in articles]
    kinds = {terms.kind for terms in blended.vectorizer.kinds}
    if known.counted is not None and kinds <= {*known.counted.counts} and all(map(operator.is_, stripped, articles)):
        return known.counted
    return blended.vectorizer.count(stripped, blended.pair)


def _logits(classifier: Classifier, task: Task, ready: Known) -> Floats32:
    if ready.logits is not None:
        task.advance(len(ready.logits), 0)
        return ready.logits
    assert ready.encoded is not None
    return article_logits(classifier.model, ready.encoded, classifier.encoder, device=classifier.device, task=task)


def _mean(proba: Sequence[Floats32]) -> Floats32:
    return np.asarray(np.mean(proba, axis=0, dtype=np.float64), dtype=np.float32)
