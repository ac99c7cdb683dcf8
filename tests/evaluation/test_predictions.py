from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from classifier.articles.article import Article
from classifier.articles.labels import LabelSet
from classifier.errors import InputError
from classifier.evaluation.groups import group_articles
from classifier.evaluation.predictions import (
    PREDICTIONS,
    known_share,
    predictions_table,
    read_predictions,
    stored_groups,
)
from tests.makers.predictions import made_articles, made_table


def test_a_row_holds_what_is_known_of_its_article() -> None:
    articles = made_articles([0, 2], source=["x", None], desk=["home", "abroad"])
    seen: dict[str, Any] = {"source": {"x"}, "target": None}
    table = made_table(articles, np.array([0, 1]), tokens=np.array([7, 9]), seen=seen)
    first, second = table.to_pylist()
    assert (first["id"], first["label"], first["predicted"], first["tfidf"]) == ("id0", "a", "a", "a")
    assert (second["label"], second["predicted"], second["tokens"], second["desk"]) == ("c", "b", 9, "abroad")
    assert second["score"] == pytest.approx(0.8) == second["scores"][1]
    assert [(row["seen_source"], row["seen_target"]) for row in (first, second)] == [(True, None), (None, None)]
    assert table.schema.metadata[b"labels"] == b"a\nb\nc"


def test_several_labels_are_lists() -> None:
    labels = LabelSet(("a", "b"), multi_label=True)
    articles = [Article("1", "x", ("a", "b")), Article("2", "y", ())]
    predicted = np.array([[1, 0], [0, 0]])
    table = predictions_table(
        articles, labels, predicted.astype(np.float32), predicted, predicted, grouping=group_articles(articles)
    )
    assert table["label"].to_pylist() == [["a", "b"], []]
    assert table["predicted"].to_pylist() == [["a"], []]


def test_own_columns_are_kept_where_they_are_short_values() -> None:
    extras: list[dict[str, Any]] = [
        {"page": 3, "long": "x" * 501, "tags": ["a"], "mixed": 1, "label": "theirs"},
        {"page": None, "long": "y", "tags": [], "mixed": "two", "label": "theirs"},
    ]
    articles = [replace(a, extra=more) for a, more in zip(made_articles([0, 1]), extras, strict=True)]
    table = made_table(articles, np.array([0, 1]))
    assert table["page"].to_pylist() == [3, None]
    assert table["mixed"].to_pylist() == ["1", "two"]
    assert table["original_label"].to_pylist() == ["theirs", "theirs"]
    assert not {"long", "tags"} & set(table.column_names)


def test_they_are_read_back_and_a_damaged_file_is_named(tmp_path: Path) -> None:
    table = made_table(made_articles([0, 1]), np.array([0, 1]))
    pq.write_table(table, tmp_path / PREDICTIONS)
    assert read_predictions(tmp_path).equals(table)
    (tmp_path / PREDICTIONS).write_bytes(b"rubbish")
    with pytest.raises(InputError, match=r"predictions\.parquet' is damaged"):
        read_predictions(tmp_path)


def test_copies_of_one_text_with_one_target_have_one_number() -> None:
    texts = ["a storm", "A  storm", "a storm", "rain"]
    articles = [Article(str(row), text, ("a",), target="xxyx"[row]) for row, text in enumerate(texts)]
    proba = np.full((4, 2), 0.5, dtype=np.float32)
    grouping, codes = group_articles(articles), np.zeros(4, dtype=np.int64)
    copies = predictions_table(articles, LabelSet(("a", "b")), proba, codes, codes, grouping=grouping)["copies"]
    first, second, other_target, other_text = copies.to_pylist()
    assert first == second
    assert len({first, other_target, other_text}) == 3


def test_groups_are_stored_on_both_sides_of_crossed_pairs(tmp_path: Path) -> None:
    articles = made_articles([0, 1, 2, 0], source=["x", "x", "y", "y"], target=["p", "q", "p", "q"])
    plain = made_table(articles, np.zeros(4, dtype=np.int64), ["source"])
    assert stored_groups(plain)[1] is None
    crossed = made_table(articles, np.zeros(4, dtype=np.int64), ["source"], ["target"])
    pq.write_table(crossed, tmp_path / PREDICTIONS)
    one, other = stored_groups(read_predictions(tmp_path).take([3, 2, 1, 0]))
    assert one.tolist() == [1, 1, 0, 0]
    assert other is not None
    assert other.tolist() == [1, 0, 1, 0]


def test_a_column_of_the_articles_with_the_name_of_the_groups_is_not_taken_for_them() -> None:
    named = made_articles([0, 1], target=["p", "p"], target_group=[7, 8])
    plain = made_table(named, np.array([0, 1]))
    assert (plain["target_group"].to_pylist(), stored_groups(plain)[1]) == ([7, 8], None)
    crossed = made_table(named, np.array([0, 1]), crossed=["target"])
    assert crossed["original_target_group"].to_pylist() == [7, 8]
    assert crossed["target_group"].to_pylist() == [0, 0]


def test_the_share_of_known_targets_is_that_of_articles_with_one() -> None:
    articles = made_articles([0, 1, 2, 0], target=["p", "Q", None, "r"])
    table = made_table(articles, np.zeros(4, dtype=np.int64), seen={"source": None, "target": {"p", "q"}})
    assert known_share(table, "target") == pytest.approx(2 / 3)
    assert known_share(table, "source") is None
