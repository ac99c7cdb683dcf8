"""Votes of several annotators: majority, ties, agreement, columns."""

import json
import sys
from collections import Counter

import pytest

from classifier.articles.annotators import (
    Agreement,
    annotate,
    from_columns,
    is_tied,
    majority_labels,
    say_lost,
    say_spellings,
    summarise,
    vote_of,
)
from classifier.articles.article import Article
from classifier.articles.label_cells import LabelProblem
from classifier.articles.missing import missing_words
from classifier.errors import InputError

ARTICLE = Article(id="a", text="The council met.", extra={"page": 3}, where="x.csv:2")


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        ({"anna": ("x",), "ben": ("x",), "cem": ("y",)}, ("x",)),
        ({"anna": ("x",), "ben": ("y",), "cem": ("z",), "dan": ("y",)}, ("y",)),
        ({"anna": ("x",)}, ("x",)),
        ({"anna": ("x",), "ben": ("y",)}, None),
        ({"anna": ("x",), "ben": ("y",), "cem": ("x",), "dan": ("y",), "eve": ("z",)}, None),
        ({}, None),
    ],
)
def test_one_label_wins_by_most_votes_and_a_tie_by_none(
    votes: dict[str, tuple[str, ...]], expected: tuple[str, ...] | None
) -> None:
    assert majority_labels(votes, multi_label=False) == expected
    assert is_tied(votes, multi_label=False) is (expected is None and bool(votes))


@pytest.mark.parametrize(
    ("votes", "expected", "tied"),
    [
        ({"anna": ("x", "y"), "ben": ("y",), "cem": ()}, ("y",), False),
        ({"anna": ("y", "x"), "ben": ("x", "y")}, ("x", "y"), False),
        ({"anna": ("x", "y"), "ben": ("x",)}, ("x",), True),
        ({"anna": ("x",), "ben": ()}, (), True),
        ({"anna": (), "ben": ()}, (), False),
    ],
)
def test_several_labels_need_more_than_half(
    votes: dict[str, tuple[str, ...]], expected: tuple[str, ...], tied: bool
) -> None:
    assert majority_labels(votes, multi_label=True) == expected
    assert is_tied(votes, multi_label=True) is tied


def test_spellings_of_a_label_are_one_vote() -> None:
    votes = {"anna": ("Satire",), "ben": ("satire",), "cem": ("satire\u200b",), "dan": ("satire",), "eve": ("news",)}
    assert majority_labels(votes, multi_label=False) == ("satire",)
    assert not is_tied({"anna": ("Satire",), "ben": ("satire",)}, multi_label=False)
    assert majority_labels({"anna": ("Satire",), "ben": ("satire",)}, multi_label=False) == ("Satire",)
    several = {"anna": ("X", "y"), "ben": ("x", "X"), "cem": ("z",)}
    assert majority_labels(several, multi_label=True) == ("X",)
    assert not is_tied(several, multi_label=True)
    assert is_tied({"anna": ("X",), "ben": ("x",), "cem": ("y",), "dan": ("Y",)}, multi_label=False)


def test_labels_with_several_spellings_are_named(caplog: pytest.LogCaptureFixture) -> None:
    say_spellings(Counter({"satire": 3, "Satire": 1, "news": 2}))
    assert [record.getMessage() for record in caplog.records] == [
        "annotators spell 1 label in several ways: 'satire' (3 ×) = 'Satire' (1 ×)"
    ]
    caplog.clear()
    say_spellings(Counter({"satire": 3, "news": 2}))
    assert not caplog.records


def test_agreement_does_not_depend_on_the_spelling() -> None:
    plain = [{"a": ("x",), "b": ("x",)}, {"a": ("y",), "b": ("y",)}, {"a": ("x",), "b": ("y",)}]
    spelt = [{"a": ("X",), "b": ("x ",)}, {"a": ("y",), "b": ("Y",)}, {"a": ("x",), "b": ("y",)}]
    for multi_label in (False, True):
        assert summarise(spelt, multi_label) == summarise(plain, multi_label)


def test_an_annotated_article_carries_its_votes_as_json() -> None:
    votes = {"anna": ("x",), "ben": ("y",), "cem": ("x",)}
    article = annotate(ARTICLE, votes, multi_label=False)
    assert article.labels == ("x",)
    assert article.extra == {"page": 3, "annotations": {"anna": "x", "ben": "y", "cem": "x"}}
    several = annotate(ARTICLE, {"anna": ("x", "y"), "ben": ()}, multi_label=True)
    assert several.extra["annotations"] == {"anna": ["x", "y"], "ben": []}
    for one in (article, several):
        as_text = Article(id="a", text="t", extra={"annotations": json.dumps(one.extra["annotations"])})
        found, original = vote_of(as_text), vote_of(one)
        assert found and original and found.labels == original.labels
    assert vote_of(ARTICLE) is None
    assert vote_of(Article(id="a", text="t", extra={"annotations": "none of those"})) is None


def test_a_row_of_a_struct_column_has_none_for_those_who_did_not_annotate() -> None:
    vote = vote_of(Article(id="a", text="t", extra={"annotations": {"anna": "x", "ben": None}}))
    assert vote is not None and vote.labels == {"anna": ("x",)}


def test_alpha_is_krippendorffs() -> None:
    """The worked example of Krippendorff, 2011, part C: four observers, twelve units, missing data: nominal .743."""
    data = [
        "1 2 3 3 2 1 4 1 2 . . .",
        "1 2 3 3 2 2 4 1 2 5 . 3",
        ". 3 3 3 2 3 4 2 2 5 1 .",
        "1 2 3 3 2 4 4 1 2 5 1 .",
    ]
    rows = [row.split() for row in data]
    units = [{f"rater{r}": (row[i],) for r, row in enumerate(rows) if row[i] != "."} for i in range(12)]
    assert summarise(units, multi_label=False).alpha == pytest.approx(0.743, abs=5e-4)


def test_alpha_of_several_labels_is_the_mean_over_the_labels_that_vary() -> None:
    votes = [
        {"a": ("x", "y"), "b": ("x",)},
        {"a": ("y",), "b": ("y",)},
        {"a": ("x",), "b": ("x", "y")},
        {"a": (), "b": ()},
    ]
    # x: no disagreement: 1. y: half yes, half no, and 4 of 8 answers meet the other one: 1 - (4 / 8) / (32 / 56)
    assert summarise(votes, multi_label=True).alpha == pytest.approx((1 + 0.125) / 2)
    always_both = [{name: (*labels, "z") for name, labels in unit.items()} for unit in votes]
    assert summarise(always_both, multi_label=True).alpha == pytest.approx((1 + 0.125) / 2)


@pytest.mark.parametrize(
    "votes",
    [
        [],
        [{"a": ("x",)}, {"b": ("y",)}],
        [{"a": ("x",), "b": ("x",)}, {"a": ("x",), "b": ("x",)}],
        [{"a": ("x",), "b": ("x",)}, {"a": ("y",)}],
    ],
)
def test_no_alpha_without_overlap_or_variation(votes: list[dict[str, tuple[str, ...]]]) -> None:
    assert summarise(votes, multi_label=False).alpha is None
    assert summarise(votes, multi_label=True).alpha is None


def test_a_summary_counts_in_one_pass() -> None:
    votes = [
        {"anna": ("x",), "ben": ("x",)},
        {"anna": ("x",), "ben": ("y",)},
        {"anna": ("y",), "ben": ("y",), "cem": ("y",)},
        {"cem": ("x",)},
    ]
    found = summarise(iter(votes), multi_label=False)
    assert found == Agreement(3, 3, 2, 1, summarise(votes, multi_label=False).alpha)
    assert found.alpha is not None and 0 < found.alpha < 1


def test_votes_that_make_no_label_are_said(caplog: pytest.LogCaptureFixture) -> None:
    votes = [{"anna": ("satire",), "ben": ("k.A.",)}, {"anna": ("opinion",), "ben": ("K.A.",)}, {"anna": ("Satire",)}]
    say_lost(votes, [("satire",), ("opinion",), ()], missing_words(None))
    assert "no article has in the end: 'k.A.' (1 ×), 'K.A.' (1 ×)." in caplog.text
    assert '--set \'data.missing=["usual", "k.A.", "K.A."]\'' in caplog.text
    caplog.clear()
    say_lost(votes[:1], [("satire",), ("k.A.",)], missing_words(None))
    assert not caplog.text


def test_the_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "krippendorff", None)
    with pytest.raises(InputError) as error:
        summarise([{"a": ("x",), "b": ("y",)}], multi_label=False)
    assert error.value.fix == "Install the extra: pip install 'article-classifier[annotators]'"
    assert summarise([{"a": ("x",)}], multi_label=False).alpha is None  # nothing to measure: not needed


@pytest.mark.parametrize(
    ("row", "multi_label", "expected"),
    [
        ({"anna": "x", "ben": " ", "cem": None}, False, {"anna": ("x",)}),
        ({"anna": "x", "ben": "y", "cem": 3}, False, {"anna": ("x",), "ben": ("y",), "cem": ("3",)}),
        ({"anna": "x; y", "ben": "y;x", "cem": float("nan")}, True, {"anna": ("x", "y"), "ben": ("y", "x")}),
        ({"anna": "['x']", "ben": "y", "cem": '["x", "z"]'}, True, {"anna": ("x",), "ben": ("y",), "cem": ("x", "z")}),
        (
            {"anna": "['x']", "ben": "[x, y]", "cem": ""},
            False,
            "ben looks like a list, but '[x, y]' cannot be read as one",
        ),
        ({"anna": [], "ben": ["x", "x"], "cem": None}, True, {"anna": (), "ben": ("x",)}),
        ({"anna": "", "ben": "", "cem": ""}, False, "no annotator gave a label ('anna', 'ben', 'cem' are empty)"),
        ({"anna": "x", "Ben": "y", "cem": ""}, False, "there is no column 'ben' for this annotator."),
        ({"anna": b"x", "ben": "", "cem": ""}, False, "anna must be a name. Got b'x' instead"),
        ({"anna": "x", "ben": ["x", "y"], "cem": ""}, False, 'ben has 2 labels: set data.task = "multi_label"'),
        ({"anna": "x\0", "ben": "", "cem": ""}, False, "anna holds a NUL byte"),
    ],
)
def test_a_column_per_annotator(row: dict[str, object], multi_label: bool, expected: object) -> None:
    found = from_columns(row, ["anna", "ben", "cem"], multi_label=multi_label, label_separator=";")
    if isinstance(expected, str):
        assert isinstance(found, LabelProblem) and found.what.startswith(expected)
    else:
        assert found == expected
