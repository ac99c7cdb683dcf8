"""When two values of a column name the same source, or the same other group; and when they may name one."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from classifier.articles.bare_text import rightly_read
from classifier.articles.folding import name_key

SITE = re.compile(r"(?:https?://)?(?:www\.)?([^\s/@]+\.[^\s/@.]{2,})/*")
ARTICLE = re.compile(r"^(?:the|der|die|das|le|la|les|el|los|las|il|lo|o|a) +")
MARKS = re.compile(r"[^\w]+|_")
SECOND = frozenset({"co", "com", "org", "net", "gov", "ac", "edu", "gob", "gouv"})  # before a country: site.co.uk
SUBDOMAINS = ("www", "m", "amp", "mobile", "edition")


def source_key(name: str) -> str:
    """What the spellings of one source share: those of `name_key`, a site's address, and UTF-8 read as cp1252.

    Example:
        >>> source_key("https://www.Site.example/") == source_key("site.example"), source_key("www.a.example/news")
        (True, 'www.a.example/news')
        >>> source_key("LibÃ©ration") == source_key("Libération")
        True
    """
    key = name_key(rightly_read(name))
    site = SITE.fullmatch(key)
    return site[1] if site else key


@dataclass
class Spellings:
    """One spelling for each name: the one that was seen first.

    Example:
        >>> spelt = Spellings()
        >>> [spelt.of(name) for name in ("www.post.example", "AP", "Post.example", "ap ")]
        ['www.post.example', 'AP', 'www.post.example', 'AP']
    """

    first: dict[str, str] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)

    def of(self, name: str) -> str:
        """The spelling of a name."""
        found = self.known.get(name)
        if found is None:
            found = self.known[name] = self.first.setdefault(source_key(name), name)
        return found


def spelt_alike(values: Sequence[str | None]) -> list[str | None]:
    """The values of a column, each in the spelling of its name that is the most frequent.

    Example:
        >>> spelt_alike(["bbc", "BBC", None, "BBC", "AP"])
        ['BBC', 'BBC', None, 'BBC', 'AP']
    """
    spelt = Spellings()
    for name, _ in Counter(value for value in values if value is not None).most_common():
        spelt.of(name)
    return [None if value is None else spelt.of(value) for value in values]


def several_spellings(found: Iterable[str]) -> list[list[str]]:
    """The spellings of each source that has several, the most frequent first.

    Example:
        >>> several_spellings(["BBC", "AP", "bbc", "BBC"])
        [['BBC', 'bbc']]
    """
    spellings: defaultdict[str, list[str]] = defaultdict(list)
    for name, _ in Counter(found).most_common():
        spellings[source_key(name)].append(name)
    return [names for names in spellings.values() if len(names) > 1]


def near_names(found: Iterable[str]) -> list[list[str]]:
    """Names that may be those of one source, though no rule is sure of it; of each one spelling, the frequent first.

    They differ by an article (The Post, Post), by marks (Daily-Post, Daily Post), by the ending of a site (Post,
    post.example) or by a part of the site that is meant for telephones (m.post.example).

    Example:
        >>> near_names(["Post", "The Post", "www.post.example", "post.example", "Post", "AP"])
        [['Post', 'The Post', 'www.post.example']]
    """
    spelt = Spellings()
    names = list(dict.fromkeys(spelt.of(name) for name, _ in Counter(found).most_common()))
    parent = list(range(len(names)))
    first: dict[str, int] = {}  # key -> the first name that has it
    for number, name in enumerate(names):
        for key in _bare_keys(source_key(name)):
            one, other = _root(parent, number), _root(parent, first.setdefault(key, number))
            parent[max(one, other)] = min(one, other)
    groups: defaultdict[int, list[str]] = defaultdict(list)
    for number, name in enumerate(names):
        groups[_root(parent, number)].append(name)
    return [group for group in groups.values() if len(group) > 1]


def _root(parent: list[int], number: int) -> int:
    """The first name of a group: that to which all of its names lead."""
    while parent[number] != number:
        parent[number] = parent[parent[number]]
        number = parent[number]
    return number


def _bare_keys(key: str) -> set[str]:
    """A name without its marks, with and without its article; of a site, without what stands around its name."""
    site = SITE.fullmatch(key)
    if site:
        parts = [part for part in site[1].split(".") if part]
        while len(parts) > 2 and parts[0] in SUBDOMAINS:
            parts = parts[1:]
        parts = parts[:-1]
        if len(parts) > 1 and parts[-1] in SECOND:
            parts = parts[:-1]
        key = ".".join(parts)
    return {MARKS.sub("", name) or name for name in (key, ARTICLE.sub("", key))}
