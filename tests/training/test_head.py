from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from classifier.articles.labels import LabelSet
from classifier.config import Layers
from classifier.models.transformer.forward import article_logits
from classifier.models.transformer.network import create_model, place
from classifier.models.transformer.tokenizer import load_tokenizer
from classifier.models.transformer.windows import EncodedArticles, TextEncoder
from classifier.training import head, head_articles
from classifier.training.frozen_layers import lower_outputs
from classifier.training.head import start_head
from classifier.training.loop import Taught, TrainingSet
from classifier.training.vector_memory import VectorMemory
from tests.makers.articles import SIGNALS, make_articles

CPU = torch.device("cpu")


def test_a_head_that_starts_from_the_probe_predicts_at_once(checkpoint: Path) -> None:
    labels = LabelSet(tuple(sorted(SIGNALS)))
    articles = make_articles(150)
    y = labels.encode(a.labels for a in articles)
    encoder = TextEncoder(load_tokenizer(checkpoint), max_length=48, windows=2)
    encoded = encoder.encode(articles)
    torch.manual_seed(0)
    model = create_model(checkpoint, labels.names, multi_label=False, pooling="mean")
    before = (article_logits(model, encoded, encoder, device=CPU).argmax(axis=1) == y).mean()
    start_head(model, TrainingSet(encoded, y), encoder, balanced=True, seed=0)
    after = (article_logits(model, encoded, encoder, device=CPU).argmax(axis=1) == y).mean()
    assert after > 0.8 > 0.6 > before


@pytest.mark.parametrize("layers", ["last", "all"])
@pytest.mark.parametrize("many", [False, True])
def test_a_class_that_no_article_has_is_not_chosen_where_no_training_follows(
    checkpoint: Path, many: bool, layers: Layers
) -> None:
    labels = LabelSet((*sorted(SIGNALS), "unseen"))
    articles = make_articles(40)
    ids = labels.encode(a.labels for a in articles)
    y = np.eye(len(labels), dtype=np.int64)[ids] if many else ids
    encoder = TextEncoder(load_tokenizer(checkpoint), max_length=32, windows=1)
    train = TrainingSet(encoder.encode(articles), y)
    for passes in (0, 40):
        model = create_model(checkpoint, labels.names, multi_label=many, pooling="mean", layers=layers)
        start_head(model, train, encoder, balanced=True, seed=0, passes=passes, layers=layers)
        logits = article_logits(model.eval(), train.encoded, encoder, device=CPU)
        assert bool((logits[:, -1] < -1000).all()) is (passes == 0)
        assert np.abs(logits[:, :-1]).max() < 100


@pytest.mark.parametrize(("passes", "read"), [(0, 90), (100, 20), (2, 5), (900, 90)])
def test_the_head_starts_from_few_articles_where_the_training_is_short(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch, passes: int, read: int
) -> None:
    encoder = TextEncoder(load_tokenizer(checkpoint), max_length=32, windows=1)
    labels = LabelSet(tuple(sorted(SIGNALS)))
    articles = make_articles(90)
    model = create_model(checkpoint, labels.names, multi_label=False, pooling="mean")
    counted: list[int] = []
    vectors = head.mean_vectors

    def counting(model: Any, encoded: EncodedArticles, *args: Any, **options: Any) -> Any:
        counted.append(len(encoded))
        return vectors(model, encoded, *args, **options)

    monkeypatch.setattr(head, "mean_vectors", counting)
    monkeypatch.setattr(head_articles, "FEWEST_ARTICLES", 5)
    y = labels.encode(a.labels for a in articles)
    train = TrainingSet(encoder.encode(articles), y)
    start_head(model, train, encoder, balanced=True, seed=0, passes=passes)
    assert counted == [read]


def test_kept_outputs_of_frozen_layers_start_the_same_head(checkpoint: Path) -> None:
    encoder = TextEncoder(load_tokenizer(checkpoint), max_length=32, windows=2)
    labels = LabelSet(tuple(sorted(SIGNALS)))
    articles = make_articles(220)
    encoded, y = encoder.encode(articles), labels.encode(a.labels for a in articles)
    heads = []
    for kept in (False, True):
        torch.manual_seed(0)
        model = create_model(checkpoint, labels.names, multi_label=False, pooling="mean")
        model.freeze(1)
        place(model, CPU, bf16=False)
        hidden = lower_outputs(model, encoded, encoder, 512) if kept else None
        start_head(model, TrainingSet(encoded, y, hidden), encoder, balanced=True, seed=0, passes=220)
        assert model.head is not None
        heads.append(model.head.weight.detach().numpy())
    assert np.abs(heads[0] - heads[1]).max() < 1e-3


def test_what_a_frozen_encoder_has_read_starts_the_same_head(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = TextEncoder(load_tokenizer(checkpoint), max_length=32, windows=2)
    labels = LabelSet(tuple(sorted(SIGNALS)))
    articles = make_articles(60)
    train = TrainingSet(encoder.encode(articles), labels.encode(a.labels for a in articles))
    monkeypatch.setattr(head, "READ", VectorMemory())
    rows = np.arange(0, 60, 2)
    heads = []
    for frozen, part in (
        (None, train),
        ("tiny", TrainingSet(train.encoded.take(rows), train.y[rows])),
        ("tiny", train),
    ):
        model = create_model(checkpoint, labels.names, multi_label=False, pooling="mean")
        start_head(model, part, encoder, balanced=True, seed=0, frozen=frozen)
        assert isinstance(model.head, torch.nn.Linear)
        heads.append(model.head.weight.detach().numpy().copy())
    assert (heads[0] == heads[2]).all() and len(head.READ.vectors) == len({a.text for a in articles})


def test_of_a_model_that_gives_all_layers_a_head_may_read_the_last_one(checkpoint: Path) -> None:
    encoder = TextEncoder(load_tokenizer(checkpoint), max_length=32, windows=2)
    labels = LabelSet(tuple(sorted(SIGNALS)))
    articles = make_articles(60)
    train = TrainingSet(encoder.encode(articles), labels.encode(a.labels for a in articles))
    heads = []
    for given, read in (("last", "last"), ("all", "last"), ("all", "all")):
        model = create_model(checkpoint, labels.names, multi_label=False, pooling="mean", layers=given)
        start_head(model, train, encoder, balanced=True, seed=0, layers=read)
        assert isinstance(model.head, torch.nn.Linear)
        assert model.read == read
        heads.append(model.head.weight.detach().numpy().copy())
    assert np.array_equal(heads[1][:, -32:], heads[0])
    assert not heads[1][:, :-32].any()
    assert (np.abs(heads[2][:, :-32]).max(axis=0) > 0).all()


@pytest.mark.parametrize("many", [False, True])
def test_a_label_and_a_teacher_count_together_as_one_article(many: bool) -> None:
    """The last article has no label: what is guessed of it does not count, and its teacher no more than beside one."""
    scores = np.array([[0.8, 0.2], [0.4, 0.6], [0.1, 0.9]], dtype=np.float32)
    ids = np.array([0, 1, 1])
    y = np.eye(2, dtype=np.int64)[ids] if many else ids
    taught = Taught(scores, labelled=2, weight=0.25, temperature=1.0, multi_label=many)
    found = head._shares(taught, y, balanced=False)
    expected = [[0.75 + 0.2, 0.05], [0.1, 0.75 + 0.15], [0.025, 0.225]]
    assert found[:, :2].ravel().tolist() == pytest.approx(np.ravel(expected).tolist())
    against = [[0.05, 0.75 + 0.2], [0.75 + 0.15, 0.1], [0.225, 0.025]]
    assert found[:, 2:].ravel().tolist() == pytest.approx(np.ravel(against).tolist() if many else [])
