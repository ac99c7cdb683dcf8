"""Which sentences of an article are most like its target, on tokens.

A sentence is as relevant as its TF-IDF cosine with the target is high; rarity is counted among the sentences of the
article itself, so nothing has to be fitted or stored, and no language needs a list of stop words. The first sentence
always stays: in news it says what the article is about. Sentences that bear on a claim are how fact-checking systems
cut articles, too (Thorne et al., 2018, "FEVER", arXiv:1803.05355).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from classifier.arrays import Ints, Ints32


def relevant_tokens(text: Ints32, starts: Ints, target: Ints32, room: int) -> Ints:
    """Positions of the tokens to read: those of the first sentence and of the ones most like the target.

    Sentences are taken from the most to the least alike if they fit, of those equally alike the earlier first; what
    room is left is filled with the beginning of the best that does not fit.

    Args:
        text: token ids of the article, shape (n,).
        starts: where each sentence starts in it, shape (sentences,); the first is 0.
        target: token ids of the target.
        room: most tokens to take.

    Returns:
        Positions in the order of the text, shape (at most ``room``,).

    Example:
        >>> text, starts = np.array([5, 6, 7, 6, 8, 6, 9, 6], np.int32), np.array([0, 2, 4, 6])
        >>> relevant_tokens(text, starts, np.array([8], np.int32), 4)
        array([0, 1, 4, 5])
    """
    lengths = np.diff(starts, append=len(text))
    best = np.argsort(-_likeness(text, starts, target), kind="stable")
    taken = np.zeros_like(lengths)
    for sentence in (0, *best[best > 0]):
        if lengths[sentence] <= room - taken.sum() or sentence == 0:
            taken[sentence] = min(lengths[sentence], room)
    cut = next((sentence for sentence in best if taken[sentence] < lengths[sentence]), 0)
    taken[cut] += min(room - taken.sum(), lengths[cut] - taken[cut])
    return np.concatenate([np.arange(start, start + count) for start, count in zip(starts, taken, strict=True)])


def _likeness(text: Ints32, starts: Ints, target: Ints32) -> npt.NDArray[np.float64]:
    """Cosine of each sentence with the target but for the target's own length, shape (sentences,)."""
    sentence = np.zeros(len(text), dtype=np.int64)
    sentence[starts[1:]] = 1
    ids, codes = np.unique(text, return_inverse=True)
    seen = np.unique(np.cumsum(sentence) * len(ids) + codes)  # each token of a sentence once
    where, which = np.divmod(seen, len(ids))
    weight = np.log((len(starts) + 1) / np.bincount(which, minlength=len(ids)))[which] ** 2
    shared = np.bincount(where, weight * np.isin(ids, target)[which], minlength=len(starts))
    return np.asarray(shared / np.sqrt(np.maximum(1e-9, np.bincount(where, weight, minlength=len(starts)))))
