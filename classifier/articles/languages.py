"""The language of an article: by its column, else guessed from its text where that is sure.

Guesses are those of py3langid (Lui and Baldwin, 2012, https://aclanthology.org/P12-3005), in a millisecond each.
English that is plain, by its commonest words, needs none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

from classifier.articles.article import Article, input_text
from classifier.articles.language_names import counts_as, language_code, language_name

LONGEST = 2_000  # characters of a text that are looked at
FEWEST_BYTES = 50  # of the letters of a text in UTF-8, below which no guess is sure: 50 Latin letters, 17 Chinese ones
SURE = 0.9  # probability from which a guess is
KEPT_TEXTS = 20  # of a language, for those who look closer
KEPT_GUESSES = 1_024  # a training asks for the languages of the same few hundred articles several times
PLAIN_WORDS, PLAIN_SHARE = 20, 0.22  # a text with so many words is English where this share of them are the commonest
ENGLISH = "en"
NO_LANGUAGE = "zxx"  # the code of what is no text in a language, such as an encoded picture
COMMONEST = """
the of and to in a is that for it was on with as by at this be are from have not or an but they his
he which had were their has will you we i if would there been one all who when about can so what
more no out up said than into them its she her my do did
"""
PLAIN = frozenset(COMMONEST.split())
WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class Guess:
    """The language that a text is probably in.

    Attributes:
        code: of ISO 639.
        sure: whether the guess is to be relied on.
    """

    code: str
    sure: bool


def guess_language(text: str) -> Guess:
    """Guess the language of a text by its beginning.

    Example:
        >>> guess_language("Der Stadtrat hat am Dienstag beschlossen, die alte Brücke über den Fluss zu sperren.")
        Guess(code='de', sure=True)
        >>> guess_language("Die!").sure
        False
    """
    return _guess(text[:LONGEST])


@lru_cache(maxsize=KEPT_GUESSES)
def _guess(text: str) -> Guess:
    words = WORD.findall(text.lower())
    if len(words) >= PLAIN_WORDS and sum(word in PLAIN for word in words) >= PLAIN_SHARE * len(words):
        return Guess(ENGLISH, True)
    first, *others = _identifier().rank(text)
    language = counts_as(first[0])
    same = sum(share for code, share in others if counts_as(code) == language)
    enough = len("".join(words).encode("utf-8", "replace")) >= FEWEST_BYTES
    return Guess(first[0], bool(enough and first[0] != NO_LANGUAGE and first[1] + same >= SURE))


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def language_of(article: Article) -> str | None:
    """The language of an article: by its column, else guessed; None where it is not sure.

    Example:
        >>> language_of(Article("a", "Kurz.", language="German")), language_of(Article("b", "Kurz."))
        ('de', None)
    """
    given = language_code(article.language)
    if given is not None:
        return given
    guess = guess_language(input_text(article))
    return counts_as(guess.code) if guess.sure else None


@dataclass
class LanguageCounts:
    """The languages of some articles.

    Attributes:
        articles: how many were looked at.
        counts: language -> how many of them are in it; those of which it is not sure are in none.
        examples: language -> the place of the first article in it.
        texts: language -> the first texts in it.
    """

    articles: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)

    def add(self, article: Article) -> None:
        """Count an article."""
        self.articles += 1
        code = language_of(article)
        if code is None:
            return
        code = counts_as(code)
        self.counts[code] += 1
        self.examples.setdefault(code, article.where or article.id)
        if self.counts[code] <= KEPT_TEXTS:
            self.texts.setdefault(code, []).append(input_text(article)[:LONGEST])

    def share(self, codes: Iterable[str]) -> float:
        """The share of the articles that are in any of these languages."""
        return sum(self.counts[code] for code in set(codes)) / max(1, self.articles)


def count_languages(articles: Iterable[Article]) -> LanguageCounts:
    """Count the languages of articles.

    Example:
        >>> count_languages([Article("a", "Une", language="fr"), Article("b", "?")]).counts
        Counter({'fr': 1})
    """
    found = LanguageCounts()
    for article in articles:
        found.add(article)
    return found


def shares_in_words(found: LanguageCounts, codes: Sequence[str], most: int = 4) -> str:
    """How much of the articles is in each of some languages, with a place.

    Example:
        >>> found = LanguageCounts(50, Counter(fr=10, de=15), {"fr": "a.csv:7", "de": "a.csv:9"})
        >>> print(shares_in_words(found, ["fr", "de"]))
        German 30% (such as a.csv:9), French 20% (such as a.csv:7)
    """
    largest = sorted(codes, key=lambda code: (-found.counts[code], code))
    shown = [
        f"{language_name(code)} {found.counts[code] / max(1, found.articles):.0%} (such as {found.examples[code]})"
        for code in largest[:most]
    ]
    return ", ".join([*shown, *([f"{len(codes) - most} more"] if len(codes) > most else [])])


def languages_in_words(codes: Iterable[str], counts: Mapping[str, int] | None = None) -> str:
    """Names of languages, or how many articles are in each, the most frequent first.

    Example:
        >>> languages_in_words(["fr", "en"]), languages_in_words(["fr", "en"], {"en": 2, "fr": 1})
        ('French and English', 'English 2, French 1')
    """
    if counts is not None:
        return ", ".join(f"{language_name(c)} {counts[c]:,}" for c in sorted(codes, key=lambda c: (-counts[c], c)))
    *first, last = [language_name(code) for code in codes]
    return f"{', '.join(first)} and {last}" if first else last
