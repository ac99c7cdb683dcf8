"""Datasets of the Hugging Face Hub, read and written; or a local folder that `datasets.load_dataset` understands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from classifier.articles.article import Article
from classifier.articles.rows import read_articles
from classifier.dataset.builders.hub_rows import dataset_rows, parts_of
from classifier.dataset.builders.settings import Parts, TableSettings
from classifier.errors import Fault, InputError


class Settings(TableSettings):
    """The settings of ``[data]`` that this builder uses."""

    label_separator: str | None = None
    subset: str | None = None

    def open(self) -> Parts:
        """The articles of each split."""
        return read(
            self.path or "",
            self.named,
            subset=self.subset,
            pair=self.pair,
            multi_label=self.multi_label,
            label_separator=self.label_separator,
            missing=self.missing,
        )


def read(
    name: str,
    columns: Mapping[str, str | None],
    *,
    subset: str | None = None,
    pair: bool | None = None,
    multi_label: bool = False,
    label_separator: str | None = None,
    missing: Sequence[str] | None = None,
) -> dict[str, Iterator[Article | Fault]]:
    """Load a dataset and read its splits; ``ClassLabel`` ids become names.

    Args:
        name: ``owner/name``, or the path of a folder of data files (no loading scripts).
        columns: standard name -> the dataset's name for it, or None.
        subset: the dataset's configuration, if it has several.
        pair, multi_label, label_separator, missing: as in `classifier.dataset.builders.table.read`.

    Raises:
        InputError: the dataset cannot be found or reached.
    """
    if not name:
        raise InputError("hub: names no dataset.", fix="Give its name: hub:owner/name")
    return {
        part: read_articles(
            dataset_rows(data, f"hub:{name}[{part}]"),
            columns,
            pair=pair,
            labelled=True,
            multi_label=multi_label,
            label_separator=label_separator,
            missing=missing,
            file=f"hub:{name}",
        )
        for part, data in parts_of(_load(name, subset), f"hub:{name}").items()
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


def write(splits: Mapping[str, Any], readme: Path, repo: str, *, private: bool, token: str | None) -> str:
    """Upload splits to the Hub, with a card.

    Args:
        splits: name -> a `datasets.Dataset`; those of the repository are replaced.
        readme: the card; if the file is missing, none is uploaded.
        repo: ``owner/name``; made if it is not there.
        private: whether a new repository is private.
        token: with the right to write; that of ``hf auth login`` when None.

    Returns:
        The repository's address.

    Raises:
        InputError: the Hub cannot be reached, or refuses.
    """
    import datasets
    from huggingface_hub import HfApi, errors
    from huggingface_hub.utils import disable_progress_bars  # type: ignore[attr-defined]

    datasets.disable_progress_bars()
    disable_progress_bars()
    refusals = (OSError, ValueError, errors.HfHubHTTPError, getattr(errors, "HTTPError", OSError))
    api = HfApi(token=token)
    try:
        url = api.create_repo(repo, repo_type="dataset", private=private, exist_ok=True)
        if readme.exists():  # first, since push_to_hub adds what the Hub must know to the card that it finds
            api.upload_file(path_or_fileobj=readme, path_in_repo="README.md", repo_id=repo, repo_type="dataset")
        datasets.DatasetDict(splits).push_to_hub(repo, private=private, token=token)
    except refusals as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise InputError(
            f"The dataset cannot be pushed to '{repo}': {reason}",
            fix="Check the name (owner/name), the connection, and that the token may write there (hf auth login).",
        ) from None
    return str(url)
