import random

import numpy as np
import pytest

from classifier.dataset.shingles import BLOCK, hash_shingles, spaced

WORDS = ["a", "é", "storm", "hit", "the", "coast", "漢字", "\ud800", "x" * 30]


def runs(text: str, size: int) -> list[tuple[str, ...]]:
    words = spaced(text).split(" ")
    return [tuple(words[at : at + size]) for at in range(max(1, len(words) - size + 1))]


@pytest.mark.parametrize("size", [1, 2, 3, 6])
def test_runs_have_the_same_hash_exactly_where_their_words_are_the_same(size: int) -> None:
    rng = random.Random(size)
    texts = [" ".join(rng.choices(WORDS, k=rng.choice([1, 2, 3, 5, 60]))) for _ in range(80)] + ["", "漢字漢" * 30]
    (found,) = hash_shingles(texts, size)
    known: dict[tuple[str, ...], int] = {}
    for row, text in enumerate(texts):
        hashes = found.of(row).tolist()
        assert len(hashes) == len(runs(text, size))
        for run, value in zip(runs(text, size), hashes, strict=True):
            assert known.setdefault(run, value) == value
    assert len(set(known.values())) == len(known)


def test_a_hash_does_not_depend_on_the_texts_before_it_nor_on_the_sizes_beside_it() -> None:
    rng = random.Random(0)
    texts = [" ".join(rng.choices(WORDS, k=3000)) for _ in range(30)]
    assert sum(map(len, texts)) > 4 * BLOCK
    threes, sixes = hash_shingles(texts, 3, 6)
    for row, text in enumerate(texts):
        assert (hash_shingles([text], 3)[0].of(0) == threes.of(row)).all()
        assert (hash_shingles([text], 6)[0].of(0) == sixes.of(row)).all()


def test_hashes_are_the_same_in_every_process() -> None:
    assert hash_shingles(["the storm hit"], 3)[0].hashes.tolist() == [15019864749240413432]


def test_every_bit_of_a_hash_is_used() -> None:
    rng = random.Random(1)
    hashes = hash_shingles([" ".join(str(rng.random()) for _ in range(20_000))], 3)[0].hashes
    ones = [float(((hashes >> np.uint64(bit)) & np.uint64(1)).mean()) for bit in range(64)]
    assert min(ones) > 0.48
    assert max(ones) < 0.52


def test_no_texts_have_no_shingles() -> None:
    (found,) = hash_shingles([], 3)
    assert found.hashes.shape == (0,)
    assert found.starts.tolist() == [0]
