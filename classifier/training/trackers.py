"""A training's figures in TensorBoard, MLflow or Weights & Biases, sent through their own clients.

A tracker follows ``metrics.jsonl``: at most every two seconds, after every evaluation and at the end it is sent the
lines that it has not had. ``trackers.json`` keeps the id of its run and how many lines it has. So a resumed training
goes on in the same run, and the lines that it writes once more are not sent twice. Only a kill between sending and
noting lets lines be sent twice: those of the last two seconds, with the same values.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from classifier import distributed
from classifier._version import __version__, install_extra
from classifier.config import Config
from classifier.dataset.folder import DatasetFolder
from classifier.errors import InputError, InterruptedTrainingError, names
from classifier.files import as_type, read_json, write_json
from classifier.models.run_folder import OVER, PLAN, RunFolder

logger = logging.getLogger(__name__)
PROJECT = "classifier"  # MLflow's experiment and W&B's project, where their own variables name no other
SECONDS = 2.0  # between two sendings, so that a slow tracker does not slow every step
CLIENTS = {
    "tensorboard": ("tensorboard",),
    "mlflow": ("mlflow", "sqlalchemy", "alembic"),
    "wandb": ("wandb",),
}
MLFLOW_DEFAULTS = {  # its defaults wait minutes for a failing request, and log every new table
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
}
LONGEST_VALUE = 500  # characters of a parameter that every MLflow server takes
MOST_PARAMETERS = 100  # in one of MLflow's requests
MOST_METRICS = 1000

Status = Literal["FINISHED", "FAILED", "KILLED"]
Figures = Mapping[str, float]
Rows = Sequence[tuple[int, Figures]]  # optimizer step, figures


@dataclass(frozen=True)
class Client:
    """What a training asks of a tracker; each of these may raise.

    Attributes:
        run_id: names its run, so that it can be gone on with.
        describe: told of the settings and the dataset, once per run.
        log: told of figures; they are safe when it returns.
        close: told how the training ended.
    """

    run_id: str
    describe: Callable[[Mapping[str, Any]], None]
    log: Callable[[Rows], None]
    close: Callable[[Status], None]


@dataclass
class Tracker:
    """One tracker of a training.

    Attributes:
        name: as in ``train.report_to``.
        run_id: of its run; None until there is one.
        lines: of ``metrics.jsonl`` that it has.
        client: None where it cannot be reached.
        warned: whether that was said.
    """

    name: str
    run_id: str | None = None
    lines: int = 0
    client: Client | None = None
    warned: bool = False


class Trackers:
    """All trackers of a training; a failing one is warned of once, and left out until the training ends.

    Args:
        run: whose ``metrics.jsonl`` they follow.
        facts: settings and dataset.
        trackers: in the order of ``train.report_to``; none for a training that nobody follows.
    """

    def __init__(self, run: RunFolder, facts: Mapping[str, Any], trackers: Sequence[Tracker] = ()) -> None:
        self.run, self.facts, self.trackers = run, facts, tuple(trackers)
        self._position, self._lines, self._sent = 0, 0, time.monotonic()
        for tracker in self.trackers:
            self._try(tracker, self._open)
        self._save_marks()

    def follow(self, record: Mapping[str, Any]) -> None:
        """Send what is new: called with each record after it was written to ``metrics.jsonl``."""
        if self.trackers and (record["kind"] == "evaluation" or time.monotonic() - self._sent > SECONDS):
            self._send()

    def finish(self, figures: Figures) -> None:
        """Send the last lines and the final figures, also to a tracker that could not be reached in between."""
        self._position = self._lines = 0
        for tracker in self.trackers:
            if tracker.client is None:
                self._try(tracker, self._open)
        step = max((row[0] for row in self._send()), default=0)
        for tracker in self.trackers:
            self._try(tracker, lambda tracker: _client(tracker).log([(step, figures)]))

    def close(self, status: Status) -> None:
        """Send what is left, and end the runs."""
        if self.trackers:
            self._send()
        for tracker in self.trackers:
            self._try(tracker, lambda tracker: _client(tracker).close(status))

    def _open(self, tracker: Tracker) -> None:
        begun = tracker.run_id is not None
        tracker.client = OPENERS[tracker.name](self.run, tracker.run_id)
        tracker.run_id = tracker.client.run_id
        if not begun:
            tracker.client.describe(self.facts)

    def _send(self) -> Rows:
        """Send each tracker the new lines that it lacks; returns the new lines."""
        first, new = self._lines, self._read_new()
        for tracker in self.trackers:
            self._try(tracker, lambda tracker: _catch_up(tracker, first, new))
        self._save_marks()
        self._sent = time.monotonic()
        return new

    def _read_new(self) -> Rows:
        if not self.run.metrics.exists():
            return []
        with self.run.metrics.open("rb") as stream:
            stream.seek(self._position)
            lines = [line for line in stream if line.endswith(b"\n")]  # a power cut may have left half of one
        self._position += sum(map(len, lines))
        self._lines += len(lines)
        return [_row(json.loads(line)) for line in lines]

    def _try(self, tracker: Tracker, do: Callable[[Tracker], None]) -> None:
        """Do something with a tracker that is open or being opened; where that fails, warn once and go on."""
        if tracker.client is None and do != self._open:
            return
        try:
            do(tracker)
        except Exception as error:
            tracker.client = None
            reason = (str(error).splitlines() or [""])[0] or type(error).__name__
            if not tracker.warned:
                logger.warning("%s failed (%s): the training goes on without it", tracker.name, reason)
            tracker.warned = True

    def _save_marks(self) -> None:
        if self.trackers:
            marks = {t.name: {"run_id": t.run_id, "lines": t.lines} for t in self.trackers}
            write_json(self.run.trackers, marks)


@contextmanager
def tracked(run: RunFolder, config: Config, dataset: DatasetFolder) -> Iterator[Trackers]:
    """The trackers that ``train.report_to`` asks for, followed by the end of their runs, however the block ends.

    Args:
        run: gives the name, and ``trackers.json`` where a training is resumed.
        config, dataset: what the trackers are told about the training.

    Raises:
        InputError: a client is not installed.

    Example:
        >>> from pathlib import Path
        >>> from classifier.config_file import load_config
        >>> from classifier.dataset.folder import run_dataset
        >>> from classifier.models.run_folder import RunFolder
        >>> run = RunFolder(Path("runs/first"))
        >>> with tracked(run, load_config(run.config), run_dataset(run.path)) as trackers:
        ...     len(trackers.trackers)  # here a training that calls `trackers.follow` at each step
        0
    """
    wanted = tuple(dict.fromkeys(config.train.report_to or ()))
    check_clients(wanted)
    marks = read_json(run.trackers) if wanted and run.trackers.exists() else {}
    known = [_known(name, marks.get(name, {}), run.trackers) for name in wanted] if distributed.is_main() else []
    trackers = Trackers(run, _facts(run, config, dataset) if known else {}, known)
    status: Status = "FAILED"
    try:
        yield trackers
        status = "FINISHED"
    except (InterruptedTrainingError, KeyboardInterrupt, SystemExit):
        status = "KILLED"
        raise
    finally:
        trackers.close(status)


@dataclass(frozen=True)
class _Mark:
    """What ``trackers.json`` keeps of a tracker."""

    run_id: str | None = None
    lines: int = 0


def _known(name: str, kept: Mapping[str, Any], file: Path) -> Tracker:
    mark = as_type(kept, _Mark, file, fix="Remove it: the trackers then begin anew.")
    return Tracker(name, mark.run_id, mark.lines)


def check_clients(wanted: Sequence[str] | None) -> None:
    """Raise `InputError`, which names the extras, unless the clients of these trackers are installed."""
    missing = [name for name in wanted or () if not all(map(_is_installed, CLIENTS[name]))]
    if missing:
        raise InputError(
            f"train.report_to {names(missing)} needs a client that is not installed.",
            fix=install_extra(*missing),
        )


def run_name(run: RunFolder) -> str:
    """The run's name; that of a fold, seed or trial has the name of the whole before it.

    Example:
        >>> from pathlib import Path
        >>> from classifier.models.run_folder import RunFolder
        >>> run_name(RunFolder(Path("runs/first")))
        'first'
    """
    path = run.path.resolve()
    return f"{path.parent.name}/{path.name}" if (path.parent / PLAN).exists() else path.name


def _open_tensorboard(run: RunFolder, run_id: str | None) -> Client:
    """Event files in ``RUN/tensorboard``; a resumed training adds one."""
    from torch.utils.tensorboard import SummaryWriter

    writer: Any = SummaryWriter(str(run.path / "tensorboard"))

    def describe(facts: Mapping[str, Any]) -> None:
        rows = "".join(f"| {name} | {str(value).replace('|', '/')} |\n" for name, value in facts.items())
        writer.add_text("settings", f"| setting | value |\n|---|---|\n{rows}", 0)
        writer.flush()

    def log(rows: Rows) -> None:
        for step, figures in rows:
            for name, value in figures.items():
                writer.add_scalar(name, value, step)
        writer.flush()

    return Client(run_name(run), describe, log, lambda status: writer.close())


def _open_mlflow(run: RunFolder, run_id: str | None) -> Client:
    """A run of the server or database that MLFLOW_TRACKING_URI names, else of ``RUN/mlflow/mlflow.db``.

    MLflow no longer writes plain folders (its file store is closed to new runs), so the local store is SQLite.
    """
    for name, value in MLFLOW_DEFAULTS.items():
        os.environ.setdefault(name, value)
    from mlflow import MlflowClient
    from mlflow.entities import Metric, Param

    folder = run.path.resolve() / "mlflow"
    uri = os.environ.get("MLFLOW_TRACKING_URI")
    if not uri:
        folder.mkdir(exist_ok=True)
    client = MlflowClient(tracking_uri=uri or f"sqlite:///{folder / 'mlflow.db'}")
    if run_id is None:
        experiment = _mlflow_experiment(client, None if uri else (folder / "artifacts").as_uri())
        run_id = client.create_run(experiment, run_name=run_name(run)).info.run_id
    else:
        client.update_run(run_id, status="RUNNING")

    def describe(facts: Mapping[str, Any]) -> None:
        values = [Param(name, str(value)[:LONGEST_VALUE]) for name, value in facts.items()]
        for start in range(0, len(values), MOST_PARAMETERS):
            client.log_batch(run_id, params=values[start : start + MOST_PARAMETERS])

    def log(rows: Rows) -> None:
        now = int(time.time() * 1000)
        values = [Metric(name, value, now, step) for step, figures in rows for name, value in figures.items()]
        for start in range(0, len(values), MOST_METRICS):
            client.log_batch(run_id, metrics=values[start : start + MOST_METRICS])

    return Client(run_id, describe, log, lambda status: client.set_terminated(run_id, status))


def _mlflow_experiment(client: Any, artifacts: str | None) -> str:
    """The experiment that MLflow's own variables name, else ``classifier``; made where there is none."""
    if os.environ.get("MLFLOW_EXPERIMENT_ID"):
        return os.environ["MLFLOW_EXPERIMENT_ID"]
    name = os.environ.get("MLFLOW_EXPERIMENT_NAME", PROJECT)
    found = client.get_experiment_by_name(name)
    return str(found.experiment_id if found else client.create_experiment(name, artifact_location=artifacts))


def _open_wandb(run: RunFolder, run_id: str | None) -> Client:
    """A run in ``RUN/wandb``, offline unless WANDB_MODE says otherwise: nothing leaves the machine unasked."""
    import wandb

    mode: Any = os.environ.get("WANDB_MODE", "offline")
    name = run_name(run)
    if mode == "offline":
        logger.info("wandb works offline: WANDB_MODE=online before the command, or `wandb sync` later, sends its runs")
    begun: Any = wandb.init(
        project=os.environ.get("WANDB_PROJECT", PROJECT),
        name=name,
        group=name.rpartition("/")[0] or None,
        id=run_id,
        resume=None if run_id is None else "allow",
        mode=mode,
        dir=os.environ.get("WANDB_DIR", str(run.path)),
        reinit="create_new",
        settings=wandb.Settings(console="off", silent=True, finish_timeout=60, init_timeout=30),
    )
    begun.define_metric("step")
    begun.define_metric("*", step_metric="step")  # W&B's own step only counts, and drops rows of earlier steps

    def log(rows: Rows) -> None:
        for step, figures in rows:
            begun.log({**figures, "step": step})

    return Client(
        begun.id,
        lambda facts: begun.config.update(dict(facts), allow_val_change=True),
        log,
        lambda status: begun.finish(exit_code=0 if status == "FINISHED" else 1),
    )


OPENERS: Mapping[str, Callable[[RunFolder, str | None], Client]] = {
    "tensorboard": _open_tensorboard,
    "mlflow": _open_mlflow,
    "wandb": _open_wandb,
}


def _client(tracker: Tracker) -> Client:
    assert tracker.client is not None
    return tracker.client


def _catch_up(tracker: Tracker, first: int, new: Rows) -> None:
    """Send lines number ``first`` and following, as far as the tracker lacks them."""
    lacking = new[max(0, tracker.lines - first) :]
    if lacking:
        _client(tracker).log(lacking)
        tracker.lines = first + len(new)


def _row(record: Mapping[str, Any]) -> tuple[int, dict[str, float]]:
    """A line of ``metrics.jsonl`` as a tracker shows it."""
    if record["kind"] == "evaluation":
        figures = {k: v for k, v in record.items() if isinstance(v, float) and k != "epoch"}
        return record["step"], {f"{record['split']}/{name}": value for name, value in figures.items()}
    if record["kind"] == OVER:
        return record["step"], {"train/epoch": record["epoch"]}
    figures = {f"train/{name}": record[name] for name in ("loss", "learning_rate", "grad_norm", "epoch")}
    return record["step"], {**figures, "train/tokens_per_second": record["tokens"] / max(record["seconds"], 1e-4)}


def _facts(run: RunFolder, config: Config, dataset: DatasetFolder) -> dict[str, Any]:
    """Settings, and what the dataset is, under dotted names."""
    settings = {
        f"{section}.{key}": value
        for section, values in config.model_dump(mode="json", exclude_none=True).items()
        for key, value in values.items()
    }
    info = dataset.info
    articles = {f"dataset.{split}_articles": counts.articles for split, counts in dataset.counts().items()}
    about = {"labels": list(info.labels), "split_method": info.split_method, "group_by": list(info.group_by)}
    return {
        "run": run_name(run),
        "classifier": __version__,
        **settings,
        **articles,
        **{f"dataset.{name}": value for name, value in about.items()},
        "dataset.fold": dataset.fold,
    }


def _is_installed(module: str) -> bool:
    """Whether a package can be imported; a mere folder of that name, such as W&B's own output, is none."""
    spec = find_spec(module)
    return spec is not None and spec.origin is not None
