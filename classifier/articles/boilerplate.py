"""Removes named boilerplate from texts, in the same way when a dataset is built and when a model predicts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from classifier.articles.article import Article
from classifier.errors import did_you_mean

NAMED = ("headers", "urls", "emails", "quotes", "signature")
WITH_TEXT = ("line", "text")
KNOWN = ", ".join([*NAMED, *(f"{name}:TEXT" for name in WITH_TEXT)])
IN_TITLES = ("urls", "emails", "text:")
SIGNATURE_LINES = 12

Remover = Callable[[str], str]

# Country codes that are words (it, is, in, no, so, to, us, me) count only after http:// or www.
_TOP = "com|org|net|edu|gov|mil|info|biz|news|blog|tv|ac|au|ca|ch|cz|de|dk|es|eu|fi|fr|ie|jp|nl|nz|pl|ru|se|uk|za"
_URL_MARK = re.compile(rf"[:.](?://|(?i:{_TOP})(?![\w-])|(?<=[wW]{{2}}\.))")
_URL = re.compile(
    r"(?<!\w)(?:(?:https?|ftp)://|www\.)[^\s<>\"“”]*[^\s<>\"“”.,;:!?'’)\]*]"
    rf"|(?<![\w@.-])(?:[\w-]+\.)+(?:{_TOP})(?![\w@-])(?:/(?:[^\s<>\"“”]*[^\s<>\"“”.,;:!?'’)\]*])?)?",
    re.IGNORECASE,
)
_EMAIL_MARK = re.compile("@")
_EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]+@[\w-]+(?:\.[\w-]+)*")
_UNBROKEN = re.compile(r"\S*")
_HEADER = re.compile(r"([A-Za-z]+(?:-[\w.]+)*):(?:[ \t].*)?")
_INDENTED = re.compile(r"[ \t].*")
_CUT_OFF = re.compile(r"\s*|[ \t]+\S+")  # before the first header: nothing, or the rest of a field cut off
_FAMILIAR = (
    "from to cc bcc subject date sender organization organisation lines newsgroups distribution keywords summary path "
    "references received title headline author byline source publisher published section language url"
)
_QUOTED = re.compile(r"[ \t]*[>|]")
_SAYS = re.compile(r".*\b(?:writes|wrote|says|said|schrieb|écrit)[ \t]*(?::|\.\.\.)[ \t\r]*")
_FOREWORD = re.compile(r"[ \t>|]*(?:In article|In message|From article|On )", re.IGNORECASE)
_DASHES = re.compile(r"^--([ \t]*)\r?$", re.MULTILINE)


def check_strip(entries: Sequence[str]) -> None:
    """Raise `ValueError` for entries that are not allowed in a strip list.

    Raises:
        ValueError: an entry is unknown or has no text; the message lists the known entries.

    Example:
        >>> check_strip(["headers", "urls", "line:Sign up for our newsletter*", "text:Fox News"])
    """
    problems = [problem for entry in entries if (problem := _problem(entry))]
    if problems:
        raise ValueError(f"{' '.join(problems)} Known: {KNOWN}")


def strip_text(text: str, entries: Sequence[str]) -> str:
    r"""The text without what the entries name; byte for byte the same where nothing matches.

    Stripping what has been stripped changes nothing. A text of boilerplate alone becomes "".

    Args:
        text: as read.
        entries: any of ``headers`` (a block of "Name: value" lines at the start), ``urls``, ``emails``, ``quotes``
            (lines that begin with ">" or "|", and the "X writes:" before them), ``signature`` (from a line "-- " to
            the end; from a bare "--" if at most 12 lines follow), ``line:TEXT`` (every line that equals TEXT, or
            begins with it if TEXT ends with ``*``), ``text:TEXT`` (the phrase, as whole words). Case and the number
            of spaces do not matter.

    Raises:
        ValueError: an entry is unknown.

    Example:
        >>> strip_text("From: a@b.org\nSubject: Bridges\n\nThe bridge is open.", ["headers"])
        'The bridge is open.'
    """
    removers = _removers(tuple(entries))
    changed = bool(removers)
    while changed:
        before = text
        for remove in removers:
            text = remove(text)
        changed = text != before
    return text


def strip_article(article: Article, entries: Sequence[str]) -> Article:
    """The article with text and title stripped; a title that becomes empty is None.

    In a title only ``urls``, ``emails`` and ``text:TEXT`` apply. If nothing matches, this is the same object.

    Raises:
        ValueError: an entry is unknown.
    """
    text, title = strip_text(article.text, entries), article.title
    if title:
        title = strip_text(title, [entry for entry in entries if entry.startswith(IN_TITLES)])
    if text == article.text and title == article.title:
        return article
    return replace(article, text=text, title=title if title and title.strip() else None)


def header_block(text: str) -> str:
    r"""The block of header lines that a text begins with, with the blank lines around it; "" if there is none.

    A block is two lines "Name: value" or more, names of letters and hyphens ("Article-I.D." too), with their
    continuation lines, up to a blank line or the first other line. One name at least is usual in headers ("From",
    "Subject") or has a hyphen ("Reply-To"): an interview ("Anna: Yes.") is no header. The rest of a field whose name
    was cut off, one indented word, may come first.

    Example:
        >>> header_block("From: a@b.org\nSubject: Bridges\n\nThe bridge is open.")
        'From: a@b.org\nSubject: Bridges\n\n'
    """
    fields, end, familiar = 0, 0, False
    for line, stop in _lines(text):
        if match := _HEADER.match(line):
            fields, familiar = fields + 1, familiar or "-" in match[1] or match[1].lower() in _FAMILIAR.split()
        elif (fields and not line.strip()) or not (_INDENTED if fields else _CUT_OFF).fullmatch(line):
            break
        end = stop
    if fields < 2 or not familiar:
        return ""
    for line, stop in _lines(text, end):
        if line.strip():
            break
        end = stop
    return text[:end]


def header_lines(block: str) -> tuple[str, ...]:
    """The lines of a header block, each with its continuation lines; spaces run together."""
    return tuple(" ".join(line.split()) for line in re.split(r"\n(?![ \t])", block) if line.strip())


def hosts(text: str) -> set[str]:
    """The hosts of the web and e-mail addresses in a text, bare ones among them; lower case, without "www.".

    Example:
        >>> sorted(hosts("See www.x.com/news (or sport.x.org), or write to desk@y.co.uk."))
        ['sport.x.org', 'x.com', 'y.co.uk']
    """
    urls, emails = _found(text, _URL_MARK, _URL), _found(text, _EMAIL_MARK, _EMAIL)
    names = [*(re.sub(r"^\w+://", "", url) for url in urls), *(email.split("@")[-1] for email in emails)]
    found = {re.split(r"[/?#:]", name)[0].casefold().removeprefix("www.") for name in names}
    return {host for host in found if "." in host}


def site(host: str) -> str:
    """The registered part of a host: without subdomains.

    Example:
        >>> site("sport.x.co.uk"), site("insider.x.com")
        ('x.co.uk', 'x.com')
    """
    parts = host.split(".")
    country = len(parts) > 2 and len(parts[-1]) == 2 and parts[-2] in ("co", "com", "org", "net", "ac", "gov", "edu")
    return ".".join(parts[-3:] if country else parts[-2:])


def _problem(entry: str) -> str:
    name, _, text = entry.partition(":")
    if entry in NAMED:
        return ""
    if name not in WITH_TEXT:
        return f"unknown: {entry!r}.{did_you_mean(name, [*NAMED, *WITH_TEXT])}"
    return "" if text.strip() else f"{entry!r} has no text: write '{name}:TEXT'."


@lru_cache(maxsize=64)
def _removers(entries: tuple[str, ...]) -> tuple[Remover, ...]:
    check_strip(entries)
    named: dict[str, Remover] = {
        "headers": lambda text: text[len(header_block(text)) :],
        "urls": lambda text: _without(text, _URL_MARK, _URL),
        "emails": lambda text: _without(text, _EMAIL_MARK, _EMAIL),
        "quotes": _without_quotes,
        "signature": _without_signature,
    }
    with_text = {"line": _line_remover, "text": _phrase_remover}
    return tuple(named.get(entry) or with_text[entry[:4]](entry[5:]) for entry in dict.fromkeys(entries))


def _without(text: str, mark: re.Pattern[str], address: re.Pattern[str]) -> str:
    parts, end = [], 0
    for start, stop in _pieces(text, mark):
        parts += [text[end:start], address.sub("", text[start:stop])]
        end = stop
    return "".join([*parts, text[end:]]) if parts else text


def _found(text: str, mark: re.Pattern[str], address: re.Pattern[str]) -> Iterator[str]:
    for start, stop in _pieces(text, mark):
        yield from address.findall(text[start:stop])


def _pieces(text: str, mark: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Start and end of each word that holds a mark. Addresses are searched for in these alone, since that is slow."""
    end = 0
    for match in mark.finditer(text):
        if match.start() >= end:
            start = 1 + max(text.rfind(space, end, match.start()) for space in " \n\t")
            start = start or end
            end = _UNBROKEN.match(text, match.start()).end()  # type: ignore[union-attr]
            yield start, end


def _without_quotes(text: str) -> str:
    if ">" not in text and "|" not in text:
        return text
    lines = text.split("\n")
    quoted = {number for number, line in enumerate(lines) if _QUOTED.match(line)}
    gone = quoted.union(*(_attribution(lines, number) for number in quoted))
    return "\n".join(line for number, line in enumerate(lines) if number not in gone)


def _attribution(lines: Sequence[str], quoted: int) -> set[int]:
    """The lines "In article <…>" and "X writes:" before a quoted line, one blank line between them allowed."""
    last = quoted - 1
    if last > 0 and not lines[last].strip():
        last -= 1
    if last < 0 or not _SAYS.fullmatch(lines[last]):
        return set()
    return {last - 1, last} if last and _FOREWORD.match(lines[last - 1]) else {last}


def _without_signature(text: str) -> str:
    if "--" not in text:
        return text
    end, bare = len(text), []
    for match in _DASHES.finditer(text):
        if match[1]:
            end = match.start()
            break
        bare.append(match)
    for match in reversed(bare):
        if sum(bool(line.strip()) for line in text[match.end() : end].split("\n")) > SIGNATURE_LINES:
            break
        end = match.start()
    return text[:end]


def _line_remover(wanted: str) -> Remover:
    folded = _folded(wanted)
    start = folded.rstrip("*").rstrip() if folded.endswith("*") else ""
    first = (start or folded).split(" ")[0]

    def remove(text: str) -> str:
        if first not in text.casefold():
            return text
        lines = text.split("\n")
        kept = [line for line in lines if not (_folded(line).startswith(start) if start else _folded(line) == folded)]
        return text if len(kept) == len(lines) else "\n".join(kept)

    return remove


def _phrase_remover(phrase: str) -> Remover:
    phrase = phrase.strip()
    spaced = r"\s+".join(re.escape(word) for word in phrase.split())
    before, after = (r"(?<!\w)" if phrase[0].isalnum() else ""), (r"(?!\w)" if phrase[-1].isalnum() else "")
    quick = re.compile(spaced, re.IGNORECASE)
    whole = re.compile(f"{before}{spaced}{after}[ \\t]*", re.IGNORECASE)
    return lambda text: whole.sub("", text) if quick.search(text) else text


def _folded(line: str) -> str:
    return " ".join(line.casefold().split())


def _lines(text: str, start: int = 0) -> Iterator[tuple[str, int]]:
    """Each line from ``start`` on, without its line break, and where the next line begins."""
    while start < len(text):
        stop = text.find("\n", start)
        stop = len(text) if stop < 0 else stop
        yield text[start:stop].rstrip("\r"), min(stop + 1, len(text))
        start = stop + 1
