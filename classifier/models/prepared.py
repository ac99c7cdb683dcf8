"""What is worked out of articles before the network reads them."""

from __future__ import annotations

from dataclasses import dataclass

from classifier.arrays import Bools, Floats32
from classifier.models.tfidf_features import CountedArticles
from classifier.models.transformer.windows import EncodedArticles

TfidfScores = tuple[Floats32 | None, ...]  # of each model that predicts; None where TF-IDF has no part in it


@dataclass(frozen=True)
class Prepared:
    """What has been worked out of articles already; None = not yet.

    Attributes:
        encoded: their windows.
        counted: their terms, as TF-IDF counts them.
        logits: what the network says of them, float32 of shape (articles, classes); not for an ensemble.
        stripped: whether their terms were counted after stripping, as the model reads them.
        tfidf: decision values of TF-IDF (`Predictor.tfidf_scores`).
        skipped: which of them need not be read by the network, bool of shape (articles,); ``encoded`` and ``tfidf`` are
            then those of the others.
        alone: where that is known, calibrated probabilities of TF-IDF alone, shape (articles, classes).
    """

    encoded: EncodedArticles | None = None
    counted: CountedArticles | None = None
    logits: Floats32 | None = None
    stripped: bool = False
    tfidf: TfidfScores | None = None
    skipped: Bools | None = None
    alone: Floats32 | None = None


NOTHING = Prepared()
