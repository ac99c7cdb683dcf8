from typing import Any

import pytest

from classifier.articles.article import Article
from classifier.articles.missing import missing_words
from classifier.dataset.group_columns import GroupedParts, read_groups
from classifier.errors import Fault, InputError


def groups(asked: str, *values: dict[str, Any], **named: str) -> tuple[str, list[Any]]:
    """The column that is found, and its value in each article."""
    own = ("source", "author", "target")
    articles = [
        Article(
            str(number),
            "words here",
            **{name: value for name, value in row.items() if name in own},
            extra={name: value for name, value in row.items() if name not in own},
        )
        for number, row in enumerate(values)
    ]
    found = read_groups({"all": iter(articles)}, {"split.group_by": [asked]}, named, missing_words(None))
    [column] = found.columns["split.group_by"]
    return column, [item.column(column) for item in found.parts["all"] if isinstance(item, Article)]


@pytest.mark.parametrize(
    ("asked", "row", "named", "column"),
    [
        ("Source", {"source": "bbc"}, {}, "source"),
        ("Outlet", {"source": "bbc"}, {"source": "Outlet"}, "source"),
        ("PUB", {"pub": "bbc"}, {}, "pub"),
        ("pub", {"pub": "bbc", "Pub": "cnn"}, {}, "pub"),
        ("claim", {"target": "it rains"}, {}, "target"),
        ("claim", {"claim": "it rains", "target": "x"}, {}, "claim"),
        ("month", {"pub": "bbc"}, {}, "month"),  # is refused later, with the names that are there
    ],
)
def test_a_group_is_found_by_a_name_that_differs_in_case_or_by_what_the_column_became(
    asked: str, row: dict[str, Any], named: dict[str, str], column: str
) -> None:
    assert groups(asked, row, **named)[0] == column


def test_two_columns_that_could_be_meant_are_refused() -> None:
    with pytest.raises(InputError, match="'Pub', 'pub' could all be meant"):
        groups("PUB", {"Pub": "bbc", "pub": "cnn"})


def test_a_word_for_a_missing_value_is_no_group_and_a_float_is_the_whole_number(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rows = [{"pub": value} for value in ("3.0", 3, "nan", 4.0, "NULL", None)]
    assert groups("pub", *rows) == ("pub", ["3", 3, None, 4, None, None])
    assert "pub 'nan' (1 ×), 'NULL' (1 ×)" in caplog.text
    assert groups("pub", {"pub": "3.0"}, {"pub": "web"})[1] == ["3.0", "web"]


def with_columns(*rows: dict[str, str]) -> GroupedParts:
    return read_groups({"all": [Article("1", "x", extra=row) for row in rows]}, {}, {}, missing_words(None))


def test_a_column_that_holds_the_names_of_splits_is_known() -> None:
    assert with_columns({"set": "TRAIN"}, {"set": "dev"}, {"set": "test"}).split_like == "set"
    assert with_columns({"set": "train"}, {"set": "train"}).split_like is None
    assert with_columns({"set": "train"}, {"set": "test"}, {"set": "other"}).split_like is None
    assert with_columns({"set": "train", "split": "a"}, {"set": "test"}).split_like is None


def test_faults_pass_in_their_place() -> None:
    fault = Fault("a.csv:2", "text is empty")
    parts = {"all": [fault, Article("1", "x", extra={"pub": "nan"})]}
    found = read_groups(parts, {"split.group_by": ["pub"]}, {}, missing_words(None))
    first, second = found.parts["all"]
    assert first is fault
    assert isinstance(second, Article)
    assert second.extra == {"pub": None}
