from pathlib import Path
from typing import Any

import benchmark_cascade
import pytest
from benchmark_cascade import measured, parse


def test_a_row_says_what_skipped_and_what_it_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options: list[list[str]] = []

    def predict(_: str, source: Path, out: Path, more: list[str]) -> tuple[float, list[dict[str, Any]]]:
        options.append(more)
        labels, skipped = ("aabb", "1100") if "--cascade" in more else ("abbb", "0000")
        by = {"0": "model", "1": benchmark_cascade.SKIPPED}
        rows = [{"label": label, "scored_by": by[skip]} for label, skip in zip(labels, skipped, strict=True)]
        return (2.0 if "--cascade" in more else 8.0), rows

    monkeypatch.setattr(benchmark_cascade, "predict", predict)
    given = parse(["runs/first", "new.jsonl", "--repeats", "1", "--set", "data.missing=[]", "--cascade", "0.95"])
    row = measured(given, tmp_path)
    assert row == "| first | 4 | 50.0% | 50.00% | 8.0 | 2.0 |"
    assert options == [["--set", "data.missing=[]"], ["--set", "data.missing=[]", "--cascade", "0.95"]]


def test_a_cascade_that_nothing_skips_has_no_agreement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark_cascade, "predict", lambda *_: (1.0, [{"label": "a", "scored_by": "model"}]))
    assert "| 0.0% |  |" in measured(parse(["RUN", "new.jsonl", "--repeats", "1"]), tmp_path)
