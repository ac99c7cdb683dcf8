from pathlib import Path

import numpy as np
import pytest
import torch

from classifier.articles.labels import LabelSet
from classifier.cli.app import run as cli
from classifier.config_file import make_config
from classifier.errors import InputError
from classifier.jobs.train import train
from classifier.memory import memory_size
from classifier.models.classifier import Classifier
from classifier.models.transformer.forward import article_logits
from classifier.models.transformer.network import create_model, layers_of, load_model, place, save_model
from classifier.models.transformer.tokenizer import load_tokenizer
from classifier.models.transformer.windows import TextEncoder
from classifier.training import frozen_layers
from classifier.training.auto import ChosenTrain, CorpusFacts, choose
from classifier.training.checkpoints import BestEvaluation, load_checkpoint, save_checkpoint
from classifier.training.frozen_layers import lower_outputs
from classifier.training.loop import Learner, StepRecord, TrainingSet, set_seed, train_steps
from tests.makers.articles import SIGNALS, make_articles, write_jsonl
from tests.makers.models import make_checkpoint
from tests.makers.settings import options, tiny

CPU = torch.device("cpu")
LABELS = LabelSet(tuple(sorted(SIGNALS)))
PACKED = ("bert", "deberta-v2", "distilbert", "electra", "modernbert", "mpnet", "roberta")


def settings(**more: object) -> ChosenTrain:
    values = {"num_train_epochs": 3, "learning_rate": 0.01, "batch_size": 8, "token_budget": 512, **more}
    corpus = CorpusFacts(np.ones(1, np.int64), 1, 1, True, 2, 32)
    config, _ = choose(make_config({"train": values}), corpus)
    return config.train


def prepare(
    folder: Path, frozen: int, *, kept: bool, pooling: str = "mean", bf16: bool = False, dropout: float = 0.0
) -> tuple[Learner, TrainingSet, TextEncoder]:
    encoder = TextEncoder(load_tokenizer(folder), max_length=24, windows=3)
    articles = make_articles(30)
    encoded = encoder.encode(articles)
    set_seed(1)
    model = create_model(folder, LABELS.names, multi_label=False, pooling=pooling, dropout=dropout)
    model.dropout.p = dropout
    model.freeze(frozen)
    place(model, CPU, bf16=bf16)
    hidden = lower_outputs(model, encoded, encoder, 512) if kept else None
    return Learner(model, settings()), TrainingSet(encoded, LABELS.encode(a.labels for a in articles), hidden), encoder


def take(learner: Learner, data: TrainingSet, encoder: TextEncoder, most: int = 1000) -> list[StepRecord]:
    records = []
    for record in train_steps(learner, data, encoder, class_weights=None, device=CPU):
        records.append(record)
        if len(records) == most:
            break
    return records


@pytest.mark.parametrize("frozen", [1, 2])
@pytest.mark.parametrize("family", PACKED)
def test_kept_outputs_train_as_layers_that_work_each_time(tmp_path: Path, family: str, frozen: int) -> None:
    folder = make_checkpoint(tmp_path, family)
    losses = []
    for kept in (True, False):
        learner, data, encoder = prepare(folder, frozen, kept=kept)
        assert (data.hidden is not None) is kept
        losses.append([record.loss for record in take(learner, data, encoder)])
    assert len(losses[0]) == 12
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)
    assert losses[0][-1] < losses[0][0]


def test_kept_outputs_are_read_and_not_worked_out_again(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    learner, data, encoder = prepare(checkpoint, 1, kept=True)
    calls: list[int] = []
    for index, layer in enumerate(layers_of(learner.model.encoder)):
        layer.register_forward_hook(lambda *_, index=index: calls.append(index))
    take(learner, data, encoder, most=2)
    assert set(calls) == {1}
    assert len(layers_of(learner.model.encoder)) == 2


def test_kept_outputs_are_those_of_each_token_in_the_precision_of_the_model(checkpoint: Path) -> None:
    for bf16, dtype in ((False, torch.float32), (True, torch.bfloat16)):
        data = prepare(checkpoint, 1, kept=True, bf16=bf16, dropout=0.5)[1]  # none here: nothing is trained
        assert data.hidden is not None
        assert data.hidden.dtype == dtype
        assert data.hidden.shape == (len(data.encoded.tokens), 32)
        start, end = data.encoded.window_starts[5:7]
        ids = torch.from_numpy(data.encoded.tokens[start:end].astype(np.int64))[None]
        plain = create_model(checkpoint, LABELS.names, multi_label=False, pooling="mean").eval()
        expected = plain.encoder(input_ids=ids, output_hidden_states=True).hidden_states[1][0]
        assert torch.allclose(data.hidden[start:end].float(), expected, atol=0.03 if bf16 else 1e-5)


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize(("family", "pooling"), [*((f, "mean") for f in PACKED), ("bert", "cls")])
def test_frozen_weights_stay_and_all_others_move(tmp_path: Path, family: str, pooling: str, kept: bool) -> None:
    folder = make_checkpoint(tmp_path, family)
    learner, data, encoder = prepare(folder, 1, kept=kept, pooling=pooling, dropout=0.1)
    if pooling == "cls":
        assert data.hidden is None
    before = {name: weight.clone() for name, weight in learner.model.state_dict().items()}
    losses = [record.loss for record in take(learner, data, encoder)]
    assert pooling == "cls" or losses[-1] < losses[0]  # a random pooler needs more than twelve steps
    moved = {name for name, weight in learner.model.state_dict().items() if not torch.equal(weight, before[name])}
    lower = ("embeddings", ".layer.0.", ".layers.0.", "rel_embeddings", "relative_attention_bias")
    for name in before:
        if any(part in name for part in lower):
            assert name not in moved, name
        elif any(part in name for part in (".layer.1.", ".layers.1.", "head.", "classifier.", "pooler.")):
            assert name in moved or "key.bias" in name or "k_lin.bias" in name or ".attn.k.bias" in name, name
    assert moved


def test_more_layers_than_there_are_is_bad_input(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = create_model(checkpoint, LABELS.names, multi_label=False, pooling="mean")
    model.freeze(2)
    with pytest.raises(InputError, match="freeze_layers must be at most 2"):
        model.freeze(3)
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(60))
    words = options(tiny(checkpoint, **{"train.freeze_layers": 3}))
    assert cli(["train", str(source), "--out", str(tmp_path / "run"), *words]) == 2
    assert "train.freeze_layers must be at most 2, the layers of the encoder. Got 3" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


def test_outputs_that_would_fill_the_memory_are_not_kept(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="classifier")
    assert prepare(checkpoint, 1, kept=True)[1].hidden is not None
    monkeypatch.setattr(frozen_layers, "_memory", lambda: 1000)
    assert prepare(checkpoint, 1, kept=True)[1].hidden is None
    source = str(write_jsonl(tmp_path / "a.jsonl", make_articles(60)))
    caplog.clear()
    report = train(source, tmp_path / "run", settings=tiny(checkpoint, **{"train.freeze_layers": 1}))
    assert "they would fill the memory" in caplog.text
    assert report.test.figures["accuracy"] > 0.4


def test_each_of_several_processes_counts_on_its_part_of_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOCAL_WORLD_SIZE", raising=False)
    assert frozen_layers._memory() == memory_size()
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "4")
    assert frozen_layers._memory() == memory_size() // 4


@pytest.mark.parametrize("bf16", [False, True])
@pytest.mark.parametrize("frozen", [0, 1])
@pytest.mark.parametrize("family", ["bert", "mpnet", "modernbert"])
def test_a_frozen_training_saved_and_resumed_ends_alike_and_predicts_alike(
    family: str, tmp_path: Path, frozen: int, bf16: bool
) -> None:
    checkpoint = make_checkpoint(tmp_path / "encoder", family)
    whole, data, encoder = prepare(checkpoint, frozen, kept=True, bf16=bf16, dropout=0.1)
    losses = [record.loss for record in take(whole, data, encoder)]
    first = prepare(checkpoint, frozen, kept=True, bf16=bf16, dropout=0.1)[0]
    take(first, data, encoder, most=5)
    save_checkpoint(tmp_path / "checkpoints", first, BestEvaluation())
    second = prepare(checkpoint, frozen, kept=True, bf16=bf16, dropout=0.1)[0]
    assert load_checkpoint(tmp_path / "checkpoints", second) == BestEvaluation()
    assert [record.loss for record in take(second, data, encoder)] == losses[5:]
    logits = article_logits(second.model, data.encoded, encoder, device=CPU)
    assert np.array_equal(logits, article_logits(whole.model, data.encoded, encoder, device=CPU))
    second.model.float()
    second.optimizer.copy_to_model()
    save_model(second.model, tmp_path / "model")
    read = place(load_model(tmp_path / "model", "mean", 3).eval(), CPU, bf16=bf16)
    assert np.allclose(article_logits(read, data.encoded, encoder, device=CPU), logits, atol=1e-6)


def test_a_checkpoint_with_other_layers_frozen_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    learner = prepare(checkpoint, 1, kept=True)[0]
    save_checkpoint(tmp_path, learner, BestEvaluation())
    with pytest.raises(InputError, match="another model"):
        load_checkpoint(tmp_path, prepare(checkpoint, 0, kept=False)[0])


def test_by_default_half_of_the_layers_are_frozen_in_the_model_that_is_written(
    checkpoint: Path, tmp_path: Path
) -> None:
    from safetensors.torch import load_file

    source = str(write_jsonl(tmp_path / "a.jsonl", make_articles(120)))
    report = train(source, tmp_path / "run", settings=tiny(checkpoint, **{"train.freeze_layers": "auto"}))
    before, after = load_file(checkpoint / "model.safetensors"), load_file(report.run.model / "model.safetensors")
    same = {name for name in after if torch.equal(after[name], before[name])}
    assert {name for name in after if "embeddings" in name or ".layer.0." in name} <= same
    assert "encoder.layer.1.output.dense.weight" in after.keys() - same
    assert Classifier.load(report.run.path, device="cpu").model.packed


@pytest.mark.parametrize("frozen", [True, False])
def test_without_frozen_layers_the_embeddings_are_frozen_or_not(checkpoint: Path, tmp_path: Path, frozen: bool) -> None:
    from safetensors.torch import load_file

    options = {"train.freeze_layers": 0, "train.freeze_embeddings": frozen}
    source = str(write_jsonl(tmp_path / "a.jsonl", make_articles(60)))
    report = train(source, tmp_path / "run", settings=tiny(checkpoint, **options))
    before, after = load_file(checkpoint / "model.safetensors"), load_file(report.run.model / "model.safetensors")
    words = "embeddings.word_embeddings.weight"
    assert torch.equal(after[words], before[words]) == frozen
    assert not torch.equal(after["encoder.layer.0.output.dense.weight"], before["encoder.layer.0.output.dense.weight"])


def test_embeddings_alone_frozen_keep_their_dropout(checkpoint: Path) -> None:
    model = create_model(checkpoint, LABELS.names, multi_label=False, pooling="mean", dropout=0.5)
    model.freeze(0)
    assert all(module.training for module in model.train().modules())
    model.freeze(1)
    assert not any(module.training for module in model.train().encoder.embeddings.modules())  # type: ignore[union-attr]


def test_tables_that_every_layer_reads_are_trained_where_no_layer_is_frozen(tmp_path: Path) -> None:
    folder = make_checkpoint(tmp_path, "deberta-v2")
    model = create_model(folder, LABELS.names, multi_label=False, pooling="mean")
    model.freeze(0)
    trained = {name for name, weight in model.encoder.named_parameters() if weight.requires_grad}
    assert "encoder.rel_embeddings.weight" in trained
    assert not any(name.startswith("embeddings.") for name in trained)
    model.freeze(1)
    assert not model.encoder.get_parameter("encoder.rel_embeddings.weight").requires_grad


def test_trained_embeddings_want_all_layers_trained() -> None:
    with pytest.raises(InputError, match="freeze_embeddings = false needs freeze_layers = 0"):
        make_config({"train": {"freeze_embeddings": False, "freeze_layers": 1}})
    corpus = CorpusFacts(np.ones(500, np.int64), 500, 500, False, 6, 384)
    config, reasons = choose(make_config({"train": {"freeze_embeddings": False}}), corpus)
    assert (config.train.freeze_layers, reasons["train.freeze_layers"]) == (0, "the embeddings below them are trained")


def test_nothing_frozen_or_nothing_packed_keeps_nothing(checkpoint: Path) -> None:
    learner, data, encoder = prepare(checkpoint, 0, kept=True)
    assert data.hidden is None
    learner.model.freeze(1)
    learner.model.packed = False
    assert lower_outputs(learner.model, data.encoded, encoder, 512) is None
