"""Everything that a program may give as texts is read in order, and what cannot be read is refused at once."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from datasets import Dataset

from classifier.articles.article import Article
from classifier.articles.given_texts import given_articles, given_labels, read_given
from classifier.errors import InputError

TEXTS = ["The council voted.", "We should be ashamed.", "The moon is cheese."]
NAN = float("nan")


@pytest.mark.parametrize(
    "make",
    [
        list,
        tuple,
        iter,
        dict.fromkeys,
        np.array,
        lambda texts: np.array(texts, dtype=object),
        pd.Series,
        lambda texts: pd.Series(texts, index=["x", "y", "z"]),
        lambda texts: pd.Series(texts, dtype="string"),
        lambda texts: pd.Series(texts, dtype="category"),
        lambda texts: pd.DataFrame({"text": texts})["text"],
        pd.Index,
        pl.Series,
        lambda texts: pl.Series(texts, dtype=pl.Categorical),
        pa.array,
        lambda texts: Dataset.from_dict({"text": texts})["text"],
        lambda texts: [Article("", text) for text in texts],
        lambda texts: [{"text": text, "label": "x"} for text in texts],
        lambda texts: pd.DataFrame({"text": texts}).to_dict("records"),
        lambda texts: pl.DataFrame({"Text": texts}).to_dicts(),
        lambda texts: Dataset.from_dict({"text": texts}),
    ],
)
def test_texts_are_read_in_their_order(make: Callable[[list[str]], Any]) -> None:
    given = make(TEXTS)
    if isinstance(given, dict):
        given = given.keys()
    found = given_articles(given, pair=False)
    assert [article.text for article in found] == TEXTS
    assert {type(article.text) for article in found} == {str}


@pytest.mark.parametrize("empty", [[], np.array([]), pd.Series(dtype=object), pl.Series([], dtype=pl.String)])
@pytest.mark.parametrize("pair", [False, True])
def test_no_texts_are_no_articles(empty: Any, pair: bool) -> None:
    assert given_articles(empty, pair=pair) == []


BAD = [None, NAN, "", "  \n", 7, b"bytes", "half \ud800"]


@pytest.mark.parametrize(
    ("given", "bad"),
    [
        (["good", *BAD], range(1, 8)),
        (np.array(["good", *BAD], dtype=object), range(1, 8)),
        (pd.Series(["good", *BAD]), range(1, 8)),
        (pd.Series(["good", None, "", pd.NA], dtype="string"), (1, 2, 3)),
        (pl.Series(["good", None, ""]), (1, 2)),
        (np.array([1.5, 2.5]), (0, 1)),
        ([Article("", "good"), Article("", ""), Article("", NAN), "a text"], (1, 2, 3)),  # type: ignore[arg-type]
        ([{"text": "good"}, {"text": None}, {"text": NAN}, {"title": "A"}, {"text": 7}, "a text", None], range(1, 7)),
        (["good", Article("", "good too"), {"text": "good too"}], (1, 2)),
    ],
)
def test_all_bad_entries_are_named_by_their_positions(given: Any, bad: Any) -> None:
    with pytest.raises(InputError, match="cannot be read") as error:
        given_articles(given, pair=False)
    places = [fault.where.partition(".")[0] for fault in error.value.faults]
    assert places == [f"texts[{position}]" for position in bad]


def test_an_index_is_named_where_it_is_not_the_default_one() -> None:
    given = pd.Series(["good", None, "x"], index=["a", "b", "c"])
    with pytest.raises(InputError, match=r"texts\[1\] \(index 'b'\)"):
        given_articles(given, pair=False)
    with pytest.raises(InputError, match=r"texts\[0\] \(index 1\)"):
        given_articles(given.reset_index(drop=True)[1:], pair=False)


@pytest.mark.parametrize(
    ("given", "message", "fix"),
    [
        ("one text", "one string", r"predict\(\[text\]\)"),
        (b"one text", "one bytes", "into a list"),
        (Article("", "one"), "one Article", r"predict\(\[article\]\)"),
        ({"text": "one"}, "one dict", r"predict\(\[article\]\)"),
        (pd.DataFrame({"text": TEXTS}), "whole DataFrame", r"classifier\.predict\(model, frame\)"),
        (pl.DataFrame({"text": TEXTS}), "whole DataFrame", r"predict\(frame\[\"text\"\]\)"),
        (np.array([TEXTS]), r"shape \(1, 3\)", "one column"),
        (np.array("one"), r"shape \(\)", "one column"),
        (set(TEXTS), "a set", "sorted"),
        (None, "NoneType", "list of texts"),
        (7, "int", "list of texts"),
    ],
)
def test_what_is_no_list_of_texts_is_refused(given: Any, message: str, fix: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        given_articles(given, pair=False)
    assert error.match(f"Fix: .*{fix}")


CLAIMS = ["The bridge is closed.", "All is well.", "The moon is made of cheese."]


@pytest.mark.parametrize(
    ("texts", "targets"),
    [
        (TEXTS, CLAIMS),
        (pd.Series(TEXTS), pd.Series(CLAIMS)),
        (np.array(TEXTS), pl.Series(CLAIMS)),
        ([Article("", text) for text in TEXTS], CLAIMS),
        ([{"text": text} for text in TEXTS], CLAIMS),
        ([Article("", text, target=claim) for text, claim in zip(TEXTS, CLAIMS, strict=True)], None),
        ([{"text": text, "target": claim} for text, claim in zip(TEXTS, CLAIMS, strict=True)], None),
        ([{"text": text, "claim": claim} for text, claim in zip(TEXTS, CLAIMS, strict=True)], None),
    ],
)
def test_pairs_get_their_targets(texts: Any, targets: Any) -> None:
    assert [a.target for a in given_articles(texts, targets, pair=True)] == CLAIMS


@pytest.mark.parametrize(
    ("texts", "targets", "pair", "message"),
    [
        (TEXTS, CLAIMS, False, "takes no targets"),
        (TEXTS, None, True, "needs targets"),
        (TEXTS, CLAIMS[:2], True, "2 targets for 3 texts"),
        (TEXTS, "one", True, "targets must be a list"),
        (TEXTS, [None, "", "x"], True, r"(?s)2 entries of 3.*targets\[0\] is|targets\[0\]: is missing"),
        ([Article("", "t", target="a")], ["b"], True, r"texts\[0\] has a target too"),
        ([{"text": "t", "target": "a"}], ["b"], True, r"texts\[0\] has a target too"),
        ([Article("", "t")], None, True, r"texts\[0\].target: is missing"),
        ([{"text": "t"}], None, True, r"no column 'target'"),
        ([{"text": "t", "target": "a"}, {"text": "t"}], None, True, r"texts\[1\]: target is empty"),
    ],
)
def test_targets_that_do_not_fit_are_refused(texts: Any, targets: Any, pair: bool, message: str) -> None:
    with pytest.raises(InputError, match=message):
        given_articles(texts, targets, pair=pair)


def test_a_model_of_single_texts_reads_no_targets() -> None:
    assert given_articles([Article("", "t", target="a")], pair=False)[0].target is None
    [article] = given_articles([{"text": "t", "headline": "A title"}], pair=False)
    assert (article.target, article.title) == (None, "A title")  # as in a file


def test_mappings_are_read_like_rows_of_a_file() -> None:
    rows = [{"body": "A text.", "title": "A title", "x": 1}, {"body": "More.", "title": NAN}]
    found = given_articles(rows, pair=False, trained={"text": "body", "source": "outlet"})
    assert [(article.text, article.title) for article in found] == [("A text.", "A title"), ("More.", None)]
    with pytest.raises(InputError, match=r"(?s)no column 'text'.*'body'.*Fix: Give mappings such as \{\"text\""):
        given_articles(rows, pair=False)


@pytest.mark.parametrize(
    "bad", [None, NAN, np.float64("nan"), pd.NA, pd.NaT, "", " \n", 7, b"x", "nan", "N/A", "http://a.b/c"]
)
def test_an_entry_without_a_text_is_refused_or_kept_in_its_place(bad: Any, caplog: pytest.LogCaptureFixture) -> None:
    given = ["good", bad, "good too", bad]
    with pytest.raises(InputError, match="2 entries of 4 texts cannot be read") as error:
        given_articles(given, pair=False)
    assert [fault.where for fault in error.value.faults] == ["texts[1]", "texts[3]"]
    assert error.match(r'on_error="keep"')
    kept = read_given(given, pair=False, on_error="keep")
    assert [None if article is None else article.text for article in kept.entries] == ["good", None, "good too", None]
    assert kept.positions == [0, 2]
    assert "2 of 4 texts get no label: texts[1]: " in caplog.text
    caplog.clear()
    assert read_given(["good"], pair=False, on_error="keep").faults == ()
    assert not caplog.records


@pytest.mark.parametrize("bad", [None, NAN, pd.NA, "", 7, "nan"])
def test_so_is_one_without_a_target(bad: Any) -> None:
    with pytest.raises(InputError) as error:
        given_articles(["a text", "a text"], ["a claim", bad], pair=True)
    assert [fault.where for fault in error.value.faults] == ["targets[1]"]
    kept = read_given(["a text", "a text"], ["a claim", bad], pair=True, on_error="keep")
    assert [article and article.target for article in kept.entries] == ["a claim", None]
    for given in (
        [Article("", "a text", target="a claim"), Article("", "a text", target=bad)],
        [{"text": "a text", "target": "a claim"}, {"text": "a text", "target": bad}],
    ):
        if isinstance(bad, int) and isinstance(given[1], dict):
            continue  # in a table, a number may be a target
        assert read_given(given, pair=True, on_error="keep").positions == [0]  # type: ignore[arg-type]


@pytest.mark.parametrize("title", [NAN, pd.NA, pd.NaT, None])
def test_a_missing_title_is_none(title: Any) -> None:
    articles = [Article("", "good", title=title)]
    for given in (articles, [{"text": "good", "title": title}]):
        assert [article.title for article in given_articles(given, pair=False)] == [None]  # type: ignore[arg-type]
    assert given_articles([Article("", "good", title=1984)], pair=False)[0].title == "1984"  # type: ignore[arg-type]


def test_another_word_for_on_error_is_refused() -> None:
    for word in ("keeep", "fail", None):
        with pytest.raises(InputError, match="on_error is raise or keep"):
            read_given(["good"], pair=False, on_error=word)  # type: ignore[arg-type]


def test_names_of_labels_are_checked_too() -> None:
    assert given_labels(pd.Series(["a", "nan"])) == ["a", "nan"]  # a class may be called so
    with pytest.raises(InputError, match="2 entries of 3 labels") as error:
        given_labels(["a", NAN, None])  # type: ignore[list-item]
    assert [fault.where for fault in error.value.faults] == ["labels[1]", "labels[2]"]
    with pytest.raises(InputError, match=r"one string instead.\nFix: Put it into a list: labels=\[…\]"):
        given_labels("opinion")
