"""What a dataset page is made from, and a reader of pages."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

from classifier.dataset.consistency import Conflict
from classifier.dataset.duplicates import DuplicateCounts
from classifier.dataset.info import Counts, DatasetInfo, Giveaway, LeakageProbe
from classifier.reports.dataset.facts import DatasetFacts, Example, Lengths

LABELS = ("opinion", "press_release", "satire")
EXAMPLE = Example("a7", "opinion", "train", "We should not", "A title", "A claim", "Daily", "2024-05")

VOID = {"meta", "br", "path", "link", "img", "hr", "input"}


def make_info(**changes: Any) -> DatasetInfo:
    counts = {
        "train": Counts(1407, {"opinion": 701, "press_release": 402, "satire": 304}),
        "validation": Counts(203, {"opinion": 101, "press_release": 59, "satire": 43}),
        "test": Counts(390, {"opinion": 199, "press_release": 110, "satire": 81}),
    }
    info = DatasetInfo(
        labels=LABELS,
        multi_label=False,
        pair=False,
        split_method="grouped",
        group_by=("source",),
        counts=counts,
        notes=("one group holds 310 of 2,000 articles",),
        sources=({"name": "articles.csv", "sha256": "9f86d081"},),
        settings={"data": {"builder": "table", "subset": None}, "split": {"seed": 13}},
        asked={"train": 0.7, "validation": 0.1, "test": 0.2},
        duplicates=DuplicateCounts(34, 31, 21, 58, 17, 26, 0.8),
        probe=LeakageProbe("f1_macro", 0.712, (0.662, 0.758), 0.841, 0.013, 5, 1610, 389, True),
        giveaways=(
            Giveaway("header", "Reply-To:", "opinion", 112, 0.97, 0.11),
            Giveaway("line", "Follow us | today", "satire", 88, 0.93, 0.21),
            Giveaway("token", "wizard", "satire", 66, 0.92, 0.18),
        ),
        rejected={"text is empty": 4, "no label": 15},
    )
    return replace(info, **changes)


def make_facts(**changes: Any) -> DatasetFacts:
    dataset_facts = DatasetFacts(
        lengths=Lengths(
            "tokens",
            {"opinion": (100, 200, 300), "press_release": (50, 60), "satire": (700, 900)},
            7,
            True,
            256,
            2,
            0.43,
            0.12,
            0.17,
        ),
        sources={"opinion": {"The Globe": 400, "Daily": 5}, "press_release": {"Daily": 7}, "satire": {"Onion": 1}},
        source_count=3,
        conflicts=(Conflict("a7", "opinion", "articles.csv:9", "b8", "satire", "articles.csv:77", False),),
        conflict_count=1,
        examples={"opinion": (EXAMPLE,)},
        languages={"en": {"opinion": 900, "satire": 300}, "no": {"opinion": 40}, "xx?": {"opinion": 900}},
        rejected={},
    )
    return replace(dataset_facts, **changes)


class Reader(HTMLParser):
    """Elements with their attributes, the text, and whether every element is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())
