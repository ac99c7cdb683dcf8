"""What a study leaves on disk; its trials are made up, nothing is trained."""

import json
import shlex
from dataclasses import replace
from pathlib import Path

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState, create_trial

from classifier.config_file import is_in_memory, load_config, make_config, parse_settings
from classifier.dataset.folder import DatasetFolder
from classifier.jobs.building.build import build
from classifier.jobs.request import Request
from classifier.jobs.source import resolve_source
from classifier.jobs.tune.judging import Judges
from classifier.jobs.tune.results import TuningJob, tidy, train_command, write_results
from classifier.jobs.tune.space import Range, SearchSpace
from classifier.jobs.tune.study import FIRST, best_trial, results
from classifier.models.run_folder import RunFolder
from tests.makers.articles import make_articles, write_jsonl

RATE = "train.learning_rate"
SCORES = {0: 0.5, 1: None, 2: 0.7, 3: None, 4: 0.7}  # 1 was cut short, 3 was given up


@pytest.fixture
def job(tmp_path: Path) -> TuningJob:
    """A study of five trials in STUDY, with a dataset that was built in it."""
    folder = tmp_path / "study"
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(30))
    built = build(str(source), folder / "dataset", settings={"data.near_duplicates": False})
    assert built.dataset is not None
    study = optuna.create_study(direction="maximize")
    for number, score in SCORES.items():
        given_up = TrialState.FAIL if number == 3 else TrialState.PRUNED
        study.add_trial(
            create_trial(
                state=given_up if score is None else TrialState.COMPLETE,
                value=score,
                params={RATE: (number + 1) / 100},
                distributions={RATE: FloatDistribution(0.01, 0.1)},
                user_attrs={FIRST: True} if number == 0 else {},
            )
        )
        run = RunFolder(folder / f"trial-{number:04d}")
        run.model.mkdir(parents=True)
        run.checkpoints.mkdir()
        run.config.write_text("")
    base = make_config({"data": {"path": str(source)}}, {RATE: 0.01})
    space = SearchSpace(base, {RATE: Range(0.01, 0.1, 0.01)}, {}, {RATE: 0.01})
    request = Request(str(source), folder)
    return TuningJob(request, study, space, Judges(request, built.dataset, fixed=False), built.dataset)


def test_only_the_best_model_stays_and_no_checkpoint(job: TuningJob) -> None:
    tidy(job)
    folder = job.request.out
    assert {path.name for path in folder.glob("trial-*")} == {f"trial-{k:04d}" for k in (0, 1, 2, 4)}
    assert [path.parent.name for path in folder.rglob("model")] == ["trial-0002"]
    assert not list(folder.rglob("checkpoints"))
    assert len(list(folder.glob("trial-*/config.toml"))) == 4


def test_trials_and_the_best_settings_are_files(job: TuningJob) -> None:
    write_results(job, tuple(results(job.study)))
    written = json.loads((job.request.out / "trials.json").read_text())
    assert (written["metric"], written["split"]) == ("f1_macro", "validation")
    assert [(found["number"], found["state"], found["score"]) for found in written["trials"]] == [
        (0, "complete", 0.5),
        (1, "pruned", None),
        (2, "complete", 0.7),
        (4, "complete", 0.7),
    ]
    best = load_config(job.request.out / "best.toml")
    assert best.train.learning_rate == 0.03
    assert best.model_copy(update={"train": job.space.base.train}) == job.space.base  # nothing else differs
    header = (job.request.out / "best.toml").read_text().splitlines()[:3]
    assert header[0].startswith("# Trial 2, the best of 4: f1_macro 0.700 on validation")
    assert train_command(job, best_trial(tuple(results(job.study)))) in header[2]


def test_without_a_complete_trial_there_are_no_best_settings(job: TuningJob) -> None:
    write_results(job, [trial for trial in results(job.study) if trial.state == "pruned"])
    assert (job.request.out / "trials.json").exists()
    assert not (job.request.out / "best.toml").exists()


def test_a_dataset_that_was_built_here_is_built_again_from_its_source(job: TuningJob) -> None:
    best = best_trial(tuple(results(job.study)))
    assert not is_in_memory(job.space.base)
    assert train_command(job, best) == f"classifier train {job.request.out / 'best.toml'} --out RUN"
    skipping = replace(job, request=replace(job.request, skip_bad=True))
    assert train_command(skipping, best).endswith("best.toml --out RUN --skip-bad")


def test_a_dataset_that_was_given_takes_the_settings_that_differ(job: TuningJob, tmp_path: Path) -> None:
    given = build(str(tmp_path / "a.jsonl"), tmp_path / "data", settings={"train.seed": 5}).dataset
    assert isinstance(given, DatasetFolder)
    base = make_config(given.info.settings, {RATE: 0.01})
    elsewhere = replace(job, dataset=given, space=replace(job.space, base=base))
    words = shlex.split(train_command(elsewhere, best_trial(tuple(results(job.study)))))
    assert words == ["classifier", "train", str(given.path), "--set", f"{RATE}=0.03", "--out", "RUN"]
    config, dataset = resolve_source(words[2], parse_settings([words[4]]))
    assert dataset is not None and (config.train.learning_rate, config.train.seed) == (0.03, 5)
