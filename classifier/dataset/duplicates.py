"""Finds articles with (nearly) the same text: equal ones by a hash, similar ones by MinHash of word shingles.

MinHash estimates the Jaccard similarity of two sets from short signatures (Broder, 1997, "On the resemblance and
containment of documents"); bands of a signature serve as hash keys, so that only likely pairs are compared (Leskovec,
Rajaraman and Ullman, "Mining of Massive Datasets", chapter 3). Signatures are made by the library `rensa`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.articles.bare_text import bare_text

SHINGLE = 3  # words in a shingle
UNSPACED = 20  # characters for each "word" beyond which characters are taken for words
PERMUTATIONS = 128  # values in a signature
SEED = 1
NEIGHBOURS = 4  # how far apart in a bucket two articles are still compared; each is compared with the first too
RECALL = 0.995  # of pairs at the threshold, that some band must find
MARGIN = 0.035  # one standard deviation of the estimate at 0.8: below the threshold by less than that still counts
COMPARED_AT_ONCE = 50_000

Keys = npt.NDArray[np.uint64]
Signatures = npt.NDArray[np.uint32]


@dataclass(frozen=True)
class DuplicateCounts:
    """Counts of texts that occur more than once.

    Attributes:
        exact: articles whose text and target an earlier one has, whatever case and spacing.
        dropped: how many articles were left out (``data.duplicates = "drop"``, or ``"drop_near"``).
        clusters: clusters of near-duplicate texts, exact ones included.
        clustered: articles in such clusters.
        largest: articles in the largest one.
        conflicting: articles in a cluster whose labels differ for the same target.
        threshold: estimated Jaccard similarity of word shingles from which two texts are near-duplicates.
    """

    exact: int
    dropped: int
    clusters: int
    clustered: int
    largest: int
    conflicting: int
    threshold: float


def text_key(text: str) -> int:
    r"""A 64-bit hash that two texts share when they differ at most in case, spacing and what `bare_text` evens out.

    Example:
        >>> text_key("A  storm\nhit.") == text_key("a storm hit.")
        True
    """
    return _key(bare_text(text))


def shingles(text: str) -> list[str]:
    """Every three words in a row of the `bare_text`, whatever case, spacing and Unicode form.

    In a script that is written without spaces, every three characters; a text of one or two words is one shingle.

    Example:
        >>> shingles("The storm hit the coast")
        ['the storm hit', 'storm hit the', 'hit the coast']
    """
    return _shingles(bare_text(text))


def _key(bare: str) -> int:
    return int.from_bytes(hashlib.blake2b(bare.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def _shingles(bare: str) -> list[str]:
    words = bare.split(" ")
    if len(bare) > UNSPACED * len(words):  # a script that is written without spaces
        words = list("".join(words))
    if len(words) < SHINGLE:
        return [" ".join(words)]
    return list(map(" ".join, zip(words, words[1:], words[2:], strict=False)))


def signatures(texts: Sequence[str]) -> Signatures:
    """MinHash signatures of the texts' word shingles, shape (texts, 128).

    A text of one or two words counts as one shingle. The share of equal values of two signatures estimates the
    Jaccard similarity of the shingle sets, with a standard deviation of at most 0.045.

    Example:
        >>> a, b = signatures(["the storm hit the coast on Monday", "The storm hit the  coast on Monday"])
        >>> float((a == b).mean())
        1.0
    """
    return _signatures([bare_text(text) for text in texts])


def keys_and_signatures(texts: Sequence[str], *, near: bool = True) -> tuple[Keys, Signatures]:
    """The `text_key` of each text, and its signature: what both compare of a text is made once.

    Args:
        texts: the texts.
        near: False for signatures of shape (texts, 0), where near-duplicates are not looked for.
    """
    bare = [bare_text(text) for text in texts]
    keys = np.array([_key(text) for text in bare], dtype=np.uint64)
    return keys, _signatures(bare) if near else np.zeros((len(texts), 0), dtype=np.uint32)


def _signatures(bare: Sequence[str]) -> Signatures:
    from rensa import RMinHash

    if not bare:
        return np.zeros((0, PERMUTATIONS), dtype=np.uint32)
    matrix = RMinHash.digest_matrix_from_token_sets([_shingles(text) for text in bare], PERMUTATIONS, SEED)
    return np.array(matrix.to_rows(), dtype=np.uint32)


def near_pairs(signature: Signatures, threshold: float) -> npt.NDArray[np.int64]:
    """Pairs of rows whose estimated similarity reaches the threshold, shape (pairs, 2), each once.

    The estimate has a standard deviation of about 0.035, so pairs up to that much below the threshold are returned,
    too: to keep two articles together without need does no harm, but to separate near-duplicates does. Not every
    pair of a large cluster is returned, but enough to connect it.

    Args:
        signature: shape (n, 128).
        threshold: between 0 and 1.
    """
    n, least = len(signature), threshold - MARGIN if threshold < 1 else 1.0
    found = [np.zeros(0, dtype=np.int64)]
    for keys in _bands(signature, least):
        for first, second in _candidates(keys):
            similar = _similar(signature, first, second, least)
            found.append(np.minimum(first, second)[similar] * n + np.maximum(first, second)[similar])
    pairs = np.unique(np.concatenate(found))
    return np.stack([pairs // n, pairs % n], axis=1) if n else np.zeros((0, 2), dtype=np.int64)


def bands(threshold: float) -> tuple[int, int]:
    """(bands, rows in a band): the longest bands that still find 99.5% of the pairs at the threshold.

    A pair of similarity s agrees in some band with probability 1 - (1 - s^rows)^bands.

    Example:
        >>> bands(0.8)
        (21, 6)
    """
    for rows in range(PERMUTATIONS, 1, -1):
        count = PERMUTATIONS // rows
        if 1 - (1 - threshold**rows) ** count >= RECALL:
            return count, rows
    return PERMUTATIONS, 1


def first_of_each(keys: Keys) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The first row of each distinct key, and for each row the position of its key among those."""
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    return first, inverse


def _bands(signature: Signatures, threshold: float) -> Iterator[Keys]:
    """One hash per row for each band."""
    count, rows = bands(threshold)
    for band in range(count):
        keys = np.zeros(len(signature), dtype=np.uint64)
        for column in range(band * rows, (band + 1) * rows):
            keys = (keys ^ signature[:, column]) * np.uint64(0x9E3779B97F4A7C15)
            keys ^= keys >> np.uint64(29)
        yield keys


def _candidates(keys: Keys) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Pairs of rows in the same bucket: close neighbours, and each row with the bucket's first."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    for distance in range(1, NEIGHBOURS + 1):
        same = ordered[distance:] == ordered[:-distance]
        yield order[:-distance][same], order[distance:][same]
    first = np.repeat(starts, np.diff(np.append(starts, len(keys))))
    far = np.arange(len(keys)) - first > NEIGHBOURS
    yield order[first[far]], order[far]


def _similar(
    signature: Signatures, first: npt.NDArray[np.int64], second: npt.NDArray[np.int64], threshold: float
) -> npt.NDArray[np.bool_]:
    similar = np.zeros(len(first), dtype=bool)
    for start in range(0, len(first), COMPARED_AT_ONCE):
        part = slice(start, start + COMPARED_AT_ONCE)
        similar[part] = (signature[first[part]] == signature[second[part]]).mean(axis=1) >= threshold
    return similar
