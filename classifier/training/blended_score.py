"""What a fine-tuned model scores on validation as it would predict: with TF-IDF or without, nothing fitted in sample.

A blend's weights and the thresholds of several labels are fitted on validation. To be scored on the same articles would
flatter them, and a blend more than the model alone. So validation is cut into parts, near-duplicates and groups whole,
and each part is labelled by what was fitted on the others (as in stacking: Wolpert, "Stacked generalization", Neural
Networks 5, 1992).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from classifier.arrays import Bools, Floats32, Ints
from classifier.config import TrainConfig
from classifier.models.transformer.forward import probabilities
from classifier.stats.metrics import headline
from classifier.stats.thresholds import best_thresholds, decide
from classifier.training.decision import fitted_blend

BLENDED, ALONE = "auto", "none"  # as ``train.blend`` calls them


@dataclass(frozen=True)
class ValidationJudge:
    """Scores a model by its logits on the validation articles.

    Attributes:
        y: label ids (articles,), or a 0/1 matrix (articles, classes).
        labels: names of the classes.
        metric: of the score.
        settings: ``[train]``: whether the classes weigh the same, and whether the encoder is fine-tuned.
        blends: values of ``train.blend`` that are to be compared.
        fold: a part for each article, shape (articles,); None = all belong together, and what is fitted is scored on
            the same articles.
        tfidf: decision values of TF-IDF, shape (articles, classes); None where no blend needs them.
        scale: what these are worth, where training articles told.
    """

    y: Ints
    labels: Sequence[str]
    metric: str
    settings: TrainConfig
    blends: tuple[str | float, ...]
    fold: Ints | None = None
    tfidf: Floats32 | None = None
    scale: float | None = None

    def scores(self, logits: Floats32) -> dict[str | float, float]:
        """For each blend what the model scores, by its logits of shape (articles, classes).

        Example:
            >>> y, fold = np.array([0, 1] * 20), np.arange(40) // 8
            >>> tfidf = np.eye(2, dtype=np.float32)[y]
            >>> judge = ValidationJudge(y, "ab", "accuracy", TrainConfig(), ("auto", "none"), fold, tfidf)
            >>> judge.scores(np.zeros((40, 2), dtype=np.float32))  # it knows nothing, and TF-IDF all
            {'auto': 1.0, 'none': 0.5}
        """
        return {blend: self._score(logits, blend) for blend in self.blends}

    def _score(self, logits: Floats32, blend: str | float) -> float:
        multi_label, given = self.y.ndim == 2, np.zeros_like(self.y)
        for own, known in self._parts():
            scores = self._blended(logits, blend, known)
            proba = probabilities(scores, multi_label)
            thresholds = best_thresholds(self.y[known], proba[known]) if multi_label else None
            given[own] = decide(proba[own], multi_label, thresholds)
        return headline(self.y, given, self.labels)[self.metric]

    def _parts(self) -> Iterator[tuple[Bools, Bools]]:
        """Which articles are labelled together, and which the rest is fitted on."""
        if self.fold is None:
            yield np.ones(len(self.y), dtype=bool), np.ones(len(self.y), dtype=bool)
            return
        for part in np.unique(self.fold):
            yield self.fold == part, self.fold != part

    def _blended(self, logits: Floats32, blend: str | float, known: Bools) -> Floats32:
        """The scores of all articles with the weights that the known ones give."""
        if blend in (ALONE, 0):
            return logits
        assert self.tfidf is not None
        settings = self.settings.model_copy(update={"blend": blend})
        weights = fitted_blend(settings, logits[known], self.tfidf[known], self.y[known], self.scale)
        return weights.apply(logits, self.tfidf)
