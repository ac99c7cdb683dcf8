"""What a learning curve trains: predictions for validation that depend on the rows alone."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from classifier.config import Config
from classifier.config_file import make_config
from classifier.dataset.folder import DatasetFolder, open_dataset
from classifier.errors import InputError, InterruptedTrainingError
from classifier.jobs.frozen_encoder import embed, probe_settings
from classifier.jobs.learning_curve import learners
from classifier.jobs.learning_curve.learners import PredictRows, make_learner, scored_rows
from classifier.jobs.learning_curve.learning_curve import learning_curve
from classifier.jobs.request import never
from classifier.models.classifier import Classifier
from classifier.models.run_folder import RunFolder
from classifier.progress import SILENT
from classifier.reports.curve_page import sentences
from classifier.training import fit as training
from classifier.training.checkpoints import BestEvaluation
from classifier.training.watch import Watch
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


def test_the_layers_of_a_point_are_chosen_by_its_own_articles(
    dataset: DatasetFolder, tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    real = learners.layers_for
    monkeypatch.setattr(
        learners, "layers_for", lambda v, a, *more: (asked.append([one.id for one in a]), real(v, a, *more))[1]
    )
    rows = np.array([40, 3, 17, 8, 25, 31, 2, 11, 5, 29])
    learner_of("probe", dataset, checkpoint, tmp_path)(rows, 0)
    ids = dataset.column("train", "id")
    assert asked == [[ids[row] for row in rows]]


def test_the_probe_is_a_logistic_regression_on_the_frozen_encoder(
    dataset: DatasetFolder, tmp_path: Path, checkpoint: Path
) -> None:
    rows, y = np.arange(0, dataset.info.counts["train"].articles, 2), truth(dataset, "train")
    settings = probe_settings(make_config({}, tiny(checkpoint)), dataset)
    train, validation = (
        embed(dataset.articles(split), settings, pair=False).values for split in ("train", "validation")
    )
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


def test_a_refit_adds_no_articles_to_those_that_are_given(
    dataset: DatasetFolder, tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[Classifier] = []
    load = Classifier.load

    def loaded(path: Path, **options: Any) -> Classifier:
        kept.append(load(path, **options))
        return kept[-1]

    monkeypatch.setattr(Classifier, "load", loaded)
    config = make_config({}, tiny(checkpoint, **{"train.refit": True, "train.num_train_epochs": 1}))
    make_learner("full", dataset, config, tmp_path, SILENT, never)(np.arange(40), 0)
    assert [one.info.refit for one in kept] == [False]  # else it has learned from validation articles too


@pytest.mark.parametrize("several", [False, True])
def test_what_is_scored_chooses_nothing(
    several: bool, tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_jsonl(tmp_path / "a.jsonl", make_articles(80, multi_label=several), multi_label=several)
    validated: list[set[str]] = []
    kept: list[Classifier] = []
    load = Classifier.load

    def fit(run: RunFolder, config: Config, dataset: DatasetFolder, watch: Watch) -> BestEvaluation:
        validated.append({article.id for article in dataset.articles("validation")})
        return training.fit(run, config, dataset, watch)

    def loaded(path: Path, **options: Any) -> Classifier:
        kept.append(load(path, **options))
        return kept[-1]

    monkeypatch.setattr(learners, "fit", fit)
    monkeypatch.setattr(Classifier, "load", loaded)
    task = {"data.task": "multi_label"} if several else {}
    settings = tiny(checkpoint, **{**task, "train.num_train_epochs": 1, "train.blend": "auto"})
    curve = learning_curve(str(file), tmp_path / "curve", model="full", shares=[0.5, 1], repeats=1, settings=settings)
    dataset = open_dataset(tmp_path / "curve" / "dataset")
    scored = [article for article in dataset.articles("validation") if article.id not in validated[0]]
    assert validated[0] == validated[1]
    assert (len(scored), len(validated[0])) == (curve.validation, curve.chosen)
    assert min(curve.validation, curve.chosen) > 2
    for point, found in zip(curve.points, kept, strict=True):
        assert found.info.blend is not None  # as `train` makes it
        assert point.predicted == found.decide(found.predict_articles(scored)).tolist()
    assert "each training fitted thresholds" in " ".join(sentences(curve, "macro F1"))


def test_one_group_of_validation_articles_cannot_be_halved(
    dataset: DatasetFolder, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DatasetFolder, "units", lambda self, ids: [0] * len(ids))
    with pytest.raises(InputError, match=r"two groups or more(?s:.)*--model probe"):
        scored_rows("full", dataset, make_config({}, tiny(checkpoint)))
