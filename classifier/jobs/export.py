"""The verb export: a dataset in the format of another tool, or on the Hugging Face Hub."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from classifier.articles.article import Article
from classifier.dataset.builders import hub
from classifier.dataset.builders.write import write_articles
from classifier.dataset.folder import DatasetFolder, open_dataset
from classifier.dataset.integrity import ALL
from classifier.errors import InputError
from classifier.files import REPLACE
from classifier.jobs.source import refuse_trained
from classifier.one_writer import one_writer


def export(
    dataset: str | Path | DatasetFolder,
    to: str,
    out: str | Path,
    *,
    split: str | None = None,
    private: bool = False,
    overwrite: bool = False,
) -> str:
    """Write a dataset folder in the format of another tool, or push it to the Hub.

    Args:
        dataset: the dataset folder, or its path.
        to: a kind as in `classifier.dataset.builders.write.write_articles`, or ``hub``.
        out: the file to write, or ``owner/name`` on the Hub.
        split: one split; all articles when None, with a column ``split`` (with folds: ``fold``).
        private: whether a repository on the Hub is.
        overwrite: replace an older file.

    Returns:
        What was done, in a sentence.

    Raises:
        InputError: the dataset or the file cannot be used, or the Hub cannot be reached.

    Example:
        >>> export("datasets/mine", "jsonl", "mine.jsonl")
        'Wrote 120 articles: mine.jsonl'
    """
    path = dataset.path if isinstance(dataset, DatasetFolder) else Path(dataset)
    refuse_trained(path, "a dataset")
    folder = open_dataset(path)
    if to == "hub":
        if split is not None:
            raise InputError("--split does not go with --to hub.", fix="Leave it out: the Hub gets all splits.")
        return f"Pushed to {push(folder, str(out), private=private, token=None)}"
    if private:
        raise InputError("--private goes with --to hub.", fix="Leave it out.")
    file = Path(out)
    with one_writer(file):
        if file.exists() and not overwrite:
            raise InputError(f"'{out}' exists already.", fix=f"Choose another --out, or {REPLACE}.")
        articles = folder.articles(split) if split else _with_split(folder)
        count = write_articles(articles, file, kind=to, multi_label=folder.info.multi_label)
    return f"Wrote {count:,} articles: {out}"


def _with_split(dataset: DatasetFolder) -> Iterator[Article]:
    """All articles, each with its split (or fold) as a column, which a later build takes as given."""
    if dataset.info.folds is not None:
        folds = dataset.assigned()["fold"].drop_null().to_pylist()
        pairs = zip(folds, dataset.articles(), strict=True)
        yield from (replace(article, extra={**article.extra, "fold": fold}) for fold, article in pairs)
        return
    for split in dataset.splits:
        yield from (replace(article, extra={**article.extra, "split": split}) for article in dataset.articles(split))


def push(dataset: DatasetFolder, repo: str, *, private: bool, token: str | None) -> str:
    """Upload a dataset to the Hugging Face Hub, with its README.md as the dataset card.

    Args:
        dataset: the dataset; one with folds, of which none is chosen, becomes one split with a column ``fold``.
        repo: ``owner/name``; made if it is not there, and its splits are replaced if it is.
        private: whether a new repository is private.
        token: with the right to write; that of ``hf auth login`` when None.

    Returns:
        The repository's address.

    Raises:
        InputError: the Hub cannot be reached, or refuses.
    """
    return hub.write(_parts(dataset), dataset.path / "README.md", repo, private=private, token=token)


def _parts(dataset: DatasetFolder) -> dict[str, Any]:
    if dataset.info.folds is None or dataset.fold is not None:
        return {split: dataset.load(split) for split in dataset.splits}
    folds = dataset.assigned()["fold"].drop_null().to_pylist()
    return {"train": dataset.load(ALL).add_column("fold", folds)}
