import json
import shlex
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import optuna
import pytest

from classifier.cli import interrupts
from classifier.cli.app import run as cli
from classifier.config_file import load_config, parse_settings
from classifier.dataset.folder import DatasetFolder
from classifier.errors import InputError, InterruptedTrainingError
from classifier.jobs.building.build import build
from classifier.jobs.source import resolve_source
from classifier.jobs.tune import study as study_module
from classifier.jobs.tune.shown import TuningReport, trial_columns, trial_line, trial_rows
from classifier.jobs.tune.tune import tune
from classifier.models.classifier import Classifier
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.settings import options, tiny
from tests.makers.tuning import FREE, config_file, settings_of, source, stop_after


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> TuningReport:
    """A study of ten trials that nobody interrupted: more than the sampler draws at random."""
    folder = tmp_path_factory.mktemp("tuning")
    return tune(config_file(folder), folder / "study", trials=10, settings=settings_of(checkpoint, *FREE))


def test_a_study_folder_is_whole_and_small(whole: TuningReport) -> None:
    trials = {f"trial-{k:04d}" for k in range(10)}
    names = {path.name for path in whole.path.iterdir()}
    assert names == {"plan.json", "dataset", "study.db", "trials.json", "best.toml", *trials}
    assert whole.best is not None
    for k in range(10):
        found = {path.name for path in (whole.path / f"trial-{k:04d}").iterdir()}
        assert found == {"config.toml", "metrics.jsonl"} | ({"model"} if k == whole.best.number else set())
    model = whole.path / f"trial-{whole.best.number:04d}" / "model"
    assert len(Classifier.load(model, device="cpu").predict(["penguin moon word1"])) == 1


def test_the_first_trial_has_the_settings_as_given(whole: TuningReport) -> None:
    assert [trial.first for trial in whole.trials] == [True] + [False] * 9
    given = load_config(whole.path.parent / "my.toml")
    assert whole.trials[0].parameters == {"train.learning_rate": 0.05, "train.batch_size": "16"}
    assert load_config(whole.path / "trial-0000" / "config.toml").train.learning_rate == given.train.learning_rate
    assert whole.gain is not None and whole.best is not None and whole.best.score is not None
    assert whole.gain == whole.best.score - (whole.trials[0].score or 0)
    assert whole.gain > 0.1  # 0.05 is far too high for the tiny model


def test_each_trial_trains_with_its_parameters_and_is_scored_as_its_model_would_be(whole: TuningReport) -> None:
    for trial in whole.trials:
        folder = whole.path / f"trial-{trial.number:04d}"
        config = load_config(folder / "config.toml")
        assert config.train.learning_rate == trial.parameters["train.learning_rate"]
        assert str(config.train.batch_size) == trial.parameters["train.batch_size"]
        assert (config.train.num_train_epochs, config.model.max_length) == (2, 48)  # fixed
        lines = [json.loads(line) for line in (folder / "metrics.jsonl").open()]
        scores = [line["f1_macro"] for line in lines if line["kind"] == "evaluation"]
        assert {line.get("split") for line in lines} == {None, "validation"}
        assert (trial.state, trial.epochs, trial.score) == ("complete", len(scores), scores[-1])  # of the mean
    assert len({trial.parameters["train.learning_rate"] for trial in whole.trials}) == 10  # none is tried twice
    assert whole.best == max(whole.trials, key=lambda trial: (trial.score or 0, -trial.number))
    written = json.loads((whole.path / "trials.json").read_text())
    assert [found["score"] for found in written["trials"]] == [trial.score for trial in whole.trials]
    assert (written["metric"], written["split"]) == ("f1_macro", "validation")


@pytest.fixture(scope="module")
def blended(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> TuningReport:
    """A study that is free to blend in TF-IDF, and to fit a head alone."""
    folder = tmp_path_factory.mktemp("blended")
    free = (*FREE, "train.num_train_epochs", "train.blend")
    path = config_file(folder, num_train_epochs=2)
    return tune(path, folder / "study", trials=4, settings=settings_of(checkpoint, *free))


def test_a_head_alone_is_tried_after_the_settings_as_given(blended: TuningReport) -> None:
    assert [(trial.first, trial.head) for trial in blended.trials] == [(True, False), (False, True)] + [
        (False,) * 2
    ] * 2
    head = blended.path / "trial-0001"
    assert load_config(head / "config.toml").train.num_train_epochs == 0 == blended.trials[1].epochs
    assert not (head / "metrics.jsonl").read_text()  # no step was taken
    line = trial_line(blended.trials[1], "f1_macro")
    assert "a head alone on " in line and "TF-IDF" in line
    assert "1 (head alone)" in [row[0] for row in trial_rows(blended)]
    assert all(len(row) == len(trial_columns(blended)) for row in trial_rows(blended))


def test_a_trial_is_scored_as_it_predicts_with_tfidf_or_without(blended: TuningReport) -> None:
    assert blended.trials[0].blend == "auto"  # as given
    assert {trial.blend for trial in blended.trials[1:]} <= {"auto", "none"}
    for trial in blended.trials:
        assert load_config(blended.path / f"trial-{trial.number:04d}" / "config.toml").train.blend == trial.blend
        assert not (blended.path / f"trial-{trial.number:04d}" / "baseline").exists()
    best = blended.best
    assert best is not None and load_config(blended.path / "best.toml").train.blend == best.blend
    model = Classifier.load(blended.path / f"trial-{best.number:04d}" / "model", device="cpu")
    assert (model.info.blend is not None) == (best.blend == "auto")
    # TF-IDF sees at once that classes differ in their words; the encoder, at a rate far too high, does not
    lines = [json.loads(line) for line in (blended.path / "trial-0000" / "metrics.jsonl").open()]
    alone = max(line["f1_macro"] for line in lines if line["kind"] == "evaluation")
    assert blended.trials[0].score is not None and blended.trials[0].score > alone


def test_a_study_whose_trials_an_older_version_scored_is_refused(
    blended: TuningReport, tmp_path: Path, checkpoint: Path
) -> None:
    out = tmp_path / "study"
    shutil.copytree(blended.path, out)
    plan = json.loads((out / "plan.json").read_text())
    del plan["scored as predicted"]
    (out / "plan.json").write_text(json.dumps(plan))
    free = (*FREE, "train.num_train_epochs", "train.blend")
    with pytest.raises(InputError, match="begun with scores of an older version"):
        tune(str(blended.path.parent / "my.toml"), out, trials=5, settings=settings_of(checkpoint, *free))


def test_best_toml_trains_the_same_model(whole: TuningReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert whole.best is not None
    monkeypatch.chdir(tmp_path)
    words = shlex.split(whole.train_command)
    assert words[:2] == ["classifier", "train"]
    words[words.index("RUN")] = str(tmp_path / "run")
    assert cli([*words[1:], "--quiet"]) == 0
    trial = whole.path / f"trial-{whole.best.number:04d}"
    config = load_config(tmp_path / "run" / "config.toml")
    assert config == load_config(trial / "config.toml")
    lines = [[json.loads(line) for line in (path / "metrics.jsonl").open()] for path in (tmp_path / "run", trial)]
    scores = [[line["f1_macro"] for line in found if line["kind"] == "evaluation"] for found in lines]
    assert scores[0] == scores[1]
    header = (whole.path / "best.toml").read_text().splitlines()[:3]
    assert whole.train_command in header[2] and "too hopeful" in header[0]


def test_a_study_can_be_made_again(whole: TuningReport, tmp_path: Path, checkpoint: Path) -> None:
    again = tune(config_file(tmp_path), tmp_path / "study", trials=10, settings=settings_of(checkpoint, *FREE))
    assert [t.parameters for t in again.trials] == [t.parameters for t in whole.trials]
    assert [t.score for t in again.trials] == [t.score for t in whole.trials]
    assert again.importance == whole.importance


def test_an_interrupted_study_goes_on_to_the_same_end_without_reading_test(
    whole: TuningReport, tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = DatasetFolder.load

    def without_test(dataset: DatasetFolder, split: str) -> object:
        assert split != "test"
        return load(dataset, split)

    monkeypatch.setattr(DatasetFolder, "load", without_test)
    out, settings = tmp_path / "study", settings_of(checkpoint, *FREE)
    path = config_file(tmp_path)
    with pytest.raises(InterruptedTrainingError, match="Stopped after step 2 of"):
        tune(path, out, trials=10, settings=settings, should_stop=stop_after(2))
    assert not list(out.glob("trial-*"))  # what did not end left nothing
    part = tune(path, out, trials=4, settings=settings)
    assert [trial.number for trial in part.trials] == [1, 2, 3, 4]  # 0 was given up, and made again as 1
    assert part.trials[0].first
    kill_a_trial(out)
    asked = stop_after(3)
    with pytest.raises(InterruptedTrainingError):
        tune(path, out, trials=10, settings=settings, should_stop=asked)
    rest = tune(path, out, trials=10, settings=settings)
    assert [trial.parameters for trial in rest.trials] == [trial.parameters for trial in whole.trials]
    assert [trial.score for trial in rest.trials] == [trial.score for trial in whole.trials]
    again = tune(path, out, trials=3, settings=settings, should_stop=lambda: True)  # nothing is left to do
    assert again.trials == rest.trials


def kill_a_trial(out: Path) -> None:
    """Leave the study as if the process had been killed in a trial."""
    found = optuna.load_study(study_name="classifier", storage=f"sqlite:///{out}/study.db")
    space = dict(found.trials[-1].distributions)
    found.sampler = study_module.make_sampler(13, 4)
    trial = found.ask(space)
    (out / f"trial-{trial.number:04d}" / "checkpoints").mkdir(parents=True)


@pytest.mark.parametrize(("name", "value"), [("layers", "all"), ("pairs", "apart")])
def test_what_a_head_alone_reads_leaves_nothing_to_tune(
    name: str, value: str, tmp_path: Path, checkpoint: Path
) -> None:
    settings = {**settings_of(checkpoint, *FREE), f"model.{name}": value}
    settings.pop("train.num_train_epochs", None)
    articles = [replace(article, target="A claim") for article in make_articles(120)]
    with pytest.raises(InputError, match=rf'nothing to tune: model.{name} = "{value}" is for a head') as told:
        tune(str(write_jsonl(tmp_path / "a.jsonl", articles)), tmp_path / "study", trials=1, settings=settings)
    assert told.value.fix == f"Leave model.{name} out."
    assert not (tmp_path / "study").exists()


def test_ctrl_c_between_two_trials_gives_none_up(tmp_path: Path, checkpoint: Path) -> None:
    path, settings = config_file(tmp_path), settings_of(checkpoint, *FREE)
    stop = [False]
    with pytest.raises(InterruptedTrainingError, match="Stopped after 1 of 3 trials"):
        tune(
            path,
            tmp_path / "study",
            trials=3,
            settings=settings,
            should_stop=lambda: stop[0],
            report=lambda trial, metric: stop.__setitem__(0, True),
        )
    assert [path.name for path in (tmp_path / "study").glob("trial-*")] == ["trial-0000"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"train.weight_decay": 0.2}, r"other settings \(train\.weight_decay\)"),
        ({"train.learning_rate": 0.05}, "other fixed settings"),
        ({"split.seed": 1}, r"other settings \(split\.seed\)"),
    ],
)
def test_another_study_in_the_folder_is_refused(
    more: dict[str, object], words: str, whole: TuningReport, checkpoint: Path
) -> None:
    before = {path: path.stat().st_mtime_ns for path in whole.path.rglob("*")}
    path = str(whole.path.parent / "my.toml")
    with pytest.raises(InputError, match=words):
        tune(path, whole.path, trials=11, settings={**settings_of(checkpoint, *FREE), **more})
    with pytest.raises(InputError, match="begun with another source"):
        tune(str(whole.path / "dataset"), whole.path, settings={"train.seed": 3})
    assert {path: path.stat().st_mtime_ns for path in whole.path.rglob("*")} == before


def test_changed_articles_are_refused(tmp_path: Path, checkpoint: Path) -> None:
    settings = settings_of(checkpoint, "train.batch_size")
    tune(source(tmp_path), tmp_path / "study", trials=1, settings=settings)
    with pytest.raises(InputError, match=r"other articles: the source has changed \('a\.jsonl'\)"):
        tune(source(tmp_path, 66), tmp_path / "study", trials=2, settings=settings)
    report = tune(source(tmp_path, 66), tmp_path / "study", trials=1, settings=settings, overwrite=True)
    assert report.articles == 15


def test_a_dataset_folder_is_used_as_it_is(tmp_path: Path, checkpoint: Path) -> None:
    build(source(tmp_path), tmp_path / "data", settings={"split.validation_size": 0.2, "train.seed": 5})
    overrides = {s: v for s, v in settings_of(checkpoint, *FREE).items() if not s.startswith("split.")}
    with pytest.raises(InputError, match="lies in the dataset itself"):
        tune(str(tmp_path / "data"), tmp_path / "data" / "study", settings=overrides)
    report = tune(str(tmp_path / "data"), tmp_path / "study", trials=2, settings=overrides)
    assert not (tmp_path / "study" / "dataset").exists()
    words = shlex.split(report.train_command)
    assert words[2] == str(tmp_path / "data")
    config, dataset = resolve_source(words[2], parse_settings(words[words.index("RUN") + 1 :] + words[4:-2:2]))
    assert dataset is not None and config == load_config(tmp_path / "study" / "best.toml")
    assert config.train.seed == 5
    (tmp_path / "data" / "dataset.json").write_text((tmp_path / "data" / "dataset.json").read_text() + "\n")
    (tmp_path / "data" / "checksums.json").unlink()
    with pytest.raises(InputError, match="begun with another dataset"):
        tune(str(tmp_path / "data"), tmp_path / "study", trials=3, settings=overrides)


def test_what_cannot_be_tuned_is_refused_and_nothing_is_written(tmp_path: Path, checkpoint: Path) -> None:
    path = source(tmp_path)
    for overrides, words in (
        ({"split.validation_size": 0.0}, r"needs validation articles.*\nFix: Set split\.validation_size"),
        ({"split.folds": 3}, "needs one split, not folds"),
        ({"model.name": "owner/nothing"}, "owner/nothing"),
        (settings_of(checkpoint, **{"model.window_choice": "head"}), "Every setting that tuning searches is fixed"),
    ):
        with pytest.raises(InputError, match=words):
            tune(path, tmp_path / "study", settings={**tiny(checkpoint), **overrides})
    for limits, words in (({"trials": 0}, "--trials must be 1 or more"), ({"minutes": 0}, "--minutes must be more")):
        with pytest.raises(InputError, match=words):
            tune(path, tmp_path / "study", settings=tiny(checkpoint), **limits)  # type: ignore[arg-type]
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]
    with pytest.raises(InputError, match="holds something else"):
        tune(path, tmp_path, settings=tiny(checkpoint), overwrite=True)


def test_a_budget_is_of_one_training_and_not_of_a_search(
    tmp_path: Path, checkpoint: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = settings_of(checkpoint, "train.batch_size", **{"train.budget": "1s"})
    tune(source(tmp_path), tmp_path / "study", trials=1, settings=settings)
    assert caplog.text.count("train.budget has no effect on a study: give --minutes") == 1
    assert load_config(tmp_path / "study" / "best.toml").train.budget is None


def test_relative_paths_hold_from_another_folder(
    tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(checkpoint.parent)
    path = config_file(tmp_path)
    tune(path, tmp_path / "study", trials=1, settings=settings_of(Path(checkpoint.name), *FREE))
    monkeypatch.chdir(tmp_path)
    config = load_config(tmp_path / "study" / "best.toml")
    assert (config.model.name, config.data.path) == (str(checkpoint), str(tmp_path / "a.jsonl"))
    report = tune("my.toml", "study", trials=2, settings=settings_of(checkpoint, *FREE))  # it goes on
    assert [trial.first for trial in report.trials] == [True, False]


def test_rows_that_were_left_out_stay_out(tmp_path: Path, checkpoint: Path) -> None:
    path, settings = Path(source(tmp_path)), settings_of(checkpoint, "train.batch_size")
    path.write_text(path.read_text() + '{"id": "bad", "text": "", "label": "satire"}\n')
    with pytest.raises(InputError, match="bad row"):
        tune(str(path), tmp_path / "study", trials=1, settings=settings)
    report = tune(str(path), tmp_path / "study", trials=1, settings=settings, skip_bad=True)
    assert report.train_command.endswith("best.toml --out RUN --skip-bad")
    with pytest.raises(InputError, match="was begun with --skip-bad"):
        tune(str(path), tmp_path / "study", trials=2, settings=settings)


def test_the_missing_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(InputError) as error:
        tune(source(tmp_path), tmp_path / "study")
    assert str(error.value) == "Tuning needs Optuna.\nFix: Install the extra: pip install 'article-classifier[tune]'"
    assert not (tmp_path / "study").exists()


def test_importance_finds_what_matters(whole: TuningReport) -> None:
    assert whole.importance is not None
    assert sum(whole.importance.values()) == pytest.approx(1)
    assert next(iter(whole.importance)) == "train.learning_rate"


def test_optuna_is_silent_and_left_as_it_was(
    whole: TuningReport, checkpoint: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = optuna.logging.get_verbosity()
    with warnings.catch_warnings():
        warnings.simplefilter("error", optuna.exceptions.ExperimentalWarning)
        tune(str(whole.path.parent / "my.toml"), whole.path, trials=1, settings=settings_of(checkpoint, *FREE))
        with study_module.quiet_optuna():
            assert optuna.logging.get_verbosity() == optuna.logging.ERROR
            warnings.warn("shown?", optuna.exceptions.ExperimentalWarning, stacklevel=1)
            study = optuna.create_study()
            study.optimize(lambda trial: trial.suggest_float("a", 0, 1), n_trials=1)
    assert optuna.logging.get_verbosity() == before
    printed = capfd.readouterr()
    assert "Trial 0" not in printed.err + printed.out and "new study" not in printed.err


def test_the_command(
    tmp_path: Path, checkpoint: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "study"
    settings = options(settings_of(checkpoint, *FREE))
    command = ["tune", config_file(tmp_path), "--trials", "2", "--out", str(out), *settings]

    @contextmanager
    def stopped() -> Iterator[Callable[[], bool]]:
        yield stop_after(3)

    with monkeypatch.context() as patch:
        patch.setattr(interrupts, "_stop_on_interrupt", stopped)
        assert cli(command) == 130
    assert "Go on with: the same command" in capsys.readouterr().err
    assert cli(command) == 0
    captured = capsys.readouterr()
    printed = " ".join(captured.out.split())
    for words in (
        "2 trials on validation",
        "(as given)",
        "trial 1: validation macro F1 0.",
        "the settings as given: learning_rate",
        "cannot be said: that takes at least four complete trials",
        "The best of 2 validation scores is optimistic",
        "Scores are those of 12 validation articles: so few that small differences mean nothing.",
        f"Next: classifier train {out}/best.toml --out RUN",
    ):
        assert words in printed, words
    assert cli(["tune", "--help"]) == 0
    assert cli([*command, "--set", "train.nonsense=1"]) == 2
    assert "Traceback" not in capsys.readouterr().err
