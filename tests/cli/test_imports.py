"""Commands that only read files start without the libraries that train."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from classifier.jobs.train import train
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.settings import tiny

HEAVY = ("torch", "transformers", "sklearn", "safetensors")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Path:
    folder = tmp_path_factory.mktemp("light")
    for name, pair in (("single", False), ("pairs", True)):
        source = write_jsonl(folder / f"{name}.jsonl", make_articles(60, pair=pair))
        train(str(source), folder / name, settings=tiny(checkpoint, **{"train.num_train_epochs": 1}))
    return folder


@pytest.mark.parametrize("name", ["single", "pairs"])
@pytest.mark.parametrize(
    ("command", "heavy"),
    [("compare {run} {run}", (*HEAVY, "datasets", "matplotlib")), ("report {run}", HEAVY)],
    ids=["compare", "report"],
)
def test_compare_and_report_load_no_model_library(command: str, heavy: tuple[str, ...], name: str, runs: Path) -> None:
    """The report draws, and reads the articles of the worst errors, so it needs two libraries more."""
    code = (
        "import json, sys; from classifier.cli.app import run; code = run(sys.argv[1:]);"
        f"print(json.dumps([code, [name for name in {heavy!r} if name in sys.modules]]))"
    )
    words = command.format(run=runs / name).split()
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == [0, []], done.stderr
