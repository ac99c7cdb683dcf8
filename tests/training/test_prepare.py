"""What a fine-tuning begins with, checked against the tokenizer, the encoder and scikit-learn on their own."""

from __future__ import annotations

import logging
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch.utils.data import DataLoader
from transformers import AutoModel, AutoTokenizer

from classifier.config_file import make_config
from classifier.dataset.folder import DatasetFolder, open_dataset
from classifier.errors import InputError
from classifier.files import write_json
from classifier.jobs.building.build import build
from classifier.models.run_folder import RunFolder
from classifier.progress import SILENT
from classifier.training import head, teacher
from classifier.training.auto import ChosenConfig, choose_settings
from classifier.training.prepare import Fitting, create_network, prepare, start_from_regression
from classifier.training.vector_memory import VectorMemory
from tests.makers.articles import SIGNALS, make_articles, write_jsonl
from tests.makers.settings import tiny

ONE_WINDOW = {"model.max_length": 128, "model.windows": 1}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Path:
    made = tmp_path_factory.mktemp("prepare")
    source = write_jsonl(made / "a.jsonl", make_articles(90))
    build(str(source), made / "dataset", settings=tiny(checkpoint))
    return made / "dataset"


@pytest.fixture
def dataset(folder: Path) -> DatasetFolder:
    return open_dataset(folder)


def settings(checkpoint: Path, dataset: DatasetFolder, **more: object) -> ChosenConfig:
    return choose_settings(make_config({}, tiny(checkpoint, **more)), dataset)


def prepared(checkpoint: Path, dataset: DatasetFolder, **more: object) -> Fitting:
    config = settings(checkpoint, dataset, **{**ONE_WINDOW, **more})
    return prepare(RunFolder(Path("not-written")), config, dataset, SILENT)


def test_articles_are_encoded_as_the_tokenizer_does_and_in_their_order(
    checkpoint: Path, dataset: DatasetFolder
) -> None:
    fitting = prepared(checkpoint, dataset)
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    for split, found in (("train", fitting.train), ("validation", fitting.validation)):
        assert found is not None
        articles = list(dataset.articles(split))
        expected = [tokenizer(article.text)["input_ids"] for article in articles]
        assert found.encoded.tokens.tolist() == [token for ids in expected for token in ids]
        assert found.encoded.window_lengths.tolist() == [len(ids) for ids in expected]
        assert [(dataset.info.labels[index],) for index in found.y] == [article.labels for article in articles]


@pytest.mark.parametrize("batch_size", [1, 7, 8, 1000])
def test_the_steps_of_a_training_are_the_batches_of_all_epochs(
    checkpoint: Path, dataset: DatasetFolder, batch_size: int
) -> None:
    fitting = prepared(checkpoint, dataset, **{"train.batch_size": batch_size, "train.num_train_epochs": 3})
    articles = sum(1 for _ in dataset.articles("train"))
    assert fitting.per_epoch == articles
    assert fitting.total_steps == 3 * len(DataLoader(range(articles), batch_size=batch_size))  # type: ignore[arg-type]


def test_the_same_seed_prepares_the_same_head(checkpoint: Path, dataset: DatasetFolder) -> None:
    heads = []
    for seed in (1, 1, 2):
        torch.rand(seed)  # what was drawn before does not matter
        head = prepared(checkpoint, dataset, **{"train.seed": seed}).learner.model.head
        assert isinstance(head, torch.nn.Linear)
        heads.append(head.weight.tolist())
    assert heads[0] == heads[1] != heads[2]


def test_the_network_knows_the_labels_of_the_dataset(checkpoint: Path, dataset: DatasetFolder) -> None:
    network = create_network(checkpoint, settings(checkpoint, dataset), dataset.info)
    config = network.encoder.config
    assert config.id2label == dict(enumerate(sorted(SIGNALS)))  # type: ignore[union-attr]
    assert config.problem_type == "single_label_classification"  # type: ignore[union-attr]
    assert isinstance(network.head, torch.nn.Linear)
    assert network.head.weight.shape == (len(SIGNALS), 32)


@pytest.mark.parametrize(("epochs", "kept"), [(0, True), (1, False)])
def test_a_head_alone_keeps_what_the_encoder_read_for_the_next_training(
    checkpoint: Path, dataset: DatasetFolder, monkeypatch: pytest.MonkeyPatch, epochs: int, kept: bool
) -> None:
    monkeypatch.setattr(head, "READ", VectorMemory())
    start_from_regression(prepared(checkpoint, dataset, **{"train.num_train_epochs": epochs}))
    assert (len(head.READ.vectors) > 0) is kept


@pytest.mark.parametrize("class_weight", ["balanced", "none"])
def test_the_head_starts_as_a_regression_on_mean_vectors(
    checkpoint: Path, dataset: DatasetFolder, class_weight: str
) -> None:
    fitting = prepared(checkpoint, dataset, **{"train.class_weight": class_weight})
    start_from_regression(fitting)
    tokenizer, encoder = AutoTokenizer.from_pretrained(checkpoint), AutoModel.from_pretrained(checkpoint).eval()
    vectors = []
    with torch.inference_mode():
        for article in dataset.articles("train"):
            vectors.append(encoder(**tokenizer(article.text, return_tensors="pt")).last_hidden_state[0].mean(dim=0))
    labels = [article.labels[0] for article in dataset.articles("train")]
    features = torch.stack(vectors).numpy()
    regression = LogisticRegression(class_weight="balanced" if class_weight == "balanced" else None, max_iter=1000)
    expected = regression.fit(features, labels).predict_proba(features)
    found = torch.from_numpy(fitting.logits(fitting.train)).softmax(dim=1).numpy()
    assert regression.classes_.tolist() == list(dataset.info.labels)
    assert np.abs(found - expected).max() < 0.01
    head = fitting.learner.model.head
    assert isinstance(head, torch.nn.Linear)
    assert torch.equal(
        fitting.learner.optimizer.weights()["head.weight"], head.weight
    )  # what the first step begins with


def test_frozen_layers_run_once_where_steps_are_taken(checkpoint: Path, dataset: DatasetFolder) -> None:
    frozen = {"train.freeze_layers": 1}
    hidden = prepared(checkpoint, dataset, **frozen).train.hidden
    assert hidden is not None
    tokenizer, encoder = AutoTokenizer.from_pretrained(checkpoint), AutoModel.from_pretrained(checkpoint).eval()
    words = tokenizer(next(iter(dataset.articles("train"))).text, return_tensors="pt")
    with torch.inference_mode():
        expected = encoder(**words, output_hidden_states=True).hidden_states[1][0]
    assert torch.allclose(hidden[: len(expected)], expected, atol=1e-5)
    assert prepared(checkpoint, dataset, **frozen, **{"train.num_train_epochs": 0}).train.hidden is None


def test_an_article_with_too_many_tokens_is_refused_with_what_to_set(
    checkpoint: Path, dataset: DatasetFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = [replace(article, text="word1 " * 5000) for article in dataset.articles("train")]
    monkeypatch.setattr(DatasetFolder, "articles", lambda self, split: iter(long))
    with pytest.raises(InputError, match=r"longest article has 5,\d+ tokens in its windows; at most 2,048") as caught:
        prepared(checkpoint, dataset, **{"model.windows": "all"})
    windows = 2048 // 128
    assert f"--set model.windows={windows}," in str(caught.value)
    assert prepared(checkpoint, dataset, **{"model.windows": windows}).train.encoded.window_counts.max() == windows


def test_settings_that_need_validation_are_warned_of_without_one(
    checkpoint: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, logger="classifier")
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(60))
    build(str(source), tmp_path / "dataset", settings=tiny(checkpoint, **{"split.validation_size": 0}))
    alone = open_dataset(tmp_path / "dataset")
    assert prepared(checkpoint, alone).validation is None
    assert "no effect" not in caplog.text
    prepared(checkpoint, alone, **{"train.early_stopping_patience": 2})
    assert "early_stopping_patience and eval_steps have no effect" in caplog.text


def test_frozen_layers_read_validation_once_too_and_its_logits_stay(checkpoint: Path, dataset: DatasetFolder) -> None:
    from classifier.models.transformer.network import layers_of

    fitting = prepared(checkpoint, dataset, **{"train.freeze_layers": 1})
    assert fitting.validation is not None
    assert fitting.validation.hidden is not None
    assert len(fitting.validation.hidden) == len(fitting.validation.encoded.tokens)
    calls: list[int] = []
    for index, layer in enumerate(layers_of(fitting.learner.model.encoder)):
        layer.register_forward_hook(lambda *_, index=index: calls.append(index))
    kept = fitting.logits(fitting.validation)
    assert set(calls) == {1}
    anew = fitting.logits(replace(fitting.validation, hidden=None))
    assert set(calls) == {0, 1}
    assert np.allclose(kept, anew, atol=1e-5)


def test_validation_is_read_anew_where_both_would_fill_the_memory(
    checkpoint: Path, dataset: DatasetFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from classifier.training import frozen_layers

    fitting = prepared(checkpoint, dataset, **{"train.freeze_layers": 1})
    assert fitting.train.hidden is not None
    enough = fitting.train.hidden.nbytes / frozen_layers.SHARE_OF_MEMORY
    monkeypatch.setattr(frozen_layers, "_memory", lambda: enough)
    fitting = prepared(checkpoint, dataset, **{"train.freeze_layers": 1})
    assert fitting.validation is not None
    assert fitting.train.hidden is not None
    assert fitting.validation.hidden is None


@pytest.mark.parametrize("many", [False, True])
def test_unlabelled_articles_come_last_with_what_their_teacher_makes_of_them(
    many: bool, checkpoint: Path, tmp_path: Path
) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(60, multi_label=many), multi_label=many)
    task = {"data.task": "multi_label"} if many else {}
    dataset = build(str(source), tmp_path / "dataset", settings=tiny(checkpoint, **task)).dataset
    assert dataset is not None
    run, pool, ids = RunFolder(tmp_path / "run"), make_articles(2, seed=5), dataset.column("train", "id")
    run.distil.mkdir(parents=True)
    scores = np.array([[0.2, 0.2, 0.6]] * len(ids) + [[0.6, 0.3, 0.1], [0.1, 0.4, 0.5]], dtype=np.float32)
    teacher._write_articles(run.distil / teacher.POOL, pool)
    teacher._write_scores(run.scores, [*ids, "1", "2"], scores)
    write_json(run.distil / teacher.LESSON, asdict(teacher.Lesson("t", 2, {})))
    config = settings(checkpoint, dataset, **{**ONE_WINDOW, "data.unlabelled": "archive.jsonl"})
    train = prepare(run, config, dataset, SILENT).train
    truth = dataset.info.label_set.encode(dataset.labels("train"))
    assert train.y[:-2].tolist() == truth.tolist()
    assert train.y[-2:].tolist() == ([[1, 0, 0], [0, 0, 1]] if many else [0, 2])
    assert train.taught is not None and train.taught.labelled == len(ids)
    assert train.taught.scores[-2:].tolist() == scores[-2:].tolist()
