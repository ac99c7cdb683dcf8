"""What predicts, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from classifier.jobs.folds import train_folds
from classifier.jobs.train import train
from classifier.models.classifier import Classifier
from classifier.models.what_predicts import what_predicts
from classifier.reports.run.record import read_run_record
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.settings import tiny


@pytest.mark.parametrize(
    ("base", "blends", "models", "words"),
    [
        ("org/MiniLM", (), 1, "the encoder MiniLM alone"),
        ("/home/me/models/mine/", (), 1, "the encoder mine alone"),
        ("C:\\models\\mine", (), 3, "the mean of 3 models, each: the encoder mine alone"),
        ("x", ((1.0, 0.0), (0.5, 1.0)), 2, "0.50 to 1.00 × the scores of the encoder x + 0.00 to 1.00 × those of"),
    ],
)
def test_the_weights_are_said(base: str, blends: Sequence[tuple[float, float]], models: int, words: str) -> None:
    assert words in what_predicts(base, blends, models=models)


def test_a_blend_is_said_wherever_the_model_is_named(tmp_path: Path, checkpoint: Path) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(60))
    settings = tiny(checkpoint, **{"train.num_train_epochs": 1, "train.blend": 0.58})
    run = train(source, tmp_path / "run", settings=settings).run
    model = Classifier.load(run.path, device="cpu")
    words = "0.84 × the scores of the encoder"
    assert model.predicts.startswith(words)
    assert repr(model) == f"<Classifier of 3 labels ({', '.join(model.classes_)}); predicts: {model.predicts}>"
    record = read_run_record(run.path)
    assert record.predictor == model.predicts
    assert record.evaluation.blends == (model.info.blend,)
    for file in ("README.md", "report.html"):
        assert words in (run.path / file).read_text(encoding="utf-8")
    alone = replace(model, tfidf=None)
    assert alone.predicts.endswith("alone")
    for gains in (record.evaluation.blend_gain, record.evaluation.encoder_gain):
        assert set(gains) == set(record.evaluation.figures)
    assert set(record.evaluation.baseline_intervals) == {"tfidf", "encoder"}


def test_all_folds_together_show_the_parts_of_their_blends(tmp_path: Path, checkpoint: Path) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(60))
    settings = tiny(checkpoint, **{"train.num_train_epochs": 1, "train.blend": 0.58, "split.folds": 3})
    report = train_folds(source, tmp_path / "cv", settings=settings)
    pooled, folds = report.pooled, report.folds
    assert set(pooled.baselines) == set(pooled.baseline_intervals) | {"majority"} == {"encoder", "tfidf", "majority"}
    for gains in (pooled.blend_gain, pooled.encoder_gain, pooled.majority_gain):
        assert gains["accuracy"].interval is not None
    apart = pooled.figures["accuracy"] - pooled.baselines["encoder"]["accuracy"]
    assert pooled.blend_gain["accuracy"].value == pytest.approx(apart)
    assert all(fold.blends for fold in folds)
    record = read_run_record(report.path)
    assert record.predictor.startswith("for each article the model of its own fold, 0.84 × the scores of the encoder")
