"""What controls.json holds."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from classifier.errors import InputError
from classifier.evaluation.controls import CONTROLS_FILE, read_controls
from tests.makers.runs import make_controls


@pytest.mark.parametrize("shuffled", [(0.1, 0.3), None])
def test_what_is_written_is_read(shuffled: tuple[float, float] | None, tmp_path: Path) -> None:
    controls = make_controls((0.2, 0.4), shuffled)
    (tmp_path / CONTROLS_FILE).write_text(json.dumps(asdict(controls)))
    assert read_controls(tmp_path) == controls


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    assert read_controls(tmp_path) is None
    for content in ('{"format_version": 1}', '{"format_version": 2}', "{"):
        (tmp_path / CONTROLS_FILE).write_text(content)
        with pytest.raises(InputError):
            read_controls(tmp_path)
