"""Hashes of the sources of a dataset, and what has changed since it was built."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from classifier.articles.readers.below import files_below
from classifier.articles.readers.opened import check_readable
from classifier.config import Config
from classifier.config_file import changed_settings, completed, recorded_settings, without_paths
from classifier.dataset.builders import source_files
from classifier.dataset.info import DatasetInfo
from classifier.errors import names


def source_hashes(config: Config) -> tuple[Mapping[str, str], ...]:
    """Name and SHA-256 of every source file or folder, and of saved splits."""
    files = [
        *source_files(config.data).values(),
        *map(Path, filter(None, (config.split.file, config.data.corrections))),
    ]
    return tuple({"name": path.name, "sha256": hash_path(path)} for path in files if path.exists())


def hash_path(path: Path) -> str:
    """SHA-256 of a file, or of the names and contents of all files below a folder."""
    digest = hashlib.sha256()
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    for file_path in files_below(path, hidden=True):
        digest.update(file_path.relative_to(path).as_posix().encode())
        digest.update(bytes.fromhex(hash_path(file_path)))
    return digest.hexdigest()


def changes(info: DatasetInfo, config: Config) -> list[str]:
    """What has changed in the sources and the settings since a dataset was built.

    Raises:
        InputError: a source is gone.
    """
    return [*_changed_sources(info, config), *_changed_settings(info, config)]


def _changed_sources(info: DatasetInfo, config: Config) -> Iterator[str]:
    for path in source_files(config.data).values():
        if config.data.builder != "hub" and not path.is_dir():
            check_readable(path)
    hashes = [dict(source) for source in source_hashes(config)]
    known = [dict(source) for source in info.sources]
    changed = [source["name"] for source in hashes if source not in known]
    if changed:
        yield f"the source has changed ({names(changed)})"
    elif hashes != known:
        yield f"the source has lost files (it had {names(source['name'] for source in known)})"
    elif not hashes:
        yield "the source may have changed (it is not on this machine)"


def _changed_settings(info: DatasetInfo, config: Config) -> Iterator[str]:
    changed = changed_settings(without_paths(completed(info.settings)), recorded_settings(config))
    if changed:
        yield f"settings have changed ({', '.join(changed)})"
