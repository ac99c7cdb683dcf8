"""The worst errors are those that a plain loop over all labels finds; the model is not trained."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifier.evaluation.error_list import ErrorList
from classifier.evaluation.worst_errors import worst_errors
from classifier.files import read_json_as, write_json
from classifier.models.classifier import Classifier
from tests.makers.articles import SIGNALS, make_articles
from tests.makers.models import make_model_folder

NAMES = tuple(sorted(SIGNALS))


def loaded(folder: Path, checkpoint: Path, *, multi_label: bool = False) -> Classifier:
    path = make_model_folder(folder / "model", checkpoint, labels=NAMES, multi_label=multi_label)
    return Classifier.load(path, device="cpu")


def test_the_wrong_labels_with_the_highest_scores_come_first(tmp_path: Path, checkpoint: Path) -> None:
    model, articles = loaded(tmp_path, checkpoint), make_articles(12, seed=1)
    proba = np.random.default_rng(0).dirichlet(np.ones(3), size=12).astype(np.float32)
    predicted = proba.argmax(axis=1)
    found = worst_errors("test", articles, model, proba, predicted, most=4)
    wrong = [row for row in range(12) if NAMES[int(predicted[row])] != articles[row].labels[0]]
    expected = sorted(((float(proba[row].max()), articles[row].id) for row in wrong), reverse=True)
    assert (found["split"], found["articles"], found["wrong"]) == ("test", 12, len(expected))
    assert [error["id"] for error in found["errors"]] == [name for _, name in expected[:4]]
    by_id = {article.id: article for article in articles}
    for error, (score, name) in zip(found["errors"], expected, strict=False):
        assert error["score"] == pytest.approx(score, abs=1e-6)
        assert error["true"] == list(by_id[name].labels)
        assert error["predicted"] == [error["label"]] == [error["scores"][0]["label"]]
        assert [one["score"] for one in error["scores"]] == sorted((o["score"] for o in error["scores"]), reverse=True)
        assert (error["text"], error["source"]) == (by_id[name].text, by_id[name].source)


def test_evidence_is_every_sentence_in_its_place(tmp_path: Path, checkpoint: Path) -> None:
    text = "The council said so. Police came on tuesday. Word1 word2."
    articles = [replace(make_articles(1)[0], text=text, title="A moon", labels=("opinion",))]
    proba = np.array([[0.1, 0.2, 0.7]], dtype=np.float32)
    (error,) = worst_errors("test", articles, loaded(tmp_path, checkpoint), proba, np.array([2]))["errors"]
    whole = {"title": error["title"], "text": error["text"]}
    assert [mark["text"] for mark in error["evidence"]] == [
        whole[mark["part"]][mark["start"] : mark["end"]] for mark in error["evidence"]
    ]
    assert [mark["part"] for mark in error["evidence"]] == ["title", "text", "text", "text"]


def test_with_several_labels_only_those_that_are_given_and_wrong_are_errors(tmp_path: Path, checkpoint: Path) -> None:
    model = loaded(tmp_path, checkpoint, multi_label=True)
    truth: list[tuple[str, ...]] = [("opinion",), ("opinion", "satire"), (), ("satire",)]
    given = np.array([[1, 0, 0], [1, 0, 0], [1, 1, 0], [1, 0, 1]])
    proba = np.array([[0.9, 0.1, 0.1], [0.9, 0.1, 0.4], [0.6, 0.7, 0.1], [0.8, 0.1, 0.9]], dtype=np.float32)
    articles = [replace(a, labels=labels) for a, labels in zip(make_articles(4), truth, strict=True)]
    found = worst_errors("x", articles, model, proba, given)
    assert found["wrong"] == 2  # the second only lacks a label
    assert [(error["id"], error["label"]) for error in found["errors"]] == [("a3", "opinion"), ("a2", "reporting")]
    assert found["errors"][1]["predicted"] == ["opinion", "reporting"]


@pytest.mark.parametrize("labels", ["right", "wrong"])
def test_the_file_is_read_as_it_was_written(labels: str, tmp_path: Path, checkpoint: Path) -> None:
    articles = make_articles(3)
    proba = np.eye(3, dtype=np.float32) if labels == "right" else np.eye(3, dtype=np.float32)[[1, 2, 0]]
    found: dict[str, Any] = worst_errors("test", articles, loaded(tmp_path, checkpoint), proba, proba.argmax(axis=1))
    write_json(tmp_path / "errors.json", found)
    assert len(read_json_as(tmp_path / "errors.json", ErrorList).errors) == (0 if labels == "right" else 3)
