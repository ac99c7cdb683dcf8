import shutil
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from classifier.articles.article import Article
from classifier.config_file import load_config
from classifier.dataset.folder import LEDGER
from classifier.errors import InputError
from classifier.evaluation import ledger
from classifier.evaluation.ledger import (
    Ledger,
    Look,
    Looks,
    content_of,
    ledger_file,
    looks_at,
    read_ledger,
    record_look,
)
from classifier.evaluation.result import read_evaluation
from classifier.files import write_json
from classifier.jobs.compare import compare
from classifier.jobs.evaluate import evaluate
from classifier.jobs.train import train
from classifier.models.run_folder import RunFolder
from classifier.reports.comparison import comparison_remarks
from classifier.reports.run.findings import run_findings
from classifier.reports.run.record import read_run_record
from tests.makers.articles import make_articles, write_jsonl

LOOK = Look("1", "2026-11-29T10:00:00+00:00", "train", "first", "test", 9, "these", "m", "s", figures={"f1_macro": 0.5})


def write(run: Path, *looks: Look) -> Path:
    write_json(ledger_file(run), asdict(Ledger(looks)))
    return run


def said(run: Path, **evaluated: Any) -> tuple[str, str, str]:
    """The tone and the words of the finding about looks."""
    found = [one for one in run_findings(read_run_record(run, **evaluated)) if "looked at" in one.title]
    assert len(found) == 1
    return found[0].tone, found[0].title, found[0].text


@pytest.fixture(scope="module")
def kept(examples: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A folder with a run that has no other beside it, whose dataset no other run was trained on; and a copy of it."""
    folder = shutil.copytree(examples, tmp_path_factory.mktemp("ledger") / "folder")
    shutil.rmtree(folder / "runs")
    (folder / "datasets" / "mine" / LEDGER).unlink()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        train("datasets/mine", "runs/first", seed=1)
    return folder, shutil.copytree(folder, folder.with_name("copy"))


@pytest.fixture
def alone(kept: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """That run as it was trained, in its own place: it knows where its dataset is."""
    folder, copy = kept
    shutil.rmtree(folder)
    shutil.copytree(copy, folder)
    monkeypatch.chdir(folder)
    return Path("runs/first")


@pytest.mark.parametrize(
    ("other", "times", "settings"),
    [
        ({"id": "2", "setting": "t"}, 2, 2),
        ({"id": "2"}, 2, 1),  # the same again
        ({}, 1, 1),  # a copy of the same look
        ({"id": "2", "setting": "t", "content": "other articles"}, 1, 1),
        ({"id": "2", "setting": "t", "articles": "data-test.csv"}, 2, 2),  # the same articles from a file
    ],
)
def test_looks_count_once_and_settings_once(other: dict[str, str], times: int, settings: int, tmp_path: Path) -> None:
    write(tmp_path / "a", LOOK)
    write(tmp_path / "b", replace(LOOK, **other))
    assert looks_at(tmp_path / "a", "test") == Looks(times, settings, 0.5, 0.5)


def test_the_seeds_of_a_plan_beside_a_run_are_counted_and_what_lies_elsewhere_is_not(tmp_path: Path) -> None:
    plan = tmp_path / "runs" / "seeds"
    write_json(plan / "plan.json", {})
    homes = [plan / "seed-13", plan / "seed-14", plan, tmp_path / "runs" / "a", tmp_path / "elsewhere" / "b"]
    for number, home in enumerate(homes):
        write(home, replace(LOOK, id=str(number), setting=str(number)))
    for home in homes[:4]:
        assert looks_at(home, "test") == Looks(4, 4, 0.5, 0.5)
    assert looks_at(homes[4], "test") == Looks(1, 1, 0.5, 0.5)
    assert looks_at(homes[4], "test", homes[0]) == Looks(5, 5, 0.5, 0.5)


def test_the_seeds_of_a_plan_are_one_setting(alone: Path, tmp_path: Path) -> None:
    config = load_config(RunFolder(alone).config)
    settings = {}
    write_json(tmp_path / "plan" / "plan.json", {})
    for home in ("plan/seed-1", "plan/seed-2", "other/seed-1", "other/seed-2"):
        run = RunFolder(tmp_path / home)
        run.path.mkdir(parents=True)
        shutil.copy(RunFolder(alone).dataset_info, run.dataset_info)
        of_seed = config.model_copy(update={"train": config.train.model_copy(update={"seed": int(home[-1])})})
        settings[home] = ledger._setting(run, of_seed, {}, several=False)
    assert settings["plan/seed-1"] == settings["plan/seed-2"]
    assert len(set(settings.values())) == 3  # without a plan, another seed is another choice


def test_a_damaged_ledger_beside_a_run_is_left_out_and_its_own_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(tmp_path / "a", LOOK)
    ledger_file(write(tmp_path / "b", LOOK)).write_text("{")
    assert looks_at(tmp_path / "a", "test") == Looks(1, 1, 0.5, 0.5)
    assert "looks are not counted" in caplog.text
    with pytest.raises(InputError, match=r"is damaged.*\nFix: Remove it"):
        looks_at(tmp_path / "b", "test")


def test_articles_are_known_by_their_texts_and_targets() -> None:
    one = Article("1", "A text.", ("a",), target="x")
    assert content_of([one]) == content_of([replace(one, id="2", labels=("b",), source="s")])
    assert content_of([one]) != content_of([replace(one, target="y")])
    assert content_of([one]) != content_of([one, one])


def test_training_and_every_evaluation_on_held_out_articles_are_looks(alone: Path) -> None:
    assert said(alone)[:2] == ("note", "Test was looked at once")
    evaluate(alone, split="validation")
    evaluate(alone, split="train")
    assert len(read_ledger(ledger_file(alone)).looks) == 1
    evaluate(alone)
    evaluate(alone, out="elsewhere")
    found = read_ledger(ledger_file(alone)).looks
    assert [(look.by, look.articles, look.count) for look in found] == [
        ("train", "test", 24),
        ("evaluate", "test", 24),
        ("evaluate", "test", 24),
    ]
    assert len({look.setting for look in found}) == len({look.model for look in found}) == 1
    assert found[0].figures == read_evaluation(alone / "evaluation" / "test").figures
    assert found[0].settings["train.learning_rate"] == 0.01
    assert said(alone)[1] == "Test was looked at 3 times, by 1 setting"
    evaluate(alone, min_precision=0.5)
    assert said(alone)[1] == "Test was looked at 4 times, by 2 settings"
    assert "Test was looked at 4 times" in (alone / "README.md").read_text()
    assert "Test was looked at 4 times" in (alone / "report.html").read_text()


def test_other_articles_have_a_count_of_their_own(alone: Path, tmp_path: Path) -> None:
    more = write_jsonl(tmp_path / "more.jsonl", make_articles(40, seed=9))
    evaluate(alone, data=str(more))
    folder = alone / "evaluation" / "data-more.jsonl"
    assert said(alone, evaluated=folder)[1] == "more.jsonl was looked at once"
    assert said(alone)[1] == "Test was looked at once"


def test_many_settings_on_one_dataset_are_said_to_flatter(alone: Path) -> None:
    short = {"train.num_train_epochs": 1, "train.refit": False}
    for seed in range(2, 6):
        train("datasets/mine", f"runs/of-seed-{seed}", seed=seed, settings=short)
    tone, title, text = said(alone)
    assert (tone, title) == ("care", "Test was looked at 5 times, by 5 settings")
    assert "its figure and interval are likely too high" in text
    found = compare("runs/first", "runs/of-seed-2")
    assert found.looks is not None
    assert (found.looks.times, found.looks.settings) == (5, 5)
    assert any("looked at 5 times, by 5 settings" in line for line in comparison_remarks(found))
    shutil.move("runs/first", "first")  # the dataset remembers
    assert said(Path("first"))[1] == "Test was looked at 5 times, by 5 settings"
    shutil.rmtree("runs")
    assert said(Path("first"))[1] == "Test was looked at 5 times, by 5 settings"


def test_a_run_of_an_older_version_says_since_when_looks_are_recorded(alone: Path) -> None:
    ledger_file(alone).unlink()
    record = read_run_record(alone)
    assert record.looks is None
    assert not [one for one in run_findings(record) if "looked at" in one.title]
    evaluate(alone)
    date = read_ledger(ledger_file(alone)).looks[0].date[:10]
    assert said(alone)[2].endswith(f"Looks before {date} were not recorded.")


def test_a_damaged_ledger_is_said_before_the_work_and_left_as_it_is_after_it(
    alone: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = ledger_file(alone)
    file.write_text("{")
    with pytest.raises(InputError, match=r"ledger\.json' is damaged"):
        evaluate(alone, out="another")
    assert not Path("another").exists()
    evaluation = read_evaluation(alone / "evaluation" / "test")
    record_look(alone, [RunFolder(alone)], evaluation, make_articles(3), by="evaluate")
    assert "This look at test was not recorded" in caplog.text
    assert file.read_text() == "{"
