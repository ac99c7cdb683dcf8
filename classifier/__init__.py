"""Train, evaluate and apply text classifiers for articles.

>>> import classifier
>>> run = classifier.train("genre.toml", out="runs/genre")  # or a table, or a DataFrame
>>> found = classifier.predict("runs/genre", ["The council said on Tuesday that police had closed the bridge."])
>>> found[0]["label"]
'reporting'

From articles to figures, in the order of their use (``help(classifier.train)`` says more of each):

    build                   labelled articles -> a dataset folder with splits, checks and a page
    train                   articles or a dataset -> a run: a model, its test, a page and a card
    train_seeds             the same with several seeds, and their ensemble
    train_folds             cross-validation
    tune                    better settings, by validation
    evaluate                a run on a split, or on other labelled articles
    compare                 two runs on the articles that both predicted
    report, show_page       the page of a run, as a file or below a cell
    predict                 a DataFrame, a list or a file -> the same with labels and scores
    predict_files           files -> a file with labels and scores
    estimate                shares of labels in a corpus, or a regression on them, corrected for errors
    audit                   labels that may be wrong
    learning_curve          what more labels would bring
    choose_next             articles to label next
    export                  a dataset in the format of another tool
    show_progress           progress bars on or off

`Classifier` is a model that is loaded once and asked often; `ArticleClassifier` is an estimator for scikit-learn.
An `Article`, a mapping or the row of a table is one article; `Config` holds settings; a `DatasetFolder` is what `build`
wrote. Bad input raises `InputError`, which says what is wrong, where, and what to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from classifier._version import __version__
from classifier.lazy import lazy_names

__all__ = [
    "Article",
    "ArticleClassifier",
    "Classifier",
    "Config",
    "DatasetFolder",
    "InputError",
    "__version__",
    "audit",
    "build",
    "choose_next",
    "compare",
    "estimate",
    "evaluate",
    "export",
    "learning_curve",
    "predict",
    "predict_files",
    "report",
    "show_page",
    "show_progress",
    "train",
    "train_folds",
    "train_seeds",
    "tune",
]

if TYPE_CHECKING:
    from classifier.articles.article import Article
    from classifier.bars import show_progress
    from classifier.config import Config
    from classifier.dataset.folder import DatasetFolder
    from classifier.errors import InputError
    from classifier.jobs.audit import audit
    from classifier.jobs.building.build import build
    from classifier.jobs.compare import compare
    from classifier.jobs.estimate import estimate
    from classifier.jobs.evaluate import evaluate
    from classifier.jobs.export import export
    from classifier.jobs.folds import train_folds
    from classifier.jobs.learning_curve.learning_curve import learning_curve
    from classifier.jobs.next.next import choose_next
    from classifier.jobs.predict.files import predict_files
    from classifier.jobs.predict.predict import predict
    from classifier.jobs.report import report
    from classifier.jobs.scikit_learn.article_classifier import ArticleClassifier
    from classifier.jobs.seeds import train_seeds
    from classifier.jobs.train import train
    from classifier.jobs.tune.tune import tune
    from classifier.models.classifier import Classifier
    from classifier.notebook import show_page

_HOMES = {  # public name -> its module
    "Article": "classifier.articles.article",
    "ArticleClassifier": "classifier.jobs.scikit_learn.article_classifier",
    "Classifier": "classifier.models.classifier",
    "Config": "classifier.config",
    "DatasetFolder": "classifier.dataset.folder",
    "InputError": "classifier.errors",
    "audit": "classifier.jobs.audit",
    "build": "classifier.jobs.building.build",
    "choose_next": "classifier.jobs.next.next",
    "compare": "classifier.jobs.compare",
    "estimate": "classifier.jobs.estimate",
    "evaluate": "classifier.jobs.evaluate",
    "export": "classifier.jobs.export",
    "learning_curve": "classifier.jobs.learning_curve.learning_curve",
    "predict": "classifier.jobs.predict.predict",
    "predict_files": "classifier.jobs.predict.files",
    "report": "classifier.jobs.report",
    "show_page": "classifier.notebook",
    "show_progress": "classifier.bars",
    "train": "classifier.jobs.train",
    "train_folds": "classifier.jobs.folds",
    "train_seeds": "classifier.jobs.seeds",
    "tune": "classifier.jobs.tune.tune",
}

# on first use, so that ``import classifier`` does not load torch
__getattr__, __dir__ = lazy_names(__name__, _HOMES)
