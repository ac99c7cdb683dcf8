"""One folding of text: what looks the same to a reader is the same to duplicates, groups, labels and columns.

Files of different programs write the same word in different ways: letters composed (é) or decomposed (e and an
accent), full-width letters, no-break spaces, soft hyphens and other characters that nobody sees, typographic quotes
and dashes. Source of the form: Unicode Standard Annex 15 (NFKC) and section 3.13 (caseless matching).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

UNSEEN = "\N{COMBINING GRAPHEME JOINER}\N{HANGUL FILLER}\N{HALFWIDTH HANGUL FILLER}"
SINGLE_QUOTES = "\u2018\u2019\u201a\u201b\u2032\u2039\u203a\u02bc\u00b4"
DOUBLE_QUOTES = "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\u301d\u301e\u301f"
BEGINNING = 100  # characters of a text that mostly show already that it is not blank
BASIC_PLANE = range(0x80, 0x10000)
TAGS_AND_VARIANTS = "\U000e0001-\U000e01ef"  # the characters beyond the basic plane that nobody sees


def _plain_form(char: str) -> str:
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
    return " ".join(plain_characters(text).split())


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
    if text[:1].isascii() and text[:1].isalnum():  # as most texts begin
        return False
    return not folded(text[:BEGINNING]) and not folded(text)


def has_words(text: str) -> bool:
    """Whether a text holds a letter, a digit or a symbol such as an emoji, and not punctuation alone.

    Example:
        >>> has_words("... --- ???"), has_words("So ..."), has_words("\N{GRINNING FACE}")
        (False, True, True)
    """
    return text[:1].isalnum() or any(char.isalnum() or unicodedata.category(char).startswith("S") for char in text)


def visible(name: str) -> str:
    r"""A name for a message, with escapes for what a reader would not see or not tell from other characters.

    Example:
        >>> print(visible("satire\N{ZERO WIDTH SPACE}"), visible("caf\u00e9"), visible("cafe\u0301"))
        satire\u200b café cafe\u0301
    """
    decomposed = unicodedata.normalize("NFC", name) != name
    return "".join(
        ascii(char)[1:-1] if _is_unclear(char) or (decomposed and unicodedata.combining(char)) else char
        for char in name
    )


def _is_unclear(char: str) -> bool:
    return char > "\x7f" and (char.isspace() or _plain_form(char) in ("", "-"))


def plain_characters(text: str) -> str:
    """What `folded` makes of a text, with the white space as it was.

    Example:
        >>> plain_characters("\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}Je\u2028")
        '"Je\u2028'
    """
    if text.isascii():
        return text
    plain = _replaced(text)
    composed = unicodedata.normalize("NFKC", plain)
    return plain if composed == plain else _replaced(composed)


def _replaced(text: str) -> str:
    """Each special character in its plain form; a text has few different ones, so one is replaced after the other."""
    for char in set(_special().findall(text)):
        text = text.replace(char, _plain_form(char))
    return text


@cache
def _special() -> re.Pattern[str]:
    """Finds the characters that have another plain form; their category or name tells, so Unicode is searched once."""
    special = "".join(char for char in map(chr, BASIC_PLANE) if _plain_form(char) != char)
    return re.compile(f"[{re.escape(special)}{TAGS_AND_VARIANTS}]")
