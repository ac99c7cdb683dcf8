"""What a learning curve trains: predictions for validation that depend on the rows alone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from classifier.config_file import make_config
from classifier.dataset.folder import DatasetFolder, open_dataset
from classifier.errors import InterruptedTrainingError
from classifier.jobs.frozen_encoder import embed, probe_settings
from classifier.jobs.learning_curve.learners import PredictRows, make_learner
from classifier.jobs.learning_curve.learning_curve import learning_curve
from classifier.jobs.request import never
from classifier.models.classifier import Classifier
from classifier.progress import SILENT
from classifier.reports.curve_page import sentences
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.settings import tiny


def learner_of(model: str, dataset: DatasetFolder, checkpoint: Path, folder: Path) -> PredictRows:
    return make_learner(model, dataset, make_config({}, tiny(checkpoint)), folder, SILENT, never)


def truth(dataset: DatasetFolder, split: str) -> np.ndarray:
    return dataset.info.label_set.encode(dataset.labels(split))


@pytest.mark.parametrize("model", ["tfidf", "probe"])
def test_only_the_rows_that_are_given_are_learnt_from(
    model: str, dataset: DatasetFolder, tmp_path: Path, checkpoint: Path
) -> None:
    learner, y = learner_of(model, dataset, checkpoint, tmp_path), truth(dataset, "train")
    everything = learner(np.arange(len(y)), 0)
    assert everything.shape == truth(dataset, "validation").shape
    assert np.mean(everything == truth(dataset, "validation")) > 0.6  # one in three would be chance
    assert np.array_equal(learner(np.arange(len(y)), 1), everything)  # no seed changes it
    two = learner(np.flatnonzero(y != 2), 0)
    assert set(two.tolist()) == {0, 1}  # what was not seen is never predicted


def test_the_probe_is_a_logistic_regression_on_the_frozen_encoder(
    dataset: DatasetFolder, tmp_path: Path, checkpoint: Path
) -> None:
    rows, y = np.arange(0, dataset.info.counts["train"].articles, 2), truth(dataset, "train")
    settings = probe_settings(make_config({}, tiny(checkpoint)), dataset)
    train, validation = (embed(dataset.articles(split), settings, pair=False) for split in ("train", "validation"))
    scale = train[rows].std(axis=0) + 1e-6
    theirs = LogisticRegression(max_iter=5000).fit(train[rows] / scale, y[rows]).predict(validation / scale)
    ours = learner_of("probe", dataset, checkpoint, tmp_path)(rows, 0)
    assert np.mean(ours == theirs) > 0.75  # its penalty is chosen, theirs is not


def test_fine_tuning_leaves_no_folder_and_goes_on_after_an_interruption(
    dataset: DatasetFolder, tmp_path: Path, checkpoint: Path
) -> None:
    config, rows = make_config({}, tiny(checkpoint, **{"train.num_train_epochs": 1})), np.arange(40)
    whole = make_learner("full", dataset, config, tmp_path / "whole", SILENT, never)(rows, 3)
    asked = iter([False, False, True])
    stopped = make_learner("full", dataset, config, tmp_path / "parted", SILENT, lambda: next(asked))
    with pytest.raises(InterruptedTrainingError):
        stopped(rows, 3)
    assert [path.name for path in (tmp_path / "parted").iterdir()] == ["40-articles-seed-3"]
    again = make_learner("full", dataset, config, tmp_path / "parted", SILENT, never)(rows, 3)
    assert np.array_equal(again, whole)
    assert not list((tmp_path / "parted").iterdir())


def test_thresholds_are_not_fitted_on_what_is_scored(
    tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    articles = make_articles(60, multi_label=True)
    several = write_jsonl(tmp_path / "several.jsonl", articles, multi_label=True)
    kept: list[np.ndarray] = []
    load = Classifier.load

    def loaded(path: Path, **options: object) -> Classifier:
        found = load(path, **options)  # type: ignore[arg-type]
        assert found.info.thresholds is not None
        dataset = open_dataset(tmp_path / "curve" / "dataset")
        plain = replace(found, info=replace(found.info, calibration=None))
        kept.append(plain.predict_articles(dataset.articles("validation")) >= 0.5)
        return found

    monkeypatch.setattr(Classifier, "load", loaded)
    settings = tiny(checkpoint, **{"data.task": "multi_label", "train.num_train_epochs": 1})
    curve = learning_curve(
        str(several), tmp_path / "curve", model="full", shares=[0.5, 1], repeats=1, settings=settings
    )
    assert [np.array(point.predicted).tolist() for point in curve.points] == [found.tolist() for found in kept]
    assert "chose the best epoch" in " ".join(sentences(curve, "macro F1"))
