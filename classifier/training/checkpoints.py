"""Checkpoints of a training: written whole or not at all, the newest one is kept, and the best weights beside it."""

from __future__ import annotations

import pickle
import re
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

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
    with whole_folder(path) as partial:
        torch.save({**learner.state(), "best": asdict(best)}, partial / STATE_FILE)
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
    try:
        state: dict[str, Any] = torch.load(found[-1] / STATE_FILE, map_location="cpu", weights_only=True)
        learner.load_state(state)
    except (RuntimeError, LookupError, ValueError, EOFError, pickle.UnpicklingError) as error:
        raise InputError(
            f"The checkpoint '{found[-1]}' cannot be read: {str(error).splitlines()[0]}",
            fix="Remove it to start again from the beginning.",
        ) from None
    return BestEvaluation(**state["best"])


def save_best(folder: Path, learner: Learner) -> Path:
    """Write the weights of this step as ``best-000200/``; `save_checkpoint` removes older ones."""
    path = _best(folder, learner.step)
    with whole_folder(path) as partial:
        torch.save(learner.optimizer.weights(), partial / STATE_FILE)
    return path


def load_best(folder: Path, learner: Learner, best: BestEvaluation) -> None:
    """Put the best weights into the model."""
    state = torch.load(_best(folder, best.step) / STATE_FILE, map_location="cpu", weights_only=True)
    learner.optimizer.load_weights(state)


def _best(folder: Path, step: int) -> Path:
    return folder / f"best-{step:06d}"


def _remove_others(folder: Path, pattern: str, keep: Path) -> None:
    for path in folder.glob(pattern):
        if path != keep:
            shutil.rmtree(path, ignore_errors=True)
