import json
from dataclasses import replace
from pathlib import Path

import pytest

from classifier.checksums import CHECKSUMS
from classifier.errors import InputError
from classifier.models import ensemble
from classifier.models.ensemble import EnsembleInfo, check_members, read_ensemble, write_ensemble
from classifier.stats.abstention import Abstention
from classifier.stats.calibration import Calibration

INFO = EnsembleInfo(
    ("seed-13/model", "seed-14/model"), (0.5, 0.25), Calibration((1.5,), (0.5, -0.5)), Abstention(0.9, (0.75, None))
)


def test_it_is_read_back(tmp_path: Path) -> None:
    write_ensemble(tmp_path, INFO)
    assert read_ensemble(tmp_path) == INFO
    assert json.loads((tmp_path / "ensemble.json").read_text())["format_version"] == 1


def test_its_runs_are_the_folders_above_its_models(tmp_path: Path) -> None:
    assert [run.path for run in INFO.runs(tmp_path)] == [tmp_path / "seed-13", tmp_path / "seed-14"]
    assert INFO.first_run(tmp_path).path == tmp_path / "seed-13"


def test_an_ensemble_of_nothing_is_refused(tmp_path: Path) -> None:
    write_ensemble(tmp_path, EnsembleInfo(()))
    with pytest.raises(InputError, match=r"ensemble\.json' is damaged: it names no members"):
        read_ensemble(tmp_path)


def test_a_member_that_stands_there_twice_is_refused(tmp_path: Path) -> None:
    write_ensemble(tmp_path, EnsembleInfo(("seed-1/model", "seed-1/model")))
    with pytest.raises(InputError, match="it names a member twice"):
        read_ensemble(tmp_path)


def test_what_was_changed_is_refused_unless_it_is_of_an_older_version(tmp_path: Path) -> None:
    write_ensemble(tmp_path, INFO)
    file = tmp_path / "ensemble.json"
    file.write_text(file.read_text().replace("0.25", "0.26"))
    with pytest.raises(InputError, match=r"ensemble\.json: the content was changed"):
        read_ensemble(tmp_path)
    (tmp_path / CHECKSUMS).unlink()
    assert read_ensemble(tmp_path).thresholds == (0.5, 0.26)


def test_it_can_be_read_where_writing_it_anew_was_stopped_before_its_checksum(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_ensemble(tmp_path, INFO)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(ensemble, "write_checksums", _stopped)
        write_ensemble(tmp_path, replace(INFO, thresholds=(0.5, 0.75)))
    assert read_ensemble(tmp_path).thresholds == (0.5, 0.75)


def _stopped(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_a_member_that_is_gone_is_named(tmp_path: Path) -> None:
    (tmp_path / "seed-13" / "model").mkdir(parents=True)
    (tmp_path / "seed-13" / "model" / "classifier.json").write_text("{}")
    with pytest.raises(InputError, match=r"lacks 1 of its 2 models.*seed-14/model"):
        check_members(tmp_path, INFO)
