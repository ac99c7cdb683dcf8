"""The verb estimate: its result, the table that it writes, and which settings it takes."""

import json
from pathlib import Path
from typing import Any

import pytest

from classifier.errors import InputError
from classifier.evaluation.shares.estimate import PrevalenceReport
from classifier.jobs import estimate as job
from classifier.jobs.estimate import estimate

REPORT = PrevalenceReport(("source",), (), (), ())


def test_reading_settings_reach_the_measurement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(job, "estimate_shares", lambda *given, **more: (asked.append((given, more)), REPORT)[1])
    settings = {"data.columns.label": "truth", "data.columns.id": 7, "data.encoding": "cp1252"}
    found = estimate("run", "p.csv", by=["source"], out=tmp_path / "shares.jsonl", settings=settings)
    assert found is REPORT
    given, more = asked[0]
    assert given == ("run", "p.csv")
    assert more["by"] == ["source"]
    assert (more["columns"], more["encoding"]) == ({"label": "truth", "id": "7"}, "cp1252")
    assert (tmp_path / "shares.jsonl").exists()
    with pytest.raises(InputError, match="exists already"):
        estimate("run", "p.csv", out=tmp_path / "shares.jsonl")
    with pytest.raises(InputError, match=r"--set train\.seed=3 has no effect here\.\nFix: This command takes data"):
        estimate("run", "p.csv", settings={"train.seed": 3})
    with pytest.raises(InputError, match=r"--set data\.columns\.labels=.* has no effect here"):
        estimate("run", "p.csv", settings={"data.columns.labels": ["a", "b"]})
    assert len(asked) == 1
    for by in ("source,month", ["source", "month"]):
        estimate("run", "p.csv", by=by)
        assert asked.pop()[1]["by"] == ["source", "month"]


def test_both_tables_must_be_files() -> None:
    rows: Any = [{"id": "1", "label": "a"}]
    with pytest.raises(InputError, match=r"^predictions must be the path of a file\."):
        estimate("run", rows)
    with pytest.raises(InputError, match=r"^labelled must be the path of a file\."):
        estimate("run", "p.csv", labelled=rows)


def test_a_missing_run_is_said_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text(json.dumps({"id": "1", "label": "a"}) + "\n")
    with pytest.raises(InputError):
        estimate(tmp_path / "nowhere", tmp_path / "p.jsonl", out=tmp_path / "shares.csv")
    assert not (tmp_path / "shares.csv").exists()
