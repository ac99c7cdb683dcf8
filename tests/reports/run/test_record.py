"""What a run left on disk, read for people."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from classifier.errors import InputError
from classifier.jobs.train import train
from classifier.reports.run.record import read_run_record
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.settings import tiny


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Path:
    folder = tmp_path_factory.mktemp("record")
    source = write_jsonl(folder / "a.jsonl", make_articles(60))
    train(str(source), folder / "run", settings=tiny(checkpoint, **{"train.num_train_epochs": 1}))
    return folder / "run"


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "run"))


def test_a_run_is_read(trained: Path) -> None:
    record = read_run_record(trained)
    assert (record.kind, record.evaluation.split, set(record.others), record.members) == (
        "run",
        "test",
        {"validation"},
        {},
    )
    assert record.own_test and record.folder == trained / "evaluation" / "test"
    assert len(record.predictions) == record.evaluation.articles == len(list(record.articles()))
    assert record.slices is not None and record.slices.articles == record.evaluation.articles
    assert (record.calibration, record.can_abstain) == (None, False)
    assert [line["kind"] for line in record.steps].count("step") > 0


def test_another_evaluation_can_be_judged(trained: Path) -> None:
    record = read_run_record(trained, evaluated=trained / "evaluation" / "validation")
    assert record.evaluation.split == "validation" and not record.own_test
    assert len(record.predictions) == record.evaluation.articles


def test_what_is_gone_is_none_or_empty(run: Path) -> None:
    for name in ("dataset", "model", "metrics.jsonl"):
        shutil.rmtree(run / name) if (run / name).is_dir() else (run / name).unlink()
    for file in ("predictions.parquet", "slices.json"):
        (run / "evaluation" / "test" / file).unlink()
    record = read_run_record(run)
    assert (record.dataset, record.model, record.slices, record.steps, record.predictions) == (None, None, None, [], [])
    assert list(record.articles()) == []
    assert record.info.labels == ("opinion", "reporting", "satire")


def test_the_dataset_is_described_as_it_was_when_the_run_was_trained(run: Path) -> None:
    before = read_run_record(run).info.counts["test"].articles
    file = run / "dataset" / "dataset.json"
    values = json.loads(file.read_text())
    values["counts"]["test"]["articles"] += 50
    file.write_text(json.dumps(values))
    assert read_run_record(run).info.counts["test"].articles == before


@pytest.mark.parametrize(
    ("name", "said"),
    [("manifest.json", "is incomplete"), ("evaluation/test/metrics.json", "no evaluation on test")],
)
def test_a_run_that_lacks_what_matters_is_refused(run: Path, name: str, said: str) -> None:
    (run / name).unlink()
    with pytest.raises(InputError, match=said):
        read_run_record(run)
