import shlex

import pytest

from classifier.articles.missing import CLASSES, WORDS, missing_words
from classifier.config_file import parse_settings


@pytest.mark.parametrize("word", WORDS)
def test_every_usual_word_means_missing_however_it_is_spelt_and_three_may_be_classes(word: str) -> None:
    usual = missing_words(None)
    for spelling in (word, word.upper(), f" {word.title()}\N{NO-BREAK SPACE}"):
        assert usual.mean(spelling)
        assert usual.mean(spelling, label=True) is (word not in CLASSES)
        assert usual.may_mean(spelling) is (word in CLASSES)


def test_words_that_are_named_count_for_labels_too_and_an_empty_list_is_no_word() -> None:
    named = missing_words(["None", ""])
    assert named.mean("none", label=True)
    assert not named.mean("nan")
    assert missing_words(["Not known"]).mean(" not  KNOWN")
    assert not named.mean("")
    assert not missing_words([]).mean("nan")
    assert missing_words([]).lack(" ")


def test_further_words_count_beside_the_usual_ones() -> None:
    more = missing_words(["Usual", "-1", "none"])
    for word in ("nan", "NULL", "-1", "none"):
        assert more.mean(word) and more.mean(word, label=True), word
    assert more.mean("?") and not more.mean("?", label=True)
    assert not more.mean("usual")


def test_the_option_for_further_words_can_be_typed_whatever_they_hold() -> None:
    words = ["usual", "don't know", 'a "b"', "k.\u200bA."]
    option, setting = shlex.split(missing_words(None).with_more(words[1:]))
    assert option == "--set"
    assert parse_settings([setting]) == {"data.missing": words}


def test_a_long_word_counts_too() -> None:
    word = "The annotator could not tell from this text alone"
    assert missing_words(["usual", word]).mean(f" {word.upper()} ", label=True)


def test_the_option_for_further_words_keeps_those_that_were_named() -> None:
    assert missing_words(None).with_more(["-1"]) == """--set 'data.missing=["usual", "-1"]'"""
    assert missing_words(["k.A.", "-"]).with_more(["-", "?"]) == """--set 'data.missing=["k.A.", "-", "?"]'"""


@pytest.mark.parametrize("spelling", ["\u00e9gal", "e\u0301gal", "\u200b\u00c9gal", " E\u0301GAL"])
def test_a_word_is_found_in_each_unicode_form(spelling: str) -> None:
    assert missing_words(["\u00e9gal"]).mean(spelling)
    assert missing_words(["e\u0301gal"]).mean(spelling)


@pytest.mark.parametrize("value", ["Nancy", "none of these", "national", 3, None, "-1", "x" * 100])
def test_other_values_are_not_missing_words(value: object) -> None:
    assert not missing_words(None).mean(value)
