"""A classifier that gives labels to scores that another process, or an earlier one, has worked out."""

from __future__ import annotations

from typing import Any, cast

from classifier.models.classifier import Classifier
from classifier.models.model_folder import ModelInfo


def deciding(info: ModelInfo) -> Classifier:
    """A classifier that decides (`Classifier.decide`, ``given``, ``in_set``), and cannot predict: it has no network.

    Args:
        info: of a model, or of an ensemble.

    Example:
        >>> import numpy as np
        >>> model = deciding(Classifier.load("runs/first").info)
        >>> model.decide(np.array([[0.1, 0.2, 0.7]], dtype=np.float32)).tolist()
        [2]
    """
    none = cast("Any", None)
    return Classifier(info, none, none, none)
