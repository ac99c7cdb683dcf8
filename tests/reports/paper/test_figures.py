import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
from PIL import Image

from classifier.reports.paper.figures import KINDS, WIDTH, write_figures
from classifier.reports.run.record import read_run_record
from tests.makers.curves import made_curve
from tests.makers.runs import MadeRecord, make_evaluation


def test_there_is_a_figure_for_all_that_the_run_has(examples: Path, tmp_path: Path) -> None:
    names = write_figures(read_run_record(examples / "runs/first"), tmp_path)
    assert names == ["baselines", "classes", "confusion", "reliability", "coverage"]
    assert {file.name for file in tmp_path.iterdir()} == {f"{name}.{kind}" for name in names for kind in KINDS}
    with Image.open(tmp_path / "confusion.png") as picture:
        assert picture.width == pytest.approx(WIDTH * 300, abs=2)
        red, green, blue = (band.tobytes() for band in picture.convert("RGB").split())
    assert red == green == blue  # nothing but grey


def test_fonts_are_inside(examples: Path, tmp_path: Path) -> None:
    write_figures(read_run_record(examples / "runs/first"), tmp_path)
    assert b"/FontFile2" in (tmp_path / "classes.pdf").read_bytes()  # TrueType, as journals ask for
    assert "<text" not in (tmp_path / "classes.svg").read_text()


def test_a_learning_curve_is_drawn_where_there_is_one(tmp_path: Path) -> None:
    curve = asdict(made_curve([0.5, 0.6, 0.66, 0.7, 0.72]))
    assert write_figures(MadeRecord(make_evaluation(), curve=curve), tmp_path)[-1] == "learning_curve"


def test_the_same_figures_are_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_figures(MadeRecord(make_evaluation()), tmp_path / name)
    for file in (tmp_path / "a").iterdir():
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes(), file.name


def test_dollars_are_no_formulas_and_lacking_characters_are_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    evaluation = make_evaluation()
    row = evaluation.per_class["opinion"]
    write_figures(MadeRecord(make_evaluation(per_class={"$x": row, "意見": row, "b$": row})), tmp_path)
    assert "lacks some characters" in caplog.text


@pytest.mark.parametrize("backend", ["module://matplotlib_inline.backend_inline", "TkAgg"])
def test_a_notebooks_backend_changes_nothing(backend: str, examples: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from classifier.reports.paper.figures import write_figures\n"
        "from classifier.reports.run.record import read_run_record\n"
        f"write_figures(read_run_record(Path({str(examples / 'runs/first')!r})), Path({str(tmp_path)!r}))\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "MPLBACKEND": backend})
    assert (tmp_path / "confusion.pdf").exists()
