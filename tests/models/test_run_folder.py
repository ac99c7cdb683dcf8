import json
from dataclasses import asdict
from pathlib import Path

import pytest

from classifier.checksums import file_sum
from classifier.errors import InputError
from classifier.models.run_folder import RunFolder, open_run, read_manifest, read_metrics

MANIFEST = {
    "format_version": 1,
    "classifier": "0.1.0",
    "python": "3.11",
    "torch": "2.6",
    "transformers": "5.0",
    "ended": "2026-01-01T00:00:00+00:00",
    "seconds": 12.5,
}


def make_run(path: Path, manifest: object = MANIFEST) -> Path:
    path.mkdir()
    (path / "config.toml").write_text("")
    (path / "manifest.json").write_text(json.dumps(manifest))
    return path


def test_the_paths_of_a_run(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "run"))
    assert run == RunFolder(tmp_path / "run")
    assert run.model == tmp_path / "run" / "model"
    assert run.evaluation("test") == tmp_path / "run" / "evaluation" / "test"


def test_what_is_no_complete_run_is_refused(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    with pytest.raises(InputError, match="There is no run folder"):
        open_run(tmp_path / "nowhere")
    (run / "manifest.json").write_text(json.dumps({**MANIFEST, "format_version": 2}))
    with pytest.raises(InputError, match=r"manifest\.json' has format version 2; this version .* reads 1"):
        open_run(run)
    (run / "manifest.json").unlink()
    with pytest.raises(InputError, match=r"is incomplete.*\nFix: .*train --resume --out"):
        open_run(run)
    (run / "config.toml").unlink()
    with pytest.raises(InputError, match=r"it has no config\.toml"):
        open_run(run)


def test_a_manifest_is_read_as_it_is_and_checked(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "run", {**MANIFEST, "more": "of an older version"}))
    assert read_manifest(run)["more"] == "of an older version"
    run.manifest.write_text(json.dumps({**MANIFEST, "seconds": "long"}))
    with pytest.raises(InputError, match=r"manifest\.json' is damaged: seconds: Input should be a valid number"):
        read_manifest(run)


STEP = {"kind": "step", "step": 1, "epoch": 0.5, "loss": 0.7, "tokens": 90, "seconds": 0.1, "epoch_ends": False}


def test_the_lines_of_metrics_are_checked(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    assert read_metrics(run) == []
    good = [STEP, {"kind": "evaluation", "step": 1, "epoch": 0.5, "split": "validation", "f1_macro": 0.3}]
    run.metrics.write_text("".join(json.dumps(line) + "\n" for line in good))
    assert read_metrics(run) == good
    for change in ({"kind": "stop"}, {"step": "1"}, {"step": 1.5}, {"loss": None}, {"tokens": "many"}):
        run.metrics.write_text(json.dumps({**STEP, **change}) + "\n")
        with pytest.raises(InputError, match=r"metrics\.jsonl' is damaged: what it says of step"):
            read_metrics(run)
    run.metrics.write_text('{"step": 1}\n')
    with pytest.raises(InputError, match=r"metrics\.jsonl' is damaged"):
        read_metrics(run)


def test_settings_that_were_changed_after_training_are_refused(tmp_path: Path) -> None:
    path = make_run(tmp_path / "run")
    files = {"config.toml": asdict(file_sum(path / "config.toml"))}
    (path / "manifest.json").write_text(json.dumps({**MANIFEST, "files": files}))
    open_run(path)
    (path / "config.toml").write_text("[evaluate]\nbootstrap_samples = 100\n")
    with pytest.raises(InputError, match=r"config\.toml: it has 35 bytes, and 0 were written") as error:
        open_run(path)
    assert "take 'files' out of" in error.value.fix and "manifest.json" in error.value.fix
    (path / "manifest.json").write_text(json.dumps(MANIFEST))
    open_run(path)
