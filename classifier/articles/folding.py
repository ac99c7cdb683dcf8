"""One folding of text: what looks the same to a reader is the same to duplicates, groups, labels and columns.

Files of different programs write the same word in different ways: letters composed (é) or decomposed (e and an
accent), full-width letters, no-break spaces, soft hyphens and other characters that nobody sees, typographic quotes
and dashes. Source of the form: Unicode Standard Annex 15 (NFKC) and section 3.13 (caseless matching).
"""

from __future__ import annotations

import unicodedata
from functools import cache

UNSEEN = "\N{COMBINING GRAPHEME JOINER}\N{HANGUL FILLER}\N{HALFWIDTH HANGUL FILLER}"
SINGLE_QUOTES = "\u2018\u2019\u201a\u201b\u2032\u2039\u203a\u02bc\u00b4"
DOUBLE_QUOTES = "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\u301d\u301e\u301f"


@cache
def _plain_character(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cf" or char in UNSEEN or "VARIATION SELECTOR" in unicodedata.name(char, ""):
        return ""
    if category == "Pd" or char == "\N{MINUS SIGN}":
        return "-"
    if char in SINGLE_QUOTES:
        return "'"
    return '"' if char in DOUBLE_QUOTES else char


def folded(text: str) -> str:
    """Text in its plainest form: NFKC, nothing unseen, one kind of space, dash and quote. Case stays.

    Example:
        >>> folded("sci\N{SOFT HYPHEN}ence\N{NO-BREAK SPACE} and \N{LEFT DOUBLE QUOTATION MARK}fake\N{EN DASH}news")
        'science and "fake-news'
    """
    if not text.isascii():
        text = _plain_characters(unicodedata.normalize("NFKC", _plain_characters(text)))
    return " ".join(text.split())


def name_key(name: str) -> str:
    """What two names share that differ at most in case and in what `folded` evens out.

    Example:
        >>> name_key("Fake\N{NON-BREAKING HYPHEN}News ") == name_key("fake-news")
        True
    """
    plain = folded(name).casefold()
    return plain if plain.isascii() else unicodedata.normalize("NFKC", plain)


def is_blank(text: str) -> bool:
    """Whether a reader sees nothing: white space and unseen characters alone.

    Example:
        >>> is_blank("\N{ZERO WIDTH SPACE} \N{NO-BREAK SPACE}"), is_blank("-")
        (True, False)
    """
    return not folded(text)


def _plain_characters(text: str) -> str:
    """Each character in its plain form; a text has few different ones, so this is faster than one by one."""
    for char in set(text):
        if char > "\x7f" and (plain := _plain_character(char)) != char:
            text = text.replace(char, plain)
    return text
