"""The pool: its rows, and copies in it."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from classifier.articles.article import Article
from classifier.errors import InputError
from classifier.jobs.next.unlabelled import copies, read_pool

JUDGE: Any = SimpleNamespace(columns={}, pair=False)


def test_near_copies_and_targets() -> None:
    words = " ".join(f"w{i}" for i in range(60))
    pool = [Article("1", words + " end", target="x"), Article("2", words, target="y"), Article("3", "other words here")]
    known = [Article("k", words, target="x")]
    assert copies(pool, known, 0.8, pair=False)[0].tolist() == [True, True, False]
    assert copies(pool, known, 0.8, pair=True)[0].tolist() == [True, False, False]
    assert copies(pool, known, None, pair=False)[0].tolist() == [False, True, False]


def test_rows_keep_their_columns_and_get_an_id_where_they_have_none(tmp_path: Path) -> None:
    file = tmp_path / "pool.jsonl"
    file.write_text("".join(json.dumps({"body": f"Text {i}.", "rank": i}) + "\n" for i in range(3)))
    rows, articles = read_pool(JUDGE, [str(file)], {"data.columns.text": "body", "train.seed": 3}, None)
    assert [article.text for article in articles] == ["Text 0.", "Text 1.", "Text 2."]
    assert [list(row) for row in rows] == [["id", "body", "original_rank"]] * 3  # rank is added later
    with pytest.raises(InputError, match=r"data\.columns\.txt"):
        read_pool(JUDGE, [str(file)], {"data.columns.txt": "body"}, None)
