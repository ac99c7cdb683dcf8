"""The Arrow parts and `splits.parquet` of a dataset folder, read from disk; what is damaged is an `InputError`."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from classifier.errors import InputError
from classifier.files import damaged

SPLITS_FILE = "splits.parquet"
BUILD_AGAIN = "Build the dataset again, or copy it again."
KEPT_OPEN = os.name != "nt"  # Windows neither renames nor removes a folder in which a file is mapped into memory


@dataclass(frozen=True)
class OpenedParts:
    """The parts of a dataset folder and its `splits.parquet`, each opened once: a training asks a hundred times.

    All are of one dataset: where another has taken its place, the parts that are not open yet are refused.
    """

    _opened: dict[Path, Any] = field(default_factory=dict, repr=False)
    _written: dict[Path, tuple[int, int]] = field(default_factory=dict, repr=False)

    def part(self, folder: Path) -> Any:
        """As `load_part`; the `datasets.Dataset` is the caller's own: he may set its format."""
        if folder in self._opened:
            return copy.copy(self._opened[folder])
        self._check_same(folder.parent)
        found = load_part(folder)
        if KEPT_OPEN:
            self._opened[folder] = copy.copy(found)
        return found

    def splits(self, folder: Path) -> Any:
        """As `read_splits`."""
        file = folder / SPLITS_FILE
        if file not in self._opened:
            self._check_same(folder)
            self._opened[file] = read_splits(folder)
        return self._opened[file]

    def _check_same(self, dataset: Path) -> None:
        """Raise `InputError` if the dataset is another than when something of it was opened first."""
        file = dataset / "dataset.json"
        if not file.exists():  # what is missing is named when it is read
            return
        now = file.stat().st_ino, file.stat().st_mtime_ns
        if self._written.setdefault(dataset, now) != now:
            raise InputError(
                f"'{dataset}' was replaced by another dataset since it was opened.",
                fix="Go on with the one that the later build gave back.",
            )


def load_part(folder: Path) -> Any:
    """The articles of a part as a `datasets.Dataset`; they stay on disk until they are read.

    Raises:
        InputError: it is missing or damaged.
    """
    import datasets

    with readable(folder):
        if not folder.is_dir():
            raise InputError(f"There is no folder '{folder}'.", fix=BUILD_AGAIN)
        found = datasets.load_from_disk(str(folder))
        if not isinstance(found, datasets.Dataset):
            raise damaged(folder, "it is not one set of articles", BUILD_AGAIN)
        found.reset_format()  # all columns, whatever state.json says
        return found


def read_splits(folder: Path) -> Any:
    """``splits.parquet`` of a dataset as an Arrow table: id, split (or fold, fold_1, …), unit.

    Raises:
        InputError: it is missing or damaged.
    """
    import pyarrow.parquet as pq

    file = folder / SPLITS_FILE
    with readable(file):
        table = pq.ParquetFile(file).read() if file.is_file() else None
    if table is None:
        raise InputError(f"There is no file '{file}'.", fix=BUILD_AGAIN)
    return table


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what Arrow and `datasets` raise for a damaged file into an `InputError` that names it."""
    import pyarrow as pa

    try:
        yield
    except (OSError, ValueError, LookupError, TypeError, AttributeError, pa.ArrowException) as error:
        what = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"'{path}' cannot be read: {what[:300].rstrip('.')}.", fix=BUILD_AGAIN) from None
