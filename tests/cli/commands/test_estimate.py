import json
import re
from pathlib import Path

import pytest

from classifier.cli.app import run as cli
from tests.makers.regressions import biased_corpus, regression_run

pytestmark = pytest.mark.usefixtures("in_examples")
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def labels(in_examples: Path) -> None:
    assert cli(["predict", "runs/first", "archive.jsonl", "--out", "labels.csv", "--quiet"]) == 0


def test_shares_sum_to_one_and_are_written(capsys: Capture) -> None:
    assert cli(["estimate", "runs/first", "labels.csv", "--json", "--out", "shares.csv"]) == 0
    shares = json.loads(capsys.readouterr().out)["shares"]
    assert sum(share["naive"] for share in shares) == pytest.approx(1, abs=1e-3)
    assert len(Path("shares.csv").read_text().splitlines()) == 1 + len(shares)


def test_a_setting_needs_a_value_and_is_for_reading(capsys: Capture) -> None:
    assert cli(["estimate", "runs/first", "labels.csv", "--set", "data.columns.label"]) == 2
    assert "--set takes section.key=value" in capsys.readouterr().err
    assert cli(["estimate", "runs/first", "labels.csv", "--set", "train.seed=1"]) == 2
    assert "has no effect here" in capsys.readouterr().err


def test_a_regression_is_printed_and_as_json(tmp_path: Path, capsys: Capture) -> None:
    pytest.importorskip("formulaic")
    run, corpus = regression_run(tmp_path / "run"), biased_corpus(tmp_path)
    given = [str(run), str(corpus["predictions"]), "--labelled", str(corpus["labelled"]), "--model", "a ~ source"]
    assert cli(["estimate", *given, "--articles", str(tmp_path / "a.csv")]) == 0
    printed = capsys.readouterr().out
    for words in ("a: coefficients", "a: share by source", "on predicted labels", "z z − x", "Wrote"):
        assert words in printed
    assert cli(["estimate", *given, "--json", "--cluster", "none"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["model"] == "a ~ source" and found["effects"][0]["term"] == "Intercept"
    before = sorted(tmp_path.rglob("*"))
    assert cli(["estimate", *given[:-1], "a ~ sauce", "--out", str(tmp_path / "c.csv")]) == 2
    assert "Did you mean 'source'?" in capsys.readouterr().err and sorted(tmp_path.rglob("*")) == before


def test_a_plan_is_printed_and_written(tmp_path: Path, capsys: Capture) -> None:
    run, corpus = regression_run(tmp_path / "run"), biased_corpus(tmp_path)
    given = ["estimate", str(run), str(corpus["predictions"]), "--plan", "0.08", "--by", "source"]
    assert cli([*given, "--out", str(tmp_path / "to_label.csv")]) == 0
    printed = re.sub(r"\s+", " ", capsys.readouterr().out)
    for words in ("articles to label by hand", "expected interval", "articles are to be labelled", "random order"):
        assert words in printed
    assert cli([*given, "--json", "--out", str(tmp_path / "again.csv")]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["width"] == 0.08 and found["chosen"] == len((tmp_path / "again.csv").read_text().splitlines()) - 1
    assert cli([*given, "--out", str(tmp_path / "to_label.csv")]) == 2
    assert "--overwrite" in capsys.readouterr().err


def test_a_page_of_shares_is_written_and_an_older_one_kept(capsys: Capture) -> None:
    given = ["estimate", "runs/first", "labels.csv", "--by", "month"]
    assert cli([*given, "--report", "shares.html"]) == 0
    assert "Wrote shares.html" in capsys.readouterr().out
    assert "<svg" in Path("shares.html").read_text(encoding="utf-8")
    assert cli([*given, "--report", "shares.html"]) == 2
    assert cli([*given, "--report", "shares.csv"]) == 2
    assert "--report shares.html" in capsys.readouterr().err
    assert cli([*given, "--plan", "0.1", "--out", "plan.csv", "--report", "plan.html"]) == 2
    assert "page of shares" in capsys.readouterr().err
