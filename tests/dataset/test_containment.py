import random
from collections.abc import Sequence

import numpy as np
import pytest

from classifier.dataset.containment import BOILERPLATE, Containment, find_contained
from classifier.dataset.duplicates import LEAST, fingerprints, near_pairs
from classifier.dataset.units import join_units
from tests.makers.corpora import BOILERPLATE as NOTICE
from tests.makers.corpora import change_sentence, make_text


def contained(texts: Sequence[str], threshold: float = 0.8) -> Containment:
    made = fingerprints(texts)
    cluster = join_units(len(texts), [], near_pairs(made.signature, 0.8))
    return find_contained(made.passages, cluster, threshold, lambda rows: [texts[row] for row in rows])


def joined(texts: Sequence[str], threshold: float = 0.8) -> set[tuple[int, int]]:
    found = contained(texts, threshold)
    assert len(found.digests) == 0
    return {(int(short), int(long)) for short, long in found.joined}


def first(text: str, share: float) -> str:
    words = text.split()
    return " ".join(words[: round(share * len(words))])


EDITS = {
    "cut to 60%": lambda text, rng: first(text, 0.6),
    "cut to 40%": lambda text, rng: first(text, 0.4),
    "cut to 40% and a sentence changed": lambda text, rng: change_sentence(first(text, 0.4), rng, words=10),
    "the middle alone": lambda text, rng: " ".join(text.split()[150:290]),
    "doubled": lambda text, rng: f"{text} {make_text(rng)}",
    "doubled, the other way round": lambda text, rng: f"{make_text(rng)} {text}",
    "three paragraphs added, and a notice": lambda text, rng: f"{make_text(rng, 180)} {text} {NOTICE}",
    "a tenth": lambda text, rng: f"{make_text(rng, 1800)} {text} {make_text(rng, 1800)}",
}


@pytest.mark.parametrize("edit", EDITS)
def test_cut_and_extended_texts_are_joined_and_nothing_else_is(edit: str) -> None:
    rng = random.Random(edit)
    originals = [make_text(rng) for _ in range(60)]
    copies = [EDITS[edit](text, rng) for text in originals]
    found = {tuple(sorted(pair)) for pair in joined([*originals, *copies])}
    assert found == {(row, row + 60) for row in range(60)}


def test_the_shorter_one_comes_first() -> None:
    rng = random.Random(0)
    text = make_text(rng)
    assert joined([first(text, 0.5), make_text(rng), text]) == {(0, 2)}
    assert joined([text, make_text(rng), first(text, 0.5)]) == {(2, 0)}


def test_the_threshold_is_a_share_of_the_shorter_text() -> None:
    rng = random.Random(1)
    text = make_text(rng)
    half_own = f"{first(text, 0.25)} {make_text(rng, 60)}"  # 98 of its 158 shingles are the text's
    assert joined([text, half_own]) == set()
    assert joined([text, half_own], 0.6) == {(1, 0)}


def test_short_texts_are_not_looked_for() -> None:
    rng = random.Random(2)
    text = make_text(rng)
    words = text.split()
    assert joined([" ".join(words[: LEAST + 1]), text]) == set()
    assert joined([" ".join(words[: LEAST + 2]), text]) == {(0, 1)}


def test_a_notice_in_all_articles_joins_none_of_them() -> None:
    rng = random.Random(3)
    notice = make_text(rng, 120)
    many = [f"{make_text(rng, 200)} {notice}" for _ in range(BOILERPLATE + 20)]
    assert joined([*many, f"{make_text(rng, 10)} {notice}"]) == set()
    assert joined(many[:30]) == set()


def test_a_copy_is_found_among_texts_with_the_same_notice() -> None:
    rng = random.Random(4)
    notice = make_text(rng, 120)
    texts = [make_text(rng, 400) for _ in range(BOILERPLATE + 20)]
    short = f"{first(texts[0], 0.6)} {notice}"
    assert joined([*(f"{text} {notice}" for text in texts), short]) == {(len(texts), 0)}


def test_an_agency_text_joins_all_that_made_something_of_it() -> None:
    rng = random.Random(5)
    agency = make_text(rng, 150)
    texts = [agency, *(f"{agency} {make_text(rng, 200)}" for _ in range(20))]
    assert joined(texts) == {(0, row) for row in range(1, 21)}


def test_nested_cuts_are_no_digest() -> None:
    rng = random.Random(6)
    text = make_text(rng, 1000)
    found = contained([first(text, share) for share in (0.2, 0.35, 0.6, 1.0)])
    assert len(found.digests) == 0
    assert len(set(join_units(4, [], found.joined))) == 1


def test_a_digest_joins_nothing_and_its_parts_are_told() -> None:
    rng = random.Random(7)
    texts = [make_text(rng, 150) for _ in range(10)]
    newsletter = " ".join(texts[:8])
    found = contained([*texts, newsletter, first(texts[0], 0.7), f"{newsletter} {NOTICE}"])
    assert {tuple(pair) for pair in found.joined.tolist()} == {(11, 0)}
    assert {tuple(pair) for pair in found.digests.tolist()} >= {(row, 10) for row in range(8)}
    assert {tuple(pair) for pair in found.digests.tolist()} >= {(row, 12) for row in range(8)}


def test_a_chain_of_newsletters_does_not_join_everything() -> None:
    rng = random.Random(8)
    texts = [make_text(rng, 120) for _ in range(60)]
    letters = [" ".join(rng.sample(texts, 5)) for _ in range(40)]
    found = contained([*texts, *letters])
    assert np.bincount(join_units(100, [], found.joined)).max() == 1
    assert len(found.digests) == 200


def test_a_text_whose_parts_belong_together_is_no_digest() -> None:
    rng = random.Random(9)
    text = make_text(rng, 600)
    head, overlapping = first(text, 0.5), " ".join(text.split()[200:400])
    found = contained([head, overlapping, text])
    assert len(found.digests) == 0
    assert len(set(join_units(3, [], found.joined))) == 1


def test_texts_that_share_a_part_are_joined_by_the_one_that_holds_both() -> None:
    rng = random.Random(11)
    story, ends = make_text(rng, 120), [make_text(rng, 120) for _ in range(2)]
    found = contained([f"{story} {ends[0]}", f"{story} {ends[1]}", f"{story} {' '.join(ends)}"])
    assert sorted(map(tuple, found.joined.tolist())) == [(0, 2), (1, 2)]
    assert len(found.digests) == 0


def test_large_clusters_of_copies_are_compared_by_a_few_of_them() -> None:
    rng = random.Random(10)
    text = make_text(rng)
    copies = [change_sentence(text, rng, words=4) for _ in range(150)]
    cut = [change_sentence(first(text, 0.5), rng, words=4) for _ in range(150)]
    made = fingerprints([*copies, *cut])
    cluster = join_units(300, [], near_pairs(made.signature, 0.8))
    assert set(np.unique(cluster[:150])) & set(np.unique(cluster[150:])) == set()
    found = find_contained(made.passages, cluster, 0.8, lambda rows: [[*copies, *cut][row] for row in rows])
    assert len(found.joined) < 5000
    assert len(set(join_units(300, [cluster], found.joined))) == 1


@pytest.mark.parametrize("texts", [[], ["one text alone"], ["", ""]])
def test_few_texts_hold_none(texts: list[str]) -> None:
    found = contained(texts)
    assert found.joined.shape == found.digests.shape == (0, 2)
