"""Scores before calibration: what the network and TF-IDF say of articles, in an ensemble the mean of its members."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from classifier.arrays import Floats32
from classifier.articles.article import Article
from classifier.articles.boilerplate import strip_article
from classifier.models.tfidf_features import CountedArticles
from classifier.models.transformer.forward import article_logits, probabilities
from classifier.models.transformer.windows import EncodedArticles
from classifier.progress import SharedTask, Task
from classifier.stats.blending import Blend

if TYPE_CHECKING:
    from classifier.models.classifier import Classifier


@dataclass(frozen=True)
class Known:
    """What has been worked out of articles before they are predicted; None = not yet.

    Attributes:
        encoded: their windows.
        counted: their terms, as TF-IDF counts them.
        logits: what the network says of them, float32 of shape (articles, classes); not for an ensemble.
        stripped: whether their terms were counted after stripping, as the model reads them.
    """

    encoded: EncodedArticles | None = None
    counted: CountedArticles | None = None
    logits: Floats32 | None = None
    stripped: bool = False


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
    encoded = classifier.encoder.encode(articles) if known.encoded is None else known.encoded
    ready = Known(encoded, _counted(classifier, articles, known), known.logits)
    return _scores(classifier, articles, task, ready)


def _scores(classifier: Classifier, articles: list[Article], task: Task, ready: Known) -> tuple[Floats32, Floats32]:
    info, baselines = classifier.info, classifier.tfidf
    if classifier.members:
        share = SharedTask(task, len(classifier.members))
        parts = [_scores(member, articles, share, ready) for member in classifier.members]
        return _mean([proba for proba, _ in parts]), _mean([alone for _, alone in parts])
    if not articles:
        empty = np.zeros((0, len(info.labels)), dtype=np.float32)
        return empty, empty
    logits = _logits(classifier, task, ready)
    alone = probabilities(logits, info.multi_label)
    if ready.counted is None or baselines is None or info.blend is None:
        return alone, alone
    tfidf = baselines.class_scores(baselines.distances(ready.counted), len(info.labels))
    return probabilities(Blend(*info.blend).apply(logits, tfidf), info.multi_label), alone


def _counted(classifier: Classifier, articles: list[Article], known: Known) -> CountedArticles | None:
    """The articles as TF-IDF reads them, counted once for all members of an ensemble; None where none is blended.

    What has been counted already is used where stripping leaves the articles as they are.
    """
    models = classifier.members or (classifier,)
    blended = [model.tfidf for model in models if model.tfidf is not None and model.info.blend]
    if not blended:
        return None
    if known.stripped:
        return known.counted
    stripped = [strip_article(article, classifier.info.strip) for article in articles]
    if known.counted is not None and all(map(operator.is_, stripped, articles)):
        return known.counted
    return blended[0].vectorizer.count(stripped, blended[0].pair)


def _logits(classifier: Classifier, task: Task, ready: Known) -> Floats32:
    if ready.logits is not None:
        task.advance(len(ready.logits), 0)
        return ready.logits
    assert ready.encoded is not None
    return article_logits(classifier.model, ready.encoded, classifier.encoder, device=classifier.device, task=task)


def _mean(proba: Sequence[Floats32]) -> Floats32:
    return np.asarray(np.mean(proba, axis=0, dtype=np.float64), dtype=np.float32)
