"""The verb compare: its result, and the files that it writes."""

import csv
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from classifier.errors import InputError
from classifier.evaluation.comparison import compare_runs
from classifier.jobs.compare import compare
from tests.makers.predictions import made_articles, predictions, write_run


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Path, Path]:
    rng = np.random.default_rng(0)
    truth = rng.integers(3, size=100)
    articles = made_articles(truth.tolist())
    one, other = (write_run(tmp_path / name, articles, predictions(truth, 0.7, rng)) for name in "ab")
    return one, other


def test_it_returns_what_was_measured_and_writes_it_where_asked(runs: tuple[Path, Path], tmp_path: Path) -> None:
    expected, articles = compare_runs(*runs, metric="accuracy")
    assert compare(*runs, metric="accuracy", out=str(tmp_path / "out")) == expected
    assert json.loads((tmp_path / "out" / "comparison.json").read_text()) == json.loads(json.dumps(asdict(expected)))
    with (tmp_path / "out" / "differences.csv").open() as stream:
        assert len(list(csv.DictReader(stream))) == len(articles) == expected.differing
    compare(*runs, out=tmp_path / "alone.json")
    assert (tmp_path / "alone.json").exists()


def test_nothing_is_replaced_unasked(runs: tuple[Path, Path], tmp_path: Path) -> None:
    for out in ("out", "out.json"):
        compare(*runs, out=tmp_path / out)
        with pytest.raises(InputError, match="already"):
            compare(*runs, out=tmp_path / out)
        compare(*runs, out=tmp_path / out, overwrite=True)
    (tmp_path / "x.json").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        compare(*runs, out=tmp_path / "x.json")
