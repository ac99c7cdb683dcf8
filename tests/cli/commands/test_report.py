from pathlib import Path

import pytest

from classifier.cli.app import run as cli

pytestmark = pytest.mark.usefixtures("in_examples")
Capture = pytest.CaptureFixture[str]


def test_the_page_is_where_it_says(capsys: Capture) -> None:
    Path("runs/first/report.html").unlink()
    assert cli(["report", "runs/first"]) == 0
    assert "Wrote runs/first/report.html" in capsys.readouterr().err
    assert Path("runs/first/report.html").exists()
    assert cli(["report", "runs/first", "--out", "page.html", "--quiet"]) == 0
    assert capsys.readouterr().err == ""
    assert Path("page.html").exists()


def test_methods_are_a_folder_and_overwrite_is_for_them_alone(capsys: Capture) -> None:
    assert cli(["report", "runs/first", "--methods"]) == 0
    assert "Wrote runs/first/paper" in capsys.readouterr().err
    assert Path("runs/first/paper/methods.txt").exists()
    assert cli(["report", "runs/first", "--methods"]) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert cli(["report", "runs/first", "--methods", "--overwrite", "--quiet"]) == 0
    assert cli(["report", "runs/first", "--overwrite"]) == 2
    assert "--methods" in capsys.readouterr().err
