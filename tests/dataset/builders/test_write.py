"""Articles to the formats of other tools and back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from classifier.articles.annotators import annotate
from classifier.articles.article import Article
from classifier.dataset.builders.write import write_articles
from classifier.errors import Fault, InputError
from tests.makers.formats import ANNA, BEN, CEM, SUFFIXES, awkward, read_back


@pytest.mark.parametrize("pair", [False, True])
@pytest.mark.parametrize("multi_label", [False, True])
@pytest.mark.parametrize("kind", SUFFIXES)
def test_articles_come_back(tmp_path: Path, kind: str, multi_label: bool, pair: bool) -> None:
    path = tmp_path / f"out{SUFFIXES[kind]}"
    articles = awkward(multi_label=multi_label, pair=pair)
    if kind == "fasttext" and pair:
        with pytest.raises(InputError, match="no place for the target"):
            write_articles(articles, path, kind=kind, multi_label=multi_label)
        return
    assert write_articles(iter(articles), path, kind=kind, multi_label=multi_label) == 12
    back = read_back(path, kind, multi_label=multi_label)
    assert not [item for item in back if isinstance(item, Fault)]
    if kind == "fasttext":
        plain = str.maketrans("\r\n", "  ")
        texts = [a.text.replace("\r\n", "\n").translate(plain) for a in articles]
        labels = [tuple(name.replace(" ", "_") for name in a.labels) for a in articles]
        assert [(a.text, a.labels) for a in back] == list(zip(texts, labels, strict=True))
        return
    for found, article in zip(back, articles, strict=True):
        assert (found.id, found.text, set(found.labels)) == (article.id, article.text, set(article.labels))
        assert (found.title or None, found.target, found.date) == (article.title, article.target, article.date)


@pytest.mark.parametrize(
    ("kind", "articles", "message"),
    [
        ("jsnol", awkward(), "There is no format 'jsnol' to write. Did you mean 'jsonl'?"),
        ("csv", [], "There are no articles to write."),
        (
            "csv",
            [Article(id="1", text="t", labels=("a;b",))],
            "Labels in a cell are separated by ';', but these contain it",
        ),
    ],
)
def test_what_cannot_be_written_is_refused(tmp_path: Path, kind: str, articles: list[Article], message: str) -> None:
    with pytest.raises(InputError) as error:
        write_articles(articles, tmp_path / "out", kind=kind, multi_label=True)
    assert error.value.message.startswith(message)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["prodigy", "argilla", "jsonl", "parquet"])
def test_votes_come_back(tmp_path: Path, kind: str) -> None:
    votes = [{ANNA: ("x",), BEN: ("y",), CEM: ("x",)}, {ANNA: ("x",), BEN: ("y",)}]
    articles = [annotate(Article(id=f"v{i}", text=f"text {i}"), v, multi_label=False) for i, v in enumerate(votes)]
    path = tmp_path / f"out{SUFFIXES[kind]}"
    write_articles(articles, path, kind=kind, multi_label=False)
    back = read_back(path, kind, multi_label=False)
    assert len(back) == 2
    for found, article in list(zip(back, articles, strict=True))[: 1 if kind in ("jsonl", "parquet") else 2]:
        assert isinstance(found, Article)
        said = found.extra["annotations"]
        assert (found.labels, json.loads(said) if isinstance(said, str) else said) == (
            article.labels,
            article.extra["annotations"],
        )


@pytest.mark.parametrize("kind", ["label-studio", "argilla", "prodigy", "fasttext"])
def test_an_empty_or_missing_file_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"in{SUFFIXES[kind]}"
    with pytest.raises(InputError, match="There is no file"):
        read_back(path, kind, multi_label=False)
    path.touch()
    with pytest.raises(InputError, match=r"is empty\."):
        read_back(path, kind, multi_label=False)


def test_a_text_that_excel_cannot_hold_is_named(tmp_path: Path) -> None:
    articles = [Article("1", "short", ("a",)), Article("2", "x" * 40_000, ("a",), where="a.csv:3")]
    with pytest.raises(InputError, match=r"a\.csv:3: text has 40,000 characters"):
        write_articles(articles, tmp_path / "out.xlsx", kind="xlsx", multi_label=False)
    assert list(tmp_path.iterdir()) == []
