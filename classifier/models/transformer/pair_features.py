"""What a head reads of a text and a target that the encoder has read apart, each by itself: a bi-encoder.

The vectors of the two are u and v; the head is given u, v, u × v and |u - v| side by side (Conneau et al., 2017,
"Supervised Learning of Universal Sentence Representations from Natural Language Inference Data", arXiv:1705.02364;
Reimers and Gurevych, 2019, "Sentence-BERT", arXiv:1908.10084). A text is read sentence by sentence, and u is the mean
of its sentences, of which those count most that are most like the target (Parikh et al., 2016, "A Decomposable
Attention Model for Natural Language Inference", arXiv:1606.01933, with similarity in the place of learnt attention).
The plain mean of the sentences stands beside them: how the text speaks of anything.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from classifier.arrays import Floats32, Ints

VECTORS = 5  # that stand side by side
SHARPNESS = 10.0  # a sentence whose cosine with the target is .1 higher counts e times as much
SMALLEST = 1e-12  # a vector of nothing but zeros stays one


def pair_features(vectors: Floats32, starts: npt.NDArray[np.int64]) -> Floats32:
    """The features of pairs, from the vectors of what was read of them.

    Args:
        vectors: of each window, shape (windows, width); of a pair first that of the target, then those of sentences.
        starts: where each pair starts among them, shape (pairs + 1,); each has at least two.

    Returns:
        float32 of shape (pairs, 5 × width): u, v, u × v, |u - v| and the plain mean.

    Example:
        >>> features = pair_features(np.array([[0, 2], [0, 5], [3, 0]], dtype=np.float32), np.array([0, 3]))
        >>> features.round(3).tolist()
        [[0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.5, 0.5]]
    """
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), SMALLEST)
    counts = np.diff(starts) - 1
    sentences = np.delete(np.arange(len(unit)), starts[:-1])
    target, text = unit[starts[:-1]], unit[sentences]
    first = np.cumsum(counts) - counts
    likeness = (text * np.repeat(target, counts, axis=0)).sum(axis=1)
    most = np.repeat(np.maximum.reduceat(likeness, first), counts)
    like = _mean(text, np.exp(SHARPNESS * (likeness - most)), first)
    plain = _mean(text, np.ones(len(text), dtype=np.float32), first)
    return np.hstack([like, target, like * target, np.abs(like - target), plain]).astype(np.float32)


def _mean(text: Floats32, weight: Floats32, first: Ints) -> Floats32:
    """The weighted mean of the sentences of each text: (sentences, width) -> (texts, width)."""
    sums = np.add.reduceat(text * weight[:, None], first, axis=0)
    return np.asarray(sums / np.add.reduceat(weight, first)[:, None])
