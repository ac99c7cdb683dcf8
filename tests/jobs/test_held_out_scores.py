"""Scores of articles that a model was not trained on: of validation, or of all folds."""

from __future__ import annotations

import json
import logging
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from classifier.dataset.folder import open_dataset, run_dataset
from classifier.errors import InputError
from classifier.jobs.evaluate import evaluate
from classifier.jobs.folds import train_folds
from classifier.jobs.held_out_scores import CROSS_VALIDATION, fold_scores, validation_scores
from classifier.jobs.train import train
from classifier.models.classifier import Classifier
from classifier.models.model_folder import read_model_info
from classifier.models.run_folder import RunFolder
from classifier.progress import SILENT
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.settings import tiny

SOURCES = {"split.group_by": "source"}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> tuple[RunFolder, Path]:
    """A run, and a cross-validation on the same articles of 15 sources."""
    folder = tmp_path_factory.mktemp("held_out")
    articles = [replace(article, source=f"source{i % 15}") for i, article in enumerate(make_articles(90))]
    file = str(write_jsonl(folder / "a.jsonl", articles))
    settings = tiny(checkpoint, **SOURCES)
    run = train(file, folder / "run", settings=settings).run
    return run, train_folds(file, folder / "folds", settings={**settings, "split.folds": 3}).path


def test_the_scores_of_folds_are_of_all_articles_but_those_of_the_test_sources(trained: tuple[RunFolder, Path]) -> None:
    run, folds = trained
    classifier = Classifier.load(run.model, device="cpu")
    found = fold_scores(folds, classifier, run)
    tested = set(run_dataset(run.path).column("test", "source"))
    table = pq.read_table(folds / "predictions.parquet")
    source = dict(
        zip(
            *(open_dataset(folds / "dataset").column("articles", name) for name in ("id", "source")),
            strict=True,
        )
    )
    rows = [row for row in table.to_pylist() if source[row["id"]] not in tested]
    assert 0 < len(rows) < len(table)
    assert np.array_equal(found.proba, np.array([row["scores"] for row in rows], dtype=np.float32))
    assert classifier.label_set.decode(found.truth) == [(row["label"],) for row in rows]
    assert (found.resampled, found.found_on) == ("source", CROSS_VALIDATION)
    assert len(np.unique(found.groups)) == len({source[row["id"]] for row in rows})


def test_what_stands_together_with_test_articles_is_left_out(
    trained: tuple[RunFolder, Path], tmp_path: Path, checkpoint: Path
) -> None:
    """The run mixes sources, and the folds keep them whole: a source of a test article is known all over."""
    _, folds = trained
    file = folds.parent / "a.jsonl"
    settings = tiny(checkpoint, **{"split.group_by": [], "split.test_size": 0.07})
    run = train(str(file), tmp_path / "run", settings=settings, anyway=True).run
    found = fold_scores(folds, Classifier.load(run.model, device="cpu"), run)
    dataset = run_dataset(run.path)
    tested = set(dataset.column("test", "source"))
    known = [source for split in dataset.splits for source in dataset.column(split, "source")]
    assert tested & set(dataset.column("train", "source"))
    assert len(found.truth) == sum(source not in tested for source in known)


def test_more_can_be_promised_by_folds_than_by_validation(trained: tuple[RunFolder, Path]) -> None:
    run, folds = trained
    found = evaluate(run.path, min_precision=0.05, folds=folds)
    stored = read_model_info(run.model).abstention
    assert stored is not None and stored.found_on == CROSS_VALIDATION
    of_validation = len(validation_scores(Classifier.load(run.model, device="cpu"), run, "", SILENT).truth)
    assert sum(stored.groups) > of_validation / 6  # each source has six articles
    assert found.abstention is not None and found.abstention.found_on == CROSS_VALIDATION
    page = (run.path / "report.html").read_text()
    assert "for articles like those of the cross-validation, counted by whole groups (source)" in page
    evaluate(run.path, min_precision=0.05)
    assert "like those of validation" in (run.path / "report.html").read_text()


def test_folds_of_something_else_are_refused(
    trained: tuple[RunFolder, Path], tmp_path: Path, checkpoint: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run, folds = trained
    with pytest.raises(InputError, match="goes with --min-precision, --sets or --cascade"):
        evaluate(run.path, folds=folds)
    with pytest.raises(InputError, match="--folds takes a folder of all folds"):
        evaluate(run.path, min_precision=0.9, folds=run.path)
    other = shutil.copytree(folds, tmp_path / "other")
    classifier = Classifier.load(run.model, device="cpu")
    manifest, config = other / "fold-01" / "manifest.json", other / "fold-01" / "config.toml"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "files": {}}))
    text = config.read_text()
    config.write_text(text.replace(f'name = "{checkpoint}"', 'name = "another/encoder"'))
    with pytest.raises(InputError, match="is another/encoder, that of the run"):
        fold_scores(other, classifier, run)
    config.write_text(text.replace("stride = 0", "stride = 4"))
    with caplog.at_level(logging.WARNING):
        fold_scores(other, classifier, run)
    assert "model.stride=4, not 0" in caplog.text
    file = other / "predictions.parquet"
    table = pq.read_table(file)
    pq.write_table(table.replace_schema_metadata({"labels": "opinion\nreporting"}), file)
    with pytest.raises(InputError, match="are others than those of the run: 'opinion'"):
        fold_scores(other, classifier, run)
