"""A run that teaches itself: what its first training learns and says, and that it goes on exactly."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from classifier.articles.article import Article
from classifier.config_file import make_config
from classifier.dataset.folder import DatasetFolder
from classifier.errors import InterruptedTrainingError
from classifier.jobs.folds import train_folds
from classifier.jobs.train import train
from classifier.models.classifier import Classifier
from classifier.models.model_folder import read_model_info
from classifier.models.run_folder import RunFolder
from classifier.models.tfidf import load_baselines
from classifier.training.auto import CorpusFacts, choose
from classifier.training.own_teacher import first_settings
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.settings import tiny


def _pool(path: Path, articles: list[Article]) -> str:
    return str(write_jsonl(path, [replace(a, id=f"p{row}") for row, a in enumerate(articles)]))


def _itself(checkpoint: Path, pool: str, **more: object) -> dict[str, object]:
    return tiny(checkpoint, **{"data.unlabelled": [pool], **more})


@pytest.mark.parametrize("refit", [False, True])
def test_its_first_training_scores_what_the_second_learns_from(
    refit: bool, dataset: DatasetFolder, checkpoint: Path, tmp_path: Path
) -> None:
    pool = make_articles(40, seed=7)
    settings = _itself(checkpoint, _pool(tmp_path / "pool.jsonl", pool), **{"train.refit": refit})
    run = RunFolder(tmp_path / "run")
    with pytest.raises(InterruptedTrainingError):
        train(dataset, run.path, settings=settings, should_stop=lambda: True)
    first = Classifier.load(run.own_teacher.model, device="cpu")
    assert not first.info.refit
    assert first.info.distilled is None
    held = list(dataset.articles("validation")) if refit else []
    said = first.predict_articles([*dataset.articles("train"), *held, *pool])
    assert np.array(pq.read_table(run.scores)["scores"].to_pylist()) == pytest.approx(said, abs=1e-6)
    known = {word for terms in load_baselines(run.own_teacher.baseline).vectorizer.kinds for word in terms.columns}
    assert known == {word for terms in load_baselines(run.baseline).vectorizer.kinds for word in terms.columns}


def test_it_learns_from_the_pool_and_says_so(
    dataset: DatasetFolder, checkpoint: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    pool = _pool(tmp_path / "pool.jsonl", make_articles(40, seed=7))
    alone = train(dataset, tmp_path / "alone", settings=tiny(checkpoint)).run
    found = train(dataset, tmp_path / "run", settings=_itself(checkpoint, pool)).run
    distilled = read_model_info(found.model).distilled
    assert distilled is not None
    assert (distilled.teacher, distilled.unlabelled) == (None, 40)
    heads = [(one.model / "head.safetensors").read_bytes() for one in (alone, found)]
    assert heads[0] != heads[1]
    assert "its own first training gave the training articles and 40 unlabelled articles" in " ".join(
        (found.path / "report.html").read_text().split()
    )
    assert not found.distil.exists()
    said = [record.getMessage() for record in caplog.records]
    begun = [line for line in said if line.startswith(("first training", "second training"))]
    assert begun == [
        "first training: a head on the frozen encoder",
        "second training, which learns from what the first says, too",
    ]


def test_it_goes_on_exactly_without_the_pool(dataset: DatasetFolder, checkpoint: Path, tmp_path: Path) -> None:
    pool = _pool(tmp_path / "pool.jsonl", make_articles(40, seed=7))
    settings = _itself(checkpoint, pool, **{"train.refit": True})
    whole = train(dataset, tmp_path / "whole", settings=settings).run
    asked = iter([False] * 6 + [True])
    with pytest.raises(InterruptedTrainingError):
        train(dataset, tmp_path / "run", settings=settings, should_stop=lambda: next(asked))
    Path(pool).unlink()
    stopped = True
    while stopped:  # wherever it is stopped again
        asked = iter([False] * 9 + [True])
        try:
            train(None, tmp_path / "run", resume=True, should_stop=lambda: next(asked))  # noqa: B023
            stopped = False
        except InterruptedTrainingError:
            pass
    for file in ("model/head.safetensors", "model/model.safetensors", "before_refit/model/head.safetensors"):
        assert (tmp_path / "run" / file).read_bytes() == (whole.path / file).read_bytes(), file


def test_the_second_training_on_validation_too_learns_from_the_pool_as_well(
    dataset: DatasetFolder, checkpoint: Path, tmp_path: Path
) -> None:
    pool = _pool(tmp_path / "pool.jsonl", [replace(a, text=f"{a.text} Quokka.") for a in make_articles(40, seed=7)])
    settings = _itself(checkpoint, pool, **{"train.refit": True, "train.blend": "auto"})
    run = train(dataset, tmp_path / "run", settings=settings).run
    after, before = (Classifier.load(folder, device="cpu").tfidf for folder in (run.model, run.before_refit.model))
    assert after is not None
    assert before is not None
    heads = [{word for terms in one.vectorizer.kinds for word in terms.columns} for one in (after, before)]
    assert ["quokka" in words for words in heads] == [True, True]
    assert heads[0] - heads[1], "words of validation"
    baseline = {word for terms in load_baselines(run.baseline).vectorizer.kinds for word in terms.columns}
    assert "quokka" not in baseline
    assert not [folder for folder in (run.refit.distil, run.distil) if folder.exists()]


def test_a_head_that_starts_at_random_takes_steps_in_the_first_training_too(checkpoint: Path) -> None:
    corpus = CorpusFacts(np.full(50, 100), 500, 125, pair=False, layers=2, width=16)
    for pooling, epochs in (("mean", 0), ("cls", 3)):
        values = {"data.unlabelled": ["pool.jsonl"], "model.pooling": pooling, "train.num_train_epochs": 3}
        first = first_settings(choose(make_config({}, values), corpus)[0])
        assert first.train.num_train_epochs == epochs
        assert not first.has_teacher
        assert not first.train.refit


def test_each_fold_teaches_itself(checkpoint: Path, tmp_path: Path) -> None:
    source = str(write_jsonl(tmp_path / "a.jsonl", make_articles(60, seed=2)))
    pool = _pool(tmp_path / "pool.jsonl", make_articles(20, seed=7))
    settings = _itself(checkpoint, pool, **{"split.folds": 3, "train.num_train_epochs": 0})
    path = train_folds(source, tmp_path / "folds", settings=settings).path
    for fold in (1, 2, 3):
        distilled = read_model_info(path / f"fold-0{fold}" / "model").distilled
        assert distilled is not None
        assert distilled.unlabelled == 20
    shutil.rmtree(path)
