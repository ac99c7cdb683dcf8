"""What alone predicts a label is found, kind by kind; what does not, or only by chance, is not."""

import gzip
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifier.articles.article import Article
from classifier.articles.boilerplate import strip_article
from classifier.dataset.info import Giveaway
from classifier.evaluation.leaks.giveaways import find_giveaways
from tests.makers.articles import make_articles

ROOT = Path(__file__).parent.parent.parent.parent
DATA = ROOT.parent / "shared" / "data"
LABELS = ("left", "right", "satire")
WORDS = [f"{a}{b}{c}" for a in ("ba", "lo", "mi", "tu") for b in ("dra", "ke", "no", "si", "vel") for c in "nrst"]


def plain(n: int = 240, seed: int = 0) -> list[Article]:
    """Articles of random words, three labels in turn: nothing in them says which."""
    rng = random.Random(seed)

    def words(k: int) -> str:
        return " ".join(rng.choices(WORDS, k=k))

    return [
        Article(str(i), f"{words(20)}\n{words(20)}\n{words(20)}", (LABELS[i % 3],), title=words(6)) for i in range(n)
    ]


def changed(change: Callable[[int, Article], dict[str, Any]], n: int = 240) -> list[Article]:
    return [replace(article, **change(i, article)) for i, article in enumerate(plain(n))]


def appended(ending: Callable[[int], str], n: int = 240) -> list[Article]:
    return changed(lambda i, article: {"text": article.text + ending(i)}, n)


def only(found: tuple[Giveaway, ...]) -> Giveaway:
    assert len(found) == 1, found
    return found[0]


def test_nothing_in_articles_without_a_giveaway() -> None:
    assert find_giveaways(plain()) == ()
    assert find_giveaways(plain(1200)) == ()


def test_words_that_say_a_label_are_content_unless_nearly_constant() -> None:
    some = appended(lambda i: " hockey" if i % 3 == 0 and i % 12 < 3 else "")  # all right-labelled, in a quarter
    assert find_giveaways(some) == ()
    found = only(find_giveaways(appended(lambda i: " hockey" if i % 3 == 0 and i % 12 < 9 else "")))
    assert (found.kind, found.what, found.label, found.articles) == ("token", "hockey", "left", 60)
    assert (found.precision, found.recall) == (1.0, 0.75)


@pytest.mark.parametrize("articles", [[], plain()[::3], [replace(a, labels=()) for a in plain()]])
def test_no_labels_or_one_label_gives_nothing(articles: list[Article]) -> None:
    assert find_giveaways(articles) == ()


def test_a_line_is_one_whatever_its_case_spaces_and_digits() -> None:
    variants = ["Posted 12 May on  Pear", "posted 3 May on Pear", "Posted 140 May on Pear  "]
    found = only(find_giveaways(appended(lambda i: f"\n{variants[i // 3 % 3]}\n" if i % 3 == 1 and i > 120 else "")))
    assert (found.kind, found.what.casefold(), found.label) == ("line", "posted 3 may on pear", "right")
    assert (found.articles, found.precision, found.recall) == (40, 1.0, 0.5)


def test_precision_and_recall_are_those_of_the_holders() -> None:
    found = only(find_giveaways(appended(lambda i: "\nShare on Pear" if i % 3 == 2 or i == 0 else "")))
    assert (found.articles, found.recall, found.label) == (81, 1.0, "satire")
    assert found.precision == pytest.approx(80 / 81)


def test_a_long_line_is_cut_to_80_characters() -> None:
    found = only(find_giveaways(appended(lambda i: "\n" + "Read all of this. " * 20 if i % 3 == 0 else "")))
    assert found.what == ("Read all of this. " * 5)[:79].rstrip() + "…"


def test_a_few_articles_prove_nothing_and_a_few_more_do() -> None:
    assert find_giveaways(appended(lambda i: "\nShare on Pear" if i % 3 == 0 and i < 12 else "")) == ()
    assert only(find_giveaways(appended(lambda i: "\nShare on Pear" if i % 3 == 0 and i < 24 else ""))).articles == 8


def test_a_common_label_cannot_be_given_away_by_a_line_that_is_common() -> None:
    articles = [replace(a, labels=("left" if i % 10 else "right",)) for i, a in enumerate(plain())]
    articles = [
        replace(a, text=a.text + "\nPear") if a.labels == ("left",) and i % 2 else a for i, a in enumerate(articles)
    ]
    assert find_giveaways(articles) == ()


def test_a_line_that_is_often_wrong_is_none() -> None:
    assert find_giveaways(appended(lambda i: "\nPear" if i % 3 == 0 or i % 12 == 1 else "")) == ()


def test_of_many_rare_lines_some_are_pure_by_chance() -> None:
    rng = random.Random(4)
    articles = [replace(a, labels=("left" if i % 5 < 2 else "right",)) for i, a in enumerate(plain())]
    lines: dict[int, list[str]] = {}
    for number in range(4000):
        for i in rng.sample(range(240), 7):
            lines.setdefault(i, []).append(f"{WORDS[number % 80]} {WORDS[number // 80]}")
    assert find_giveaways([replace(a, text="\n".join(lines[i])) for i, a in enumerate(articles)]) == ()


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda title: f"BREAKING: {title}", "begins with 'BREAKING:'"),
        (lambda title: f"Opinion | {title}", "begins with 'Opinion |'"),
        (lambda title: f"{title} | Pear News", "ends with ' | Pear News'"),
        (lambda title: f"{title} – Pear", "ends with ' – Pear'"),
        (str.upper, "is in capitals"),
        (lambda title: f"{title}?", "ends with '?'"),
        (lambda title: f"{title}!", "ends with '!'"),
        (lambda title: f"“{title}”", "begins with a quotation mark"),
    ],
)
def test_title_patterns(change: Callable[[str], str], what: str) -> None:
    half = changed(lambda i, article: {"title": change(article.title or "")} if i % 3 == 0 and i % 2 else {})
    found = only(tuple(item for item in find_giveaways(half) if item.kind == "title"))
    assert (found.what, found.label, found.articles, found.recall) == (what, "left", 40, 0.5)


@pytest.mark.parametrize(
    "ending",
    [" Seen on https://www.pear.com/a/{i}.", " Seen on pear.com.", " Write to desk{i}@pear.com", " (news.pear.com)"],
)
def test_hosts_of_urls_bare_ones_and_e_mails(ending: str) -> None:
    found = only(find_giveaways(appended(lambda i: ending.format(i=i) if i % 3 == 0 and i % 2 else "")))
    assert (found.kind, found.what, found.label, found.articles) == ("host", "pear.com", "left", 40)


def test_the_host_stands_for_the_line_that_holds_it() -> None:
    def ending(i: int) -> str:
        return "\nMore at www.pear.com" if i % 6 == 0 else " (pear.com)" if i % 12 == 3 else ""

    found = only(find_giveaways(appended(ending)))
    assert (found.kind, found.what, found.articles) == ("host", "pear.com", 60)


def headed(header: Callable[[int], str]) -> list[Article]:
    return changed(lambda i, article: {"text": f"{header(i)}\n\n{article.text}"})


def test_a_header_field_that_only_one_label_has() -> None:
    def header(i: int) -> str:
        extra = f"\nX-Sent-By: {WORDS[i % 80]}" if i % 3 == 1 and i % 2 else ""
        return f"From: {WORDS[i * 7 % 80]}\nSubject: {WORDS[i * 11 % 80]}{extra}"

    found = [item for item in find_giveaways(headed(header)) if "X-Sent-By" in item.what and "block" not in item.what]
    assert [(item.kind, item.what, item.label, item.articles, item.recall) for item in found] == [
        ("header", "X-Sent-By:", "right", 40, 0.5)
    ]


def test_a_header_line_and_the_block_alone() -> None:
    desks = {"left": "North Desk", "right": "South Desk", "satire": "Moon Desk"}
    found = find_giveaways(
        headed(lambda i: f"From: {WORDS[i * 7 % 80]}\nOrganization:\n {desks[LABELS[i % 3]]}\nLines: 3")
    )
    assert {item.kind for item in found} == {"header"}
    lines = {item.what: (item.label, item.precision, item.recall) for item in found if "block" not in item.what}
    assert lines == {f"Organization: {desk}": (label, 1.0, 1.0) for label, desk in desks.items()}
    block = only(tuple(item for item in found if "block" in item.what))
    assert block.what == "the header block alone (From, Organization, Lines, …)"
    assert (block.articles, block.precision, block.recall) == (240, 1.0, 1.0)


def test_headers_that_say_nothing_are_not_reported() -> None:
    assert find_giveaways(headed(lambda i: f"From: {WORDS[i * 7 % 80]}\nSubject: {WORDS[i // 3 % 80]}\nLines: 3")) == ()


def test_what_stands_in_the_headers_is_reported_as_header_alone() -> None:
    articles = headed(lambda i: f"From: {WORDS[i * 7 % 80]}{i}@{LABELS[i % 3]}.com\nSubject: {WORDS[i // 3 % 80]}")
    assert [item.kind for item in find_giveaways(articles)] == ["header"]


def test_stripping_headers_takes_the_header_findings_away() -> None:
    articles = headed(lambda i: f"From: {LABELS[i % 3]}\nSubject: {WORDS[i // 3 % 80]}")
    assert {item.kind for item in find_giveaways(articles)} == {"header"}
    assert find_giveaways([strip_article(article, ["headers"]) for article in articles]) == ()


def sourced(signs: dict[str, str], *, mixed: bool = False) -> list[Article]:
    """24 sources of ten articles, each of one label unless mixed; some sign their articles, in six of ten."""

    def change(i: int, article: Article) -> dict[str, Any]:
        site = f"site{i // 10}.com"
        sign = signs.get(site, "") if i % 10 < 6 else ""
        label = LABELS[i % 3 if mixed else i // 10 % 3]
        return {"source": site, "text": f"{article.text} {sign}", "labels": (label,)}

    return changed(change)


def test_a_source_of_one_label_that_names_itself() -> None:
    found = only(
        find_giveaways(sourced({"site4.com": "Thanks for reading Site4 today", "site9.com": "Pear Pear"})[:90])
    )
    assert (found.kind, found.what, found.source, found.label) == ("source name", "site4", "site4.com", "right")
    assert (found.articles, found.precision, found.recall) == (6, 1.0, 0.2)


def test_another_phrase_where_the_name_is_not_in_the_text() -> None:
    found = only(find_giveaways(sourced({"site4.com": "Copyright Pear"})))
    assert (found.kind, found.source, found.articles) == ("source name", "site4.com", 6)
    assert found.what in ("pear", "copyright")


def test_a_name_of_two_words_is_matched_to_the_host() -> None:
    articles = [
        replace(a, source="www.thepearpost.com" if a.source == "site4.com" else a.source)
        for a in sourced({"site4.com": "Donate to The Pear Post", "site7.com": "the post", "site10.com": "a pear"})
    ]
    names = {item.what for item in find_giveaways(articles) if item.source == "www.thepearpost.com"}
    assert names == {"pear post"}


def test_a_name_that_others_use_or_a_source_of_many_labels_is_no_giveaway() -> None:
    everywhere = {f"site{i}.com": "says site4" for i in range(24)}
    assert find_giveaways(sourced(everywhere)) == ()
    assert find_giveaways(sourced({"site4.com": "Thanks for reading Site4"}, mixed=True)) == ()


def test_a_phrase_with_a_common_word_is_no_name() -> None:
    articles = sourced({"site4.com": "pear or"})
    assert find_giveaways([replace(a, text=f"or {a.text}\npear") for a in articles]) == ()


def test_sources_that_are_pure_by_chance() -> None:
    rng = random.Random(6)
    articles = [
        replace(
            a, source=f"site{i // 5}.com", text=f"{a.text} Site{i // 5}", labels=(rng.choice(["a", "b", "b", "b"]),)
        )
        for i, a in enumerate(plain(600))
    ]
    sources = [{a.labels for a in articles[i : i + 5]} for i in range(0, 600, 5)]
    assert sum(len(labels) == 1 for labels in sources) > 20
    assert find_giveaways(articles) == ()


def test_several_labels_each_count() -> None:
    articles = [
        replace(a, labels=(("left", "long") if i % 3 == 0 else ("right",)), text=a.text + "\nPear" * (i % 3 == 0))
        for i, a in enumerate(plain())
    ]
    articles += [replace(a, id=f"more{a.id}", labels=("long",) if i % 2 else ()) for i, a in enumerate(plain(60, 5))]
    found = {item.label: item for item in find_giveaways(articles) if item.kind == "line"}
    assert set(found) == {"left", "long"}
    assert (found["left"].recall, found["left"].precision) == (1.0, 1.0)
    assert (found["long"].recall, found["long"].precision) == (80 / 110, 1.0)


def test_articles_without_a_label_do_not_count_in_single_label_corpora() -> None:
    articles = appended(lambda i: "\nPear" if i % 3 == 0 else "")
    unlabelled = [replace(a, id=f"u{a.id}", labels=(), title=None) for a in articles]
    assert find_giveaways([*unlabelled, *articles]) == find_giveaways(articles) != ()


def test_tokens_come_last_and_no_kind_crowds_out_the_others() -> None:
    rng = random.Random(3)

    def change(i: int, article: Article) -> dict[str, Any]:
        lines = "".join(f"\n{word} {word}" for word in rng.sample(WORDS[:20], 10) if i % 3 == 0)
        title = f"{article.title}?" if i % 3 == 2 and i % 2 else article.title
        return {"text": article.text + lines + " wicket" * (i % 3 == 1), "title": title}

    articles = changed(change)
    assert [item.kind for item in find_giveaways(articles, most=6)] == ["line"] * 4 + ["title", "token"]
    assert [item.kind for item in find_giveaways(articles, most=3)] == ["line", "title", "token"]
    assert [item.what for item in find_giveaways(articles, most=99)][-1] == "wicket"
    assert len(find_giveaways(articles, most=99)) == 22


@pytest.mark.parametrize("seed", range(5))
def test_shuffled_labels_give_nothing(seed: int) -> None:
    articles = [
        *headed(lambda i: f"From: {WORDS[i % 9]}\nSubject: {WORDS[i // 3 % 80]}"),
        *[
            replace(a, id=f"s{a.id}")
            for a in sourced({f"site{i}.com": f"Site{i} www.site{i}.com\nRead on" for i in range(24)})
        ],
        *[replace(a, id=f"m{a.id}") for a in make_articles(300)],
    ]
    assert len(find_giveaways(articles)) > 3  # as they are, the sources tell
    assert find_giveaways(with_shuffled_labels(articles, seed)) == ()


def with_shuffled_labels(articles: list[Article], seed: int) -> list[Article]:
    labels = [article.labels for article in articles]
    random.Random(seed).shuffle(labels)
    return [replace(article, labels=label) for article, label in zip(articles, labels, strict=True)]


def test_the_same_findings_in_every_process() -> None:
    code = (
        "from tests.evaluation.leaks.test_giveaways import *\n"
        "signs = {f'site{i}.com': f'Copyright Site{i} Pear{i}' for i in range(24)}\n"
        "print(find_giveaways([replace(a, text=a.text + '\\none line\\nother line' * (i % 3)) "
        "for i, a in enumerate(sourced(signs))], most=99))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1 and "Giveaway" in said.pop()


def real(path: Path) -> list[Article]:
    if not path.exists():
        pytest.skip("the labelled corpora are not at ../shared/data")
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    rows = [json.loads(line) for line in data.decode("utf-8").split("\n") if line]
    return [
        Article(row["id"], row["text"], (row["label"],), title=row.get("title"), source=row.get("source"))
        for row in rows
    ]


def test_the_headers_of_20newsgroups_are_caught_and_gone_once_stripped() -> None:
    articles = real(DATA / "20newsgroups" / "train.jsonl.gz")[::3]
    found = find_giveaways(articles)
    assert found[0].what.startswith("the header block alone (From, Subject,")
    assert found[0].articles == len(articles)
    assert len([item for item in found if item.kind == "header"]) >= 5
    stripped = find_giveaways([strip_article(article, ["headers"]) for article in articles])
    assert stripped and not [item for item in stripped if item.kind == "header"]
    assert find_giveaways(with_shuffled_labels(articles[::2], 1)) == ()


def test_the_site_names_of_hyperpartisan_are_caught() -> None:
    articles = real(DATA / "hyperpartisan" / "articles.jsonl.gz")
    found = {item.source: item for item in find_giveaways(articles) if item.kind == "source name"}
    labels = {name: found[f"{name}.com"].label for name in ("snopes", "opslens", "turtleboysports", "dcclothesline")}
    assert labels.pop("snopes") == "mainstream"
    assert set(labels.values()) == {"hyperpartisan"}
    assert found["opslens.com"].what == "opslens" and found["snopes.com"].what == "snopes"
    assert not [item for item in find_giveaways(articles) if item.kind == "token"]
    for seed in range(3):
        assert find_giveaways(with_shuffled_labels(articles, seed)) == ()


def test_the_sample_corpus_gives_nothing_away() -> None:
    articles = real(ROOT / "data" / "sample" / "genre.jsonl")
    assert find_giveaways(articles) == ()


def reprints(times: int, apart: int = 0) -> tuple[list[Article], np.ndarray]:
    """Articles of which one has a line, with reprints of it by several outlets, and ``apart`` others."""
    articles = plain()
    line = "Share on Pear!"
    rows = [3 * n for n in range(apart + 1)]
    for row in rows:
        articles[row] = replace(articles[row], text=f"{articles[row].text}\n{line}", source="pear.example")
    copies = [replace(articles[0], id=f"c{n}", source=f"s{n}.example") for n in range(times)]
    return [*articles, *copies], np.array([*range(len(articles)), *[0] * times])


def test_a_line_in_reprints_of_one_article_is_one_article_with_it() -> None:
    articles, copies = reprints(30)
    assert [found.what for found in find_giveaways(articles)] != []
    assert find_giveaways(articles, copies) == ()


def test_articles_that_hold_a_giveaway_are_counted_without_their_copies() -> None:
    articles, copies = reprints(30, apart=24)
    found = only(find_giveaways(articles, copies))
    assert (found.kind, found.what, found.articles, found.precision) == ("line", "Share on Pear!", 25, 1.0)
    assert found.recall == pytest.approx(25 / 80)


def test_copies_with_other_labels_are_evidence_against() -> None:
    articles, copies = reprints(30, apart=24)
    articles = [replace(a, labels=("satire",)) if a.id.startswith("c") else a for a in articles]
    found = only(find_giveaways(articles, copies))
    assert (found.articles, found.precision) == (26, 25 / 26)


def test_the_shown_line_is_that_of_an_article_that_has_it() -> None:
    articles, copies = reprints(0, apart=24)
    articles = [replace(article, source=None) for article in articles]
    bare = replace(articles[0], id="bare", text=articles[0].text.replace("Share on Pear!", "").strip())
    found = only(find_giveaways([bare, *articles], np.array([0, *copies])))
    assert (found.what, found.articles) == ("Share on Pear!", 25)


def test_a_source_whose_articles_are_copies_of_one_tells_nothing_by_its_name() -> None:
    articles = [replace(a, source=f"outlet{i % 24}.example") for i, a in enumerate(plain())]
    text = f"{articles[0].text} Pear Daily"
    copies = [replace(articles[0], id=f"c{n}", source="Pear Daily", text=text) for n in range(20)]
    everything = [*articles, *copies]
    units = np.array([*range(len(articles)), *[len(articles)] * 20])
    assert not [found for found in find_giveaways(everything, units) if found.kind == "source name"]
