"""The verb estimate: its result, the table that it writes, and which settings it takes."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest

from classifier.articles.readers.row import Row
from classifier.articles.readers.table import read_rows
from classifier.articles.writers import open_writer
from classifier.errors import InputError
from classifier.evaluation.shares.estimate import PrevalenceReport
from classifier.evaluation.shares.input_columns import Written
from classifier.evaluation.shares.plan import SamplePlan
from classifier.evaluation.shares.regression import RegressionReport
from classifier.jobs import estimate as job
from classifier.jobs.estimate import estimate
from classifier.stats.label_shift import validation_scores
from tests.makers.pages import Reader
from tests.makers.regressions import biased_corpus, regression_run

REPORT = PrevalenceReport(("source",), (), (), ())


def test_reading_settings_reach_the_measurement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(job, "estimate_shares", lambda *given, **more: (asked.append((given, more)), REPORT)[1])
    names = {"date": "Published", "source": "Site"}
    trained = SimpleNamespace(columns=names, date_format="%m/%d/%Y", labels=("a", "b"))
    monkeypatch.setattr(job, "_info", lambda run: trained)
    settings = {
        "data.columns.source": "Outlet",  # wins over the name in training
        "data.columns.label": "truth",
        "data.columns.id": 7,
        "data.encoding": "cp1252",
        "data.date_format": "%d.%m.%y",
    }
    found = estimate("run", "p.csv", by=["source"], out=tmp_path / "shares.jsonl", settings=settings)
    assert found is REPORT
    given, more = asked[0]
    assert given == ("run", "p.csv")
    assert more["by"] == ["source"]
    columns = {"date": "Published", "source": "Outlet", "label": "truth", "id": "7"}
    assert more["written"] == Written(columns, "cp1252", None, "%d.%m.%y", "%m/%d/%Y")
    assert (tmp_path / "shares.jsonl").exists()
    with pytest.raises(InputError, match="exists already"):
        estimate("run", "p.csv", out=tmp_path / "shares.jsonl")
    (tmp_path / "shares.html").touch()
    with pytest.raises(InputError, match=r"from Python: page.*from Python: overwrite=True"):
        estimate("run", "p.csv", page=tmp_path / "shares.html")
    with pytest.raises(InputError, match=r"--set train\.seed=3 has no effect here\.\nFix: This command takes data"):
        estimate("run", "p.csv", settings={"train.seed": 3})
    with pytest.raises(InputError, match=r"--set data\.columns\.labels=.* has no effect here"):
        estimate("run", "p.csv", settings={"data.columns.labels": ["a", "b"]})
    assert len(asked) == 1
    for by in ("source,month", ["source", "month"]):
        estimate("run", "p.csv", by=by)
        assert asked.pop()[1]["by"] == ["source", "month"]


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, list])
@pytest.mark.parametrize("wide", [False, True])
def test_tables_in_memory_give_the_figures_of_their_files(
    tmp_path: Path, make: Callable[[Any], Any], wide: bool
) -> None:
    pytest.importorskip("formulaic")
    run, corpus = regression_run(tmp_path / "run"), biased_corpus(tmp_path)
    predictions, labelled = (
        [row.values for row in read_rows(Path(corpus[name])) if isinstance(row, Row)]
        for name in ("predictions", "labelled")
    )
    if wide:  # as classifier.predict gives them
        for row in predictions:
            row.update({f"score_{one['label']}": one["score"] for one in row.pop("scores")})
    asked: list[dict[str, Any]] = [{}, {"by": "source"}, {"labelled": True}, {"labelled": True, "model": "a ~ source"}]
    for more in asked:
        sampled = more.get("labelled")
        files = estimate(run, corpus["predictions"], **{**more, "labelled": corpus["labelled"] if sampled else None})
        memory = estimate(run, make(predictions), **{**more, "labelled": make(labelled) if sampled else None})
        assert memory.records() == files.records()


def test_faults_of_tables_in_memory_are_named_by_argument_and_row(tmp_path: Path) -> None:
    run, corpus = regression_run(tmp_path / "run"), biased_corpus(tmp_path)
    wrong = pd.DataFrame({"id": ["x0", "x1"], "label": ["a", None]})
    with pytest.raises(InputError, match=r"row 1 of the DataFrame \(labelled\): label is empty"):
        estimate(run, corpus["predictions"], labelled=wrong)
    with pytest.raises(
        InputError, match=r"^The predictions cannot be used\.\n  the DataFrame \(predictions\): .*'label'"
    ):
        estimate(run, pd.DataFrame({"text": ["x"]}))
    found = estimate(run, pd.DataFrame({"id": ["x0"], "label": ["a"]}))
    assert any(sentence.startswith("the DataFrame (predictions) does not say which") for sentence in found.warnings)


def test_a_missing_run_is_said_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text(json.dumps({"id": "1", "label": "a"}) + "\n")
    with pytest.raises(InputError):
        estimate(tmp_path / "nowhere", tmp_path / "p.jsonl", out=tmp_path / "shares.csv")
    assert not (tmp_path / "shares.csv").exists()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"cluster": "source"}, r"--cluster is for a regression"),
        ({"articles": "a.csv"}, r"--articles is for a regression"),
        ({"model": "a ~ b", "by": "source", "labelled": "l.csv"}, r"--by has no effect with --model"),
        ({"plan": 0.05}, r"--plan needs a file for annotators"),
        ({"plan": 0.05, "labelled": "l.csv", "out": "o.csv"}, r"--labelled comes when that is done"),
        ({"plan": 0.05, "model": "a ~ b", "labelled": "l.csv", "out": "o.csv"}, r"--model comes when that is done"),
        ({"model": "a ~ b"}, r"--model needs articles labelled by hand(.|\n)*--labelled FILE"),
        ({"model": "a ~ b", "labelled": "l.csv", "articles": "p.csv"}, r"'p\.csv' is one of the inputs"),
        ({"model": "a ~ b", "labelled": "l.csv", "articles": "o.csv", "out": "o.csv"}, r"'o\.csv' is --out"),
    ],
)
def test_options_that_do_not_go_together(more: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        estimate("run", "p.csv", **more)


def test_a_regression_writes_figures_and_articles(tmp_path: Path) -> None:
    pytest.importorskip("formulaic")
    run, corpus = regression_run(tmp_path / "run"), biased_corpus(tmp_path)
    given = {"labelled": corpus["labelled"], "model": "a ~ source"}
    files = {"out": tmp_path / "c.csv", "articles": tmp_path / "a.parquet"}
    report = estimate(run, corpus["predictions"], **given, **files)
    assert isinstance(report, RegressionReport)
    rows = [row.values for row in read_rows(files["out"]) if isinstance(row, Row)]
    assert [row["kind"] for row in rows] == ["coefficient"] * 3 + ["share"] * 3 + ["difference"] * 2
    assert float(rows[1]["value"]) == pytest.approx(report.effects[1].value)
    table = pq.read_table(files["articles"])
    assert table.column_names == ["id", "source", "outcome", "guess", "label", "inclusion", "pseudo"]
    assert table.num_rows == 1200 and table["label"].null_count == 960


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet", "xlsx"])
def test_a_plan_can_be_filled_in_and_read_again(tmp_path: Path, kind: str) -> None:
    pytest.importorskip("formulaic")
    run, corpus = regression_run(tmp_path / "run"), biased_corpus(tmp_path)
    out, filled = tmp_path / f"to_label.{kind}", tmp_path / f"filled.{kind}"
    plan = estimate(run, corpus["predictions"], plan=0.08, out=out)
    assert isinstance(plan, SamplePlan)
    truth = {row["id"]: "abc"[true] for row, true in zip(corpus["rows"], corpus["truth"], strict=True)}
    rows = [dict(row.values) for row in read_rows(out) if isinstance(row, Row)]
    assert len(rows) == plan.chosen and all(row["label"] in (None, "") for row in rows)
    half = [{**row, "label": truth[str(row["id"])] if i % 3 else None} for i, row in enumerate(rows)]
    with open_writer(filled, {name: {type(value) for value in (row[name] for row in half)} for name in half[0]}) as to:
        to.write(half)
    report = estimate(run, corpus["predictions"], labelled=filled, model="a ~ source")
    assert isinstance(report, RegressionReport)
    assert report.labelled == sum(row["label"] is not None for row in half)
    assert any("planned articles have no label" in sentence for sentence in report.warnings)


def test_articles_that_differ_from_those_of_training_are_a_warning_where_no_labels_by_hand_correct(
    tmp_path: Path,
) -> None:
    """All scores of the corpus are .8, and on validation the model was surer."""
    held = np.random.default_rng(0).dirichlet([40, 1, 1], 60).astype(np.float32)
    run = regression_run(tmp_path / "run", validation=asdict(validation_scores(held, np.zeros(60, dtype=np.int64))))
    corpus = biased_corpus(tmp_path)
    page = tmp_path / "shares.html"
    report = estimate(run, corpus["predictions"], page=page)
    [said] = [warning for warning in report.warnings if "differ from those of training" in warning]
    assert said.startswith("These articles differ") and "the model is less sure of them" in said
    assert report.drift is not None and [kind.kind for kind in report.drift.found] == ["scores"]
    assert "the model keeps nothing of its training articles" in report.drift.missing["words"]
    text = Reader(page.read_text()).text
    assert "These articles beside those of training" in text and "scores" in text
    by_hand = estimate(run, corpus["predictions"], labelled=corpus["labelled"])
    assert by_hand.drift == report.drift
    assert not any("differ from those of training" in warning for warning in by_hand.warnings)
