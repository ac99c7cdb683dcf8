"""Encoders at hand are tried as frozen ones first, and the better half is fine-tuned: with real, tiny encoders."""

import json
import time
from pathlib import Path

import pytest
from huggingface_hub import constants

from classifier.config_file import load_config, make_config
from classifier.errors import InputError
from classifier.jobs.building.build import build
from classifier.jobs.tune import encoders
from classifier.jobs.tune.encoders import TriedEncoder, candidates, draw_articles, read_choice, try_encoders
from classifier.jobs.tune.shown import encoder_lines, tuning_remarks
from classifier.jobs.tune.space import FROZEN_ENCODER
from classifier.jobs.tune.tune import tune
from classifier.models.at_hand import Encoder
from classifier.progress import SILENT
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.models import make_checkpoint
from tests.makers.settings import tiny
from tests.makers.tuning import settings_of, stop_after

COMMIT = "0123456789abcdef0123456789abcdef01234567"
OTHER = "me/other"


@pytest.fixture
def config(tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A config that names one tiny encoder; another one, of another family, is in the cache."""
    repo = tmp_path / "hub" / "models--me--other"
    (repo / "refs").mkdir(parents=True)
    (repo / "refs" / "main").write_text(COMMIT)
    make_checkpoint(repo / "snapshots" / COMMIT, "mpnet", seed=5)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    write_jsonl(tmp_path / "a.jsonl", make_articles(90))
    path = tmp_path / "my.toml"
    path.write_text(f'[data]\npath = "a.jsonl"\n[model]\nname = "{checkpoint}"\n[train]\nfreeze_embeddings = true\n')
    return str(path)


def quick(checkpoint: Path, *free: str, **more: object) -> dict[str, object]:
    return settings_of(checkpoint, "model.name", "train.freeze_layers", "train.freeze_embeddings", *free, **more)


def test_a_search_tries_encoders_and_how_many_layers_are_frozen_and_names_the_winner(
    config: str, tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoders, "MOST_KEPT", 1)
    out, settings = tmp_path / "study", quick(checkpoint, "train.learning_rate")
    report = tune(config, out, trials=4, max_params="1M", settings=settings)
    assert report.encoders is not None and read_choice(out) == report.encoders
    tried = {one.name: one for one in report.encoders.tried}
    assert set(tried) == {str(checkpoint), OTHER}
    best = max(tried.values(), key=lambda one: one.score or 0)
    assert report.encoders.kept == (best.name,)
    assert report.encoders.tried[0] == best and best.score is not None and best.score > 0.4
    parameters = report.trials[0].parameters
    assert set(parameters) == {"train.learning_rate", FROZEN_ENCODER}
    assert report.trials[0].first and str(parameters[FROZEN_ENCODER]).startswith(best.name)
    assert {str(trial.parameters[FROZEN_ENCODER]).split(" × ")[1] for trial in report.trials} <= {"0", "1"}
    for trial in report.trials:
        chosen = load_config(out / f"trial-{trial.number:04d}" / "config.toml")
        assert f"{chosen.model.name} × {chosen.train.freeze_layers}" == trial.parameters[FROZEN_ENCODER]
    assert report.best is not None
    assert load_config(out / "best.toml").model.name == best.name
    lines = encoder_lines(report)
    assert lines[0].startswith(f"Frozen {best.name} (0.1M parameters): macro F1") and lines[0].endswith("fine-tuned")
    assert all(line in report._repr_html_() for line in lines)
    again = tune(config, out, trials=5, max_params="1M", settings=settings)  # it goes on with the same encoders
    assert again.encoders == report.encoders and again.trials[:4] == report.trials
    with pytest.raises(InputError, match="begun with --max-params 1000000"):
        tune(config, out, trials=5, max_params="2M", settings=settings)


def test_a_search_keeps_to_its_time_and_ends_the_last_trial_there(
    config: str, tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = quick(checkpoint, "train.learning_rate", **{"train.num_train_epochs": 1000})
    started = time.monotonic()
    report = tune(config, tmp_path / "study", minutes=0.1, max_params="1M", settings=settings)
    assert time.monotonic() - started < 6 + 30  # the machine may be busy
    assert report.best is not None and report.trials[0].first and report.trials[0].state == "complete"
    lines = [json.loads(line) for line in (tmp_path / "study" / "trial-0000" / "metrics.jsonl").open()]
    over = lines[-1]
    assert over["kind"] == "time_over"  # a thousand epochs would take half a minute
    assert len(report.trials) == 1
    said = f"The time was over after {over['epoch']:.2f}".rstrip("0").rstrip(".")
    assert any(line.startswith(said) for line in tuning_remarks(report))
    best = (tmp_path / "study" / "best.toml").read_text()
    assert f"# {said} epochs of it." in best and "the only one.\n" in best


def test_large_corpora_are_searched_on_a_part_which_is_said(
    config: str, tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoders, "FEWEST_ARTICLES", 30)
    monkeypatch.setattr(encoders, "TRIALS_WANTED", 10**9)
    settings = quick(checkpoint, "train.learning_rate", "train.batch_size")
    report = tune(config, tmp_path / "study", trials=1, minutes=5, max_params="1M", settings=settings)
    assert report.part == 30
    assert any("For want of time each trial read 30 training articles" in line for line in tuning_remarks(report))
    assert "# It read 30 of " in (tmp_path / "study" / "best.toml").read_text()
    steps = [json.loads(line) for line in (tmp_path / "study" / "trial-0000" / "metrics.jsonl").open()]
    assert sum(line["articles"] for line in steps if line["kind"] == "step" and line["epoch"] <= 1) == 30


def test_a_search_that_is_interrupted_goes_on(config: str, tmp_path: Path, checkpoint: Path) -> None:
    settings = quick(checkpoint, "train.learning_rate")
    whole = tune(config, tmp_path / "whole", trials=3, max_params="1M", settings=settings)
    with pytest.raises(Exception, match="Stopped after"):
        tune(config, tmp_path / "part", trials=3, max_params="1M", settings=settings, should_stop=stop_after(9))
    part = tune(config, tmp_path / "part", trials=3, max_params="1M", settings=settings)
    assert [t.parameters for t in part.trials] == [t.parameters for t in whole.trials]
    assert [t.score for t in part.trials] == [t.score for t in whole.trials]


def test_a_limit_that_no_encoder_keeps_names_the_smallest_and_nothing_is_written(
    config: str, tmp_path: Path, checkpoint: Path
) -> None:
    with pytest.raises(InputError) as caught:
        tune(config, tmp_path / "study", max_params="3", settings=quick(checkpoint))
    assert "no encoder at hand has so few parameters" in caught.value.message
    assert caught.value.fix == "--max-params 0.1M"
    assert not (tmp_path / "study").exists()


def test_an_encoder_that_is_set_is_the_only_one(config: str, checkpoint: Path) -> None:
    given = load_config(Path(config))
    assert [one.name for one in candidates(given, 10**6, fixed=True)] == [str(checkpoint)]
    assert {one.name for one in candidates(given, 10**6, fixed=False)} == {str(checkpoint), OTHER}


def test_the_smallest_is_tried_whatever_time_there_is_and_what_cannot_read_is_left_out(
    config: str, tmp_path: Path, checkpoint: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = tiny(checkpoint, **{"split.validation_size": 0.2})
    dataset = build(str(tmp_path / "a.jsonl"), tmp_path / "data", settings=settings).dataset
    assert dataset is not None
    found = [Encoder(str(checkpoint), 10), Encoder(OTHER, 20)]
    now = time.monotonic()
    choice = try_encoders(make_config({}, settings), dataset, found, now - 1, SILENT)
    assert choice.kept == (str(checkpoint),) and choice.tried[1].score is None
    gone = Encoder(str(tmp_path / "gone"), 5)
    (tmp_path / "gone").mkdir()
    choice = try_encoders(make_config({}, settings), dataset, [gone, *found], None, SILENT)
    assert str(tmp_path / "gone") not in choice.kept and "is left out" in caplog.text
    with pytest.raises(InputError, match="None of the encoders at hand can be used"):
        try_encoders(make_config({}, settings), dataset, [gone], None, SILENT)
    assert draw_articles(dataset, None, 1) is dataset
    assert draw_articles(dataset, 10, 1).counts()["train"].articles == 10


def test_the_better_half_is_kept_and_of_equals_the_smaller() -> None:
    scores = (0.5, 0.7, None, 0.7, 0.6)
    tried = [TriedEncoder(f"e{k}", 10 - k, score, 1.0) for k, score in enumerate(scores)]
    ranked = encoders._halved(tried)
    assert [one.name for one in ranked] == ["e3", "e1", "e4", "e0", "e2"]
    assert [one.name for one in ranked if one.kept] == ["e3", "e1"]
