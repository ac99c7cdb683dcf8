"""Labelled articles of other files: their columns are known as in predict."""

import json
from pathlib import Path
from typing import Any

import pytest

from classifier.articles.article import Article
from classifier.articles.checked import checked
from classifier.articles.new_articles import open_sources, read_unlabelled
from classifier.config import DataConfig
from classifier.config_file import make_config
from classifier.errors import InputError
from classifier.jobs.other_articles import but_labels, of_other, read_other
from classifier.models.model_folder import ModelInfo

TEXTS = ["The council met.", "We should be ashamed."]


def info(columns: dict[str, str], *, pair: bool = False) -> ModelInfo:
    return ModelInfo(("a", "b"), False, pair, "mean", 128, 2, 0, "head", False, "encoder", "0", columns=columns)


def read(
    path: Path, trained: dict[str, Any], given: dict[str, Any] | None = None, *, pair: bool = False
) -> list[Article]:
    given = given or {}
    training = {f"data.columns.{key}": name for key, name in trained.items()}
    data: DataConfig = make_config({}, {**training, **but_labels(given)}).data
    return checked(read_other(path, of_other(data, given), given, info(trained, pair=pair)), str(path))


def predicted(path: Path, trained: dict[str, Any], given: dict[str, str], *, pair: bool) -> list[Article]:
    named = {key.removeprefix("data.columns."): name for key, name in given.items()}
    with open_sources([str(path)], "utf-8", None) as sources:
        found = [article for _, article in read_unlabelled(sources, named, pair=pair, trained=trained)]
    return [article for article in found if isinstance(article, Article)]


@pytest.mark.parametrize(
    ("columns", "trained", "given", "pair"),
    [
        (["text", "label"], {}, {}, False),
        (["Text", "Label"], {}, {}, False),
        (["text", "label"], {"text": "Body", "label": "genre"}, {}, False),  # the file has none of training's names
        (["Body", "text", "label"], {"text": "Body"}, {}, False),
        (["BODY", "label"], {"text": "Body"}, {}, False),
        (["Body", "text", "other", "label"], {"text": "Body"}, {"data.columns.text": "other"}, False),
        (["headline", "text", "label"], {}, {}, False),
        (["Kopf", "text", "title", "label"], {"title": "Kopf"}, {}, False),
        (["claim", "text", "label"], {}, {}, True),
        (["These", "claim", "text", "label"], {"target": "These"}, {}, True),
        (["claim", "text", "label"], {"target": "These"}, {}, True),
        (["id", "source", "date", "text", "label"], {"id": "number", "source": "outlet"}, {}, False),
    ],
)
@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_evaluate_and_predict_read_the_same(
    tmp_path: Path, columns: list[str], trained: dict[str, str], given: dict[str, str], pair: bool, kind: str
) -> None:
    rows = [
        {name: "a" if name.lower() == "label" else f"{text} {name} {i}" for name in columns}
        for i, text in enumerate(TEXTS)
    ]
    path = tmp_path / f"a.{kind}"
    lines = [",".join(columns), *(",".join(row.values()) for row in rows)]
    path.write_text("\n".join(lines if kind == "csv" else map(json.dumps, rows)) + "\n")
    known = {key: name for key, name in trained.items() if key != "label"}
    mine, theirs = read(path, trained, given, pair=pair), predicted(path, known, given, pair=pair)
    parts = ("id", "text", "title", "target", "source", "date")
    assert [[getattr(one, part) for part in parts] for one in mine] == [
        [getattr(one, part) for part in parts] for one in theirs
    ]
    assert len(mine) == 2 and all(article.labels == ("a",) for article in mine)


def test_a_name_that_is_given_must_be_there(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,label\nx y,a\n")
    with pytest.raises(InputError, match="no column 'inhalt' for the text"):
        read(tmp_path / "a.csv", {}, {"data.columns.text": "inhalt"})


def test_a_missing_claim_is_said_in_the_words_of_predict(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,label\nx y,a\n")
    with pytest.raises(InputError) as mine:
        read(tmp_path / "a.csv", {}, pair=True)
    with pytest.raises(InputError) as theirs:
        predicted(tmp_path / "a.csv", {}, {}, pair=True)
    assert str(mine.value) == str(theirs.value)
    assert "has no column for it" in str(mine.value)


def test_labels_may_be_written_in_another_way_than_in_training(tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("text,label\nx y,b\n")
    (tmp_path / "each.csv").write_text("text,a,b\nx y,0,1\n")
    for name, trained, given in (
        ("one.csv", {"labels": ["a", "b"]}, {}),
        ("one.csv", {"labels": ["a", "b"]}, {"data.columns.label": "label"}),
        ("each.csv", {"labels": ["a", "b"]}, {}),
        ("each.csv", {"label": "genre"}, {"data.columns.labels": ["a", "b"]}),
    ):
        [article] = read(tmp_path / name, trained, given)
        assert article.labels == ("b",)


def test_what_predict_wrote_is_no_truth(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("text,original_label,label,score,predicted_by\nx y,b,a,0.5,m (00aa11bb22cc)\n")
    for trained in ({}, {"label": "label"}):
        with pytest.raises(InputError, match=r"holds predictions, not true labels"):
            read(tmp_path / "p.csv", trained)
    [article] = read(tmp_path / "p.csv", {}, {"data.columns.label": "original_label"})
    assert article.labels == ("b",)
