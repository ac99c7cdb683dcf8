"""Named boilerplate goes, everything else stays byte for byte, and a second pass changes nothing."""

import gzip
import json
import random
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from classifier.articles.article import Article
from classifier.articles.boilerplate import check_strip, header_block, hosts, site, strip_article, strip_text

DATA = Path(__file__).parent.parent.parent.parent / "shared" / "data"
NAMED = ["headers", "urls", "emails", "quotes", "signature"]
EVERY = [*NAMED, "line:Sign up for our newsletter", "line:Posted by*", "text:Fox News"]
NEWS = "The council met on Tuesday: “no decision”, it said.\n\nIt meets again at 3 p.m. -- or never.\n"
USENET = """From: a@b.org (Ann Bell)
Subject: Re: Bridges
Organization: Bell and Sons,
 Portmere
Lines: 9
NNTP-Posting-Host: x.b.org

In article <12@c.org>, Cai <cai@c.org> writes:
> The bridge is shut.
>> Is it?

It is open.
--\x20
Ann
"""


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (
            "header",
            "unknown: 'header'. Did you mean 'headers'? Known: headers, urls, emails, quotes, signature, line:TEXT",
        ),
        ("lines:Share", "unknown: 'lines:Share'. Did you mean 'line'?"),
        ("html", "unknown: 'html'. Known:"),
        ("line", "'line' has no text: write 'line:TEXT'."),
        ("text:  ", "'text:  ' has no text: write 'text:TEXT'."),
        ("Headers", "unknown: 'Headers'. Did you mean 'headers'?"),
        ("", "unknown: ''. Known:"),
    ],
)
def test_an_unknown_entry_is_refused(entry: str, said: str) -> None:
    for call in (lambda: check_strip([entry]), lambda: strip_text(NEWS, ["urls", entry])):
        with pytest.raises(ValueError) as error:
            call()
        assert said in str(error.value)


def test_every_unknown_entry_is_named_at_once() -> None:
    with pytest.raises(ValueError, match=r"'a'.*'b'.*Known"):
        check_strip(["a", "urls", "b"])


def test_every_entry_is_known() -> None:
    check_strip(EVERY)
    check_strip([])


@pytest.mark.parametrize("entry", EVERY)
@pytest.mark.parametrize(
    "text",
    [
        NEWS,
        NEWS.replace("\n", "\r\n"),
        "",
        " \n ",
        "No end",
        "a\x0bb\u2028c\x85d\n\n\n",
        "e.g. this.That said.It",
        "x@ y",
        "A > B | C",
        "--",
        "a -- b",
        "Photo:  Ann\nbody",
        "Foxy News",
        "Sign up for our newsletter today",
        "\u00a0nbsp\u00a0",
        "3:2 // 4",
        "www.",
        "http://",
        "@home",
    ],
)
def test_a_text_without_a_match_stays_as_it_is(entry: str, text: str) -> None:
    expected = "" if (entry, text) == ("signature", "--") else text
    assert strip_text(text, [entry]) == expected


def test_no_entries_change_nothing() -> None:
    assert strip_text(USENET, []) == USENET


def test_headers_go_with_continuations_and_the_blank_line() -> None:
    body = USENET.split("\n\n", 1)[1]
    assert strip_text(USENET, ["headers"]) == body
    assert strip_text("\n\n" + USENET.replace("\n", "\r\n"), ["headers"]) == body.replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Subject: a\nDate: b\nbody", "body"),
        ("Subject: a\nDate: b\n\n\n  \n  body", "  body"),
        ("Keywords:\nLines: 3\n\nbody", "body"),
        ("From: a\nArticle-I.D.: x.1\nLines: 3\n\nbody", "body"),
        ("From: a\nTo: b\n\nArchive-name: c\nLast-modified: d\n\nbody", "body"),  # a second block below the first
        (" uunet!sgi!x\nSubject: a\nFrom: b\n\nbody", "body"),  # the rest of a cut-off "Path:"
        ("From: a\nSubject: b", ""),
        ("From: a\nSubject: b\n\n", ""),
    ],
)
def test_what_is_a_header_block(text: str, left: str) -> None:
    assert strip_text(text, ["headers"]) == left
    assert text.startswith(header_block(text)) and header_block(text)


@pytest.mark.parametrize(
    "text",
    [
        "Subject: one line alone\n\nbody",
        "Anna: Is it open?\nBen: It is.\nAnna: Good.",
        "Q: Is it open?\nA: It is.",
        "Note: corrected.\nUpdate: the mayor replied.\nbody",
        "Body first.\nFrom: a\nSubject: b\n\n",
        "http://x.com\nhttps://y.com\n\nbody",
        "From the start: it was\nTo the end: it is\n\nbody",
        "12:30: doors\n13:00: talk\n\nbody",
    ],
)
def test_what_is_no_header_block(text: str) -> None:
    assert header_block(text) == ""
    assert strip_text(text, ["headers"]) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("See https://x.com/a?b=c#d.", "See ."),
        ("See (www.x.com/a), then go.", "See (), then go."),
        ("HTTP://X.COM and WWW.X.IT", " and "),
        ("at foxbusiness.com today", "at  today"),
        ("at news.x.co.uk/path/1, today", "at , today"),
        ("ftp://a.b/c d", " d"),
        ("“https://x.com”", "“”"),
        ("a@b.com stays", "a@b.com stays"),
        ("John.de@b.com stays", "John.de@b.com stays"),
        ("the end.It was so.no more", "the end.It was so.no more"),
        ("one\nx.com\ttwo", "one\n\ttwo"),
        ("x.com\u00a0y.com\rz.com", "\u00a0\r"),
        ("x.community y.com-pany", "x.community y.com-pany"),
    ],
)
def test_urls(text: str, left: str) -> None:
    assert strip_text(text, ["urls"]) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Write to a.b+c@d-e.org.", "Write to ."),
        ("<a@b.org> (c@d.org)", "<> ()"),
        ("mail root@localhost", "mail "),
        ("a @ b, @home and a@ b", "a @ b, @home and a@ b"),
    ],
)
def test_emails(text: str, left: str) -> None:
    assert strip_text(text, ["emails"]) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Ann writes:\n> a\n>> b\nc", "c"),
        ("In article <1@x.org>\nann@x.org (Ann) writes:\n\n>a\nb", "\nb"),
        ("On Tuesday, Ann wrote:\n |a\nb", "b"),
        ("Ann said: no.\n> a\nb", "Ann said: no.\nb"),
        ("Ann writes:\nhello\n> a", "Ann writes:\nhello"),
        ("a\n> b\nc\n> d", "a\nc"),
        ("a > b\n1 | 2", "a > b\n1 | 2"),
        ("> a", ""),
    ],
)
def test_quotes(text: str, left: str) -> None:
    assert strip_text(text, ["quotes"]) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a\n-- \nAnn\nb", "a\n"),
        ("a\n--\nAnn", "a\n"),
        ("a\r\n--\r\nAnn", "a\r\n"),
        ("a\n-- \n" + "b\n" * 30, "a\n"),
        ("a\n--\n" + "b\n" * 30, "a\n--\n" + "b\n" * 30),  # a bare "--" so far from the end divides sections
        ("a\n--\n" + "b\n" * 30 + "--\nAnn", "a\n--\n" + "b\n" * 30),
        ("a\n---\nb\n -- \nc -- \n", "a\n---\nb\n -- \nc -- \n"),
    ],
)
def test_signature(text: str, left: str) -> None:
    assert strip_text(text, ["signature"]) == left


@pytest.mark.parametrize(
    ("text", "entry", "left"),
    [
        ("a\n  SIGN  up for our Newsletter \nb", "line:Sign up for our newsletter", "a\nb"),
        ("Sign up\na\nSign up", "line: sign up ", "a"),
        ("Sign up now\nSign", "line:Sign up", "Sign up now\nSign"),
        ("Posted by Ann\r\na\r\n", "line:posted by*", "a\r\n"),
        ("It was posted by Ann\nPosted: by", "line:Posted by*", "It was posted by Ann\nPosted: by"),
        ("5 * 3\n5 * 4", "line:5 * 3", "5 * 4"),
        ("a\n***\nb\n****", "line:***", "a\nb\n****"),
        ("Straße 1\nSTRASSE 1\na", "line:straße 1", "a"),
        ("(c) x.com [a]\nb", "line:(c) x.com [a]", "b"),
        ("Sign up", "line:Sign up", ""),
    ],
)
def test_lines(text: str, entry: str, left: str) -> None:
    assert strip_text(text, [entry]) == left


@pytest.mark.parametrize(
    ("text", "entry", "left"),
    [
        ("says Fox News today", "text:fox news", "says today"),
        ("says FOX\n  News.", "text:Fox News", "says ."),
        ("Foxes, fox newsroom, outfox news", "text:fox news", "Foxes, fox newsroom, outfox news"),
        ("a [Pear] b", "text:[pear]", "a b"),
        ("x.com xxcom", "text:x.com", "xxcom"),
        ("Überall in ÜBERALL", "text:überall", "in "),
        ("Fox Fox News News", "text:Fox News", ""),  # what falls together is looked at again
    ],
)
def test_phrases(text: str, entry: str, left: str) -> None:
    assert strip_text(text, [entry]) == left


def test_all_at_once() -> None:
    assert strip_text(USENET, NAMED) == "\nIt is open.\n"


def test_stripping_twice_is_stripping_once() -> None:
    rng = random.Random(1)
    pieces = [
        "From: a",
        "Subject: b",
        "Lines:",
        " more",
        "",
        "",
        "X-A: b",
        "Ann writes:",
        "In article <a@b.c>",
        "> q",
        "| r",
        "-- ",
        "--",
        "Sign up for our newsletter",
        "posted by x",
        "Fox News",
        "Fox",
        "News",
        "www.www.x.com",
        "a@b@c.com",
        "http://http://x.com",
        "x.com",
        ".com",
        "x.x",
        "text text",
        "“",
        "\r",
        "\t",
        "> -- ",
        "Fox www.x.com News",
    ]
    changed = 0
    for _ in range(3000):
        text = "".join(
            rng.choice(pieces) + rng.choice(["\n", "\n", " ", "", "\r\n"]) for _ in range(rng.randint(1, 14))
        )
        entries = rng.sample(EVERY, rng.randint(1, len(EVERY)))
        once = strip_text(text, entries)
        assert strip_text(once, entries) == once, (text, entries)
        assert len(once) <= len(text)
        changed += once != text
    assert changed > 1500


def test_a_long_line_of_anything_takes_no_time() -> None:
    start = time.perf_counter()
    for unit in (
        "-",
        "a.",
        "a@",
        ".com",
        "http://",
        "> ",
        "x",
        "www.",
        "A: b\n",
        "Fox ",
        "--\n",
        "-- \n>",
        "\n",
        "From:\n",
    ):
        text = unit * (100_000 // len(unit))
        once = strip_text(text, EVERY)
        assert strip_text(once, EVERY) == once
    assert time.perf_counter() - start < 4


def test_it_is_fast() -> None:
    rng = random.Random(2)
    words = ["the", "council", "met", "Fox", "said:", "bridge.", "on", "Tuesday,", "--", "up", "3.5", "U.S."]
    texts = ["\n\n".join(" ".join(rng.choices(words, k=40)) for _ in range(10)) for _ in range(100)]

    def per_text(entry: str) -> float:
        start = time.process_time()
        for text in texts:
            strip_text(text, (entry,))
        return (time.process_time() - start) / len(texts)

    for entry in EVERY:
        assert min(per_text(entry) for _ in range(5)) < 100e-6, entry  # 3 to 20 µs on an idle core


def test_articles_are_stripped_in_text_and_title() -> None:
    article = Article("1", "From: a\nTo: b\n\nRead Fox News on x.com", ("a",), title="Fox News: a bridge", where="f:1")
    stripped = strip_article(article, ["headers", "text:Fox News", "urls"])
    assert (stripped.text, stripped.title) == ("Read on ", ": a bridge")
    assert replace(stripped, text=article.text, title=article.title) == article
    assert strip_article(replace(article, title="Fox News"), ["text:fox news"]).title is None
    assert strip_article(replace(article, title="> x: y"), ["quotes", "headers", "line:> x: y"]).title == "> x: y"
    assert strip_article(replace(article, title=None), ["text:fox news"]).title is None


def test_an_article_without_a_match_is_the_same_object() -> None:
    for title in (None, "", "A bridge"):
        article = Article("1", NEWS, title=title)
        assert strip_article(article, EVERY) is article


def test_hosts_are_those_of_web_and_mail_addresses() -> None:
    text = "At https://www.X.com:80/a?b, sport.y.co.uk/z, a@mail.z.org and user@localhost; not e.g. this."
    assert hosts(text) == {"x.com", "sport.y.co.uk", "mail.z.org"}
    assert [site(host) for host in ("sport.y.co.uk", "mail.z.org", "x.com", "y.co.uk")] == [
        "y.co.uk",
        "z.org",
        "x.com",
        "y.co.uk",
    ]


def test_20newsgroups() -> None:
    path = DATA / "20newsgroups" / "train.jsonl.gz"
    if not path.exists():
        pytest.skip("the labelled corpora are not at ../shared/data")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines][::4]
    assert all(header_block(text) for text in texts)
    bodies = [strip_text(text, ["headers"]) for text in texts]
    assert sum(not body.strip() for body in bodies) < 10
    assert sum(map(len, bodies)) > 0.8 * sum(map(len, texts))
    for entries in (NAMED, *([name] for name in NAMED)):
        once = [strip_text(text, entries) for text in texts]
        assert [strip_text(text, entries) for text in once] == once


def test_what_is_not_equal_to_itself_ends_the_stripping_too() -> None:
    missing: Any = float("nan")
    assert strip_text(missing, []) is missing
    with pytest.raises(TypeError):
        strip_text(missing, ["urls"])
