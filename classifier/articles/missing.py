"""Words that stand for a missing value, such as the ``nan`` that pandas writes into an empty cell.

`data.missing` names them; among its words, ``usual`` stands for all that count where it is left out. Three of the usual
words still name a class: ``none`` is a stance in SemEval and its successors, and ``-`` and ``?`` are answers of some
annotators. They are missing in every other column.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from classifier.articles.folding import name_key
from classifier.articles.plain_values import is_missing
from classifier.errors import shell_word

USUAL = "usual"  # in `data.missing`: all words that count where it is left out
CLASSES = ("none", "-", "?")  # which can be the name of a class
WORDS = (
    *("nan", "nat", "na", "<na>", "n/a", "n.a.", "null", "(null)", "nil", "undefined", "\\n"),  # of programs
    *("#n/a", "#na", "#null!", "#value!", "#ref!", "#name?", "#div/0!", "#num!"),  # of spreadsheets
    *CLASSES,
)
SPARE = 40  # characters by which a cell that is compared with the words may be longer than any, as by white space
ASCII = frozenset(map(chr, range(0x80)))


@dataclass(frozen=True, slots=True)
class MissingWords:
    """The words that stand for a missing value, as `name_key` has them.

    Attributes:
        anywhere: in ids, texts, titles, targets, dates, groups and splits.
        in_labels: in labels and in the votes of annotators.
        given: the words as `data.missing` names them.
        no_beginnings: characters with which no cell begins that holds one of the words.
        longest: characters of a cell that may hold one of the words.

    Example:
        >>> words = missing_words(None)
        >>> words.mean("NaN"), words.mean("None"), words.mean("None", label=True), words.mean("satire")
        (True, True, False, False)
    """

    anywhere: frozenset[str]
    in_labels: frozenset[str]
    given: tuple[str, ...] = field(default=(), compare=False)
    no_beginnings: frozenset[str] = field(init=False, repr=False, compare=False)
    longest: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        first = {unicodedata.normalize("NFD", word)[:1] for word in self.anywhere | self.in_labels}
        unlike = {char for char in ASCII if not char.isspace() and char.lower() not in first}
        object.__setattr__(self, "no_beginnings", frozenset(unlike))
        object.__setattr__(self, "longest", SPARE + max(map(len, self.anywhere | self.in_labels), default=0))

    def mean(self, value: Any, *, label: bool = False) -> bool:
        """Whether a cell holds one of the words alone."""
        if not isinstance(value, str):
            if type(value) is not int:
                return False
            value = str(value)
        if value[:1] in self.no_beginnings or len(value) > self.longest:
            return False
        words = self.in_labels if label else self.anywhere
        if value.isascii():  # as `name_key` has it, but quicker: every cell comes here
            return " ".join(value.split()).lower() in words
        return name_key(value) in words

    def may_mean(self, value: Any) -> bool:
        """Whether a label is one of the words that stand for a missing value everywhere else."""
        return self.mean(value) and not self.mean(value, label=True)

    def lack(self, value: Any) -> bool:
        """Whether a cell holds no value: None, not-a-number, white space or one of the words."""
        return is_missing(value) or (isinstance(value, str) and (not value.strip() or self.mean(value)))

    def with_more(self, words: Iterable[str]) -> str:
        """The option that makes further words count beside those that count already.

        Example:
            >>> print(missing_words(None).with_more(["-", "?"]))
            --set 'data.missing=["usual", "-", "?"]'
        """
        named = json.dumps([*dict.fromkeys((*self.given, *words))], ensure_ascii=False)
        return f"--set {shell_word(f'data.missing={named}')}"


def missing_words(given: Sequence[str] | None) -> MissingWords:
    """The words of a setting; None = the usual ones.

    Example:
        >>> missing_words(["unknown"]).mean("Unknown", label=True), missing_words([]).mean("nan")
        (True, False)
        >>> more = missing_words(["usual", "-"])
        >>> more.mean("nan", label=True), more.mean("-", label=True), more.mean("none", label=True)
        (True, True, False)
    """
    given = (USUAL,) if given is None else tuple(given)
    named = frozenset(map(name_key, given)) - {""}
    if USUAL not in named:
        return MissingWords(named, named, given)
    named -= {USUAL}
    usual = frozenset(map(name_key, WORDS))
    return MissingWords(named | usual, named | (usual - {*CLASSES}), given)
