"""Predictions are counted for the run that made them, and for no other."""

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from classifier.articles.labels import LabelSet
from classifier.articles.predicted_by import ModelName
from classifier.errors import InputError
from classifier.evaluation.shares.estimate import estimate_shares
from classifier.evaluation.shares.label_reader import LabelReader
from classifier.evaluation.shares.made_by import scored_labels
from classifier.evaluation.shares.plan import plan_sample
from classifier.evaluation.shares.prediction_counts import PredictionCounts, count_predictions
from classifier.evaluation.shares.reference_articles import open_estimate_input
from classifier.jobs.estimate import estimate
from classifier.jobs.predict.files import predict_files
from tests.makers.predicted_rows import write

OWN, OTHER = "mine (00aa11bb22cc)", "other (ffffffffffff)"
MODEL = ModelName("mine", "00aa11bb22cc")


def row(said: object, label: str = "a", **more: object) -> dict[str, Any]:
    return {"id": "1", "label": label, "score": 0.9, "predicted_by": said, **more}


def counted(path: Path, rows: list[dict[str, Any]]) -> PredictionCounts:
    return count_predictions(write(path, rows), LabelReader(LabelSet(("a", "b")), model=MODEL))


def test_predictions_of_the_run_are_counted_without_a_word(tmp_path: Path) -> None:
    copy = "moved (00aa11bb22cc)"
    found = counted(tmp_path / "p.jsonl", [row(OWN), row(copy), row(OWN)])
    assert (found.groups[()].articles, found.doubts) == (3, ())


@pytest.mark.parametrize(
    ("before", "after"), [([], []), ([OWN], [OWN]), ([None], []), ([OWN] * 1500, []), ([], ["third (0123456789ab)"])]
)
def test_those_of_another_are_refused_by_name(tmp_path: Path, before: list[Any], after: list[Any]) -> None:
    with pytest.raises(InputError) as refused:
        counted(tmp_path / "p.jsonl", [*map(row, before), row(OTHER, label="c"), row(OTHER), *map(row, after)])
    said = str(refused.value)
    assert "holds predictions that another run made, and not 'mine (00aa11bb22cc)'" in said
    assert f"p.jsonl:{len(before) + 1}: predicted by 'other (ffffffffffff)'" in said
    assert ("third (0123456789ab)" in said) == (after != [] and OWN not in after)
    assert len(refused.value.faults) == 1 + (after != [] and OWN not in after)


def test_labels_of_a_cascade_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="of which TF-IDF alone gave some") as refused:
        counted(tmp_path / "p.jsonl", [row("mine with cascade 0.99 (0123456789ab)")])
    assert "without --cascade" in str(refused.value)


def test_where_no_run_is_named_it_is_said_once(tmp_path: Path) -> None:
    [doubt] = counted(tmp_path / "p.jsonl", [{"label": "a"}] * 3).doubts
    assert "p.jsonl' does not say which run made the predictions" in doubt and "than mine (00aa11bb22cc)" in doubt
    [doubt] = counted(tmp_path / "q.jsonl", [row(OWN), row(""), row("#NAME?"), row(OWN)]).doubts
    assert doubt.startswith("2 of the 4 rows of ")
    failed = {"label": None, "score": None, "error": "text is empty"}
    assert counted(tmp_path / "r.jsonl", [row(OWN), failed]).doubts == ()


def test_other_labels_are_those_of_another_run(tmp_path: Path) -> None:
    scores = [{"label": name, "score": 0.5} for name in ("a", "c")]
    for cell in (scores, json.dumps(scores)):
        with pytest.raises(InputError, match="scores of the labels 'a', 'c', and this run knows 'a', 'b'"):
            counted(tmp_path / "p.jsonl", [{"label": "a", "scores": cell}])
    same = [{"label": name, "score": 0.5} for name in ("b", "a")]
    assert len(counted(tmp_path / "q.jsonl", [{"label": "a", "scores": same}]).doubts) == 1


@pytest.mark.parametrize("cell", [None, "", "0.3", "[", 0.3, [], ["a"], [1.0], {"a": 0.3}, "null", float("nan")])
def test_other_columns_of_that_name_say_nothing(cell: object) -> None:
    assert scored_labels({"scores": cell}) == []


def opened_and_saved(path: Path, folder: Path, how: str) -> Path:
    """What people do with a table of predictions."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    new = folder / {"gz": "p.csv.gz", "excel": "p.xlsx", "parquet": "p.parquet", "jsonl": "p.jsonl"}.get(how, "q.csv")
    if how == "gz":
        new.write_bytes(gzip.compress(path.read_bytes()))
    elif how == "excel":
        table.to_excel(new, index=False)
    elif how == "parquet":
        table.to_parquet(new)
    elif how == "jsonl":
        table.to_json(new, orient="records", lines=True)
    elif how == "semicolons":
        table.to_csv(new, sep=";", index=False, encoding="utf-8-sig", quoting=csv.QUOTE_ALL)
    elif how == "joined":
        pd.concat([table, table]).to_csv(new, index=False)
    elif how == "columns":
        table[["predicted_by", "label"]].sample(frac=0.5, random_state=1).to_csv(new, index=False)
    return new


@pytest.mark.parametrize("how", ["gz", "excel", "parquet", "jsonl", "semicolons", "joined", "columns"])
def test_whatever_is_done_with_a_file_it_still_says_which_run(in_examples: Path, how: str) -> None:
    changed = opened_and_saved(in_examples / "predicted.csv", in_examples, how)
    right = estimate_shares("runs/first", changed)
    assert not any("which run" in sentence for sentence in right.warnings)
    with pytest.raises(InputError, match=r"another run made, and not 'second \(.{12}\)'.\n.*: predicted by 'first \("):
        estimate_shares("runs/second", changed)


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet", "xlsx"])
def test_every_format_says_it(in_examples: Path, suffix: str) -> None:
    predict_files("runs/second/model", "archive.jsonl", f"p.{suffix}", device="cpu")
    assert not any("which run" in sentence for sentence in estimate_shares("runs/second", f"p.{suffix}").warnings)
    with pytest.raises(InputError, match="another run made"):
        plan_sample("runs/first", f"p.{suffix}", 0.2)


def test_annotators_see_nothing_of_what_the_model_said(in_examples: Path) -> None:
    predict_files("runs/first", "archive.jsonl", "p.csv", device="cpu")
    _, rows = plan_sample("runs/first", "p.csv", 0.3)
    assert list(rows[0]) == ["id", "text", "source", "date", "label", "inclusion"]
    table = pd.read_csv("p.csv").drop(columns="scores")
    table.insert(4, "score_own", 1)  # a column of the articles
    table.to_csv("q.csv", index=False)
    _, rows = plan_sample("runs/first", "q.csv", 0.3)
    assert list(rows[0]) == ["id", "text", "source", "date", "score_own", "label", "inclusion"]


def test_what_annotators_get_opens_in_the_same_excel(in_examples: Path) -> None:
    table = pd.read_json("archive.jsonl", lines=True)
    table["anteil"] = 0.5
    table.to_csv("new.csv", sep=";", decimal=",", index=False, encoding="utf-8-sig")
    predict_files("runs/first", "new.csv", "p.csv", device="cpu")
    plan = estimate("runs/first", "p.csv", plan=0.3, out="to_label.csv")
    asked = pd.read_csv("to_label.csv", sep=";", decimal=",")
    assert len(asked) == plan.chosen and asked["inclusion"].between(0, 1).all()
    asked.assign(label=["opinion", "satire"] * (len(asked) // 2) + ["satire"] * (len(asked) % 2)).to_csv(
        "labelled.csv", sep=";", decimal=",", index=False
    )
    counted = count_predictions(
        Path("p.csv"), open_estimate_input(Path("runs/first")).reader(), labelled=Path("labelled.csv")
    )
    assert counted.planned == plan.chosen and counted.groups[()].inclusion
