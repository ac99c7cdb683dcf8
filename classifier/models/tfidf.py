"""What the transformer has to beat: the majority class, and TF-IDF with a linear support vector machine.

What the machine reads of articles is in `classifier.models.tfidf_features`.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from classifier.arrays import Floats32, Ints
from classifier.articles.article import Article
from classifier.checksums import check_checksums, write_checksums
from classifier.errors import InputError, names
from classifier.files import as_type, damaged, read_json, whole_folder
from classifier.models.held_out import HeldOut, classes_of
from classifier.models.term_counts import TermKind
from classifier.models.tfidf_features import CountedArticles, Vectorizer, WeightedTerms, count_articles, fit_vectorizer
from classifier.stats.blending import fit_scale

logger = logging.getLogger(__name__)
AGAIN = "Copy the folder again, whole."
SETTINGS_FILE, ARRAYS_FILE = "tfidf.json", "tfidf.safetensors"
ARRAYS = ("idf", "weights", "bias", "classes", "majority")
USUAL, PENALTIES = 1.0, (0.3, 1.0, 3.0)  # C of the support vector machine
Labelled = tuple[Sequence[Article], Ints]


@dataclass(frozen=True)
class Baselines:
    """The majority, and TF-IDF with a linear SVM; plain arrays, so that they are stored without pickles.

    Attributes:
        vectorizer: the terms and their weights.
        weights: float32 of shape (classes or 1, features).
        bias: float32 of shape (classes or 1,).
        classes: label ids that the rows of ``weights`` stand for.
        majority: the most frequent label id, shape (1,); for multi-label 0/1 for each class, shape (classes,), the one
            answer of the highest micro F1 in training.
        pair: whether targets are used.
        multi_label: whether each class is decided on its own.
        penalty: C of the machine; None = not known.
        scale: the weight of its scores alone under which articles are most likely that it was not trained on
            (`classifier.stats.blending.fit_scale`); None = not known.
    """

    vectorizer: Vectorizer
    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]
    classes: Ints
    majority: Ints
    pair: bool
    multi_label: bool
    penalty: float | None = None
    scale: float | None = None

    def predict_majority(self, n: int) -> Ints:
        """The majority n times: label ids (n,), or a 0/1 matrix (n, classes) for multi-label."""
        return np.tile(self.majority, (n, 1)) if self.multi_label else np.repeat(self.majority, n)

    def predict_tfidf(self, articles: Sequence[Article]) -> Ints:
        """Label ids (n,), or a 0/1 matrix (n, classes) for multi-label."""
        return self.labels(self.distances(articles))

    def scores(self, articles: Sequence[Article], classes: int) -> Floats32:
        """Decision values of TF-IDF, shape (n, classes): distances to the margin; −1 for a class without articles."""
        return self.class_scores(self.distances(articles), classes)

    def distances(self, articles: Sequence[Article] | CountedArticles) -> Floats32:
        """Decision values of articles, shape (n, ``classes``), from which labels and scores follow.

        Args:
            articles: as they are, or counted already.
        """
        counted = articles if isinstance(articles, CountedArticles) else self.vectorizer.count(articles, self.pair)
        return self._distances(self.vectorizer.features(counted))

    def labels(self, distances: Floats32) -> Ints:
        """The labels that `distances` give, as `predict_tfidf` has them."""
        if self.multi_label:
            return np.asarray(distances > 0, dtype=np.int64)
        return np.asarray(self.classes[distances.argmax(axis=1)], dtype=np.int64)

    def class_scores(self, distances: Floats32, classes: int) -> Floats32:
        """The scores that `distances` give, as `scores` has them."""
        scores = np.full((len(distances), classes), -1, dtype=np.float32)
        if len(set(self.classes.tolist())) == 1:
            scores[:, self.classes[0]] = 1
        else:
            scores[:, self.classes] = distances
        return scores

    def _distances(self, features: Any) -> Floats32:
        """For two classes the same decision value with either sign."""
        scores = np.asarray(features @ self.weights.T) + self.bias
        return np.hstack([-scores, scores]) if len(self.bias) == 1 and not self.multi_label else scores


def fit_baselines(
    articles: Sequence[Article],
    y: Ints,
    *,
    pair: bool,
    words_alone: bool = False,
    validation: Labelled | None = None,
    held_out: HeldOut | None = None,
) -> Baselines:
    """Fit the baselines on training articles; takes seconds, with very many a minute or two.

    Args:
        articles: training articles.
        y: label ids (n,), or a 0/1 matrix (n, classes).
        pair: whether articles have targets.
        words_alone: as in `count_articles`.
        validation: articles and their labels, on which the penalty of the machine is chosen; None = the usual one.
        held_out: how to find the ``scale``; None = it is not looked for.
    """
    counted = count_articles(articles, pair=pair, words_alone=words_alone)
    if validation is None or not validation[0]:
        return fit_counted(counted, y, held_out=held_out)
    seen = count_articles(validation[0], pair=pair, kinds=[*counted.counts])
    return fit_counted(counted, y, (seen, validation[1]), held_out)


@dataclass(frozen=True)
class _Learner:
    """Training articles with their weighted terms, and machines that learn from them.

    Attributes:
        vectorizer: made the terms.
        features: terms of the articles, a row each.
        y: label ids (n,), or a 0/1 matrix (n, classes).
        pair: whether articles have targets.
    """

    vectorizer: Vectorizer
    features: Any
    y: Ints
    pair: bool

    def fitted(self, penalty: float, rows: Any = ...) -> Baselines:
        """A machine that has learned from some of the articles."""
        weights, bias, classes = _fit_linear(self.features[rows], self.y[rows], penalty)
        majority, many = _majority(self.y), self.y.ndim == 2
        return Baselines(self.vectorizer, weights, bias, classes, majority, self.pair, many, penalty)

    def scores_out_of_fold(self, held_out: HeldOut, penalty: float) -> Floats32:
        """Decision values of shape (n, classes), each by a machine that did not learn from the article."""
        rows = held_out.usable(self.y)
        scores = np.zeros((len(self.y), classes_of(self.y)), dtype=np.float32)
        for part in np.unique(held_out.fold[rows]):
            scored = rows & (held_out.fold == part)
            machine = self.fitted(penalty, held_out.fold != part)
            scores[scored] = machine.class_scores(machine._distances(self.features[scored]), scores.shape[1])
        return scores


def fit_counted(
    articles: CountedArticles,
    y: Ints,
    validation: tuple[CountedArticles, Ints] | None = None,
    held_out: HeldOut | None = None,
    penalty: float = USUAL,
) -> Baselines:
    """`fit_baselines` on articles that are counted already; without validation with this penalty."""
    learner = _Learner(*fit_vectorizer(articles), y, articles.pair)

    def scaled(best: Baselines, penalty: float) -> Baselines:
        if held_out is None or not (rows := held_out.usable(y)).any():
            return best
        scores = learner.scores_out_of_fold(held_out, penalty)
        return replace(best, scale=fit_scale(scores[rows], y[rows], balanced=held_out.balanced))

    if validation is None:
        return scaled(learner.fitted(penalty), penalty)
    found = {USUAL: learner.fitted(USUAL)}
    found |= {penalty: learner.fitted(penalty) for penalty in PENALTIES if penalty != USUAL}
    seen, truth = learner.vectorizer.features(validation[0]), validation[1]
    scores = {penalty: _macro_f1(truth, one.labels(one._distances(seen))) for penalty, one in found.items()}
    best = max(scores, key=lambda penalty: scores[penalty])  # the usual one comes first, so it wins a draw
    tried = ", ".join(map(str, PENALTIES))
    logger.info("TF-IDF: C = %g of %s, chosen on %s validation articles", best, tried, len(truth))
    return scaled(found[best], best)


def scores_out_of_fold(articles: CountedArticles, y: Ints, held_out: HeldOut, penalty: float = USUAL) -> Floats32:
    """What machines say of training articles that they did not learn from.

    Args:
        articles: the training articles, counted.
        y: label ids (n,), or a 0/1 matrix (n, classes).
        held_out: which machine scores which article.
        penalty: of the machines.

    Returns:
        Decision values of shape (n, classes); 0 for articles that are not `HeldOut.usable`.
    """
    return _Learner(*fit_vectorizer(articles), y, articles.pair).scores_out_of_fold(held_out, penalty)


def _macro_f1(truth: Ints, given: Ints) -> float:
    """Over the classes that are true."""
    from sklearn.metrics import f1_score

    among = np.flatnonzero(truth.any(axis=0)) if truth.ndim == 2 else np.unique(truth)
    return float(f1_score(truth, given, labels=among, average="macro", zero_division=0))


def save_baselines(baseline: Baselines, folder: Path) -> None:
    """Write the baselines as JSON and safetensors."""
    kinds = baseline.vectorizer.kinds
    settings = {
        "features": [{**terms.kind._asdict(), "vocabulary": [*terms.columns]} for terms in kinds],
        "pair": baseline.pair,
        "multi_label": baseline.multi_label,
        "penalty": baseline.penalty,
        "scale": baseline.scale,
    }
    arrays = {
        "idf": np.concatenate([terms.idf for terms in kinds]),
        "weights": baseline.weights,
        "bias": baseline.bias,
        "classes": baseline.classes,
        "majority": baseline.majority,
    }
    with whole_folder(folder) as partial:
        (partial / SETTINGS_FILE).write_text(json.dumps(settings, ensure_ascii=False), encoding="utf-8")
        save_file(arrays, partial / ARRAYS_FILE)
        write_checksums(partial)


def load_baselines(folder: Path, *, verify: bool = True) -> Baselines:
    """The baselines that `save_baselines` wrote.

    Args:
        folder: theirs.
        verify: whether the content of the files must be what was written; False = their sizes alone.

    Raises:
        InputError: files are missing or damaged, do not fit one another, or are not as they were written.
    """
    check_checksums(folder, hashes=verify, fix=AGAIN)
    settings = _read_settings(folder / SETTINGS_FILE)
    arrays = _read_arrays(folder / ARRAYS_FILE)
    vocabularies = [{word: index for index, word in enumerate(kind.vocabulary)} for kind in settings.features]
    sizes = np.cumsum([len(vocabulary) for vocabulary in vocabularies])
    wrong = [*_wrong_settings(settings), *_wrong_arrays(arrays, int(sizes[-1]) if len(sizes) else 0, settings)]
    if wrong:
        raise damaged(folder / SETTINGS_FILE, "; ".join(wrong), AGAIN)
    kinds = zip(settings.features, vocabularies, np.split(arrays["idf"], sizes[:-1]), strict=True)
    return Baselines(
        Vectorizer(tuple(WeightedTerms(TermKind(k.analyzer, k.ngram_range), words, idf) for k, words, idf in kinds)),
        arrays["weights"],
        arrays["bias"],
        arrays["classes"],
        arrays["majority"],
        settings.pair,
        settings.multi_label,
        settings.penalty,
        settings.scale,
    )


def check_baselines(baselines: Baselines, folder: Path, *, classes: int, pair: bool, multi_label: bool) -> None:
    """Raise `InputError` unless baselines are those of a model with so many labels, for such articles."""
    highest = int(max(baselines.classes.max(), len(baselines.majority) - 1 if multi_label else baselines.majority[0]))
    if (baselines.pair, baselines.multi_label) != (pair, multi_label) or highest >= classes:
        raise InputError(
            f"The TF-IDF baseline in '{folder}' belongs to another model: its labels or its kind of articles differ.",
            fix=AGAIN,
        )


def _read_arrays(file: Path) -> dict[str, Any]:
    try:
        arrays = load_file(file)
    except (OSError, SafetensorError) as error:
        raise InputError(f"The TF-IDF baseline '{file}' cannot be read: {error}", fix=AGAIN) from None
    absent = [name for name in ARRAYS if name not in arrays]
    if absent:
        raise damaged(file, f"it lacks {names(absent)}", AGAIN)
    return arrays


def _wrong_settings(settings: _Settings) -> Iterator[str]:
    for kind in settings.features:
        if not 1 <= kind.ngram_range[0] <= kind.ngram_range[1]:
            yield f"ngram_range {list(kind.ngram_range)} is no range"
    for name, value in (("penalty", settings.penalty), ("scale", settings.scale)):
        if value is not None and not 0 < value < np.inf:
            yield f"{name} {value} is no number above 0"


def _wrong_arrays(arrays: Mapping[str, Any], words: int, settings: _Settings) -> Iterator[str]:
    """What cannot be true of the arrays beside so many words, and of one another."""
    idf, weights, bias, classes = (arrays[name] for name in ("idf", "weights", "bias", "classes"))
    if not words or idf.shape != (words,):
        yield f"it does not have as many different words as {ARRAYS_FILE} has weights"
    if not all(np.isfinite(array).all() for array in arrays.values()):
        yield f"{ARRAYS_FILE} holds what is not a number"
    columns = 2 * words + 1 if settings.pair else words  # a pair has words of the text, of the target, and their cosine
    if weights.shape != (len(bias), columns) or bias.ndim != 1:
        yield f"{ARRAYS_FILE}: weights of shape {weights.shape} do not belong to {len(bias)} classes of {columns} words"
    yield from _wrong_classes(classes, arrays["majority"], bias, settings)
    if len(set(classes.tolist())) == 1 and len(classes) == 2 and weights.any():
        yield f"{ARRAYS_FILE}: one class stands there twice"


def _wrong_classes(classes: Any, majority: Any, bias: Any, settings: _Settings) -> Iterator[str]:
    rows = 2 if len(bias) == 1 and not settings.multi_label else len(bias)
    whole = all(array.dtype == np.int64 and array.ndim == 1 for array in (classes, majority))
    least = 0 if rows > len(bias) else 1  # the two may be the same: that of a corpus with one class
    if not whole or len(classes) != rows or classes.min() < 0 or (np.diff(classes) < least).any():
        yield f"{ARRAYS_FILE}: classes are not {rows} rising numbers"
    elif settings.multi_label and (len(majority) != rows or not set(majority.tolist()) <= {0, 1}):
        yield f"{ARRAYS_FILE}: majority does not say yes or no to {rows} classes"
    elif not settings.multi_label and (len(majority) != 1 or majority[0] not in classes):
        yield f"{ARRAYS_FILE}: majority is not one of the classes"


@dataclass(frozen=True)
class _FeatureKind:
    """Words, or runs of characters: what ``tfidf.json`` holds of them."""

    analyzer: Literal["word", "char_wb"]
    ngram_range: tuple[int, int]
    vocabulary: tuple[str, ...]


@dataclass(frozen=True)
class _Settings:
    """What ``tfidf.json`` holds."""

    features: tuple[_FeatureKind, ...]
    pair: bool
    multi_label: bool
    penalty: float | None = None
    scale: float | None = None


def _read_settings(file: Path) -> _Settings:
    values = read_json(file, fix=AGAIN)
    if "features" not in values:  # runs of older versions have one kind
        ours = [key for key in values if key in ("analyzer", "ngram_range", "vocabulary")]
        one = {key: values.pop(key) for key in ours}
        values = {**values, "features": [one]}
    return as_type(values, _Settings, file, fix=AGAIN)


def _majority(y: Ints) -> Ints:
    """The most frequent label; of several per article those that, given to all, have the highest micro F1 here.

    Labels that most articles have would often be none at all, and against that anything is better.
    """
    if y.ndim == 1:
        return np.array([np.bincount(y).argmax()], dtype=np.int64)
    counts = y.sum(axis=0)
    frequent = np.argsort(-counts, kind="stable")
    given = np.arange(1, len(counts) + 1)
    f1 = 2 * np.cumsum(counts[frequent]) / (len(y) * given + counts.sum())
    return np.isin(np.arange(len(counts)), frequent[: int(f1.argmax()) + 1]).astype(np.int64)


def _fit_linear(
    features: Any, y: Ints, penalty: float
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], Ints]:
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.svm import LinearSVC

    svm = LinearSVC(C=penalty, class_weight="balanced", random_state=0)
    if y.ndim == 1:
        if len(np.unique(y)) == 1:
            return (
                np.zeros((1, features.shape[1]), np.float32),
                np.full(1, -1, np.float32),
                np.array([y[0], y[0]]),
            )
        svm.fit(features, y)
        weights = np.ascontiguousarray(svm.coef_, dtype=np.float32)  # safetensors stores C order only
        return weights, svm.intercept_.astype(np.float32), svm.classes_.astype(np.int64)
    weights = np.zeros((y.shape[1], features.shape[1]), np.float32)
    bias = np.where(y.all(axis=0), 1, -1).astype(np.float32)
    mixed = np.flatnonzero(y.any(axis=0) & ~y.all(axis=0))
    if len(mixed):
        fitted = OneVsRestClassifier(svm).fit(features, y[:, mixed])
        weights[mixed] = np.vstack([estimator.coef_ for estimator in fitted.estimators_])
        bias[mixed] = np.concatenate([estimator.intercept_ for estimator in fitted.estimators_])
    return weights, bias, np.arange(y.shape[1])
