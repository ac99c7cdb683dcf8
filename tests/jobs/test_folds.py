import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy.stats import t
from sklearn.metrics import accuracy_score, f1_score

from classifier.cli import interrupts
from classifier.cli.app import run as cli
from classifier.config_file import load_config
from classifier.dataset.folder import open_dataset
from classifier.errors import InputError, InterruptedTrainingError
from classifier.evaluation.result import Evaluation
from classifier.jobs.audit import audit
from classifier.jobs.building.build import build
from classifier.jobs.evaluate import evaluate
from classifier.jobs.folds import FoldsReport, train_folds
from classifier.jobs.train import train
from classifier.models.classifier import Classifier
from classifier.stats.metrics import MCC, limits_of
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.settings import options, tiny
from tests.makers.tuning import stop_after

FOLDS = {"split.folds": 3, "train.num_train_epochs": 3, "split.group_by": "source"}


def source(folder: Path, n: int = 90) -> str:
    """Articles of 15 sources."""
    articles = [replace(article, source=f"source{i % 15}") for i, article in enumerate(make_articles(n))]
    return str(write_jsonl(folder / "a.jsonl", articles))


@pytest.fixture(scope="module")
def told() -> list[tuple[int, Evaluation]]:
    return []


@pytest.fixture(scope="module")
def whole(
    tmp_path_factory: pytest.TempPathFactory, checkpoint: Path, told: list[tuple[int, Evaluation]]
) -> FoldsReport:
    """A cross-validation in three folds that nobody interrupted."""
    folder = tmp_path_factory.mktemp("folds")
    settings = tiny(checkpoint, **FOLDS)
    return train_folds(source(folder), folder / "cv", settings=settings, report=lambda *found: told.append(found))


def test_folds_share_a_budget_and_the_settings_of_the_first(tmp_path: Path, checkpoint: Path) -> None:
    free = {"train.num_train_epochs": 1, "train.freeze_layers": "auto", "train.budget": "1h"}
    report = train_folds(source(tmp_path), tmp_path / "cv", settings=tiny(checkpoint, **{**FOLDS, **free}))
    configs = [load_config(report.path / f"fold-{fold:02d}" / "config.toml") for fold in (1, 2, 3)]
    assert [config.train.budget for config in configs] == ["1200s"] * 3
    assert configs[0].train == configs[1].train == configs[2].train


def test_there_is_a_run_for_each_fold(whole: FoldsReport) -> None:
    runs = [whole.path / f"fold-{k:02d}" for k in (1, 2, 3)]
    names = {path.name for path in whole.path.iterdir()}
    files = {"plan.json", "evaluation", "folds.json", "predictions.parquet", "report.html"}
    assert names == {*(run.name for run in runs), "dataset", *files}
    for k, run in enumerate(runs, start=1):
        assert (run / "manifest.json").exists()
        assert not (run / "dataset").exists()
        tested = pq.read_table(run / "evaluation" / "test" / "predictions.parquet")["id"].to_pylist()
        assert tested == [article.id for article in whole.dataset.in_fold(k).articles("test")]
        assert len(Classifier.load(run, device="cpu").predict(["penguin moon word1"])) == 1
        assert evaluate(run, split="validation", device="cpu").articles > 3
        with pytest.raises(InputError, match="no split 'nothing'"):
            evaluate(run, split="nothing", device="cpu")


def test_no_run_was_trained_on_what_it_is_tested_on(whole: FoldsReport) -> None:
    for k in (1, 2, 3):
        fold = whole.dataset.in_fold(k)
        sources = {split: {article.source for article in fold.articles(split)} for split in fold.splits}
        assert not sources["train"] & sources["test"]
        assert not sources["validation"] & sources["test"]
        assert whole.folds[k - 1].unseen == 1.0


def test_every_article_is_predicted_once_by_a_model_that_did_not_see_it(whole: FoldsReport) -> None:
    table = pq.read_table(whole.path / "predictions.parquet").to_pylist()
    assert sorted(row["id"] for row in table) == sorted(article.id for article in whole.dataset.articles())
    fold = dict(zip(*(whole.dataset.assigned()[name].to_pylist() for name in ("id", "fold")), strict=True))
    labels = {article.id: article.labels[0] for article in whole.dataset.articles()}
    for row in table:
        assert (row["fold"], row["label"]) == (fold[row["id"]], labels[row["id"]])
        assert row["predicted"] == max(zip(row["scores"], ("opinion", "reporting", "satire"), strict=True))[1]


def test_the_mean_and_the_pooled_figures_are_those_of_the_predictions(whole: FoldsReport) -> None:
    table = pq.read_table(whole.path / "predictions.parquet").to_pandas()
    folds = [part for _, part in table.groupby("fold")]
    for name, column in (("model", "predicted"), ("tfidf", "tfidf")):
        accuracy = [accuracy_score(part["label"], part[column]) for part in folds]
        assert whole.mean[name]["accuracy"] == pytest.approx((np.mean(accuracy), np.std(accuracy, ddof=1)))
        macro = [f1_score(part["label"], part[column], average="macro") for part in folds]
        assert whole.mean[name]["f1_macro"] == pytest.approx((np.mean(macro), np.std(macro, ddof=1)))
    assert whole.pooled.articles == 90
    assert whole.pooled.split == "out-of-fold"
    assert whole.pooled.figures["accuracy"] == pytest.approx(accuracy_score(table["label"], table["predicted"]))
    assert whole.pooled.baselines["tfidf"]["accuracy"] == pytest.approx(accuracy_score(table["label"], table["tfidf"]))
    assert (whole.pooled.sources, whole.pooled.unseen) == (15, 1.0)
    assert whole.mean["model"]["f1_macro"][0] > 0.8
    assert whole.mean["majority"]["accuracy"][0] < 0.5


def test_groups_of_different_folds_are_not_taken_for_one(whole: FoldsReport) -> None:
    rows = pq.read_table(whole.path / "predictions.parquet").to_pylist()
    sources: dict[int, set[str]] = {}
    for row in rows:
        sources.setdefault(row["group"], set()).add(row["source"])
    assert [len(found) for found in sources.values()] == [1] * 15  # the split keeps each source in one fold
    assert (whole.pooled.groups, whole.pooled.resampled) == (15, "source")


def test_intervals_come_from_how_much_the_folds_vary(whole: FoldsReport) -> None:
    trained = sum(len(list(whole.dataset.in_fold(k).articles("train"))) for k in (1, 2, 3))
    for metric, value in whole.pooled.figures.items():
        figures = np.array([fold.figures[metric] for fold in whole.folds])
        error = np.sqrt((1 / 3 + 90 / trained) * figures.var(ddof=1))
        for middle, found in ((value, whole.pooled.intervals), (figures.mean(), whole.mean_intervals)):
            half, (least, most) = t.ppf(0.975, 2) * error, limits_of(metric)
            assert found[metric] == pytest.approx((max(least, middle - half), min(most, middle + half)))
    above = whole.pooled.majority_gain  # one answer has an MCC of 0
    assert above[MCC].interval == pytest.approx(whole.pooled.intervals[MCC])
    gain = whole.pooled.gain["accuracy"]
    low, high = gain.interval
    assert gain.sure == (gain.p < 0.05) == (not low <= 0 <= high)
    assert whole.pooled.folds == 3
    low, high = whole.pooled.intervals["f1_macro"]
    page = (whole.path / "report.html").read_text()
    assert f"(95% interval {low:.3f} to {high:.3f}, from how much the 3 folds vary)" in page
    assert "Intervals over folds" in page


@pytest.mark.parametrize(("sources", "mostly_new"), [(30, False), (45, True)])
def test_what_stands_together_in_several_folds_is_one_group(
    tmp_path: Path, checkpoint: Path, sources: int, mostly_new: bool
) -> None:
    articles = [replace(a, source=f"source{i % sources}") for i, a in enumerate(make_articles(60))]
    file = str(write_jsonl(tmp_path / "a.jsonl", articles))
    build(file, tmp_path / "data", settings={"split.folds": 3, "split.group_by": []})
    settings = tiny(checkpoint, **{"train.num_train_epochs": 1})
    report = train_folds(str(tmp_path / "data"), tmp_path / "cv", settings=settings)
    rows = pq.read_table(tmp_path / "cv" / "predictions.parquet").to_pylist()
    assert (sum(not row["seen_source"] for row in rows) > len(rows) / 2) is mostly_new
    groups: dict[int, set[str]] = {}
    for row in rows:
        groups.setdefault(row["group"], set()).add(row["source"])
    assert len(groups) == (sources if mostly_new else 60)
    assert (report.pooled.groups, report.pooled.resampled) == ((sources, "source") if mostly_new else (60, "article"))


def test_folds_json_holds_all_figures(whole: FoldsReport, told: list[tuple[int, Evaluation]]) -> None:
    written = json.loads((whole.path / "folds.json").read_text())
    assert [fold["figures"] for fold in written["folds"]] == [dict(found.figures) for found in whole.folds]
    assert written["mean"]["model"]["f1_macro"] == list(whole.mean["model"]["f1_macro"])
    assert written["pooled"]["figures"] == whole.pooled.figures
    assert [fold for fold, _ in told] == [1, 2, 3]
    assert tuple(found for _, found in told) == whole.folds


def test_folds_of_a_frozen_encoder_keep_its_weights_once(tmp_path: Path, checkpoint: Path) -> None:
    settings = tiny(
        checkpoint, **{**FOLDS, "train.num_train_epochs": 0, "train.refit": True, "split.validation_size": 0.2}
    )
    path = train_folds(source(tmp_path), tmp_path / "cv", settings=settings).path
    weights = list(path.rglob("model.safetensors"))
    assert len(weights) == 6  # before the refit and after it
    assert all(file.samefile(weights[0]) for file in weights)


def test_an_interrupted_cross_validation_goes_on_where_it_was(
    whole: FoldsReport, tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(checkpoint.parent)  # the encoder is named by a path that is relative to this folder
    settings = tiny(Path(checkpoint.name), **FOLDS)
    steps = len([line for line in (whole.path / "fold-01" / "metrics.jsonl").open() if '"step"' in line])
    out = tmp_path / "cv"
    with pytest.raises(InterruptedTrainingError):
        train_folds(source(tmp_path), out, settings=settings, should_stop=stop_after(steps + 4))
    assert (out / "fold-01" / "manifest.json").exists()
    assert not (out / "fold-02" / "manifest.json").exists()
    assert not (out / "folds.json").exists()
    with pytest.raises(InputError, match=r"has not ended\.\nFix: Go on with it .*--all-folds --resume --out"):
        train_folds(source(tmp_path), out, settings=settings)
    for more in ({"source": source(tmp_path)}, {"source": None, "settings": settings}, {"source": None, "seed": 1}):
        with pytest.raises(InputError, match="goes on with the source and settings that it began with"):
            train_folds(out=out, resume=True, **more)  # type: ignore[arg-type]
    before = {path: path.stat().st_mtime_ns for path in (out / "fold-01").rglob("*")}
    monkeypatch.chdir(tmp_path)
    resumed = train_folds(None, out, resume=True)
    assert {path: path.stat().st_mtime_ns for path in (out / "fold-01").rglob("*")} == before
    assert resumed.folds == whole.folds
    assert resumed.mean == whole.mean
    assert resumed.pooled == whole.pooled
    tables = [pq.read_table(path / "predictions.parquet") for path in (out, whole.path)]
    assert tables[0].equals(tables[1])
    again = train_folds(None, out, resume=True, should_stop=lambda: True)  # nothing is left to stop
    assert again.mean == whole.mean


def test_a_dataset_with_folds_is_trained_on_with_other_settings(tmp_path: Path, checkpoint: Path) -> None:
    build(source(tmp_path), tmp_path / "data", settings={"split.folds": 2, "train.seed": 5})
    before = sorted(tmp_path.rglob("*"))
    for overrides, message in (
        ({"split.folds": 3}, "split.folds=3 cannot change a dataset"),
        ({"model.name": "owner/nothing"}, "owner/nothing"),
    ):
        with pytest.raises(InputError, match=message):
            train_folds(str(tmp_path / "data"), tmp_path / "cv", settings=overrides)
        assert sorted(tmp_path.rglob("*")) == before
    settings = tiny(checkpoint, **{"train.num_train_epochs": 1})
    report = train_folds(str(tmp_path / "data"), tmp_path / "cv", settings=settings, seed=7)
    assert not (tmp_path / "cv" / "dataset").exists()
    assert report.dataset.path == tmp_path / "data"
    assert len(report.folds) == 2
    assert report.pooled.unseen == 1  # sources stay together by default
    for name in ("fold-01", "fold-02"):
        config = load_config(tmp_path / "cv" / name / "config.toml")
        assert (config.train.seed, config.train.num_train_epochs, config.model.max_length) == (7, 1, 48)


def test_several_labels_are_pooled_too(tmp_path: Path, checkpoint: Path) -> None:
    articles = make_articles(60, multi_label=True)
    path = write_jsonl(tmp_path / "a.jsonl", articles, multi_label=True)
    settings = tiny(checkpoint, **{"data.task": "multi_label", "split.folds": 2, "train.num_train_epochs": 1})
    report = train_folds(str(path), tmp_path / "cv", settings=settings)
    table = pq.read_table(tmp_path / "cv" / "predictions.parquet").to_pylist()
    assert {row["id"]: tuple(row["label"]) for row in table} == {a.id: a.labels for a in articles}
    exact = sum(row["label"] == row["predicted"] for row in table) / 60
    assert report.pooled.figures["accuracy"] == pytest.approx(exact)


def test_what_has_no_folds_or_is_in_the_way_is_refused(whole: FoldsReport, tmp_path: Path, checkpoint: Path) -> None:
    path = source(tmp_path)
    with pytest.raises(InputError, match=r"--all-folds needs folds\.\nFix: Add --set split\.folds=10"):
        train_folds(path, tmp_path / "cv", settings=tiny(checkpoint))
    with pytest.raises(InputError, match="owner/nothing"):
        train_folds(path, tmp_path / "cv", settings={"split.folds": 3, "model.name": "owner/nothing"})
    with pytest.raises(InputError, match="A training needs a source"):
        train_folds(None, tmp_path / "cv")
    with pytest.raises(InputError, match="no cross-validation to resume"):
        train_folds(None, tmp_path / "cv", resume=True)
    with pytest.raises(InputError, match="is in use already"):
        train_folds(path, whole.path, settings=tiny(checkpoint, **FOLDS))
    with pytest.raises(InputError, match="lies in the dataset itself"):
        train_folds(str(whole.path / "dataset"), whole.path / "dataset" / "cv", settings=tiny(checkpoint))
    assert not (whole.path / "dataset" / "cv").exists()
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="holds something else"):
        train_folds(path, tmp_path, settings=tiny(checkpoint, **FOLDS), overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl", "notes.txt"]


def test_one_fold_alone(whole: FoldsReport, tmp_path: Path, checkpoint: Path) -> None:
    settings = tiny(checkpoint, **{"train.num_train_epochs": 3})
    report = train(str(whole.path / "dataset"), tmp_path / "run", settings=settings, fold=2)
    assert report.test == whole.folds[1]
    assert report.dataset.fold == 2
    assert {split: counts.articles for split, counts in report.dataset.counts().items()} == {
        split: len(list(whole.dataset.in_fold(2).articles(split))) for split in ("train", "validation", "test")
    }
    assert json.loads((tmp_path / "run" / "dataset.json").read_text())["fold"] == 2
    assert evaluate(tmp_path / "run", split="test", device="cpu").figures == whole.folds[1].figures


def test_one_fold_of_a_source(tmp_path: Path, checkpoint: Path) -> None:
    settings = tiny(checkpoint, **{"train.num_train_epochs": 1, "split.folds": 2})
    report = train(source(tmp_path), tmp_path / "run", settings=settings, fold=2)
    dataset = open_dataset(tmp_path / "run" / "dataset")
    assert dataset.info.folds == 2
    assert report.test.articles == dataset.info.counts["fold 2"].articles


@pytest.mark.parametrize(
    ("folds", "fold", "message"),
    [
        (None, 2, "--fold needs folds. Fix: Add --set split.folds=10"),
        (3, None, "The settings ask for 3 folds. Fix: Add --fold K, or --all-folds."),
        (3, 4, "There is no fold 4: there are 1 to 3. Fix: Choose one of these."),
        (3, 0, "There is no fold 0: there are 1 to 3."),
    ],
)
def test_a_fold_and_folds_go_together(
    folds: int | None, fold: int | None, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = [] if folds is None else ["--set", f"split.folds={folds}"]
    chosen = [] if fold is None else ["--fold", str(fold)]
    assert cli(["train", source(tmp_path), "--out", str(tmp_path / "run"), *settings, *chosen]) == 2
    assert message in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "run").exists()


def test_a_dataset_with_folds_needs_one_and_one_without_has_none(
    whole: FoldsReport, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = str(whole.path / "dataset")
    build(source(tmp_path), tmp_path / "plain")
    for arguments, message in (
        ([data], "has 3 folds. Fix: Add --fold K, or --all-folds."),
        ([data, "--fold", "4"], "There is no fold 4"),
        ([str(tmp_path / "plain"), "--fold", "1"], "has no folds. Fix: Build it with --set split.folds=10"),
        ([str(tmp_path / "plain"), "--all-folds"], "--all-folds needs folds"),
        ([data, "--all-folds", "--fold", "1"], "--fold and --all-folds do not go together"),
    ):
        assert cli(["train", *arguments, "--out", str(tmp_path / "run")]) == 2
        assert message in " ".join(capsys.readouterr().err.split())
        assert not (tmp_path / "run").exists()


def test_the_command_prints_each_fold_the_mean_and_the_pooled_figures(
    tmp_path: Path, checkpoint: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "cv"
    settings = tiny(checkpoint, **{"train.num_train_epochs": 1, "split.folds": 2, "split.group_by": []})
    command = ["train", source(tmp_path, 60), "--all-folds", "--out", str(out)]

    @contextmanager
    def stopped() -> Iterator[Callable[[], bool]]:
        yield stop_after(1)

    with monkeypatch.context() as patch:
        patch.setattr(interrupts, "_stop_on_interrupt", stopped)
        assert cli([*command, *options(settings)]) == 130
    error = capsys.readouterr().err.replace("\n", "")
    assert f"Go on with: classifier train --all-folds --resume --out {out}" in error
    assert cli(["train", "--all-folds", "--resume", "--out", str(out)]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    for words in (
        "fold 1: 30 test articles, macro F1 ",
        "fold 2: 30 test articles, macro F1 ",
        "(no interval: 2 folds are too few)",
        "2 folds hardly tell how much folds vary, so no interval is given: use 5 or more.",
        "2 folds: mean ± standard deviation",
        "out-of-fold: 60 articles",
        "On 60 out-of-fold articles from 15 sources",
        "Every article's out-of-fold prediction:",
    ):
        assert words in printed


# Over time


@pytest.fixture(scope="module")
def over_time(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> FoldsReport:
    """Three slices of time after a first one."""
    folder = tmp_path_factory.mktemp("time")
    settings = tiny(checkpoint, **{"split.method": "temporal", "split.folds": 3, "split.validation_size": 0.2})
    return train_folds(source(folder, 120), folder / "cv", settings=settings)


def test_each_fold_over_time_is_trained_on_all_before_its_test(over_time: FoldsReport) -> None:
    dates = {article.id: article.date or "" for article in over_time.dataset.articles()}
    tables = [
        pq.read_table(over_time.path / f"fold-{k:02d}" / "evaluation/test/predictions.parquet") for k in (1, 2, 3)
    ]
    tested = [[dates[name] for name in table["id"].to_pylist()] for table in tables]
    trained = [[article.date or "" for article in over_time.dataset.in_fold(k).articles("train")] for k in (1, 2, 3)]
    assert all(max(before) < min(after) for before, after in zip(trained, tested, strict=True))
    assert max(tested[0]) < min(tested[1]) and max(tested[1]) < min(tested[2])
    assert all(set(one) < set(more) for one, more in pairwise(trained))
    written = json.loads((over_time.path / "folds.json").read_text())
    assert written["trained"] == [len(one) for one in trained]
    assert over_time.pooled.articles == sum(map(len, tested)) < len(dates)


def test_the_interval_over_folds_over_time_takes_their_own_sizes(over_time: FoldsReport) -> None:
    found = np.array([one.figures["accuracy"] for one in over_time.folds])
    sizes = json.loads((over_time.path / "folds.json").read_text())["trained"]
    half = t.ppf(0.975, 2) * np.sqrt((1 / 3 + over_time.pooled.articles / sum(sizes)) * found.var(ddof=1))
    bounds = over_time.mean_intervals["accuracy"]
    assert bounds is not None
    assert bounds == pytest.approx((max(0, found.mean() - half), min(1, found.mean() + half)))


def test_the_page_of_folds_over_time_says_that_their_models_grow(over_time: FoldsReport) -> None:
    page = " ".join((over_time.path / "report.html").read_text(encoding="utf-8").split())
    sizes = json.loads((over_time.path / "folds.json").read_text())["trained"]
    assert f"the first on {sizes[0]} (macro F1" in page
    assert f"the last on {sizes[-1]} (" in page
    data = (over_time.path / "dataset" / "report.html").read_text(encoding="utf-8")
    assert "Each fold tests a slice of time, and trains on all before it: fold 1 starts on" in " ".join(data.split())


def test_folds_over_time_give_thresholds_to_a_run(over_time: FoldsReport, checkpoint: Path, tmp_path: Path) -> None:
    settings = tiny(checkpoint, **{"split.method": "temporal"})
    run = train(source(tmp_path, 120), tmp_path / "run", settings=settings).run
    evaluate(run.path, min_precision=0.05, folds=over_time.path)
    assert Classifier.load(run.path, device="cpu").info.abstention is not None


def test_an_audit_of_folds_over_time_says_what_was_not_tested(over_time: FoldsReport, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Folds over time do not test the earliest articles"):
        audit(over_time.dataset.path, tmp_path / "audit.csv", predictions=over_time.path)
