"""What a head on the frozen encoder and TF-IDF say of training articles that they did not learn from.

Where there are few labels validation is a few dozen articles, too few for a blend's weights and a calibration. A head
is fitted in moments, so each training article can be scored by one that did not learn from it, as in stacking
(Wolpert, 1992, "Stacked generalization", Neural Networks 5).
"""

from __future__ import annotations

import numpy as np

from classifier.arrays import Floats32
from classifier.dataset.folder import DatasetFolder
from classifier.errors import counted
from classifier.models.held_out import HeldOut
from classifier.models.layers import logits_out_of_fold
from classifier.models.tfidf import USUAL, Baselines, scores_out_of_fold
from classifier.models.tfidf_features import count_articles
from classifier.progress import Progress
from classifier.training.baselines import ENOUGH
from classifier.training.decision import HeldOutScores
from classifier.training.folds import held_out_of
from classifier.training.head_articles import MOST_ARTICLES
from classifier.training.prepare import Fitting, frozen_vectors


def head_out_of_fold(
    fitting: Fitting, dataset: DatasetFolder, baselines: Baselines | None, progress: Progress
) -> HeldOutScores | None:
    """What heads and machines of TF-IDF that are fitted on four fifths of the training articles say of the other ones.

    What the split keeps together is in one fold, and copies too.

    Args:
        fitting: of a head alone.
        dataset: that it is trained on, in its fold.
        baselines: the TF-IDF that is blended in; None = none is.
        progress: told of the articles that have to be read again.

    Returns:
        None where layers are trained; where there are articles enough, or a teacher, whose scores know the labels; for
        pairs; and where nothing can be held out.
    """
    if fitting.config.train.num_train_epochs or fitting.config.has_teacher or fitting.info.pair:
        return None
    enough = len(fitting.train) > MOST_ARTICLES or (
        fitting.validation is not None and len(fitting.validation) >= ENOUGH
    )
    if enough:
        return None
    articles = list(dataset.articles("train"))
    held_out, y = held_out_of(articles, dataset, balanced=fitting.config.train.balanced), fitting.train.y
    if held_out is None:
        return None
    rows = np.flatnonzero(held_out.usable(y))
    if not len(rows):
        return None
    logits = _heads(fitting, held_out, progress)
    tfidf = None
    if baselines is not None:
        counts = count_articles(articles, pair=False)
        tfidf = scores_out_of_fold(counts, y, held_out, baselines.penalty or USUAL)[rows]
    what = f"{counted(len(rows), 'training article')} out of fold"
    return HeldOutScores(logits[rows], tfidf, y[rows], tuple(articles[row].source for row in rows), what)


def _heads(fitting: Fitting, held_out: HeldOut, progress: Progress) -> Floats32:
    """The logits of the training articles, shape (articles, classes), each by the head that did not learn from it."""
    y, classes = fitting.train.y, len(fitting.info.labels)
    with progress.task("fitting heads on parts of the training articles", len(y)) as task:
        vectors = frozen_vectors(fitting, fitting.train, task)
    return logits_out_of_fold(vectors.of(fitting.learner.model.read), y, classes, held_out)
