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
    from classifier.articles.article import Article
    from classifier.errors import InputError
    from classifier.jobs.build import build
    from classifier.jobs.evaluate import evaluate_run as evaluate
    from classifier.jobs.predict.files import predict_run as predict
    from classifier.jobs.seeds import train_seeds
    from classifier.jobs.train import train
    from classifier.models.classifier import Classifier

_HOMES = {
    "Article": ("classifier.articles.article", "Article"),
    "Classifier": ("classifier.models.classifier", "Classifier"),
    "InputError": ("classifier.errors", "InputError"),
    "build": ("classifier.jobs.build", "build"),
    "evaluate": ("classifier.jobs.evaluate", "evaluate_run"),
    "predict": ("classifier.jobs.predict.files", "predict_run"),
    "train": ("classifier.jobs.train", "train"),
    "train_seeds": ("classifier.jobs.seeds", "train_seeds"),
}


def __getattr__(name: str) -> Any:
    """Import on first use, so that ``import classifier`` does not load torch."""
    if name not in _HOMES:
        raise AttributeError(f"module 'classifier' has no attribute '{name}'")
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)
