import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from classifier.articles.article import Article
from classifier.checksums import write_checksums
from classifier.errors import InputError
from classifier.models.classifier import Classifier
from classifier.models.ensemble import EnsembleInfo, write_ensemble
from classifier.models.loading import load_ensemble, load_model_folder, load_predictor
from tests.makers.models import make_model_folder

ARTICLES = [Article("1", "the council voted on tuesday"), Article("2", "a storm")]


def test_a_folder_gives_the_same_classifier_by_each_way(tmp_path: Path, checkpoint: Path) -> None:
    folder = make_model_folder(tmp_path / "model", checkpoint)
    ways = (load_predictor(folder, device="cpu"), load_model_folder(folder, device="cpu"), Classifier.load(folder))
    proba = [found.predict_articles(ARTICLES) for found in ways]
    assert all(np.array_equal(one, proba[0]) for one in proba)
    assert proba[0].shape == (2, 2) and ways[0].info.labels == ("a", "b") and ways[0].members == ()
    assert ways[2].path == folder and ways[2].route is None


def test_an_ensemble_averages_its_members(tmp_path: Path, checkpoint: Path) -> None:
    members = ("seed-1/model", "seed-2/model")
    alone = [load_model_folder(make_model_folder(tmp_path / name, checkpoint), device="cpu") for name in members]
    write_ensemble(tmp_path, EnsembleInfo(members))
    both = load_predictor(tmp_path, device="cpu")
    assert len(both.members) == 2
    expected = np.mean([one.predict_articles(ARTICLES) for one in alone], axis=0)
    assert both.predict_articles(ARTICLES) == pytest.approx(expected, abs=1e-7)
    texts = [article.text for article in ARTICLES]
    assert np.array_equal(Classifier.load(tmp_path, device="cpu").predict_proba(texts), both.predict_articles(ARTICLES))


def test_models_that_read_in_another_way_are_no_ensemble(tmp_path: Path, checkpoint: Path) -> None:
    make_model_folder(tmp_path / "one" / "model", checkpoint)
    make_model_folder(tmp_path / "two" / "model", checkpoint, max_length=32, strip=("urls",))
    with pytest.raises(InputError, match=r"two/model' does not belong to this ensemble: its max_length, strip differ"):
        load_ensemble(tmp_path, EnsembleInfo(("one/model", "two/model")), device="cpu")


@pytest.mark.parametrize("name", ("config.json", "tokenizer.json", "tokenizer_config.json"))
def test_a_damaged_file_of_transformers_is_said_with_its_folder(name: str, tmp_path: Path, checkpoint: Path) -> None:
    file = make_model_folder(tmp_path / "model", checkpoint) / name
    whole = file.read_bytes()
    for text in (whole[: len(whole) // 2], b"", b"[]", b"null", b'"text"'):
        file.write_bytes(text)
        with pytest.raises(InputError) as error:
            load_model_folder(file.parent, device="cpu")
        assert str(file.parent) in error.value.message
        assert error.value.fix


def change(file: Path, **values: Any) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))


def add_nan(file: Path) -> None:
    tensors = load_file(file)
    name = sorted(tensors)[0]
    tensors[name].view(-1)[0] = float("nan")
    save_file(tensors, file, metadata={"format": "pt"})


@pytest.mark.parametrize(
    ("do", "said"),
    [
        (lambda f: change(f / "config.json", id2label={"0": "b", "1": "a"}), r"config\.json' \(id2label, label2id\)"),
        (lambda f: change(f / "config.json", label2id={"a": 1, "b": 0}), r"config\.json' \(id2label, label2id\)"),
        (lambda f: change(f / "classifier.json", labels=["b", "a"]), r"classifier\.json says 'b', 'a'"),
        (lambda f: change(f / "classifier.json", labels=["a", "b", "c"]), "do not fit|cannot be read|id2label"),
        (lambda f: change(f / "classifier.json", multi_label=True), r"problem_type = 'single_label"),
        (lambda f: change(f / "classifier.json", pooling="cls"), r"tensors are missing, .*there must be no head"),
        (
            lambda f: change(f / "classifier.json", max_length=10_000),
            r"classifier\.json' is damaged: model\.max_length",
        ),
        (lambda f: change(f / "config.json", num_hidden_layers=1), "16 tensors have no place in the model"),
        (lambda f: change(f / "config.json", num_hidden_layers=3), "16 tensors are missing"),
        (lambda f: change(f / "config.json", vocab_size=70), r"has the shape \(81, 32\) instead of \(70, 32\)"),
        (lambda f: change(f / "config.json", intermediate_size=32), "has the shape"),
        (lambda f: (f / "head.safetensors").unlink(), "there must be a head"),
        (lambda f: add_nan(f / "head.safetensors"), r"not numbers \(NaN or infinite\), as in 'head\."),
        (lambda f: add_nan(f / "model.safetensors"), r"not numbers \(NaN or infinite\), as in 'encoder\."),
        (lambda f: (f / "tokenizer.json").unlink(), "There is no tokenizer in"),
        (lambda f: (f / "model.safetensors").unlink(), "cannot be read"),
    ],
)
def test_files_that_do_not_fit_one_another_are_refused(
    do: Callable[[Path], None], said: str, tmp_path: Path, checkpoint: Path
) -> None:
    folder = make_model_folder(tmp_path / "model", checkpoint)
    do(folder)
    with pytest.raises(InputError, match=said) as error:
        load_model_folder(folder, device="cpu")
    assert error.value.fix


def test_what_was_changed_is_refused_unless_sizes_alone_are_asked_for(tmp_path: Path, checkpoint: Path) -> None:
    folder = make_model_folder(tmp_path / "model", checkpoint)
    write_checksums(folder)
    file = folder / "model.safetensors"
    content = bytearray(file.read_bytes())
    content[-5] ^= 1
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"model\.safetensors: the content was changed"):
        Classifier.load(folder, device="cpu")
    assert Classifier.load(folder, device="cpu", verify=False).predict_articles(ARTICLES).size
    file.write_bytes(content + b"0")
    with pytest.raises(InputError, match=r"model\.safetensors: it has"):
        Classifier.load(folder, device="cpu", verify=False)


def test_thresholds_of_an_ensemble_fit_its_labels(tmp_path: Path, checkpoint: Path) -> None:
    make_model_folder(tmp_path / "one" / "model", checkpoint, multi_label=True)
    write_ensemble(tmp_path, EnsembleInfo(("one/model",), thresholds=(0.5,)))
    with pytest.raises(InputError, match=r"ensemble\.json' is damaged: thresholds: there must be 2, and there are 1"):
        load_predictor(tmp_path, device="cpu")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("labels", ("b", "a")),
        ("multi_label", True),
        ("pair", True),
        ("max_length", 32),
        ("windows", 3),
        ("stride", 4),
        ("window_choice", "spread"),
        ("strip", ("urls",)),
        ("pairs", "apart"),
        ("label_by", "score"),
    ],
)
def test_models_that_read_or_label_otherwise_are_no_ensemble(
    key: str, value: object, tmp_path: Path, checkpoint: Path
) -> None:
    make_model_folder(tmp_path / "seed-1" / "model", checkpoint, pair=key == "pairs")
    make_model_folder(tmp_path / "seed-2" / "model", checkpoint, **{"pair": key == "pairs", key: value})
    write_ensemble(tmp_path, EnsembleInfo(("seed-1/model", "seed-2/model")))
    with pytest.raises(InputError, match=rf"seed-2/model' does not belong to this ensemble: its {key} differ"):
        load_predictor(tmp_path)
