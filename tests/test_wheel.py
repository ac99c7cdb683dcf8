"""A built wheel, installed in a fresh environment, brings the command and its templates."""

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from classifier._version import DISTRIBUTION

ROOT = Path(__file__).parent.parent


def run(*command: object) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_works_where_nothing_else_of_ours_is(tmp_path: Path) -> None:
    pytest.importorskip("hatchling")
    run(sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "-q", "-w", tmp_path, ROOT)
    (wheel,) = tmp_path.glob(f"{DISTRIBUTION.replace('-', '_')}-*.whl")
    venv.create(tmp_path / "env", with_pip=True)
    scripts = tmp_path / "env" / ("Scripts" if sys.platform == "win32" else "bin")
    run(scripts / "python", "-m", "pip", "install", "-q", "--no-deps", wheel)
    # The dependencies are lent from here: a .pth file does not bring the editable install with it.
    purelib = run(scripts / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    (Path(purelib) / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    where = run(scripts / "python", "-P", "-c", "import classifier; print(classifier.__file__)")
    assert str(tmp_path / "env") in where
    assert "classifier 0." in run(scripts / "classifier", "--version")
    run(scripts / "classifier", "init", "stance", "--out", tmp_path / "my.toml")
    (tmp_path / "a.csv").write_text("text,label\n" + "".join(f"some text {i},{'ab'[i % 2]}\n" for i in range(20)))
    assert "Wrote" in run(scripts / "classifier", "build", tmp_path / "a.csv", "--out", tmp_path / "data")
    assert (Path(purelib) / "classifier" / "py.typed").exists()
