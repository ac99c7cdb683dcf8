"""A training without a run folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch

from classifier.articles.labels import LabelSet
from classifier.config import TrainConfig
from classifier.models.transformer.network import create_model
from classifier.models.transformer.tokenizer import load_tokenizer
from classifier.models.transformer.windows import TextEncoder
from classifier.training.loop import Learner, StepRecord, TrainingSet, set_seed, train_steps
from tests.makers.articles import SIGNALS, make_articles

CPU = torch.device("cpu")
LABELS = tuple(sorted(SIGNALS))
SETTINGS = TrainConfig(
    num_train_epochs=3, batch_size=8, learning_rate=1e-2, token_budget=512, most_frequent_share=1.0, average_last=0.5
)


def prepare(
    checkpoint: Path, settings: TrainConfig = SETTINGS, n: int = 60
) -> tuple[Learner, TrainingSet, TextEncoder]:
    encoder = TextEncoder(load_tokenizer(checkpoint), max_length=32)
    articles = make_articles(n)
    data = TrainingSet(encoder.encode(articles), LabelSet(LABELS).encode(a.labels for a in articles))
    set_seed(settings.seed)
    return Learner(create_model(checkpoint, LABELS, multi_label=False, pooling="mean"), settings), data, encoder


def take(
    learner: Learner, data: TrainingSet, encoder: TextEncoder, stop: Callable[[StepRecord], bool] | None = None
) -> list[StepRecord]:
    records = []
    for record in train_steps(learner, data, encoder, class_weights=None, device=CPU):
        records.append(record)
        if stop and stop(record):
            break
    return records


def same_weights(a: Learner, b: Learner) -> bool:
    ours, theirs = a.model.state_dict(), b.model.state_dict()
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)
