import copy
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers

from classifier.models.transformer.batches import Batch, collate
from classifier.models.transformer.forward import mean_vectors
from classifier.models.transformer.network import ArticleNetwork, create_model, place
from classifier.models.transformer.packed_encoder import IN_LAYERS, PACKABLE
from classifier.models.transformer.tokenizer import load_tokenizer
from classifier.models.transformer.windows import EncodedArticles, TextEncoder
from tests.makers.articles import make_articles
from tests.makers.models import make_checkpoint

CPU = torch.device("cpu")
LABELS = ("opinion", "reporting", "satire")
FAMILIES = sorted(PACKABLE)
LENGTHS = (9, 120, 17, 64, 120, 2, 33)  # of windows; most stretches of the local layers have neighbours


def model_of(folder: Path, *, dropout: float = 0.0, attention_dropout: float = 0.0) -> ArticleNetwork:
    torch.manual_seed(0)
    model = create_model(
        folder, LABELS, multi_label=False, pooling="mean", dropout=dropout, attention_dropout=attention_dropout
    )
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(6 if parameter.ndim > 1 else 1)  # else all scores are alike, and any attention is right
    return model


def windows_of(folder: Path) -> tuple[EncodedArticles, TextEncoder]:
    """One window per article, of known lengths."""
    encoder = TextEncoder(load_tokenizer(folder), max_length=120, windows=1)
    words = " ".join(article.text for article in make_articles(60)).split()
    starts = range(0, 7 * 40, 40)
    texts = [" ".join(words[start : start + length]) for start, length in zip(starts, LENGTHS, strict=True)]
    articles = [replace(a, title=None, text=text) for a, text in zip(make_articles(7), texts, strict=True)]
    encoded = encoder.encode(articles)
    assert len(set(encoded.window_lengths.tolist())) >= 5
    assert encoded.window_lengths.max() > 100
    return encoded, encoder


def packed_batch(encoded: EncodedArticles, encoder: TextEncoder) -> Batch:
    return collate(encoded, range(len(encoded)), encoder.template, 0, packed=True)


@pytest.mark.parametrize("family", FAMILIES)
def test_each_window_gets_what_transformers_gives_it_alone(tmp_path: Path, family: str) -> None:
    folder = make_checkpoint(tmp_path, family)
    encoded, encoder = windows_of(folder)
    model = model_of(folder).eval()
    model.encoder.save_pretrained(folder)  # type: ignore[operator]
    alone = transformers.AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    packed = place(model, CPU, bf16=False)
    assert packed.packed
    found = mean_vectors(packed, encoded, encoder, device=CPU)
    for row, start, end in zip(found, encoded.window_starts[:-1], encoded.window_starts[1:], strict=True):
        ids = torch.from_numpy(encoded.tokens[start:end].astype(np.int64))[None]
        with torch.no_grad():
            expected = alone(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state[0].mean(dim=0)
        assert np.abs(row - expected.numpy()).max() < 1e-4 * max(1.0, float(expected.abs().max()))


@pytest.mark.parametrize(
    ("family", "packed"), [*product(FAMILIES, (False, True)), *product(sorted(IN_LAYERS), (False,))]
)
def test_each_layer_gives_a_window_what_it_does_in_transformers(tmp_path: Path, family: str, packed: bool) -> None:
    folder = make_checkpoint(tmp_path, family)
    encoded, encoder = windows_of(folder)
    model = model_of(folder).eval()
    model.encoder.save_pretrained(folder)  # type: ignore[operator]
    alone = transformers.AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    if packed or family in IN_LAYERS:
        place(model, CPU, bf16=False)
    assert model.packed is packed
    found = mean_vectors(model, encoded, encoder, device=CPU, layers="all")
    assert np.array_equal(found[:, -32:], mean_vectors(model, encoded, encoder, device=CPU))
    for row, start, end in zip(found, encoded.window_starts[:-1], encoded.window_starts[1:], strict=True):
        ids = torch.from_numpy(encoded.tokens[start:end].astype(np.int64))[None]
        with torch.no_grad():
            every = alone(input_ids=ids, attention_mask=torch.ones_like(ids), output_hidden_states=True).hidden_states
        expected = torch.cat([hidden[0].mean(dim=0) for hidden in every])
        assert np.abs(row - expected.numpy()).max() < 1e-4 * max(1.0, float(expected.abs().max()))


@pytest.mark.parametrize("frozen", [0, 1, 2])
@pytest.mark.parametrize("family", FAMILIES)
def test_lower_and_upper_layers_are_the_whole(tmp_path: Path, family: str, frozen: int) -> None:
    folder = make_checkpoint(tmp_path, family)
    batch = packed_batch(*windows_of(folder))
    model = place(model_of(folder).eval(), CPU, bf16=False)
    whole = model(batch)
    model.freeze(frozen)
    parts = model(replace(batch, hidden=model.lower(batch)))
    assert torch.allclose(parts, whole, atol=1e-5)


@pytest.mark.parametrize("bf16", [False, True])
@pytest.mark.parametrize("family", ["bert", "deberta-v2", "mpnet", "modernbert"])
def test_layers_that_run_again_for_their_gradients_give_the_same(tmp_path: Path, family: str, bf16: bool) -> None:
    folder = make_checkpoint(tmp_path, family)
    batch = packed_batch(*windows_of(folder))
    found = []
    for again in (False, True):
        model = model_of(folder, dropout=0.2)
        if again:
            model.recompute(CPU)
        place(model, CPU, bf16=bf16).train()
        torch.manual_seed(1)
        logits = model(batch)
        logits.square().sum().backward()
        found.append((logits, {name: p.grad for name, p in model.named_parameters() if p.grad is not None}))
    (logits, gradients), (others, theirs) = found
    assert torch.equal(logits, others)
    assert gradients.keys() == theirs.keys()
    assert all(torch.equal(gradients[name], theirs[name]) for name in gradients)


@pytest.mark.parametrize("family", FAMILIES)
def test_dropout_in_attention_keeps_the_attention_of_transformers(tmp_path: Path, family: str) -> None:
    model = model_of(make_checkpoint(tmp_path, family), attention_dropout=0.1)
    assert not place(model, CPU, bf16=False).packed


def test_a_copy_of_a_packed_model_works_on_its_own_weights(tmp_path: Path) -> None:
    folder = make_checkpoint(tmp_path, "mpnet")
    batch = packed_batch(*windows_of(folder))
    model = place(model_of(folder).eval(), CPU, bf16=False)
    before = model(batch)
    other = copy.deepcopy(model)
    with torch.no_grad():
        for parameter in other.encoder.parameters():
            parameter.mul_(0.5)
    assert torch.equal(model(batch), before)
    assert not torch.allclose(other(batch), before, atol=1e-3)


def test_a_row_of_many_windows_needs_no_bias_for_all_of_its_tokens(tmp_path: Path) -> None:
    folder = make_checkpoint(tmp_path, "mpnet")
    batch = packed_batch(*windows_of(folder))
    model = place(model_of(folder).eval(), CPU, bf16=False)
    sizes: list[int] = []
    table = model.encoder.encoder.relative_attention_bias  # type: ignore[union-attr]
    table.register_forward_hook(lambda _, given, __: sizes.append(given[0].numel()))  # type: ignore[operator, union-attr]
    model(batch)
    assert sizes == [max(run.length for run in batch.runs) ** 2]
