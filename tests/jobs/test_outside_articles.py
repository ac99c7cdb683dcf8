"""Articles out of scope are read without labels, and what seems to be in scope is said."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from classifier.articles.article import Article
from classifier.errors import InputError
from classifier.evaluation.out_of_scope import OutsideArticles
from classifier.jobs.outside_articles import read_outside, warn_of_known_texts
from tests.makers.runs import make_model_info

INFO = replace(make_model_info(), labels=("opinion", "satire"), columns={"label": "genre"})


def write(path: Path, *rows: dict[str, object]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"text": "Rain.", "label": "weather"}, {"text": "Sun."}], None),
        ([{"text": "Rain.", "label": "Opinion "}, {"text": "Sun.", "label": "weather"}], "1 of the 2 articles"),
        ([{"text": "Rain.", "genre": "satire"}, {"text": "Sun.", "genre": "opinion"}], "2 of the 2 articles"),
        ([{"text": "Rain.", "section": "satire"}], None),  # another column
    ],
)
def test_labels_of_the_model_are_said_and_others_are_not_read(
    rows: list[dict[str, object]], said: str | None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    found = read_outside(write(tmp_path / "o.jsonl", *rows), {}, INFO)
    assert (found.name, [article.text for article in found.articles]) == ("o.jsonl", [row["text"] for row in rows])
    assert all(not article.labels for article in found.articles)
    warned = [record.getMessage() for record in caplog.records if "seem to be in scope" in record.getMessage()]
    assert len(warned) == (said is not None)
    assert said is None or said in warned[0]


def test_a_folder_of_texts_and_other_columns_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("Rain.")
    assert [article.text for article in read_outside(str(tmp_path / "texts"), {}, INFO).articles] == ["Rain."]
    file = write(tmp_path / "o.jsonl", {"body": "Sun.\nFollow us", "x": 1})
    stripped = replace(INFO, strip=("line:Follow us",))
    [article] = read_outside(file, {"data.columns.text": "body"}, stripped).articles
    assert article.text.strip() == "Sun."


def test_all_bad_rows_are_said_at_once_and_standard_input_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path / "o.jsonl", {"text": ""}, {"text": "Rain."}, {"text": None})
    with pytest.raises(InputError, match="2 bad rows") as caught:
        read_outside(file, {}, INFO)
    assert [fault.where.rsplit(":", 1)[-1] for fault in caught.value.faults] == ["1", "3"]
    with pytest.raises(InputError, match="takes a file or a folder"):
        read_outside("-", {}, INFO)
    with pytest.raises(InputError, match="no file"):
        read_outside(str(tmp_path / "none.jsonl"), {}, INFO)


def test_texts_that_have_a_label_elsewhere_are_said(caplog: pytest.LogCaptureFixture) -> None:
    outside = OutsideArticles("o.jsonl", [Article("1", "Rain  fell."), Article("2", "Sun.")])
    warn_of_known_texts(outside, [Article("3", "rain fell."), Article("4", "Snow.")], "the articles of training")
    assert "1 of the 2 articles of 'o.jsonl' are among the articles of training" in caplog.text
    caplog.clear()
    warn_of_known_texts(outside, [Article("4", "Snow.")], "the articles of training")
    assert not caplog.records
