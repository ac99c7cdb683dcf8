from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from classifier.articles.article import Article
from classifier.config import SplitConfig
from classifier.dataset.label_checks import check_labels
from tests.makers.articles import make_articles
from tests.makers.corpora import settled


def labelled(labels: Sequence[str | tuple[str, ...]]) -> list[Article]:
    """Articles with these labels."""
    given = [name if isinstance(name, tuple) else (name,) for name in labels]
    return [replace(a, labels=names) for a, names in zip(make_articles(len(labels)), given, strict=True)]


def check(articles: list[Article], folder: Path, multi_label: bool = False) -> None:
    check_labels(settled(articles, folder / "corpus", multi_label=multi_label))


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (["1", "0", "-1", "1"], """if it means that there is no label: --set 'data.missing=["usual", "-1"]'"""),
        ([str(n // 3) for n in range(90)], "the labels are 30 different numbers"),
        (["a", "b", "b", "word " * 30], "1 label is longer than 100 characters, such as 'word word"),
    ],
)
def test_labels_that_may_be_something_else_are_said(
    labels: list[str], said: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    check(labelled(labels), tmp_path)
    assert said in caplog.text


def test_a_text_that_is_the_name_of_a_label_is_said_with_its_place(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first, *others = labelled(["satire", "opinion", "satire"])
    check([replace(first, text="Opinion", where="a.csv:7"), *others], tmp_path)
    assert "1 text is the name of a label, as in a.csv:7" in caplog.text


@pytest.mark.parametrize(
    ("authors", "said"),
    [
        (["Ann Bee; Cem Dee", "Ann Bee", "Ed Fox"], "1 cell of author with several names, such as 'Ann Bee; Cem Dee'"),
        (["Ann Bee and Cem Dee", "Cem Dee", "Ed Fox"], "1 cell of author with several names"),
        (["A | B", "A | C", "D"], "2 cells of author with several names"),
        (["Fox, Ed", "Bee, Ann", "Hay, Ed"], ""),
        (["News and Star", "News and Mail", "Standard"], ""),
        (["bbc.com/news", "bbc.com/sport", "cnn.com"], ""),
    ],
)
def test_cells_that_name_several_groups_are_said(
    authors: list[str], said: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    articles = [replace(a, author=name) for a, name in zip(labelled(["a", "b", "a"]), authors, strict=True)]
    check_labels(settled(articles, tmp_path / "corpus", SplitConfig(group_by=("author",))), ["author"])
    assert said in caplog.text
    assert bool(caplog.messages) is bool(said)


def test_nothing_is_said_of_ordinary_labels(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    check(make_articles(60), tmp_path)
    assert not caplog.messages
