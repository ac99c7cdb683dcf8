"""The test articles that error rates are known from are those of the run; nothing is made up where they are gone."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from classifier.articles.labels import LabelSet
from classifier.evaluation.shares.reference_articles import (
    ReferenceArticles,
    absent_labels,
    open_estimate_input,
    unseen_share,
)
from classifier.files import write_json
from classifier.models.run_folder import RunFolder
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.predictions import write_reference_run
from tests.makers.sources import made

LABELS = ("a", "b", "c")


def reference(truth: list[list[int]]) -> ReferenceArticles:
    rows = np.array(truth)
    return ReferenceArticles(rows, rows, (None,) * len(rows), tuple(map(str, range(len(rows)))), None)


def test_labels_of_a_run_are_read_in_the_order_of_the_model(tmp_path: Path) -> None:
    truth, guess = ["c", "a", "b", "b"], ["c", "b", "b", "a"]
    found = open_estimate_input(write_reference_run(tmp_path / "run", truth, guess, ["x", "x", None, "y"]))
    assert found.reference is not None and found.run is not None
    assert found.labels.names == LABELS
    assert [LABELS[row.argmax()] for row in found.reference.truth] == truth
    assert [LABELS[row.argmax()] for row in found.reference.guess] == guess
    assert found.reference.truth.sum(axis=1).tolist() == [1, 1, 1, 1]
    assert found.reference.sources == ("x", "x", None, "y")


def test_articles_of_a_source_are_one_unit_and_the_others_are_in_their_groups(tmp_path: Path) -> None:
    run = write_reference_run(tmp_path / "run", ["a"] * 6, ["a"] * 6, ["x", "x", None, None, None, "1"])
    file = run / "evaluation" / "test" / "predictions.parquet"
    alone = open_estimate_input(run).reference
    assert alone is not None
    assert [alone.units.index(unit) for unit in alone.units] == [0, 0, 2, 3, 4, 5]
    pq.write_table(pq.read_table(file).append_column("group", pa.array([0, 1, 1, 2, 2, 3])), file)
    grouped = open_estimate_input(run).reference
    assert grouped is not None
    assert [grouped.units.index(unit) for unit in grouped.units] == [0, 0, 2, 3, 3, 5]


def test_several_labels_per_article(tmp_path: Path) -> None:
    run = write_reference_run(tmp_path / "run", [["a", "c"], [], ["b"]], [["a"], ["b"], []], label_separator=";")
    found = open_estimate_input(run)
    assert found.reference is not None
    assert found.reference.truth.tolist() == [[1, 0, 1], [0, 0, 0], [0, 1, 0]]
    assert found.reference.guess.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 0]]
    assert found.separator == ";"


def test_a_bare_model_and_a_run_without_its_evaluation_have_labels_only(tmp_path: Path) -> None:
    run = write_reference_run(tmp_path / "run", ["a"], ["a"])
    bare = open_estimate_input(run / "model")
    assert (bare.labels.names, bare.run, bare.reference) == (LABELS, None, None)
    shutil.rmtree(run / "evaluation")
    without = open_estimate_input(run)
    assert without.run is not None and without.reference is None


@pytest.mark.parametrize(
    ("truth", "multi_label", "words"),
    [
        ([[1, 0], [0, 1]], False, ""),
        ([[1, 0], [1, 0]], False, "has the label 'q'"),
        ([[1, 0], [1, 0]], True, "has the label 'q'; none is without 'p'"),
        ([[1, 0], [1, 1]], True, "is without 'p'"),
        ([[1, 0], [0, 1]], True, ""),
    ],
)
def test_labels_whose_error_rates_cannot_be_known(truth: list[list[int]], multi_label: bool, words: str) -> None:
    assert absent_labels(LabelSet(("p", "q"), multi_label), reference(truth)) == words


def test_the_share_of_unseen_sources_counts_articles(tmp_path: Path) -> None:
    run = write_reference_run(tmp_path / "run", ["a"], ["a"])
    dataset = made(write_jsonl(tmp_path / "a.jsonl", make_articles(40)), run / "dataset", "split.group_by=source")
    write_json(run / "dataset.json", {"path": "dataset", **asdict(dataset.info)})
    seen = sorted({str(article.source) for article in dataset.articles("train")})
    unseen = sorted({str(article.source) for article in dataset.articles("test")})
    assert unseen_share(RunFolder(run), {seen[0]: 3, unseen[0]: 1}) == 0.25
    assert unseen_share(RunFolder(run), {seen[0]: 3}) == 0
    assert unseen_share(RunFolder(run), {}) is None


def test_it_is_not_known_where_the_training_articles_are_gone_or_lack_a_source(tmp_path: Path) -> None:
    run = write_reference_run(tmp_path / "run", ["a"], ["a"])
    assert unseen_share(RunFolder(run), {"x": 1}) is None
    articles = make_articles(40)
    nameless = [type(a)(a.id, a.text, a.labels, source=a.source if int(a.id[1:]) % 3 else None) for a in articles]
    made(write_jsonl(tmp_path / "a.jsonl", nameless), run / "dataset")
    assert unseen_share(RunFolder(run), {"x": 1}) is None
