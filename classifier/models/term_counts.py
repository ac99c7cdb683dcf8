"""How often each text has each word, two words in a row, or run of characters: counted on arrays, once for all uses.

These are the counts of scikit-learn's ``CountVectorizer``, which takes every term of every text through a Python loop.
Here a word is a number, so terms are found, sorted and counted by numpy. A run of characters stays within its word
(``analyzer="char_wb"``), so it is enough to count the runs of each distinct word, and the words of each text: the
product of these two sparse matrices is how often each text has each run.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np

from classifier.arrays import Ints, Ints32

WORD = re.compile(r"\b\w\w+\b")
BLOCK = 1_000_000  # words or characters that are counted at once, so that memory is that of the counts
LARGEST = 2**63 - 1  # the largest number that stands for a term


class TermKind(NamedTuple):
    """Which terms are counted, in the words of scikit-learn.

    Attributes:
        analyzer: ``word`` | ``char_wb``, runs of characters within a word and the blanks around it.
        ngram_range: the fewest and the most words, or characters, of a term.
    """

    analyzer: Literal["word", "char_wb"]
    ngram_range: tuple[int, int]


@dataclass(frozen=True)
class Terms:
    """Terms in the order of the alphabet, as numbers of their words or characters.

    Attributes:
        units: the words or characters, sorted.
        parts: the units of each term, counted from 1; 0 = it is shorter. Shape (terms, longest).
        joint: what stands between two units of a term.
    """

    units: tuple[str, ...]
    parts: Ints32
    joint: str

    def __len__(self) -> int:
        return len(self.parts)

    @cached_property
    def names(self) -> list[str]:
        """All terms as they are written."""
        return self.named(np.arange(len(self)))

    def named(self, columns: Ints) -> list[str]:
        """Some of the terms as they are written."""
        units, parts = np.array([*self.units, ""], dtype=object), self.parts[columns]
        lengths, found = (parts > 0).sum(axis=1), np.empty(len(columns), dtype=object)
        for length in np.unique(lengths):
            rows = np.flatnonzero(lengths == length)
            found[rows] = [*map(self.joint.join, zip(*units[parts[rows, :length].T - 1].tolist(), strict=True))]
        return list(found.tolist())


@dataclass(frozen=True)
class TermCounts:
    """How often each text has each term.

    Attributes:
        terms: the columns.
        matrix: sparse rows, float32 of shape (texts, terms), columns ascending.
    """

    terms: Terms
    matrix: Any

    def of(self, texts: Ints) -> TermCounts:
        """The counts of some of the texts, with the same columns."""
        return TermCounts(self.terms, self.matrix[texts])


def count_terms(texts: Sequence[str], kind: TermKind) -> TermCounts:
    """Count the terms of texts, in small letters.

    Args:
        texts: in the order of the rows.
        kind: of terms.

    Example:
        >>> found = count_terms(["An ant, an ant", "ant"], TermKind("word", (1, 2)))
        >>> found.terms.names, found.matrix.toarray().astype(int).tolist()
        (['an', 'an ant', 'ant', 'ant an'], [[2, 2, 2, 1], [0, 0, 1, 0]])
        >>> count_terms(["an ant"], TermKind("char_wb", (3, 4))).terms.names
        [' an', ' an ', ' ant', 'an ', 'ant', 'ant ', 'nt ']
    """
    if kind.analyzer == "word":
        words, numbers, lengths = _numbered(WORD.findall(text.lower()) for text in texts)
        parts, matrix = _count(numbers, lengths, kind.ngram_range, len(words))
        return TermCounts(Terms(words, parts, " "), matrix)
    words, numbers, lengths = _numbered(text.lower().split() for text in texts)
    of_texts = _count(numbers, lengths, (1, 1), len(words))[1]
    spelt = "".join(f" {word} " for word in words).encode("utf-32-le", "surrogatepass")
    characters, letters = np.unique(np.frombuffer(spelt, dtype=np.uint32), return_inverse=True)
    lengths = np.array([len(word) + 2 for word in words], dtype=np.int64)
    parts, of_words = _count(letters.astype(np.int32), lengths, kind.ngram_range, len(characters), short=True)
    matrix = (of_texts @ of_words).tocsr()
    matrix.sort_indices()
    return TermCounts(Terms(tuple(map(chr, characters.tolist())), parts, ""), matrix)


def _numbered(texts: Iterable[list[str]]) -> tuple[tuple[str, ...], Ints32, Ints]:
    """The distinct words, sorted; the number of each word of all texts, one after the other; and the texts' lengths."""
    known: defaultdict[str, int] = defaultdict()
    known.default_factory = known.__len__
    parts, lengths = [np.empty(0, dtype=np.int32)], []
    for words in texts:
        parts.append(np.fromiter(map(known.__getitem__, words), dtype=np.int32, count=len(words)))
        lengths.append(len(words))
    words = sorted(known)
    rank = np.empty(len(words), dtype=np.int32)
    rank[np.fromiter(map(known.__getitem__, words), dtype=np.int64, count=len(words))] = np.arange(len(words))
    return tuple(words), rank[np.concatenate(parts)], np.array(lengths, dtype=np.int64)


def _count(
    units: Ints32, lengths: Ints, sizes: tuple[int, int], most: int, *, short: bool = False
) -> tuple[Ints32, Any]:
    """The distinct runs of units within sequences, sorted, and how often each sequence has each.

    Args:
        units: of all sequences, numbers below ``most``.
        lengths: of the sequences.
        sizes: the fewest and the most units of a run.
        most: how many different units there are.
        short: whether a sequence with fewer units than the fewest is a run too.

    Returns:
        The runs, as `Terms.parts` has them, and sparse rows of shape (sequences, runs).
    """
    from scipy.sparse import coo_array, csr_matrix, vstack

    found, blocks = [np.empty((0, sizes[1]), dtype=np.int32)], []
    for own, part in _blocks(units, lengths):
        runs, sequence = _runs(part, own, sizes, short=short)
        distinct, number = _distinct(runs, most + 1)
        ones = np.ones(len(number), dtype=np.float32)
        blocks.append(coo_array((ones, (sequence, number)), shape=(len(own), len(distinct))).tocsr())
        found.append(distinct)
    terms, column = _distinct(np.concatenate(found), most + 1)
    places = np.split(column, np.cumsum([len(distinct) for distinct in found])[:-1])[1:]
    rows = [
        csr_matrix((block.data, place[block.indices], block.indptr), shape=(block.shape[0], len(terms)))
        for block, place in zip(blocks, places, strict=True)
    ]
    return terms, vstack(rows, format="csr") if rows else csr_matrix((0, len(terms)), dtype=np.float32)


def _blocks(units: Ints32, lengths: Ints) -> Iterator[tuple[Ints, Ints32]]:
    """The sequences in blocks of about a million units: the lengths of those of a block, and their units."""
    ends = np.cumsum(lengths)
    cuts = np.flatnonzero(np.diff(ends // BLOCK)) + 1
    for rows in np.split(np.arange(len(lengths)), cuts):
        if len(rows):
            yield lengths[rows], units[ends[rows[0]] - lengths[rows[0]] : ends[rows[-1]]]


def _runs(units: Ints32, lengths: Ints, sizes: tuple[int, int], *, short: bool) -> tuple[Ints32, Ints]:
    """All runs within sequences, as `Terms.parts` has them, and the sequence of each."""
    fewest, most = sizes
    sequence = np.repeat(np.arange(len(lengths)), lengths)
    starts = np.cumsum(lengths) - lengths
    place = np.arange(len(units)) - starts[sequence]
    left = lengths[sequence] - place  # units from here to the end of the sequence
    padded = np.concatenate([units + 1, np.zeros(most, dtype=np.int32)])
    parts, of = [np.empty((0, most), dtype=np.int32)], [np.empty(0, dtype=np.int64)]
    for size in range(fewest, most + 1):
        begins = left >= size
        if short and size == fewest:
            begins |= (place == 0) & (left < size)
        first = np.flatnonzero(begins)
        run = np.zeros((len(first), most), dtype=np.int32)
        for offset in range(size):
            run[:, offset] = np.where(left[first] > offset, padded[first + offset], 0)
        parts.append(run)
        of.append(sequence[first])
    return np.concatenate(parts), np.concatenate(of)


def _distinct(runs: Ints32, base: int) -> tuple[Ints32, Ints]:
    """The distinct rows of numbers below ``base``, in order, and which of them each row is."""
    width = runs.shape[1]
    if base**width > LARGEST:
        rows, number = np.unique(runs, axis=0, return_inverse=True)
        return rows, number.reshape(-1)
    places = np.array([base**power for power in reversed(range(width))], dtype=np.int64)
    code = np.zeros(len(runs), dtype=np.int64)
    for column, place in zip(runs.T, places, strict=True):
        code += column * place
    codes, number = np.unique(code, return_inverse=True)
    return (codes[:, None] // places % base).astype(np.int32), number
