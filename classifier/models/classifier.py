"""`Classifier`: a trained model that labels the texts of a user. Order in = order out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Literal, TypeVar, overload

import numpy as np
import numpy.typing as npt

from classifier.arrays import Bools, Floats32
from classifier.articles.article import Article
from classifier.articles.given_texts import GivenArticles, OnBadText, Texts, given_labels, read_given
from classifier.articles.labels import LabelSet
from classifier.bars import AUTOMATIC
from classifier.errors import InputError
from classifier.models.article_checks import check_texts
from classifier.models.cascade import Route, check_cascade, prepared_route, routed_scores, whole_alone
from classifier.models.evidence import Sentence, explain
from classifier.models.loading import load_predictor
from classifier.models.predictor import Predictor
from classifier.models.prepared import NOTHING, Prepared
from classifier.models.shown import model_summary
from classifier.models.transformer.windows import EncodedArticles
from classifier.progress import Progress, Task
from classifier.stats.abstention import check_stored
from classifier.stats.conformal import check_stored_sets

T = TypeVar("T")


@dataclass(frozen=True, repr=False)
class Classifier(Predictor):
    """A trained model with its tokenizer, labels and thresholds, or an ensemble of such models.

    Attributes:
        path: the folder that it was loaded from; None for one that was never stored.
        route: which articles skip the transformer (`with_cascade`); None = none does.

    Example:
        >>> model = Classifier.load("runs/first")
        >>> model.predict(["The council said on Tuesday that police had closed the bridge."])
        ['reporting']
    """

    path: Path | None = None
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
        found = load_predictor(path, device=device, bf16=bf16, verify=verify)
        return cls(**{each.name: getattr(found, each.name) for each in fields(found)}, path=Path(path))

    @property
    def classes_(self) -> npt.NDArray[np.object_]:
        """Label names in the order of the columns of `predict_proba`, shape (classes,)."""
        return np.array(self.info.labels, dtype=object)

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
        check_stored_sets(self.info.sets, multi_label=self.info.multi_label)
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
        """`Predictor.predict_articles`, where some articles may skip the transformer."""
        if self.route is None:
            return super().predict_articles(articles, task, encoded)
        return self.predict_routed(articles, task)[0]

    def prepared(self, articles: Sequence[Article]) -> Prepared:
        """What can be worked out of articles while the network works on others, for `predict_routed`."""
        if self.route is None:
            return super().prepared(articles)
        return prepared_route(self._whole, self.route, articles)

    def predict_routed(
        self, articles: Iterable[Article], task: Task | None = None, ready: Prepared = NOTHING
    ) -> tuple[Floats32, Bools | None]:
        """`predict_articles`, and which articles skipped the transformer.

        Args:
            articles, task: as in `predict_articles`.
            ready: what `prepared` says of the same articles.

        Returns:
            Calibrated probabilities, and bool of shape (articles,); None where the classifier has no cascade.
        """
        articles = list(articles)
        if self.route is None:
            return self.predict_parts(articles, task, ready)[0], None
        check_texts(articles)
        return routed_scores(self._whole, self.route, articles, task, ready)

    @property
    def _whole(self) -> Classifier:
        """The same without a cascade."""
        return replace(self, route=None)

    def __repr__(self) -> str:
        labels = ", ".join(self.info.labels)
        return f"<Classifier of {len(self.info.labels)} labels ({labels}); predicts: {self.predicts}>"

    def _repr_html_(self) -> str:
        return model_summary(self.info, predicts=self.predicts, device=str(self.device)).html()

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


def _in_place(asked: GivenArticles, found: Sequence[T], empty: T) -> list[T]:
    """What was found for each article, in the place of its entry; ``empty`` where an entry is no article."""
    each = iter(found)
    return [empty if article is None else next(each) for article in asked.entries]
