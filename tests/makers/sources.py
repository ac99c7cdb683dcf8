"""Sources of articles with their settings, and the datasets that are made of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from classifier.config import DataConfig
from classifier.config_file import dump_config, make_config, parse_settings
from classifier.dataset.folder import DatasetFolder
from classifier.jobs.building.build import build


def data_settings(**settings: object) -> DataConfig:
    """The ``[data]`` settings of a source."""
    return make_config({"data": settings}).data


def built(folder: Path, data: Mapping[str, object], split: Mapping[str, object] | None = None) -> DatasetFolder:
    """The dataset that a config file with these settings makes."""
    (folder / "c.toml").write_text(dump_config(make_config({"data": data, "split": split or {}})))
    dataset = build(str(folder / "c.toml"), folder / "data", overwrite=True).dataset
    assert dataset is not None
    return dataset


def made(source: Path, out: Path, *given: str, **options: Any) -> DatasetFolder:
    """The dataset that a source makes with these settings, and options of `build`."""
    dataset = build(str(source), out, settings=parse_settings(given), **options).dataset
    assert dataset is not None
    return dataset


def ids_of(dataset: DatasetFolder) -> dict[str, set[str]]:
    """Split -> ids of its articles."""
    return {split: {article.id for article in dataset.articles(split)} for split in dataset.splits}


def csv_file(path: Path, header: str, *rows: str) -> str:
    """A CSV file of these lines."""
    path.write_text("".join(f"{line}\n" for line in (header, *rows)))
    return str(path)
