"""`Predictor`: from articles to calibrated scores, by a network and TF-IDF, or by several of such models together."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from classifier.arrays import Floats32
from classifier.articles.article import Article
from classifier.articles.boilerplate import strip_article
from classifier.models.article_checks import check_finite, check_texts
from classifier.models.decider import Decider
from classifier.models.prepared import NOTHING, Prepared, TfidfScores
from classifier.models.tfidf import Baselines
from classifier.models.tfidf_features import CountedArticles
from classifier.models.transformer.forward import article_logits, probabilities
from classifier.models.transformer.windows import EncodedArticles, TextEncoder
from classifier.models.what_predicts import what_predicts
from classifier.progress import SharedTask, SilentTask, Task
from classifier.stats.blending import Blend

if TYPE_CHECKING:
    import torch

    from classifier.models.transformer.network import ArticleNetwork


@dataclass(frozen=True)
class Predictor(Decider):
    """A trained model with its tokenizer, labels and thresholds, or an ensemble of such models.

    Attributes:
        model: the network; in an ensemble that of the first member.
        encoder, device: the same for all members.
        tfidf: the TF-IDF classifier whose scores are blended with the model's; None = the model alone.
        members: of an ensemble, the models whose probabilities are averaged; empty for one model.

    Example:
        >>> from classifier.models.loading import load_predictor
        >>> model = load_predictor("runs/first")
        >>> model.predict_articles([Article("1", "The council met on Tuesday.")]).shape
        (1, 3)
    """

    model: ArticleNetwork
    encoder: TextEncoder
    device: torch.device
    tfidf: Baselines | None = None
    members: tuple[Predictor, ...] = ()

    def predict_articles(
        self, articles: Iterable[Article], task: Task | None = None, encoded: EncodedArticles | None = None
    ) -> Floats32:
        """Calibrated probabilities of articles, float32 of shape (articles, classes).

        Args:
            articles: order in = order out.
            task: told of each batch.
            encoded: the same articles, where they have been encoded already.

        Raises:
            InputError: the text, title or target of an article is missing or no text; or the model gives an article a
                score that is not a number.
        """
        return self.predict_parts(articles, task, Prepared(encoded))[0]

    def predict_parts(
        self, articles: Iterable[Article], task: Task | None = None, ready: Prepared = NOTHING
    ) -> tuple[Floats32, Floats32 | None]:
        """`predict_articles`, and beside it what the fine-tuned model says without TF-IDF.

        Args:
            articles, task: as in `predict_articles`.
            ready: what need not be worked out again of the same articles.

        Returns:
            Calibrated probabilities, and those of the model alone, not calibrated, of the same shape; None where TF-IDF
            has no part in it.
        """
        articles = list(articles)
        check_texts(articles)
        proba, alone = self._uncalibrated(articles, task or SilentTask(), ready)
        found = proba if self.info.calibration is None else self.info.calibration.apply(proba)
        check_finite(found, articles)
        return found, alone if self.blended else None

    def prepared(self, articles: Sequence[Article]) -> Prepared:
        """What can be worked out of articles while the network works on others: their windows, and their terms."""
        given = list(articles)
        return Prepared(self.encoder.encode(given), self._counted(given, NOTHING), stripped=True)

    def tfidf_scores(self, articles: Sequence[Article], ready: Prepared = NOTHING) -> TfidfScores:
        """Decision values of TF-IDF for each model that predicts, shape (articles, classes); None where it has no part.

        Args:
            articles: order in = order out.
            ready: with their terms, where they have been counted already.
        """
        counted = self._counted(articles, ready)
        return tuple(_tfidf(model, counted) for model in self.members or (self,))

    @property
    def blended(self) -> bool:
        """Whether TF-IDF has a part in the scores."""
        return bool(self.blends)

    @property
    def blended_tfidf(self) -> Baselines | None:
        """The TF-IDF that has a part in the scores; in an ensemble that of the first member."""
        parts = self.members or (self,)
        return next((part.tfidf for part in parts if part.tfidf is not None and part.info.blend), None)

    @property
    def blends(self) -> tuple[tuple[float, float], ...]:
        """Of each model that predicts, the weights of its scores and of those of TF-IDF; empty for no blend."""
        parts = self.members or (self,)
        found = [part.info.blend if part.tfidf is not None and part.info.blend else (1.0, 0.0) for part in parts]
        return tuple(found) if any(tfidf for _, tfidf in found) else ()

    @property
    def predicts(self) -> str:
        """What predicts, in words and with the weights.

        Example:
            >>> from classifier.models.loading import load_predictor
            >>> load_predictor("runs/first").predicts
            'the encoder tiny alone'
        """
        return what_predicts(self.info.base_model, self.blends, models=len(self.members) or 1)

    def _uncalibrated(self, articles: list[Article], task: Task, ready: Prepared) -> tuple[Floats32, Floats32]:
        """Probabilities before calibration, with TF-IDF and without; in an ensemble the means of its members'."""
        if not articles:
            empty = np.zeros((0, len(self.info.labels)), dtype=np.float32)
            return empty, empty
        encoded = self.encoder.encode(articles) if ready.encoded is None else ready.encoded
        tfidf = self.tfidf_scores(articles, ready) if ready.tfidf is None else ready.tfidf
        read = Prepared(encoded, logits=ready.logits)
        if not self.members:
            return _scores(self, task, read, tfidf[0])
        share = SharedTask(task, len(self.members))
        parts = [_scores(member, share, read, own) for member, own in zip(self.members, tfidf, strict=True)]
        return _mean([proba for proba, _ in parts]), _mean([alone for _, alone in parts])

    def _counted(self, articles: Sequence[Article], ready: Prepared) -> CountedArticles | None:
        """The articles as TF-IDF reads them, counted once for all members of an ensemble; None where none is blended.

        What has been counted already is used where stripping leaves the articles as they are.
        """
        blended = self.blended_tfidf
        if blended is None:
            return None
        if ready.stripped:
            return ready.counted
        stripped = [strip_article(article, self.info.strip) for article in articles]
        kinds = {terms.kind for terms in blended.vectorizer.kinds}
        if (
            ready.counted is not None
            and kinds <= {*ready.counted.counts}
            and all(map(operator.is_, stripped, articles))
        ):
            return ready.counted
        return blended.vectorizer.count(stripped, blended.pair)


def _tfidf(model: Predictor, counted: CountedArticles | None) -> Floats32 | None:
    if counted is None or model.tfidf is None or model.info.blend is None:
        return None
    return model.tfidf.class_scores(model.tfidf.distances(counted), len(model.info.labels))


def _scores(model: Predictor, task: Task, ready: Prepared, tfidf: Floats32 | None) -> tuple[Floats32, Floats32]:
    info, logits = model.info, _logits(model, task, ready)
    alone = probabilities(logits, info.multi_label)
    if tfidf is None or info.blend is None:
        return alone, alone
    return probabilities(Blend(*info.blend).apply(logits, tfidf), info.multi_label), alone


def _logits(model: Predictor, task: Task, ready: Prepared) -> Floats32:
    if ready.logits is not None:
        task.advance(len(ready.logits), 0)
        return ready.logits
    assert ready.encoded is not None
    return article_logits(model.model, ready.encoded, model.encoder, device=model.device, task=task)


def _mean(proba: Sequence[Floats32]) -> Floats32:
    return np.asarray(np.mean(proba, axis=0, dtype=np.float64), dtype=np.float32)
