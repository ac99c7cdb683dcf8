"""A training that starts from another trained model: what it takes over, what it says, and what it refuses."""

import json
import logging
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from classifier.articles.article import Article
from classifier.config_file import load_config
from classifier.errors import InputError, InterruptedTrainingError
from classifier.jobs.building.build import build
from classifier.jobs.folds import train_folds
from classifier.jobs.train import train
from classifier.models.classifier import Classifier
from classifier.models.model_folder import read_model_info
from classifier.models.run_folder import RunFolder
from classifier.reports.run.card import write_card
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.settings import tiny

PROBE = {"train.num_train_epochs": 0}
OTHER = {"opinion": "against", "reporting": "neutral", "satire": "neutral"}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Path:
    """A run that tells opinion, reporting and satire."""
    folder = tmp_path_factory.mktemp("base")
    source = write_jsonl(folder / "articles.jsonl", make_articles(60))
    return train(str(source), folder / "run", settings=tiny(checkpoint)).run.path


def _relabelled(articles: list[Article], prefix: str) -> list[Article]:
    return [replace(a, id=f"{prefix}{row}", labels=(OTHER[a.labels[0]],)) for row, a in enumerate(articles)]


def _config(folder: Path, test: list[Article]) -> Path:
    folder.mkdir(exist_ok=True)
    write_jsonl(folder / "train.jsonl", _relabelled(make_articles(60, seed=5), "n"))
    write_jsonl(folder / "test.jsonl", _relabelled(test, "t"))
    (folder / "config.toml").write_text('[data]\ntrain = "train.jsonl"\ntest = "test.jsonl"\n')
    return folder / "config.toml"


def _trained_on(run: Path) -> list[Article]:
    from classifier.dataset.folder import run_dataset

    return list(run_dataset(run).articles("train"))


def test_it_starts_from_the_encoder_and_says_what_test_articles_were_trained_on(
    base: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    known = [replace(article, text=article.text.upper()) for article in _trained_on(base)[:7]]
    config = _config(tmp_path / "new", [*make_articles(30, seed=9), *known])
    with caplog.at_level(logging.INFO, logger="classifier"):
        run = train(str(config), tmp_path / "run", settings=tiny(base, **PROBE)).run
    assert "was trained to tell 'opinion', 'reporting', 'satire'; its head is made anew" in caplog.text
    assert "was trained on 7 test articles of this dataset: the figures on test will be too good" in caplog.text
    info = read_model_info(run.model)
    assert info.labels == ("against", "neutral")
    assert info.started_from is not None
    assert info.started_from.seen == {"validation": 0, "test": 7}
    assert info.base_model == read_model_info(base / "model").base_model == load_config(base / "config.toml").model.name
    name = "encoder.layer.0.attention.self.query.weight"
    ours, theirs = (load_file(folder / "model" / "model.safetensors")[name] for folder in (run.path, base))
    assert torch.equal(ours, theirs)  # a probe trains the head alone
    page = (run.path / "report.html").read_text()
    assert "Test articles that it was trained on" in page
    assert "as a training to tell opinion, reporting and satire left it" in (run.path / "README.md").read_text()
    write_card(run.path, [run])


def test_nothing_is_said_where_nothing_was_seen_and_the_model_folder_is_meant_too(
    base: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = _config(tmp_path / "new", make_articles(30, seed=9))
    with caplog.at_level(logging.INFO, logger="classifier"):
        run = train(str(config), tmp_path / "run", settings=tiny(base / "model", **PROBE)).run
    assert "too good" not in caplog.text
    assert "not known" not in caplog.text
    assert "Test articles that it was trained on" not in (run.path / "report.html").read_text()
    alone = Path(shutil.copytree(base / "model", tmp_path / "alone"))
    with caplog.at_level(logging.WARNING, logger="classifier"):
        train(str(config), tmp_path / "second", settings=tiny(alone, **PROBE))
    assert "whether test articles are among it is not known" in caplog.text
    assert "Not known whether test is new to it" in (tmp_path / "second" / "report.html").read_text()


def test_what_a_model_before_that_was_trained_on_counts_too(base: Path, tmp_path: Path) -> None:
    middle = train(
        str(_config(tmp_path / "new", make_articles(30, seed=9))),
        tmp_path / "middle",
        settings=tiny(base, **PROBE),
    ).run
    config = _config(tmp_path / "last", [*make_articles(30, seed=11), *_trained_on(base)[:4]])
    run = train(str(config), tmp_path / "run", settings=tiny(middle.path, **PROBE)).run
    started = read_model_info(run.model).started_from
    assert started is not None
    assert started.seen == {"validation": 6, "test": 4}
    assert started.base_model == load_config(base / "config.toml").model.name


def test_boilerplate_that_one_of_them_removed_hides_no_article(base: Path, tmp_path: Path) -> None:
    known = [replace(one, text=f"From: a@b.org\nSubject: x\n\n{one.text}") for one in _trained_on(base)[:5]]
    config = _config(tmp_path / "new", [*make_articles(30, seed=9), *known])
    settings = tiny(base, **{**PROBE, "data.strip": ["headers"]})
    started = read_model_info(train(str(config), tmp_path / "run", settings=settings).run.model).started_from
    assert started is not None
    assert started.seen == {"validation": 0, "test": 5}


def test_other_ways_of_reading_are_said(base: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    config = _config(tmp_path / "new", make_articles(30, seed=9))
    settings = tiny(base, **{"model.pooling": "cls", "model.max_length": 32, "train.num_train_epochs": 1})
    run = train(str(config), tmp_path / "run", settings=settings).run
    assert "was trained with pooling mean (here cls), max_length 48 (here 32)" in caplog.text
    settings = tiny(run.path, **{"model.pooling": "cls", "model.max_length": 32, "train.num_train_epochs": 1})
    again = train(str(config), tmp_path / "again", settings=settings).run
    ours, theirs = (load_file(one.model / "model.safetensors")["classifier.weight"] for one in (run, again))
    assert (ours - theirs).abs().max() > 0.01  # not the head of before


def test_it_goes_on_exactly_and_refuses_another_model_in_its_place(
    base: Path, tmp_path: Path, checkpoint: Path
) -> None:
    first = Path(shutil.copytree(base, tmp_path / "first"))
    config = _config(tmp_path / "new", make_articles(30, seed=9))
    settings = tiny(first, **{"train.num_train_epochs": 2, "train.freeze_layers": 1})
    whole = train(str(config), tmp_path / "whole", settings=settings).run
    calls = iter([False] * 3 + [True] * 99)
    with pytest.raises(InterruptedTrainingError):
        train(str(config), tmp_path / "cut", settings=settings, should_stop=lambda: next(calls))
    shutil.copytree(tmp_path / "cut", tmp_path / "cut2")
    cut = train(None, tmp_path / "cut", resume=True).run
    weights = [(one.model / "model.safetensors").read_bytes() for one in (whole, cut)]
    assert weights[0] == weights[1]
    source = write_jsonl(tmp_path / "other.jsonl", make_articles(60, seed=3))
    train(str(source), first, settings=tiny(checkpoint), overwrite=True)
    with pytest.raises(InputError, match="is another one since it began"):
        train(None, tmp_path / "cut2", resume=True)
    shutil.rmtree(first)
    assert Classifier.load(whole.path, device="cpu").predict(["word1 word2"])  # needs the other model no more


def test_folds_each_note_what_they_started_from(base: Path, tmp_path: Path) -> None:
    articles = [*make_articles(60, seed=5), *_trained_on(base)[:6]]
    source = write_jsonl(tmp_path / "a.jsonl", _relabelled(articles, "n"))
    found = train_folds(str(source), tmp_path / "folds", settings=tiny(base, **{**PROBE, "split.folds": 3}))
    seen = [
        json.loads(file.read_text())["seen"]["test"] for file in sorted(found.path.glob("fold-*/started_from.json"))
    ]
    assert len(seen) == 3
    assert sum(seen) == 6
    assert "6 test articles of 66 have a text" in (found.path / "report.html").read_text()


@pytest.mark.parametrize(
    ("lost", "said"), [("manifest.json", "its training has not ended"), ("model", "has lost its model")]
)
def test_a_run_that_is_not_whole_is_refused(lost: str, said: str, base: Path, tmp_path: Path) -> None:
    broken = Path(shutil.copytree(base, tmp_path / "broken"))
    if lost == "model":
        shutil.rmtree(broken / lost)
    else:
        (broken / lost).unlink()
    config = _config(tmp_path / "new", make_articles(30, seed=9))
    with pytest.raises(InputError, match=said):
        train(str(config), tmp_path / "run", settings=tiny(broken))
    assert not RunFolder(tmp_path / "run").path.exists()


def test_a_label_that_is_added_later_keeps_the_split_as_the_warning_says(
    base: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    added = [replace(a, id=f"n{row}", labels=("letter",)) for row, a in enumerate(make_articles(30, seed=5))]
    source = write_jsonl(tmp_path / "all.jsonl", [*make_articles(60), *added])
    train(str(source), tmp_path / "anew", settings=tiny(base, **PROBE, **{"split.seed": 3}))
    assert "test articles of this dataset" in caplog.text and "--extend ITS_DATASET" in caplog.text
    assert "--extend" in (tmp_path / "anew" / "report.html").read_text()
    caplog.clear()
    larger = build(str(source), tmp_path / "larger", extend=base / "dataset").dataset
    run = train(larger, tmp_path / "kept", settings=tiny(base, **PROBE)).run
    assert read_model_info(run.model).labels == ("letter", "opinion", "reporting", "satire")
    assert "test articles of this dataset" not in caplog.text
    assert "Test articles that it was trained on" not in (run.path / "report.html").read_text()
