"""A job that is killed goes on, and gives what it would have given at once; changes of what it labels are noticed."""

import json
import multiprocessing
import random
import sys
import time
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from classifier.errors import InputError
from classifier.jobs.predict import chunks as chunks_module
from classifier.jobs.predict import parts as parts_module
from classifier.jobs.predict.added import More
from tests.makers.labelling import by_letters, killed, run, write_rows

FORMATS = ("jsonl", "csv", "tsv", "parquet", "xlsx")
needs_fork = pytest.mark.skipif(sys.platform == "win32", reason="a process copies itself")


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks_module, "SIZES", (3, 5, 16))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return write_rows(tmp_path / "new.jsonl", 0, 60)


def expected(source: Path, suffix: str) -> bytes:
    """The output of a job that is not stopped."""
    out = source.parent / f"whole.{suffix}"
    run(out, source)
    return out.read_bytes()


def goes_on(out: Path, source: Path, whole: bytes) -> None:
    """Run the job until it is done; nothing but the output may be left."""
    if not (out.exists() and not out.with_name(f"{out.name}.parts").exists()):
        run(out, source)
    assert out.read_bytes() == whole
    names = {path.name for path in out.parent.iterdir() if not path.name.endswith((".lock", ".partial"))}
    assert names == {out.name}


@needs_fork
@pytest.mark.parametrize(
    ("suffix", "step"),
    [
        pytest.param("jsonl", 1, marks=pytest.mark.slow),
        ("jsonl", 3),
        ("csv", 3),
        ("tsv", 5),
        ("parquet", 3),
        ("xlsx", 3),
    ],
)
def test_a_kill_before_any_change_of_the_disk_costs_nothing(source: Path, suffix: str, step: int) -> None:
    whole = expected(source, suffix)
    out = source.parent / "out" / f"o.{suffix}"
    change = 0
    while killed(partial(run, out, source), change):
        assert not out.exists() or out.read_bytes() == whole, "the output is whole or absent"
        goes_on(out, source, whole)
        out.unlink()
        change += step
    assert change > 15


@needs_fork
@pytest.mark.parametrize("seed", [*range(3), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(3, 30))])
def test_kills_at_any_moment_one_after_the_other(source: Path, seed: int) -> None:
    suffix = FORMATS[seed % 5]
    whole, chance = expected(source, suffix), random.Random(seed)
    out = source.parent / "out" / f"o.{suffix}"
    for _ in range(6):
        killed(partial(run, out, source, seconds=0.02), chance.uniform(0.01, 0.25))
        if out.exists():
            break
    goes_on(out, source, whole)


@pytest.mark.parametrize("kept", [1, 2, 4])
def test_what_was_labelled_is_not_labelled_again(source: Path, kept: int) -> None:
    out = source.parent / "out" / "o.jsonl"
    stopped(out, source, kept)
    assert len(list((out.parent / "o.jsonl.parts").glob("*.part"))) == (kept if kept > 1 else 0)
    numbers: list[int] = []

    def counting(chunks: object, task: object) -> object:
        for scored in by_letters(chunks, task):  # type: ignore[arg-type]
            numbers.append(scored.chunk.number)
            yield scored

    run(out, source, engine=counting)
    assert numbers == list(range(kept if kept > 1 else 0, 6))
    assert out.read_bytes() == expected(source, "jsonl")


def test_one_engine_labels_what_is_missing_in_several_places(source: Path) -> None:
    out = source.parent / "out" / "o.jsonl"
    stopped(out, source, 5)
    for number in (1, 3):
        (out.parent / "o.jsonl.parts" / f"{number:08d}.part").unlink()
    engines: list[list[int]] = []

    def counting(chunks: object, task: object) -> object:
        engines.append([])
        for scored in by_letters(chunks, task):  # type: ignore[arg-type]
            engines[-1].append(scored.chunk.number)
            yield scored

    run(out, source, engine=counting)
    assert engines == [[1, 3, 5]]
    assert out.read_bytes() == expected(source, "jsonl")


def stopped(out: Path, source: Path, chunks: int, **more: object) -> None:
    """Stop a job by an error after so many chunks."""

    def stopping(given: object, task: object) -> object:
        for scored in by_letters(given, task):  # type: ignore[arg-type]
            if scored.chunk.number == chunks:
                raise KeyboardInterrupt
            yield scored

    with pytest.raises(KeyboardInterrupt):
        run(out, source, engine=stopping, **more)
    assert not out.exists()


def test_a_column_of_the_input_that_is_called_like_one_not_added_may_hold_anything(tmp_path: Path) -> None:
    odd = {"label_set": [1, {"a": 2}], "best_guess": [1], "evidence": [], "scored_by": [None], "original_scores": [1]}
    rows = [{"text": "x", **odd}, {"text": "y", "label_set": ["a"], "best_guess": "b", "scores": [1], "label": [2]}]
    (tmp_path / "a.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    assert run(tmp_path / "o.parquet", tmp_path / "a.jsonl") == 2
    first, second = pq.read_table(tmp_path / "o.parquet").to_pylist()
    assert {name: json.loads(first[name]) for name in odd} == odd
    assert (second["original_label"], second["best_guess"], second["label_set"]) == ("[2]", "b", '["a"]')


def test_a_full_disk_at_the_end_is_said_with_where_the_labels_are(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, whole = source.parent / "out" / "o.csv", expected(source, "csv")
    with monkeypatch.context() as patch:
        patch.setattr(parts_module.Parts, "note_done", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
        with pytest.raises(InputError, match="No space left") as error:
            run(out, source)
    assert f"is kept in '{out}.parts': the same command goes on with it" in error.value.fix
    goes_on(out, source, whole)


def test_the_tabs_of_a_tsv_file_are_not_said_to_be_of_the_input(source: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    run(source.parent / "out" / "o.tsv", source)
    assert "is written as the input is" not in caplog.text


def test_an_input_that_is_named_in_another_way_is_told_from_one_that_has_changed(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = source.parent / "out" / "o.csv"
    stopped(out, source, 4)
    monkeypatch.chdir(source.parent)
    with pytest.raises(InputError, match=r"other places: new\.jsonl:1 was called /.*/new\.jsonl:1 when") as error:
        run(out, "new.jsonl")
    assert "Name the inputs as in the first command" in error.value.fix
    run(out, source)
    assert out.read_bytes() == expected(source, "csv")


def test_an_input_that_has_grown_is_gone_on_with(source: Path) -> None:
    out = source.parent / "out" / "o.csv"
    stopped(out, source, 4)
    write_rows(source, 60, 100)
    run(out, source)
    assert out.read_bytes() == expected(source, "csv")


def test_a_last_chunk_that_has_grown_is_labelled_again(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = source.parent / "out" / "o.parquet"
    with monkeypatch.context() as patch:
        patch.setattr(parts_module.Parts, "note_done", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            run(out, source)
    assert not out.exists()
    write_rows(source, 60, 62)
    run(out, source)
    assert out.read_bytes() == expected(source, "parquet")


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("«1»", "«one»", r"new\.jsonl:2 is not the row that was labelled"),
        ("«12»", "«twelve»", r"new\.jsonl:13 is not the row"),
        ('"n": 4,', '"n": 5,', r"new\.jsonl:5 is not the row"),
        ('{"n": 1, "text"', '\n{"n": 1, "text"', r"new\.jsonl:3 is not the row"),
    ],
)
def test_rows_that_have_changed_are_noticed(source: Path, old: str, new: str, what: str) -> None:
    out = source.parent / "out" / "o.csv"
    stopped(out, source, 4)
    before = source.read_text()
    source.write_text(before.replace(old, new, 1))
    with pytest.raises(InputError, match=f"(?s)The input has changed .*{what}.*Fix: .*--overwrite"):
        run(out, source)
    source.write_text(before)
    run(out, source)
    assert out.read_bytes() == expected(source, "csv")


@pytest.mark.parametrize("rows", [2, 8, 10])
def test_an_input_that_is_shorter_now_is_noticed(source: Path, rows: int) -> None:
    out = source.parent / "out" / "o.csv"
    stopped(out, source, 4)
    source.write_text("".join(source.read_text().splitlines(keepends=True)[:rows]))
    with pytest.raises(InputError, match=rf"The input has {rows} rows, and more were labelled"):
        run(out, source)


def test_another_model_is_noticed_and_overwrite_starts_anew(source: Path) -> None:
    out = source.parent / "out" / "o.csv"
    stopped(out, source, 4)
    what = r"(?s)by another job\. Different: the model \('0123456789ab' then, 'other' now\).*--overwrite"
    with pytest.raises(InputError, match=what):
        run(out, source, model="other")
    run(out, source, model="other", overwrite=True)
    assert "first (other)" in out.read_text()
    assert [path.name for path in out.parent.iterdir()] == ["o.csv"]


def test_a_job_that_replaces_an_older_output_goes_on_without_overwrite(source: Path) -> None:
    out = source.parent / "out" / "o.csv"
    out.write_text("old")

    def stopping(given: object, task: object) -> object:
        for scored in by_letters(given, task):  # type: ignore[arg-type]
            if scored.chunk.number == 4:
                raise KeyboardInterrupt
            yield scored

    with pytest.raises(KeyboardInterrupt):
        run(out, source, engine=stopping, overwrite=True)
    assert out.read_text() == "old"
    with pytest.raises(InputError, match="by another job"):
        run(out, source, model="other")
    run(out, source)
    assert out.read_bytes() == expected(source, "csv")
    with pytest.raises(InputError, match="exists already"):
        run(out, source)


def test_what_does_not_change_scores_may_be_asked_for_otherwise(source: Path) -> None:
    out = source.parent / "out" / "o.jsonl"
    stopped(out, source, 4)
    run(out, source, more=More(wide=True))
    assert "score_a" in out.read_text()


def test_a_damaged_part_is_labelled_again(source: Path) -> None:
    out = source.parent / "out" / "o.csv"
    stopped(out, source, 4)
    part = out.parent / "o.csv.parts" / "00000002.part"
    data = bytearray(part.read_bytes())
    data[len(data) // 3] ^= 255
    part.write_bytes(data)
    run(out, source)
    assert out.read_bytes() == expected(source, "csv")
    stopped(out.with_name("p.csv"), source, 4)
    (out.parent / "p.csv.parts" / "00000001.part").unlink()
    run(out.with_name("p.csv"), source)
    assert out.with_name("p.csv").read_bytes() == out.read_bytes()


def test_a_folder_of_somebody_else_is_left_alone(source: Path) -> None:
    out = source.parent / "out" / "o.csv"
    mine = out.parent / "o.csv.parts" / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("mine")
    for overwrite in (False, True):
        with pytest.raises(InputError, match="holds something else"):
            run(out, source, overwrite=overwrite)
    assert mine.read_text() == "mine"


def test_a_second_process_is_refused(source: Path) -> None:
    out = source.parent / "out" / "o.csv"
    work = partial(run, out, source, seconds=0.3)
    first = multiprocessing.get_context("fork").Process(target=work)
    first.start()
    try:
        gives_up = time.monotonic() + 20
        while not (out.parent / ".o.csv.lock").exists() and time.monotonic() < gives_up:
            time.sleep(0.02)
        time.sleep(0.1)
        with pytest.raises(InputError, match="is being written: process"):
            run(out, source)
    finally:
        first.join()
    assert out.read_bytes() == expected(source, "csv")


def test_a_full_disk_keeps_what_was_labelled(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = source.parent / "out" / "o.csv"
    write, count = parts_module.write_part, 0

    def full(*given: object) -> None:
        nonlocal count
        count += 1
        if count == 4:
            raise OSError(28, "No space left on device")
        write(*given)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(parts_module, "write_part", full)
        with pytest.raises(InputError, match=r"No space left on device\.\nFix: What was labelled so far is kept"):
            run(out, source)
    assert len(list((out.parent / "o.csv.parts").glob("*"))) == 4
    run(out, source)
    assert out.read_bytes() == expected(source, "csv")


def test_a_small_output_needs_no_parts(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = source.parent / "out" / "o.csv"
    source.write_text("".join(source.read_text().splitlines(keepends=True)[:3]))
    monkeypatch.setattr(parts_module.Parts, "_make", lambda *_: pytest.fail("a folder is made"))
    assert run(out, source) == 3


def killed_before_the_parts_go(out: Path, *sources: Path, **more: object) -> None:
    """A job that is killed when its output has its name and its parts are there still."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts_module.Parts, "remove", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            run(out, *sources, **more)
    assert out.exists() and (out.parent / f"{out.name}.parts").exists()


def test_an_output_is_complete_only_of_the_same_input(source: Path) -> None:
    out = source.parent / "out" / "o.csv"
    killed_before_the_parts_go(out, source)
    run(out, source)
    assert out.read_bytes() == expected(source, "csv") and not (out.parent / "o.csv.parts").exists()
    other = write_rows(source.parent / "other.jsonl", 100, 160)
    for change in ("grown", "another"):
        out.unlink()
        killed_before_the_parts_go(out, source)
        if change == "grown":
            write_rows(source, 60, 70)
        with pytest.raises(InputError, match="exists already"):
            run(out, source if change == "grown" else other)


@pytest.mark.parametrize("cut", [5, 25])
@pytest.mark.parametrize("more", [0, 1, 30])
def test_a_last_line_that_was_being_written_is_labelled_when_it_is_whole(source: Path, cut: int, more: int) -> None:
    out = source.parent / "out" / "o.jsonl"
    whole = source.read_bytes()
    source.write_bytes(whole[:-cut])  # the row is broken
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts_module.Parts, "note_done", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            run(out, source)
    source.write_bytes(whole)
    write_rows(source, 60, 60 + more)
    run(out, source)
    assert out.read_bytes() == expected(source, "jsonl")
