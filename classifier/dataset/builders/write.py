"""Labelled articles to the formats of other tools, whole or not at all, and a dataset to the Hugging Face Hub.

Parquet, JSONL, CSV and fastText; tasks for Label Studio, records for Argilla, answers for Prodigy.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile

from classifier.articles.arrow import arrow_type, fitting, text_cell, to_json
from classifier.articles.article import Article
from classifier.dataset.builders.argilla import write_argilla
from classifier.dataset.builders.fasttext import write_fasttext
from classifier.dataset.builders.label_studio import write_label_studio
from classifier.dataset.builders.prodigy import write_prodigy
from classifier.dataset.builders.staging import StagedArticles, stage_articles
from classifier.errors import InputError, did_you_mean, names
from classifier.files import whole_file

LABEL_SEPARATOR = ";"  # between several labels in a CSV cell
BATCH = 1000


def write_articles(articles: Iterable[Article], path: Path, *, kind: str, multi_label: bool) -> int:
    """Write labelled articles in another tool's format.

    The articles are read once and kept on disk meanwhile, so that memory does not grow with their number.

    - ``parquet``, ``jsonl``: every column with its type; labels in ``label`` (name), or ``labels`` (list of names).
    - ``csv``: the same as text; several labels in one cell, divided by ``;``.
    - ``fasttext``: labels and text alone; newlines become spaces, and space in labels becomes ``_``.
    - ``label-studio``: tasks with the labels as a ground-truth annotation. The project needs
      ``<Text name="text" value="$text"/>`` and ``<Choices name="label" toName="text">`` (multi-label: ``labels``).
    - ``argilla``: for ``dataset.records.from_json``. The settings need the fields ``text``, ``title`` and ``target``
      where articles have them, and the question ``label`` (multi-label: ``labels``). Labels are suggestions; the
      votes of annotators who are Argilla's users (UUID) are responses. The other columns are metadata.
    - ``prodigy``: for ``prodigy db-in``; one line for each annotator. The other columns are in ``meta``.

    Args:
        articles: the articles.
        path: the file; its name says nothing about the format.
        kind: one of those above.
        multi_label: whether an article may have none or several labels.

    Returns:
        The number of articles.

    Raises:
        InputError: the kind is unknown, there are no articles, or the format cannot hold them; all are listed.

    Example:
        >>> test = open_dataset(Path("DATASET")).articles("test")  # doctest: +SKIP
        >>> write_articles(test, Path("test.jsonl"), kind="jsonl", multi_label=False)  # doctest: +SKIP
        60
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


def _write_parquet(found: StagedArticles, path: Path, multi_label: bool) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(name, arrow_type(kinds)) for name, kinds in found.columns(multi_label).items()])
    records = found.records(multi_label)
    with pq.ParquetWriter(path, schema) as writer:
        while batch := list(islice(records, BATCH)):
            rows = [{column.name: fitting(row.get(column.name), column.type) for column in schema} for row in batch]
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))


def _write_jsonl(found: StagedArticles, path: Path, multi_label: bool) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.writelines(to_json(record) + "\n" for record in found.records(multi_label))


def _write_csv(found: StagedArticles, path: Path, multi_label: bool) -> None:
    divided = sorted(name for name in found.labels if LABEL_SEPARATOR in name or name != name.strip())
    if multi_label and divided:
        raise InputError(
            f"Labels in a CSV cell are divided by '{LABEL_SEPARATOR}', which these hold: {names(divided)}.",
            fix="Rename them, or write jsonl or parquet.",
        )
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(found.columns(multi_label)))
        writer.writeheader()
        for record in found.records(multi_label):
            if multi_label:
                record["labels"] = LABEL_SEPARATOR.join(record["labels"])
            writer.writerow({name: text_cell(value) for name, value in record.items()})


FormatWriter = Callable[[StagedArticles, Path, bool], None]
WRITERS: dict[str, FormatWriter] = {
    "parquet": _write_parquet,
    "jsonl": _write_jsonl,
    "csv": _write_csv,
    "fasttext": write_fasttext,
    "label-studio": write_label_studio,
    "argilla": write_argilla,
    "prodigy": write_prodigy,
}
