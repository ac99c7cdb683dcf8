"""Train, evaluate and apply text classifiers for articles.

>>> import classifier
>>> run = classifier.train("articles.csv", out="runs/genre")
>>> model = classifier.Classifier.load("runs/genre")
>>> model.predict(["The council voted on Tuesday to close the bridge."])
['reporting']
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from classifier._version import __version__

__all__ = ["Article", "Classifier", "InputError", "__version__", "build", "evaluate", "predict", "train", "train_seeds"]

if TYPE_CHECKING:
    from classifier.articles import Article
    from classifier.assessment import evaluate_run as evaluate
    from classifier.errors import InputError
    from classifier.inference import Classifier
    from classifier.seeds import train_seeds
    from classifier.workflow import build, train
    from classifier.workflow import predict_run as predict

_HOMES = {
    "Article": ("classifier.articles", "Article"),
    "Classifier": ("classifier.inference", "Classifier"),
    "InputError": ("classifier.errors", "InputError"),
    "build": ("classifier.workflow", "build"),
    "evaluate": ("classifier.assessment", "evaluate_run"),
    "predict": ("classifier.workflow", "predict_run"),
    "train": ("classifier.workflow", "train"),
    "train_seeds": ("classifier.seeds", "train_seeds"),
}


def __getattr__(name: str) -> Any:
    """Import on first use, so that ``import classifier`` does not load torch."""
    if name not in _HOMES:
        raise AttributeError(f"module 'classifier' has no attribute '{name}'")
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)
