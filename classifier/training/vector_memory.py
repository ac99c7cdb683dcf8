"""Vectors of articles under a frozen encoder, kept for the trainings of the same process that read them again.

Where a head alone is trained, reading the articles is nearly all there is to do, and folds, seeds and the second
training of ``train.refit`` read the same ones. A vector does not depend on the articles that are read beside it, so it
is the same to the last bit, kept or not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

import numpy as np

from classifier.arrays import Floats32, Ints
from classifier.models.transformer.windows import EncodedArticles

MOST = 256_000_000  # bytes of vectors that are kept


@dataclass
class VectorMemory:
    """The vectors that one encoder made.

    Attributes:
        encoder: which one; those of another are forgotten when it comes.
        vectors: digest of an article's windows -> its vector.
        most: bytes of vectors that are kept.
    """

    encoder: Hashable = None
    vectors: dict[bytes, Floats32] = field(default_factory=dict)
    most: int = MOST

    def read(
        self,
        encoder: Hashable,
        encoded: EncodedArticles,
        read: Callable[[Ints], Floats32],
        skip: Callable[[int], None] = lambda articles: None,
    ) -> Floats32:
        """The vector of each article, float32 of shape (articles, size of a vector).

        Args:
            encoder: what tells it from others: its weights, where it runs and in which precision.
            encoded: the articles.
            read: reads some of them, given by their positions: those that are not known yet, each once.
            skip: told how many need not be read.
        """
        if encoder != self.encoder:
            self.encoder, self.vectors = encoder, {}
        keys = [_digest(encoded, article) for article in range(len(encoded))]
        new: dict[bytes, int] = {}
        for article, key in enumerate(keys):
            if key not in self.vectors:
                new.setdefault(key, article)
        skip(len(keys) - len(new))
        found = dict(zip(new, read(np.array([*new.values()], dtype=np.int64)), strict=True)) if new else {}
        vectors = np.stack([found[key] if key in found else self.vectors[key] for key in keys])
        room = (self.most - sum(vector.nbytes for vector in self.vectors.values())) // vectors[0].nbytes
        self.vectors |= dict([*found.items()][: max(0, room)])
        return vectors

    def knows(self, encoded: EncodedArticles) -> bool:
        """Whether these articles were read by the encoder that read last."""
        return all(_digest(encoded, article) in self.vectors for article in range(len(encoded)))


READ = VectorMemory()  # what encoders on which a head alone is trained have read in this process


def _digest(encoded: EncodedArticles, article: int) -> bytes:
    """What tells the windows of an article from those of another."""
    windows = slice(encoded.article_starts[article], encoded.article_starts[article + 1])
    starts = encoded.window_starts[windows.start : windows.stop + 1]
    tokens = encoded.tokens[starts[0] : starts[-1]]
    parts = (starts - starts[0], encoded.first_lengths[windows], tokens)
    return hashlib.sha256(b"".join(np.ascontiguousarray(part).tobytes() for part in parts)).digest()
