"""Records of Argilla 2: ``records.to_json``, ``Dataset.to_disk``, ``to_list(flatten=True)`` and ``to_datasets``.

Nested (JSON): ``id``, ``fields``, ``metadata``, ``responses`` (question -> list of ``value`` and ``user_id``).
Flat (`to_datasets`): a column per field, ``QUESTION.responses``, ``….responses.users``, ``….responses.status``.
Source: https://docs.argilla.io/latest/how_to_guides/import_export and `argilla.records._io`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from classifier.articles.annotators import ANNOTATIONS, Votes
from classifier.articles.arrow import kind_of, text_cell
from classifier.articles.article import Article
from classifier.articles.label_cells import LabelProblem, as_labels
from classifier.articles.readers.opened import check_readable
from classifier.articles.readers.row import Row
from classifier.dataset.builders.answers import (
    AnsweredRecord,
    annotated_articles,
    find_question,
    votes_to_write,
    with_first_rows,
)
from classifier.dataset.builders.hub_rows import dataset_rows
from classifier.dataset.builders.json_records import read_records, write_array
from classifier.dataset.builders.settings import Parts, TableSettings
from classifier.dataset.builders.staging import StagedArticles, columns_to_write
from classifier.errors import Fault, InputError, names

GIVEN = "given label"  # the agent of a suggestion that is the article's known label, as `write_articles` writes it
NO_LABELS = "no_labels"  # metadata of an article that has none of several possible labels; an answer cannot be empty
STATUSES = ("submitted", "discarded", "draft")
RESPONSES, SUGGESTION = ".responses", ".suggestion"
SERVER = ("status", "_server_id", "inserted_at", "updated_at")
Response = tuple[Any, Any, Any]
PLAIN = ("bool", "int", "float", "str", "list str")  # what Argilla's metadata may be; the rest is written as text


class Settings(TableSettings):
    """The settings of ``[data]`` that this builder uses."""

    def open(self) -> Parts:
        """The articles with the majority's labels."""
        return read(
            Path(self.path or ""), self.named, pair=self.pair, multi_label=self.multi_label, missing=self.missing
        )


def read(
    file_or_folder: Path,
    columns: Mapping[str, str | None] | None = None,
    *,
    pair: bool | None = None,
    multi_label: bool = False,
    missing: Sequence[str] | None = None,
) -> dict[str, Iterator[Article | Fault]]:
    """Read the submitted responses; drafts, discarded ones and suggestions are ignored.

    Argilla's nested JSON does not say what was submitted: there, every response with a value counts. Fields and
    metadata become columns.

    Args:
        file_or_folder: a .json, .jsonl or .parquet file; a folder with ``records.json``; a saved dataset.
        columns: standard name -> the field's or metadata's name for it; ``label`` names the question.
        pair: True demands a target, False ignores it, None takes it if it is there.
        multi_label: whether an article may have none or several labels.
        missing: words for a missing value in other columns than the labels; None = the usual ones.

    Raises:
        InputError: the file is missing or empty; when read: it is not valid JSON, or lacks what is needed.
    """
    named, file = columns or {}, str(file_or_folder)
    records = _answered(_rows(file_or_folder), named.get("label"), file, multi_label)
    articles = annotated_articles(records, named, pair=pair, multi_label=multi_label, missing=missing, file=file)
    return {"all": articles}


def _answered(
    rows: Iterator[Row | Fault], named: str | None, file: str, multi_label: bool
) -> Iterator[AnsweredRecord | Fault]:
    first, records = with_first_rows(rows)
    asked = list(dict.fromkeys(name for row in first for name in _responses(row.values)))
    nested = any("fields" in row.values for row in first)
    if first and not nested and not asked:
        if any(_is_answer_of_1(cell) for row in first for cell in row.values.values()):
            raise InputError(
                f"'{file}' is an export of Argilla 1, which classifier cannot read.",
                fix="Export it with Argilla 2.0 or newer: dataset.records.to_json, or to_datasets.",
            )
        raise InputError(
            f"'{file}' is no export of Argilla's records: it has no 'fields' and no column 'QUESTION.responses'.",
            fix="Write it with Argilla 2: dataset.records.to_json, or to_datasets.",
        )
    question = find_question(asked, named, file)
    for record in records:
        if isinstance(record, Fault):
            yield record
        elif nested and not isinstance(record.values.get("fields"), dict):
            yield Fault(record.where, "has no object 'fields'", "no fields", record.values)
        else:
            yield _record(record, question, multi_label)


def _is_answer_of_1(cell: Any) -> bool:
    """Whether Argilla 1 wrote this answer: a list of objects with user and value, or an object of lists."""
    answers = cell if isinstance(cell, list) else [cell]
    return bool(answers) and all(isinstance(a, dict) and {"value", "user_id"} <= a.keys() for a in answers)


def _rows(path: Path) -> Iterator[Row | Fault]:
    if not path.is_dir():
        check_readable(path)
        return read_records(path)
    if (path / "records.json").exists():
        return read_records(path / "records.json")
    if not (path / "state.json").exists():
        raise InputError(f"'{path}' holds no 'records.json'.", fix="Give the folder that Dataset.to_disk wrote.")
    import datasets

    return dataset_rows(datasets.load_from_disk(str(path)), str(path))


def _record(row: Row, question: str | None, multi_label: bool) -> AnsweredRecord | Fault:
    values = row.values
    votes: dict[str, tuple[str, ...]] = {}
    asked = _responses(values)
    responses = asked.get(question, []) if question else next(iter(asked.values()), [])
    for number, (value, user, status) in enumerate(responses, start=1):
        if status not in (None, *STATUSES):
            what = f"status must be one of {names(STATUSES)}. Got {status!r:.60} instead"
            return Fault(row.where, what, "unknown status", values)
        if status in (None, "submitted") and value is not None:
            labels = as_labels(value, multi_label=multi_label)
            if isinstance(labels, LabelProblem):
                return Fault(row.where, f"{question} {labels.what}", f"{question} {labels.kind}", values)
            unnamed = str(number) if len(responses) > 1 else ""
            votes[unnamed if user in (None, "", "None") else str(user)] = labels
    columns = _columns(values)
    if columns.pop(NO_LABELS, None) is True and multi_label and not votes:
        votes[""] = ()
    return AnsweredRecord(Row(row.where, columns), votes)


def _columns(values: Mapping[str, Any]) -> dict[str, Any]:
    """Fields and metadata as columns, and the record's id."""
    identifier = values.get("id")
    if "fields" in values:
        kept = {**_object(values.get("metadata")), **values["fields"]}
    else:
        asked = _responses(values)
        kept = {
            name: value
            for name, value in values.items()
            if name not in SERVER and name not in asked and not any(mark in name for mark in (RESPONSES, SUGGESTION))
        }
    return kept if identifier in (None, "") else {**kept, "id": identifier}


def _responses(values: Mapping[str, Any]) -> dict[str, list[Response]]:
    """Question -> (value, user, status) of each response; a given label counts if there is no response."""
    if "fields" in values:
        return _nested(values)
    found = {
        name.removesuffix(RESPONSES): _zipped(cell, values.get(f"{name}.users"), values.get(f"{name}.status"))
        for name, cell in values.items()
        if name.endswith(RESPONSES)
    }
    for name, cell in values.items():
        if name.endswith(SUGGESTION) and values.get(f"{name}.agent") == GIVEN:
            question = name.removesuffix(SUGGESTION)
            found[question] = found.get(question) or [(cell, None, None)]
    return found


def _nested(values: Mapping[str, Any]) -> dict[str, list[Response]]:
    found = {
        name: [(r.get("value"), r.get("user_id"), r.get("status")) for r in given if isinstance(r, dict)]
        for name, given in _object(values.get("responses")).items()
        if isinstance(given, list)
    }
    for name, suggestion in _object(values.get("suggestions")).items():
        if _object(suggestion).get("agent") == GIVEN and not found.get(name):
            found[name] = [(suggestion.get("value"), None, None)]
    return found


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _zipped(found: Any, users: Any, status: Any) -> list[Response]:
    found = found if isinstance(found, list) else []
    users, status = (part if isinstance(part, list) else [None] * len(found) for part in (users, status))
    return list(zip(found, users, status, strict=False))


def write(found: StagedArticles, path: Path, multi_label: bool) -> None:
    """Write records for ``dataset.records.from_json``."""
    write_array(path, (_argilla_record(article, multi_label) for article in found))


def _argilla_record(article: Article, multi_label: bool) -> dict[str, Any]:
    question = "labels" if multi_label else "label"
    carried = columns_to_write(article)
    identifier = carried.pop("id")
    fields = {name: carried.pop(name) for name in ("text", "title", "target") if name in carried}
    responses = _votes_as_responses(votes_to_write(article, multi_label) or {}, multi_label)
    if responses:
        del carried[ANNOTATIONS]
    elif multi_label and not article.labels:  # Argilla refuses an empty list as an answer
        carried[NO_LABELS] = True
    value = list(article.labels) if multi_label else next(iter(article.labels), None)
    return {
        "id": identifier,
        "fields": fields,
        "metadata": {name: part if kind_of(part) in PLAIN else text_cell(part) for name, part in carried.items()},
        "suggestions": {question: {"value": value, "score": None, "agent": GIVEN}} if value else {},
        "responses": {question: responses} if responses else {},
        "vectors": {},
    }


def _votes_as_responses(votes: Votes, multi_label: bool) -> list[dict[str, Any]]:
    """The votes as Argilla's responses; none if a vote is empty or its annotator is not a user of Argilla."""
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
