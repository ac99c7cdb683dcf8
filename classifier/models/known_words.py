"""The words of the training articles, as numbers: which words of new articles occur in none of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from zlib import crc32

import numpy as np
import numpy.typing as npt

from classifier.models.term_counts import WORD

Numbers = npt.NDArray[np.uint32]
SEVERAL = -1  # units


@dataclass(frozen=True)
class KnownWords:
    """Words as numbers of 32 bits (CRC-32 of their small letters), ascending.

    Two words in four billion share a number, so a new word in some ten thousand counts as known.

    Example:
        >>> known = KnownWords(np.unique(word_numbers("The council voted. The mayor did not.")))
        >>> known.unknown_share(word_numbers("The COUNCIL dithered again")), known.unknown_share(word_numbers("?"))
        (0.5, 0.0)
    """

    numbers: Numbers

    def unknown_share(self, words: Numbers) -> float:
        """The share of a text's words that are none of these; 0 for a text without words."""
        return float(self.unknown(words).mean()) if len(words) else 0.0

    def unknown(self, words: Numbers) -> npt.NDArray[np.bool_]:
        """Which words are none of these."""
        place = np.searchsorted(self.numbers, words)
        inside = np.append(self.numbers, np.uint32(0))[place]
        return np.asarray((place == len(self.numbers)) | (inside != words))


def word_numbers(text: str) -> Numbers:
    """The words of a text as numbers, in order; a word has two letters or digits at least, as in TF-IDF.

    Example:
        >>> word_numbers("A cat, a CAT").tolist() == [crc32(b"cat")] * 2
        True
    """
    words = map(crc32, map(partial(str.encode, errors="replace"), WORD.findall(text.lower())))
    return np.fromiter(words, dtype=np.uint32)


class WordUnits:
    """Which unit of articles has each word, where only one has it: that unit's articles measured without it lack it.

    Example:
        >>> units = WordUnits()
        >>> units.add(word_numbers("the bridge"), 0)
        >>> units.add(word_numbers("the river"), 1)
        >>> units.unknown_share(word_numbers("the river"), 1), units.unknown_share(word_numbers("the river"), 0)
        (0.5, 0.0)
    """

    def __init__(self) -> None:
        self._unit: dict[int, int] = {}

    def add(self, words: Numbers, unit: int) -> None:
        """The words of an article, and the unit that it belongs to."""
        own = self._unit
        for word in np.unique(words).tolist():
            if own.setdefault(word, unit) != unit:
                own[word] = SEVERAL

    def unknown_share(self, words: Numbers, unit: int) -> float:
        """The share of an article's words that no article of another unit has; 0 where it has no words."""
        found = [self._unit[word] == unit for word in words.tolist()]
        return sum(found) / len(found) if found else 0.0

    @property
    def known(self) -> KnownWords:
        """The words of all articles."""
        return KnownWords(_sorted(self._unit))


def _sorted(words: Iterable[int]) -> Numbers:
    return np.sort(np.fromiter(words, dtype=np.uint32))
