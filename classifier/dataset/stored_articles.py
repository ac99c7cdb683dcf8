"""Names of the columns in the files of a dataset, and their rows as articles."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from classifier.articles.article import OPTIONAL, Article

STANDARD = ("id", "text", "label", "labels", *OPTIONAL)


def stored_name(name: str) -> str:
    """The name of an extra column in the files: ``original_label`` if a standard column is called ``label``."""
    return f"original_{name}" if _is_standard(name) else name


def _given_name(name: str) -> str:
    """The original name of an extra column; undoes `stored_name`."""
    plain = name.removeprefix("original_")
    return plain if _is_standard(plain) else name


def _is_standard(name: str) -> bool:
    return re.sub("^(original_)+", "", name) in STANDARD


def article_of_values(values: Mapping[str, Any], names: Sequence[str], where: str) -> Article:
    """The article in a row.

    Args:
        values: column -> value.
        names: names of the labels, in the order of their ids.
        where: the place of the row, for messages.
    """
    ids = values["labels"] if "labels" in values else [values["label"]]
    plain = {key: value for key, value in values.items() if key in OPTIONAL}
    extra = {_given_name(key): value for key, value in values.items() if key not in STANDARD}
    return Article(
        id=values["id"],
        text=values["text"],
        labels=tuple(names[index] for index in ids),
        extra=extra,
        where=where,
        **plain,
    )
