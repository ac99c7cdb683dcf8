"""Which layers of a frozen encoder a head reads."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import load_file

from classifier.config_file import make_config
from classifier.dataset.folder import DatasetFolder
from classifier.errors import InputError
from classifier.jobs.train import train
from classifier.models.layers import LayerVectors
from classifier.models.loading import load_predictor
from classifier.models.model_folder import read_model_info
from classifier.models.run_folder import RunFolder
from classifier.models.transformer.forward import article_logits
from classifier.models.transformer.network import HEAD_FILE
from classifier.progress import SILENT
from classifier.training import layers
from classifier.training.auto import choose_settings
from classifier.training.layers import choose_layers
from classifier.training.prepare import Fitting, prepare
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.models import SIZES, make_checkpoint, make_tokenizer
from tests.makers.settings import tiny

WIDTH = SIZES["hidden_size"]
ALONE = {"train.num_train_epochs": 0, "train.calibration": "auto"}


def _fitting(dataset: DatasetFolder, checkpoint: Path, path: Path, **more: object) -> Fitting:
    config = choose_settings(make_config({}, tiny(checkpoint, **{**ALONE, **more})), dataset)
    return prepare(RunFolder(path), config, dataset, SILENT)


@pytest.mark.parametrize("telling", ["last", "all"])
def test_the_layers_that_tell_the_labels_out_of_fold_are_chosen(
    telling: str, dataset: DatasetFolder, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitting = _fitting(dataset, checkpoint, tmp_path)
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(len(fitting.train), 3 * WIDTH)).astype(np.float32)
    first = slice(-WIDTH, -WIDTH + 3) if telling == "last" else slice(0, 3)
    vectors[:, first] += np.eye(3, dtype=np.float32)[fitting.train.y] * 1.5
    monkeypatch.setattr(layers, "frozen_vectors", lambda *_: LayerVectors(vectors, WIDTH))
    assert choose_layers(fitting, dataset, SILENT) == telling


def test_one_layer_is_enough_for_what_nothing_tells(
    dataset: DatasetFolder, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitting = _fitting(dataset, checkpoint, tmp_path)
    monkeypatch.setattr(layers, "held_out_of", lambda *_, **__: None)  # all articles are of one source
    assert choose_layers(fitting, dataset, SILENT) == "last"


@pytest.mark.parametrize("refit", [False, True])
@pytest.mark.parametrize("asked", ["last", "all"])
def test_a_run_predicts_by_the_layers_that_its_head_was_fitted_on(
    asked: str, refit: bool, checkpoint: Path, tmp_path: Path
) -> None:
    articles = make_articles(90)
    settings = tiny(checkpoint, **ALONE, **{"model.layers": asked, "train.refit": refit, "model.windows": 1})
    run = train(str(write_jsonl(tmp_path / "a.jsonl", articles)), tmp_path / "run", settings=settings).run
    info = read_model_info(run.model)
    assert info.layers == asked
    head = load_file(run.model / HEAD_FILE)
    assert head["weight"].shape == (3, WIDTH * (3 if asked == "all" else 1))
    encoder = transformers.AutoModel.from_pretrained(checkpoint).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(checkpoint)
    classifier = load_predictor(run.path, device="cpu")
    read = [replace(article, title=None) for article in articles[:5]]
    encoded = classifier.encoder.encode(read)
    found = article_logits(classifier.model, encoded, classifier.encoder, device=torch.device("cpu"))
    for article, logits in zip(read, found, strict=True):
        ids = tokenizer(article.text, truncation=True, max_length=48, return_tensors="pt")
        with torch.no_grad():
            every = encoder(**ids, output_hidden_states=True).hidden_states
        means = [one[0].mean(dim=0) for one in every]
        vector = torch.cat(means) if asked == "all" else means[-1]
        expected = head["weight"] @ vector + head["bias"]
        assert logits == pytest.approx(expected.numpy(), abs=1e-3)


def test_the_second_training_reads_what_the_first_has_chosen(
    checkpoint: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    settings = tiny(checkpoint, **ALONE, **{"train.refit": True})
    run = train(str(write_jsonl(tmp_path / "a.jsonl", make_articles(90))), tmp_path / "run", settings=settings).run
    assert caplog.text.count("chosen: model.layers = ") == 1
    before, after = read_model_info(run.before_refit.model), read_model_info(run.model)
    assert before.layers == after.layers
    assert f"chosen: model.layers = {after.layers} " in caplog.text


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"train.num_train_epochs": 2}, "is for a head on the frozen encoder"),
        ({"model.pooling": "cls", "train.num_train_epochs": 2}, 'is for model.pooling = "mean"'),
    ],
)
def test_all_layers_are_refused_where_they_are_not_read(
    more: dict[str, object], message: str, dataset: DatasetFolder, checkpoint: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message):
        _fitting(dataset, checkpoint, tmp_path, **{"model.layers": "all", **more})


@pytest.mark.parametrize("family", ["gemma3_text", "qwen3"])
def test_a_head_on_a_language_model_may_read_all_layers(dataset: DatasetFolder, tmp_path: Path, family: str) -> None:
    folder = make_checkpoint(tmp_path / family, family)
    assert _fitting(dataset, folder, tmp_path / "run", **{"model.layers": "all"}).learner.model.layers == "all"


def test_an_encoder_whose_layers_are_not_known_gives_its_last_one(dataset: DatasetFolder, tmp_path: Path) -> None:
    torch.manual_seed(0)
    folder = tmp_path / "albert"
    tokenizer = make_tokenizer()
    config = transformers.AlbertConfig(**SIZES, vocab_size=len(tokenizer), embedding_size=16, pad_token_id=0)
    transformers.AlbertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    fitting = _fitting(dataset, folder, tmp_path / "run")
    assert fitting.learner.model.layers == choose_layers(fitting, dataset, SILENT) == "last"
    with pytest.raises(InputError, match=r"not known for encoders of the kind 'albert' .* bert, camembert"):
        _fitting(dataset, folder, tmp_path / "run", **{"model.layers": "all"})
