"""A model on the machine of a worker: where it lies on this machine too, else a copy that goes with the work."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifier.checksums import CHECKSUMS
from classifier.errors import InputError
from classifier.models.ensemble import ENSEMBLE_FILE
from classifier.models.fingerprint import fingerprint
from classifier.models.trained import PREDICTS, Trained, open_trained


@dataclass(frozen=True)
class ModelCopy:
    """A model that workers shall have.

    Attributes:
        path: where it lies on the machine that hands out the work.
        fingerprint: that of the model, by which it is known where another machine has that path too.
        files: name -> the file's bytes, or what stands for them; none where all machines have the path.
    """

    path: str
    fingerprint: str
    files: Sequence[tuple[str, Any]] = ()


def model_copy(trained: Trained, put: Callable[[bytes], Any] | None = None) -> ModelCopy:
    """A model as it goes with the work.

    Args:
        trained: it.
        put: stores bytes where all machines find them; None = all workers are on this machine.
    """
    path = trained.path.resolve()
    named = () if put is None else tuple((name, put(file.read_bytes())) for name, file in _files(trained))
    return ModelCopy(str(path), fingerprint(trained), named)


def _files(trained: Trained) -> Iterator[tuple[str, Path]]:
    """The files that predict, under names that are relative to one folder."""
    if trained.ensemble is None:
        top, folders = trained.models[0], trained.models
    else:
        top, folders = trained.path, trained.models
        yield from ((name, top / name) for name in (ENSEMBLE_FILE, CHECKSUMS) if (top / name).exists())
    for folder in folders:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                yield file.relative_to(top).as_posix(), file


def placed(copy: ModelCopy, get: Callable[[Any], bytes], folder: Path | None = None) -> Path:
    """Where the model lies on this machine; where its path is not here, the copy is written to a temporary folder.

    Args:
        copy: the model.
        get: the bytes of a file.
        folder: to write it to; None = a new temporary one.

    Raises:
        InputError: the path is not here, or holds another model, and no copy came along.
    """
    if _is_here(copy):
        return Path(copy.path)
    if not copy.files:
        raise InputError(
            f"The model '{copy.path}' is not on the machine of a worker.",
            fix="Put it where all machines find it under the same path.",
        )
    folder = folder or Path(tempfile.mkdtemp(prefix="classifier-model-"))
    for name, stored in copy.files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(get(stored))
    return folder


def _is_here(copy: ModelCopy) -> bool:
    try:
        return fingerprint(open_trained(copy.path, takes=PREDICTS)) == copy.fingerprint
    except (InputError, OSError):
        return False
