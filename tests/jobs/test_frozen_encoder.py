"""Vectors of articles: the mean token vector of the encoder, whatever shares a batch."""

from pathlib import Path

import numpy as np
import pytest
import torch
import transformers

from classifier.config import Layers
from classifier.config_file import make_config
from classifier.jobs import frozen_encoder
from classifier.jobs.building.build import build
from classifier.jobs.frozen_encoder import embed, embed_layers, frozen_settings, layers_for, probe_articles
from classifier.models.layers import LayerVectors, fit_layer_probe
from classifier.models.transformer.encoder_config import encoder_size
from classifier.models.transformer.pair_features import VECTORS
from classifier.training.auto import ChosenConfig
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.settings import tiny


def settings(checkpoint: Path, **more: object) -> ChosenConfig:
    return ChosenConfig.model_validate(
        make_config(
            {},
            tiny(
                checkpoint,
                **{"model.window_choice": "head", "model.pairs": "together", "train.average_last": 0, **more},
            ),
        ).model_dump()
    )


def test_an_article_of_one_window_is_the_mean_of_its_tokens(checkpoint: Path) -> None:
    articles = make_articles(6)
    found = embed(articles, settings(checkpoint, **{"model.max_length": 120}), pair=False).values
    tokenizer = transformers.AutoTokenizer.from_pretrained(checkpoint)
    model = transformers.AutoModel.from_pretrained(checkpoint).eval()
    for article, vector in zip(articles, found, strict=True):
        with torch.no_grad():
            theirs = model(**tokenizer(article.text, return_tensors="pt")).last_hidden_state[0].mean(dim=0)
        assert vector == pytest.approx(theirs.numpy(), abs=1e-4)


def test_order_and_company_do_not_matter(checkpoint: Path) -> None:
    articles, chosen = make_articles(20), settings(checkpoint)
    found = embed(articles, chosen, pair=False).values
    assert np.allclose(embed(articles[::-1], chosen, pair=False).values[::-1], found, atol=1e-5)
    assert np.allclose(embed(articles[3:4], chosen, pair=False).values, found[3:4], atol=1e-5)


def test_all_layers_are_read_unless_they_are_too_many_or_not_wanted(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    articles, chosen = make_articles(12), settings(checkpoint)
    every = embed_layers(articles, chosen, pair=False, count=12)
    assert (every.depth, every.width) == (3, 32)
    assert np.array_equal(every.last, embed(articles, chosen, pair=False).values)
    last = settings(checkpoint, **{"model.layers": "last"})
    assert embed_layers(articles, last, pair=False, count=12).depth == 1
    assert not caplog.text
    monkeypatch.setattr(frozen_encoder, "MOST_BYTES", 11 * 3 * 32 * 4)
    assert embed_layers(articles, chosen, pair=False, count=12).depth == 1
    assert "fit into memory for 11 of these 12 articles" in caplog.text


@pytest.mark.parametrize("layers", ["last", "all"])
def test_what_a_probe_says_of_many_articles_does_not_depend_on_the_parts(
    layers: Layers, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    articles, chosen = make_articles(25), settings(checkpoint)
    vectors = embed_layers(articles, chosen, pair=False, count=25)
    probe = fit_layer_probe(vectors, np.arange(25) % 2, 2, balanced=True, layers=layers)
    monkeypatch.setattr(frozen_encoder, "MOST_BYTES", 10 * 3 * 32 * 4)
    logits, last = probe_articles(probe, articles, chosen, pair=False)
    assert np.allclose(logits, probe.logits(vectors), atol=1e-4)
    assert np.allclose(last, vectors.last, atol=1e-5)


@pytest.mark.parametrize("telling", ["last", "all"])
def test_the_layers_of_a_probe_are_those_that_tell_the_labels_out_of_fold(
    telling: str, checkpoint: Path, tmp_path: Path
) -> None:
    dataset = build(str(write_jsonl(tmp_path / "a.jsonl", make_articles(150))), tmp_path / "dataset").dataset
    articles = list(dataset.articles("train"))
    y = dataset.info.label_set.encode(article.labels for article in articles)
    values = np.random.default_rng(0).normal(size=(len(y), 20)).astype(np.float32)
    start = 0 if telling == "all" else 10
    values[:, start : start + 3] += 1.5 * np.eye(3)[y]
    vectors = LayerVectors(values, width=10)
    assert layers_for(vectors, articles, dataset, settings(checkpoint)) == telling
    asked = settings(checkpoint, **{"model.layers": "all"})
    assert layers_for(vectors, articles, dataset, asked) == "all"
    assert layers_for(vectors.of("last"), articles, dataset, asked) == "last"


@pytest.mark.parametrize("asked", ["auto", "together"])
def test_pairs_are_read_apart_unless_it_is_not_wanted(checkpoint: Path, asked: str) -> None:
    config = make_config({}, tiny(checkpoint, **{"model.pairs": asked, "train.num_train_epochs": "auto"}))
    articles = make_articles(8, pair=True)
    chosen = frozen_settings(config, pair=True)
    found = embed_layers(articles, chosen, pair=True, count=len(articles))
    if asked == "together":
        assert (chosen.model.pairs, found.depth, found.side_by_side) == ("together", 3, 3)
        return
    assert (chosen.model.pairs, found.depth, found.side_by_side) == ("apart", 1, VECTORS)
    assert found.values.shape == (8, VECTORS * encoder_size(checkpoint)[1])
    assert np.array_equal(found.last, found.values)
    y = np.arange(8) % 2
    probe = fit_layer_probe(found, y, 2, balanced=True, layers="last")
    logits, last = probe_articles(probe, articles, chosen, pair=True)
    assert np.allclose(logits, probe.logits(found), atol=1e-5)
    assert np.allclose(last, found.values, atol=1e-5)
