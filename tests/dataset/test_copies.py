import random

from classifier.dataset.copies import copy_clusters, find_copies
from classifier.dataset.duplicates import fingerprints
from tests.makers.corpora import change_sentence, make_text


def test_copies_are_equal_near_or_within_one_another() -> None:
    rng = random.Random(0)
    text, other = make_text(rng), make_text(rng)
    half = " ".join(text.split()[:200])
    texts = [text, other, change_sentence(text, rng), text.upper(), half, f"{half} {make_text(rng)}", half.title()]
    assert copy_clusters(texts).tolist() == [0, 1, 0, 0, 0, 0, 0]
    found = find_copies(fingerprints(texts), 0.8, 0.8, lambda rows: [texts[row] for row in rows])
    assert found.alike.tolist() == [0, 1, 0, 0, 2, 3, 2]
    assert found.cluster.tolist() == copy_clusters(texts).tolist()
    assert found.contained.tolist() == [False, False, False, False, True, False, True]
    assert len(found.digests) == 0
    off = find_copies(fingerprints(texts), 0.8, None, lambda rows: [])
    assert off.cluster.tolist() == off.alike.tolist() == found.alike.tolist()
    equal = find_copies(fingerprints(texts, near=False), None, 0.8, lambda rows: [])
    assert equal.cluster.tolist() == [0, 1, 2, 0, 3, 4, 3]
    assert not equal.contained.any()


def test_texts_are_numbered_by_cluster_for_digests() -> None:
    rng = random.Random(1)
    parts = [make_text(rng, 120) for _ in range(3)]
    texts = [parts[0], parts[0].upper(), *parts[1:], " ".join(parts)]
    found = find_copies(fingerprints(texts), 0.8, 0.8, lambda rows: [texts[row] for row in rows])
    assert found.cluster.tolist() == [0, 0, 1, 2, 3]
    assert found.digests.tolist() == [[0, 3], [1, 3], [2, 3]]
    assert found.contained.tolist() == [True, True, True, True, False]


def test_no_texts_have_no_copies() -> None:
    assert copy_clusters([]).shape == (0,)
