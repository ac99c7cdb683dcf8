"""What TensorBoard, MLflow and Weights & Biases have of a training, read back with their own formats."""

import importlib.util
import json
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from classifier.config_file import load_config, make_config
from classifier.dataset.folder import run_dataset
from classifier.errors import InputError
from classifier.jobs.seeds import train_seeds
from classifier.jobs.train import train
from classifier.jobs.tune.tune import tune
from classifier.models.run_folder import RunFolder
from classifier.training import trackers
from classifier.training.trackers import Client, Rows, check_clients, run_name, tracked
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.settings import tiny

ALL = ("tensorboard", "mlflow", "wandb")
Points = Mapping[str, list[tuple[int, float]]]


def installed(*names: str) -> None:
    for module in (module for name in names for module in trackers.CLIENTS[name]):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed")


def settings(checkpoint: Path, *names: str, **more: object) -> dict[str, object]:
    return tiny(checkpoint, **{"train.report_to": list(names), **more})


def tensorboard_points(run: Path) -> Points:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(run / "tensorboard"), size_guidance={"scalars": 0})
    events.Reload()
    return {tag: [(event.step, event.value) for event in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def mlflow_run(run: Path) -> Any:
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=f"sqlite:///{run / 'mlflow' / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("classifier")
    assert experiment is not None
    (found,) = client.search_runs([experiment.experiment_id])
    return client, found


def mlflow_points(run: Path) -> Points:
    client, found = mlflow_run(run)
    return {
        name: sorted((metric.step, metric.value) for metric in client.get_metric_history(found.info.run_id, name))
        for name in found.data.metrics
    }


def wandb_records(run: Path) -> Iterator[Any]:
    """Records of all offline files of a run, the oldest file first."""
    from wandb.proto import wandb_internal_pb2

    for path in sorted(run.glob("wandb/offline-run-*/*.wandb")):
        for data in leveldb_records(path.read_bytes()):
            record = wandb_internal_pb2.Record()
            record.ParseFromString(data)
            yield record


def leveldb_records(data: bytes) -> Iterator[bytes]:
    """LevelDB's log format, after W&B's header of seven bytes: blocks of 32 KiB; checksum, length, type, data."""
    position, parts = 7, b""
    while position + 7 <= len(data):
        if 32768 - position % 32768 < 7:
            position += 32768 - position % 32768
        length, kind = int.from_bytes(data[position + 4 : position + 6], "little"), data[position + 6]
        parts += data[position + 7 : position + 7 + length]
        position += 7 + length
        if kind in (1, 4):  # whole, or the last part
            yield parts
            parts = b""


def wandb_points(run: Path) -> Points:
    found = defaultdict(list)
    for record in wandb_records(run):
        if record.WhichOneof("record_type") == "history":
            row = {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in record.history.item}
            for name, value in row.items():
                if "/" in name:
                    found[name].append((row["step"], value))
    return found


READERS: Mapping[str, Callable[[Path], Points]] = {
    "tensorboard": tensorboard_points,
    "mlflow": mlflow_points,
    "wandb": wandb_points,
}


def logged(run: Path, kind: str, key: str) -> list[tuple[int, float]]:
    records = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [(record["step"], record[key]) for record in records if record["kind"] == kind]


def same(found: list[tuple[int, float]], expected: list[tuple[int, float]]) -> bool:
    return [step for step, _ in found] == [step for step, _ in expected] and [value for _, value in found] == (
        pytest.approx([value for _, value in expected], rel=1e-5)
    )


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_jsonl(tmp_path_factory.mktemp("trackers") / "a.jsonl", make_articles(60)))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path, source: str) -> Path:
    installed(*ALL)
    run = tmp_path_factory.mktemp("whole") / "run"
    train(source, run, settings=settings(checkpoint, *ALL))
    return run


@pytest.fixture(scope="module")
def resumed(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path, source: str) -> Path:
    """A training that a fault ended three steps after its checkpoint, and that was gone on with."""
    installed(*ALL)
    run = tmp_path_factory.mktemp("resumed") / "run"
    asked = iter(range(1, 100))

    def fail_in_step_8() -> bool:
        if next(asked) == 8:
            raise RuntimeError("a fault")
        return False

    with pytest.raises(RuntimeError, match="a fault"):
        train(source, run, settings=settings(checkpoint, *ALL, **{"train.save_steps": 5}), should_stop=fail_in_step_8)
    marks = json.loads((run / "trackers.json").read_text())
    assert {name: mark["lines"] for name, mark in marks.items()} == dict.fromkeys(ALL, 9)  # 8 steps, 1 evaluation
    train(None, run, resume=True)
    after = json.loads((run / "trackers.json").read_text())
    assert {name: mark["run_id"] for name, mark in after.items()} == {n: mark["run_id"] for n, mark in marks.items()}
    return run


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("which", ["whole", "resumed"])
def test_a_tracker_has_every_figure_once(name: str, which: str, request: pytest.FixtureRequest) -> None:
    run = request.getfixturevalue(which)
    points = READERS[name](run)
    steps = logged(run, "step", "loss")
    assert [step for step, _ in steps] == list(range(1, len(steps) + 1))
    assert same(points["train/loss"], steps)
    for key in ("learning_rate", "grad_norm", "epoch"):
        assert same(points[f"train/{key}"], logged(run, "step", key))
    assert same(points["validation/f1_macro"], logged(run, "evaluation", "f1_macro"))
    assert all(value > 0 for _, value in points["train/tokens_per_second"])
    test = json.loads((run / "evaluation" / "test" / "metrics.json").read_text())
    assert same(points["test/f1_macro"], [(len(steps), test["figures"]["f1_macro"])])
    assert same(points["test/f1_macro_low"], [(len(steps), test["intervals"]["f1_macro"][0])])
    assert same(points["test/tfidf/accuracy"], [(len(steps), test["baselines"]["tfidf"]["accuracy"])])


EXPECTED = {"run": "run", "train.batch_size": 8, "dataset.train_articles": 42, "dataset.split_method": "stratified"}


def test_tensorboard_shows_settings_and_dataset(whole: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(whole / "tensorboard"))
    events.Reload()
    (shown,) = events.Tensors("settings/text_summary")
    text = shown.tensor_proto.string_val[0].decode()
    assert all(f"| {name} | {value} |" in text for name, value in EXPECTED.items())


def test_mlflow_shows_settings_dataset_and_how_it_ended(whole: Path, resumed: Path) -> None:
    for run in (whole, resumed):
        _, found = mlflow_run(run)
        assert found.info.status == "FINISHED"
        assert found.info.run_name == "run"
        assert {name: found.data.params[name] for name in EXPECTED} == {n: str(value) for n, value in EXPECTED.items()}


def test_wandb_shows_settings_and_dataset(whole: Path, resumed: Path) -> None:
    for run, files in ((whole, 1), (resumed, 2)):
        records = list(wandb_records(run))
        begun = [record.run for record in records if record.WhichOneof("record_type") == "run"]
        assert len(begun) == files
        assert {(found.display_name, found.project) for found in begun} == {("run", "classifier")}
        assert len({found.run_id for found in begun}) == 1
        updates = [item for r in records if r.WhichOneof("record_type") == "config" for item in r.config.update]
        known = {item.key: json.loads(item.value_json) for item in updates}
        assert {name: known[name] for name in EXPECTED} == EXPECTED


def test_a_missing_client_is_refused_before_anything_is_written(
    tmp_path: Path, checkpoint: Path, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trackers, "find_spec", lambda module: None)
    overrides = settings(checkpoint, "wandb", "mlflow")
    for job in (train, train_seeds, tune):
        with pytest.raises(InputError, match=r"pip install 'article-classifier\[wandb,mlflow\]'"):
            job(source, tmp_path / "out", settings=overrides)  # type: ignore[operator]
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_called_like_a_client_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pretend_client").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(trackers.CLIENTS, "wandb", ("pretend_client",))
    with pytest.raises(InputError, match="not installed"):
        check_clients(["wandb"])


def test_an_unknown_tracker_is_refused() -> None:
    with pytest.raises(InputError, match=r"train\.report_to"):
        make_config({}, {"train.report_to": "comet"})
    assert make_config({}, {"train.report_to": "wandb"}).train.report_to == ("wandb",)


class Pretend:
    """A tracker that fails from its second sending until it is opened again."""

    def __init__(self, *, always: bool = False) -> None:
        self.rows: list[tuple[int, Mapping[str, float]]] = []
        self.opened, self.sendings, self.ended = 0, 0, ""
        self.always = always

    def open(self, run: RunFolder, run_id: str | None) -> Client:
        self.opened += 1
        if self.always:
            raise ConnectionError("no route to host")
        return Client("id", lambda facts: None, self.log, self.close)

    def log(self, rows: Rows) -> None:
        self.sendings += 1
        if self.opened == 1 and self.sendings > 1:
            raise ConnectionError("no route to host")
        self.rows += rows

    def close(self, status: str) -> None:
        self.ended = status


@pytest.mark.parametrize("always", [False, True])
def test_a_failing_tracker_does_not_end_the_training(
    tmp_path: Path,
    checkpoint: Path,
    source: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    always: bool,
) -> None:
    pretend = Pretend(always=always)
    monkeypatch.setitem(trackers.OPENERS, "wandb", pretend.open)
    monkeypatch.setitem(trackers.CLIENTS, "wandb", ())
    monkeypatch.setattr(trackers, "SECONDS", 0.0)
    report = train(source, tmp_path / "run", settings=settings(checkpoint, "wandb"))
    assert report.run.manifest.exists()
    warnings = [record.message for record in caplog.records if "no route to host" in record.message]
    assert len(warnings) == 1
    steps = [step for step, _ in logged(tmp_path / "run", "step", "loss")]
    sent = [step for step, figures in pretend.rows if "train/loss" in figures]
    assert sent == ([] if always else steps)  # what was missing was sent at the end
    assert pretend.opened == 2


def test_half_a_line_that_a_power_cut_left_hides_no_other_fault(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend = Pretend()
    monkeypatch.setitem(trackers.OPENERS, "wandb", pretend.open)
    monkeypatch.setitem(trackers.CLIENTS, "wandb", ())
    run = RunFolder(tmp_path / "run")
    run.path.mkdir()
    line = json.dumps({"kind": "step", "step": 1, "epoch": 0.1, "loss": 1, "learning_rate": 1, "grad_norm": 1})
    run.metrics.write_text(f'{line[:-1]}, "tokens": 8, "seconds": 1}}\n{{"kind": "step", "ste', encoding="utf-8")
    config = make_config({}, {"train.report_to": "wandb"})
    with pytest.raises(RuntimeError, match="a fault"), tracked(run, config, run_dataset(whole)):
        raise RuntimeError("a fault")
    assert [step for step, _ in pretend.rows] == [1] and pretend.ended == "FAILED"


def test_mlflow_uses_the_store_that_is_named(
    tmp_path: Path, checkpoint: Path, source: str, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow import MlflowClient

    shutil.copy(whole / "mlflow" / "mlflow.db", tmp_path / "shared.db")  # making its tables takes seconds
    uri = f"sqlite:///{tmp_path / 'shared.db'}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "genres")
    train(source, tmp_path / "run", settings=settings(checkpoint, "mlflow", **{"train.num_train_epochs": 1}))
    client = MlflowClient(tracking_uri=uri)
    (found,) = client.search_runs([client.get_experiment_by_name("genres").experiment_id])
    assert found.info.run_name == "run" and "test/f1_macro" in found.data.metrics
    assert not (tmp_path / "run" / "mlflow").exists()


def test_each_seed_has_its_own_run_and_name(tmp_path: Path, checkpoint: Path, source: str) -> None:
    installed("tensorboard")
    overrides = settings(checkpoint, "tensorboard", **{"train.num_train_epochs": 1})
    train_seeds(source, tmp_path / "two", count=2, settings=overrides)
    for seed in (13, 14):
        run = tmp_path / "two" / f"seed-{seed}"
        assert same(tensorboard_points(run)["train/loss"], logged(run, "step", "loss"))
        assert run_name(RunFolder(run)) == f"two/seed-{seed}"


def test_each_trial_has_its_own_run(tmp_path: Path, checkpoint: Path, source: str) -> None:
    pytest.importorskip("optuna")
    installed("tensorboard")
    tune(source, tmp_path / "study", trials=2, settings=settings(checkpoint, "tensorboard"))
    for number in (0, 1):
        run = tmp_path / "study" / f"trial-{number:04d}"
        assert same(tensorboard_points(run)["train/loss"], logged(run, "step", "loss"))


def test_only_the_first_process_reports(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = RunFolder(whole)
    before = (run.trackers.read_text(), len(list(whole.glob("tensorboard/*"))))
    monkeypatch.setenv("RANK", "1")
    with tracked(run, load_config(run.config), run_dataset(run.path)) as nobody:
        nobody.follow({"kind": "evaluation"})
        nobody.finish({"test/f1_macro": 0.5})
    assert nobody.trackers == ()
    assert (run.trackers.read_text(), len(list(whole.glob("tensorboard/*")))) == before


def test_nobody_is_told_by_default(tmp_path: Path, checkpoint: Path, source: str) -> None:
    train(source, tmp_path / "run", settings=tiny(checkpoint, **{"train.num_train_epochs": 1}))
    assert not {"trackers.json", *ALL} & {path.name for path in (tmp_path / "run").iterdir()}
