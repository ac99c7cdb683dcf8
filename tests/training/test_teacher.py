"""A small model learns from a teacher's scores: which articles, what is refused, and that it goes on exactly."""

import json
import logging
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from classifier.articles.article import Article
from classifier.config_file import make_config
from classifier.dataset.folder import DatasetFolder, open_dataset
from classifier.errors import InputError, InterruptedTrainingError
from classifier.evaluation.predictions import TFIDF_SCORES, read_predictions
from classifier.jobs.building.build import build
from classifier.jobs.folds import train_folds
from classifier.jobs.seeds import train_seeds
from classifier.jobs.source import resolve_source
from classifier.jobs.train import train
from classifier.jobs.tune.tune import tune
from classifier.models.classifier import Classifier
from classifier.models.model_folder import TFIDF_FOLDER, read_model_info
from classifier.models.run_folder import RunFolder
from classifier.models.tfidf import load_baselines
from classifier.progress import SILENT
from classifier.training import teacher
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.models import make_model_folder
from tests.makers.settings import tiny


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path, dataset: DatasetFolder) -> Path:
    """The teacher."""
    return train(dataset, tmp_path_factory.mktemp("teacher") / "run", settings=tiny(checkpoint)).run.path


@pytest.fixture(scope="module")
def folds(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Path:
    """A cross-validation whose models are heads on the frozen encoder."""
    folder = tmp_path_factory.mktemp("folds")
    source = str(write_jsonl(folder / "a.jsonl", make_articles(90, seed=2)))
    settings = tiny(checkpoint, **{"split.folds": 3, "train.num_train_epochs": 0})
    return train_folds(source, folder / "folds", settings=settings).path


def _pool(path: Path, articles: list[Article]) -> str:
    return str(write_jsonl(path, [replace(a, id=f"p{row}") for row, a in enumerate(articles)]))


def _taught(checkpoint: Path, run: Path, pool: str | None = None, **more: object) -> dict[str, object]:
    unlabelled = {} if pool is None else {"data.unlabelled": [pool]}
    return tiny(checkpoint, **{"distil.teacher": str(run), **unlabelled, **more})


def test_it_learns_from_scores_of_the_training_articles_and_of_those_of_the_pool_that_are_new(
    run: Path, dataset: DatasetFolder, checkpoint: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    new = make_articles(40, seed=7)
    shouted = [replace(a, text=a.text.upper()) for a in dataset.articles("test")][:5]
    longer = [replace(a, text=f"{a.text} Now more.") for a in dataset.articles("validation") if len(a.text) > 350][:1]
    known = [*dataset.articles("train")][:3]
    pool = Path(_pool(tmp_path / "pool.jsonl", [*new, *shouted, *longer, *known, new[0], new[1]]))
    pool.write_text(pool.read_text() + '{"id": "x", "text": ""}\n')
    with caplog.at_level(logging.INFO, logger="classifier"):
        found = train(dataset, tmp_path / "run", settings=_taught(checkpoint, run, str(pool))).run
    said = (
        f"scores the training articles and 40 unlabelled ones; left out: {5 + len(longer)} copies of validation or "
        "test articles, 3 copies of training articles, 2 copies of one another, 1 without a text to learn from"
    )
    assert said in caplog.text
    distilled = read_model_info(found.model).distilled
    assert distilled is not None
    assert (distilled.unlabelled, distilled.weight) == (40, 0.5)
    assert distilled.teacher.startswith("run (")
    steps = [json.loads(line) for line in found.metrics.open()]
    first = sum(line["articles"] for line in steps if line["kind"] == "step" and line["epoch"] <= 1)
    assert first == dataset.counts()["train"].articles + 40
    assert not found.distil.exists()
    assert "and 40 unlabelled articles, too" in (found.path / "report.html").read_text()
    assert str(tmp_path) not in (found.path / "README.md").read_text()


def test_it_goes_on_exactly_without_the_teacher_and_the_pool(
    run: Path, dataset: DatasetFolder, checkpoint: Path, tmp_path: Path
) -> None:
    first = Path(shutil.copytree(run, tmp_path / "first"))
    pool = _pool(tmp_path / "pool.jsonl", make_articles(30, seed=7))
    settings = _taught(checkpoint, first, pool, **{"train.freeze_layers": 1})
    whole = train(dataset, tmp_path / "whole", settings=settings).run
    calls = iter([False] * 5 + [True] * 99)
    with pytest.raises(InterruptedTrainingError):
        train(dataset, tmp_path / "cut", settings=settings, should_stop=lambda: next(calls))
    shutil.rmtree(first)
    Path(pool).unlink()
    cut = train(None, tmp_path / "cut", resume=True).run
    weights = [(one.model / "model.safetensors").read_bytes() for one in (whole, cut)]
    assert weights[0] == weights[1]


def test_what_the_teacher_says_is_what_is_learnt(
    run: Path, dataset: DatasetFolder, checkpoint: Path, tmp_path: Path
) -> None:
    """A teacher that is always wrong in the same way teaches that way, if it alone is heard."""
    turned = Path(shutil.copytree(run, tmp_path / "turned"))
    from safetensors.torch import load_file, save_file

    head = load_file(turned / "model" / "head.safetensors")
    save_file(
        {name: part.roll(1, 0).contiguous() for name, part in head.items()}, turned / "model" / "head.safetensors"
    )
    for file in ("model/checksums.json",):
        (turned / file).unlink()
    more = {"distil.weight": 1.0, "train.num_train_epochs": 6}
    found = train(dataset, tmp_path / "run", settings=_taught(checkpoint, turned, **more)).run
    articles = list(dataset.articles("test"))
    ours, theirs = (Classifier.load(one, device="cpu").predict_articles(articles) for one in (found.path, turned))
    truth = dataset.info.label_set.encode(a.labels for a in articles)
    assert (theirs.argmax(1) == truth).mean() < 0.2
    assert (ours.argmax(1) == theirs.argmax(1)).mean() > 0.5  # the head began with the true labels
    assert (ours.argmax(1) == truth).mean() < 0.3


def test_a_head_alone_learns_from_the_teacher_too(
    run: Path, dataset: DatasetFolder, checkpoint: Path, tmp_path: Path
) -> None:
    pool = _pool(tmp_path / "pool.jsonl", make_articles(60, seed=7))
    alone = train(dataset, tmp_path / "alone", settings=tiny(checkpoint, **{"train.num_train_epochs": 0})).run
    settings = _taught(checkpoint, run, pool, **{"train.num_train_epochs": 0})
    taught = train(dataset, tmp_path / "taught", settings=settings)
    heads = [(one.model / "head.safetensors").read_bytes() for one in (alone, taught.run)]
    assert heads[0] != heads[1]
    assert taught.test.figures["f1_macro"] > 0.5
    distilled = read_model_info(taught.run.model).distilled
    assert distilled is not None
    assert distilled.unlabelled == 60


def test_the_tfidf_that_is_blended_in_learns_the_teachers_labels_of_the_pool_and_the_baseline_true_ones_alone(
    run: Path, dataset: DatasetFolder, checkpoint: Path, tmp_path: Path
) -> None:
    plain, label = make_articles(60, seed=7), 1
    said = Classifier.load(run, device="cpu").predict_articles(plain).argmax(1)
    new = [replace(a, text=f"{a.text} Quokka.") if k == label else a for a, k in zip(plain, said, strict=True)]
    pool = _pool(tmp_path / "pool.jsonl", new)
    found = train(dataset, tmp_path / "run", settings=_taught(checkpoint, run, pool, **{"train.blend": "auto"})).run
    model, baseline = Classifier.load(found.path, device="cpu"), load_baselines(found.baseline)
    assert model.tfidf is not None
    words = [{word for terms in one.vectorizer.kinds for word in terms.columns} for one in (model.tfidf, baseline)]
    assert ["quokka" in known for known in words] == [True, False]
    assert model.tfidf.predict_tfidf([Article("1", "A quokka, said the quokka.")]).tolist() == [label]
    tested = list(dataset.articles("test"))
    table = read_predictions(found.evaluation("test"))
    labels = dataset.info.label_set
    assert table["tfidf"].to_pylist() == [one[0] for one in labels.decode(baseline.predict_tfidf(tested))]
    stored = np.array(table[TFIDF_SCORES].to_pylist())
    assert stored == pytest.approx(model.tfidf.scores(tested, len(labels.names)))
    proba = np.array(table["scores"].to_pylist())
    assert proba == pytest.approx(model.predict_articles(tested), abs=1e-6)
    assert "So did the TF-IDF that is blended in" in (found.path / "report.html").read_text()


def test_a_teacher_without_a_pool_leaves_tfidf_as_it_is(
    run: Path, dataset: DatasetFolder, checkpoint: Path, tmp_path: Path
) -> None:
    found = train(dataset, tmp_path / "run", settings=_taught(checkpoint, run, **{"train.blend": "auto"})).run
    files = [folder / "tfidf.safetensors" for folder in (found.baseline, found.model / TFIDF_FOLDER)]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_a_teacher_that_learned_from_validation_in_the_end_teaches_as_it_was_before(
    dataset: DatasetFolder, checkpoint: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = train(dataset, tmp_path / "first", settings=tiny(checkpoint, **{"train.refit": True})).run
    articles = list(dataset.articles("train"))
    models = (first.before_refit.model, first.model)
    before, after = (Classifier.load(model, device="cpu").predict_articles(articles) for model in models)
    for teacher_, expected, warned in ((first.path, before, False), (first.model, after, True)):
        run = RunFolder(tmp_path / f"taught by {teacher_.name}")
        with pytest.raises(InterruptedTrainingError):
            train(dataset, run.path, settings=_taught(checkpoint, teacher_), should_stop=lambda: True)
        stored = np.array(pq.read_table(run.scores)["scores"].to_pylist())
        assert stored == pytest.approx(expected, abs=1e-6)
        assert ("has learned from validation articles" in caplog.text) == warned
    assert before != pytest.approx(after, abs=1e-6)


@pytest.mark.parametrize("kind", ["labels", "split", "folds"])
def test_a_teacher_that_cannot_teach_is_refused_before_anything_is_written(
    kind: str, run: Path, folds: Path, dataset: DatasetFolder, checkpoint: Path, tmp_path: Path
) -> None:
    if kind == "labels":
        articles = [replace(a, labels=("this" if a.labels[0] == "satire" else "that",)) for a in make_articles(60)]
        source, said = str(write_jsonl(tmp_path / "a.jsonl", articles)), "has other labels: 'opinion'"
    elif kind == "split":
        articles = make_articles(150)
        source, said = str(write_jsonl(tmp_path / "a.jsonl", articles)), r"was trained on \d+ of the test articles"
    else:
        source, said = str(dataset.path), "is a cross-validation, and this training is of no fold"
        run = folds
    settings = _taught(checkpoint, run)
    if kind == "split":
        settings["split.seed"] = 99
    with pytest.raises(InputError, match=said):
        train(source, tmp_path / "run", settings=settings)
    assert not (tmp_path / "run").exists()


def test_other_things_that_cannot_be_are_said(
    run: Path, dataset: DatasetFolder, checkpoint: Path, tmp_path: Path
) -> None:
    copies = _pool(tmp_path / "copies.jsonl", list(dataset.articles("test")))
    cases = [
        (
            {},
            run,
            copies,
            "There is nothing to learn from in data.unlabelled; left out: 30 copies of validation or test",
        ),
        ({}, run, str(tmp_path / "no.jsonl"), "no.jsonl"),
        ({}, tmp_path / "nothing", None, "There is no run folder"),
        ({}, dataset.path, None, "is a dataset, and holds no model"),
    ]
    for more, who, pool, said in cases:
        with pytest.raises(InputError, match=said):
            train(dataset, tmp_path / "run", settings=_taught(checkpoint, who, pool, **more))
        assert not (tmp_path / "run").exists()
    for settings in (_taught(checkpoint, run), tiny(checkpoint, **{"data.unlabelled": [copies]})):
        with pytest.raises(InputError, match=r"study takes no distil\.teacher and no data\.unlabelled"):
            tune(dataset, tmp_path / "study", trials=1, settings=settings)


def test_a_teacher_that_was_changed_meanwhile_is_refused(
    run: Path, dataset: DatasetFolder, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Path(shutil.copytree(run, tmp_path / "first"))

    class _StopError(Exception):
        pass

    def stop(*_: object) -> None:
        raise _StopError

    from classifier.jobs import train as job

    with monkeypatch.context() as patch:
        patch.setattr(job, "score_lesson", stop)
        with pytest.raises(_StopError):
            train(dataset, tmp_path / "run", settings=_taught(checkpoint, first))
    train(dataset, first, settings=tiny(checkpoint, **{"train.seed": 5}), overwrite=True)
    with pytest.raises(InputError, match="is another one since the training began"):
        train(None, tmp_path / "run", resume=True)


def test_in_each_fold_the_teacher_is_the_model_of_that_fold(folds: Path, checkpoint: Path, tmp_path: Path) -> None:
    pool = _pool(tmp_path / "pool.jsonl", make_articles(20, seed=7))
    settings = _taught(checkpoint, folds, pool, **{"train.num_train_epochs": 1})
    taught = train_folds(str(folds / "dataset"), tmp_path / "taught", settings=settings).path
    infos = [read_model_info(taught / f"fold-0{k}" / "model").distilled for k in (1, 2, 3)]
    assert [info.teacher.split(" ")[0] for info in infos if info] == ["fold-01", "fold-02", "fold-03"]
    assert {info.unlabelled for info in infos if info} == {20}


def test_seeds_learn_from_an_ensemble(checkpoint: Path, dataset: DatasetFolder, tmp_path: Path) -> None:
    more = {"train.num_train_epochs": 1}
    several = train_seeds(dataset, tmp_path / "several", count=2, settings=tiny(checkpoint, **more)).path
    taught = train_seeds(dataset, tmp_path / "taught", count=2, settings=_taught(checkpoint, several, **more)).path
    for seed in (13, 14):
        distilled = read_model_info(taught / f"seed-{seed}" / "model").distilled
        assert distilled is not None
        assert distilled.teacher.startswith("several (")


@pytest.mark.parametrize("kind", ["multi_label", "pair"])
def test_several_labels_and_pairs_are_taught_too(kind: str, checkpoint: Path, tmp_path: Path) -> None:
    many, pair = kind == "multi_label", kind == "pair"
    articles = make_articles(90, multi_label=many, pair=pair)
    source = str(write_jsonl(tmp_path / "a.jsonl", articles, multi_label=many))
    task = {"data.task": "multi_label"} if many else {}
    build(source, tmp_path / "dataset", settings={"model.name": str(checkpoint), "model.max_length": 48, **task})
    first = train(open_dataset(tmp_path / "dataset"), tmp_path / "first", settings=tiny(checkpoint)).run.path
    pool = _pool(tmp_path / "pool.jsonl", make_articles(25, seed=7, pair=pair))
    settings = _taught(checkpoint, first, pool, **{"distil.temperature": 2.0, "train.blend": "auto"})
    found = train(open_dataset(tmp_path / "dataset"), tmp_path / "run", settings=settings)
    distilled = read_model_info(found.run.model).distilled
    assert distilled is not None
    assert distilled.unlabelled == 25
    model, baseline = Classifier.load(found.run.path, device="cpu"), load_baselines(found.run.baseline)
    assert model.tfidf is not None
    assert (model.tfidf.multi_label, model.tfidf.pair) == (many, pair)
    assert not np.array_equal(model.tfidf.bias, baseline.bias)  # it learned other articles too


def test_a_teacher_with_the_labels_in_another_order_gives_each_its_own_scores(
    dataset: DatasetFolder, checkpoint: Path, tmp_path: Path
) -> None:
    turned = make_model_folder(tmp_path / "model", checkpoint, labels=tuple(reversed(dataset.info.labels)))
    run, config = RunFolder(tmp_path / "run"), make_config({}, _taught(checkpoint, turned))
    run.path.mkdir()
    teacher.begin_lesson(run, config, dataset)
    teacher.score_lesson(run, config, dataset, SILENT)
    taught = teacher.taught_by(run, config, dataset.column("train", "id"), multi_label=False)
    expected = Classifier.load(turned, device="cpu").predict_articles(dataset.articles("train"))[:, ::-1]
    assert taught.scores == pytest.approx(expected, abs=1e-6)
    assert not np.allclose(expected, expected[:, ::-1], atol=1e-3)


def test_scores_belong_to_their_articles(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.distil.mkdir()
    scores = np.array([[0.1, 0.9], [0.2, 0.8], [0.3, 0.7], [0.4, 0.6]], dtype=np.float32)
    teacher._write_scores(run.scores, ["a", "unlabelled-1", "b", "unlabelled-1"], scores)
    (run.distil / "distil.json").write_text('{"teacher": "t", "unlabelled": 1, "left_out": {}, "format_version": 1}')
    from classifier.config import Config

    taught = teacher.taught_by(run, Config(), ["b", "unlabelled-1"], multi_label=False)
    assert replace(taught, temperature=2.0).softened[0].tolist() == pytest.approx([0.396, 0.604], abs=1e-3)
    assert replace(taught, temperature=2.0, multi_label=True).softened[0, 0] == pytest.approx(0.396, abs=1e-3)
    assert taught.scores[:, 0].tolist() == pytest.approx([0.3, 0.2, 0.4])
    assert taught.rows(np.array([0, 2]))[:, -1].tolist() == [1, 0]
    with pytest.raises(InputError, match="lacks scores"):
        teacher.taught_by(run, Config(), ["c"], multi_label=False)


def test_a_dataset_that_was_built_with_a_teacher_says_that_it_keeps_no_path(
    run: Path, checkpoint: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_jsonl(tmp_path / "a.jsonl", make_articles(60, seed=3))
    pool = _pool(tmp_path / "pool.jsonl", make_articles(30, seed=7))
    (tmp_path / "c.toml").write_text(
        f'[data]\npath = "a.jsonl"\nunlabelled = "pool.jsonl"\n[distil]\nteacher = "{run}"\nweight = 0.2\n'
        f'[model]\nname = "{checkpoint}"\nmax_length = 48\n'
    )
    build(str(tmp_path / "c.toml"), tmp_path / "dataset")
    assert str(run) not in (tmp_path / "dataset" / "dataset.json").read_text()
    resolve_source(str(tmp_path / "dataset"))
    assert "was built with a teacher or unlabelled articles, whose paths a dataset does not keep" in caplog.text
    caplog.clear()
    found, _ = resolve_source(str(tmp_path / "dataset"), {"distil.teacher": str(run), "data.unlabelled": pool})
    assert "was built with a teacher" not in caplog.text
    assert (found.distil.weight, found.data.unlabelled) == (0.2, (pool,))
    config, _ = resolve_source(str(tmp_path / "c.toml"))
    assert config.data.unlabelled == (pool,)
