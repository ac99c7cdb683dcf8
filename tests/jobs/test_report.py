"""The verb report."""

from pathlib import Path
from typing import Any

import pytest

from classifier.errors import InputError
from classifier.jobs import report as job
from classifier.jobs.report import report


def test_names_and_paths_are_the_same_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(job, "write_report", lambda path, **more: (asked.append((path, more)), path)[1])
    assert report("run", out="page.html", learning_curve="curve") == Path("run")
    report(Path("run"))
    assert asked[0] == (Path("run"), {"out": Path("page.html"), "curve": Path("curve")})
    assert asked[1] == (Path("run"), {"out": None, "curve": None})


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        report(tmp_path)
