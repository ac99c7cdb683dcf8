import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from safetensors.torch import load_file

import classifier
from classifier.articles.article import Article
from classifier.config_file import load_config
from classifier.errors import InputError, InterruptedTrainingError
from classifier.jobs.building.build import build
from classifier.jobs.evaluate import evaluate
from classifier.jobs.predict.files import predict_files
from classifier.jobs.stopwatch import Stopwatch
from classifier.jobs.train import train
from classifier.models.classifier import Classifier
from classifier.models.model_folder import read_model_info
from tests.makers.articles import FILLER, make_articles, write_jsonl
from tests.makers.damage import damages, done
from tests.makers.settings import options, tiny


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Path:
    folder = tmp_path_factory.mktemp("workflow")
    source = write_jsonl(folder / "articles.jsonl", make_articles(150))
    train(str(source), folder / "run", settings=tiny(checkpoint, **{"train.num_train_epochs": 6}))
    return folder / "run"


def listing(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_the_run_folder_holds_what_it_should(run: Path) -> None:
    files = listing(run)
    assert {
        "config.toml",
        "dataset.json",
        "metrics.jsonl",
        "manifest.json",
        "dataset/dataset.json",
        "dataset/splits.parquet",
        "baseline/tfidf.json",
        "baseline/tfidf.safetensors",
        "evaluation/test/metrics.json",
        "evaluation/test/predictions.parquet",
        "evaluation/test/slices.json",
        "evaluation/validation/metrics.json",
        "evaluation/validation/predictions.parquet",
        "evaluation/validation/slices.json",
        "model/classifier.json",
        "model/config.json",
        "model/head.safetensors",
        "model/model.safetensors",
        "model/tokenizer.json",
        "model/tokenizer_config.json",
    } <= files
    assert not any(".partial" in name or "checkpoints" in name for name in files)


def test_it_is_good_and_says_how_good(run: Path) -> None:
    result = evaluate(run, split="test", device="cpu")
    assert result.articles == 30
    assert result.figures["f1_macro"] > 0.9
    low, high = result.intervals["f1_macro"]
    assert low <= result.figures["f1_macro"] <= high
    assert result.baselines["majority"]["accuracy"] < 0.5
    assert sum(map(sum, result.confusion)) == 30
    written = json.loads((run / "evaluation" / "test" / "metrics.json").read_text())
    assert written["figures"] == result.figures
    table = pq.read_table(run / "evaluation" / "test" / "predictions.parquet").to_pylist()
    assert sum(row["label"] == row["predicted"] for row in table) / 30 == pytest.approx(result.figures["accuracy"])


def test_the_log_has_every_step_and_evaluation(run: Path) -> None:
    records = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    steps = [r["step"] for r in records if r["kind"] == "step"]
    assert steps == list(range(1, len(steps) + 1))
    assert len([r for r in records if r["kind"] == "evaluation"]) == 6


def test_the_model_folder_alone_predicts(run: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(run / "model", tmp_path / "elsewhere")
    texts = [article.text for article in make_articles(30, seed=5)]
    ours = Classifier.load(run, device="cpu", bf16=False)
    theirs = Classifier.load(tmp_path / "elsewhere", device="cpu", bf16=False)
    assert (ours.predict_proba(texts) == theirs.predict_proba(texts)).all()
    expected = [article.labels[0] for article in make_articles(30, seed=5)]
    agreed = sum(a == b for a, b in zip(ours.predict(texts), expected, strict=True))
    assert agreed >= 27
    assert ours.predict([]) == []
    with pytest.raises(InputError, match="takes no targets"):
        ours.predict(texts, texts)
    with pytest.raises(InputError, match="list of texts"):
        ours.predict("one text")


def test_a_run_is_not_replaced_by_a_dataset_nor_a_source_by_its_run(run: Path, tmp_path: Path) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(30))
    with pytest.raises(InputError, match="holds something else"):
        build(str(source), run, overwrite=True)
    project = tmp_path / "project"
    project.mkdir()
    write_jsonl(project / "a.jsonl", make_articles(30))
    (project / "config.toml").write_text('[data]\npath = "a.jsonl"\n')
    with pytest.raises(InputError, match="holds something else"):
        train(str(project / "config.toml"), project, overwrite=True)
    assert (project / "a.jsonl").exists()


def test_a_dataset_with_a_leak_is_refused(tmp_path: Path, checkpoint: Path) -> None:
    import shutil

    build(str(write_jsonl(tmp_path / "a.jsonl", make_articles(40))), tmp_path / "data")
    shutil.rmtree(tmp_path / "data" / "test")
    shutil.copytree(tmp_path / "data" / "train", tmp_path / "data" / "test")
    with pytest.raises(InputError, match="is not as it was written"):
        train(str(tmp_path / "data"), tmp_path / "run", settings=tiny(checkpoint))
    (tmp_path / "data" / "checksums.json").unlink()
    with pytest.raises(InputError, match=r"are not the .* that splits\.parquet names"):
        train(str(tmp_path / "data"), tmp_path / "run", settings=tiny(checkpoint))


def test_a_dataset_keeps_the_settings_it_was_built_with(tmp_path: Path, checkpoint: Path) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(60))
    build(str(source), tmp_path / "data", settings=tiny(checkpoint))
    report = train(str(tmp_path / "data"), tmp_path / "run", settings={"train.num_train_epochs": 1})
    config = load_config(report.run.config)
    assert (config.model.max_length, config.train.num_train_epochs) == (48, 1)


def test_an_article_that_does_not_fit_into_memory_is_refused(tmp_path: Path, checkpoint: Path) -> None:
    articles = make_articles(30)
    articles[:9] = [replace(article, text=f"word{row} " * 5000) for row, article in enumerate(articles[:9])]
    source = write_jsonl(tmp_path / "a.jsonl", articles)
    with pytest.raises(InputError, match=r"longest article has .* tokens"):
        train(str(source), tmp_path / "run", settings=tiny(checkpoint, **{"model.windows": "all", "split.seed": 1}))


def test_a_dataset_can_be_built_first_and_trained_on(tmp_path: Path, checkpoint: Path) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(90))
    model = {"model.name": str(checkpoint), "model.max_length": 32, "model.windows": 1}
    settings = {**model, "split.group_by": ["source"], "data.date_format": "%Y-%m-%d"}
    report = build(str(source), tmp_path / "data", settings=settings)
    assert report.dataset.info.split_method == "grouped"
    assert report.built is not None
    lengths = report.built.facts.lengths
    assert (lengths.unit, lengths.max_length, lengths.windows, lengths.sampled) == ("tokens", 32, 1, False)
    assert lengths.dropped is not None and 0 < lengths.dropped < 0.5
    trained = train(str(tmp_path / "data"), tmp_path / "run", settings=tiny(checkpoint))
    assert not trained.run.dataset.exists()
    assert trained.test.unseen == 1.0
    assert read_model_info(trained.run.model).date_format == "%Y-%m-%d"
    assert build(str(source), tmp_path / "again", settings=settings).dataset.info == report.dataset.info
    splits = [(tmp_path / name / "splits.parquet").read_bytes() for name in ("data", "again")]
    assert splits[0] == splits[1]
    with pytest.raises(InputError, match="cannot change a dataset"):
        train(str(tmp_path / "data"), tmp_path / "other", settings={"split.seed": 3})


def test_saved_splits_are_used_again(tmp_path: Path) -> None:
    articles = make_articles(60)
    source = write_jsonl(tmp_path / "a.jsonl", articles)
    first = build(str(source), tmp_path / "one").dataset
    reordered = write_jsonl(tmp_path / "b.jsonl", articles[::-1])
    second = build(
        str(reordered), tmp_path / "two", settings={"split.file": str(tmp_path / "one" / "splits.parquet")}
    ).dataset
    for split in first.splits:
        assert {a.id for a in first.articles(split)} == {a.id for a in second.articles(split)}


HEADER = f"From: wizard@moon.example\nSubject:{' cheese' * 40}\n\n"
FOOTER = f"\nMore penguin news:{' moon' * 40}\n"
STRIP = ["headers", "line:More penguin news*"]


def test_a_model_strips_new_texts_itself(tmp_path: Path, checkpoint: Path) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", [replace(a, text=HEADER + a.text + FOOTER) for a in make_articles(90)])
    report = train(str(source), tmp_path / "run", settings=tiny(checkpoint, **{"data.strip": STRIP}))
    assert {a.text.strip() for a in report.dataset.articles()} == {a.text for a in make_articles(90)}
    new = make_articles(20, seed=4)
    plain = [article.text for article in new]
    raw = [HEADER + text + FOOTER for text in plain]
    model = Classifier.load(tmp_path / "run" / "model", device="cpu", bf16=False)
    assert model.info.strip == tuple(STRIP)
    assert (model.predict_proba(raw) == model.predict_proba(plain)).all()
    assert model.predict(raw) == model.predict(plain)
    bare = replace(model, encoder=replace(model.encoder, strip=()))
    assert (bare.predict_proba(raw) != bare.predict_proba(plain)).all()
    figures, scores = [], []
    for name, texts in (("raw", raw), ("plain", plain)):
        file = write_jsonl(
            tmp_path / f"{name}.jsonl", [replace(a, text=text) for a, text in zip(new, texts, strict=True)]
        )
        result = evaluate(tmp_path / "run", data=str(file), out=tmp_path / name, device="cpu")
        figures.append((result.figures, result.baselines["tfidf"]))
        predict_files(tmp_path / "run", [str(file)], tmp_path / f"{name}-labels.jsonl", device="cpu", bf16=False)
        lines = (tmp_path / f"{name}-labels.jsonl").read_text().splitlines()
        assert [json.loads(line)["text"] for line in lines] == texts
        scores.append([json.loads(line)["scores"] for line in lines])
    assert figures[0] == figures[1]
    assert scores[0] == scores[1]


def test_bad_rows_are_skipped_in_a_training_too(tmp_path: Path, checkpoint: Path) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", [*make_articles(60), Article("bad", " ", ("satire",))])
    with pytest.raises(InputError, match=r"a\.jsonl:61 \(id 'bad'\): text is empty"):
        train(str(source), tmp_path / "run", settings=tiny(checkpoint))
    assert not (tmp_path / "run").exists()
    report = train(str(source), tmp_path / "run", settings=tiny(checkpoint), skip_bad=True)
    assert report.dataset.info.rejected == {"text is empty": 1}
    assert (tmp_path / "run" / "dataset" / "rejected.jsonl").exists()


def test_multi_label_from_end_to_end(tmp_path: Path, checkpoint: Path) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(200, multi_label=True), multi_label=True)
    settings = tiny(checkpoint, **{"data.task": "multi_label", "train.num_train_epochs": 8})
    report = train(str(source), tmp_path / "run", settings=settings)
    assert report.test.figures["f1_macro"] > 0.8
    model = Classifier.load(tmp_path / "run", device="cpu")
    assert model.info.thresholds is not None and len(model.info.thresholds) == 3
    labels = model.predict([article.text for article in make_articles(5, 3, multi_label=True)])
    assert all(isinstance(names, list) for names in labels)
    count = predict_files(tmp_path / "run", [str(source)], tmp_path / "labels.jsonl", device="cpu")
    first = json.loads((tmp_path / "labels.jsonl").read_text().splitlines()[0])
    assert count == 200 and isinstance(first["label"], list) and "original_label" in first


def test_labels_with_a_separator_read_back_in(tmp_path: Path, checkpoint: Path) -> None:
    rows = [f'"{a.text}",{"|".join(a.labels)}\n' for a in make_articles(150, multi_label=True)]
    (tmp_path / "a.csv").write_text("text,label\n" + "".join(rows))
    settings = tiny(checkpoint, **{"data.task": "multi_label", "data.label_separator": "|"})
    train(str(tmp_path / "a.csv"), tmp_path / "run", settings=settings)
    (tmp_path / "new.csv").write_text("text\n" + "".join(a.text + "\n" for a in make_articles(20, 3, multi_label=True)))
    predict_files(tmp_path / "run", [str(tmp_path / "new.csv")], tmp_path / "labels.csv", device="cpu")
    named = {"data.columns.label": "label"}
    found = evaluate(tmp_path / "run", data=str(tmp_path / "labels.csv"), settings=named, device="cpu")
    assert found.figures["accuracy"] == 1.0
    for row in csv.DictReader((tmp_path / "labels.csv").open()):
        given = [item["score"] for item in json.loads(row["scores"]) if item["label"] in row["label"].split("|")]
        assert not given or float(row["score"]) == max(given)


def test_pairs_from_end_to_end(tmp_path: Path, checkpoint: Path, caplog: pytest.LogCaptureFixture) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(90, pair=True))
    with caplog.at_level("INFO", logger="classifier"):
        report = train(str(source), tmp_path / "run", settings=tiny(checkpoint, **{"model.window_choice": "relevant"}))
    assert "90 pairs of an article and a claim: stance (one label of 3" in caplog.text
    assert report.dataset.info.pair
    model = Classifier.load(tmp_path / "run", device="cpu")
    assert len(model.predict(["some text"], ["some target"])) == 1
    with pytest.raises(InputError, match="needs targets"):
        model.predict(["some text"])
    single = train(str(source), tmp_path / "single", settings=tiny(checkpoint, **{"data.pair": False}))
    assert not single.dataset.info.pair


def related_pairs(n: int) -> list[Article]:
    """Pairs of which every other text has a sentence with the words of its target, anywhere in it."""
    rng, pairs = random.Random(0), []
    for index, article in enumerate(make_articles(n, pair=True)):
        sentences = [" ".join(rng.choices(FILLER, k=5)) for _ in range(4)]
        if index % 2:
            sentences.insert(rng.randrange(5), str(article.target))
        text = " ".join(f"{sentence.capitalize()}." for sentence in sentences)
        pairs.append(replace(article, text=text, labels=(("unrelated", "related")[index % 2],)))
    return pairs


def test_few_pairs_are_read_apart_and_a_claim_is_found_anywhere(tmp_path: Path, checkpoint: Path) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", related_pairs(240))
    auto = {"train.num_train_epochs": "auto", "model.windows": "auto", "train.refit": "auto"}
    settings = tiny(checkpoint, **auto, **{"split.method": "stratified", "split.group_by": []})
    report = train(str(source), tmp_path / "run", settings=settings, anyway=True)
    assert report.test.figures["accuracy"] > 0.6
    model = Classifier.load(tmp_path / "run", device="cpu")
    assert (model.info.pairs, model.info.refit) == ("apart", True)
    predict_files(tmp_path / "run", [str(source)], tmp_path / "o.jsonl", device="cpu", bf16=False)
    given = [json.loads(line) for line in (tmp_path / "o.jsonl").read_text().splitlines()]
    one = [model.predict_proba([row["text"]], [row["target"]]).max() for row in given[:20]]
    assert [row["score"] for row in given[:20]] == pytest.approx(one, abs=1e-4)
    [sentences] = model.explain([given[1]["text"]], [given[1]["target"]], labels=["related"])
    claim = max((each for each in sentences if each.part == "text"), key=lambda each: each.effect)
    assert claim.text.strip(" .").lower() == given[1]["target"]


def test_a_cls_run_predicts_as_plain_transformers_do(tmp_path: Path, checkpoint: Path) -> None:
    import transformers

    source = write_jsonl(tmp_path / "a.jsonl", make_articles(60))
    train(str(source), tmp_path / "run", settings=tiny(checkpoint, **{"model.pooling": "cls", "model.max_length": 100}))
    predict_files(tmp_path / "run", [str(source)], tmp_path / "o.jsonl", device="cpu", bf16=False)
    rows = [json.loads(line) for line in (tmp_path / "o.jsonl").read_text().splitlines()]
    pipe = transformers.pipeline("text-classification", model=str(tmp_path / "run" / "model"), top_k=None, device="cpu")
    for row, theirs in zip(rows, pipe([row["text"] for row in rows]), strict=True):
        ours = {item["label"]: item["score"] for item in row["scores"]}
        assert ours == pytest.approx({item["label"]: item["score"] for item in theirs}, abs=2e-6)


def test_validation_that_lacks_a_class_works(tmp_path: Path, checkpoint: Path) -> None:
    rare = [Article("r1", "penguin moon word1", ("rare",)), Article("r2", "wizard moon word2", ("rare",))]
    source = write_jsonl(tmp_path / "a.jsonl", [*make_articles(60), *rare])
    report = train(str(source), tmp_path / "run", settings=tiny(checkpoint, **{"data.min_per_label": 1}), anyway=True)
    assert report.validation is not None and report.validation.missing == ("rare",)


def test_no_validation_at_all_works(tmp_path: Path, checkpoint: Path) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(60))
    report = train(str(source), tmp_path / "run", settings=tiny(checkpoint, **{"split.validation_size": 0}))
    assert report.validation is None


def test_early_stopping_stops(tmp_path: Path, checkpoint: Path) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(60))
    more = {"train.num_train_epochs": 50, "train.early_stopping_patience": 2, "train.learning_rate": 1e-9}
    train(str(source), tmp_path / "run", settings=tiny(checkpoint, **more))
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    assert len([line for line in lines if '"evaluation"' in line]) == 3


def test_a_bad_source_leaves_the_old_run_alone(run: Path, tmp_path: Path, checkpoint: Path) -> None:
    import shutil

    shutil.copytree(run, tmp_path / "run")
    before = listing(tmp_path / "run")
    (tmp_path / "bad.csv").write_text("text,label\n,a\n")
    with pytest.raises(InputError):
        train(str(tmp_path / "bad.csv"), tmp_path / "run", overwrite=True)
    with pytest.raises(InputError):
        source = write_jsonl(tmp_path / "a.jsonl", make_articles(30))
        train(str(source), tmp_path / "run", settings=tiny(checkpoint, **{"model.max_length": 5000}), overwrite=True)
    assert listing(tmp_path / "run") == before


def test_an_interrupted_run_is_resumable_and_ends_alike(tmp_path: Path, checkpoint: Path) -> None:
    source = str(write_jsonl(tmp_path / "a.jsonl", make_articles(80)))
    train(source, tmp_path / "whole", settings=tiny(checkpoint))
    asked = iter([False] * 6 + [True])
    with pytest.raises(InterruptedTrainingError):
        train(source, tmp_path / "stopped", settings=tiny(checkpoint), should_stop=lambda: next(asked))
    with pytest.raises(InputError, match="--resume"):
        Classifier.load(tmp_path / "stopped")
    first = json.loads((tmp_path / "stopped" / "seconds.json").read_text())
    report = train(None, tmp_path / "stopped", resume=True)
    manifest = json.loads(report.run.manifest.read_text())
    assert first["sessions"] == 1 and manifest["sessions"] == 2
    assert manifest["steps"] == json.loads((tmp_path / "whole" / "manifest.json").read_text())["steps"] > 7
    assert first["seconds"] < manifest["seconds"] <= first["seconds"] + report.seconds + 1
    assert f"{manifest['seconds']:,.0f}, everything included, in 2 sessions" in report.run.card.read_text()
    assert listing(tmp_path / "stopped") == listing(tmp_path / "whole")
    for name in ("model.safetensors", "head.safetensors"):
        whole, resumed = (load_file(tmp_path / run / "model" / name) for run in ("whole", "stopped"))
        assert all((whole[key] == resumed[key]).all() for key in whole)
    logs = [(tmp_path / run / "metrics.jsonl").read_text() for run in ("whole", "stopped")]
    assert _without_seconds(logs[0]) == _without_seconds(logs[1])
    with pytest.raises(InputError, match="has ended already"):
        train(None, tmp_path / "stopped", resume=True)


def test_a_budget_is_kept_and_what_was_chosen_is_in_the_run(
    tmp_path: Path, checkpoint: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = str(write_jsonl(tmp_path / "a.jsonl", make_articles(80)))
    caplog.set_level("INFO", logger="classifier")
    free = {"train.num_train_epochs": "auto", "model.windows": "auto", "train.freeze_layers": "auto"}
    long = tiny(checkpoint, **{**free, "train.budget": "1h"})
    run = train(source, tmp_path / "run", settings=long).run
    assert caplog.text.count("training: 56 articles, 2 windows of 48 tokens, a head on the frozen encoder: about") == 1
    config = load_config(run.config)
    assert (config.train.budget, config.train.num_train_epochs) == ("1h", 0)
    with pytest.raises(InputError) as caught:
        train(source, tmp_path / "short", settings={**long, "train.budget": "2s"})
    assert "train.budget = 2s is too short: even a head on the frozen encoder takes about" in caught.value.message
    assert str(caught.value.fix).startswith("--set train.budget=")
    assert not (tmp_path / "short").exists()


@pytest.mark.parametrize(("pair", "multi_label"), [(True, False), (False, True)])
def test_every_kind_of_corpus_can_have_a_budget_and_a_resumed_run_keeps_its_settings(
    pair: bool, multi_label: bool, tmp_path: Path, checkpoint: Path, caplog: pytest.LogCaptureFixture
) -> None:
    articles = make_articles(90, pair=pair, multi_label=multi_label)
    source = str(write_jsonl(tmp_path / "a.jsonl", articles, multi_label=multi_label))
    task = {"data.task": "multi_label"} if multi_label else {}
    free = {"model.windows": "auto", "train.freeze_layers": "auto", "train.most_frequent_share": "auto"}
    asked = iter([False, False, True])
    caplog.set_level("INFO", logger="classifier")
    with pytest.raises(InterruptedTrainingError):
        settings = tiny(checkpoint, **task, **free, **{"train.budget": "1h", "train.blend": "auto"})
        train(source, tmp_path / "run", settings=settings, should_stop=lambda: next(asked))
    spent = json.loads((tmp_path / "run" / "seconds.json").read_text())
    assert spent["reserve"] > 0
    before = (tmp_path / "run" / "config.toml").read_text()
    train(None, tmp_path / "run", resume=True)
    assert (tmp_path / "run" / "config.toml").read_text() == before
    assert caplog.text.count(" on this machine") == 1
    assert not (tmp_path / "run" / "seconds.json").exists()


def test_a_run_whose_time_is_over_ends_early_with_its_best_weights_and_says_so(
    tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    source = str(write_jsonl(tmp_path / "a.jsonl", make_articles(80)))
    asked = iter([False] * 9 + [True])
    monkeypatch.setattr(Stopwatch, "is_over", lambda watch, budget: budget == 3600 and next(asked))
    report = train(source, tmp_path / "run", settings=tiny(checkpoint, **{"train.budget": "1h"}))
    *_, last = [json.loads(line) for line in report.run.metrics.read_text().splitlines()]
    assert (last["kind"], last["step"]) == ("time_over", 10)
    assert json.loads(report.run.manifest.read_text())["steps"] == 10
    assert "the time is over: training ends after 1.43 of 2 epochs" in caplog.text
    page = (report.run.path / "report.html").read_text()
    assert "Training ended after 1.43 epochs, because the time of train.budget was over." in page
    assert report.test.articles == 15 and Classifier.load(report.run.path, device="cpu")


def test_without_validation_a_run_whose_time_is_over_keeps_its_weights_as_they_are(
    tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    source = str(write_jsonl(tmp_path / "a.jsonl", make_articles(60)))
    monkeypatch.setattr(Stopwatch, "is_over", lambda watch, budget: True)
    train(source, tmp_path / "run", settings=tiny(checkpoint, **{"train.budget": "1h", "split.validation_size": 0}))
    assert "epochs, with the weights as they are: no validation chooses among them" in caplog.text


def test_a_killed_run_resumes_to_the_same_weights(tmp_path: Path, checkpoint: Path) -> None:
    source = str(write_jsonl(tmp_path / "a.jsonl", make_articles(200)))
    settings = tiny(checkpoint, **{"train.save_steps": 5, "train.num_train_epochs": 3})
    train(source, tmp_path / "whole", settings=settings)
    command = [sys.executable, "-m", "classifier", "train", source, "--out", str(tmp_path / "killed"), "--quiet"]
    process = subprocess.Popen([*command, *options(settings)], stderr=subprocess.DEVNULL)
    checkpoints = tmp_path / "killed" / "checkpoints"
    _wait_for(lambda: _whole_checkpoints(checkpoints), process)
    os.kill(process.pid, signal.SIGSTOP)
    begun = listing(tmp_path / "killed")
    for given, how in ((source, {"overwrite": True}), (None, {"resume": True})):
        with pytest.raises(InputError, match=rf"is being written: process {process.pid} on .*train .*a\.jsonl"):
            train(given, tmp_path / "killed", settings=settings if given else None, **how)
    assert listing(tmp_path / "killed") == begun
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "killed" / "manifest.json").exists()
    newest = _whole_checkpoints(checkpoints)[-1]  # another may just have been begun
    for damage in (one for one in damages(newest, flips=1) if one.file == "state.pt"):
        with done(newest, damage), pytest.raises(InputError, match="to start again"):
            train(None, tmp_path / "killed", resume=True)
    train(None, tmp_path / "killed", resume=True)
    for name in ("model.safetensors", "head.safetensors"):
        whole, resumed = (load_file(tmp_path / run / "model" / name) for run in ("whole", "killed"))
        assert all((whole[key] == resumed[key]).all() for key in whole)


def test_ctrl_c_saves_a_checkpoint_and_says_how_to_go_on(tmp_path: Path, checkpoint: Path) -> None:
    source = str(write_jsonl(tmp_path / "a.jsonl", make_articles(200)))
    settings = tiny(checkpoint, **{"train.num_train_epochs": 200})
    command = [sys.executable, "-m", "classifier", "train", source, "--out", str(tmp_path / "run")]
    process = subprocess.Popen([*command, *options(settings)], stderr=subprocess.PIPE, text=True)
    _wait_for(lambda: (tmp_path / "run" / "metrics.jsonl").exists(), process)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert f"classifier train --resume --out {tmp_path / 'run'}" in errors.replace("\n", " ")
    assert list((tmp_path / "run" / "checkpoints").glob("step-*/state.pt"))


def test_the_python_interface(run: Path) -> None:
    assert set(classifier.__all__) <= set(dir(classifier)) | {
        "Article",
        "Classifier",
        "InputError",
        "build",
        "evaluate",
        "predict",
        "train",
        "train_seeds",
    }
    assert classifier.Classifier.load(run, device="cpu").classes_.tolist() == ["opinion", "reporting", "satire"]
    with pytest.raises(AttributeError):
        classifier.nothing  # noqa: B018


def _without_seconds(log: str) -> list[dict[str, object]]:
    records = [json.loads(line) for line in log.splitlines()]
    return [{key: value for key, value in record.items() if key != "seconds"} for record in records]


def _whole_checkpoints(folder: Path) -> list[Path]:
    """The checkpoints that are not being written, the newest last."""
    return sorted(file.parent for file in folder.glob("step-*/state.pt") if not file.parent.name.endswith(".partial"))


def _wait_for(condition: object, process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + 90
    while not condition():  # type: ignore[operator]
        assert process.poll() is None, "the training ended before it could be interrupted"
        assert time.monotonic() < deadline, "nothing happened for 90 seconds"
        time.sleep(0.02)
