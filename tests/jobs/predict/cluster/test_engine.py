import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from classifier.articles.article import Article
from classifier.articles.readers.row import Row
from classifier.errors import InputError
from classifier.jobs.predict.chunks import Chunk
from classifier.jobs.predict.cluster import engine
from classifier.jobs.predict.cluster.capacity import Workers
from classifier.jobs.predict.cluster.engine import _check_room, _of_chunk
from classifier.jobs.predict.cluster.session import Session
from classifier.jobs.predict.cluster.workers import Pool
from classifier.jobs.predict.files import predict_files
from tests.makers.articles import make_articles

LACKS = "Ray is not installed: pip install 'article-classifier[ray]'"


@pytest.fixture(scope="module")
def articles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five chunks, in which some rows cannot be read and some not be labelled."""
    path = tmp_path_factory.mktemp("articles") / "new.jsonl"
    lines = [json.dumps({"text": article.text, "number": n}) for n, article in enumerate(make_articles(3500, seed=3))]
    for place in (5, 80, 700, 3000):
        lines[place] = json.dumps({"text": "", "number": place})
        lines[place + 1] = "{no JSON"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def expected(model: Path, articles: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The labels of this process."""
    path = tmp_path_factory.mktemp("expected") / "at-once.jsonl"
    predict_files(model, articles, path, device="cpu")
    return path


class StoppedError(Exception):
    """Somebody stopped the job."""


class Stopper:
    """A progress that stops a job once so many articles are labelled."""

    def __init__(self, after: int) -> None:
        self.left = after

    def task(self, *_: object, **__: object) -> "Stopper":
        return self

    def __enter__(self) -> "Stopper":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def note(self, text: str) -> None:
        pass

    def advance(self, articles: int, tokens: int = 0) -> None:
        self.left -= articles
        if self.left < 0:
            raise StoppedError


def test_rows_order_errors_and_scores_are_those_of_this_process(
    session: Session, model: Path, articles: Path, tmp_path: Path
) -> None:
    here, there = tmp_path / "here.parquet", tmp_path / "there.parquet"
    count = predict_files(model, articles, here, device="cpu")
    assert predict_files(model, articles, there, device="cpu", engine="ray", workers=1) == count == 3492
    assert here.read_bytes() == there.read_bytes()


def test_a_job_goes_on_from_the_parts_of_the_other_engine(
    session: Session, model: Path, articles: Path, expected: Path, tmp_path: Path
) -> None:
    out = tmp_path / "in-turns.jsonl"
    with pytest.raises(StoppedError):
        predict_files(model, articles, out, device="cpu", progress=Stopper(400))
    with pytest.raises(StoppedError):
        predict_files(model, articles, out, device="cpu", engine="ray", workers=1, progress=Stopper(2000))
    assert len(list(out.with_name(f"{out.name}.parts").glob("*.part"))) in (3, 4)
    predict_files(model, articles, out, device="cpu")
    assert out.read_bytes() == expected.read_bytes()
    assert not out.with_name(f"{out.name}.parts").exists()


def test_one_pool_of_workers_labels_what_is_missing_in_several_places(
    session: Session, model: Path, articles: Path, expected: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "gaps.jsonl"
    for shard in ("1/5", "3/5", "5/5"):
        predict_files(model, articles, out, device="cpu", shard=shard)
    pools: list[Pool] = []
    monkeypatch.setattr(engine, "Pool", lambda *given: pools.append(Pool(*given)) or pools[-1])
    predict_files(model, articles, out, device="cpu", engine="ray", workers=2)
    assert len(pools) == 1
    assert out.read_bytes() == expected.read_bytes()


def test_evidence_is_found_by_the_workers(session: Session, model: Path, tmp_path: Path) -> None:
    source = tmp_path / "new.csv"
    source.write_text('text\n"The a b. The b a."\n""\n', encoding="utf-8")
    predict_files(model, source, tmp_path / "local.jsonl", device="cpu", explain=True)
    predict_files(model, source, tmp_path / "ray.jsonl", device="cpu", engine="ray", workers=1, explain=True)
    found = (tmp_path / "ray.jsonl").read_text()
    assert json.loads(found.splitlines()[0])["evidence"]
    assert found == (tmp_path / "local.jsonl").read_text()


def test_a_chunk_that_ends_every_worker_is_named() -> None:
    died = type("Died", (Exception,), {})
    session = Session(SimpleNamespace(exceptions=SimpleNamespace(RayActorError=died)), here=True)
    rows = tuple(Row(f"a.csv:{line}", {}) for line in (2, 3, 4))
    chunk = Chunk(0, 0, rows, tuple(Article(str(n), "text") for n in range(3)))
    error = _of_chunk(died("gone"), chunk, session)
    assert isinstance(error, InputError)
    assert error.message == "The worker that labelled 3 rows from a.csv:2 to a.csv:4 ended 4 times."


def test_workers_without_room_here_are_refused_and_elsewhere_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    nodes = [{"Alive": True, "Resources": {"CPU": 2.0}}, {"Alive": False, "Resources": {"CPU": 99.0}}]
    ray = SimpleNamespace(nodes=lambda: nodes)
    with pytest.raises(InputError, match=r"no room for 3 workers with 1 CPU each on this machine\.\nFix: .*2 at most"):
        _check_room(Session(ray, here=True), Workers(3, 1, 0))
    _check_room(Session(ray, here=False), Workers(3, 1, 0))
    assert "there is room for 2 of them now" in caplog.text


@pytest.mark.slow
def test_the_command_is_quiet_and_a_killed_worker_costs_no_row(model: Path, articles: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason=LACKS)
    here, there = tmp_path / "here.jsonl", tmp_path / "there.jsonl"
    predict_files(model, articles, here, device="cpu")
    options = ["--out", str(there), "--device", "cpu", "--engine", "ray", "--workers", "2"]
    command = [sys.executable, "-m", "classifier", "predict", str(model), str(articles), *options]
    environment = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as job:
        deadline = time.monotonic() + 200
        while not (workers := _workers_below(job.pid)) and job.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        for worker in workers[:1]:
            os.kill(worker, signal.SIGKILL)
        out, err = job.communicate(timeout=300)
    assert workers and job.returncode == 0, err
    assert here.read_bytes() == there.read_bytes()
    assert not out
    assert "raylet" not in err and "\x1b" not in err
    assert not _workers_below(job.pid)


def _workers_below(parent: int) -> list[int]:
    """The processes of workers that a process has started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            name = (folder / "cmdline").read_bytes().split(b"\0")[0]
        except OSError:
            continue
        if name.startswith(b"ray::Worker") and parent in _above(int(folder.name)):
            found.append(int(folder.name))
    return found


def _above(process: int) -> list[int]:
    """The processes that started a process, directly or not."""
    found = []
    while process > 1:
        try:
            status = Path(f"/proc/{process}/stat").read_text()
        except OSError:
            break
        process = int(status.rpartition(")")[2].split()[1])
        found.append(process)
    return found
