"""The front matter of a model card."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from classifier.config import Config, DataConfig, ModelConfig
from classifier.files import write_json
from classifier.models.run_folder import RunFolder
from classifier.reports.run.hub_metadata import dataset_name, hub_metadata, other_data
from tests.makers.pages import make_info
from tests.makers.runs import MadeRecord, make_evaluation


@pytest.fixture
def record(tmp_path: Path) -> MadeRecord:
    write_json(tmp_path / "dataset.json", {"path": "dataset"})
    more = make_evaluation(split="data-more news.csv")
    made = MadeRecord(make_evaluation(), others={"data-more news.csv": more, "validation": make_evaluation()})
    return replace_run(made, tmp_path)


def replace_run(record: MadeRecord, path: Path) -> MadeRecord:
    object.__setattr__(record, "run", RunFolder(path))
    object.__setattr__(record, "path", path)
    return record


def test_figures_of_test_and_of_other_data_but_not_of_validation(record: MadeRecord) -> None:
    found = yaml.safe_load(hub_metadata(record, Config()))
    results = found["model-index"][0]["results"]
    assert [(one["dataset"]["name"], one["dataset"]["type"]) for one in results] == [
        ("articles.csv", "articles.csv"),
        ("more news.csv", "more-news.csv"),
    ]
    names = [metric["name"] for metric in results[0]["metrics"]]
    assert names == ["accuracy", "macro F1", "micro F1", "weighted F1", "MCC"]
    assert [one.split for one in other_data(record)] == ["data-more news.csv"]


@pytest.mark.parametrize(
    ("changes", "arguments"),
    [
        ({}, {"average": "macro"}),
        (
            {"missing": ("satire",), "f1_macro_sklearn": 0.5},
            {"average": "macro", "labels": ["opinion", "press_release"]},
        ),
    ],
)
def test_macro_f1_names_its_classes_where_scikit_learn_takes_others(
    record: MadeRecord, changes: dict[str, Any], arguments: dict[str, Any]
) -> None:
    object.__setattr__(record, "evaluation", make_evaluation(**changes))
    metrics = yaml.safe_load(hub_metadata(record, Config()))["model-index"][0]["results"][0]["metrics"]
    assert next(one for one in metrics if one["name"] == "macro F1")["args"] == arguments


def test_what_comes_from_the_hub_is_named_by_its_id(record: MadeRecord) -> None:
    config = Config(model=ModelConfig(name="owner/encoder"), data=DataConfig(builder="hub", path="owner/articles"))
    found = yaml.safe_load(hub_metadata(record, config))
    assert (found["base_model"], found["datasets"]) == ("owner/encoder", ["owner/articles"])
    assert dataset_name(record, config) == "owner/articles"
    local = yaml.safe_load(hub_metadata(record, Config(model=ModelConfig(name="/home/me/encoder"))))
    assert "base_model" not in local and "datasets" not in local


@pytest.mark.parametrize(
    ("changes", "tags"),
    [
        ({}, ["news", "multi-class-classification"]),
        ({"multi_label": True}, ["news", "multi-label-classification"]),
        ({"pair": True}, ["news", "multi-class-classification", "stance-detection"]),
    ],
)
def test_tags(record: MadeRecord, changes: dict[str, bool], tags: list[str]) -> None:
    record.__dict__["info"] = replace(make_info(), **changes)  # type: ignore[arg-type]
    assert yaml.safe_load(hub_metadata(record, Config()))["tags"] == tags
