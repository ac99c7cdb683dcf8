"""The bare text of an article, for comparison alone: what a reader sees of it, however a program has written it.

Markup, HTML entities, words that are divided at the end of a line, and UTF-8 that was read as cp1252 or latin-1 are
evened out, beside what `folded` evens out. The articles themselves stay as they are.
"""

from __future__ import annotations

import codecs
import html
import re
import unicodedata

from classifier.articles.folding import plain_characters

INLINE = (
    "a|abbr|acronym|b|bdi|bdo|big|cite|code|del|dfn|em|font|i|ins|kbd|mark|q|s|samp|small|span|strike|strong|sub|sup|"
    "tt|u|var|wbr"
)
UNREAD = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
WITHIN_WORDS = re.compile(rf"</?(?:{INLINE})(?:\s[^<>]*)?/?>", re.IGNORECASE)
TAG = re.compile(r"</?[a-z][^<>]*>|<![a-z][^<>]*>", re.IGNORECASE)
DIVIDED = re.compile(r"(?<=[^\W\d_])[-\N{SOFT HYPHEN}\N{HYPHEN}]\r?\n\s*(?=[^\W\d_A-Z])")
NOT_ASCII = re.compile("[^\0-\x7f].", re.DOTALL)
NO_BREAK_GONE = re.compile(r"([ÂÃ]) (?=([,.)]?))")  # the second byte was a no-break space; spaces are evened out since
LEADING, FOLLOWING = range(0xC2, 0xF5), range(0x80, 0xC0)  # bytes of characters in UTF-8, beside ASCII
IN_CP1252 = {ord(bytes([byte]).decode("cp1252", "replace")): byte for byte in range(256)}  # byte 9d is often a U+FFFD
WRONGLY_READ = {**{byte: byte for byte in range(256)}, **IN_CP1252}
LEAST_MISREAD = 2  # characters too many in a text that was misread beyond doubt: "É»" alone may be meant
SHOWN_BEFORE = 20  # characters


def bare_text(text: str) -> str:
    r"""What a reader sees of a text, in lower case, with one space between words.

    Example:
        >>> bare_text("<p>The com-\nmittee&nbsp;<b>vot</b>ed&hellip;</p>"), bare_text("Le dÃ©bat"), bare_text("a < b")
        ('the committee voted...', 'le débat', 'a < b')
    """
    if "&" in text:
        text = _without_entities(text)
    if "<" in text:
        text = TAG.sub(" ", WITHIN_WORDS.sub("", UNREAD.sub(" ", text)))
    if "\n" in text and _ends_within_word(text):
        text = DIVIDED.sub("", text)
    if text.isascii():
        return " ".join(text.lower().split())
    return " ".join(unicodedata.normalize("NFKC", plain_characters(rightly_read(text)).casefold()).split())


def misread_part(text: str) -> str:
    """The first letters of a text that are UTF-8 read as another encoding, with what stands before; else nothing.

    Example:
        >>> misread_part("Le dÃ©bat Ã  NoÃ«l"), misread_part("Le débat à Noël")
        ('Le dÃ©', '')
    """
    if text.isascii() or len(text) - len(rightly_read(text)) < LEAST_MISREAD:
        return ""
    found = NOT_ASCII.search(text)
    assert found is not None
    return text[max(0, found.start() - SHOWN_BEFORE) : found.end()].split("\n")[-1].lstrip()


def _ends_within_word(text: str) -> bool:
    """Whether some line may end within a word; this search is quicker than that for the places."""
    return "-\n" in text or ("\r" in text and "-\r\n" in text) or "\N{SOFT HYPHEN}" in text or "\N{HYPHEN}" in text


def _without_entities(text: str) -> str:
    """Characters instead of entities, also where a program has escaped them twice."""
    plain = html.unescape(text)
    return html.unescape(plain) if "&" in plain and plain != text else plain


def rightly_read(text: str) -> str:
    """The text before its UTF-8 was read as cp1252 or latin-1; unchanged unless all of it was read so.

    Example:
        >>> rightly_read("dÃ©bat"), rightly_read("débat"), rightly_read("débat, dÃ©bat")
        ('débat', 'débat', 'débat, dÃ©bat')
    """
    first = NOT_ASCII.search(text)
    lead, next_one = (WRONGLY_READ.get(ord(char), 0) for char in first[0]) if first else (0, 0)
    if lead not in LEADING or next_one not in FOLLOWING:
        return text
    try:
        whole = NO_BREAK_GONE.sub(lambda found: f"{found[1]}\N{NO-BREAK SPACE}{'' if found[2] else ' '}", text)
        return codecs.charmap_encode(whole, "strict", WRONGLY_READ)[0].decode()
    except UnicodeError:
        return text
