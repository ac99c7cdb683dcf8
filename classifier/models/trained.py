"""What a folder that predicts holds: a run, the runs of several seeds or of all folds, or a model without its run.

Every command that is given such a folder begins with `open_trained`, and says which kinds it takes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Literal, get_args

from classifier.checksums import check_checksums
from classifier.errors import InputError, shell_word
from classifier.files import read_json_as
from classifier.models.ensemble import ENSEMBLE_FILE, EnsembleInfo, check_members, read_ensemble
from classifier.models.model_folder import COPY_AGAIN, MODEL_FILE, ModelInfo, read_model_info
from classifier.models.run_folder import PLAN, RunFolder, open_run

Kind = Literal["run", "seeds", "folds", "model"]
KINDS: tuple[Kind, ...] = get_args(Kind)
PREDICTS: tuple[Kind, ...] = ("run", "seeds", "model")

FIGURES: dict[Kind, str] = {"run": "manifest.json", "seeds": "seeds.json", "folds": "folds.json"}  # written at the end
CONFIG_FILE, DATASET_FILE = "config.toml", "dataset.json"
NOUNS: dict[Kind, str] = {
    "run": "a run",
    "seeds": "a folder of several seeds",
    "folds": "a folder of all folds",
    "model": "a model folder",
}
IS: dict[Kind, str] = {
    "run": "is a run",
    "seeds": "holds one run per seed",
    "folds": "holds one run per fold",
    "model": "is a model without its run",
}


@dataclass(frozen=True)
class Trained:
    """A folder that predicts, or whose runs do.

    Attributes:
        path: the folder.
        kind: ``run`` | ``seeds`` | ``folds`` | ``model`` (``RUN/model``, or a copy of it).
        runs: the run itself, or one for each seed or fold, in order; none for a model alone.
        ensemble: of several seeds, which models are averaged; None for other kinds.
    """

    path: Path
    kind: Kind
    runs: tuple[RunFolder, ...] = ()
    ensemble: EnsembleInfo | None = None

    @property
    def models(self) -> tuple[Path, ...]:
        """The model folders: one, or one for each seed or fold."""
        if self.ensemble is not None:
            return tuple(self.path / member for member in self.ensemble.members)
        return tuple(run.model for run in self.runs) or (self.path,)

    @property
    def names(self) -> tuple[str, ...]:
        """What each of several runs is called: ``seed 13`` or ``fold 1``; empty for a single run or a model."""
        if self.kind not in ("seeds", "folds"):
            return ()
        return tuple(f"{self.kind[:-1]} {_number(run.path)}" for run in self.runs)

    def model_info(self) -> ModelInfo:
        """What the model, or the ensemble, says about itself: all that is needed to check what it shall read.

        Raises:
            InputError: a file of the model is missing or damaged.
        """
        folder = self.models[0]
        check_checksums(folder, hashes=False, fix=COPY_AGAIN)
        info = read_model_info(folder)
        return info if self.ensemble is None else self.ensemble.applied(info)

    def first_run(self) -> RunFolder:
        """The run, or the first of several, which has the settings, the dataset and the baselines of all.

        Raises:
            InputError: the run is incomplete, or it is a model without its run.
        """
        if not self.runs:
            raise _other_kind(self, KINDS[:3], "This")
        return open_run(self.runs[0].path)

    def check_ended(self) -> None:
        """Raise `InputError` if a training of it has not ended."""
        if self.kind == "run":
            open_run(self.path)
        elif self.kind != "model" and self.ensemble is None and not (self.path / FIGURES[self.kind]).exists():
            raise _not_ended(self)

    def evaluation(self, split: str) -> Path:
        """The folder of a split's predictions: of the run, of the ensemble, or of all folds together."""
        return self.path if self.kind == "folds" else RunFolder(self.path).evaluation(split)


def open_trained(
    path: str | Path, *, command: str = "This", takes: Sequence[Kind] = KINDS, whole: bool = True
) -> Trained:
    """Say what a folder holds, and check that it is whole.

    Args:
        path: the folder.
        command: the command that asks, such as ``predict``; the message names it where the folder is of another kind.
        takes: the kinds that the command can use.
        whole: False where the command does not need the models, or is about to write the last file, which makes the
            folder complete; `Trained.check_ended` and `Trained.first_run` then check what is needed.

    Raises:
        InputError: there is no such folder, it holds something else or several things at once, its training has not
            ended, a file of it is missing or damaged, or it is of a kind that the command does not take.

    Example:
        >>> open_trained("runs/first", command="predict", takes=("run", "seeds", "model")).kind
        'run'
    """
    given: Any = path  # a program may give anything
    if not isinstance(given, (str, PathLike)):
        raise InputError(
            f"A run is named by its folder. Got a {type(given).__name__} instead.",
            fix="Give the folder first, and then the rest: predict(run, articles)",
        )
    path = Path(path)
    kind = _kind(path)
    ensemble = read_ensemble(path) if kind == "seeds" and (path / ENSEMBLE_FILE).exists() else None
    found = Trained(path, kind, _runs(path, kind) if ensemble is None else tuple(ensemble.runs(path)), ensemble)
    if kind not in takes:
        raise _other_kind(found, takes, command)
    if whole:
        _check_whole(found)
    return found


def _check_whole(found: Trained) -> None:
    if found.ensemble is not None:
        check_members(found.path, found.ensemble)
    elif found.kind == "seeds":
        raise _not_ended(found)
    else:
        found.check_ended()


def is_trained(path: Path) -> bool:
    """Whether a folder looks like something trained, or like a part of it; `open_trained` says what it is."""
    return path.is_dir() and any((path / name).exists() for name in (CONFIG_FILE, MODEL_FILE, ENSEMBLE_FILE, PLAN))


def _kind(path: Path) -> Kind:
    """Which kind a folder is, by the files in it."""
    if not path.is_dir():
        raise _nothing_there(path)
    signs: dict[Kind, str] = {"run": CONFIG_FILE, "seeds": PLAN, "model": MODEL_FILE}
    found: list[Kind] = [kind for kind, name in signs.items() if (path / name).exists()]
    if "seeds" not in found and (path / ENSEMBLE_FILE).exists():
        found.append("seeds")
    if len(found) > 1:
        raise InputError(
            f"'{path}' holds several things at once: {' and '.join(_sign(path, kind) for kind in found)}.",
            fix="Give each a folder of its own, and name the one that you mean.",
        )
    if not found:
        raise _something_else(path)
    return _planned(path) if found[0] == "seeds" else found[0]


def _sign(path: Path, kind: Kind) -> str:
    several = PLAN if (path / PLAN).exists() else ENSEMBLE_FILE
    return {"run": f"a run ({CONFIG_FILE})", "model": f"a model ({MODEL_FILE})"}.get(kind, f"several runs ({several})")


@dataclass(frozen=True)
class _Plan:
    """What ``plan.json`` says about the kind of folder that it stands in."""

    kind: str | None = None  # of a learning curve
    space: Any = None  # of a study
    seeds: tuple[int, ...] | None = None


def _read_plan(path: Path) -> _Plan:
    return read_json_as(path / PLAN, _Plan, unknown="ignore", fix="Begin again with another --out.")


def _planned(path: Path) -> Kind:
    """Seeds or folds, as the plan of several runs says; an ensemble may have been copied without its plan."""
    if (path / ENSEMBLE_FILE).exists():
        return "seeds"
    plan = _read_plan(path)
    if plan.kind == "learning curve":
        raise InputError(f"'{path}' is a learning curve, and keeps no model.", fix="Train one: classifier train")
    if plan.space is not None:
        raise InputError(
            f"'{path}' is a study of classifier tune, and keeps no model.",
            fix=f"Train with what it found: classifier train {shell_word(path / 'best.toml')} --out RUN",
        )
    return "seeds" if plan.seeds else "folds"


def _runs(path: Path, kind: Kind) -> tuple[RunFolder, ...]:
    if kind == "run":
        return (RunFolder(path),)
    if kind == "seeds":
        return tuple(RunFolder(path / f"seed-{seed}") for seed in _read_plan(path).seeds or ())
    if kind == "folds":
        folders = [entry for entry in path.glob("fold-*") if re.fullmatch(r"fold-\d+", entry.name)]
        return tuple(RunFolder(folder) for folder in sorted(folders, key=_number))
    return ()


def _number(folder: Path) -> int:
    return int(folder.name.rpartition("-")[2])


def _nothing_there(path: Path) -> InputError:
    if path.exists():
        return InputError(f"'{path}' is a file, not a run folder.", fix="Give the --out of a training.")
    return InputError(f"There is no run folder '{path}'.", fix="Train one: classifier train my.csv --out RUN")


def _something_else(path: Path) -> InputError:
    """What to say of a folder in which there is nothing trained."""
    if (path / "manifest.json").exists():
        return InputError(
            f"'{path}' is not a run folder: it has no {CONFIG_FILE}.", fix="Copy the run again, whole, or train again."
        )
    if (path / DATASET_FILE).exists():
        return InputError(
            f"'{path}' is a dataset, and holds no model.",
            fix=f"Train on it: classifier train {shell_word(path)} --out RUN",
        )
    if (path / "metrics.json").exists() and path.parent.name == "evaluation":
        return InputError(
            f"'{path}' is the evaluation of a run, and holds no model.", fix=f"Give the run: {path.parent.parent}"
        )
    inside = sorted(entry for entry in path.iterdir() if is_trained(entry))
    fix = f"Name one of the runs in it: {inside[0]}" if inside else "Give a run folder, or the model folder in it."
    return InputError(f"'{path}' holds no model: there is no {MODEL_FILE} in it.", fix=fix)


def _not_ended(found: Trained) -> InputError:
    count = len(found.runs)
    what = f"training with {count} seeds" if found.kind == "seeds" else "cross-validation"
    command = f"classifier train --seeds {count}" if found.kind == "seeds" else "classifier train --all-folds"
    return InputError(
        f"The {what} in '{found.path}' has not ended.",
        fix=f"Go on with it: {command} --resume --out {shell_word(found.path)}",
    )


def _other_kind(found: Trained, takes: Sequence[Kind], command: str) -> InputError:
    """The one wording for a folder of a kind that a command does not take."""
    *first, last = [NOUNS[kind] for kind in KINDS if kind in takes]
    wanted = f"{', '.join(first)} or {last}" if first else last
    parent = found.path.parent
    if found.kind == "folds":
        fix = f"Name one of them: {found.path / 'fold-01'}"
    elif found.kind == "seeds" and "run" in takes and found.runs:
        fix = f"Name one of them: {found.runs[0].path}"
    elif found.kind == "model" and (parent / CONFIG_FILE).exists():
        fix = f"Give the run that it is the model of: {parent}"
    else:
        fix = "Give the --out of a training."
    return InputError(f"{command} takes {wanted}, and '{found.path}' {IS[found.kind]}.", fix=fix)
