"""What predicts, in words: the encoder alone, or its scores blended with those of TF-IDF, with the weights."""

from __future__ import annotations

import re
from collections.abc import Sequence


def what_predicts(base_model: str, blends: Sequence[tuple[float, float]], *, models: int = 1) -> str:
    """What predicts, in words and with the weights.

    How much each voice counts is not told by the weights alone: scores of TF-IDF are large in some corpora and small
    in others.

    Args:
        base_model: the encoder that training started from, a name or a folder.
        blends: of each model, the weights of its scores and of those of TF-IDF; empty where none is blended.
        models: how many; of several, the probabilities are averaged.

    Example:
        >>> what_predicts("org/MiniLM", [(0.46, 1.28)])
        '0.46 × the scores of the encoder MiniLM + 1.28 × those of TF-IDF + linear'
        >>> what_predicts("org/MiniLM", [])
        'the encoder MiniLM alone'
        >>> what_predicts("org/MiniLM", [(0.5, 1.0), (0.7, 1.0)], models=2)  # doctest: +NORMALIZE_WHITESPACE
        'the mean of 2 models, each: 0.50 to 0.70 × the scores of the encoder MiniLM + 1.00 × those of
        TF-IDF + linear'
    """
    name = re.split(r"[/\\]", base_model.rstrip("/\\"))[-1]
    encoder = f"the encoder {name}"
    mean = f"the mean of {models} models, each: " if models > 1 else ""
    if not blends:
        return f"{mean}{encoder} alone"
    own, tfidf = (_range([f"{pair[side]:.2f}" for pair in blends]) for side in (0, 1))
    return f"{mean}{own} × the scores of {encoder} + {tfidf} × those of TF-IDF + linear"


def _range(values: Sequence[str]) -> str:
    low, high = min(values, key=float), max(values, key=float)
    return low if low == high else f"{low} to {high}"
