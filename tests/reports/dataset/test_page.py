"""The dataset page: the card that the Hub reads, and the report that a browser shows without a network."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from classifier.articles.boilerplate import strip_text
from classifier.dataset.consistency import Conflict
from classifier.dataset.duplicates import DuplicateCounts
from classifier.dataset.info import Counts, DatasetInfo, Giveaway
from classifier.reports.dataset.facts import DatasetFacts, Example, Lengths
from classifier.reports.dataset.page import size_category, strip_entries, write_page
from tests.makers.pages import LABELS, Reader, make_facts, make_info

EVIL = "<script>alert(1)</script>"


def make_folds() -> DatasetInfo:
    sizes = {f"fold {k}": Counts(120 + k, {"opinion": 60, "press_release": 40, "satire": 20 + k}) for k in range(1, 11)}
    return make_info(counts=sizes, folds=10, asked={})


def make_bare() -> tuple[DatasetInfo, DatasetFacts]:
    info = make_info(
        group_by=(),
        split_method="stratified",
        notes=(),
        sources=(),
        settings={},
        asked={},
        duplicates=None,
        probe=None,
        giveaways=(),
        rejected={},
    )
    lengths = Lengths("words", dict.fromkeys(LABELS, ()), 0, False, 256, "all", None, None, None)
    return info, DatasetFacts(lengths, {}, 0, (), 0, {}, None, {})


def written(
    folder: Path, info: DatasetInfo, dataset_facts: DatasetFacts, name: str = "Genre, of news"
) -> tuple[str, str]:
    folder.mkdir(exist_ok=True)
    write_page(folder, info, dataset_facts, name=name)
    return (folder / "README.md").read_text(encoding="utf-8"), (folder / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    return written(tmp_path_factory.mktemp("page"), make_info(), make_facts())


def rendered(markdown: str) -> str:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("table").render(markdown.split("---\n", 2)[2])


def test_the_front_matter_is_what_the_hub_reads(page: tuple[str, str]) -> None:
    from huggingface_hub import DatasetCard

    data = DatasetCard(page[0]).data.to_dict()
    assert data == {
        "language": ["en", "no"],
        "task_categories": ["text-classification"],
        "task_ids": ["multi-class-classification"],
        "pretty_name": "Genre, of news",
        "size_categories": ["1K<n<10K"],
        "tags": ["news"],
    }


def test_task_ids_follow_the_task(tmp_path: Path) -> None:
    from huggingface_hub import DatasetCard

    card, _ = written(tmp_path, make_info(multi_label=True, pair=True), make_facts(languages=None), name="a: 'b' #c")
    data = DatasetCard(card).data.to_dict()
    assert data["task_ids"] == ["multi-label-classification", "multi-input-text-classification"]
    assert data["pretty_name"] == "a: 'b' #c"
    assert "language" not in data


@pytest.mark.parametrize(
    ("articles", "category"),
    [(0, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (49_972, "10K<n<100K"), (10**6, "1M<n<10M"), (10**12, "n>1T")],
)
def test_size_category(articles: int, category: str) -> None:
    assert size_category(articles) == category


def test_the_card_says_the_probe_in_one_sentence(page: tuple[str, str]) -> None:
    assert "A random split would have claimed .84 macro F1; disjoint sources give .71." in page[0]


def test_tables_of_the_card_hold_together(page: tuple[str, str]) -> None:
    html = rendered(page[0])
    rows = [re.findall(r"<t[hd]", row) for row in re.findall(r"<tr>.*?</tr>", html, re.S)]
    assert {len(row) for row in rows} == {2, 5, 6}  # sources, counts, give-aways: a pipe in a cell divides nothing
    assert "<td>Follow us | today</td>" in html
    assert "<td>press_release</td>" in html


def test_the_card_escapes_what_others_wrote(tmp_path: Path) -> None:
    info = make_info(
        labels=(EVIL, "*b* | `c`", "1. d"), notes=(f"# {EVIL}\n# heading",), counts={"test": Counts(1, {EVIL: 1})}
    )
    html = rendered(written(tmp_path, info, make_facts(), name=f"[x](y) {EVIL}")[0])
    assert "<script" not in html
    assert "<td>*b* | `c`</td>" in html
    assert "<a " not in html
    assert html.count("<h1>") == 1


def test_the_card_shows_how_to_load_it(tmp_path: Path) -> None:
    import datasets

    (tmp_path / "conflicts.jsonl").write_text('{"id": "a"}\n')
    for split, rows in (("train", 3), ("test", 2)):
        datasets.Dataset.from_dict({"text": ["x"] * rows}).save_to_disk(str(tmp_path / split))
    counts = {split: Counts(n, {"opinion": n}) for split, n in (("train", 3), ("validation", 0), ("test", 2))}
    card, _ = written(tmp_path, make_info(counts=counts), make_facts())
    (code,) = re.findall(r"```python\n(.*?)```", card, re.S)
    found: dict[str, Any] = {}
    exec(code.replace("DATASET", str(tmp_path)), found)
    assert (len(found["train"]), len(found["test"]), "validation" in found) == (3, 2, False)
    assert "`conflicts.jsonl`: all conflicting labels." in card
    loaded = datasets.load_dataset(str(tmp_path), cache_dir=str(tmp_path / "cache"))
    assert {split: len(data) for split, data in loaded.items()} == {"train": 3, "test": 2}


def test_every_number_asked_for_is_on_the_page(page: tuple[str, str]) -> None:
    text = Reader(page[1]).text
    for number in (
        "2,000 articles from 3 sources",
        "701",
        "402",
        "304",
        "1,407",
        "59",
        "43",
        "199",
        "81",
        "1,001",  # counts
        "70.3%",
        "70.0%",
        "19.5%",
        "20.0%",  # shares reached and asked for
        ".84 ± .01",
        ".71 (.66 to .76)",
        "5 splits",
        "1,610 articles",
        "389, a sample",  # probe
        "112 .97 .11",
        "88 .93 .21",
        '"line:Follow us | today"',
        '"headers"',
        '"text:wizard"',  # give-aways
        "43% of the articles are longer",
        "17% of the articles are not read",
        "12% of all tokens",
        "7 articles measured",
        "1 window: 256",
        "2 windows: 512",
        "200 (120 to 280)",
        "800 (720 to 880)",  # lengths
        "2 of 3 sources have one label only (1 with a single article); they hold 97%",
        "400 · only opinion",
        "12 · 58% press_release",  # sources
        "an earlier one 34",
        "these dropped 31",
        "near-duplicates 21",
        "in clusters 58",
        "in the largest 17",
        "differing labels 26",
        ".80 or more",  # duplicates
        "a7 articles.csv:9 opinion b8 articles.csv:77 satire nearly equal",  # conflicts
        "1,200 · 75% opinion",
        "40 · only opinion",  # languages
        "text is empty 4",
        "no label 15",
        "all 19",  # rejected rows
        "A title Target: A claim We should not Daily · 2024-05 · train · a7",  # examples
        "articles.csv 9f86d081",
        "seed = 13",
        "dataset format 1",  # settings
        "One group holds 310 of 2,000 articles.",  # notes
    ):
        assert number in text, number


def test_the_strip_setting_is_ready_to_copy(page: tuple[str, str]) -> None:
    import tomllib

    text = "".join(Reader(page[1]).words)
    settings = text[text.index("[data]\nstrip") : text.index("]\n", text.index("[data]\nstrip") + 8) + 2]
    assert tomllib.loads(settings) == {"data": {"strip": ["headers", "line:Follow us | today", "text:wizard"]}}


@pytest.mark.parametrize(
    ("kind", "what", "text"),
    [
        ("header", "Reply-To:", "Reply-To: a@b.org\nSubject: x\n\nThe rest."),
        ("header", "the header block alone (From, Subject, …)", "From: a@b.org\nSubject: x\n\nThe rest."),
        ("line", "Follow us | today", "The rest.\nFollow us | today\n"),
        ("line", "Copyright 2014 The Daily", "The rest.\nCopyright 2015 The Daily"),
        ("line", "a" * 78 + "…", "The rest.\n" + "a" * 90),
        ("title", "begins with 'Opinion:'", "Opinion: The rest."),
        ("title", "ends with ' | The Daily'", "The rest. | The Daily"),
        ("host", "daily.example.com", "The rest. http://daily.example.com/news?a=1"),
        ("host", "daily.example", "The rest. daily.example"),
        ("host", "daily.org", "The rest. desk@daily.org"),
        ("source name", "fox business", "The rest. Fox Business"),
        ("token", "wizard", "The rest. Wizard"),
    ],
)
def test_the_fix_strips_the_give_away(kind: str, what: str, text: str) -> None:
    entries = strip_entries(Giveaway(kind, what, "satire", 20, 1.0, 0.5))
    assert strip_text(text, entries).strip() == "The rest."


@pytest.mark.parametrize("what", ["is in capitals", "ends with '?'", "begins with a quotation mark"])
def test_what_cannot_be_stripped_has_no_fix(tmp_path: Path, what: str) -> None:
    giveaway = Giveaway("title", what, "satire", 20, 1.0, 0.5)
    assert strip_entries(giveaway) == ()
    assert "strip = [" not in written(tmp_path, make_info(giveaways=(giveaway,)), make_facts())[1]


def test_what_others_wrote_is_never_markup(tmp_path: Path) -> None:
    example = Example(EVIL, EVIL, EVIL, EVIL, EVIL, EVIL, EVIL, EVIL)
    lengths = Lengths("tokens", {EVIL: (5, 6)}, 2, False, 256, 2, 0.0, 0.0, 0.0)
    info = make_info(
        labels=(EVIL, "b"),
        counts={"train": Counts(2, {EVIL: 2}), "test": Counts(2, {EVIL: 1, "b": 1})},
        notes=(EVIL,),
        sources=({"name": EVIL, "sha256": EVIL},),
        settings={"data": {"path": EVIL}},
        giveaways=(Giveaway("line", EVIL, EVIL, 1, 1.0, 1.0, EVIL),),
        rejected={EVIL: 1},
    )
    dataset_facts = make_facts(
        lengths=lengths,
        sources={EVIL: {f'"{EVIL}': 3}},
        conflicts=(Conflict(EVIL, EVIL, EVIL, EVIL, EVIL, EVIL, True),),
        examples={EVIL: (example,)},
        languages={f'x" onload="{EVIL}': {EVIL: 1}},
    )
    reader = Reader(written(tmp_path, info, dataset_facts, name=f'"{EVIL}')[1])
    assert "script" not in {tag for tag, _ in reader.elements}
    assert not [name for _, attributes in reader.elements for name in attributes if name.startswith("on")]
    assert reader.text.count("alert(1)") > 15


def test_the_report_needs_no_network(page: tuple[str, str]) -> None:
    reader = Reader(page[1])
    links = [
        v for _, a in reader.elements for k, v in a.items() if k in ("src", "href", "xlink:href", "data", "action")
    ]
    ids = {attributes["id"] for _, attributes in reader.elements if "id" in attributes}
    assert links and all(link and link.startswith("#") and link[1:] in ids for link in links)
    assert not {"script", "link", "img", "iframe", "object", "use"} & {tag for tag, _ in reader.elements}
    assert not re.search(r"url\(|@import|https?://", page[1])


def test_the_report_is_well_formed_and_accessible(page: tuple[str, str]) -> None:
    reader = Reader(page[1])
    assert not reader.open
    elements = reader.elements
    assert ("html", {"lang": "en"}) in elements
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    levels = [int(tag[1]) for tag, _ in elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1 and all(after <= before + 1 for before, after in pairwise(levels))
    assert all(attributes.get("scope") in ("row", "col") for tag, attributes in elements if tag == "th")
    pictures = [attributes for tag, attributes in elements if tag == "svg"]
    assert len(pictures) == 2 * 6
    assert all(picture["role"] == "img" and picture["aria-label"] for picture in pictures)


def test_pictures_take_the_colours_of_the_page(page: tuple[str, str]) -> None:
    pictures = "".join(re.findall(r"<svg.*?</svg>", page[1], re.S))
    assert not re.search(r"#[0-9a-f]{6}", pictures)
    used = set(re.findall(r"var\(--(\w+)\)", pictures))
    light, dark = re.findall(r":root \{(.*?)\}", page[1], re.S)
    assert used and used <= set(re.findall(r"--(\w+):", light)) == set(re.findall(r"--(\w+):", dark))


def test_parts_that_are_missing_are_said_or_left_out(tmp_path: Path) -> None:
    card, html = written(tmp_path, *make_bare())
    reader = Reader(html)
    for sentence in (
        "What a random split would have claimed was not measured.",
        "No lengths were measured.",
        "The articles name no source",
        "Duplicates were not counted.",
        "No line, header",
        "None were kept.",
    ):
        assert sentence in reader.text
    assert not {"languages", "rejected"} & {attributes.get("id") for _, attributes in reader.elements}
    assert not re.search(r"\bNone\b(?! were kept| was found)|nan\b", reader.text + rendered(card))
    assert not reader.open


def test_without_near_duplicates_nothing_is_claimed_of_them(tmp_path: Path) -> None:
    info = make_info(duplicates=DuplicateCounts(34, 31, 21, 58, 17, 26, 1.0))
    card, html = written(tmp_path, info, make_facts())
    assert "Near-duplicates were not looked for" in Reader(html).text
    assert "Jaccard" not in card + html and "nearly equal texts" not in card + html


def test_lengths_in_words_say_so(tmp_path: Path) -> None:
    lengths = Lengths("words", {"opinion": (10, 20, 40)}, 3, False, 256, 2, None, None, None)
    text = Reader(written(tmp_path, make_info(), make_facts(lengths=lengths))[1]).text
    assert "Counted in words, since no tokenizer was at hand" in text
    assert "not read to the end" not in text and "1 window" not in text


def test_folds_stand_in_place_of_splits(tmp_path: Path) -> None:
    card, html = written(tmp_path, make_folds(), make_facts())
    text = Reader(html).text
    assert "1,255 articles" in text
    assert "Each piece of a bar is one fold" in text
    assert "No source and no text stands in two folds" in text
    assert all(f"fold {k}" in text and f"| fold {k} |" in card for k in range(1, 11))
    assert "share reached 9.6%" in text
    assert "share asked for" not in text and "No test split" not in text
    assert "which fold each article is in" in card


def test_the_card_of_folds_loads_all_articles(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "state.json").write_text("{}")
    card, _ = written(tmp_path, make_folds(), make_facts())
    assert 'articles = load_from_disk("DATASET/articles")' in card
    assert "load_dataset" not in card


def test_a_temporal_split_says_where_it_cuts(tmp_path: Path) -> None:
    cuts = {"validation": "2024-03-01", "test": "2024-04-01"}
    text = Reader(written(tmp_path, make_info(split_method="temporal", group_by=(), cuts=cuts), make_facts())[1]).text
    assert "Split by date: validation starts on 2024-03-01 and test starts on 2024-04-01." in text
    assert "Kept together" not in text


def test_a_temporal_split_with_groups_says_that_both_are_new(tmp_path: Path) -> None:
    info = make_info(split_method="temporal", group_by=("source",), cuts={"test": "2024-04-01"})
    text = Reader(written(tmp_path, info, make_facts())[1]).text
    assert "Split by date: test starts on 2024-04-01. No source and no text stands in two splits" in text
    assert "articles of the same source" in text


def test_twenty_labels_are_all_named(tmp_path: Path) -> None:
    labels = tuple(f"a rather long label name of the kind that people write, number {k}" for k in range(20))
    counts = {split: Counts(20 * n, dict.fromkeys(labels, n)) for split, n in (("train", 30), ("test", 12))}
    lengths = Lengths("tokens", dict.fromkeys(labels, (100, 300)), 40, False, 256, "all", 0.5, 0.0, 0.0)
    dataset_facts = make_facts(sources={label: {"Daily": 2} for label in labels}, lengths=lengths, languages=None)
    text = Reader(written(tmp_path, make_info(labels=labels, counts=counts), dataset_facts)[1]).text
    assert all(label in text for label in labels)
    assert "other labels" in text


@pytest.mark.parametrize("name", ["$x_1$", "a\x0bb", "新聞報導", "رأي", "\ud800", "", " ", "a\nb", "&amp; <b>"])
def test_any_label_name_makes_a_page(tmp_path: Path, name: str) -> None:
    info = make_info(labels=(name, "b"), counts={"train": Counts(9, {name: 8, "b": 1}), "test": Counts(1, {name: 1})})
    html = written(tmp_path, info, make_facts(sources={name: {name: 3}}, languages=None))[1]
    assert not Reader(html).open
    for picture in re.findall(r"<svg.*?</svg>", html, re.S):
        ET.fromstring(picture)


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    first = written(tmp_path / "first", make_info(), make_facts())
    program = (
        "import sys; from pathlib import Path; from tests.reports.dataset.test_page import *; "
        "written(Path(sys.argv[1]), make_info(), make_facts())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "SOURCE_DATE_EPOCH": "1"}
    root = Path(__file__).parent.parent.parent.parent
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "again")], check=True, cwd=root, env=environment)
    again = [(tmp_path / "again" / name).read_text(encoding="utf-8") for name in ("README.md", "report.html")]
    assert list(first) == again
