import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import pytest

from classifier import one_writer as module
from classifier.errors import InputError
from classifier.files import check_free, whole_file, whole_folder
from classifier.jobs.audit import audit
from classifier.jobs.building.build import build
from classifier.jobs.compare import compare
from classifier.jobs.export import export
from classifier.jobs.folds import train_folds
from classifier.jobs.learning_curve.learning_curve import learning_curve
from classifier.jobs.predict.files import predict_files
from classifier.jobs.seeds import train_seeds
from classifier.jobs.train import train
from classifier.jobs.tune.tune import tune
from classifier.one_writer import (
    Holder,
    check_still_ours,
    has_got_its_name,
    is_leftover,
    is_unfinished,
    one_writer,
    remove_leftovers,
    remove_leftovers_within,
    unfinished,
)
from tests.makers.articles import make_articles, write_jsonl

ROOT = Path(__file__).parent.parent
WRITES = """
import sys, time
from pathlib import Path
from classifier.files import whole_file, whole_folder
from classifier.one_writer import one_writer
out = Path(sys.argv[2])
with one_writer(out), {"folder": whole_folder, "file": whole_file}[sys.argv[1]](out) as partial:
    if sys.argv[1] == "folder":
        (partial / "half").write_text("x")
    print("ready", flush=True)
    sys.stdin.readline()
"""
ELSEWHERE = Holder("elsewhere", "another boot", 1, "", "2026-01-01T10:00:00+00:00", "classifier train a.csv", "t")


@contextmanager
def another(kind: str, out: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process that writes an output, and waits with half of it."""
    command = [sys.executable, "-c", WRITES, kind, str(out)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def jobs(out: Path, source: Path) -> list[Callable[[], object]]:
    """Every job that writes an output at its end."""
    given, dataset = str(source), str(source.with_name("dataset"))
    return [
        lambda: build(given, out),
        lambda: build(given, out, overwrite=True),
        lambda: train(given, out),
        lambda: train(None, out, resume=True),
        lambda: train_seeds(given, out),
        lambda: train_seeds(None, out, resume=True),
        lambda: train_folds(given, out, settings={"split.folds": 3}),
        lambda: tune(given, out),
        lambda: learning_curve(given, out, model="tfidf"),
        lambda: audit(given, out, encoder=False),
        lambda: compare("a", "b", out=out),
        lambda: predict_files("no-run", given, out.with_suffix(".csv")),
        lambda: export(dataset, "csv", out.with_suffix(".csv")),
    ]


def lock_of(out: Path, holder: Holder) -> Path:
    """A lock file as another process would have left it."""
    file = out.with_name(f".{out.name}.lock")
    file.write_text(json.dumps(asdict(holder)))
    return file


def here(**changes: object) -> Holder:
    """This process as a holder, with changes."""
    return Holder(**{**asdict(module._this_process()), **changes})


def test_the_second_process_is_told_who_writes_and_since_when(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with another("folder", out) as process:
        with pytest.raises(InputError) as refused, one_writer(out):
            pass
        told = f"'{out}' is being written: process {process.pid} on {socket.gethostname()} has been writing to it since"
        assert told in refused.value.message
        assert "folder" in refused.value.message, "the command is shown"
        assert refused.value.fix == "Wait until it has ended, or choose another --out."
        with pytest.raises(InputError, match="is being written"), whole_folder(out):
            pass
        process.communicate("\n")
    assert [path.name for path in out.iterdir()] == ["half"]
    with one_writer(out):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_every_job_is_refused_before_it_begins(tmp_path: Path) -> None:
    source, out = write_jsonl(tmp_path / "a.jsonl", make_articles(30)), tmp_path / "out"
    build(str(source), tmp_path / "dataset")
    with another("folder", out), another("file", out.with_suffix(".csv")):
        before = {path.name for path in tmp_path.iterdir()}
        for job in jobs(out, source):
            with pytest.raises(InputError, match="is being written: process"):
                job()
        assert {path.name for path in tmp_path.iterdir()} == before


def test_what_lies_in_a_folder_that_is_written_is_refused_too_and_the_reverse(tmp_path: Path) -> None:
    with another("folder", tmp_path / "runs" / "seed-13"):
        for path in (tmp_path / "runs", tmp_path / "runs" / "seed-13" / "model"):
            with pytest.raises(InputError, match="seed-13' is being written"), one_writer(path):
                pass
        with one_writer(tmp_path / "runs" / "seed-14"):
            pass


def test_a_killed_process_leaves_nothing_that_stands_in_the_way(tmp_path: Path) -> None:
    out = tmp_path / "out"
    (tmp_path / "out.notes.partial").write_text("mine")
    (tmp_path / "other.0123456789ab.partial").write_text("of another output")
    with another("folder", out) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    left = {path.name for path in tmp_path.iterdir()}
    assert ".out.lock" in left
    assert len(left) == 4, "its half is still there"
    check_free(out, needed=set(), allowed=set(), overwrite=False)
    with whole_folder(out) as partial:
        (partial / "whole").write_text("x")
    assert {path.name for path in tmp_path.iterdir()} == {"out", "out.notes.partial", "other.0123456789ab.partial"}
    assert [path.name for path in out.iterdir()] == ["whole"]


def test_one_process_writes_within_its_own_output(tmp_path: Path) -> None:
    with one_writer(tmp_path / "out"):
        with one_writer(tmp_path / "out"), whole_folder(tmp_path / "out") as partial, whole_folder(partial / "in"):
            pass
        with whole_folder(tmp_path / "out" / "model"):
            assert {path.name for path in tmp_path.iterdir()} == {"out", ".out.lock"}
    assert {path.name for path in tmp_path.iterdir()} == {"out"}


def test_two_threads_do_not_write_the_same(tmp_path: Path) -> None:
    refused: list[str] = []

    def second() -> None:
        try:
            with one_writer(tmp_path / "out"):
                pass
        except InputError as error:
            refused.append(error.message)

    with one_writer(tmp_path / "out"):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    assert "another thread" in refused[0]


@pytest.mark.parametrize(
    ("holder", "locks", "free"),
    [
        (here(), True, True),  # the system's lock is free, so that process is dead
        (here(pid=2**22 - 1), False, True),  # no such process
        (here(started="1"), False, True),  # another process has its number now
        (here(), False, False),  # it runs
        (here(boot="before"), False, True),  # the computer was started again
        (here(host="container"), True, True),  # the same system, whose lock is free
        (here(host="container"), False, False),  # its numbers are not ours
        (ELSEWHERE, True, False),
        (ELSEWHERE, False, False),
    ],
)
def test_a_lock_file_that_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, holder: Holder, locks: bool, free: bool
) -> None:
    if not Path("/proc/self/stat").exists():
        pytest.skip("what a process is cannot be told apart here")
    if not locks:
        monkeypatch.setattr(module, "_lock", lambda descriptor: None)
    file = lock_of(tmp_path / "out", holder)
    if free:
        with one_writer(tmp_path / "out"):
            assert json.loads(file.read_text())["pid"] == os.getpid()
        assert not list(tmp_path.iterdir())
        return
    with pytest.raises(InputError) as refused, one_writer(tmp_path / "out"):
        pass
    assert ("remove" in refused.value.fix) == (holder.host != socket.gethostname())
    assert json.loads(file.read_text()) == asdict(holder)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"pid": "x"}', "\x00\x00", json.dumps({**asdict(here()), "pid": "1"})]
)
def test_a_damaged_lock_file_that_no_process_holds_is_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / ".out.lock").write_text(text)
    with one_writer(tmp_path / "out"):
        pass
    assert not list(tmp_path.iterdir())


def test_a_lock_that_has_become_anothers_is_seen_at_the_rename(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(InputError, match=r"no longer this process's alone: process 1 on elsewhere"), whole_folder(out):
        lock_of(out, ELSEWHERE)
    assert not out.exists()
    (tmp_path / ".out.lock").unlink()
    with (
        pytest.raises(InputError, match="its lock was removed"),
        one_writer(out),
        whole_file(out / "report.html") as partial,
    ):
        partial.write_text("x")
        (tmp_path / ".out.lock").unlink()
    assert not (out / "report.html").exists()


def test_what_has_appeared_in_the_meantime_is_not_replaced(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(InputError, match="appeared in the meantime"), whole_folder(out):
        out.mkdir()
        (out / "thesis.docx").write_text("x")
    assert [path.name for path in out.iterdir()] == ["thesis.docx"]
    file = tmp_path / "labels.csv"
    with pytest.raises(InputError, match="appeared in the meantime"), one_writer(file), whole_file(file) as partial:
        partial.write_text("new")
        file.write_text("of another program")
    assert file.read_text() == "of another program"
    with one_writer(file), whole_file(file) as partial:
        partial.write_text("new")
    with one_writer(tmp_path / "twice"):
        for _ in range(2):
            with whole_file(tmp_path / "twice") as partial:
                partial.write_text("x")


def test_checking_what_nobody_holds_does_nothing(tmp_path: Path) -> None:
    check_still_ours(tmp_path / "out")
    has_got_its_name(tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_names_are_unique_and_recognised(tmp_path: Path) -> None:
    names = {unfinished(tmp_path / "out").name for _ in range(50)}
    assert len(names) == 50
    assert all(is_unfinished(name) for name in names)
    for name in ("out", "out.partial", ".out.lock", "out.0123456789ab", "0123456789ab.partial"):
        assert not is_unfinished(name), name
    (tmp_path / ".other.lock").write_text("of another program")
    lock_of(tmp_path / "out", ELSEWHERE)
    assert [is_leftover(tmp_path / name) for name in (".out.lock", ".other.lock", "x.0123456789ab.partial", "x")] == [
        True,
        False,
        True,
        False,
    ]


def test_leftovers_are_removed_and_nothing_else(tmp_path: Path) -> None:
    for name in ("out.0123456789ab.partial", "out.0123456789ab.replaced", "deep/model.0123456789ab.partial/weights"):
        (tmp_path / "out" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "out" / name).write_text("x")
    shutil.copytree(tmp_path / "out", tmp_path / "out.00000000000a.partial")
    (tmp_path / "out.txt.0123456789ab.partial").write_text("of out.txt")
    (tmp_path / "out.00000000000b.replaced").mkdir()
    remove_leftovers(tmp_path / "out")
    assert {path.name for path in tmp_path.iterdir()} == {"out", "out.txt.0123456789ab.partial"}
    remove_leftovers_within(tmp_path / "out")
    assert {path.relative_to(tmp_path).as_posix() for path in (tmp_path / "out").rglob("*")} == {
        "out/out.0123456789ab.replaced",
        "out/deep",
    }


def test_what_was_being_replaced_gets_its_name_back(tmp_path: Path) -> None:
    (tmp_path / "out.0123456789ab.replaced").mkdir()
    (tmp_path / "out.0123456789ab.replaced" / "old").write_text("x")
    with one_writer(tmp_path / "out"):
        pass
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")] == ["out", "out/old"]


def test_folders_that_were_made_for_nothing_are_removed(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), one_writer(tmp_path / "a" / "b" / "out"):
        raise RuntimeError
    assert not list(tmp_path.iterdir())
    with one_writer(tmp_path / "a" / "out"):
        (tmp_path / "a" / "out").mkdir()
    assert (tmp_path / "a" / "out").is_dir()


def test_the_root_is_left_to_other_checks() -> None:
    with one_writer("/"):
        pass


def test_a_disk_that_has_no_room_for_the_whole_lock(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, before[1]))
    try:
        with pytest.raises(InputError, match="out' cannot be written: File too large"), one_writer(tmp_path / "out"):
            pass
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_in_a_place_that_cannot_be_written(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "place" / "out").mkdir(parents=True)
    (tmp_path / "place").chmod(0o500)
    with one_writer(tmp_path / "place" / "out"):
        pass
    assert "nothing keeps another process" in caplog.text
    with pytest.raises(InputError, match="cannot be written"), one_writer(tmp_path / "place" / "new"):
        pass
    (tmp_path / "place").chmod(0o700)
