"""The most frequent class has its share of an epoch, other articles of it each time, and counts as much as before."""

import json
from pathlib import Path

import numpy as np
import pytest

from classifier.config_file import make_config
from classifier.errors import InputError, InterruptedTrainingError
from classifier.jobs.train import train
from classifier.training.undersampling import epoch_articles, epoch_size, epoch_weights
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.settings import tiny

Y = np.array(([0] * 6 + [1, 2]) * 25)


def test_only_the_most_frequent_class_is_drawn_from() -> None:
    kept = epoch_articles(Y, 0.6, seed=1, epoch=0)
    assert len(kept) == epoch_size(Y, 0.6) == 125
    assert (np.diff(kept) > 0).all()
    assert np.bincount(Y[kept]).tolist() == [75, 25, 25]


def test_a_share_that_a_class_has_already_leaves_all() -> None:
    y = np.array([0] * 700 + [1] * 300)
    assert epoch_size(y, 0.7) == 1000
    assert epoch_size(y[400:], 0.5) == 600


def test_every_epoch_draws_anew_and_a_resumed_one_alike() -> None:
    epochs = [epoch_articles(Y, 0.5, seed=1, epoch=epoch) for epoch in range(20)]
    assert np.array_equal(epochs[3], epoch_articles(Y, 0.5, seed=1, epoch=3))
    assert not np.array_equal(epochs[0], epochs[1])
    assert not np.array_equal(epochs[0], epoch_articles(Y, 0.5, seed=2, epoch=0))
    assert len(np.unique(np.concatenate(epochs))) == len(Y)


def test_classes_weigh_what_they_weighed() -> None:
    kept, weights = epoch_articles(Y, 0.5, seed=1, epoch=0), epoch_weights(Y, 0.5, classes=4)
    total = np.bincount(Y[kept], weights=weights[Y[kept]], minlength=3)
    assert total / total.sum() == pytest.approx(np.bincount(Y) / len(Y))
    assert weights[Y[kept]].mean() == pytest.approx(1)


@pytest.mark.parametrize("y", [Y[:1], np.array([0, 1] * 5), np.ones((6, 2), dtype=np.int64)])
def test_nothing_is_left_out_where_no_class_has_more(y: np.ndarray) -> None:
    assert np.array_equal(epoch_articles(y, 0.5, seed=0, epoch=0), np.arange(len(y)))
    assert epoch_weights(y, 0.5, classes=2).tolist() == [1, 1]


def test_a_share_of_one_leaves_nothing_out() -> None:
    assert epoch_size(Y, 1.0) == len(epoch_articles(Y, 1.0, seed=0, epoch=0)) == len(Y)


def test_multi_label_has_no_most_frequent_class() -> None:
    with pytest.raises(InputError) as caught:
        make_config({}, {"data.task": "multi_label", "train.most_frequent_share": 0.5})
    assert "most_frequent_share" in str(caught.value.faults)


@pytest.mark.parametrize("class_weight", ["balanced", "none"])
def test_a_training_with_short_epochs_and_recomputed_layers_resumes_bit_for_bit(
    checkpoint: Path, tmp_path: Path, class_weight: str
) -> None:
    skewed = [
        article for article in make_articles(180) if article.labels == ("satire",) or int(article.id[1:]) % 5 == 0
    ]
    settings = tiny(
        checkpoint,
        **{"train.most_frequent_share": 0.5, "train.class_weight": class_weight},
        **{"train.gradient_checkpointing": True},
    )
    source = str(write_jsonl(tmp_path / "a.jsonl", skewed))
    whole = train(source, tmp_path / "whole", settings=settings)
    records = [json.loads(line) for line in whole.run.metrics.read_text().splitlines()]
    first = sum(record["articles"] for record in records if record["kind"] == "step" and record["epoch"] <= 1)
    labels = list(whole.dataset.labels("train"))
    assert first == 2 * (len(labels) - sum(label == ("satire",) for label in labels)) < len(labels)
    stops = iter([False, False, True])
    with pytest.raises(InterruptedTrainingError):
        train(source, tmp_path / "part", settings=settings, should_stop=lambda: next(stops))
    part = train(None, tmp_path / "part", resume=True)
    for name in ("model.safetensors", "head.safetensors"):
        assert (part.run.model / name).read_bytes() == (whole.run.model / name).read_bytes()
