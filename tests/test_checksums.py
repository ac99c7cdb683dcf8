import json
import logging
import shutil
from pathlib import Path

import pytest

from classifier.checksums import (
    CHECKSUMS,
    SKIP,
    check_checksums,
    read_checksums,
    update_checksums,
    write_checksums,
    written_anew,
)
from classifier.errors import InputError


def make(folder: Path) -> Path:
    (folder / "part").mkdir(parents=True)
    (folder / "a.json").write_text("{}\n")
    (folder / "part" / "b.bin").write_bytes(b"\0" * 1000)
    (folder / "README.md").write_text("for people")
    write_checksums(folder)
    return folder


def test_it_names_every_file_but_the_texts_for_people(tmp_path: Path) -> None:
    folder = make(tmp_path / "f")
    assert list(read_checksums(folder).files) == ["a.json", "part/b.bin"]
    assert read_checksums(folder).files["part/b.bin"].bytes == 1000


def test_a_folder_that_was_moved_stays_valid_and_more_files_do_no_harm(tmp_path: Path) -> None:
    folder = make(tmp_path / "f")
    (folder / "README.md").write_text("edited")
    (folder / "notes.txt").write_text("mine")
    moved = Path(shutil.move(folder, tmp_path / "g"))
    assert check_checksums(moved)


@pytest.mark.parametrize(
    ("change", "said", "by_size"),
    [
        (lambda f: f.unlink(), "part/b.bin: it is missing", True),
        (lambda f: (f.unlink(), f.mkdir()), "part/b.bin: it is a folder", True),
        (lambda f: f.write_bytes(b"\0" * 999), "part/b.bin: it has 999 bytes, and 1,000 were written", True),
        (lambda f: f.write_bytes(b"\0" * 999 + b"\1"), "part/b.bin: the content was changed", False),
    ],
)
def test_what_was_changed_is_named_with_a_fix(change, said: str, by_size: bool, tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    folder = make(tmp_path / "f")
    change(folder / "part" / "b.bin")
    with pytest.raises(InputError) as error:
        check_checksums(folder, fix="Copy it again.")
    assert said in str(error.value)
    assert error.value.fix.startswith("Copy it again. If you changed it on purpose, remove ")
    if by_size:
        with pytest.raises(InputError, match=r"1 file differs"):
            check_checksums(folder, hashes=False)
        return
    assert check_checksums(folder, hashes=False)
    monkeypatch.setenv(SKIP, "1")
    assert check_checksums(folder)
    monkeypatch.setenv(SKIP, "0")
    with pytest.raises(InputError):
        check_checksums(folder)


def test_all_files_are_named_at_once(tmp_path: Path) -> None:
    folder = make(tmp_path / "f")
    shutil.rmtree(folder / "part")
    (folder / "a.json").write_text("[]\n")
    with pytest.raises(InputError, match=r"2 files differ") as error:
        check_checksums(folder)
    assert [Path(fault.where).name for fault in error.value.faults] == ["a.json", "b.bin"]


def test_a_file_that_was_written_anew_is_taken_over(tmp_path: Path) -> None:
    folder = make(tmp_path / "f")
    (folder / "a.json").write_text('{"new": 1}')
    update_checksums(folder, "a.json")
    assert check_checksums(folder)
    assert list(read_checksums(folder).files) == ["a.json", "part/b.bin"]


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("written", [False, True])
def test_a_folder_can_be_read_wherever_a_file_of_it_is_stopped_being_written_anew(
    tmp_path: Path, alone: bool, written: bool
) -> None:
    folder = make(tmp_path / "f")
    if alone:
        write_checksums(folder, only=["a.json"])
    with pytest.raises(RuntimeError), written_anew(folder, "a.json"):
        if written:
            (folder / "a.json").write_text('{"new": 1}')
        raise RuntimeError
    assert check_checksums(folder) != alone
    with written_anew(folder, "a.json"):
        (folder / "a.json").write_text('{"new": 2}')
    assert check_checksums(folder) != alone
    assert alone or list(read_checksums(folder).files) == ["a.json", "part/b.bin"]


def test_without_checksums_nothing_is_checked_and_the_log_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = make(tmp_path / "f")
    (folder / CHECKSUMS).unlink()
    update_checksums(folder, "a.json")
    with caplog.at_level(logging.INFO):
        assert not check_checksums(folder)
    assert [record.levelname for record in caplog.records] == ["INFO"]
    assert "has no checksums.json" in caplog.text


@pytest.mark.parametrize("name", ["../a.json", "/etc/passwd"])
def test_a_file_outside_the_folder_is_refused(name: str, tmp_path: Path) -> None:
    folder = make(tmp_path / "f")
    (folder / CHECKSUMS).write_text(json.dumps({"files": {name: {"bytes": 1, "sha256": "x"}}, "format_version": 1}))
    with pytest.raises(InputError, match=r"checksums\.json' is damaged: .* is not in the folder"):
        check_checksums(folder)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": {}, "format_version": 1}', '{"files": {"a.json": 1}}'])
def test_damaged_checksums_are_refused(text: str, tmp_path: Path) -> None:
    folder = make(tmp_path / "f")
    (folder / CHECKSUMS).write_text(text)
    with pytest.raises(InputError, match=r"checksums\.json' (is damaged|has format version None)"):
        check_checksums(folder)
