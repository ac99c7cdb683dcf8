"""The pool: its rows, and copies in it."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from classifier.articles.article import Article
from classifier.errors import InputError
from classifier.jobs.next.unlabelled import copies, read_pool

JUDGE: Any = SimpleNamespace(columns={}, date_format=None, pair=False)


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


def test_what_predict_added_is_left_out(tmp_path: Path) -> None:
    record = {
        "text": "Rain.",
        "desk": "home",
        "score_of_the_match": 3,
        "label": "news",
        "score": 0.9,
        "scores": [{"label": "news", "score": 0.9}, {"label": "satire", "score": 0.1}],
        "score_news": 0.9,
        "score_satire": 0.1,
        "predicted_by": "first (3f9a2c1b7d04)",
    }
    (tmp_path / "labels.jsonl").write_text(json.dumps(record) + "\n")
    rows, (article,) = read_pool(JUDGE, [str(tmp_path / "labels.jsonl")], {}, None)
    assert [list(row) for row in rows] == [["id", "text", "desk", "score_of_the_match"]]
    assert dict(article.extra) == {"desk": "home", "score_of_the_match": 3}
    del record["predicted_by"]  # a table of its own, not of predict
    (tmp_path / "own.jsonl").write_text(json.dumps(record) + "\n")
    assert "score_news" in read_pool(JUDGE, [str(tmp_path / "own.jsonl")], {}, None)[0][0]


def test_rows_that_predict_could_not_label_are_left_out_and_no_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    head, good = "text,label,score,error\n", "Rain.,news,0.9,\n"
    (tmp_path / "labels.csv").write_text(head + good + ",,,a.csv:3: text is empty\n" * 5)
    rows, articles = read_pool(JUDGE, [str(tmp_path / "labels.csv")], {}, None)
    assert [article.text for article in articles] == ["Rain."]
    assert len(rows) == 1
    assert "5 rows that predict could not label left out: " in caplog.text
    assert "labels.csv:3, " in caplog.text and "labels.csv:6" not in caplog.text
    (tmp_path / "labels.csv").write_text(head + good + ",news,0.9,\n")
    with pytest.raises(InputError, match=r"labels\.csv:3: text is empty"):
        read_pool(JUDGE, [str(tmp_path / "labels.csv")], {}, None)


def test_a_row_that_predict_refused_is_left_out_although_it_has_a_text(tmp_path: Path) -> None:
    head, good = "text,label,score,predicted_by,error\n", "Rain.,news,0.9,first,\n"
    (tmp_path / "labels.csv").write_text(f"{head}{good}A caf\ufffd.,,,,a.csv:3: byte 0xe9\n", encoding="utf-8")
    _, articles = read_pool(JUDGE, [str(tmp_path / "labels.csv")], {}, None)
    assert [article.text for article in articles] == ["Rain."]
    (tmp_path / "own.csv").write_text("text,error\nRain.,a typo\n", encoding="utf-8")
    assert len(read_pool(JUDGE, [str(tmp_path / "own.csv")], {}, None)[1]) == 1
