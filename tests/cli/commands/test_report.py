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
