"""When two values of a column name the same source, or the same other group."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable

from classifier.articles.folding import name_key

SITE = re.compile(r"(?:https?://)?(?:www\.)?([^\s/@]+\.[^\s/@.]{2,})/*")


def source_key(name: str) -> str:
    """What the spellings of one source share: those of `name_key`, and those of a site's address.

    Example:
        >>> source_key("https://www.Site.example/") == source_key("site.example"), source_key("www.a.example/news")
        (True, 'www.a.example/news')
    """
    key = name_key(name)
    site = SITE.fullmatch(key)
    return site[1] if site else key


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
