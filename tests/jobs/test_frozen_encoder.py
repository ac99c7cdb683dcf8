"""Vectors of articles: the mean token vector of the encoder, whatever shares a batch."""

from pathlib import Path

import numpy as np
import pytest
import torch
import transformers

from classifier.config_file import make_config
from classifier.jobs.frozen_encoder import embed
from classifier.training.auto import ChosenConfig
from tests.makers.articles import make_articles
from tests.makers.settings import tiny


def settings(checkpoint: Path, **more: object) -> ChosenConfig:
    return ChosenConfig.model_validate(
        make_config(
            {}, tiny(checkpoint, **{"model.window_choice": "head", "train.average_last": 0}, **more)
        ).model_dump()
    )


def test_an_article_of_one_window_is_the_mean_of_its_tokens(checkpoint: Path) -> None:
    articles = make_articles(6)
    found = embed(articles, settings(checkpoint, **{"model.max_length": 120}), pair=False)
    tokenizer = transformers.AutoTokenizer.from_pretrained(checkpoint)
    model = transformers.AutoModel.from_pretrained(checkpoint).eval()
    for article, vector in zip(articles, found, strict=True):
        with torch.no_grad():
            theirs = model(**tokenizer(article.text, return_tensors="pt")).last_hidden_state[0].mean(dim=0)
        assert vector == pytest.approx(theirs.numpy(), abs=1e-4)


def test_order_and_company_do_not_matter(checkpoint: Path) -> None:
    articles, chosen = make_articles(20), settings(checkpoint)
    found = embed(articles, chosen, pair=False)
    assert np.allclose(embed(articles[::-1], chosen, pair=False)[::-1], found, atol=1e-5)
    assert np.allclose(embed(articles[3:4], chosen, pair=False), found[3:4], atol=1e-5)
