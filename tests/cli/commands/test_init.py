import csv
import json
from pathlib import Path

import pytest

from classifier.cli.app import run as cli
from classifier.cli.commands.init import TEMPLATES
from tests.makers.articles import make_articles
from tests.makers.settings import options, tiny

pytestmark = pytest.mark.usefixtures("in_examples")
Capture = pytest.CaptureFixture[str]


def test_an_older_file_stays_unless_told_otherwise(capsys: Capture) -> None:
    assert cli(["init", "stance", "--out", "my.toml"]) == 0
    assert "Set data.path in it, then: classifier train my.toml" in " ".join(capsys.readouterr().out.split())
    stance = Path("my.toml").read_text()
    assert cli(["init", "genre", "--out", "my.toml"]) == 2
    assert Path("my.toml").read_text() == stance
    assert cli(["init", "genre", "--out", "my.toml", "--overwrite"]) == 0
    assert Path("my.toml").read_text() != stance


def write_articles(path: Path, task: str) -> None:
    """A table as the template says that it is."""
    articles = make_articles(90, pair=task == "stance", multi_label=task == "multi-label")
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "text", "label", "source", *(["target"] if task == "stance" else [])])
        rows.writerows(
            [a.id, a.text, ";".join(a.labels), a.source, *([a.target] if task == "stance" else [])] for a in articles
        )


@pytest.mark.parametrize("task", TEMPLATES)
def test_each_template_builds_and_trains(task: str, checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli(["init", task, "--out", "mine.toml"]) == 0
    assert f"classifier train mine.toml --out runs/{task}" in " ".join(capsys.readouterr().out.split())
    write_articles(Path("stances.csv" if task == "stance" else "articles.csv"), task)
    settings = tiny(checkpoint.resolve(), **{"train.num_train_epochs": 1})
    assert cli(["train", "mine.toml", "--out", f"runs/{task}", *options(settings), "-q"]) == 0
    info = json.loads(Path(f"runs/{task}/model/classifier.json").read_text())
    assert (info["pair"], info["multi_label"]) == (task == "stance", task == "multi-label")
    assert info["labels"] == ["opinion", "reporting", "satire"]


@pytest.mark.parametrize(("task", "code"), [("multi_label", 0), ("multilabel", 2), ("Genre", 2), ("../genre", 2)])
def test_a_template_is_known_by_its_name(task: str, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli(["init", task, "--out", "mine.toml"]) == code
    said = " ".join(capsys.readouterr().err.split())
    assert Path("mine.toml").exists() == (code == 0)
    assert code == 0 or "Choose one of genre, topic, multi-label, stance." in said
