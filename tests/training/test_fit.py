"""One fine-tuning: what it returns, whom it tells, and what it leaves when it is ended."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from classifier.arrays import Floats32
from classifier.config_file import load_config
from classifier.jobs.evaluate import evaluate
from classifier.jobs.train import train
from classifier.models.classifier import Classifier
from classifier.models.run_folder import RunFolder
from classifier.models.transformer.forward import article_logits
from classifier.training.fit import fit
from classifier.training.watch import Watch
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.settings import tiny


class _EndedError(Exception):
    pass


def test_fit_returns_its_best_and_tells_of_each_validation(tmp_path: Path, checkpoint: Path) -> None:
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
    assert (best.step, best.score) == max(told, key=lambda found: (found[1], -found[0]))

    def stop(step: int, score: float) -> None:
        raise _EndedError

    with pytest.raises(_EndedError):
        fit(RunFolder(tmp_path / "stopped"), config, report.dataset, Watch(on_evaluation=stop))
    assert {path.name for path in (tmp_path / "stopped").iterdir()} == {"metrics.jsonl", "checkpoints"}


@pytest.mark.parametrize("bf16", [False, True])
def test_the_logits_that_it_tells_are_those_of_the_stored_model(bf16: bool, tmp_path: Path, checkpoint: Path) -> None:
    """So validation need not be read again: an evaluation that reads it gives the same scores."""
    settings = {"split.validation_size": 0.2, "train.bf16": bf16, "train.freeze_layers": 1, "train.blend": "auto"}
    source = str(write_jsonl(tmp_path / "a.jsonl", make_articles(60)))
    report = train(source, tmp_path / "run", settings=tiny(checkpoint, **settings))
    (tmp_path / "again").mkdir()
    told: list[Floats32] = []
    fit(RunFolder(tmp_path / "again"), load_config(report.run.config), report.dataset, Watch(on_logits=told.append))
    stored = Classifier.load(tmp_path / "again" / "model", device="cpu")
    encoded = stored.encoder.encode(report.dataset.articles("validation"))
    (logits,) = told
    assert np.array_equal(logits, article_logits(stored.model, encoded, stored.encoder, device=stored.device))
    evaluate(report.run.path, split="validation", out=tmp_path / "read")
    trained, read = (
        pq.read_table(folder / "predictions.parquet")
        for folder in (report.run.evaluation("validation"), tmp_path / "read")
    )
    assert trained.equals(read)
