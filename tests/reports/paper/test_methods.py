"""Every number of the methods text is one of the run's files: a file that is changed changes the text."""

import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from classifier.reports.paper.methods import Section, as_markdown, as_text, sections
from classifier.reports.paper.paper import read_paper
from classifier.reports.run.record import read_run_record

TEST = "evaluation/test/metrics.json"


def text_of(run: Path) -> str:
    paper = read_paper(read_run_record(run))
    return as_text(sections(paper), paper.version)


@pytest.fixture
def run(in_examples: Path) -> Path:
    """A run whose files may be changed: nothing compares them with checksums."""
    path = in_examples / "runs" / "first"
    change(path / "manifest.json", ["files"], None)
    return path


def change(file: Path, place: Sequence[str | int], value: Any) -> None:
    values = json.loads(file.read_text(encoding="utf-8"))
    inside = values
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = value
    file.write_text(json.dumps(values), encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "place", "value", "words"),
    [
        (TEST, ["articles"], 4321, "4,321 articles (test)"),
        (TEST, ["sources"], 77, "from 77 sources"),
        (TEST, ["unseen"], 0.37, "37% of those with a source"),
        (TEST, ["figures", "f1_macro"], 0.6543, "macro F1 .654"),
        (TEST, ["figures", "accuracy"], 0.6789, "accuracy .679"),
        (TEST, ["intervals", "f1_macro"], [0.123, 0.987], "95% interval .123 to .987"),
        (TEST, ["baselines", "tfidf", "f1_macro"], 0.333, "macro F1 .333"),
        (TEST, ["baselines", "majority", "accuracy"], 0.111, "accuracy .111"),
        (TEST, ["gain", "f1_macro", "value"], 0.0456, "+.046 macro F1"),
        (TEST, ["gain", "f1_macro", "p"], 0.0321, "p = .032"),
        (TEST, ["resampled"], "source", "groups of articles (source)"),
        (TEST, ["folds"], 7, "vary over the 7 folds"),
        (TEST, ["trained_texts"], 5, "texts of 5 of these"),
        (TEST, ["left_out"], {"empty text": 7, "unknown label": 4}, "11 bad rows (empty text: 7; unknown label: 4)"),
        (
            "evaluation/test/calibration.json",
            ["after", "ece"],
            0.0765,
            "error (Guo et al., 2017) is .076",
        ),
        ("model/classifier.json", ["blend"], [0.46, 1.28], "0.46 × its logits + 1.28 × those scores"),
        ("model/classifier.json", ["base_revision"], "abc123", "weights abc123"),
        (
            "model/classifier.json",
            ["base_revision"],
            None,
            "Which revision of the encoder's weights was used",
        ),
        ("model/classifier.json", ["windows"], 3, "at most 3 windows of 32 tokens"),
        ("model/classifier.json", ["dropped"], 0.21, "left out 21% of the tokens"),
        ("manifest.json", ["torch"], "9.8.7", "PyTorch 9.8.7"),
        ("manifest.json", ["packages"], {"numpy": "5.4.3"}, "numpy 5.4.3"),
        ("manifest.json", ["packages"], {}, "Versions of packages beside those named were not recorded"),
        ("manifest.json", ["classifier"], "7.7", "article-classifier 7.7"),
        ("manifest.json", ["device"], "cuda, Big", "device: cuda, Big"),
        ("manifest.json", ["seconds"], 4711.0, "4,711 seconds"),
        ("dataset.json", ["notes"], ["all is odd"], "The build noted: all is odd."),
        ("dataset.json", ["rejected"], {"no label": 9}, "Skipped were 9 rows (no label: 9)"),
        (
            "dataset.json",
            ["agreement"],
            {"annotators": 3, "articles_with_several": 180, "unanimous": 108, "disputed": 13, "alpha": 0.614},
            "gave, of 3 annotators. Of 180 articles with the labels of several, 108 had the same from all, and 13 were "
            "tied and left out. Krippendorff's alpha for nominal labels is .614 (Krippendorff, 2011).",
        ),
        ("dataset.json", ["duplicates", "dropped"], 6, "6 articles were left out"),
        ("dataset.json", ["duplicates", "clusters"], 3, "articles in 3 clusters"),
        ("dataset.json", ["counts", "test", "articles"], 1234, "test (1,234)"),
        ("dataset.json", ["settings", "split", "seed"], 99, "with the seed 99"),
    ],
)
def test_a_changed_file_changes_the_text(
    run: Path, file: str, place: Sequence[str | int], value: Any, words: str
) -> None:
    change(run / file, place, value)
    assert words in text_of(run)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("learning_rate = 0.00042", "a learning rate of 0.00042"),
        ("num_train_epochs = 17", "17 epochs"),
        ("batch_size = 33", "33 articles per step"),
        ("seed = 4321", "the seed 4321"),
        ("label_smoothing = 0.07", "label smoothing 0.07"),
    ],
)
def test_settings_are_those_of_the_run(run: Path, setting: str, words: str) -> None:
    file, name = run / "config.toml", setting.split(" ")[0]
    head, train = file.read_text(encoding="utf-8").split("[train]")
    lines = [setting if line.startswith(f"{name} =") else line for line in train.splitlines()]
    file.write_text("\n".join([f"{head}[train]", *lines]), encoding="utf-8")
    assert words in text_of(run)


@pytest.mark.parametrize("epochs", ["3", "0"])
def test_what_it_learned_from_besides_true_labels_is_told_of_heads_too(run: Path, epochs: str) -> None:
    told = ("It was then trained anew on train and validation together", "scores that the model large (abc) gave the")
    change(run / "model" / "classifier.json", ["refit"], False)
    assert not any(words in text_of(run) for words in told)
    config = run / "config.toml"
    text = config.read_text(encoding="utf-8")
    config.write_text(re.sub(r"num_train_epochs = \d+", f"num_train_epochs = {epochs}", text), encoding="utf-8")
    change(run / "model" / "classifier.json", ["refit"], True)
    change(run / "model" / "classifier.json", ["blend"], [0.5, 1.0])
    taught = {"teacher": "large (abc)", "unlabelled": 1200, "weight": 0.5, "temperature": 2.0}
    change(run / "model" / "classifier.json", ["distilled"], taught)
    found = text_of(run)
    assert all(words in found for words in told)
    assert "the training articles and 1,200 unlabelled articles" in found
    assert "a weight of 0.5 and a temperature of 2." in found
    assert "learned the labels which that model gave the unlabelled articles, too" in found
    assert ("for as many epochs" in found) == (epochs != "0")
    change(run / "model" / "classifier.json", ["distilled"], {**taught, "teacher": None})
    assert "scores that a first model of its own, trained on the same labels, gave the" in text_of(run)


def test_on_what_the_blend_and_the_calibration_were_fitted(run: Path) -> None:
    change(run / "model" / "classifier.json", ["blend"], [0.5, 1.0])
    assert "with weights fitted on validation." in text_of(run)
    heated = {"temperatures": [1.2], "offsets": [0.0, 0.1, 0.2], "multi_label": False}
    change(run / "model" / "classifier.json", ["calibration"], heated)
    change(run / "model" / "classifier.json", ["out_of_fold"], 1200)
    assert text_of(run).count("fitted on validation and on 1,200 training articles out of fold") == 2


def test_the_best_epoch_is_that_of_the_metrics(run: Path) -> None:
    lines = [
        {"kind": "step", "step": 1, "epoch": 1.0, "loss": 1.0, "tokens": 700, "seconds": 1},
        {"kind": "evaluation", "step": 1, "epoch": 1.0, "f1_macro": 0.4},
        {"kind": "evaluation", "step": 2, "epoch": 2.0, "f1_macro": 0.6},
        {"kind": "evaluation", "step": 3, "epoch": 3.0, "f1_macro": 0.6},
    ]
    (run / "metrics.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    text = text_of(run)
    assert "Of 3 evaluations on validation, the weights with the best macro F1 (.600, after epoch 2) were kept" in text
    assert "1 step of 700 tokens" in text


def test_a_model_of_averaged_weights_has_no_best_epoch(run: Path) -> None:
    lines = [
        {"kind": "step", "step": 4, "epoch": 1.0, "loss": 1.0, "tokens": 700, "seconds": 1},
        {"kind": "evaluation", "step": 2, "epoch": 0.5, "f1_macro": 0.6},
        {"kind": "evaluation", "step": 4, "epoch": 1.0, "f1_macro": 0.4, "averaged": 2},
    ]
    (run / "metrics.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    text = text_of(run)
    assert "The model is the mean of its weights over the last 2 steps" in text
    assert "were kept" not in text


def test_what_is_gone_is_said_and_not_claimed(run: Path) -> None:
    shutil.rmtree(run / "model")
    text = text_of(run)
    assert "A model's folder is gone, so what predicts is not stated." in text
    assert "came from" in text and "windows" not in text and "Labels came" not in text
    change(run / "dataset.json", ["path"], "nowhere")
    text = text_of(run)
    assert "The dataset is not at hand" in text and "The articles came from" not in text


def test_which_layers_a_head_reads_is_said(run: Path) -> None:
    assert "each layer" not in text_of(run)
    change(run / "model" / "classifier.json", ["layers"], "all")
    assert "after each layer, side by side (Jawahar et al., 2019)." in text_of(run)


def test_that_pairs_are_read_apart_is_said(run: Path) -> None:
    assert "read apart" not in text_of(run)
    paper = read_paper(read_run_record(run))
    model = paper.models[0]
    assert model is not None
    apart = replace(model, pairs="apart")
    text = as_text(sections(replace(paper, models=(apart,))), paper.version)
    assert "Text and target were read apart, the text sentence by sentence; " in text
    assert "(Conneau et al., 2017; Reimers and Gurevych, 2019), and the unweighted mean" in text
    mixed = as_text(sections(replace(paper, models=(apart, model, apart))), paper.version)
    assert "Text and target were read apart in 2 of the 3 models, the text" in mixed


def test_models_of_folds_that_differ_are_not_said_to_be_alike(run: Path) -> None:
    paper = read_paper(read_run_record(run))
    model = paper.models[0]
    assert model is not None
    every = replace(model, layers="all")
    mixed = replace(paper, models=(model, every, every), heads=2)
    text = as_text(sections(mixed), paper.version)
    assert "was fine-tuned for 1 of the 3 models and left as it is, with a linear head fitted on it, for the" in text
    assert "the mean over tokens, in 2 of the 3 models after the embeddings and after each layer, side by side" in text


def test_a_run_of_a_head_alone_is_not_said_to_be_fine_tuned(run: Path) -> None:
    assert "was fine-tuned, with the package" in text_of(run)
    config = run / "config.toml"
    config.write_text(re.sub(r"num_train_epochs = \d+", "num_train_epochs = 0", config.read_text(encoding="utf-8")))
    assert "was left as it is, with a linear head fitted on it, with the package" in text_of(run)


@pytest.mark.parametrize("name", ["sentence-transformers/all-MiniLM-L6-v2", "someone/other-encoder"])
def test_an_encoder_is_cited_only_where_it_is_that(run: Path, name: str) -> None:
    file = run / "config.toml"
    old = next(line for line in file.read_text(encoding="utf-8").splitlines() if line.startswith("name ="))
    file.write_text(file.read_text(encoding="utf-8").replace(old, f'name = "{name}"'), encoding="utf-8")
    paper = read_paper(read_run_record(run))
    text = as_markdown(sections(paper))
    assert f"The encoder {name}" in text
    assert all((f"@{key}" in text) == ("MiniLM" in name) for key in ("reimers2019", "wang2020"))


def test_names_of_labels_cannot_change_the_markdown_nor_cite() -> None:
    part = Section("Data", ("Labels: *one* [@nobody2000] [link](x) [@rubin1981] [@kish1965].",))
    assert as_markdown([part]) == (
        "**Data.** Labels: \\*one\\* \\[@nobody2000\\] \\[link\\](x) [@rubin1981; @kish1965].\n"
    )
    assert as_text([part], "1") == "Data. Labels: *one* [@nobody2000] [link](x) (Rubin, 1981; Kish, 1965).\n"
