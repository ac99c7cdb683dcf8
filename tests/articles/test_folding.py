import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.articles.folding import folded, has_words, is_blank, name_key, visible


@pytest.mark.parametrize(
    ("given_name", "plain"),
    [
        ("cafe\u0301", "caf\u00e9"),
        ("\uff33\uff21\uff34", "SAT"),
        ("a\u00a0b", "a b"),
        ("a\u2003\u3000b", "a b"),
        ("a\tb\r\nc", "a b c"),
        ("\ufeffsatire", "satire"),
        ("sat\u00adire", "satire"),
        ("satire\u200b", "satire"),
        ("sat\u2060ire\ufe0f", "satire"),
        ("fake\u2011news", "fake-news"),
        ("fake\u2013news \u2212", "fake-news -"),
        ("\u201equoted\u201c \u00abso\u00bb", '"quoted" "so"'),
        ("it\u2019s", "it's"),
        ("\ufb01nance", "finance"),
        ("8\u207b", "8-"),
        ("a\U000e0020\U000e0100", "a"),
        ("Satire", "Satire"),
    ],
)
def test_what_looks_the_same_is_the_same(given_name: str, plain: str) -> None:
    assert folded(given_name) == plain


def test_a_name_is_known_whatever_its_case() -> None:
    assert name_key("STRASSE") == name_key("stra\u00dfe")
    assert name_key("Satire ") == name_key("satire")
    assert name_key("satire") != name_key("satires")


@pytest.mark.parametrize("text", ["", " ", "\u200b", "\ufeff\u00a0", "\u00ad\u2060\ufe0f", "\u3164"])
def test_what_nobody_sees_is_blank(text: str) -> None:
    assert is_blank(text)


def test_a_long_blank_beginning_does_not_make_a_text_blank() -> None:
    assert not is_blank("\u200b" * 500 + "a")
    assert is_blank("\u200b" * 500)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("satire", "satire"),
        ("caf\u00e9 \u201cA\u201d", "caf\u00e9 \u201cA\u201d"),
        ("cafe\u0301", "cafe\\u0301"),
        ("\ufeffsatire", "\\ufeffsatire"),
        ("fake\u00a0news", "fake\\xa0news"),
        ("fake\u2011news", "fake\\u2011news"),
        ("\u0939\u093f\u0928\u094d\u0926\u0940", "\u0939\u093f\u0928\u094d\u0926\u0940"),
    ],
)
def test_a_message_shows_what_nobody_sees(name: str, shown: str) -> None:
    assert visible(name) == shown


@pytest.mark.parametrize(
    ("text", "found"),
    [("...", False), ("-- ?!", False), ("", False), ("a", True), ("\u6c49", True), ("\U0001f600", True)],
)
def test_punctuation_alone_is_no_word(text: str, found: bool) -> None:
    assert has_words(text) is found


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    once = folded(text)
    assert folded(once) == once
    assert name_key(name_key(text)) == name_key(text)


@given(st.text())
def test_the_form_of_composition_does_not_matter(text: str) -> None:
    assert folded(unicodedata.normalize("NFD", text)) == folded(unicodedata.normalize("NFC", text))
