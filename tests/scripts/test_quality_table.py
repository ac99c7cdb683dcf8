import sys
from pathlib import Path

import as_command
import pytest
import quality_table
import typer
from typer.testing import CliRunner

from classifier.evaluation.result import read_evaluation
from classifier.models.run_folder import RunFolder


def test_a_line_holds_the_figures_of_the_run(examples: Path) -> None:
    run = examples / "runs" / "first"
    app = typer.Typer()
    app.command()(quality_table.main)
    result = CliRunner().invoke(app, [str(run), "--articles", "4"])
    assert result.exit_code == 0, result.output
    cells = [cell.strip() for cell in result.output.splitlines()[2].strip("|").split("|")]
    found = read_evaluation(RunFolder(run).evaluation("test"))
    assert cells[1] == str(found.articles)
    assert cells[2].startswith(f"{found.figures['f1_macro']:.3f}".removeprefix("0"))
    assert cells[4] == f"{found.baselines['tfidf']['f1_macro']:.3f}".removeprefix("0")
    assert float(cells[8].replace(",", "")) > 0


def test_differences_have_a_sign() -> None:
    assert [quality_table.signed(value) for value in (0.0123, -0.5)] == ["+.012", "−.500"]


def test_what_is_no_run_gets_one_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["quality_table.py", str(tmp_path / "nothing")])
    with pytest.raises(SystemExit) as stop:
        as_command.run(quality_table.main)
    assert stop.value.code == 2
    assert capsys.readouterr().err.startswith("error: There is no run folder")
