"""Datasets of the Hugging Face Hub, or a local folder that `datasets.load_dataset` understands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from classifier.articles import Article, read_articles
from classifier.errors import Fault, InputError
from classifier.readers import Row
from classifier.splits import SPLIT_ALIASES


def read(
    name: str,
    columns: Mapping[str, str | None],
    *,
    subset: str | None = None,
    pair: bool | None = None,
    multi_label: bool = False,
    label_separator: str | None = None,
) -> dict[str, Iterator[Article | Fault]]:
    """Load a dataset and read its splits; ``ClassLabel`` ids become names.

    Args:
        name: ``owner/name``, or the path of a folder of data files (no loading scripts).
        columns: standard name -> the dataset's name for it, or None.
        subset: the dataset's configuration, where it has several.
        pair, multi_label, label_separator: as in `classifier.builders.table.read`.

    Raises:
        InputError: the dataset cannot be found or reached.
    """
    if not name:
        raise InputError("hub: names no dataset.", fix="Give its name: hub:owner/name")
    splits = _load(name, subset)
    parts = {SPLIT_ALIASES.get(str(split), str(split)): data for split, data in splits.items()}
    if "train" not in parts:
        raise InputError(f"hub:{name} has no train split; it has {', '.join(map(str, splits))}.")
    if not {"validation", "test"} & parts.keys():
        parts = {"all": parts["train"]}
    return {
        part: read_articles(
            _rows(data, f"hub:{name}[{part}]"),
            columns,
            pair=pair,
            labelled=True,
            multi_label=multi_label,
            label_separator=label_separator,
            file=f"hub:{name}",
        )
        for part, data in parts.items()
        if part in ("all", "train", "validation", "test")
    }


def _load(name: str, subset: str | None) -> Mapping[str, Any]:
    import datasets

    try:
        loaded: Mapping[str, Any] = datasets.load_dataset(name, subset)
        return loaded
    except (OSError, ValueError, RuntimeError, datasets.exceptions.DatasetsError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(
            f"The dataset hub:{name} cannot be loaded: {reason}",
            fix="Check its name, its subset (data.subset) and the connection; HF_HUB_OFFLINE=1 uses the cache alone.",
        ) from None


def _rows(data: Any, name: str) -> Iterator[Row]:
    label_names = {column: _class_names(feature) for column, feature in data.features.items()}
    for number, values in enumerate(data, start=1):
        named = {column: _named(value, label_names[column]) for column, value in values.items()}
        yield Row(f"{name}, row {number}", named)


def _class_names(feature: Any) -> list[str] | None:
    inner = getattr(feature, "feature", feature)
    names: list[str] | None = getattr(inner, "names", None)
    return names


def _named(value: Any, names: list[str] | None) -> Any:
    if names is None or value is None:
        return value
    if isinstance(value, list):
        return [names[index] for index in value]
    return names[value] if value >= 0 else None
