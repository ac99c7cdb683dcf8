import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from classifier.articles.article import Article
from classifier.config import SplitConfig
from classifier.config_file import make_config
from classifier.dataset.default_groups import assign_by_default, default_groups
from classifier.dataset.folder import DatasetFolder
from classifier.jobs.building.dataset import BuildOptions, build_dataset
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.building import split_of
from tests.makers.corpora import Parts, settled

Naming = Callable[[int], str | None]


def from_sources(n: int, name: Naming) -> list[Article]:
    return [replace(article, source=name(i)) for i, article in enumerate(make_articles(n))]


def many(i: int) -> str:
    return f"www.site{i % 30}.example" if i % 2 else f"Site{i % 30}.example"


@pytest.mark.parametrize(
    ("parts", "settings", "kept"),
    [
        ("all", {}, ("source",)),
        ("all", {"folds": 5}, ("source",)),
        ("train", {}, ("source",)),
        ("all", {"method": "stratified"}, ()),
        ("all", {"method": "temporal"}, ()),
        ("all", {"file": "splits.parquet"}, ()),
        ("train test", {}, ()),
    ],
)
def test_sources_are_kept_together_where_nothing_else_is_asked_for(
    parts: str, settings: dict[str, Any], kept: tuple[str, ...], tmp_path: Path
) -> None:
    articles: Parts = {part: [replace(a, id=f"{part}{a.id}") for a in from_sources(60, many)] for part in parts.split()}
    split = SplitConfig(**settings)
    assert default_groups(settled(articles, tmp_path / "corpus", split), split) == kept


@pytest.mark.parametrize(
    "name",
    [
        lambda i: None,
        lambda i: "the only one",
        lambda i: "Site.example" if i % 2 else "https://www.site.example/",
        lambda i: f"source {i}",
    ],
)
def test_there_is_nothing_to_keep_together_where_articles_share_no_source_or_all_of_them_do(
    name: Naming, tmp_path: Path
) -> None:
    assert default_groups(settled(from_sources(60, name), tmp_path / "corpus"), SplitConfig()) == ()


def test_given_splits_are_left_as_they_are(tmp_path: Path) -> None:
    given = [replace(a, extra={"split": "test" if i % 3 else "train"}) for i, a in enumerate(from_sources(60, many))]
    found = settled(given, tmp_path / "corpus")
    assert default_groups(found, SplitConfig()) == ()
    assert default_groups(found, SplitConfig(folds=3)) == ("source",)


def said(articles: list[Article], folder: Path, caplog: pytest.LogCaptureFixture, **settings: Any) -> tuple[bool, str]:
    """Whether sources were kept together, and what was said of it."""
    caplog.set_level(logging.INFO)
    split, method, made = assign_by_default(settled(articles, folder / "corpus"), SplitConfig(**settings))
    assert (method == "grouped") == (split.groups == ("source",))
    assert made.folds is not None or {0, 1, 2} <= set(made.split.tolist())
    [message] = [m for m in caplog.messages if "sources" in m]
    return bool(split.groups), message


def test_each_source_stays_in_one_split_and_it_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    kept, message = said(from_sources(240, many), tmp_path, caplog)
    assert kept
    assert message == (
        "each of the 30 sources stays in one split, so that the figures are for new sources; "
        "--set split.group_by=[] mixes them"
    )


def test_articles_that_name_no_source_are_told_where_the_figures_are_for_new_ones(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _, message = said(from_sources(240, lambda i: many(i) if i % 4 else None), tmp_path, caplog)
    assert "are for new sources as far as articles name theirs, which 60 of 240 do not; --set" in message


def test_each_source_stays_in_one_fold(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    kept, message = said(from_sources(240, many), tmp_path, caplog, folds=4)
    assert kept
    assert "stays in one fold" in message


def one_class_from_two(articles: list[Article]) -> list[Article]:
    return [replace(a, source=f"satire {i % 2}") if a.labels == ("satire",) else a for i, a in enumerate(articles)]


@pytest.mark.parametrize(
    ("articles", "settings", "why"),
    [
        (from_sources(120, lambda i: f"source {i % 2}"), {}, "Nothing is left for"),
        (from_sources(120, lambda i: f"source {i % 12 % 8}"), {}, "test counts for "),
        (from_sources(240, lambda i: "giant" if i % 20 else f"source {i % 7}"), {}, "(one source has 95%)"),
        (one_class_from_two(from_sources(300, many)), {}, "a split lacks the label 'satire', which few sources have"),
        (from_sources(120, lambda i: f"source {i % 3}"), {"folds": 5}, "Nothing is left for"),
    ],
)
def test_too_few_sources_are_not_kept_together_and_it_is_said_why(
    articles: list[Article], settings: dict[str, Any], why: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kept, message = said(articles, tmp_path, caplog, **settings)
    assert not kept
    assert why.lower() in message.lower()
    assert "--set split.group_by=source keeps sources together all the same" in message


def built(source: Path, out: Path, *, extend: DatasetFolder | None = None, **settings: Any) -> DatasetFolder:
    config = make_config({"data": {"path": str(source)}}, {f"split.{k}": v for k, v in settings.items()})
    return DatasetFolder(out, build_dataset(config, out, BuildOptions(extend=extend)).info)


def test_a_build_keeps_sources_together_unless_it_is_told_not_to(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", from_sources(240, many))
    kept, mixed = built(source, tmp_path / "kept"), built(source, tmp_path / "mixed", group_by=[])
    assert (kept.info.split_method, kept.info.group_by) == ("grouped", ("source",))
    assert (mixed.info.split_method, mixed.info.group_by) == ("stratified", ())
    assert "group_by" not in kept.info.settings["split"]
    assert mixed.info.settings["split"]["group_by"] == []


def test_an_extended_dataset_keeps_together_what_it_did(tmp_path: Path) -> None:
    first, more = (
        from_sources(240, many),
        [replace(a, id=f"new {a.id}", text=f"{a.text} {a.id}") for a in from_sources(60, many)],
    )
    old = built(write_jsonl(tmp_path / "a.jsonl", first), tmp_path / "old")
    new = built(write_jsonl(tmp_path / "b.jsonl", more), tmp_path / "new", extend=old)
    assert new.info.group_by == ("source",)
    before, after = split_of(old), split_of(new)
    assert {name: after[name] for name in before} == before
    homes: dict[str, set[str | None]] = {}
    for article in [*first, *more]:
        if after[article.id] is not None:
            homes.setdefault(str(article.source).lower().removeprefix("www."), set()).add(after[article.id])
    assert all(len(found) == 1 for found in homes.values())
