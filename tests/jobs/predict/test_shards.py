"""Shards label one output together, whatever their order and whatever becomes of them."""

import multiprocessing
import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import pytest

from classifier.errors import InputError
from classifier.jobs.predict import chunks as chunks_module
from classifier.jobs.predict.chunks import Chunk
from classifier.jobs.predict.engine import Scored
from classifier.jobs.predict.files import predict_files
from classifier.jobs.predict.shards import Shard, check_shard, label_shard, read_shard
from classifier.progress import Task
from tests.makers.labelling import by_letters, killed, make_job, run, write_rows

FORMATS = ("jsonl", "csv", "parquet", "xlsx")
needs_fork = pytest.mark.skipif(sys.platform == "win32", reason="a process copies itself")


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks_module, "SIZES", (3, 5, 9))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return write_rows(tmp_path / "new.jsonl", 0, 100)  # 13 chunks, the last of them of 2 rows


def expected(source: Path, suffix: str) -> bytes:
    """The output of one job alone."""
    out = source.parent / f"whole.{suffix}"
    run(out, source)
    return out.read_bytes()


def shard(number: int, of: int, out: Path, source: Path, **more: object) -> int:
    return label_shard(make_job(out, source, **more), Shard(number, of))


class Counting:
    """An engine that counts how often each chunk is labelled."""

    def __init__(self) -> None:
        self.times: Counter[int] = Counter()

    def __call__(self, chunks: Iterable[Chunk], task: Task) -> Iterator[Scored]:
        for scored in by_letters(chunks, task):
            self.times[scored.chunk.number] += 1
            yield scored


@pytest.mark.parametrize("suffix", FORMATS)
def test_all_shards_together_are_what_one_job_gives(source: Path, suffix: str) -> None:
    out, engine = source.parent / "out" / f"o.{suffix}", Counting()
    counts = [shard(number, 5, out, source, engine=engine) for number in (4, 1, 5, 2, 3)]
    assert engine.times == dict.fromkeys(range(13), 1)
    assert not out.exists()
    assert sum(counts) == run(out, source, engine=engine)
    assert engine.times == dict.fromkeys(range(13), 1), "the last job labels nothing again"
    assert out.read_bytes() == expected(source, suffix)
    assert [path.name for path in out.parent.iterdir()] == [out.name]


def test_what_a_shard_lacks_is_labelled_by_the_last_job(source: Path) -> None:
    out, engine = source.parent / "out" / "o.csv", Counting()
    for number in (1, 3):
        shard(number, 4, out, source)
    run(out, source, engine=engine)
    assert engine.times == dict.fromkeys((1, 3, 5, 7, 9, 11), 1)
    assert out.read_bytes() == expected(source, "csv")


def test_a_damaged_part_is_labelled_again_alone(source: Path) -> None:
    out, engine = source.parent / "out" / "o.csv", Counting()
    for number in (1, 2):
        shard(number, 2, out, source)
    part = next(out.parent.glob("o.csv.parts/*4.part"))
    part.write_bytes(part.read_bytes()[:-7])
    run(out, source, engine=engine)
    assert engine.times == {4: 1}
    assert out.read_bytes() == expected(source, "csv")


@needs_fork
@pytest.mark.parametrize("seed", range(3))
def test_shards_that_are_killed_go_on(source: Path, seed: int) -> None:
    out, chance = source.parent / "out" / f"o.{FORMATS[seed]}", random.Random(seed)
    whole = expected(source, FORMATS[seed])
    for number in chance.sample(range(1, 4), 3):
        while killed(partial(shard, number, 3, out, source), chance.randrange(2, 40)):
            pass
    engine = Counting()
    run(out, source, engine=engine)
    assert not engine.times
    assert out.read_bytes() == whole


@needs_fork
def test_shards_work_side_by_side(source: Path) -> None:
    out = source.parent / "out" / "o.jsonl"
    whole = expected(source, "jsonl")
    context = multiprocessing.get_context("fork")
    jobs = [context.Process(target=shard, args=(number, 6, out, source)) for number in range(1, 7)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    assert [job.exitcode for job in jobs] == [0] * 6
    engine = Counting()
    run(out, source, engine=engine)
    assert not engine.times
    assert out.read_bytes() == whole
    assert [path.name for path in out.parent.iterdir()] == [out.name]


@pytest.mark.parametrize("rows", [101, 130])
def test_an_input_that_grows_between_shards_is_gone_on_with(source: Path, rows: int) -> None:
    out = source.parent / "out" / "o.csv"
    shard(3, 3, out, source)
    write_rows(source, 100, rows)
    shard(1, 3, out, source)
    shard(2, 3, out, source)
    run(out, source)
    assert out.read_bytes() == expected(source, "csv")


def test_rows_that_change_between_shards_are_noticed(source: Path) -> None:
    out = source.parent / "out" / "o.csv"
    shard(1, 2, out, source)
    source.write_text(source.read_text().replace("«1»", "«one»"))
    shard(2, 2, out, source)
    with pytest.raises(InputError, match=r"new\.jsonl:2 is not the row that was labelled"):
        run(out, source)


@pytest.mark.parametrize("how", ["alone", "as a shard"])
def test_a_command_with_another_input_leaves_the_shards_as_they_were(source: Path, how: str) -> None:
    out = source.parent / "out" / "o.csv"
    shard(2, 2, out, source)
    before = {path.name: path.read_bytes() for path in (out.parent / "o.csv.parts").iterdir()}
    right = source.read_text()
    source.write_text(right.replace("council", "county"))
    with pytest.raises(InputError, match="is not the row that was labelled"):
        run(out, source) if how == "alone" else shard(1, 1, out, source)
    assert {path.name: path.read_bytes() for path in (out.parent / "o.csv.parts").iterdir()} == before
    source.write_text(right)
    run(out, source)
    assert out.read_bytes() == expected(source, "csv")


def test_what_other_programs_leave_among_the_parts_is_no_part(source: Path) -> None:
    out = source.parent / "out" / "o.csv"
    shard(1, 2, out, source)
    for name in ("._00000000.part", "00000002 (1).part", "x.part", "00000099.part.tmp"):
        (out.parent / "o.csv.parts" / name).write_text("x")
    run(out, source)
    assert out.read_bytes() == expected(source, "csv")


def test_shards_of_another_model_are_refused(source: Path) -> None:
    out = source.parent / "out" / "o.csv"
    shard(1, 2, out, source)
    with pytest.raises(InputError, match=r"by another job\. Different: the model"):
        shard(2, 2, out, source, model="ba9876543210")


def test_more_shards_than_chunks_leave_some_with_nothing(tmp_path: Path) -> None:
    source, out = write_rows(tmp_path / "new.jsonl", 0, 2), tmp_path / "o.csv"
    assert [shard(number, 3, out, source) for number in (3, 1, 2)] == [0, 2, 0]
    run(out, source)
    assert out.read_bytes() == expected(source, "csv")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("3", r"--shard '3' names no shard\.\nFix: For example --shard 3/8"),
        ("3/0", "names no shard"),
        ("a/b", "names no shard"),
        ("-1/8", "names no shard"),
        ("0/8", r"numbered from 1 to 8\.\nFix: .*--array=1-8"),
        ("9/8", r"--shard 9/8: shards are numbered from 1 to 8"),
    ],
)
def test_what_is_no_shard_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_shard(text)


def test_every_chunk_is_in_one_shard() -> None:
    for of in (1, 2, 7):
        every = [read_shard(f" {number} / {of} ") for number in range(1, of + 1)]
        assert all(sum(each.has(chunk) for each in every) == 1 for chunk in range(40))


def test_what_several_jobs_cannot_do_is_refused(tmp_path: Path) -> None:
    one, out = Shard(1, 2), tmp_path / "o.csv"
    check_shard(one, out, ["a.csv"], overwrite=False)
    with pytest.raises(InputError, match=r"--shard 1/2 does not go with --out -: "):
        check_shard(one, Path("-"), ["a.csv"], overwrite=False)
    with pytest.raises(InputError, match=r"--shard 1/2 does not go with standard input: "):
        check_shard(one, out, ["a.csv", "-"], overwrite=False)
    with pytest.raises(InputError, match=r"--overwrite: it would remove what the other shards have labelled"):
        check_shard(one, out, ["a.csv"], overwrite=True)
    with pytest.raises(InputError, match=r"--report 'd\.html' is about all articles"):
        check_shard(one, out, ["a.csv"], "d.html", overwrite=False)


def test_the_verb_takes_shards(in_examples: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks_module, "SIZES", (7,))
    predict_files("runs/first", "archive.jsonl", "whole.csv", device="cpu")
    counts = [predict_files("runs/first", "archive.jsonl", "o.csv", device="cpu", shard=f"{n}/3") for n in (1, 2, 3)]
    assert not Path("o.csv").exists()
    assert predict_files("runs/first", "archive.jsonl", "o.csv", device="cpu") == sum(counts)
    assert Path("o.csv").read_bytes() == Path("whole.csv").read_bytes()
    with pytest.raises(InputError, match=r"'o\.csv' exists already"):
        predict_files("runs/first", "archive.jsonl", "o.csv", device="cpu", shard="1/3")
