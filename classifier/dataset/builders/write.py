"""Writes labelled articles in the formats of other tools; the file appears only when it is complete."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryFile

from classifier.articles.article import Article
from classifier.dataset.builders import argilla, fasttext, label_studio, prodigy, table
from classifier.dataset.builders.staging import StagedArticles, stage_articles
from classifier.errors import InputError, did_you_mean, names
from classifier.files import whole_file

FormatWriter = Callable[[StagedArticles, Path, bool], None]
WRITERS: dict[str, FormatWriter] = {
    "parquet": table.write_parquet,
    "jsonl": table.write_jsonl,
    "csv": table.write_csv,
    "xlsx": table.write_xlsx,
    "fasttext": fasttext.write,
    "label-studio": label_studio.write,
    "argilla": argilla.write,
    "prodigy": prodigy.write,
}


def write_articles(articles: Iterable[Article], path: Path, *, kind: str, multi_label: bool) -> int:
    """Write labelled articles in another tool's format.

    The articles are read once and kept on disk meanwhile, so that memory does not grow with their number.

    - ``parquet``, ``jsonl``: every column with its type; labels in ``label`` (name), or ``labels`` (list of names).
    - ``csv``: the same as text; several labels in one cell, separated by ``;``.
    - ``xlsx``: the same as a workbook, for Excel.
    - ``fasttext``: labels and text alone; newlines become spaces, and space in labels becomes ``_``.
    - ``label-studio``: tasks with the labels as a ground-truth annotation. The project needs
      ``<Text name="text" value="$text"/>`` and ``<Choices name="label" toName="text">`` (multi-label: ``labels``).
    - ``argilla``: for ``dataset.records.from_json``. The settings need the fields ``text``, ``title`` and ``target``
      where articles have them, and the question ``label`` (multi-label: ``labels``). Labels are suggestions; the
      votes of annotators who are Argilla's users (UUID) are responses. The other columns are metadata.
    - ``prodigy``: for ``prodigy db-in``; one line for each annotator. The other columns are in ``meta``.

    Args:
        articles: the articles.
        path: the file; ``kind`` decides the format, not the name.
        kind: one of those above.
        multi_label: whether an article may have none or several labels.

    Returns:
        The number of articles.

    Raises:
        InputError: the kind is unknown, there are no articles, or the format cannot hold them; all are listed.

    Example:
        >>> articles = [Article("1", "Rain.", ("reporting",)), Article("2", "The moon is cheese.", ("satire",))]
        >>> write_articles(articles, Path("new.jsonl"), kind="jsonl", multi_label=False)
        2
    """
    if kind not in WRITERS:
        raise InputError(
            f"There is no format '{kind}' to write.{did_you_mean(kind, WRITERS)}",
            fix=f"Choose one of {names(WRITERS)}.",
        )
    with whole_file(path) as partial, TemporaryFile(dir=path.parent) as file:
        found = stage_articles(articles, file)
        if not found.count:
            raise InputError("There are no articles to write.")
        WRITERS[kind](found, partial, multi_label)
    return found.count
