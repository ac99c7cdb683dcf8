"""Whether articles can be scored, and whether their scores are numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from classifier.arrays import Bools, Floats32
from classifier.articles.article import Article
from classifier.errors import Fault, InputError

SHOWN = 3  # ids of articles in a message


def check_texts(articles: Sequence[Article]) -> None:
    """Raise `InputError` for articles that a program made without a text, or with a title or target that is none."""
    faults = [
        Fault(
            article.where or f"articles[{position}]", f"{part} must be text. Got {value!r} instead", f"{part} is none"
        )
        for position, article in enumerate(articles)
        for part, value in (("text", article.text), ("title", article.title), ("target", article.target))
        if not isinstance(value, str) and (part == "text" or value is not None)
    ]
    if faults:
        raise InputError(
            f"{len(faults):,} parts of articles are no texts.", faults=faults, fix="Give None for no title."
        )


class NoNumbersError(InputError):
    """The model gives articles scores that are not numbers.

    Attributes:
        proba: the scores of all articles, in order.
        skipped: which of them skipped the transformer, where the classifier has a cascade.
    """

    proba: Floats32
    skipped: Bools | None = None


def check_finite(proba: Floats32, articles: Sequence[Article]) -> None:
    """Raise `InputError` if a score is not a number: the first class would be the label of such an article."""
    wrong = np.flatnonzero(~np.isfinite(proba).all(axis=1))
    if len(wrong):
        places = ", ".join(f"'{articles[row].id}'" for row in wrong[:SHOWN])
        error = NoNumbersError(
            f"The model gives {len(wrong):,} of {len(articles):,} articles scores that are not numbers "
            f"(NaN or infinite): {places}{', …' if len(wrong) > SHOWN else ''}.",
            fix="In bf16, try it without (--no-bf16, in Python bf16=False); else train again: the training diverged.",
        )
        error.proba = proba
        raise error
