"""Datasets that `datasets` saved to disk: a ``Dataset``, a ``DatasetDict``, or a folder of them such as DATASET.

Source: `datasets.load_from_disk`, https://huggingface.co/docs/datasets/process#save
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from classifier.articles.article import Article
from classifier.articles.rows import read_articles
from classifier.dataset.builders.hub_rows import dataset_rows, parts_of
from classifier.dataset.builders.settings import Parts, TableSettings
from classifier.errors import Fault, InputError

ALL = "articles"  # the one part of a DATASET with folds


class Settings(TableSettings):
    """The settings of ``[data]`` that this builder uses."""

    label_separator: str | None = None

    def open(self) -> Parts:
        """The articles of each split."""
        return read(
            Path(self.path or ""),
            self.named,
            pair=self.pair,
            multi_label=self.multi_label,
            label_separator=self.label_separator,
            missing=self.missing,
        )


def read(
    folder: Path,
    columns: Mapping[str, str | None],
    *,
    pair: bool | None = None,
    multi_label: bool = False,
    label_separator: str | None = None,
    missing: Sequence[str] | None = None,
) -> dict[str, Iterator[Article | Fault]]:
    """Read the splits of a saved dataset, a batch at a time; ``ClassLabel`` ids become names.

    Args:
        folder: what `save_to_disk` wrote, or a folder that holds one such folder per split.
        columns: standard name -> the dataset's name for it, or None.
        pair, multi_label, label_separator, missing: as in `classifier.dataset.builders.table.read`.

    Returns:
        ``{"all": articles}`` for a ``Dataset`` or train alone, else one stream per split.

    Raises:
        InputError: the folder is no saved dataset or has no train split; when read: a needed column is missing.
    """
    splits = _load(folder)
    parts = {"all": splits["all"]} if set(splits) == {"all"} else parts_of(splits, f"'{folder}'")
    return {
        part: read_articles(
            dataset_rows(data, f"{folder}[{part}]"),
            columns,
            pair=pair,
            labelled=True,
            multi_label=multi_label,
            label_separator=label_separator,
            missing=missing,
            file=str(folder),
        )
        for part, data in parts.items()
    }


def _load(folder: Path) -> dict[str, Any]:
    """The splits by name; a single dataset is ``all``."""
    import datasets

    try:
        if (folder / "dataset_dict.json").exists() or (folder / "state.json").exists():
            loaded = datasets.load_from_disk(str(folder))
            return dict(loaded) if isinstance(loaded, datasets.DatasetDict) else {"all": loaded}
        saved = sorted(path.parent for path in folder.glob("*/state.json"))
        if [path.name for path in saved] == [ALL]:
            return {"all": datasets.load_from_disk(str(saved[0]))}
        if saved:
            return {path.name: datasets.load_from_disk(str(path)) for path in saved}
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"'{folder}' cannot be loaded: {reason}.", fix="Save or copy it again.") from None
    problem = "is no dataset that was saved to disk" if folder.is_dir() else "is no folder"
    raise InputError(f"'{folder}' {problem}.", fix="Give the folder that Dataset.save_to_disk wrote.")
