import shlex
from collections.abc import Sequence
from typing import Any

import pytest

from classifier.articles.label_columns import label_column, label_columns_fix, looks_like_labels, with_labels
from classifier.articles.missing import missing_words
from classifier.articles.plain_values import GivenLabels
from classifier.articles.readers.row import Row
from classifier.articles.rows import read_articles
from classifier.config_file import parse_settings
from classifier.errors import Fault, InputError


def read(rows: Sequence[dict[str, Any]], columns: Sequence[str], *, multi_label: bool) -> list[Row | Fault]:
    given = [Row(f"a.csv:{number}", values) for number, values in enumerate(rows, start=2)]
    return list(with_labels(given, columns, missing_words(None), multi_label=multi_label, file="a.csv"))


def labels(item: Row | Fault) -> Any:
    if isinstance(item, Fault):
        return item.what
    given = next(value for value in item.values.values() if isinstance(value, GivenLabels))
    return given.names


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("1", "0"), ("news",)),
        (("1", "1"), ("news", "Satire")),
        (("0", ""), ()),
        ((1.0, 0), ("news",)),
        (("1.0", "0.0"), ("news",)),
        ((True, False), ("news",)),
        (("TRUE", "FALSE"), ("news",)),
        (("x", ""), ("news",)),
        (("X ", None), ("news",)),
        (("✓", float("nan")), ("news",)),
        (("yes", "nan"), ("news",)),
        (("2", "0"), "news must be 0 or 1 (or true, false, x or empty). Got '2' instead"),
        ((0.5, 0), "news must be 0 or 1 (or true, false, x or empty). Got '0.5' instead"),
    ],
)
def test_marks(cells: tuple[Any, Any], expected: Any) -> None:
    row = {"text": "Rain.", "news": cells[0], "satire": cells[1]}
    assert labels(read([row], ["news", "Satire"], multi_label=True)[0]) == expected


def test_one_label_needs_one_mark() -> None:
    rows = [{"text": "Rain.", "a": a, "b": b} for a, b in ((1, 0), (1, 1), (0, 0))]
    found = read(rows, ["a", "b"], multi_label=False)
    assert [labels(item) for item in found] == [
        ("a",),
        "has 2 labels ('a', 'b'): set data.task = \"multi_label\" if articles have several labels",
        "has none of the labels 'a', 'b'",
    ]


@pytest.mark.parametrize("multi_label", [False, True])
def test_articles_have_these_labels_and_no_such_columns(multi_label: bool) -> None:
    rows = read([{"text": "Rain fell.", "a": "1", "b": "0", "page": "3"}], ["a", "b"], multi_label=multi_label)
    named = {"label": label_column(["a", "b"])}
    (article,) = read_articles(rows, named, labelled=True, multi_label=multi_label)
    assert not isinstance(article, Fault)
    assert (article.labels, dict(article.extra)) == (("a",), {"page": "3"})


def test_a_missing_column_is_named() -> None:
    with pytest.raises(InputError) as error:
        read([{"text": "Rain.", "economy": "1"}], ["economi", "sport"], multi_label=True)
    assert [fault.what for fault in error.value.faults] == [
        "there is no column 'economi' for this label. Did you mean 'economy'?",
        "there is no column 'sport' for this label.",
    ]


def test_two_columns_that_one_label_could_mean_are_named() -> None:
    with pytest.raises(InputError, match=r"^1 label cannot be found") as error:
        read([{"text": "Rain.", "News": "1", "NEWS": "0", "sport": "1"}], ["news", "sport"], multi_label=True)
    assert [fault.what for fault in error.value.faults] == [
        "the columns 'News' and 'NEWS' could all be those of the label 'news'"
    ]


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([{"text": "x", "a": "1", "b": "0"}, {"text": "y", "a": "", "b": "x"}], ["a", "b"]),
        ([{"text": "x", "a": "1", "b": "7"}], []),
        ([{"text": "x", "a": str(n % 2), "b": True, "c": str(n)} for n in range(40)] + [{"a": "7"}], ["a", "b"]),
        ([{"text": "x", "a": "0", "b": "0"}], []),
        ([{"text": "x", "a": "1", "id": "1"}], []),
    ],
)
def test_columns_that_look_like_labels(rows: list[dict[str, Any]], found: list[str]) -> None:
    assert looks_like_labels([Row("a.csv:2", row) for row in rows]) == found


def test_the_message_for_a_missing_label_column_says_how_to_name_several() -> None:
    rows = [Row(f"a.csv:{n}", {"text": "Rain fell.", "a": str(n), "b": str(1 - n)}) for n in (0, 1)]
    with pytest.raises(InputError) as error:
        list(read_articles(rows, {}, labelled=True))
    assert error.value.fix.startswith(label_columns_fix(["a", "b"], rows))
    assert error.value.fix.endswith("Or name the column of labels: --set data.columns.label=NAME")
    assert '\'data.columns.labels=["a", "b"]\'' in error.value.fix
    option, setting = shlex.split(label_columns_fix(["don't know", 'so "called"'], rows))[-2:]
    assert option == "--set"
    assert parse_settings([setting]) == {"data.columns.labels": ["don't know", 'so "called"']}
    plain = [Row("a.csv:2", {"text": "Rain fell.", "page": "7"})]
    with pytest.raises(InputError) as error:
        list(read_articles(plain, {}, labelled=True))
    assert "columns.labels" not in error.value.fix


@pytest.mark.parametrize(("several", "task"), [(0, False), (1, False), (20, True)])
def test_rows_with_several_labels_are_another_task(several: int, task: bool) -> None:
    rows = [Row("a.csv", {"a": 1, "b": int(n < several)}) for n in range(40)]
    assert label_columns_fix(["a", "b"], rows).endswith(" --set data.task=multi_label") is task


def test_a_bad_mark_is_named_with_the_id_of_its_row() -> None:
    rows = read([{"Id": 5.0, "text": "Rain fell.", "a": "7", "b": "1"}], ["a", "b"], multi_label=False)
    (fault,) = read_articles(rows, {"label": label_column(["a", "b"])}, labelled=True)
    assert isinstance(fault, Fault)
    assert fault.id == "5"


@pytest.mark.parametrize(
    ("kinds", "outlets", "named"),
    [
        (["news", "satire"], ["a", "b", "c"], "NAME"),  # either may be meant
        (["news", "satire"], [f"outlet {n}" for n in range(40)], "kind"),
        (["news"], [f"outlet {n}" for n in range(40)], "NAME"),
        ([f"A title of its own, {n}." for n in range(40)], [f"outlet {n}" for n in range(40)], "NAME"),
    ],
)
def test_the_column_that_looks_like_the_labels_is_named(kinds: list[str], outlets: list[str], named: str) -> None:
    rows = [
        Row(
            f"a.csv:{n}",
            {"text": f"Text number {n}.", "kind": kinds[n % len(kinds)], "desk": outlets[n % len(outlets)]},
        )
        for n in range(40)
    ]
    with pytest.raises(InputError) as error:
        list(read_articles(rows, {}, labelled=True))
    assert error.value.fix.endswith(f"--set data.columns.label={named}")
