import numpy as np

from classifier.models.known_words import KnownWords, WordUnits, word_numbers
from classifier.models.term_counts import WORD


def test_unknown_words_are_those_that_are_not_in_the_texts() -> None:
    texts = ["The council voted on Tuesday.", "Über Brücken, ähnlich; it's 42 km"]
    units = WordUnits()
    for unit, text in enumerate(texts):
        units.add(word_numbers(text), unit)
    known = {word for text in texts for word in WORD.findall(text.lower())}
    for new in ("the mayor voted ÜBER brücken 42 43", "", "nothing of this", "Tuesday"):
        words = WORD.findall(new.lower())
        expected = sum(word not in known for word in words) / max(1, len(words))
        assert units.known.unknown_share(word_numbers(new)) == expected


def test_a_unit_is_measured_without_itself() -> None:
    units, texts = WordUnits(), ["aa bb cc", "aa bb dd", "aa ee ff"]
    for unit, text in zip((0, 0, 1), texts, strict=True):
        units.add(word_numbers(text), unit)
    assert units.unknown_share(word_numbers(texts[0]), 0) == 2 / 3  # bb too: the other article is of the same unit
    assert units.unknown_share(word_numbers(texts[2]), 1) == 2 / 3


def test_no_words_and_the_largest_number() -> None:
    nothing = KnownWords(np.zeros(0, dtype=np.uint32))
    assert nothing.unknown_share(word_numbers("some words")) == 1
    last = KnownWords(np.array([3], dtype=np.uint32))
    assert last.unknown(np.array([0, 3, 2**32 - 1], dtype=np.uint32)).tolist() == [True, False, True]
    assert word_numbers("\ud800 word").dtype == np.uint32
