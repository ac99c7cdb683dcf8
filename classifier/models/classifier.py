"""`Classifier`: a trained model that labels articles. Order in = order out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar, overload

import numpy as np
import numpy.typing as npt

from classifier.arrays import Bools, Floats32
from classifier.articles.article import Article
from classifier.articles.given_texts import GivenArticles, OnBadText, Texts, given_labels, read_given
from classifier.articles.labels import LabelSet
from classifier.bars import AUTOMATIC
from classifier.errors import InputError
from classifier.models.article_checks import check_finite, check_texts
from classifier.models.cascade import Route, check_cascade, prepared_route, routed_scores, whole_alone
from classifier.models.evidence import Sentence, explain
from classifier.models.model_folder import ModelInfo
from classifier.models.predictor import predictor_words
from classifier.models.shown import model_summary
from classifier.models.tfidf import Baselines
from classifier.models.transformer.forward import decide
from classifier.models.transformer.windows import EncodedArticles, TextEncoder
from classifier.models.uncalibrated_scores import NOTHING, Known, prepared, uncalibrated_scores
from classifier.progress import Progress, SilentTask, Task
from classifier.stats.abstention import check_stored
from classifier.stats.conformal import check_stored_sets

if TYPE_CHECKING:
    import torch

    from classifier.models.transformer.network import ArticleNetwork

T = TypeVar("T")


@dataclass(frozen=True, repr=False)
class Classifier:
    """A trained model with its tokenizer, labels and thresholds, or an ensemble of such models.

    Attributes:
        info: labels and settings, as stored in ``classifier.json``.
        model: the network; in an ensemble that of the first member.
        encoder, device: the same for all members.
        tfidf: the TF-IDF classifier whose scores are blended with the model's; None = the model alone.
        members: of an ensemble, the classifiers whose probabilities are averaged; empty for one model.
        path: the folder that it was loaded from; None for one that was never stored.
        weights: what the score of each label is multiplied by before the highest one decides; None = `decide` says.
        route: which articles skip the transformer (`with_cascade`); None = none does.

    Example:
        >>> model = Classifier.load("runs/first")
        >>> model.predict(["The council said on Tuesday that police had closed the bridge."])
        ['reporting']
    """

    info: ModelInfo
    model: ArticleNetwork
    encoder: TextEncoder
    device: torch.device
    tfidf: Baselines | None = None
    members: tuple[Classifier, ...] = ()
    path: Path | None = None
    weights: tuple[float, ...] | None = None
    route: Route | None = None

    @classmethod
    def load(
        cls,
        path: str | Path,
        *,
        device: str = "auto",
        bf16: bool | Literal["auto"] | None = None,
        verify: bool = True,
    ) -> Classifier:
        """Load a run folder, the ``model/`` folder of one, or a folder of several seeds: then it is their ensemble.

        Args:
            path: the folder.
            device: ``auto`` | ``cpu`` | ``cuda`` | ``mps``.
            bf16: faster where the hardware has it; scores then differ in the third decimal from those in float32, and
                by as much with other articles in the batch. None = as in training.
            verify: whether the content of the model's files must be what training wrote (their SHA-256). False = their
                sizes alone: about a second sooner for each gigabyte.

        Raises:
            InputError: the folder is missing, incomplete, damaged, of an unknown version, or was changed.
        """
        from classifier.models.loading import load_classifier

        return replace(load_classifier(path, device=device, bf16=bf16, verify=verify), path=Path(path))

    @property
    def classes_(self) -> npt.NDArray[np.object_]:
        """Label names in the order of the columns of `predict_proba`, shape (classes,)."""
        return np.array(self.info.labels, dtype=object)

    @property
    def label_set(self) -> LabelSet:
        """The labels as a `LabelSet`."""
        return self.info.label_set

    @overload
    def predict(
        self,
        texts: Texts,
        targets: Iterable[str] | None = None,
        *,
        abstain: Literal[False] = False,
        on_error: Literal["raise"] = "raise",
        progress: Progress = AUTOMATIC,
    ) -> list[str] | list[list[str]]: ...

    @overload
    def predict(
        self,
        texts: Texts,
        targets: Iterable[str] | None = None,
        *,
        abstain: bool = False,
        on_error: OnBadText = "raise",
        progress: Progress = AUTOMATIC,
    ) -> list[str | None] | list[list[str]] | list[list[str] | None]: ...

    @overload
    def predict(
        self,
        texts: Texts,
        targets: Iterable[str] | None = None,
        *,
        sets: Literal[True],
        on_error: OnBadText = "raise",
        progress: Progress = AUTOMATIC,
    ) -> list[list[str]] | list[list[str] | None]: ...

    def predict(
        self,
        texts: Texts,
        targets: Iterable[str] | None = None,
        *,
        abstain: bool = False,
        sets: bool = False,
        on_error: OnBadText = "raise",
        progress: Progress = AUTOMATIC,
    ) -> list[str] | list[str | None] | list[list[str]] | list[list[str] | None]:
        """The label of each text; a list of labels each for multi-label. Order and length are those of the texts.

        Tables and files are labelled, with scores, by `classifier.predict`.

        Args:
            texts: a list, a tuple, a pandas or polars Series or a numpy array of texts; or a list of `Article`, or of
                mappings with a text (and a title and a target, where the model reads them).
            targets: claims or headlines, one per text, for a model of pairs; mappings and articles may bring theirs.
            abstain: give no label (None, or fewer labels for multi-label) where the score is below the threshold that
                ``classifier evaluate RUN --min-precision 0.9`` stored with the model.
            sets: give the set of labels of each text that holds the true one as often as asked of
                ``classifier evaluate RUN --sets 0.9``, the most probable label first.
            on_error: what becomes of entries that are missing, empty or otherwise no text to label (as in a file:
                ``nan``, a URL alone): ``raise`` refuses all of them | ``keep`` gives None for each.
            progress: told of the texts; bars in a notebook, and elsewhere after `classifier.show_progress`.

        Raises:
            InputError: a single string is given, or texts are missing, empty or no texts (all are listed by their
                positions); targets are missing, not wanted, or not one per text; or no thresholds or sets are stored,
                or both are asked for.

        Example:
            >>> model = Classifier.load("runs/first")
            >>> labels = model.predict(["The council voted on Tuesday.", "We should be ashamed of this bridge."])
            >>> len(labels)
            2
            >>> model.predict("The council voted on Tuesday.")
            Traceback (most recent call last):
            classifier.errors.InputError: texts must be a list of texts. Got one string instead.
            Fix: Put it into a list: predict([text])
        """
        if sets:
            return self._sets(texts, targets, abstain=abstain, on_error=on_error, progress=progress)
        self._check_whole("abstain", asked=abstain)
        if abstain:
            check_stored(self.info.abstention)
        asked = self._asked(texts, targets, on_error)
        given = self.given(self._proba(asked, progress), abstain=abstain)
        names = [[self.info.labels[index] for index in np.flatnonzero(row)] for row in given]
        if self.info.multi_label:
            return _in_place(asked, names, None)
        return _in_place(asked, [labels[0] if labels else None for labels in names], None)

    def _sets(
        self, texts: Texts, targets: Iterable[str] | None, *, abstain: bool, on_error: OnBadText, progress: Progress
    ) -> list[list[str] | None]:
        """The set of labels of each text, the most probable first."""
        if abstain:
            raise InputError("A set is never left out: abstain is for single labels.", fix="Leave out abstain or sets.")
        self._check_whole("sets", asked=True)
        check_stored_sets(self.info.sets)
        asked = self._asked(texts, targets, on_error)
        proba = self._proba(asked, progress)
        ranked = zip(np.argsort(-proba, axis=1, kind="stable"), self.in_set(proba), strict=True)
        return _in_place(asked, [[self.info.labels[k] for k in order if inside[k]] for order, inside in ranked], None)

    def predict_proba(
        self,
        texts: Texts,
        targets: Iterable[str] | None = None,
        *,
        on_error: OnBadText = "raise",
        progress: Progress = AUTOMATIC,
    ) -> Floats32:
        """Calibrated probabilities, float32 of shape (texts, classes), columns as in `classes_`.

        The label of `predict` is not always the one with the highest probability: `decide` says which one is given,
        and `classifier.stats.calibration` says why.

        Args:
            texts, targets, progress: as in `predict`.
            on_error: as in `predict`; ``keep`` gives a row of NaN.

        Raises:
            InputError: as in `predict`.

        Example:
            >>> model = Classifier.load("runs/first")
            >>> proba = model.predict_proba([{"title": "Bridge closed", "text": "The council voted on Tuesday."}])
            >>> proba.shape == (1, len(model.classes_))
            True
        """
        asked = self._asked(texts, targets, on_error)
        found = self._proba(asked, progress)
        if not asked.faults:
            return found
        proba = np.full((len(asked.entries), len(self.info.labels)), np.nan, dtype=np.float32)
        proba[asked.positions] = found
        return proba

    def explain(
        self,
        texts: Texts,
        targets: Iterable[str] | None = None,
        *,
        labels: Iterable[str] | None = None,
        on_error: OnBadText = "raise",
        progress: Progress = AUTOMATIC,
    ) -> list[list[Sentence]]:
        """The sentences of each text with what they do to the score of its label, as `classifier.models.evidence` says.

        This predicts about as many texts as a text has sentences, at most about 50 for one of 100 sentences.

        Args:
            texts, targets, progress: as in `predict`.
            labels: the label of each text to explain; else the one that the model gives.
            on_error: as in `predict`; ``keep`` gives no sentences.

        Returns:
            A list of sentences per text, in their order: part, start, end, text and effect on the log-odds.

        Raises:
            InputError: as in `predict`; or a label is not among `classes_`, or there is not one for each text.

        Example:
            >>> model = Classifier.load("runs/first")
            >>> [sentences] = model.explain(["The moon is cheese. The council met on Tuesday."])
            >>> [sentence.text for sentence in sentences]
            ['The moon is cheese.', 'The council met on Tuesday.']
        """
        self._check_whole("explain", asked=True)
        asked = self._asked(texts, targets, on_error)
        wanted = None if labels is None else self._label_ids(given_labels(labels), len(asked.entries))
        if wanted is not None:
            wanted = [wanted[position] for position in asked.positions]
        with progress.task("explaining", len(asked.articles)) as task:
            return _in_place(asked, explain(self, asked.articles, wanted, task), [])

    def _label_ids(self, labels: list[str], texts: int) -> list[int]:
        """The ids of labels to explain, one for each text."""
        if len(labels) != texts:
            raise InputError(
                f"There must be one label for each text. Got {len(labels):,} for {texts:,} texts instead.",
                fix="Leave labels out to explain those that the model gives.",
            )
        ids: list[int] = LabelSet(self.info.labels).encode([(name,) for name in labels]).tolist()
        return ids

    def _asked(self, texts: Texts, targets: Iterable[str] | None, on_error: OnBadText) -> GivenArticles:
        return read_given(texts, targets, pair=self.info.pair, trained=self.info.columns, on_error=on_error)

    def _proba(self, asked: GivenArticles, progress: Progress) -> Floats32:
        """The probabilities of the entries that can be labelled."""
        articles = asked.articles
        with progress.task("predicting", len(articles)) as task:
            return self.predict_articles(articles, task)

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
        if self.route is not None:
            return self.predict_routed(articles, task)[0]
        return self.predict_parts(articles, task, Known(encoded))[0]

    def prepared(self, articles: Sequence[Article]) -> Known:
        """What can be worked out of articles while the network works on others, for `predict_routed`."""
        if self.route is None:
            return prepared(self, articles)
        return prepared_route(self, self.route, list(articles))

    def predict_routed(
        self, articles: Iterable[Article], task: Task | None = None, known: Known | None = None
    ) -> tuple[Floats32, Bools | None]:
        """`predict_articles`, and which articles skipped the transformer.

        Args:
            articles, task: as in `predict_articles`.
            known: what `prepared` says of the same articles.

        Returns:
            Calibrated probabilities, and bool of shape (articles,); None where the classifier has no cascade.
        """
        articles = list(articles)
        if self.route is None:
            return self.predict_parts(articles, task, known or NOTHING)[0], None
        check_texts(articles)
        return routed_scores(self, self.route, articles, task, known)

    def predict_parts(
        self, articles: Iterable[Article], task: Task | None = None, known: Known = NOTHING
    ) -> tuple[Floats32, Floats32 | None]:
        """`predict_articles`, and beside it what the fine-tuned model says without TF-IDF.

        Args:
            articles, task: as in `predict_articles`.
            known: what need not be worked out again of the same articles.

        Returns:
            Calibrated probabilities, and those of the model alone, not calibrated, of the same shape; None where TF-IDF
            has no part in it.
        """
        articles = list(articles)
        check_texts(articles)
        proba, alone = uncalibrated_scores(self, articles, task or SilentTask(), known)
        found = proba if self.info.calibration is None else self.info.calibration.apply(proba)
        check_finite(found, articles)
        return found, alone if self.blended else None

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
            >>> Classifier.load("runs/first").predicts
            'the encoder tiny alone'
        """
        return predictor_words(self.info.base_model, self.blends, models=len(self.members) or 1)

    def __repr__(self) -> str:
        labels = ", ".join(self.info.labels)
        return f"<Classifier of {len(self.info.labels)} labels ({labels}); predicts: {self.predicts}>"

    def _repr_html_(self) -> str:
        return model_summary(self.info, predicts=self.predicts, device=str(self.device)).html()

    def decide(self, proba: Floats32) -> npt.NDArray[np.int64]:
        """Label ids (n,) for single-label; a 0/1 matrix by the stored thresholds for multi-label.

        Calibration changes the scores, not the labels: where articles have one label each, it is the one that was most
        likely before calibration, unless ``label_by`` is "score".
        """
        if self.weights is not None:
            return decide(proba * np.array(self.weights, dtype=np.float32), self.info.multi_label)
        calibration = self.info.calibration
        if calibration is not None and not self.info.multi_label and self.info.label_by == "fit":
            proba = calibration.undone(proba)
        return decide(proba, self.info.multi_label, self.info.thresholds)

    def with_cascade(self, agreement: float) -> Classifier:
        """The same model, with a cascade: articles on which TF-IDF alone is surely its answer skip the transformer.

        These get the label and the calibrated score of TF-IDF alone. Thresholds to abstain by, label sets and
        explanations are those of the whole model, so a classifier with a cascade refuses them.

        Args:
            agreement: the share of skipped articles that is to get the label of the whole model, such as 0.99
                (`classifier.stats.cascade`). Where validation cannot show it, no article skips.

        Raises:
            InputError: it is not between 0 and 1; the model has no TF-IDF, or does not say how often that agrees.

        Example:
            >>> model = Classifier.load("runs/first").with_cascade(0.9)
            Traceback (most recent call last):
            classifier.errors.InputError: --cascade needs TF-IDF, and this model has none: ...
            Fix: Leave out --cascade, or train with validation articles and train.blend = "auto".
        """
        route = check_cascade(self.info, agreement, "RUN" if self.path is None else self.path)
        return replace(self, route=route)

    def _check_whole(self, option: str, *, asked: bool) -> None:
        """Raise `InputError` if something is asked that a classifier with a cascade does not give."""
        if asked and self.route is not None:
            raise whole_alone(option)

    def promising(self, info: ModelInfo) -> Classifier:
        """The same model with the thresholds of abstention and the label sets that another one stores."""
        return replace(self, info=replace(self.info, abstention=info.abstention, sets=info.sets))

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

    def in_set(self, proba: Floats32) -> Bools:
        """Which classes are in the set of each article, bool of shape (articles, classes).

        Args:
            proba: calibrated.

        Raises:
            InputError: no sets are stored.
        """
        return check_stored_sets(self.info.sets).holds(proba, self.given(proba))


def _in_place(asked: GivenArticles, found: Sequence[T], empty: T) -> list[T]:
    """What was found for each article, in the place of its entry; ``empty`` where an entry is no article."""
    each = iter(found)
    return [empty if article is None else next(each) for article in asked.entries]
