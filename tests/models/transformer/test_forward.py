import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.special import expit, softmax

from classifier.articles.article import Article
from classifier.models.transformer import forward
from classifier.models.transformer.forward import article_logits, mean_vectors, probabilities
from classifier.models.transformer.network import create_model
from classifier.models.transformer.pair_features import VECTORS, pair_features
from classifier.models.transformer.tokenizer import load_tokenizer
from classifier.models.transformer.windows import TextEncoder
from tests.makers.articles import make_articles

CPU = torch.device("cpu")
LOGITS = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)


def test_probabilities_are_a_softmax_or_sigmoids() -> None:
    assert probabilities(LOGITS, False) == pytest.approx(softmax(LOGITS, axis=1), abs=1e-6)
    assert probabilities(LOGITS, True) == pytest.approx(expit(LOGITS), abs=1e-6)
    assert probabilities(LOGITS, True).dtype == np.float32


@pytest.mark.parametrize("budget", [40, 100_000])
def test_articles_come_back_in_their_order_and_windows_are_averaged(checkpoint: Path, budget: int) -> None:
    encoder = TextEncoder(load_tokenizer(checkpoint), max_length=16, windows=4)
    articles = make_articles(12)
    model = create_model(checkpoint, ("a", "b"), multi_label=False, pooling="mean")
    encoded = encoder.encode(articles)
    assert max(encoded.window_counts) > 1
    model.train()
    together = article_logits(model, encoded, encoder, device=CPU, token_budget=budget)
    assert model.training  # as it was
    alone = [article_logits(model, encoder.encode([article]), encoder, device=CPU)[0] for article in articles]
    assert together == pytest.approx(np.array(alone), abs=1e-5)
    assert model.head is not None
    head = model.head(torch.from_numpy(mean_vectors(model, encoded, encoder, device=CPU))).detach().numpy()
    assert together == pytest.approx(head, abs=1e-5)  # a linear head of a mean is the mean of the heads


@pytest.mark.parametrize(("threads", "expected"), [(1, 4096), (2, 4096), (4, 8192)])
def test_a_batch_is_smaller_where_few_threads_share_it(
    threads: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    assert forward._token_budget(CPU) == expected
    assert forward._token_budget(torch.device("cuda")) == 8192


@pytest.mark.parametrize("training", [False, True])
def test_a_model_whose_vectors_were_asked_for_is_as_it_was(checkpoint: Path, training: bool) -> None:
    encoder = TextEncoder(load_tokenizer(checkpoint), max_length=16, windows=1)
    model = create_model(checkpoint, ("a", "b"), multi_label=False, pooling="mean").train(training)
    mean_vectors(model, encoder.encode(make_articles(3)), encoder, device=CPU)
    assert {module.training for module in model.modules()} == {training}


CLAIMS = ("the council", "police said", "a bridge is closed", "budget")


def pairs(count: int) -> list[Article]:
    return [replace(article, target=CLAIMS[index % 3]) for index, article in enumerate(make_articles(count))]


def test_of_pairs_read_apart_the_head_reads_features_of_windows_read_alone(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = TextEncoder(load_tokenizer(checkpoint), max_length=32, windows=2, pair=True, apart=True)
    model = create_model(checkpoint, ("a", "b"), multi_label=False, pooling="mean", parts=VECTORS).eval()
    encoded = encoder.encode(pairs(9))
    monkeypatch.setattr(forward, "AT_ONCE", 7)
    found = article_logits(model, encoded, encoder, device=CPU)
    vectors = []
    for window in np.split(encoded.tokens, encoded.window_starts[1:-1]):
        hidden = model.encoder(input_ids=torch.from_numpy(window.astype(np.int64))[None]).last_hidden_state
        vectors.append(hidden.mean(dim=1)[0].detach().numpy())
    features = pair_features(np.array(vectors, dtype=np.float32), encoded.article_starts)
    assert mean_vectors(model, encoded, encoder, device=CPU) == pytest.approx(features, abs=1e-5)
    assert model.head is not None
    assert found == pytest.approx(model.head(torch.from_numpy(features)).detach().numpy(), abs=1e-5)
    backwards = article_logits(model, encoder.encode(pairs(9)[::-1]), encoder, device=CPU)
    assert backwards[::-1] == pytest.approx(found, abs=1e-5)


def test_what_recurs_in_pairs_is_read_once(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = TextEncoder(load_tokenizer(checkpoint), max_length=32, windows=2, pair=True, apart=True)
    model = create_model(checkpoint, ("a", "b"), multi_label=False, pooling="mean", parts=VECTORS).eval()
    read: list[int] = []
    rows = forward._rows

    def counting(*arguments: Any, **more: Any) -> Any:
        read.append(len(arguments[1]))
        return rows(*arguments, **more)

    monkeypatch.setattr(forward, "_rows", counting)
    encoded = encoder.encode([*pairs(6), *pairs(6)])
    distinct = {window.tobytes() for window in np.split(encoded.tokens, encoded.window_starts[1:-1])}
    first = article_logits(model, encoded, encoder, device=CPU)
    assert read == [len(distinct)]
    again = article_logits(model, encoded, encoder, device=CPU)
    assert read == [len(distinct)] and (first == again).all()
    monkeypatch.setattr(forward, "MOST_KNOWN", 2)
    article_logits(model, encoder.encode([replace(pairs(1)[0], target=CLAIMS[3])]), encoder, device=CPU)
    assert read[1:] == [1] and len(model.known) == 1  # what was known made room
    assert article_logits(model, encoded, encoder, device=CPU) == pytest.approx(first, abs=1e-6)


def test_the_head_reads_some_pairs_after_the_other(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = TextEncoder(load_tokenizer(checkpoint), max_length=32, windows=2, pair=True, apart=True)
    model = create_model(checkpoint, ("a", "b"), multi_label=False, pooling="mean", parts=VECTORS).eval()
    encoded, head, held = encoder.encode(pairs(9)), forward._head, []

    def counting(model: Any, features: Any) -> Any:
        held.append(len(features))
        return head(model, features)

    monkeypatch.setattr(forward, "_head", counting)
    whole = article_logits(model, encoded, encoder, device=CPU)
    monkeypatch.setattr(forward, "AT_ONCE", 7)
    assert article_logits(model, encoded, encoder, device=CPU) == pytest.approx(whole, abs=1e-6)
    assert held[0] == sum(held[1:]) == 9 and max(held[1:]) < 9  # so the features of many pairs are never held at once


def test_vectors_that_are_known_are_not_pickled(checkpoint: Path) -> None:
    encoder = TextEncoder(load_tokenizer(checkpoint), max_length=32, windows=2, pair=True, apart=True)
    model = create_model(checkpoint, ("a", "b"), multi_label=False, pooling="mean", parts=VECTORS).eval()
    encoded, before = encoder.encode(pairs(6)), len(pickle.dumps(model))
    logits = article_logits(model, encoded, encoder, device=CPU)
    again = pickle.loads(pickle.dumps(model))
    assert model.known and not again.known and len(pickle.dumps(model)) == before
    assert (article_logits(again, encoded, encoder, device=CPU) == logits).all()
