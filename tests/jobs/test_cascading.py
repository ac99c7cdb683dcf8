"""A cascade is found on validation or on all folds, and kept with the run or with the ensemble of several seeds."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from classifier.errors import InputError
from classifier.evaluation.cascade import read_cascade
from classifier.evaluation.predictions import TFIDF_SCORES
from classifier.jobs.cascading import with_cascade_found
from classifier.jobs.evaluate import evaluate
from classifier.jobs.folds import train_folds
from classifier.jobs.predict.files import predict_files
from classifier.jobs.seeds import train_seeds
from classifier.models.classifier import Classifier
from classifier.models.ensemble import read_ensemble, write_ensemble
from classifier.models.model_folder import read_model_info, write_model_info
from classifier.models.trained import open_trained
from classifier.progress import SILENT
from tests.makers.articles import write_jsonl
from tests.makers.cascade import make_mixed
from tests.makers.settings import tiny

BLENDED = {"train.blend": 0.5, "train.calibration": "auto", "train.num_train_epochs": 1}


def test_it_is_left_alone_where_it_is_known_or_not_asked_for(cascade_run: Path) -> None:
    model, trained = Classifier.load(cascade_run, device="cpu"), open_trained(cascade_run)
    assert with_cascade_found(model, trained, 0.9, None, SILENT) is model
    bare = replace(model, info=replace(model.info, cascade=None))
    assert with_cascade_found(bare, trained, None, None, SILENT) is bare
    without = replace(model, info=replace(model.info, cascade=None, blend=None))
    with pytest.raises(InputError, match="needs TF-IDF"):
        with_cascade_found(without, trained, 0.9, None, SILENT)


def test_it_is_found_on_all_folds(cascade_run: Path, tmp_path: Path, checkpoint: Path) -> None:
    import pyarrow.parquet as pq

    run = shutil.copytree(cascade_run, tmp_path / "run")
    file = str(write_jsonl(tmp_path / "a.jsonl", make_mixed(400)))
    settings = tiny(checkpoint, **BLENDED, **{"split.folds": 2})
    folds = train_folds(file, tmp_path / "folds", settings=settings, anyway=True).path
    evaluate(run, cascade=0.95, folds=folds)
    found = read_model_info(run / "model").cascade
    assert found is not None and found.found_on == "cross-validation"
    assert 160 < found.articles < 400  # test articles of the run are left out
    outcome = read_cascade(run / "evaluation" / "test")
    assert outcome is not None and outcome.rule.found_on == "cross-validation"
    table = pq.read_table(folds / "predictions.parquet")
    pq.write_table(table.drop_columns([TFIDF_SCORES]), folds / "predictions.parquet")
    with pytest.raises(InputError, match="is of an older version"):
        evaluate(run, cascade=0.95, folds=folds)


def test_an_ensemble_keeps_its_own(tmp_path: Path, checkpoint: Path) -> None:
    file = str(write_jsonl(tmp_path / "a.jsonl", make_mixed(200)))
    settings = tiny(checkpoint, **BLENDED, **{"split.validation_size": 0.4})
    path = train_seeds(file, tmp_path / "seeds", count=2, settings=settings, anyway=True).path
    stored = read_ensemble(path)
    assert stored.cascade is not None and 70 < stored.cascade.articles < 90
    write_ensemble(path, replace(stored, cascade=None))
    new = write_jsonl(tmp_path / "new.jsonl", make_mixed(60, seed=5))
    with pytest.raises(InputError, match="evaluate"):
        predict_files(path, str(new), tmp_path / "o.jsonl", cascade=0.9)
    evaluate(path, cascade=0.9)
    assert read_ensemble(path) == stored
    predict_files(path, str(new), tmp_path / "o.jsonl", cascade=0.9)
    found = [json.loads(line)["scored_by"] for line in (tmp_path / "o.jsonl").read_text().splitlines()]
    assert set(found) == {"TF-IDF alone", "model"}


@pytest.mark.parametrize("task", ["pair", "multi_label"])
def test_pairs_and_several_labels(tmp_path: Path, checkpoint: Path, task: str) -> None:
    from classifier.jobs.train import train
    from tests.makers.articles import make_articles

    several = task == "multi_label"
    articles = make_articles(300, pair=not several, multi_label=several)
    file = write_jsonl(tmp_path / "a.jsonl", [replace(a, source=None) for a in articles], multi_label=several)
    more = {"data.task": "multi_label"} if several else {}
    settings = tiny(checkpoint, **BLENDED, **more, **{"split.validation_size": 0.4})
    run = train(str(file), tmp_path / "run", settings=settings, anyway=True).run.path
    assert evaluate(run, cascade=0.8).split == "test"
    outcome = read_cascade(run / "evaluation" / "test")
    assert outcome is not None and outcome.articles == 60
    assert predict_files(run, str(file), tmp_path / "o.jsonl", cascade=0.8) == 300
    rows = [json.loads(line) for line in (tmp_path / "o.jsonl").read_text().splitlines()]
    assert sum(row["scored_by"] == "TF-IDF alone" for row in rows) > 0 or outcome.skipped == 0


def test_without_validation_nothing_is_stored(tmp_path: Path, checkpoint: Path) -> None:
    from classifier.jobs.train import train

    file = write_jsonl(tmp_path / "a.jsonl", make_mixed(120))
    settings = tiny(checkpoint, **{**BLENDED, "split.validation_size": 0})
    run = train(str(file), tmp_path / "run", settings=settings, anyway=True).run
    info = read_model_info(run.model)
    assert info.cascade is None
    with pytest.raises(InputError, match="no validation"):
        predict_files(run.path, str(file), tmp_path / "o.jsonl", cascade=0.9)
    with pytest.raises(InputError, match="or train with validation articles"):
        evaluate(run.path, cascade=0.9)


def test_where_a_run_learned_from_validation_tfidf_before_that_is_asked(tmp_path: Path, checkpoint: Path) -> None:
    import pyarrow.parquet as pq

    from classifier.jobs.train import train

    file = write_jsonl(tmp_path / "a.jsonl", make_mixed(200))
    settings = tiny(checkpoint, **BLENDED, **{"split.validation_size": 0.4, "train.refit": True})
    run = train(str(file), tmp_path / "run", settings=settings, anyway=True).run
    stored = read_model_info(run.model)
    assert stored.cascade is not None
    write_model_info(run.model, replace(stored, cascade=None))
    predictions = run.evaluation("validation") / "predictions.parquet"
    pq.write_table(pq.read_table(predictions).drop_columns([TFIDF_SCORES]), predictions)
    evaluate(run.path, cascade=0.9)
    assert read_model_info(run.model).cascade == stored.cascade
