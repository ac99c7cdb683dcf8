"""What commands print alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifier.cli.output import duration, show_evaluation, show_findings
from classifier.files import write_json
from classifier.reports.run.figure_findings import how_good
from classifier.reports.run.findings import run_findings, run_verdict
from tests.makers.runs import MadeRecord, make_controls, make_evaluation


def test_findings_follow_the_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    record = MadeRecord(make_evaluation(articles=60))
    show_findings(record)
    printed = " ".join(capsys.readouterr().out.split())
    found = run_findings(record)
    assert printed.startswith(
        f"{run_verdict(found).text} {how_good(record.evaluation)} What predicts: the encoder MiniLM alone. "
        "Take care: A small test."
    )
    assert printed.endswith(found[-1].text)


def test_controls_are_shown_in_full(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from dataclasses import asdict

    write_json(tmp_path / "controls.json", asdict(make_controls((-0.02, 0.05), (-0.01, 0.03))))
    show_findings(MadeRecord(make_evaluation(), folder=tmp_path))
    printed = " ".join(capsys.readouterr().out.split())
    assert printed.count("THE MODEL DOES NOT READ THE TARGET") == 1
    assert printed.index("Against: It does not read the target") < printed.index("On 90 test pairs the macro F1")


@pytest.mark.parametrize("quiet", [False, True])
def test_quiet_leaves_out_the_classes_alone(quiet: bool, capsys: pytest.CaptureFixture[str]) -> None:
    show_evaluation(MadeRecord(make_evaluation()), quiet=quiet)
    printed = capsys.readouterr().out
    assert ("per class" in printed) is not quiet
    assert "macro F1" in printed and "For: Better than TF-IDF." in printed


def test_durations_are_readable() -> None:
    assert [duration(seconds) for seconds in (7.4, 119.0, 150.0)] == ["7 s", "119 s", "2.5 min"]
