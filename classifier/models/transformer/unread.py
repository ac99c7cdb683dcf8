"""How much of some texts a tokenizer cannot read: letters that are unknown to it, or that it knows one by one.

An encoder that was trained on English alone has words for English, and for Thai or Arabic at best single letters or
bytes. It gives vectors for them all the same, which say little about what the texts mean.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from classifier.models.transformer.third_party import foreign_errors

LONGEST = 1_000  # characters of each text that are looked at
NAMES = {"CJK": "Chinese"}
SYLLABLES = {"CJK", "HANGUL", "HIRAGANA", "KATAKANA", "YI", "ETHIOPIC"}  # one character says as much as several letters


@dataclass(frozen=True)
class Unread:
    """What a tokenizer makes of the letters of some texts.

    Attributes:
        letters: how many there are.
        unread: how many of them are unknown to it, or known only one by one or as bytes.
        scripts: script -> how many of the unread letters it has, such as ``THAI``.
    """

    letters: int = 0
    unread: int = 0
    scripts: Counter[str] = field(default_factory=Counter)

    @property
    def share(self) -> float:
        """Share of the letters that it does not read, from 0 to 1."""
        return self.unread / max(1, self.letters)

    @property
    def script(self) -> str:
        """The script of most of the unread letters, such as ``Thai``; empty where all are read."""
        most = self.scripts.most_common(1)[0][0] if self.scripts else ""
        return NAMES.get(most, most.capitalize())


def count_unread(tokenizer: Any, texts: Iterable[str]) -> Unread:
    """Count the letters that a fast tokenizer does not read.

    Args:
        tokenizer: of an encoder.
        texts: the beginning of each is looked at.
    """
    letters = unread = 0
    scripts: Counter[str] = Counter()
    for text in (text[:LONGEST] for text in texts):
        with foreign_errors("The tokenizer cannot read a text", fix="Give another encoder."):
            encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        spans, unknown = encoded["offset_mapping"], tokenizer.unk_token_id
        pieces = Counter(spans)
        read = [False] * len(text)
        for span, number in zip(spans, encoded["input_ids"], strict=True):
            if number != unknown and pieces[span] == 1 and _says_something(text[slice(*span)]):
                read[slice(*span)] = [True] * (span[1] - span[0])
        for char, known in zip(text, read, strict=True):
            if char.isalpha():
                letters += 1
                if not known:
                    unread += 1
                    scripts[script_of(char)] += 1
    return Unread(letters, unread, scripts)


def script_of(letter: str) -> str:
    """The script of a letter, as Unicode names it.

    Example:
        >>> script_of("a"), script_of("ب"), script_of("新")
        ('LATIN', 'ARABIC', 'CJK')
    """
    return unicodedata.name(letter, "UNNAMED").split()[0]


def _says_something(piece: str) -> bool:
    """Whether a piece of a text that is one token is more than a single letter; single Latin ones can be words."""
    letters = [char for char in piece if char.isalpha()]
    return len(letters) != 1 or letters[0].isascii() or script_of(letters[0]) in SYLLABLES | {"LATIN"}
