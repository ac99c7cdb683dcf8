"""One fine-tuning: what it returns, whom it tells, and what it leaves when it is ended."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from classifier.arrays import Floats32
from classifier.config_file import load_config
from classifier.errors import InputError, InterruptedTrainingError
from classifier.evaluation.result import read_evaluation
from classifier.jobs.evaluate import evaluate
from classifier.jobs.held_out_scores import validation_scores
from classifier.jobs.seeds import train_seeds
from classifier.jobs.train import train
from classifier.models.classifier import Classifier
from classifier.models.ensemble import read_ensemble
from classifier.models.run_folder import RunFolder, read_metrics
from classifier.models.tfidf import fit_counted, load_baselines
from classifier.models.tfidf_features import count_articles
from classifier.models.transformer.forward import article_logits
from classifier.progress import SILENT
from classifier.stats.abstention import fit_abstention
from classifier.training.fit import best_validation, fit
from classifier.training.watch import Watch
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.settings import tiny


class _EndedError(Exception):
    pass


def test_fit_returns_what_it_kept_and_tells_of_each_validation(tmp_path: Path, checkpoint: Path) -> None:
    source = str(write_jsonl(tmp_path / "a.jsonl", make_articles(60)))
    report = train(source, tmp_path / "run", settings=tiny(checkpoint, **{"split.validation_size": 0.2}))
    config = load_config(report.run.config)
    told: list[tuple[int, float]] = []
    for name in ("again", "stopped"):
        (tmp_path / name).mkdir()
    watch = Watch(on_evaluation=lambda *found: told.append(found))
    best = fit(RunFolder(tmp_path / "again"), config, report.dataset, watch)
    lines = [json.loads(line) for line in report.run.metrics.open()]
    assert told == [(line["step"], line["f1_macro"]) for line in lines if line["kind"] == "evaluation"]
    assert (best.step, best.score) == told[-1]  # that of the mean of the last weights

    def stop(step: int, score: float) -> None:
        raise _EndedError

    with pytest.raises(_EndedError):
        fit(RunFolder(tmp_path / "stopped"), config, report.dataset, Watch(on_evaluation=stop))
    assert {path.name for path in (tmp_path / "stopped").iterdir()} == {"metrics.jsonl", "checkpoints"}


@pytest.mark.parametrize("bf16", [False, True])
def test_the_logits_that_it_tells_are_those_of_the_stored_model(bf16: bool, tmp_path: Path, checkpoint: Path) -> None:
    """So validation need not be read again: an evaluation that reads it gives the same scores, up to rounding."""
    settings = {"split.validation_size": 0.2, "train.bf16": bf16, "train.freeze_layers": 1, "train.blend": "auto"}
    source = str(write_jsonl(tmp_path / "a.jsonl", make_articles(60)))
    report = train(source, tmp_path / "run", settings=tiny(checkpoint, **settings))
    (tmp_path / "again").mkdir()
    told: list[Floats32] = []
    fit(RunFolder(tmp_path / "again"), load_config(report.run.config), report.dataset, Watch(on_logits=told.append))
    stored = Classifier.load(tmp_path / "again" / "model", device="cpu")
    encoded = stored.encoder.encode(report.dataset.articles("validation"))
    (logits,) = told
    read = article_logits(stored.model, encoded, stored.encoder, device=stored.device)
    assert logits == pytest.approx(read, abs=0.01)
    assert np.ptp(logits) > 0.5
    evaluate(report.run.path, split="validation", out=tmp_path / "read")
    trained, again = (
        pq.read_table(folder / "predictions.parquet")
        for folder in (report.run.evaluation("validation"), tmp_path / "read")
    )
    assert np.array(trained["scores"].to_pylist()) == pytest.approx(np.array(again["scores"].to_pylist()), abs=0.01)
    assert trained.drop(["scores", "score"]).equals(again.drop(["scores", "score"]))


REFIT = {"train.refit": True, "split.validation_size": 0.2, "train.blend": "auto", "train.calibration": "auto"}


@pytest.fixture
def noisy(tmp_path: Path) -> str:
    """Articles a sixth of whose labels are wrong, so that figures are not all perfect."""
    articles = make_articles(90, seed=3)
    swapped = [
        replace(article, labels=articles[(row + 1) % 90].labels) if row % 6 == 0 else article
        for row, article in enumerate(articles)
    ]
    return str(write_jsonl(tmp_path / "a.jsonl", swapped))


@pytest.mark.parametrize("average", [0.0, 0.5])
def test_a_refit_learns_from_validation_and_figures_on_validation_stay_those_of_the_model_before(
    tmp_path: Path, checkpoint: Path, noisy: str, average: float
) -> None:
    settings = tiny(checkpoint, **REFIT, **{"train.num_train_epochs": 4, "train.average_last": average})
    report = train(noisy, tmp_path / "run", settings=settings)
    plain = train(noisy, tmp_path / "plain", settings={**settings, "train.refit": False})
    run, older = report.run, report.run.before_refit
    model, before = Classifier.load(run.path, device="cpu"), Classifier.load(older.model, device="cpu")
    assert (model.info.refit, before.info.refit) == (True, False)
    same = ("blend", "calibration", "thresholds", "labels", "label_by")
    assert [getattr(model.info, name) for name in same] == [getattr(before.info, name) for name in same]

    def weights(folder: Path) -> bytes:
        return (folder / "model.safetensors").read_bytes()

    assert weights(older.model) == weights(plain.run.model) != weights(run.model)
    tables = [pq.read_table(one.evaluation("validation") / "predictions.parquet") for one in (run, plain.run)]
    assert tables[0].equals(tables[1])  # those of TF-IDF too
    best, epoch = best_validation(run, "f1_macro")
    assert best.step and epoch == best.step / 7  # steps in an epoch of 54 articles
    assert epoch == 4 if average else epoch < 4
    lines = read_metrics(run.refit)
    assert {line["kind"] for line in lines} == {"step"}
    assert lines[-1]["step"] == round(epoch * 9)  # of 72
    assert {path.name for path in run.refit.path.iterdir()} == {"metrics.jsonl"}
    articles = [*report.dataset.articles("train"), *report.dataset.articles("validation")]
    y = report.dataset.info.label_set.encode(article.labels for article in articles)
    penalty = load_baselines(older.baseline).penalty
    assert penalty is not None
    expected = fit_counted(count_articles(articles, pair=False), y, penalty=penalty)
    for folder in (run.baseline, run.model / "tfidf"):
        found = load_baselines(folder)
        assert np.array_equal(found.weights, expected.weights)
        assert found.scale == load_baselines(older.baseline).scale
    assert "learned from validation too" in (run.path / "report.html").read_text()


def test_evaluate_reads_validation_with_the_model_that_has_not_learned_from_it(
    tmp_path: Path, checkpoint: Path, noisy: str
) -> None:
    report = train(noisy, tmp_path / "run", settings=tiny(checkpoint, **REFIT))
    trained = report.validation
    found = evaluate(report.run.path, split="validation", min_precision=0.5)
    assert trained is not None and found.figures == trained.figures and found.baselines == trained.baselines
    stored = Classifier.load(report.run.path, device="cpu").info.abstention
    held_out = Classifier.load(report.run.before_refit.model, device="cpu")
    alone = validation_scores(held_out, report.run, "--min-precision", SILENT)
    given, right = held_out.given(alone.proba), held_out.label_set.matrix(alone.truth)
    assert stored is not None
    assert stored.thresholds == fit_abstention(alone.proba, given, right, 0.5, alone.groups, "article").thresholds
    shutil.rmtree(report.run.before_refit.path)
    for asked in ({"split": "validation"}, {"min_precision": 0.5}):
        with pytest.raises(InputError, match="has learned from the validation articles"):
            evaluate(report.run.path, **asked)
    assert evaluate(report.run.path).figures == report.test.figures


@pytest.mark.parametrize("steps", [10, 20])
def test_a_refit_that_was_stopped_goes_on_to_the_same_weights(
    tmp_path: Path, checkpoint: Path, noisy: str, steps: int
) -> None:
    settings = tiny(checkpoint, **REFIT)
    whole = train(noisy, tmp_path / "whole", settings=settings).run
    asked = iter([*([False] * steps), True])
    with pytest.raises(InterruptedTrainingError):
        train(noisy, tmp_path / "stopped", settings=settings, should_stop=lambda: next(asked))
    stopped = RunFolder(tmp_path / "stopped")
    assert stopped.before_refit.model.exists() is (steps == 20)
    train(None, stopped.path, resume=True)
    for folder in ("model", "before_refit/model", "baseline", "model/tfidf"):
        for file in (whole.path / folder).glob("*.safetensors"):
            assert file.read_bytes() == (stopped.path / folder / file.name).read_bytes()


def test_a_run_that_was_killed_after_its_refit_keeps_no_checkpoints(tmp_path: Path, checkpoint: Path) -> None:
    source = str(write_jsonl(tmp_path / "a.jsonl", make_articles(60)))
    run = train(source, tmp_path / "run", settings=tiny(checkpoint, **{"train.refit": True})).run
    run.manifest.unlink()
    for folder in (run.refit.checkpoints, run.refit.baseline):
        folder.mkdir()
    train(None, run.path, resume=True)
    assert [path.name for path in run.refit.path.iterdir()] == ["metrics.jsonl"]


def test_a_head_is_fitted_on_train_and_validation(tmp_path: Path, checkpoint: Path, noisy: str) -> None:
    settings = tiny(checkpoint, **{**REFIT, "train.num_train_epochs": 0, "train.blend": "none"})
    report = train(noisy, tmp_path / "run", settings=settings)
    (tmp_path / "joined").mkdir()
    config = load_config(report.run.config)
    once = config.model_copy(update={"train": config.train.model_copy(update={"refit": False})})
    fit(RunFolder(tmp_path / "joined"), once, report.dataset.with_validation_in_train())
    heads = [
        (folder / "model.safetensors").read_bytes() for folder in (report.run.model, tmp_path / "joined" / "model")
    ]
    assert heads[0] == heads[1]
    weights = [model / "model.safetensors" for model in (report.run.model, report.run.before_refit.model)]
    assert weights[0].samefile(weights[1])


def test_the_calibration_of_an_ensemble_is_that_of_models_that_have_not_learned_from_validation(
    tmp_path: Path, checkpoint: Path, noisy: str
) -> None:
    settings = tiny(checkpoint, **REFIT)
    for name, refit in (("refit", True), ("plain", False)):
        train_seeds(noisy, tmp_path / name, count=2, settings={**settings, "train.refit": refit})
    refit, plain = (read_ensemble(tmp_path / name) for name in ("refit", "plain"))
    assert refit.calibration == plain.calibration is not None
    of_validation = Path("evaluation") / "validation" / "predictions.parquet"
    tables = [pq.read_table(tmp_path / name / of_validation) for name in ("refit", "plain")]
    assert tables[0].equals(tables[1])
    again = evaluate(tmp_path / "refit", split="validation", out=tmp_path / "again")
    assert again.figures == read_evaluation(tmp_path / "plain" / "evaluation" / "validation").figures


def test_without_validation_a_refit_has_no_effect(
    tmp_path: Path, checkpoint: Path, noisy: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings = tiny(checkpoint, **{"train.refit": True, "split.validation_size": 0})
    run = train(noisy, tmp_path / "run", settings=settings).run
    assert not run.before_refit.path.exists()
    assert not Classifier.load(run.path, device="cpu").info.refit
    assert "train.refit has no effect" in caplog.text
