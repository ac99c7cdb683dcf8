import random

import numpy as np
import pytest

from classifier.dataset.duplicates import (
    LEAST,
    MARGIN,
    bands,
    fingerprints,
    first_of_each,
    near_pairs,
    signatures,
    text_key,
)
from classifier.dataset.units import join_units
from tests.makers.corpora import BOILERPLATE, change_sentence, drop_paragraph, make_text

EDITS = {
    "a sentence of 20 words changed": change_sentence,
    "a paragraph of 40 words dropped": drop_paragraph,
    "boilerplate of 30 words added": lambda text, rng: f"{text} {BOILERPLATE}",
}


def pairs_of(texts: list[str], threshold: float = 0.8) -> set[tuple[int, int]]:
    return {(int(a), int(b)) for a, b in near_pairs(signatures(texts), threshold)}


def shingles(text: str) -> set[tuple[str, ...]]:
    words = text.lower().split()
    return set(zip(words, words[1:], words[2:], strict=False))


def jaccard(a: str, b: str) -> float:
    return len(shingles(a) & shingles(b)) / len(shingles(a) | shingles(b))


def test_text_keys_ignore_case_and_space_only() -> None:
    assert text_key("A  b\n") == text_key("a B")
    assert text_key("a b") != text_key("a b.")
    assert text_key("a b") != text_key("ab")
    assert isinstance(text_key("\ud800"), int)
    keys = {text_key(str(n)) for n in range(1000)}
    assert len(keys) == 1000
    assert min(keys) >= 0
    assert max(keys) < 2**64


@pytest.mark.parametrize("edit", EDITS)
def test_planted_edits_are_found_and_nothing_else(edit: str) -> None:
    rng = random.Random(edit)
    originals = [make_text(rng) for _ in range(200)]
    copies = [EDITS[edit](text, rng) for text in originals]
    planted = {(row, row + 200) for row in range(200)}
    found = pairs_of([*originals, *copies])
    assert len(found & planted) >= 198
    assert found - planted == set()


def test_it_finds_the_pairs_that_comparing_every_two_articles_finds() -> None:
    rng = random.Random(3)
    texts = [make_text(rng, 200) for _ in range(40)]
    for _ in range(120):
        text = rng.choice(texts)
        for _ in range(rng.randint(1, 3)):
            text = change_sentence(text, rng, words=rng.choice((2, 4, 12)))
        texts.append(text)
    sets = [shingles(text) for text in texts]
    similar = {(a, b): len(sets[a] & sets[b]) / len(sets[a] | sets[b]) for b in range(160) for a in range(b)}
    found = pairs_of(texts)
    sure = {pair for pair, value in similar.items() if value >= 0.9}
    units = join_units(160, [], np.array(sorted(found)))
    assert len(sure) > 40
    assert any(0.5 < value < 0.65 for value in similar.values())
    assert all(units[a] == units[b] for a, b in sure)
    assert all(similar[pair] > 0.65 for pair in found)


def test_articles_that_share_half_their_text_are_not_near_duplicates() -> None:
    rng = random.Random(1)
    footer = make_text(rng, 200)
    texts = [f"{make_text(rng, 200)} {footer}" for _ in range(300)]
    assert 0.3 < jaccard(texts[0], texts[1]) < 0.4
    assert pairs_of(texts) == set()


def test_copies_are_found_among_hundreds_of_articles_with_the_same_footer() -> None:
    rng = random.Random(2)
    footer = make_text(rng, 150)
    originals = [f"{make_text(rng, 250)} {footer}" for _ in range(300)]
    copies = [change_sentence(text, rng, words=10) for text in originals]
    assert len(pairs_of([*originals, *copies]) & {(row, row + 300) for row in range(300)}) >= 297


def test_a_chain_of_small_edits_is_connected() -> None:
    rng = random.Random(4)
    chain = [make_text(rng)]
    for _ in range(6):
        chain.append(change_sentence(chain[-1], rng))
    found = pairs_of(chain)
    assert (0, 6) not in found
    assert set(join_units(7, [], np.array(sorted(found)))) == {0}


def test_a_cluster_of_hundreds_is_connected() -> None:
    rng = random.Random(5)
    original = make_text(rng)
    texts = [change_sentence(original, rng, words=5) for _ in range(400)]
    order = rng.sample([*texts, *(make_text(rng) for _ in range(400))], 800)
    units = join_units(800, [], np.array(sorted(pairs_of(order))))
    cluster = [unit for unit, text in zip(units, order, strict=True) if text in texts]
    assert len(set(cluster)) == 1
    assert np.bincount(units).max() == 400


def test_a_pair_is_found_though_others_stand_between_in_every_bucket() -> None:
    rng = np.random.default_rng(0)
    first = rng.integers(0, 2**32, size=128, dtype=np.uint32)
    last = np.where(np.arange(128) < 12, 0, first)
    count, rows = bands(0.8 - MARGIN)
    band = np.minimum(np.arange(128) // rows, count)
    between = [np.where(rng.permutation(count + 1)[band] < count // 2, first, row) for row in range(40)]
    signature = np.stack([first, *between, last]).astype(np.uint32)
    assert near_pairs(signature, 0.8).tolist() == [[0, 41]]


def test_a_higher_threshold_parts_what_a_lower_one_joins() -> None:
    rng = random.Random(6)
    text = make_text(rng)
    texts = [text, text.upper(), change_sentence(text, rng), change_sentence(change_sentence(text, rng), rng, words=60)]
    assert pairs_of(texts, 1.0) == {(0, 1)}
    assert pairs_of(texts, 0.97) == {(0, 1)}
    assert (0, 2) in pairs_of(texts, 0.8)
    assert {(0, 3), (1, 3)} <= pairs_of(texts, 0.5)


def test_each_pair_is_given_once_and_in_order() -> None:
    rng = random.Random(7)
    text = make_text(rng)
    pairs = near_pairs(signatures([text, make_text(rng), text.title(), text.upper()]), 0.8)
    assert pairs.tolist() == [[0, 2], [0, 3], [2, 3]]


@pytest.mark.parametrize("texts", [[], ["one text alone, of a few words"]])
def test_few_texts_have_no_pairs(texts: list[str]) -> None:
    assert near_pairs(signatures(texts), 0.8).shape == (0, 2)


def test_signatures_estimate_the_similarity_of_shingles() -> None:
    rng = random.Random(8)
    text = make_text(rng)
    errors = []
    for number in range(60):
        other = change_sentence(text, rng, words=3 * number + 1)
        a, b = signatures([text, other])
        errors.append(float((a == b).mean()) - jaccard(text, other))
    assert abs(np.mean(errors)) < 0.02
    assert np.max(np.abs(errors)) < 0.15


def test_signatures_do_not_depend_on_the_texts_beside_them() -> None:
    rng = random.Random(9)
    texts = [make_text(rng, 50) for _ in range(20)]
    alone = np.concatenate([signatures([text]) for text in texts])
    assert (signatures(texts) == alone).all()
    assert (signatures(texts[::-1])[::-1] == alone).all()


def test_short_texts_are_near_duplicates_only_when_equal() -> None:
    texts = ["Yes", "yes ", "No", "A storm", "a  STORM", "A gale", "the storm hit", "the storm missed"]
    assert pairs_of(texts) == {(0, 1), (3, 4)}


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7, 0.8, 0.9, 0.99, 1.0])
def test_bands_find_nearly_every_pair_at_the_threshold(threshold: float) -> None:
    count, rows = bands(threshold)
    assert count * rows <= 128
    assert 1 - (1 - threshold**rows) ** count >= 0.995
    assert 1 - (1 - threshold ** (rows + 1)) ** (128 // (rows + 1)) < 0.995 or rows == 128


def test_first_of_each_key() -> None:
    first, inverse = first_of_each(np.array([7, 3, 7, 9, 3], dtype=np.uint64))
    assert first[inverse].tolist() == [0, 1, 0, 3, 1]


def test_unicode_forms_of_a_text_are_one() -> None:
    import unicodedata

    text = "Le conseil a voté à l’unanimité après un débat animé"
    assert text_key(unicodedata.normalize("NFD", text)) == text_key(unicodedata.normalize("NFC", text))


def test_copies_are_found_whatever_nobody_sees_in_them() -> None:
    rng = random.Random(11)
    texts = [make_text(rng, 60).replace("e", "é") for _ in range(10)]
    misread = [text.encode().decode("cp1252") for text in texts]
    marked = [f"<p>{text.replace('é', '&eacute;')}</p>" for text in texts]
    hidden = [text.replace(" ", "\u00a0").replace("a", "a\u200b") for text in texts]
    for copies in (misread, marked, hidden):
        assert [text_key(copy) for copy in copies] == [text_key(text) for text in texts]
        assert (signatures(copies) == signatures(texts)).all()


def test_fingerprints_are_made_together() -> None:
    rng = random.Random(12)
    texts = [
        "The storm hit the coast.",
        "Rain fell.",
        make_text(rng, LEAST + 1),
        make_text(rng, 2 * LEAST),
        make_text(rng, 4000),
    ]
    made = fingerprints(texts)
    assert made.keys.tolist() == [text_key(text) for text in texts]
    assert (made.signature == signatures(texts)).all()
    assert made.passages.counts[:3].tolist() == [0, 0, 0]
    assert made.passages.counts[3] > 0
    assert made.passages.counts[4] == pytest.approx(500, rel=0.15)
    assert made.passages.counts.sum() == len(made.passages.values)
    assert fingerprints(texts, near=False).signature.shape == (5, 0)
    assert fingerprints(texts, near=False).passages.counts.tolist() == [0] * 5
    assert fingerprints([]).keys.shape == fingerprints([]).passages.counts.shape == (0,)


def test_scripts_without_spaces_are_compared_by_characters() -> None:
    rng = random.Random(0)
    texts = ["".join(chr(rng.randrange(0x4E00, 0x5500)) for _ in range(400)) for _ in range(20)]
    edited = [text[:200] + "新" + text[200:] for text in texts]
    pairs = near_pairs(signatures([*texts, *edited]), 0.8)
    assert {tuple(pair) for pair in pairs.tolist()} == {(i, i + 20) for i in range(20)}
