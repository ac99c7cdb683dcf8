"""Hashes of the runs of words in texts (shingles), made for many texts at once.

The hash of a run is a difference of two prefix sums over the bytes of all texts, so that no word is handled one by one
(Karp and Rabin, "Efficient randomized pattern-matching algorithms", IBM Journal of Research and Development 31, 1987).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from classifier.arrays import Ints, Keys

UNSPACED = 20  # characters for each "word" beyond which characters are taken for words
BLOCK = 1 << 16  # bytes of text that are hashed at once: their arrays stay in the processor's cache
SPACE = 32
BASE = 0x9E3779B97F4A7C15  # odd, so that it has an inverse modulo 2 ** 64


@dataclass(frozen=True)
class Shingles:
    """Hashes of the runs of so many words of some texts.

    Attributes:
        hashes: those of all texts, one text after another, in the order of their words.
        starts: where those of each text begin, shape (texts + 1,).
    """

    hashes: Keys
    starts: Ints

    def of(self, text: int) -> Keys:
        """The hashes of one text."""
        return self.hashes[self.starts[text] : self.starts[text + 1]]


def spaced(bare: str) -> str:
    """A `bare_text` with a space between what counts as its words: characters, in a script written without spaces.

    Example:
        >>> spaced("the storm"), spaced("das"), spaced("\u6f22" * 21)[:5]
        ('the storm', 'das', '\u6f22 \u6f22 \u6f22')
    """
    words = bare.count(" ") + 1
    return " ".join(bare.replace(" ", "")) if len(bare) > UNSPACED * words else bare


def hash_shingles(bare: Sequence[str], *sizes: int) -> tuple[Shingles, ...]:
    """The hashes of every so many words in a row, for each size; a text of fewer words is one shingle.

    Args:
        bare: `bare_text` of each text.
        sizes: words in a shingle.

    Example:
        >>> twos, threes = hash_shingles(["a storm hit", "storm hit", ""], 2, 3)
        >>> twos.starts, threes.starts, bool(twos.of(0)[1] == twos.of(1)[0])
        (array([0, 2, 3, 4]), array([0, 1, 2, 3]), True)
    """
    parts = [_hash_block(block, sizes) for block in _blocks([spaced(text) for text in bare])]
    found = []
    for place in range(len(sizes)):
        counts = np.concatenate([np.zeros(1, dtype=np.int64), *(part[place][1] for part in parts)])
        hashes = np.concatenate([np.zeros(0, dtype=np.uint64), *(part[place][0] for part in parts)])
        found.append(Shingles(hashes, np.cumsum(counts)))
    return tuple(found)


def _blocks(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    start, size = 0, 0
    for row, text in enumerate(texts):
        size += len(text)
        if size >= BLOCK:
            yield texts[start : row + 1]
            start, size = row + 1, 0
    if start < len(texts):
        yield texts[start:]


def _hash_block(texts: Sequence[str], sizes: Sequence[int]) -> list[tuple[Keys, Ints]]:
    """(hashes, how many each text has) for each size."""
    words = np.array([text.count(" ") + 1 for text in texts], dtype=np.int64)
    data = np.frombuffer(" ".join(texts).encode("utf-8", "surrogatepass"), dtype=np.uint8)
    powers, inverse, table = _powers(1 << max(17, len(data).bit_length()))
    sums = np.zeros(len(data) + 1, dtype=np.uint64)
    np.cumsum(table[data] * powers[: len(data)], out=sums[1:])
    begins = np.concatenate([[0], np.flatnonzero(data == SPACE) + 1])
    ends = np.append(begins[1:] - 1, len(data))
    first = np.cumsum(words) - words
    left = np.repeat(first + words, words) - np.arange(len(begins))  # words from here to the end of the text
    found = []
    for size in sizes:
        whole = left >= size
        whole[first] = True
        at = np.flatnonzero(whole)
        last = at + np.minimum(size, left[at]) - 1
        hashes = (sums[ends[last]] - sums[begins[at]]) * inverse[begins[at]]
        found.append((_mixed(hashes), np.maximum(1, words - size + 1)))
    return found


@lru_cache(maxsize=1)
def _powers(length: int) -> tuple[Keys, Keys, Keys]:
    """The powers of `BASE`, those of its inverse, and a random number for each byte."""
    ones = np.ones(length, dtype=np.uint64)
    ones[0] = 1
    powers, inverse = ones.copy(), ones.copy()
    powers[1:], inverse[1:] = BASE, pow(BASE, -1, 1 << 64)
    table = np.random.default_rng(0).integers(1, 1 << 64, size=256, dtype=np.uint64)
    return np.cumprod(powers), np.cumprod(inverse), table


def _mixed(hashes: Keys) -> Keys:
    """The hashes with every bit depending on all of them (the finaliser of MurmurHash3)."""
    hashes ^= hashes >> np.uint64(33)
    hashes *= np.uint64(0xFF51AFD7ED558CCD)
    hashes ^= hashes >> np.uint64(33)
    hashes *= np.uint64(0xC4CEB9FE1A85EC53)
    return hashes ^ (hashes >> np.uint64(33))
