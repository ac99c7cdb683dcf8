"""The file of a learning curve holds what a page needs, and a damaged one is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from classifier.errors import InputError
from classifier.evaluation.learning_curve import RESULT, PointKey, as_json, read_curve
from classifier.files import write_json
from tests.makers.curves import made_curve

SCORES = (0.5, 0.6, 0.65, 0.68, 0.7)


@pytest.mark.parametrize(
    ("share", "repeat", "name"), [(0.1, 1, "share-0.1-repeat-1"), (1.0, 3, "share-1-repeat-3")]
)  # files of older curves have these names
def test_the_name_of_a_point(share: float, repeat: int, name: str) -> None:
    assert PointKey(share, repeat).name == name


def test_the_file_holds_scores_without_predictions_and_without_what_differs_between_machines(tmp_path: Path) -> None:
    curve = made_curve(SCORES, path=tmp_path, seconds=12.5)
    write_json(tmp_path / RESULT, as_json(curve))
    text = (tmp_path / RESULT).read_text()
    assert str(tmp_path) not in text and "12.5" not in text and "predicted" not in text
    held = json.loads(text)
    assert (held["format_version"], held["split"]) == (1, "validation")
    assert [mean["value"] for mean in held["means"]] == list(SCORES)
    assert [point["figures"]["f1_macro"] for point in held["points"]] == list(SCORES)
    assert read_curve(tmp_path / RESULT) == held


def test_a_curve_that_was_written_without_points_is_read(tmp_path: Path) -> None:
    write_json(tmp_path / RESULT, as_json(made_curve(SCORES, points=())))
    assert read_curve(tmp_path / RESULT)["points"] == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format_version": 2}, "format version 2"),
        ({"means": "many"}, "means"),
        ({"points": [3]}, "points"),
        ({"metric": None}, "metric"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_with_a_file_is_named(change: dict[str, Any], words: str, tmp_path: Path) -> None:
    write_json(tmp_path / RESULT, {**as_json(made_curve(SCORES)), **change})
    with pytest.raises(InputError, match=words) as caught:
        read_curve(tmp_path / RESULT)
    assert "classifier learning-curve" in str(caught.value.fix)


def test_a_file_that_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no file"):
        read_curve(tmp_path / RESULT)
