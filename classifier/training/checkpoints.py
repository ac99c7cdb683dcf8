"""Checkpoints of a training: written whole or not at all, the newest one is kept, and the best weights beside it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from classifier.checksums import check_checksums, write_checksums
from classifier.errors import InputError
from classifier.files import whole_folder
from classifier.training.loop import Learner

STATE_FILE = "state.pt"


@dataclass(frozen=True)
class BestEvaluation:
    """The best evaluation so far.

    Attributes:
        step: when it was; 0 = none yet.
        score: the metric then; -1 = none yet.
        since: evaluations without a better score since then.
    """

    step: int = 0
    score: float = -1.0
    since: int = 0

    def after(self, step: int, score: float) -> BestEvaluation:
        """What is best after another evaluation; an equal score does not replace an earlier one."""
        return BestEvaluation(step, score) if score > self.score else replace(self, since=self.since + 1)


def save_checkpoint(folder: Path, learner: Learner, best: BestEvaluation) -> Path:
    """Write ``step-000200/`` and remove older ones."""
    path = folder / f"step-{learner.step:06d}"
    _save({**learner.state(), "best": asdict(best)}, path)
    _remove_others(folder, "step-*", path)
    _remove_others(folder, "best-*", _best(folder, best.step))
    return path


def load_checkpoint(folder: Path, learner: Learner) -> BestEvaluation | None:
    """Continue from the newest checkpoint; None when there is none.

    Raises:
        InputError: it is damaged, or belongs to a model of another shape.
    """
    found = sorted(path for path in folder.glob("step-*") if re.fullmatch(r"step-\d+", path.name))
    if not found:
        return None
    with _usable(found[-1]) as state:
        learner.load_state(state)
        best = BestEvaluation(**state["best"])
    if best.step:
        with _usable(_best(folder, best.step)):  # now, not when the training has ended
            pass
    return best


def save_best(folder: Path, learner: Learner) -> Path:
    """Write the weights of this step as ``best-000200/``; `save_checkpoint` removes older ones."""
    path = _best(folder, learner.step)
    _save(learner.optimizer.weights(), path)
    return path


def load_best(folder: Path, learner: Learner, best: BestEvaluation) -> None:
    """Put the best weights into the model.

    Raises:
        InputError: they are damaged.
    """
    with _usable(_best(folder, best.step)) as state:
        learner.optimizer.load_weights(state)


def _save(state: dict[str, Any], path: Path) -> None:
    with whole_folder(path) as partial:
        with (partial / STATE_FILE).open("wb") as file:  # a file of Python's tells why it cannot be written
            torch.save(state, file)
        write_checksums(partial)


@contextmanager
def _usable(path: Path) -> Iterator[dict[str, Any]]:
    """What was saved; whatever goes wrong with it in the block is bad input."""
    fix = f"Remove '{path.parent}' to start again from the beginning."
    try:
        check_checksums(path, fix=fix)
        state: dict[str, Any] = torch.load(path / STATE_FILE, map_location="cpu", weights_only=True)
        yield state
    except (
        RuntimeError,
        LookupError,
        ValueError,
        TypeError,
        AttributeError,
        OSError,
        EOFError,
        UnpicklingError,
    ) as error:
        what = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"The checkpoint '{path}' cannot be read: {what[:300].rstrip('.')}.", fix=fix) from None


def _best(folder: Path, step: int) -> Path:
    return folder / f"best-{step:06d}"


def _remove_others(folder: Path, pattern: str, keep: Path) -> None:
    for path in folder.glob(pattern):
        if path != keep:
            shutil.rmtree(path, ignore_errors=True)
