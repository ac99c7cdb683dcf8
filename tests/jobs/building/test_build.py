import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from classifier.cli.app import run as cli
from classifier.dataset.folder import open_dataset
from classifier.errors import InputError
from classifier.jobs.building.build import build
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.building import files, rows, split_of, spoilt, write
from tests.makers.sources import made

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty place for temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_a_dry_run_reports_the_same_and_writes_nothing(
    tmp_path: Path, temporary: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    source = spoilt(tmp_path / "a.jsonl")
    options = [str(source), "--skip-bad", "--set", 'data.strip=["line:Read more"]']
    before = files(tmp_path)
    assert cli(["build", *options, "--dry-run"]) == 0
    *dry, last = capsys.readouterr().out.splitlines()
    assert last == "Nothing was written: this was a dry run."
    assert files(tmp_path) == before
    assert list(temporary.iterdir()) == []
    assert list(Path.cwd().iterdir()) == []
    assert cli(["build", *options, "--out", str(tmp_path / "data")]) == 0
    assert capsys.readouterr().out.splitlines()[: len(dry)] == dry
    dry_report = build(str(source), None, dry_run=True, skip_bad=True, settings={"data.strip": ["line:Read more"]})
    assert dry_report.dataset is None
    assert dry_report.info == open_dataset(tmp_path / "data").info


def test_a_dry_run_names_the_bad_rows_and_leaves_nothing(tmp_path: Path, temporary: Path, capsys: Capture) -> None:
    source = spoilt(tmp_path / "a.jsonl")
    assert cli(["build", str(source), "--dry-run"]) == 2
    assert "5 bad rows" in capsys.readouterr().err
    assert list(temporary.iterdir()) == []


def test_a_dry_run_takes_no_out_and_a_build_needs_one(tmp_path: Path, capsys: Capture) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(30))
    both = ["--dry-run", "--out", str(tmp_path / "data")]
    for options, said in ((both, "--dry-run writes nothing"), ([], "Nothing says where to write the dataset.")):
        assert cli(["build", str(source), *options]) == 2
        assert said in capsys.readouterr().err
    assert not (tmp_path / "data").exists()
    with pytest.raises(InputError, match="Nothing says where to write"):
        build(str(source), None)


@pytest.mark.usefixtures("quick")
def test_another_seed_gives_other_splits(tmp_path: Path) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(60))
    first, second = (made(source, tmp_path / seed, f"split.seed={seed}") for seed in ("1", "2"))
    assert split_of(first) != split_of(second)


def test_a_second_build_finds_the_folder_up_to_date(tmp_path: Path, capsys: Capture) -> None:
    source, out = write_jsonl(tmp_path / "a.jsonl", make_articles(30)), tmp_path / "data"
    assert cli(["build", str(source), "--out", str(out)]) == 0
    assert f"Wrote {out}; look at {out / 'report.html'}." in capsys.readouterr().out.replace("\n", "")
    before = {path: path.stat().st_mtime_ns for path in [out, *out.rglob("*")]}
    assert cli(["build", str(source), "--out", str(out)]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "is up to date: nothing has changed. Next: classifier train" in printed
    assert "opinion" in printed
    assert {path: path.stat().st_mtime_ns for path in [out, *out.rglob("*")]} == before


@pytest.mark.parametrize(
    ("change", "settings", "message"),
    [
        (lambda f: write_jsonl(f / "a.jsonl", make_articles(31)), [], "the source has changed ('a.jsonl')"),
        (lambda f: None, ["split.test_size=0.3"], "settings have changed (split.test_size)"),
        (lambda f: None, ["data.columns.title=id"], "settings have changed (data.columns)"),
        (lambda f: None, ["train.seed=7", "model.max_length=64"], "settings have changed (model.max_length, train.see"),
        (
            lambda f: write_jsonl(f / "a.jsonl", make_articles(31)),
            ["data.conflicts=drop"],
            "the source has changed ('a.jsonl') and settings have changed (data.conflicts)",
        ),
    ],
    ids=["source", "split", "column", "train", "both"],
)
@pytest.mark.usefixtures("quick")
def test_a_dataset_of_something_else_is_refused_and_named(
    change: Callable[[Path], object], settings: list[str], message: str, tmp_path: Path, capsys: Capture
) -> None:
    source, out = write_jsonl(tmp_path / "a.jsonl", make_articles(30)), tmp_path / "data"
    assert cli(["build", str(source), "--out", str(out)]) == 0
    before = files(out)
    change(tmp_path)
    assert cli(["build", str(source), "--out", str(out), *(w for s in settings for w in ("--set", s))]) == 2
    error = capsys.readouterr().err
    assert f"is in use already, and since it was built {message}" in error
    assert "add --overwrite" in error
    assert (f"--extend {out}" in error) == ("source" in message)
    assert files(out) == before


@pytest.mark.usefixtures("quick")
def test_a_setting_that_came_later_changes_no_dataset(tmp_path: Path) -> None:
    source, out = write_jsonl(tmp_path / "a.jsonl", make_articles(30)), tmp_path / "data"
    assert cli(["build", str(source), "--out", str(out)]) == 0
    values = json.loads((out / "dataset.json").read_text())
    assert values["settings"]["train"].pop("label_by") == "fit"
    (out / "dataset.json").write_text(json.dumps(values))
    (out / "checksums.json").unlink()  # older versions wrote none
    assert cli(["build", str(source), "--out", str(out)]) == 0
    assert cli(["build", str(source), "--out", str(out), "--set", "train.label_by=score"]) == 2


@pytest.mark.usefixtures("quick")
def test_overwrite_replaces_a_dataset_with_all_its_files(tmp_path: Path) -> None:
    out = tmp_path / "data"
    source = write(tmp_path / "a.jsonl", *rows(30), {"text": "", "label": "a"})
    made(source, out, "split.folds=3", skip_bad=True)
    assert (out / "rejected.jsonl").exists()
    write_jsonl(source, make_articles(40))
    dataset = made(source, out, overwrite=True)
    assert sum(counts.articles for counts in dataset.info.counts.values()) == 40
    assert not {"rejected.jsonl", "articles"} & {path.name for path in out.iterdir()}


@pytest.mark.usefixtures("quick")
def test_saved_splits_that_change_are_noticed(tmp_path: Path) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(40))
    for seed in ("1", "2"):
        made(source, tmp_path / seed, f"split.seed={seed}")
    shutil.copy(tmp_path / "1" / "splits.parquet", tmp_path / "splits.parquet")
    settings = [f"split.file={tmp_path / 'splits.parquet'}"]
    dataset = made(source, tmp_path / "data", *settings)
    assert split_of(dataset) == split_of(open_dataset(tmp_path / "1"))
    assert made(source, tmp_path / "data", *settings) == dataset
    shutil.copy(tmp_path / "2" / "splits.parquet", tmp_path / "splits.parquet")
    with pytest.raises(InputError, match=r"the source has changed \('splits\.parquet'\)"):
        made(source, tmp_path / "data", *settings)


@pytest.mark.usefixtures("quick")
def test_a_dataset_is_no_source(tmp_path: Path) -> None:
    made(write_jsonl(tmp_path / "a.jsonl", make_articles(30)), tmp_path / "data")
    with pytest.raises(InputError, match="is a dataset already"):
        build(str(tmp_path / "data"), tmp_path / "again")


@pytest.mark.usefixtures("quick")
def test_a_dataset_is_extended_in_place_only_with_overwrite(tmp_path: Path, capsys: Capture) -> None:
    out = str(tmp_path / "data")
    assert cli(["build", str(write_jsonl(tmp_path / "a.jsonl", make_articles(40))), "--out", out]) == 0
    old = split_of(open_dataset(tmp_path / "data"))
    command = ["build", str(write_jsonl(tmp_path / "a.jsonl", make_articles(60))), "--out", out, "--extend", out]
    assert cli(command) == 2
    assert "add --overwrite" in capsys.readouterr().err
    assert split_of(open_dataset(tmp_path / "data")) == old
    assert cli([*command, "--overwrite"]) == 0
    assert "40 articles kept their splits; 20 are new" in capsys.readouterr().err
    new = split_of(open_dataset(tmp_path / "data"))
    assert old.items() <= new.items()
    assert len(new) == 60
    assert cli(command[:-2]) == 2
    assert "the source has lost files (it had 'a.jsonl', 'a.jsonl')" in " ".join(capsys.readouterr().err.split())


def test_a_dry_run_has_no_page_to_show(tmp_path: Path) -> None:
    report = build(str(write_jsonl(tmp_path / "a.jsonl", make_articles(30))), None, dry_run=True)
    with pytest.raises(InputError, match="writes no page"):
        report.show()
