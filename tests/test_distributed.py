import json
import os
import subprocess
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from classifier import distributed
from classifier.distributed import my_share
from classifier.errors import InputError, InterruptedTrainingError
from classifier.jobs.folds import train_folds
from classifier.jobs.seeds import train_seeds
from classifier.jobs.train import train
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.settings import options, tiny

ROOT = Path(__file__).parent.parent
SETTINGS = {"train.batch_size": 16, "train.num_train_epochs": 2, "train.freeze_layers": 1}  # dropout is the encoder's
STOPPED = """
import json
import sys
from itertools import count
from classifier.cli.app import run
from classifier.jobs.train import train
source, stopped, out, settings = sys.argv[1:]
assert run(["train", "--resume", "--out", stopped]) == 0
asked = count(1)
train(source, out, settings=json.loads(settings), should_stop=lambda: next(asked) == 3)
"""


def torchrun(*arguments: str, processes: int = 2) -> "subprocess.CompletedProcess[str]":
    """Run a module or a script in several processes."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [*command, *arguments], capture_output=True, text=True, timeout=240, check=False, env=environment
    )


def records(run: Path, kind: str = "step") -> list[dict[str, float]]:
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [line for line in lines if line["kind"] == kind]


def assert_alike(run: Path, other: Path) -> None:
    ours, theirs = records(run), records(other)
    assert [r["step"] for r in ours] == [r["step"] for r in theirs] == list(range(1, len(ours) + 1))
    for key in ("loss", "grad_norm"):
        assert [r[key] for r in ours] == pytest.approx([r[key] for r in theirs], abs=1e-6, rel=1e-5), key
    assert [r["tokens"] for r in ours] == [r["tokens"] for r in theirs]
    scores = [[r["f1_macro"] for r in records(path, "evaluation")] for path in (run, other)]
    assert scores[0] == pytest.approx(scores[1])
    for name in ("model.safetensors", "head.safetensors"):
        weights = [load_file(path / "model" / name) for path in (run, other)]
        assert weights[0].keys() == weights[1].keys()
        for key in weights[0].keys() - {key for key in weights[0] if "key.bias" in key}:  # their gradient is noise
            weight = weights[0][key]
            assert (weight - weights[1][key]).abs().max() < 1e-5, key


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_jsonl(tmp_path_factory.mktemp("source") / "a.jsonl", make_articles(120)))


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path, source: str) -> Path:
    """The training of one process."""
    folder = tmp_path_factory.mktemp("alone")
    return train(source, folder / "run", settings=tiny(checkpoint, **SETTINGS)).run.path


def test_two_processes_train_and_refit_as_one_and_one_of_them_writes(
    tmp_path: Path, checkpoint: Path, source: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings = tiny(checkpoint, **SETTINGS, **{"train.refit": True, "train.blend": "auto"})
    caplog.set_level("INFO", "classifier")
    one = train(source, tmp_path / "one", settings=settings).run.path
    out = tmp_path / "out"
    out.mkdir()
    done = torchrun("-m", "classifier", "train", source, "--out", str(out / "run"), *options(settings))
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Done in") == 1
    for said in ("training on cpu in fp32", "windows: at most", "refit: training anew"):
        assert done.stderr.count(said) == caplog.text.count(said) > 0, said
    assert {path.name for path in out.iterdir()} == {"run"}
    assert {path.name for path in (out / "run").iterdir()} == {path.name for path in one.iterdir()}
    assert_alike(out / "run", one)
    again = [records(path / "refit") for path in (out / "run", one)]
    assert [r["loss"] for r in again[0]] == pytest.approx([r["loss"] for r in again[1]], abs=1e-6, rel=1e-5)
    assert sum(r["articles"] for r in again[0]) > sum(r["articles"] for r in records(one))


def test_a_step_has_several_batches_and_dropout(alone: Path, checkpoint: Path) -> None:
    """What makes the comparison worth anything."""
    config = (alone / "model" / "config.json").read_text()
    assert json.loads(config)["hidden_dropout_prob"] == 0.1
    assert max(record["tokens"] for record in records(alone)) > 512  # the token budget of a batch


def test_a_checkpoint_of_two_processes_goes_on_in_one_and_that_of_one_in_two(
    tmp_path: Path, checkpoint: Path, source: str, alone: Path
) -> None:
    settings = tiny(checkpoint, **SETTINGS)
    asked = count(1)
    with pytest.raises(InterruptedTrainingError, match="after step 3"):
        train(source, tmp_path / "one", settings=settings, should_stop=lambda: next(asked) == 3)
    (tmp_path / "stopped.py").write_text(STOPPED)
    places = [str(tmp_path / name) for name in ("one", "two")]
    done = torchrun(str(tmp_path / "stopped.py"), source, *places, json.dumps(settings))
    assert done.returncode != 0
    assert done.stderr.count("going on after step 3") == 1, done.stderr
    assert_alike(tmp_path / "one", alone)
    assert "InterruptedTrainingError: Stopped after step 3" in done.stderr
    assert [path.name for path in (tmp_path / "two" / "checkpoints").glob("step-*")] == ["step-000003"]
    train(None, tmp_path / "two", resume=True)
    assert_alike(tmp_path / "two", alone)


@pytest.mark.parametrize("where", ["before the run folder", "in the training"])
def test_bad_input_ends_all_processes_with_one_message(
    tmp_path: Path, checkpoint: Path, source: str, where: str
) -> None:
    (tmp_path / "bad.csv").write_text("text,label\n,a\n")
    path = str(tmp_path / "bad.csv")
    if where == "in the training":  # found by every process
        path = str(write_jsonl(tmp_path / "long.jsonl", make_articles(30)))
        long = {"text": "word1 " * 4000, "label": "satire"}
        with Path(path).open("a") as stream:
            stream.writelines(
                json.dumps({**long, "id": f"x{index}", "source": f"s{index}"}) + "\n" for index in range(9)
            )
    more = tiny(checkpoint, **{"model.windows": "all", "data.duplicates": "keep"})
    done = torchrun("-m", "classifier", "train", path, "--out", str(tmp_path / "run"), *options(more))
    assert done.returncode != 0
    assert done.stderr.count("error: ") == 1, done.stderr
    assert ("bad.csv" if path.endswith("csv") else "The longest article has") in done.stderr
    ours = done.stderr.split("error: ")[1].split("ChildFailedError")[0]
    assert "fault of classifier" not in done.stderr
    assert 'File "' not in ours.split("Traceback")[0]


@pytest.mark.parametrize("world", [1, 2, 3, 4])
def test_every_batch_belongs_to_one_process(monkeypatch: pytest.MonkeyPatch, world: int) -> None:
    rng = np.random.default_rng(world)
    monkeypatch.setenv("WORLD_SIZE", str(world))
    for batches in (0, 1, 2, 3, 7, 20):
        costs = rng.integers(1, 9, size=batches).tolist()
        shares = []
        for rank in range(world):
            monkeypatch.setenv("RANK", str(rank))
            shares.append(my_share(costs))
        assert sorted(index for share in shares for index in share) == list(range(batches))
        assert all(share == sorted(share) for share in shares)
        loads = [sum(costs[index] for index in share) for share in shares]
        assert max(loads) - min(loads) <= max(costs, default=0)


def test_one_process_needs_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WORLD_SIZE", "RANK"):
        monkeypatch.delenv(name, raising=False)
    distributed.start()
    distributed.wait()
    tensors = [torch.ones(2)]
    distributed.sum_over_processes(tensors)
    distributed.copy_from_main(tensors)
    assert tensors[0].tolist() == [1, 1]
    assert distributed.from_main(0.25, torch.device("cpu")) == 0.25
    assert distributed.is_main()
    assert not torch.distributed.is_initialized()


@pytest.mark.parametrize(
    "job",
    [
        lambda source, out, settings: train_seeds(source, out, count=2, settings=settings),
        lambda source, out, settings: train_folds(source, out, settings={**settings, "split.folds": 2}),
    ],
    ids=["seeds", "folds"],
)
def test_several_runs_are_refused_in_several_processes(
    tmp_path: Path, checkpoint: Path, source: str, monkeypatch: pytest.MonkeyPatch, job: Callable[..., object]
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(InputError, match="in one process only"):
        job(source, tmp_path / "out", tiny(checkpoint))
    assert not list(tmp_path.iterdir())
