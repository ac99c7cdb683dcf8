"""`Classifier`: a trained model that labels articles. Order in = order out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, overload

import numpy as np
import numpy.typing as npt
import torch

from classifier.arrays import Bools, Floats32
from classifier.articles.article import Article
from classifier.articles.boilerplate import strip_article
from classifier.articles.labels import LabelSet
from classifier.errors import InputError
from classifier.models.model_folder import ModelInfo
from classifier.models.tfidf import Baselines
from classifier.models.transformer.forward import article_logits, decide, probabilities
from classifier.models.transformer.network import ArticleNetwork
from classifier.models.transformer.windows import EncodedArticles, TextEncoder
from classifier.progress import SharedTask, SilentTask, Task
from classifier.stats.abstention import check_stored
from classifier.stats.blending import Blend


@dataclass(frozen=True)
class Classifier:
    """A trained model with its tokenizer, labels and thresholds, or an ensemble of such models.

    Attributes:
        info: what it says about itself.
        model: in an ensemble that of the first member.
        encoder, device: the same for all members.
        tfidf: whose scores are blended with the model's; None = the model alone.
        members: of an ensemble, the classifiers whose probabilities are averaged; empty for one model.

    Example:
        >>> model = Classifier.load("runs/genre")
        >>> model.predict(["The council voted on Tuesday to close the bridge."])
        ['reporting']
    """

    info: ModelInfo
    model: ArticleNetwork
    encoder: TextEncoder
    device: torch.device
    tfidf: Baselines | None = None
    members: tuple[Classifier, ...] = ()

    @classmethod
    def load(cls, path: str | Path, *, device: str = "auto", bf16: bool | Literal["auto"] | None = None) -> Classifier:
        """Load a run folder, the ``model/`` folder of one, or a folder of several seeds: then it is their ensemble.

        Args:
            path: the folder.
            device: ``auto`` | ``cpu`` | ``cuda`` | ``mps``.
            bf16: faster where the hardware has it; scores then differ in the third decimal from those in float32, and
                by as much with other articles in the batch. None = as in training.

        Raises:
            InputError: the folder is missing, incomplete, damaged or of an unknown version.
        """
        from classifier.models.loading import load_classifier

        return load_classifier(path, device=device, bf16=bf16)

    @property
    def classes_(self) -> tuple[str, ...]:
        """Label names, in the order of the columns of `predict_proba`."""
        return self.info.labels

    @property
    def label_set(self) -> LabelSet:
        """The labels as a `LabelSet`."""
        return self.info.label_set

    @overload
    def predict(
        self, texts: Sequence[str], targets: Sequence[str] | None = None, *, abstain: Literal[False] = False
    ) -> list[str] | list[list[str]]: ...

    @overload
    def predict(
        self, texts: Sequence[str], targets: Sequence[str] | None = None, *, abstain: bool
    ) -> list[str | None] | list[list[str]]: ...

    def predict(
        self, texts: Sequence[str], targets: Sequence[str] | None = None, *, abstain: bool = False
    ) -> list[str] | list[str | None] | list[list[str]]:
        """The label of each text; a list of labels each for multi-label.

        Args:
            texts: articles.
            targets: claims or headlines, one per text, for a model of pairs.
            abstain: give no label (None, or fewer labels for multi-label) where the score is below the threshold that
                ``classifier evaluate RUN --min-precision 0.9`` stored with the model.

        Raises:
            InputError: targets are missing, or not wanted, or not as many as texts; or no thresholds are stored.
        """
        if abstain:
            check_stored(self.info.abstention)
        given = self.given(self.predict_proba(texts, targets), abstain=abstain)
        names = [[self.classes_[index] for index in np.flatnonzero(row)] for row in given]
        return names if self.info.multi_label else [labels[0] if labels else None for labels in names]

    def predict_proba(self, texts: Sequence[str], targets: Sequence[str] | None = None) -> Floats32:
        """Calibrated probabilities, float32 of shape (texts, classes), columns as in `classes_`.

        The label of `predict` need not be the one with the highest: `decide` says which it is, and
        `classifier.stats.calibration` why.
        """
        if isinstance(texts, str):
            raise InputError("predict takes a list of texts. Got one string instead.", fix="Write [text].")
        if self.info.pair != (targets is not None):
            wanted = "needs targets" if self.info.pair else "takes no targets"
            raise InputError(f"This model {wanted}.", fix="It was trained that way; see its classifier.json.")
        if targets is not None and len(targets) != len(texts):
            raise InputError(f"There must be one target per text. Got {len(targets)} for {len(texts)} instead.")
        paired: Sequence[str | None] = [None] * len(texts) if targets is None else targets
        pairs = zip(texts, paired, strict=True)
        return self.predict_articles([Article(str(i), text, target=target) for i, (text, target) in enumerate(pairs)])

    def predict_articles(
        self, articles: Iterable[Article], task: Task | None = None, encoded: EncodedArticles | None = None
    ) -> Floats32:
        """Calibrated probabilities of articles, float32 of shape (articles, classes).

        Args:
            articles: order in = order out.
            task: told of each batch.
            encoded: the same articles, where they have been encoded already.
        """
        articles = list(articles)
        windows = self.encoder.encode(articles) if encoded is None else encoded
        proba = self._uncalibrated(articles, task, windows)
        return proba if self.info.calibration is None else self.info.calibration.apply(proba)

    def _uncalibrated(self, articles: list[Article], task: Task | None, windows: EncodedArticles) -> Floats32:
        """What the model makes of articles, or in an ensemble the mean of the members."""
        if self.members:
            return self._mean(lambda member, share: member._uncalibrated(articles, share, windows), task)
        if not articles:
            return np.zeros((0, len(self.classes_)), dtype=np.float32)
        logits = article_logits(self.model, windows, self.encoder, device=self.device, task=task)
        if self.tfidf is not None and self.info.blend is not None:
            stripped = [strip_article(article, self.info.strip) for article in articles]
            logits = Blend(*self.info.blend).apply(logits, self.tfidf.scores(stripped, len(self.classes_)))
        return probabilities(logits, self.info.multi_label)

    def decide(self, proba: Floats32) -> npt.NDArray[np.int64]:
        """Label ids (n,) for single-label; a 0/1 matrix by the stored thresholds for multi-label.

        Calibration changes the scores, not the labels: that of one label per article is the most likely one before it,
        unless ``label_by`` is "score".
        """
        calibration = self.info.calibration
        if calibration is not None and not self.info.multi_label and self.info.label_by == "fit":
            proba = calibration.undone(proba)
        return decide(proba, self.info.multi_label, self.info.thresholds)

    def given(self, proba: Floats32, *, abstain: bool = False) -> Bools:
        """Which classes are given to each article, bool of shape (articles, classes).

        Args:
            proba: calibrated.
            abstain: leave out those whose probability is below the stored threshold.

        Raises:
            InputError: no thresholds are stored.
        """
        given = self.label_set.matrix(self.decide(proba))
        return given & check_stored(self.info.abstention).keeps(proba) if abstain else given

    def _mean(self, predict: Callable[[Classifier, Task], Floats32], task: Task | None) -> Floats32:
        """The mean of what the members predict, one after the other."""
        share = SharedTask(task or SilentTask(), len(self.members))
        proba = [predict(member, share) for member in self.members]
        return np.asarray(np.mean(proba, axis=0, dtype=np.float64), dtype=np.float32)
