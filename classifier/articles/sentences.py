"""Finds where the sentences of a text begin and end, by rules for many scripts; no character is lost.

A sentence ends after ``. ! ? …`` (and such marks of other scripts) with the quotes and brackets that close there, if
white space follows and what comes next does not begin in lower case; never after an abbreviation, an initial, or an
ordinal before a month. The marks of scripts that are written without spaces (``。！？``) need none after them. A blank
line always ends a sentence, and so does a line break before an item of a list. What is still longer than 600
characters, such as a transcript without full stops, is cut at its last line break, comma or space before that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

LONGEST = 600  # characters
WORD = 40  # characters before a full stop that tell whether an abbreviation ends there
Span = tuple[int, int]

_ENGLISH = (
    "mr mrs ms dr prof rev hon gen col maj capt cmdr lt sgt sen rep gov pres sr jr st mt ft vs ed eds inc corp co ltd "
    "dept univ assn bros approx est e.g i.e cf etc al viz jan feb mar apr jun jul aug sep sept oct nov dec a.m p.m u.s "
    "u.k u.n d.c"
)
_OTHERS = (  # German, French, Italian, Spanish, Polish, Russian
    "z.b d.h u.a bzw ca hr fr str usw vgl abs bd jh mio mrd m mm mme mlle sig sig.ra dott sra dra ud uds tzw np ul "
    "г гг им т.е т.д т.п др ул стр"
)
_NUMBERED = "no nos nr vol fig pp p art sect núm"
_MONTHS = (
    "jan feb mar mär maj mai apr avr jun jui jul aug ago agos sep oct okt ott out nov dec dez dic déc gen ene "
    "sty lut kwi cze lip sie wrz paź lis gru янв фев мар апр мая июн июл авг сен окт ноя дек"
)
ABBREVIATIONS = frozenset([*_ENGLISH.split(), *_OTHERS.split()])
BEFORE_NUMBERS = frozenset(_NUMBERED.split())
MONTHS = tuple(_MONTHS.split())
_CLOSING = "\"'”’»“‘)\\]}›」』）】"
_END = re.compile(
    rf"[.!?…؟۔।॥։።‽]+[{_CLOSING}]*(?=\s)"  # with a space after it
    rf"|[。！？｡][。！？｡{_CLOSING}]*"  # with none
    r"|\n[ \t\r]*(?=\n)"  # a blank line
    r"|\n(?=[ \t]*(?:[-*•–—·▪]|\d{1,3}[.)])[ \t])"  # an item of a list
)
_SPACE = re.compile(r"\s*")
_LAST_WORD = re.compile(r"[^\s(\[\"'“‘„«]+$")


def sentence_spans(text: str) -> list[Span]:
    """Start and end of each sentence, with the white space after it.

    Args:
        text: any text.

    Returns:
        Spans in order, in characters, that cover the text without a gap; none for a text of nothing but white space.

    Example:
        >>> sentence_spans('"Stop!" said Mr. Hob. Nobody did.')
        [(0, 22), (22, 33)]
    """
    if not text.strip():
        return []
    edges = [0, *_ends(text), len(text)]
    return [piece for start, end in pairwise(edges) for piece in _cut(text, start, end)]


def trimmed(text: str, span: Span) -> Span:
    """A span without the white space around it.

    Example:
        >>> trimmed("One. Two. ", (5, 10))
        (5, 9)
    """
    piece = text[slice(*span)]
    start = span[0] + len(piece) - len(piece.lstrip())
    return start, start + len(piece.strip())


def _ends(text: str) -> Iterator[int]:
    """Where a sentence begins after another: all but the first and the last edge."""
    last = len(text) - len(text.lstrip())
    for found in _END.finditer(text):
        end = _SPACE.match(text, found.end()).end()  # type: ignore[union-attr]  # it matches everywhere
        if last < end < len(text) and text[last:end].strip() and _is_end(text, found, end):
            last = end
            yield end


def _is_end(text: str, found: re.Match[str], following: int) -> bool:
    mark = found.group()
    if mark.startswith(("\n", *"。！？｡")) or "\n\n" in text[found.end() : following].replace("\r", ""):
        return True
    after = (
        text[following:].lstrip("\"'“‘„«(")[:12] if text[following] in "\"'“‘„«(" else text[following : following + 12]
    )
    if after[:1].islower():
        return False
    word = _LAST_WORD.search(text, max(0, found.start() - WORD), found.start())
    return mark != "." or word is None or not _is_abbreviated(word.group(), after)


def _is_abbreviated(word: str, after: str) -> bool:
    """Whether the full stop after a word belongs to the word."""
    if word.isdigit() and len(word) <= 2:
        return after.casefold().startswith(MONTHS)
    if word.casefold() in BEFORE_NUMBERS:
        return after[:1].isdigit()
    return (len(word) == 1 and word.isupper()) or word.casefold() in ABBREVIATIONS


def _cut(text: str, start: int, end: int) -> Iterator[Span]:
    """A span, or pieces of at most 600 characters of it."""
    while end - start > LONGEST:
        at = next((p for p in (text.rfind(mark, start + 1, start + LONGEST) for mark in "\n;,، ") if p > start), 0)
        stop = _SPACE.match(text, at + 1 if at else start + LONGEST).end()  # type: ignore[union-attr]
        if stop >= end:
            break
        yield start, stop
        start = stop
    yield start, end
