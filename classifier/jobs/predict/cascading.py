"""``predict --cascade``: what it goes with, what it promises, and how many articles skipped the transformer."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from classifier.arrays import Floats32
from classifier.articles.predicted_by import ModelName
from classifier.models.cascade import Route, check_cascade, whole_alone
from classifier.models.classifier import Classifier
from classifier.models.model_folder import ModelInfo
from classifier.reports.run.cascade import promise_words, skipped_words

logger = logging.getLogger(__name__)


def check_beside(agreement: float | None, beside: Mapping[str, bool], dashes: str = "--") -> None:
    """Raise `InputError` if a cascade is asked for beside an option that holds for the whole model alone.

    Args:
        agreement: of the cascade; None = none is asked for.
        beside: option of `classifier.models.cascade.WHOLE` -> whether it is asked for too.
        dashes: what stands before options, where they were typed on the command line.
    """
    if agreement is None:
        return
    for option, wanted in beside.items():
        if wanted:
            raise whole_alone(option, dashes)


def asked_route(info: ModelInfo, agreement: float | None, run: object) -> Route | None:
    """Which articles skip the transformer, said before the model is loaded; None where no cascade is asked for.

    Args:
        info: of the model.
        agreement: that is asked for.
        run: named in messages.

    Raises:
        InputError: the model has none, or the agreement cannot be promised.
    """
    if agreement is None:
        return None
    route = check_cascade(info, agreement, run)
    level = logging.WARNING if route.rule.threshold is None else logging.INFO
    logger.log(level, "%s", promise_words(route.known, route.rule))
    return route


def named(route: Route | None, model: ModelName) -> ModelName:
    """The name of what labels: with a cascade, it is another model."""
    return model if route is None else route.named(model)


def whole_scores(route: Route | None, proba: Floats32) -> Floats32:
    """The scores of articles, NaN where some of them are not those of the whole model.

    Example:
        >>> whole_scores(None, np.array([[0.25, 0.75]], dtype=np.float32)).tolist()
        [[0.25, 0.75]]
    """
    return proba if route is None or route.rule.threshold is None else np.full_like(proba, np.nan)


def load_routed(run: str | Path, route: Route | None, *, device: str, bf16: bool | None) -> Classifier:
    """The classifier of a run, with a cascade where one is asked for."""
    return replace(Classifier.load(run, device=device, bf16=bf16), route=route)


def say_skipped(route: Route | None, skipped: int, articles: int) -> None:
    """Tell how many articles skipped the transformer."""
    if route is not None:
        logger.info("%s", skipped_words(route.rule, skipped, articles))
