import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from classifier.articles.article import Article
from classifier.errors import InputError
from classifier.models.transformer.forward import article_logits
from classifier.models.transformer.network import (
    ArticleNetwork,
    check_finite_weights,
    create_model,
    load_model,
    save_model,
)
from classifier.models.transformer.tokenizer import load_tokenizer
from classifier.models.transformer.windows import TextEncoder
from tests.makers.articles import make_articles
from tests.makers.models import FAMILIES, make_checkpoint

CPU = torch.device("cpu")
LABELS = ("opinion", "reporting", "satire")


def logits(model: ArticleNetwork, encoder: TextEncoder, articles: list[Article]) -> np.ndarray:
    return article_logits(model, encoder.encode(articles), encoder, device=CPU)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_every_family_learns_is_saved_and_read_back(tmp_path: Path, family: str, pooling: str) -> None:
    from classifier.config import TrainConfig
    from classifier.training.loop import Learner, TrainingSet, train_steps

    folder = make_checkpoint(tmp_path / "base", family)
    encoder = TextEncoder(load_tokenizer(folder), max_length=32, pair=True)
    articles = make_articles(8, pair=True)
    torch.manual_seed(0)
    model = create_model(folder, LABELS, multi_label=False, pooling=pooling)
    before = logits(model, encoder, articles)
    data = TrainingSet(encoder.encode(articles), np.array([index % 3 for index in range(8)]))
    learner = Learner(
        model,
        TrainConfig(num_train_epochs=1, batch_size=4, learning_rate=1e-4, most_frequent_share=1.0, average_last=0.5),
    )
    records = list(train_steps(learner, data, encoder, class_weights=None, device=CPU))
    assert len(records) == 2
    assert all(p.grad is None or torch.isfinite(p.grad).all() for p in model.parameters())
    after = logits(model, encoder, articles)
    assert np.abs(after - before).max() > 0
    save_model(model, tmp_path / "saved")
    assert not list((tmp_path / "saved").glob("*.bin"))
    assert np.array_equal(logits(load_model(tmp_path / "saved", pooling, 3).eval(), encoder, articles), after)


@pytest.mark.parametrize("family", FAMILIES)
def test_scores_do_not_depend_on_batch_mates(tmp_path: Path, family: str) -> None:
    folder = make_checkpoint(tmp_path, family)
    encoder = TextEncoder(load_tokenizer(folder), max_length=24, windows="all")
    model = create_model(folder, LABELS, multi_label=False, pooling="mean").eval()
    articles = make_articles(12)
    together = logits(model, encoder, articles)
    alone = np.concatenate([logits(model, encoder, [article]) for article in articles])
    assert np.abs(together - alone).max() < 1e-5


def test_the_messages_and_bars_of_transformers_are_afterwards_as_they_were(checkpoint: Path, tmp_path: Path) -> None:
    import transformers

    for switch, shown in (
        (transformers.logging.enable_progress_bar, True),
        (transformers.logging.disable_progress_bar, False),
    ):
        switch()
        level = transformers.logging.get_verbosity()
        save_model(create_model(checkpoint, LABELS, multi_label=False, pooling="mean"), tmp_path)
        assert transformers.logging.is_progress_bar_enabled() == shown
        assert transformers.logging.get_verbosity() == level
    transformers.logging.enable_progress_bar()


def test_article_logits_are_the_mean_over_windows(checkpoint: Path) -> None:
    model = create_model(checkpoint, LABELS, multi_label=False, pooling="mean").eval()
    tokenizer = load_tokenizer(checkpoint)
    words = [f"word{i}" for i in range(40)]
    encoder = TextEncoder(tokenizer, max_length=22, windows=2)
    whole = logits(model, encoder, [Article("1", " ".join(words))])
    halves = logits(model, encoder, [Article("1", " ".join(words[:20])), Article("2", " ".join(words[20:]))])
    assert np.allclose(whole[0], halves.mean(axis=0), atol=1e-6)


def test_training_and_prediction_give_the_same_logits(checkpoint: Path) -> None:
    from classifier.models.transformer.batches import collate

    model = create_model(checkpoint, LABELS, multi_label=False, pooling="mean").eval()
    encoder = TextEncoder(load_tokenizer(checkpoint), max_length=24, windows=3)
    encoded = encoder.encode(make_articles(10))
    with torch.no_grad():
        batched = model(collate(encoded, range(10), encoder.template, 0)).numpy()
    assert np.allclose(batched, logits(model, encoder, make_articles(10)), atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_cls_model_gives_the_same_scores_in_plain_transformers(tmp_path: Path, family: str) -> None:
    folder = make_checkpoint(tmp_path / "base", family)
    encoder = TextEncoder(load_tokenizer(folder), max_length=100, windows=1)
    model = create_model(folder, LABELS, multi_label=False, pooling="cls").eval()
    articles = make_articles(5)
    ours = torch.from_numpy(logits(model, encoder, articles)).softmax(dim=1)
    save_model(model, tmp_path / "model")
    encoder.tokenizer.save_pretrained(tmp_path / "model")
    pipe = transformers.pipeline("text-classification", model=str(tmp_path / "model"), top_k=None, device="cpu")
    theirs = pipe([article.text for article in articles])
    for row, scores in zip(ours, theirs, strict=True):
        found = {score["label"]: score["score"] for score in scores}
        assert [found[label] for label in LABELS] == pytest.approx(row.tolist(), abs=1e-6)
    config = transformers.AutoModelForSequenceClassification.from_pretrained(tmp_path / "model").config
    assert config.id2label == dict(enumerate(LABELS))
    assert config.problem_type == "single_label_classification"


def test_attention_dropout_is_set_and_the_seed_decides_the_head(checkpoint: Path) -> None:
    models = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        models.append(create_model(checkpoint, LABELS, multi_label=False, pooling="mean", attention_dropout=0.25))
    assert models[0].encoder.config.attention_probs_dropout_prob == 0.25
    heads = [model.head.weight for model in models if model.head is not None]
    assert torch.equal(heads[0], heads[1])
    assert not torch.equal(heads[0], heads[2])


def test_damaged_or_foreign_weights_are_refused(tmp_path: Path, checkpoint: Path) -> None:
    foreign = shutil.copytree(checkpoint, tmp_path / "foreign")
    tensors = load_file(foreign / "model.safetensors")
    save_file(
        {f"foo.{name}": value for name, value in tensors.items()}, foreign / "model.safetensors", {"format": "pt"}
    )
    with pytest.raises(InputError, match=r"do not fit: .* tensors are missing"):
        create_model(foreign, LABELS, multi_label=False, pooling="mean")
    save_model(create_model(checkpoint, LABELS, multi_label=False, pooling="mean"), tmp_path / "saved")
    (tmp_path / "saved" / "head.safetensors").write_bytes(b"rubbish")
    with pytest.raises(InputError, match="cannot be read"):
        load_model(tmp_path / "saved", "mean", 3)


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not an encoder that transformers can read"):
        create_model(tmp_path, LABELS, multi_label=False, pooling="mean")


def change_config(folder: Path, **values: Any) -> None:
    file = folder / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))


def change_tensors(folder: Path, change: Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]]) -> None:
    file = folder / "model.safetensors"
    save_file(change(load_file(file)), file, {"format": "pt"})


@pytest.mark.parametrize(
    ("do", "said"),
    [
        (lambda f: change_config(f, num_hidden_layers=1), "16 tensors have no place in the model, .*layer"),
        (lambda f: change_config(f, num_hidden_layers=3), "16 tensors are missing"),
        (lambda f: change_config(f, vocab_size=50), r"has the shape \(81, 32\) instead of \(50, 32\)"),
        (lambda f: change_tensors(f, lambda t: {k: v for k, v in t.items() if "layer.0" not in k}), "are missing"),
        (lambda f: change_tensors(f, lambda t: {k: v.to(torch.int8) for k, v in t.items()}), "are quantised: .* I8"),
        (lambda f: change_tensors(f, lambda t: {**t, "layer.0.lora_A": torch.ones(1)}), "lora_A"),
        (lambda f: (f / "model.safetensors").write_bytes(b"rubbish"), "cannot be read"),
    ],
)
@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_an_encoder_whose_files_do_not_fit_is_refused(
    do: Callable[[Path], None], said: str, pooling: str, tmp_path: Path, checkpoint: Path
) -> None:
    folder = Path(shutil.copytree(checkpoint, tmp_path / "encoder"))
    do(folder)
    with pytest.raises(InputError, match=said) as error:
        create_model(folder, LABELS, multi_label=False, pooling=pooling)
    assert error.value.fix


def test_heads_poolers_and_buffers_that_are_not_needed_may_be_there_or_not(tmp_path: Path, checkpoint: Path) -> None:
    folder = Path(shutil.copytree(checkpoint, tmp_path / "encoder"))
    more = {
        "cls.predictions.bias": torch.zeros(81),
        "lm_head.dense.weight": torch.zeros(2, 2),
        "classifier.weight": torch.zeros(7, 32),
        "embeddings.position_ids": torch.arange(130).reshape(1, -1),
    }
    change_tensors(folder, lambda t: {k: v for k, v in t.items() if "pooler" not in k} | more)
    for pooling in ("mean", "cls"):
        create_model(folder, LABELS, multi_label=False, pooling=pooling)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_model_for_masked_words_is_taken_as_an_encoder(family: str, tmp_path: Path) -> None:
    folder = make_checkpoint(tmp_path / "encoder", family)
    config = transformers.AutoConfig.from_pretrained(folder)
    transformers.AutoModelForMaskedLM.from_config(config).save_pretrained(folder)
    for pooling in ("mean", "cls"):
        create_model(folder, LABELS, multi_label=False, pooling=pooling)


def test_weights_that_are_no_numbers_are_named(checkpoint: Path) -> None:
    model = create_model(checkpoint, LABELS, multi_label=False, pooling="mean")
    check_finite_weights(model, "It", fix="Train.")
    model.head.bias.data[1] = float("inf")  # type: ignore[union-attr, index]
    with pytest.raises(InputError, match=r"It has weights that are not numbers \(NaN or infinite\), as in 'head.bias'"):
        check_finite_weights(model, "It", fix="Train.")


def test_a_head_that_gives_weight_to_the_last_layer_alone_is_given_no_more(checkpoint: Path) -> None:
    articles = make_articles(8)
    encoder = TextEncoder(load_tokenizer(checkpoint), max_length=48, windows=2)
    model = create_model(checkpoint, LABELS, multi_label=False, pooling="mean", layers="all").eval()
    assert isinstance(model.head, torch.nn.Linear)
    assert (model.width, model.head.in_features, model.read) == (32, 96, "all")
    assert model.without_idle_layers() is model
    with torch.no_grad():
        model.head.weight[:, :-32] = 0
    narrow = model.without_idle_layers()
    assert isinstance(narrow.head, torch.nn.Linear)
    assert (narrow.width, narrow.head.in_features, narrow.layers, narrow.read) == (32, 32, "last", "last")
    assert np.allclose(logits(narrow.eval(), encoder, articles), logits(model, encoder, articles), atol=1e-5)
