"""TF-IDF of a run: fitted on train, its penalty chosen on validation."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifier.dataset.folder import open_dataset
from classifier.jobs.building.build import build
from classifier.models.run_folder import RunFolder
from classifier.models.tfidf import fit_baselines, load_baselines
from classifier.training import baselines
from classifier.training.baselines import fit_run_baselines
from tests.makers.articles import make_articles, write_jsonl


def test_it_is_that_of_the_training_articles(in_examples: Path, tmp_path: Path) -> None:
    dataset, run = open_dataset(in_examples / "datasets" / "mine"), RunFolder(tmp_path)
    fit_run_baselines(run, dataset, balanced=True)
    parts = {split: list(dataset.articles(split)) for split in dataset.splits}
    y = {split: dataset.info.label_set.encode(one.labels for one in part) for split, part in parts.items()}
    expected = fit_baselines(
        parts["train"], y["train"], pair=False, validation=(parts["validation"], y["validation"])
    ).scores(parts["test"], 3)
    found = load_baselines(run.baseline)
    assert (found.scores(parts["test"], 3) == expected).all()
    assert found.scale is not None and found.scale > 1


def test_with_enough_validation_articles_they_tell_what_its_scores_are_worth(
    in_examples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset, run = open_dataset(in_examples / "datasets" / "mine"), RunFolder(tmp_path)
    monkeypatch.setattr(baselines, "ENOUGH", dataset.counts()["validation"].articles)
    fit_run_baselines(run, dataset, balanced=True)
    assert load_baselines(run.baseline).scale is None


def test_of_pairs_it_is_not_looked_for_what_its_scores_are_worth(tmp_path: Path) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(90, pair=True))
    dataset, run = build(str(source), tmp_path / "dataset").dataset, RunFolder(tmp_path)
    assert dataset is not None and dataset.counts()["validation"].articles < baselines.ENOUGH
    fit_run_baselines(run, dataset, balanced=True)
    found = load_baselines(run.baseline)
    assert found.pair and found.scale is None
