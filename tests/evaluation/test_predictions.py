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
from classifier.evaluation.predictions import PREDICTIONS, predictions_table, read_predictions
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
