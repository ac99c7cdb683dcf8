"""Finds articles with (nearly) the same text: equal ones by a hash, similar ones by MinHash of word shingles.

Texts that stand within longer ones are found by `classifier.dataset.containment`, from the passages kept here.

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

from classifier.arrays import Ints, Keys
from classifier.articles.bare_text import bare_text
from classifier.dataset.shingles import Shingles, hash_shingles

SHINGLE = 3  # words in a shingle
PASSAGE = 6  # words in a passage: so many in a row are hardly shared by chance
KEPT = 8  # one passage in so many is kept, the same ones in every text (FracMinHash); a power of two
LEAST = 60  # shingles of a text that is looked for in longer ones: less is a notice or a signature as often as a text
PERMUTATIONS = 128  # values in a signature
SEED = 1
NEIGHBOURS = 4  # how far apart in a bucket two articles are still compared; each is compared with the first too
RECALL = 0.995  # of pairs at the threshold, that some band must find
MARGIN = 0.035  # one standard deviation of the estimate at 0.8: below the threshold by less than that still counts
COMPARED_AT_ONCE = 50_000

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
        contained: articles whose text stands within a longer one that is no near-duplicate.
        containment: the share of their shingles from which they do; None if they were not looked for.
    """

    exact: int
    dropped: int
    clusters: int
    clustered: int
    largest: int
    conflicting: int
    threshold: float
    contained: int = 0
    containment: float | None = None


@dataclass(frozen=True)
class Passages:
    """Hashes of some passages of each text, by which longer texts that hold them are found.

    Attributes:
        values: those of all texts, one text after another.
        counts: how many each text has, shape (texts,); none for a short text.
    """

    values: npt.NDArray[np.uint32]
    counts: Ints


@dataclass(frozen=True)
class Fingerprints:
    """What is compared of some texts.

    Attributes:
        keys: `text_key` of each, shape (texts,).
        signature: MinHash signature of each, shape (texts, 128), or (texts, 0).
        passages: of each.
    """

    keys: Keys
    signature: Signatures
    passages: Passages


def text_key(text: str) -> int:
    r"""A 64-bit hash that two texts share when they differ at most in case, spacing and what `bare_text` evens out.

    Example:
        >>> text_key("A  storm\nhit.") == text_key("a storm hit.")
        True
    """
    return _key(bare_text(text))


def _key(bare: str) -> int:
    return int.from_bytes(hashlib.blake2b(bare.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def signatures(texts: Sequence[str]) -> Signatures:
    """MinHash signatures of the texts' word shingles, shape (texts, 128).

    A text of one or two words counts as one shingle. The share of equal values of two signatures estimates the
    Jaccard similarity of the shingle sets, with a standard deviation of at most 0.045.

    Example:
        >>> a, b = signatures(["the storm hit the coast on Monday", "The storm hit the  coast on Monday"])
        >>> float((a == b).mean())
        1.0
    """
    return fingerprints(texts).signature


def fingerprints(texts: Sequence[str], *, near: bool = True) -> Fingerprints:
    """All that is compared of each text, made in one go.

    Args:
        texts: the texts.
        near: False for signatures of shape (texts, 0) and no passages, where only equal texts are looked for.
    """
    bare = [bare_text(text) for text in texts]
    keys = np.array([_key(text) for text in bare], dtype=np.uint64)
    if not near or not texts:
        width = PERMUTATIONS if near else 0
        empty = Passages(np.zeros(0, dtype=np.uint32), np.zeros(len(texts), dtype=np.int64))
        return Fingerprints(keys, np.zeros((len(texts), width), dtype=np.uint32), empty)
    short, long = hash_shingles(bare, SHINGLE, PASSAGE)
    return Fingerprints(keys, _signatures(short), _passages(long, np.diff(short.starts)))


def _signatures(shingles: Shingles) -> Signatures:
    from rensa import RMinHash

    starts = shingles.starts.astype(np.uint64)
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(shingles.hashes, starts, PERMUTATIONS, SEED)
    return np.array(matrix.to_rows(), dtype=np.uint32)


def _passages(shingles: Shingles, sizes: Ints) -> Passages:
    """Those of the texts that have enough shingles."""
    at = np.flatnonzero((shingles.hashes & np.uint64(KEPT - 1)) == 0)
    text = np.searchsorted(shingles.starts, at, side="right") - 1
    long = sizes[text] >= LEAST
    values = (shingles.hashes[at[long]] >> np.uint64(32)).astype(np.uint32)
    return Passages(values, np.bincount(text[long], minlength=len(sizes)))


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
