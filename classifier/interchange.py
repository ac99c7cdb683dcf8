"""Labelled articles to the formats of other tools, whole or not at all, and a dataset to the Hugging Face Hub.

Parquet, JSONL, CSV and fastText; tasks for Label Studio, records for Argilla, answers for Prodigy.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any
from uuid import UUID

from classifier.annotations import ANNOTATIONS, Votes, settle_votes, vote_of
from classifier.articles import OPTIONAL, Article
from classifier.builders.argilla import GIVEN, NO_LABELS
from classifier.dataset_folder import ALL, DatasetFolder, open_dataset
from classifier.errors import Fault, InputError, did_you_mean, names
from classifier.folders import whole_file
from classifier.spool import Spool, arrow_type, cell, kind_of, safe_name, spool, to_json

LABEL_SEPARATOR = ";"  # between several labels in a CSV cell
BATCH = 1000
PLAIN = ("bool", "int", "float", "str", "list str")  # what Argilla's metadata may be; the rest is written as text
NEWLINE = re.compile(r"\r\n|[\r\n]")
MARKED = re.compile(r"__label__(?<![^ \t\v\f\r\n]__label__)[^ \t\v\f\r\n]*")


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
        found = spool(articles, file)
        if not found.count:
            raise InputError("There are no articles to write.")
        WRITERS[kind](found, partial, multi_label)
    return found.count


def export_dataset(
    path: Path, to: str, out: str, *, split: str | None = None, private: bool = False, overwrite: bool = False
) -> str:
    """Write a dataset folder in the format of another tool, or push it to the Hub.

    Args:
        path: the dataset folder.
        to: a kind as in `write_articles`, or ``hub``.
        out: the file to write, or ``owner/name`` on the Hub.
        split: one split; all articles when None, with a column ``split`` (with folds: ``fold``).
        private: whether a repository on the Hub is.
        overwrite: replace an older file.

    Returns:
        What was done, in a sentence.

    Raises:
        InputError: the dataset or the file cannot be used, or the Hub cannot be reached.
    """
    dataset = open_dataset(path)
    if to == "hub":
        if split is not None:
            raise InputError("--split does not go with --to hub.", fix="Leave it out: the Hub gets all splits.")
        return f"Pushed to {push(dataset, out, private=private, token=None)}"
    if private:
        raise InputError("--private goes with --to hub.", fix="Leave it out.")
    file = Path(out)
    if file.exists() and not overwrite:
        raise InputError(f"'{out}' exists already.", fix="Choose another --out, or add --overwrite.")
    articles = dataset.articles(split) if split else _with_split(dataset)
    count = write_articles(articles, file, kind=to, multi_label=dataset.info.multi_label)
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
    import datasets
    from huggingface_hub import HfApi, errors
    from huggingface_hub.utils import disable_progress_bars  # type: ignore[attr-defined]

    datasets.disable_progress_bars()
    disable_progress_bars()
    refusals = (OSError, ValueError, errors.HfHubHTTPError, getattr(errors, "HTTPError", OSError))
    readme = dataset.path / "README.md"
    api = HfApi(token=token)
    try:
        url = api.create_repo(repo, repo_type="dataset", private=private, exist_ok=True)
        if readme.exists():  # first, since push_to_hub adds what the Hub must know to the card that it finds
            api.upload_file(path_or_fileobj=readme, path_in_repo="README.md", repo_id=repo, repo_type="dataset")
        datasets.DatasetDict(_parts(dataset)).push_to_hub(repo, private=private, token=token)
    except refusals as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise InputError(
            f"The dataset cannot be pushed to '{repo}': {reason}",
            fix="Check the name (owner/name), the connection, and that the token may write there (hf auth login).",
        ) from None
    return str(url)


def _parts(dataset: DatasetFolder) -> dict[str, Any]:
    if dataset.info.folds is None or dataset.fold is not None:
        return {split: dataset.load(split) for split in dataset.splits}
    import datasets

    folds = dataset.assigned()["fold"].drop_null().to_pylist()
    return {"train": datasets.load_from_disk(str(dataset.path / ALL)).add_column("fold", folds)}


def _write_parquet(found: Spool, path: Path, multi_label: bool) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(name, arrow_type(kinds)) for name, kinds in found.columns(multi_label).items()])
    records = found.records(multi_label)
    with pq.ParquetWriter(path, schema) as writer:
        while batch := list(islice(records, BATCH)):
            rows = [{column.name: _fitting(row.get(column.name), column.type) for column in schema} for row in batch]
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))


def _fitting(value: Any, kind: Any) -> Any:
    import pyarrow as pa

    return cell(value) if value is not None and pa.types.is_string(kind) else value


def _write_jsonl(found: Spool, path: Path, multi_label: bool) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.writelines(to_json(record) + "\n" for record in found.records(multi_label))


def _write_csv(found: Spool, path: Path, multi_label: bool) -> None:
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
            writer.writerow({name: cell(value) for name, value in record.items()})


def _write_fasttext(found: Spool, path: Path, multi_label: bool) -> None:
    if "target" in found.filled:
        raise InputError("fastText has no place for the target of a pair.", fix="Write jsonl or parquet.")
    written = {name: "__label__" + "_".join(name.split()) for name in sorted(found.labels)}
    faults = _clashes(written)
    with path.open("w", encoding="utf-8", newline="") as stream:
        for article in found:
            marked = list(dict.fromkeys(MARKED.findall(article.text)))
            if marked:
                what = f"fastText would read as labels what the text holds: {names(marked)}"
                faults.append(Fault(_place(article), what, "__label__ in the text"))
            if not article.labels and not multi_label:
                faults.append(Fault(_place(article), "has no label", "no label"))
            text = NEWLINE.sub(" ", article.text)
            stream.write(" ".join([*(written[name] for name in article.labels), text]) + "\n")
    if faults:
        raise InputError(
            "These articles cannot be written for fastText.",
            faults=faults,
            fix="Change them, or write jsonl or parquet.",
        )


def _clashes(written: dict[str, str]) -> list[Fault]:
    """A fault for each group of labels that are written alike."""
    alike: dict[str, list[str]] = {}
    for name, mark in written.items():
        alike.setdefault(mark, []).append(name)
    return [Fault("labels", f"{names(group)} all become {mark}") for mark, group in alike.items() if len(group) > 1]


def _place(article: Article) -> str:
    return article.where or f"article '{article.id}'"


def _write_label_studio(found: Spool, path: Path, multi_label: bool) -> None:
    question = "labels" if multi_label else "label"
    _write_array(path, (_task(article, question, multi_label) for article in found))


def write_predicted_tasks(
    path: Path, predicted: Iterable[tuple[Article, Sequence[str], float | None]], *, multi_label: bool
) -> None:
    """Write articles as tasks of Label Studio that nobody has answered, with labels to accept or to change.

    Args:
        path: the file to write.
        predicted: article, labels and their score; the article's own labels are not written.
        multi_label: whether the question is called ``labels`` and not ``label``.
    """
    question = "labels" if multi_label else "label"
    _write_array(path, (_predicted_task(article, question, labels, score) for article, labels, score in predicted))


def _predicted_task(article: Article, question: str, labels: Sequence[str], score: float | None) -> dict[str, Any]:
    prediction: dict[str, Any] = {"model_version": "classifier audit", "result": _chosen(question, labels)}
    return {"data": _carried(article), "predictions": [prediction if score is None else {**prediction, "score": score}]}


def _chosen(question: str, labels: Sequence[str]) -> list[dict[str, Any]]:
    """The labels as the result of an annotation or a prediction; empty where there is none."""
    value = {"choices": list(labels)}
    return [{"from_name": question, "to_name": "text", "type": "choices", "value": value}] if labels else []


def _task(article: Article, question: str, multi_label: bool) -> dict[str, Any]:
    annotation = {"result": _chosen(question, article.labels), "ground_truth": True}
    return {"data": _carried(article), "annotations": [annotation] if article.labels or multi_label else []}


def _write_argilla(found: Spool, path: Path, multi_label: bool) -> None:
    _write_array(path, (_argilla_record(article, multi_label) for article in found))


def _argilla_record(article: Article, multi_label: bool) -> dict[str, Any]:
    question = "labels" if multi_label else "label"
    carried = _carried(article)
    identifier = carried.pop("id")
    fields = {name: carried.pop(name) for name in ("text", "title", "target") if name in carried}
    responses = _responses(_votes(article, multi_label) or {}, multi_label)
    if responses:
        del carried[ANNOTATIONS]
    elif multi_label and not article.labels:  # Argilla refuses an empty list as an answer
        carried[NO_LABELS] = True
    value = list(article.labels) if multi_label else next(iter(article.labels), None)
    return {
        "id": identifier,
        "fields": fields,
        "metadata": {name: part if kind_of(part) in PLAIN else cell(part) for name, part in carried.items()},
        "suggestions": {question: {"value": value, "score": None, "agent": GIVEN}} if value else {},
        "responses": {question: responses} if responses else {},
        "vectors": {},
    }


def _responses(votes: Votes, multi_label: bool) -> list[dict[str, Any]]:
    """The votes as Argilla's responses; none where one of them is not by a user of Argilla, or empty."""
    if not all(given and _is_uuid(name) for name, given in votes.items()):
        return []
    return [
        {"value": list(given) if multi_label else given[0], "user_id": name, "status": "submitted"}
        for name, given in votes.items()
    ]


def _is_uuid(name: str) -> bool:
    try:
        UUID(name)
    except ValueError:
        return False
    return True


def _write_prodigy(found: Spool, path: Path, multi_label: bool) -> None:
    options = [{"id": name, "text": name} for name in sorted(found.labels)] if multi_label else None
    with path.open("w", encoding="utf-8", newline="") as stream:
        for article in found:
            stream.writelines(to_json(line) + "\n" for line in _answers(article, options))


def _answers(article: Article, options: list[dict[str, str]] | None) -> Iterator[dict[str, Any]]:
    """The lines of an article: one for each annotator, or one alone."""
    meta = _carried(article)
    text = meta.pop("text")
    votes = _votes(article, options is not None)
    if votes:
        del meta[ANNOTATIONS]
    for name, labels in (votes or {"": article.labels}).items():
        said: dict[str, Any] = {}
        if options is not None:
            said = {"options": options, "accept": list(labels), "answer": "accept"}
        elif labels:
            said = {"label": labels[0], "answer": "accept"}
        who = {"_annotator_id": name, "_session_id": name} if name else {}
        yield {"text": text, **said, "meta": meta, **who}


def _votes(article: Article, multi_label: bool) -> Votes | None:
    """The votes that an article carries, if its labels are what they come to."""
    vote = vote_of(article)
    if vote is None:
        return None
    return vote.labels if set(settle_votes(vote.labels, multi_label=multi_label) or ()) == set(article.labels) else None


def _carried(article: Article) -> dict[str, Any]:
    """Id, text and every other column that has a value, without the labels."""
    standard = {name: value for name in OPTIONAL if (value := getattr(article, name)) is not None}
    extra = {safe_name(name): value for name, value in article.extra.items() if value is not None}
    return {**extra, **standard, "id": article.id, "text": article.text}


def _write_array(path: Path, records: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        for number, record in enumerate(records):
            stream.write(("[\n" if number == 0 else ",\n") + to_json(record))
        stream.write("\n]\n")


Writer = Callable[[Spool, Path, bool], None]
WRITERS: dict[str, Writer] = {
    "parquet": _write_parquet,
    "jsonl": _write_jsonl,
    "csv": _write_csv,
    "fasttext": _write_fasttext,
    "label-studio": _write_label_studio,
    "argilla": _write_argilla,
    "prodigy": _write_prodigy,
}
