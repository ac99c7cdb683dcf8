"""Rows and splits of a `datasets` dataset, with class names instead of ids and standard names of splits."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from classifier.articles.arrow_rows import arrow_rows
from classifier.articles.plain_values import ForeignValue
from classifier.articles.readers.row import Row
from classifier.articles.split_names import SPLITS, split_name
from classifier.errors import InputError, names

logger = logging.getLogger(__name__)
BATCH = 1000


def dataset_rows(data: Any, name: str) -> Iterator[Row]:
    """The rows of a `datasets.Dataset`, read from its Arrow file in batches; ``ClassLabel`` ids become names.

    Args:
        data: the dataset.
        name: name of the dataset in messages, before ``, row N``.

    Example:
        >>> from datasets import ClassLabel, Dataset, Features, Value
        >>> features = Features({"text": Value("string"), "label": ClassLabel(names=["reporting", "satire"])})
        >>> data = Dataset.from_dict({"text": ["The moon is cheese."], "label": [1]}, features=features)
        >>> next(dataset_rows(data, "hub:owner/name[train]"))
        Row(where='hub:owner/name[train], row 1', values={'text': 'The moon is cheese.', 'label': 'satire'})
    """
    classes = {column: found for column, feature in data.features.items() if (found := _class_names(feature))}
    for number, values in enumerate(arrow_rows(data.with_format("arrow").iter(batch_size=BATCH), name), start=1):
        for column, labels in classes.items():
            values[column] = _named(values[column], labels)
        yield Row(f"{name}, row {number}", values)


def parts_of(splits: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The splits as ``train``, ``validation`` and ``test``; train alone is ``all``. Others are left out.

    Args:
        splits: the dataset's name of each split -> the split.
        name: of the dataset, for messages.

    Raises:
        InputError: there is no train split, or two splits have the same meaning.
    """
    parts: dict[str, Any] = {}
    for split, data in splits.items():
        part = split_name(str(split))
        if part in parts:
            raise InputError(f"{name} has two splits for {part}: {names(splits)}.", fix="Remove or join one of them.")
        parts[part] = data
    if "train" not in parts:
        raise InputError(
            f"{name} has no train split; it has {', '.join(map(str, splits))}.",
            fix="Call the split to learn from 'train', or give one of the splits alone.",
        )
    others = sorted(parts.keys() - set(SPLITS))
    if others:
        logger.info("%s: the splits %s are left out", name, names(others))
    known = {part: parts[part] for part in SPLITS if part in parts}
    return known if len(known) > 1 else {"all": known["train"]}


def _class_names(feature: Any) -> list[str] | None:
    inner = getattr(feature, "feature", feature)
    found: list[str] | None = getattr(inner, "names", None)
    return found


def _named(value: Any, labels: list[str]) -> Any:
    """The name of a class id, or of each id of a list; None for the -1 of an article without a label.

    An id beyond the names is no text, so that nobody takes it for a label.
    """
    if isinstance(value, list):
        return [_named(part, labels) for part in value]
    if value is None or value == -1:
        return None
    if 0 <= value < len(labels):
        return labels[value]
    return ForeignValue("class id", f"the class id {value}, where the ids go from 0 to {len(labels) - 1},")
