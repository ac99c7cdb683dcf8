"""``predict --cascade``: articles on which TF-IDF alone is surely the model's answer skip the transformer.

`classifier.stats.cascade` says how they are found. They get the label and the calibrated score of TF-IDF alone, all
others those of the whole model. TF-IDF is worked out once, for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np

from classifier.arrays import Bools, Floats32
from classifier.articles.article import Article
from classifier.articles.predicted_by import CASCADED, ModelName
from classifier.errors import InputError, shell_word
from classifier.models.article_checks import NoNumbersError
from classifier.models.fingerprint import DIGITS
from classifier.models.model_folder import ModelInfo
from classifier.models.prepared import NOTHING, Prepared
from classifier.progress import SilentTask, Task
from classifier.stats.cascade import Cascade, SkipRule, check_agreement

if TYPE_CHECKING:
    from classifier.models.decider import Decider
    from classifier.models.predictor import Predictor


@dataclass(frozen=True)
class Route:
    """Which articles skip the transformer, and with what scores.

    Attributes:
        known: what TF-IDF alone says.
        rule: which articles skip.
    """

    known: Cascade
    rule: SkipRule

    def named(self, model: ModelName) -> ModelName:
        """The name of a model with this cascade: it labels otherwise, so it has another fingerprint.

        Where no article skips, it is the model itself.
        """
        if self.rule.threshold is None:
            return model
        decides = f"{model.fingerprint} {self.rule.threshold} {self.known.scale} {self.known.calibration}"
        digits = sha256(decides.encode()).hexdigest()[:DIGITS]
        return ModelName(f"{model.name}{CASCADED}{self.rule.agreement:g}", digits)


def check_cascade(info: ModelInfo, agreement: float, run: object = "RUN") -> Route:
    """The cascade of a model for an agreement.

    Args:
        info: of the model.
        agreement: the share of skipped articles that is to get the label of the whole model.
        run: named in the message.

    Raises:
        InputError: the agreement is not between 0 and 1, or the model has no cascade.
    """
    check_agreement(agreement)
    check_blended(info)
    if info.cascade is None:
        raise InputError(
            "This model does not say how often TF-IDF alone gives its label: an older version trained it, or there was "
            "no validation.",
            fix="Find it on its validation articles, once: "
            f"classifier evaluate {shell_word(run)} --cascade {agreement:g}",
        )
    return Route(info.cascade, info.cascade.rule(agreement))


def check_blended(info: ModelInfo) -> None:
    """Raise `InputError` if TF-IDF has no part in a model."""
    if info.blend is None:
        raise InputError(
            '--cascade needs TF-IDF, and this model has none: it was trained with train.blend = "none", or without '
            "validation.",
            fix='Leave out --cascade, or train with validation articles and train.blend = "auto".',
        )


WHOLE = {
    "abstain": "the thresholds promise a precision for the scores of the whole model",
    "sets": "label sets are a promise about the scores of the whole model",
    "adapt": "shares of labels are estimated from the scores that the whole model gives to validation articles",
    "shares": "adapting assumes scores that are all of one model",
    "explain": "sentences are explained by what they do to the scores of the whole model",
}


def whole_alone(option: str, dashes: str = "") -> InputError:
    """What to say where something is asked beside a cascade that holds for the whole model alone.

    Args:
        option: a key of `WHOLE`.
        dashes: what stands before options, where they were typed on the command line.

    Example:
        >>> print(whole_alone("sets", "--"))  # doctest: +NORMALIZE_WHITESPACE
        --sets does not go with --cascade: label sets are a promise about the scores of the whole model, and the
        articles that skip the transformer do not get these.
        Fix: Leave out --cascade or --sets.
    """
    return InputError(
        f"{dashes}{option} does not go with {dashes}cascade: {WHOLE[option]}, and the articles that skip the "
        "transformer do not get these.",
        fix=f"Leave out {dashes}cascade or {dashes}{option}.",
    )


def prepared_route(predictor: Predictor, route: Route, articles: Sequence[Article]) -> Prepared:
    """What can be worked out of articles before the network: which of them skip it, and what the others need.

    Args:
        predictor: a model or an ensemble, without a cascade.
        route: which articles skip.
        articles: order in = order out.
    """
    if route.rule.threshold is None or not articles:
        none = np.zeros(len(articles), dtype=bool)
        return replace(predictor.prepared(articles), skipped=none, alone=_no_scores(predictor, len(articles)))
    tfidf = predictor.tfidf_scores(articles)
    assert tfidf[0] is not None
    proba, skipped = alone(predictor, route, tfidf[0])
    rest = np.flatnonzero(~skipped)
    encoded = predictor.encoder.encode([articles[k] for k in rest.tolist()]) if len(rest) else None
    of_rest = tuple(None if one is None else one[rest] for one in tfidf)
    return Prepared(encoded, tfidf=of_rest, skipped=skipped, alone=proba)


def _no_scores(predictor: Predictor, articles: int) -> Floats32:
    return np.zeros((articles, len(predictor.info.labels)), dtype=np.float32)


def routed_scores(
    predictor: Predictor, route: Route, articles: Sequence[Article], task: Task | None = None, ready: Prepared = NOTHING
) -> tuple[Floats32, Bools]:
    """Calibrated probabilities of articles, and which of them skipped the transformer.

    Args:
        predictor: a model or an ensemble, without a cascade.
        route: which articles skip.
        articles: order in = order out.
        task: told of each batch.
        ready: of the same articles, from `prepared_route`.

    Returns:
        Probabilities of shape (articles, classes), and bool of shape (articles,).

    Raises:
        NoNumbersError: with the scores of all articles, and which of them skipped.
    """
    if ready.skipped is None:
        ready = prepared_route(predictor, route, articles)
    assert ready.alone is not None
    assert ready.skipped is not None
    proba, rest = ready.alone.copy(), np.flatnonzero(~ready.skipped)
    (task or SilentTask()).advance(int(ready.skipped.sum()), 0)
    if len(rest):
        try:
            proba[rest] = predictor.predict_parts([articles[k] for k in rest.tolist()], task, ready)[0]
        except NoNumbersError as error:
            proba[rest] = error.proba
            error.proba, error.skipped = proba, ready.skipped
            raise
    return proba, ready.skipped


def alone(decider: Decider, route: Route, tfidf: Floats32) -> tuple[Floats32, Bools]:
    """Calibrated probabilities of TF-IDF alone, and which articles skip the transformer for being sure enough.

    Args:
        decider: says which labels are given.
        route: which articles skip.
        tfidf: decision values of shape (articles, classes).
    """
    proba = route.known.proba(tfidf)
    return proba, route.rule.skips(route.known.sureness(proba, decider.given(proba)))
