import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import load_file
from sklearn.metrics import f1_score

import classifier
from classifier.checksums import CHECKSUMS
from classifier.cli import interrupts
from classifier.cli.app import run as cli
from classifier.config_file import dump_config, load_config
from classifier.errors import InputError, InterruptedTrainingError
from classifier.evaluation.result import Evaluation
from classifier.jobs.evaluate import evaluate
from classifier.jobs.folds import train_folds
from classifier.jobs.predict.files import predict_files
from classifier.jobs.seeds import SeedsReport, train_seeds
from classifier.jobs.train import train
from classifier.models.classifier import Classifier
from classifier.stats.thresholds import best_thresholds
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.settings import options, tiny
from tests.makers.tuning import stop_after

TEXTS = ["penguin moon word1", "police said word2 word3", "shame word5 should", "word7 " * 90]
# too little to learn all, so that seeds differ
ONE = {"train.num_train_epochs": 1, "train.learning_rate": 0.003, "train.average_last": 0}
PROBE = {"train.preset": "probe", "train.num_train_epochs": "auto"}


def source(folder: Path, n: int = 90) -> str:
    return str(write_jsonl(folder / "a.jsonl", make_articles(n)))


def ids_of(path: Path) -> list[str]:
    return list(pq.read_table(path / "evaluation" / "test" / "predictions.parquet")["id"].to_pylist())


@pytest.fixture(scope="module")
def told() -> list[tuple[int, Evaluation]]:
    return []


@pytest.fixture(scope="module")
def whole(
    tmp_path_factory: pytest.TempPathFactory, checkpoint: Path, told: list[tuple[int, Evaluation]]
) -> SeedsReport:
    """Three seeds that nobody interrupted, each with its best epoch: they differ."""
    folder = tmp_path_factory.mktemp("seeds")
    settings = tiny(checkpoint, **ONE)
    return train_seeds(
        source(folder), folder / "out", count=3, settings=settings, report=lambda *found: told.append(found)
    )


def test_seeds_share_a_budget_and_the_settings_of_the_first(tmp_path: Path, checkpoint: Path) -> None:
    free = {"train.freeze_layers": "auto", "model.windows": "auto", "train.budget": "1h"}
    report = train_seeds(source(tmp_path), tmp_path / "out", count=2, settings=tiny(checkpoint, **ONE, **free))
    first, second = (load_config(report.path / f"seed-{seed}" / "config.toml") for seed in (13, 14))
    assert first.train.budget == second.train.budget == "1800s"
    assert second.train.seed == 14
    assert second.model == first.model
    assert second.train.model_copy(update={"seed": 13}) == first.train


def test_what_the_first_chose_before_its_settings_were_cut_is_chosen_for_all(tmp_path: Path, checkpoint: Path) -> None:
    free = dict.fromkeys(("train.batch_size", "train.learning_rate", "train.average_last"), "auto")
    settings = tiny(checkpoint, **{**ONE, **free, "train.budget": "1h"})

    file = tmp_path / "out" / "seed-13" / "config.toml"
    texts: list[str] = []

    def change(seed: int, evaluation: Evaluation) -> None:
        texts.append(file.read_text(encoding="utf-8"))
        config = load_config(file)
        other = config.train.model_copy(update={"batch_size": 4, "learning_rate": 5e-3, "average_last": 0.25})
        changed = dump_config(config.model_copy(update={"train": other}))  # as if chosen for a longer training
        file.write_text(changed if seed == 13 else texts[0], encoding="utf-8")

    report = train_seeds(source(tmp_path), tmp_path / "out", count=2, settings=settings, report=change)
    second = load_config(report.path / "seed-14" / "config.toml").train
    assert (second.batch_size, second.learning_rate, second.average_last) == (4, 5e-3, 0.25)


def members(path: Path) -> list[Classifier]:
    return [Classifier.load(path / f"seed-{seed}", device="cpu") for seed in (13, 14, 15)]


def unseal(path: Path) -> None:
    """Take the files as they are, as one does after a change on purpose."""
    for file in path.rglob(CHECKSUMS):
        file.unlink()


def test_there_is_a_run_for_each_seed_on_the_same_split(whole: SeedsReport) -> None:
    runs = [whole.path / f"seed-{seed}" for seed in (13, 14, 15)]
    others = {"dataset", "plan.json", "seeds.json", "ensemble.json", CHECKSUMS, "evaluation"}
    others |= {"README.md", "report.html"}
    assert {path.name for path in whole.path.iterdir()} == {*(run.name for run in runs), *others}
    weights = []
    for seed, run in zip((13, 14, 15), runs, strict=True):
        config = load_config(run / "config.toml")
        assert (config.train.seed, config.split.seed) == (seed, 13)
        assert (run / "manifest.json").exists()
        assert not (run / "dataset").exists()
        assert ids_of(run) == [article.id for article in whole.dataset.articles("test")]
        weights.append(load_file(run / "model" / "model.safetensors"))
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert any(not np.array_equal(weights[one][name], weights[other][name]) for name in weights[0])


def test_mean_and_sd_are_those_of_the_runs(whole: SeedsReport, told: list[tuple[int, Evaluation]]) -> None:
    files = [whole.path / f"seed-{seed}" / "evaluation" / "test" / "metrics.json" for seed in (13, 14, 15)]
    found = [json.loads(file.read_text()) for file in files]
    written = json.loads((whole.path / "seeds.json").read_text())
    for metric in ("accuracy", "f1_macro", "f1_micro", "f1_weighted", "matthews_correlation"):
        values = [run["figures"][metric] for run in found]
        assert whole.mean["model"][metric] == pytest.approx((np.mean(values), np.std(values, ddof=1)))
        assert written["mean"]["model"][metric] == list(whole.mean["model"][metric])
        assert whole.mean["tfidf"][metric] == pytest.approx((found[0]["baselines"]["tfidf"][metric], 0))
    scores = [pq.read_table(file.with_name("predictions.parquet"))["scores"].to_pylist() for file in files]
    assert scores[0] != scores[1] != scores[2] != scores[0]
    assert list(whole.seeds) == [seed for seed, _ in told] == [13, 14, 15]
    assert written["seeds"]["14"]["figures"] == whole.seeds[14].figures
    assert written["ensemble"]["figures"] == whole.ensemble.figures


def test_the_ensemble_averages_the_probabilities_of_its_members(whole: SeedsReport) -> None:
    ensemble = Classifier.load(whole.path, device="cpu")
    separate = [member.predict_proba(TEXTS) for member in members(whole.path)]
    assert np.abs(separate[0] - separate[1]).max() > 1e-3
    proba = ensemble.predict_proba(TEXTS)
    assert proba.dtype == np.float32
    assert np.abs(proba - np.mean(separate, axis=0)).max() < 1e-6
    assert ensemble.predict_articles([]).shape == (0, 3)
    assert tuple(ensemble.classes_) == ensemble.label_set.names == ("opinion", "reporting", "satire")
    assert ensemble.predict(TEXTS) == [ensemble.classes_[index] for index in proba.argmax(axis=1)]
    with pytest.raises(InputError, match="takes no targets"):
        ensemble.predict(TEXTS, targets=TEXTS)


def test_articles_are_encoded_once(whole: SeedsReport, monkeypatch: pytest.MonkeyPatch) -> None:
    from classifier.models.transformer.windows import TextEncoder

    encode, calls = TextEncoder.encode, []
    monkeypatch.setattr(TextEncoder, "encode", lambda *args: calls.append(1) or encode(*args))
    Classifier.load(whole.path, device="cpu").predict_proba(TEXTS)
    assert len(calls) == 1


def test_the_figures_of_the_ensemble_are_those_of_the_mean(whole: SeedsReport) -> None:
    articles = list(whole.dataset.articles("test"))
    proba = np.mean([member.predict_articles(articles) for member in members(whole.path)], axis=0)
    truth = whole.dataset.info.label_set.encode(article.labels for article in articles)
    assert whole.ensemble.figures["f1_macro"] == pytest.approx(f1_score(truth, proba.argmax(axis=1), average="macro"))
    assert whole.ensemble.baselines == whole.seeds[13].baselines
    low, high = whole.ensemble.intervals["f1_macro"]
    assert low <= whole.ensemble.figures["f1_macro"] <= high
    gain = whole.ensemble.figures["f1_macro"] - whole.ensemble.baselines["tfidf"]["f1_macro"]
    assert whole.ensemble.gain["f1_macro"].value == pytest.approx(gain)


def test_the_mean_over_seeds_has_an_interval_that_every_place_shows(
    whole: SeedsReport, capsys: pytest.CaptureFixture[str]
) -> None:
    written = json.loads((whole.path / "seeds.json").read_text())
    for metric, (mean, sd) in whole.mean["model"].items():
        low, high = whole.mean_intervals[metric]
        assert low < mean < high
        assert high - low > 2 * sd / 3**0.5 or high == 1
        assert written["mean_intervals"][metric] == [low, high]
    low, high = whole.mean_intervals["f1_macro"]
    assert f"95% interval {low:.3f} to {high:.3f} of the mean" in (whole.path / "README.md").read_text()
    assert "95% interval of the mean" in (whole.path / "report.html").read_text()
    assert "95% interval of the model&#x27;s mean" in whole._repr_html_()


def test_evaluate_takes_the_ensemble(whole: SeedsReport, tmp_path: Path) -> None:
    assert evaluate(whole.path, device="cpu") == whole.ensemble
    validation = evaluate(whole.path, split="validation", device="cpu", out=tmp_path / "found")
    assert (validation.split, validation.articles) == ("validation", whole.dataset.counts()["validation"].articles)
    stored = pq.read_table(tmp_path / "found" / "predictions.parquet")["scores"].to_pylist()
    articles = list(whole.dataset.articles("validation"))
    mean = np.mean([member.predict_articles(articles) for member in members(whole.path)], axis=0)
    assert np.abs(np.array(stored) - mean).max() < 1e-6
    other = write_jsonl(tmp_path / "b.jsonl", make_articles(30, seed=9))
    assert evaluate(whole.path, data=str(other), device="cpu").split == "data-b.jsonl"
    assert (whole.path / "evaluation" / "data-b.jsonl" / "metrics.json").exists()
    shutil.rmtree(whole.path / "evaluation" / "data-b.jsonl")


def test_a_moved_copy_predicts_and_evaluates(
    whole: SeedsReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = whole.path.rename(whole.path.with_name("hidden"))
    try:
        copy = shutil.copytree(hidden, tmp_path / "elsewhere" / "copy")
        assert evaluate(copy, device="cpu") == whole.ensemble
        assert evaluate(copy / "seed-14", device="cpu") == whole.seeds[14]
        for path in (*copy.glob("seed-*/*"), *copy.glob("*")):  # what prediction does not need
            if path.name != "model" and not path.name.startswith("seed-") and path.name != "ensemble.json":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        monkeypatch.chdir(tmp_path)
        assert predict_files("elsewhere/copy", [source(tmp_path, 12)], "labels.jsonl", device="cpu") == 12
        lines = [json.loads(line) for line in (tmp_path / "labels.jsonl").open()]
        assert [line["label"] for line in lines] == Classifier.load(hidden, device="cpu").predict(
            [line["text"] for line in lines]
        )
    finally:
        hidden.rename(whole.path)


def test_what_is_missing_or_does_not_belong_is_refused(whole: SeedsReport, tmp_path: Path) -> None:
    copy = shutil.copytree(whole.path, tmp_path / "copy")
    (copy / "seed-14" / "model").rename(tmp_path / "model")
    for use in (lambda: Classifier.load(copy), lambda: evaluate(copy)):
        with pytest.raises(InputError, match=r"lacks 1 of its 3 models.*seed-14/model"):
            use()
    shutil.copytree(tmp_path / "model", copy / "seed-14" / "model")
    unseal(copy)
    for key, value in (("windows", 1), ("strip", ["headers"])):
        info = json.loads((tmp_path / "model" / "classifier.json").read_text())
        (copy / "seed-14" / "model" / "classifier.json").write_text(json.dumps({**info, key: value}))
        with pytest.raises(InputError, match=rf"seed-14/model' does not belong to this ensemble: its {key} differ"):
            Classifier.load(copy, device="cpu")
    shutil.copy(tmp_path / "model" / "classifier.json", copy / "seed-14" / "model")
    tokenizer = copy / "seed-14" / "model" / "tokenizer.json"
    tokenizer.write_text(tokenizer.read_text().replace('"Lowercase"', '"NFC"'))
    with pytest.raises(InputError, match="its tokenizer differ"):
        Classifier.load(copy, device="cpu")
    for damaged, words in (
        ('{"format_version": 9}', "format version 9"),
        ('{"format_version": 1}', "is damaged"),
        ("[", "is damaged"),
        ('{"format_version": 1, "members": []}', "names no members"),
    ):
        (copy / "ensemble.json").write_text(damaged)
        with pytest.raises(InputError, match=words):
            Classifier.load(copy, device="cpu")


def test_each_member_obeys_its_own_bf16(whole: SeedsReport, tmp_path: Path) -> None:
    copy = shutil.copytree(whole.path, tmp_path / "copy")
    unseal(copy)
    file = copy / "seed-14" / "model" / "classifier.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "bf16": True}))
    mixed = Classifier.load(copy, device="cpu")
    separate = [member.predict_proba(TEXTS) for member in members(copy)]
    in_float32 = [member.predict_proba(TEXTS) for member in members(whole.path)]
    same = [np.array_equal(*pair) for pair in zip(separate, in_float32, strict=True)]
    assert same == [True, False, True]
    assert np.abs(mixed.predict_proba(TEXTS) - np.mean(separate, axis=0)).max() < 1e-6
    told = Classifier.load(copy, device="cpu", bf16=False)
    assert np.abs(told.predict_proba(TEXTS) - np.mean(in_float32, axis=0)).max() < 1e-6
    assert np.abs(told.predict_proba(TEXTS) - mixed.predict_proba(TEXTS)).max() > 1e-5


def test_an_interrupted_training_goes_on_in_the_second_seed(
    whole: SeedsReport, tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(checkpoint.parent)  # the encoder is named by a path that is relative to this folder
    settings = tiny(Path(checkpoint.name), **ONE)
    steps = len([line for line in (whole.path / "seed-13" / "metrics.jsonl").open() if '"step"' in line]) - 1
    out = tmp_path / "out"
    with pytest.raises(InterruptedTrainingError):
        train_seeds(source(tmp_path), out, count=3, settings=settings, should_stop=stop_after(steps + 3))
    assert (out / "seed-13" / "manifest.json").exists()
    assert (out / "seed-14" / "checkpoints").exists()
    assert not (out / "seed-14" / "manifest.json").exists()
    for use in (lambda: Classifier.load(out), lambda: evaluate(out)):
        with pytest.raises(InputError, match=r"3 seeds .* has not ended\.\nFix: .*train --seeds 3 --resume --out"):
            use()
    with pytest.raises(InputError, match=r"has not ended\.\nFix: Go on with it .*--seeds 3 --resume --out"):
        train_seeds(source(tmp_path), out, count=3, settings=settings)
    for more in ({"source": source(tmp_path)}, {"settings": settings}, {"seed": 1}, {"fold": 1}):
        with pytest.raises(InputError, match="goes on with the source and settings that it began with"):
            train_seeds(out=out, resume=True, **{"source": None, **more})  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"began with 3 seeds, not 5"):
        train_seeds(None, out, count=5, resume=True)
    with pytest.raises(InputError, match="no cross-validation to resume"):
        train_folds(None, out, resume=True)
    before = {path: path.stat().st_mtime_ns for path in (out / "seed-13").rglob("*")}
    monkeypatch.chdir(tmp_path)
    moved = out.rename(tmp_path / "moved")
    resumed = train_seeds(None, moved, count=None, resume=True)
    after = {path: (moved / path.relative_to(out)).stat().st_mtime_ns for path in before}
    assert after == before
    assert (resumed.seeds, resumed.mean, resumed.ensemble) == (whole.seeds, whole.mean, whole.ensemble)
    for seed in (13, 14, 15):
        files = [path / f"seed-{seed}" / "model" / "model.safetensors" for path in (moved, whole.path)]
        assert files[0].read_bytes() == files[1].read_bytes()
    again = train_seeds(None, moved, count=3, resume=True, should_stop=lambda: True)  # nothing is left to stop
    assert again.ensemble == whole.ensemble


def test_an_ensemble_is_there_when_all_of_it_is_written(
    tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    out = tmp_path / "out"
    for name in ("assess", "write_json"):
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(f"classifier.jobs.seeds.{name}", fail)
            resume = out.exists()
            train_seeds(
                None if resume else source(tmp_path, 30),
                out,
                count=2,
                resume=resume,
                settings=None if resume else tiny(checkpoint, **ONE),
            )
        with pytest.raises(InputError, match=r"2 seeds .* has not ended"):
            Classifier.load(out)
    report = train_seeds(None, out, resume=True, count=None)
    assert evaluate(out, device="cpu") == report.ensemble


def test_thresholds_are_fitted_on_the_ensemble(tmp_path: Path, checkpoint: Path) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", make_articles(90, multi_label=True), multi_label=True)
    settings = tiny(checkpoint, **{**ONE, "data.task": "multi_label", "split.validation_size": 0.3})
    report = train_seeds(str(path), tmp_path / "out", count=2, settings=settings, seed=5)
    ensemble = Classifier.load(tmp_path / "out", device="cpu")
    assert list(report.seeds) == [5, 6]
    validation = list(report.dataset.articles("validation"))
    proba = np.mean([member.predict_articles(validation) for member in ensemble.members], axis=0, dtype=np.float64)
    truth = ensemble.label_set.encode(article.labels for article in validation)
    expected = best_thresholds(truth, proba.astype(np.float32))
    assert json.loads((tmp_path / "out" / "ensemble.json").read_text())["thresholds"] == pytest.approx(expected)
    assert ensemble.info.thresholds == pytest.approx(expected)
    for member in ensemble.members:
        assert member.info.thresholds != pytest.approx(expected)
    test = list(report.dataset.articles("test"))
    chosen = (ensemble.predict_articles(test) >= np.array(expected)).astype(int)
    assert np.array_equal(ensemble.decide(ensemble.predict_articles(test)), chosen)
    exact = (chosen == ensemble.label_set.encode(article.labels for article in test)).all(axis=1).mean()
    assert report.ensemble.figures["accuracy"] == pytest.approx(exact)


def test_several_seeds_in_one_fold_of_a_dataset(tmp_path: Path, checkpoint: Path) -> None:
    classifier.build(source(tmp_path, 60), tmp_path / "data", settings={"split.folds": 3})
    settings = tiny(checkpoint, **{"train.num_train_epochs": 1})
    out = tmp_path / "out"
    report = classifier.train_seeds(str(tmp_path / "data"), out, count=2, settings=settings, fold=2)
    assert report.dataset.fold == 2
    assert not (out / "dataset").exists()
    for run in (out, out / "seed-13", out / "seed-14"):
        assert ids_of(run) == [article.id for article in report.dataset.in_fold(2).articles("test")]
    assert evaluate(out, device="cpu") == report.ensemble
    with pytest.raises(InputError, match="no cross-validation to resume"):
        train_folds(None, out, resume=True)


def test_what_cannot_be_done_is_refused(
    whole: SeedsReport, tmp_path: Path, checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = source(tmp_path), str(tmp_path / "out")
    for arguments, message in (
        ([path, "--seeds", "1"], "--seeds must be from 2 to 100. Got 1 instead."),
        ([path, "--seeds", "101"], "Got 101 instead."),
        (["--seeds", "2"], "A training needs a source"),
        ([path, "--seeds", "2", "--all-folds"], "--seeds and --all-folds do not go together. Fix: Take one fold"),
        ([path, "--seeds", "2", "--fold", "1"], "--fold needs folds"),
        ([path, "--seeds", "2", "--set", "split.folds=3"], "The settings ask for 3 folds. Fix: Add --fold K"),
        ([path, "--seeds", "2", "--set", "model.name=owner/nothing"], "owner/nothing"),
        (["--seeds", "2", "--resume"], "There is no training with several seeds to resume"),
    ):
        assert cli(["train", *arguments, "--out", out]) == 2
        assert message in " ".join(capsys.readouterr().err.split())
        assert not Path(out).exists()
    with pytest.raises(InputError, match="is in use already"):
        train_seeds(path, whole.path, settings=tiny(checkpoint))
    with pytest.raises(InputError, match="holds something else"):
        train(path, whole.path, settings=tiny(checkpoint), overwrite=True)
    with pytest.raises(InputError, match="holds something else"):
        train_folds(path, whole.path, settings={**tiny(checkpoint), "split.folds": 2}, overwrite=True)
    (tmp_path / "cv").mkdir()
    (tmp_path / "cv" / "plan.json").write_text('{"dataset": "dataset", "overrides": []}')
    with pytest.raises(InputError, match="no training with several seeds to resume"):
        train_seeds(None, tmp_path / "cv", resume=True)
    with pytest.raises(InputError, match=r"holds one run per fold\.\nFix: Name one of them: .*fold-01"):
        Classifier.load(tmp_path / "cv")


def test_an_older_folder_with_other_seeds_is_replaced(tmp_path: Path, checkpoint: Path) -> None:
    settings = tiny(checkpoint, **ONE)
    for seed in (3, 1):
        train_seeds(source(tmp_path, 30), tmp_path / "out", count=2, settings=settings, seed=seed, overwrite=True)
    assert {path.name for path in (tmp_path / "out").glob("seed-*")} == {"seed-1", "seed-2"}


def test_the_bar_counts_each_article_once(whole: SeedsReport) -> None:
    from classifier.progress import SilentTask

    class Counter(SilentTask):
        articles = 0

        def advance(self, articles: int, tokens: int = 0) -> None:
            self.articles += articles

    task = Counter()
    Classifier.load(whole.path, device="cpu").predict_articles(make_articles(40), task)
    assert task.articles == 40


def test_the_command_prints_each_seed_the_mean_and_the_ensemble(
    tmp_path: Path, checkpoint: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    settings = options(tiny(checkpoint, **ONE))

    @contextmanager
    def stopped() -> Iterator[Callable[[], bool]]:
        yield stop_after(1)

    with monkeypatch.context() as patch:
        patch.setattr(interrupts, "_stop_on_interrupt", stopped)
        assert cli(["train", source(tmp_path, 60), "--seeds", "2", "--out", str(out), *settings]) == 130
    go_on = f"classifier train --seeds 2 --resume --out {out}"
    assert f"Go on with: {go_on}" in capsys.readouterr().err.replace("\n", "")
    assert cli([*go_on.split()[1:]]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    for words in (
        "seed 13: macro F1 ",
        "seed 14: macro F1 ",
        "2 seeds: mean ± standard deviation",
        "ensemble of 2",
        "test articles from 5 sources",
        "the ensemble reaches a macro F1 of",
        "TF-IDF + linear",
        "about 2 times as long as one",
    ):
        assert words in printed
    labels = tmp_path / "labels.csv"
    assert cli(["predict", str(out), source(tmp_path, 60), "--out", str(labels)]) == 0
    assert (
        "an ensemble of 2 models: it takes about 2 times as long to predict as one of them" in capsys.readouterr().err
    )
    assert len(labels.read_text().splitlines()) == 61
    assert cli(["evaluate", str(out), "--split", "validation", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["split"] == "validation"


def test_the_spread_of_one_run_is_zero(whole: SeedsReport) -> None:
    from classifier.jobs.several_runs import mean_and_sd

    one = mean_and_sd([replace(whole.ensemble)])
    assert one["model"]["accuracy"] == (whole.ensemble.figures["accuracy"], 0.0)


def test_seeds_of_a_probe_are_said_to_be_the_same(
    tmp_path: Path, checkpoint: Path, caplog: pytest.LogCaptureFixture
) -> None:
    found = train_seeds(source(tmp_path, 60), tmp_path / "out", count=2, settings=tiny(checkpoint, **PROBE))
    assert caplog.text.count("all these models are the same") == 1
    first, second = found.seeds.values()
    assert first.figures == second.figures


def test_seeds_of_a_fine_tuning_are_not_said_to_be_the_same(
    tmp_path: Path, checkpoint: Path, caplog: pytest.LogCaptureFixture
) -> None:
    train_seeds(source(tmp_path, 60), tmp_path / "out", count=2, settings=tiny(checkpoint, **ONE))
    assert "all these models are the same" not in caplog.text
