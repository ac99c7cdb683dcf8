"""What only a GPU can show; skipped elsewhere. Run them with ``pytest -m gpu``."""

from pathlib import Path

import numpy as np
import pytest
import torch

from classifier.jobs.train import train
from classifier.models.classifier import Classifier
from classifier.models.transformer.batches import collate
from classifier.models.transformer.tokenizer import load_tokenizer
from classifier.models.transformer.windows import TextEncoder
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.settings import tiny

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here"),
]


@pytest.mark.parametrize("bf16", ["false", "true"])
def test_a_training_on_the_gpu_learns_and_predicts_alike_on_the_cpu(
    checkpoint: Path, tmp_path: Path, bf16: str
) -> None:
    data = write_jsonl(tmp_path / "articles.jsonl", make_articles(150))
    settings = tiny(checkpoint, **{"train.device": "cuda", "train.bf16": bf16, "train.num_train_epochs": 4})
    report = train(str(data), tmp_path / "run", settings=settings)
    assert report.test.figures["accuracy"] > 0.8
    texts = [article.text for article in make_articles(40, seed=1)]
    there = Classifier.load(tmp_path / "run", device="cuda", bf16=False).predict_proba(texts)
    here = Classifier.load(tmp_path / "run", device="cpu", bf16=False).predict_proba(texts)
    assert np.abs(there - here).max() < 1e-3


def test_a_resumed_training_ends_in_the_same_weights(checkpoint: Path, tmp_path: Path) -> None:
    from classifier.errors import InterruptedTrainingError

    data = write_jsonl(tmp_path / "articles.jsonl", make_articles(100))
    settings = tiny(checkpoint, **{"train.device": "cuda"})
    train(str(data), tmp_path / "whole", settings=settings)
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked == 5

    with pytest.raises(InterruptedTrainingError):
        train(str(data), tmp_path / "halves", settings=settings, should_stop=stop)
    train(None, tmp_path / "halves", resume=True)
    texts = [article.text for article in make_articles(10, seed=1)]
    whole, halves = (Classifier.load(tmp_path / name, bf16=False).predict_proba(texts) for name in ("whole", "halves"))
    assert np.abs(whole - halves).max() < 1e-4


def test_batches_are_pinned_and_arrive_whole(checkpoint: Path) -> None:
    encoder = TextEncoder(load_tokenizer(checkpoint), max_length=32)
    batch = collate(encoder.encode(make_articles(6)), range(6), encoder.template, 0)
    pinned = batch.pinned_for(torch.device("cuda"))
    there = pinned.to(torch.device("cuda"))
    for name in ("input_ids", "attention_mask", "averaging"):
        assert getattr(pinned, name).is_pinned()
        assert torch.equal(getattr(there, name).cpu(), getattr(batch, name))
