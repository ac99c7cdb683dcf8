"""Holding labels out of a run: what it refuses, what it says before, and where it is stored."""

from __future__ import annotations

import json
import logging
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.cli.app import run as cli
from classifier.config_file import load_config
from classifier.dataset.folder import run_dataset
from classifier.errors import InputError
from classifier.jobs import held_out_labels
from classifier.jobs.evaluate import evaluate
from classifier.jobs.held_out_labels import check_can_hold_out, hold_out
from classifier.jobs.train import train
from classifier.models.model_folder import read_model_info, write_model_info
from classifier.models.run_folder import RunFolder
from classifier.progress import SILENT
from classifier.stats.abstention import Abstention
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.runs import make_model_info
from tests.makers.settings import tiny


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Path:
    folder = tmp_path_factory.mktemp("held")
    source = write_jsonl(folder / "a.jsonl", make_articles(120))
    train(str(source), folder / "run", settings={**tiny(checkpoint), "train.num_train_epochs": 1})
    return folder / "run"


@pytest.mark.parametrize(("labels", "multi_label"), [(("a", "b"), False), (("a", "b"), True)])
def test_of_two_labels_none_can_be_held_out(labels: tuple[str, ...], multi_label: bool) -> None:
    info = replace(make_model_info(), labels=labels, multi_label=multi_label)
    with pytest.raises(InputError, match=r"needs three labels at least, and this model has 2 \('a', 'b'\)") as caught:
        check_can_hold_out(info)
    assert "--out-of-scope FILE" in str(caught.value)
    check_can_hold_out(replace(info, labels=("a", "b", "c")))


def test_it_is_stored_printed_and_shown(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copied = shutil.copytree(run, tmp_path / "run")
    assert cli(["evaluate", str(copied), "--held-out-labels", "--json", "--device", "cpu"]) == 0
    printed = json.loads(capsys.readouterr().out)["held_out_labels"]
    assert printed == json.loads((copied / "evaluation" / "test" / "held_out_labels.json").read_text())
    assert [one["label"] for one in printed["labels"]] == ["opinion", "reporting", "satire"]
    assert (printed["articles"], printed["of"], printed["folds"], printed["min_precision"]) == (120, 120, 5, 0.9)
    assert all(one["figures"]["out_of_scope"] == 40 for one in printed["labels"])
    assert cli(["evaluate", str(copied), "--device", "cpu"]) == 0  # it stays
    assert "Each label held out in turn, of 120 articles" in " ".join(capsys.readouterr().out.split())
    page = (copied / "report.html").read_text()
    assert 'id="held_out_labels"' in page and "Labels that it does not know" in page


@pytest.mark.parametrize("where", [{"split": "validation"}, {"data": make_articles(9)}])
def test_it_goes_with_the_test_articles_alone(run: Path, where: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="stands beside the figures on test") as caught:
        evaluate(run, **where, held_out_labels=True, out=tmp_path / "out")  # type: ignore[arg-type]
    assert "Leave out --data and --split." in str(caught.value)


def test_the_time_is_said_before_and_many_articles_are_sampled(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    copied = RunFolder(shutil.copytree(run, tmp_path / "run"))
    monkeypatch.setattr(held_out_labels, "MOST_LEARNED", 75)
    monkeypatch.setattr(held_out_labels, "MOST_TESTED", 15)
    monkeypatch.setattr(held_out_labels, "WORTH_TELLING", 10)
    info = replace(read_model_info(copied.model), abstention=Abstention(0.6, (0.5, 0.5, 0.5)))
    write_model_info(copied.model, info)
    with caplog.at_level(logging.INFO):
        found = hold_out(copied, load_config(copied.config), info, SILENT)
    assert "holding out 3 labels in turn, of 90 articles: about" in caplog.text
    assert (found.articles, found.of, found.min_precision) == (90, 120, 0.6)
    assert sum(one.figures.out_of_scope for one in found.labels) == 90
    same = hold_out(copied, load_config(copied.config), info, SILENT)
    assert same == found


def test_articles_are_read_in_the_order_of_the_splits(run: Path) -> None:
    dataset = run_dataset(run)
    articles, learned = held_out_labels._articles(dataset)
    test = {article.id for article in dataset.articles("test")}
    assert np.array_equal(learned, [article.id not in test for article in articles])


def test_labels_that_are_all_rare_are_refused(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = RunFolder(run)
    monkeypatch.setattr(held_out_labels, "MOST_LEARNED", 12)
    monkeypatch.setattr(held_out_labels, "MOST_TESTED", 3)
    with pytest.raises(InputError, match=r"No label has 10 articles that could be held out \('opinion'"):
        hold_out(folder, load_config(folder.config), read_model_info(folder.model), SILENT)
