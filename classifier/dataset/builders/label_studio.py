"""Exports of Label Studio 1: JSON, JSON-MIN and CSV of a project whose labels are ``Choices``.

JSON: tasks with ``data`` and ``annotations``, each with ``completed_by`` and a ``result`` of ``choices`` items.
JSON-MIN and CSV: one record per annotation, its labels in a column that is named after the question.
Source: https://labelstud.io/guide/task_format and https://labelstud.io/guide/export, `label_studio_sdk.converter`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import Any

from classifier.articles.article import Article
from classifier.articles.label_cells import LabelProblem, as_labels, json_cell
from classifier.articles.readers.opened import check_readable
from classifier.articles.readers.row import Row
from classifier.dataset.builders.answers import AnsweredRecord, annotated_articles, find_question, with_first_rows
from classifier.dataset.builders.json_records import read_records, write_array
from classifier.dataset.builders.settings import Parts, TableSettings
from classifier.dataset.builders.staging import StagedArticles, columns_to_write
from classifier.errors import Fault, InputError, names

FLAT = ("annotator", "annotation_id", "created_at", "updated_at", "lead_time", "agreement", "history")


class Settings(TableSettings):
    """The settings of ``[data]`` that this builder uses."""

    def open(self) -> Parts:
        """The articles with the majority's labels."""
        return read(
            Path(self.path or ""), self.named, pair=self.pair, multi_label=self.multi_label, missing=self.missing
        )


def read(
    file: Path,
    columns: Mapping[str, str | None] | None = None,
    *,
    pair: bool | None = None,
    multi_label: bool = False,
    missing: Sequence[str] | None = None,
) -> dict[str, Iterator[Article | Fault]]:
    """Read the annotated tasks; skipped (cancelled) annotations and predictions are ignored.

    The id is that in ``data``, else the task's. An annotation without choices is a vote for no label where articles
    may have several, else no vote. Of two annotations by the same person the last counts.

    Args:
        file: the export: .json, .csv or .tsv, also .gz or .zst.
        columns: standard name -> the data's name for it; ``label`` names the question (the ``Choices`` tag).
        pair: True demands a target, False ignores it, None takes it if it is there.
        multi_label: whether an article may have none or several labels.
        missing: words for a missing value in other columns than the labels; None = the usual ones.

    Raises:
        InputError: the file is missing or empty; when read: it is not valid JSON, or lacks what is needed.
    """
    check_readable(file)
    named = columns or {}
    records = _answered(file, named.get("label"), multi_label)
    articles = annotated_articles(records, named, pair=pair, multi_label=multi_label, missing=missing, file=str(file))
    return {"all": articles}


def _answered(file: Path, named: str | None, multi_label: bool) -> Iterator[AnsweredRecord | Fault]:
    first, records = with_first_rows(read_records(file))
    if first and "annotation_id" in first[0].values and "data" not in first[0].values:
        yield from _flat(records, _flat_question(first, named, str(file)), multi_label)
        return
    if any("completions" in row.values and "annotations" not in row.values for row in first):
        raise InputError(
            f"'{file}' is an export of Label Studio 0 (its tasks have 'completions'), which classifier cannot read.",
            fix="Export it as JSON with Label Studio 1.0 or newer.",
        )
    _check_tags(first, str(file))
    question = find_question((name for row in first for name in _asked(row)), named, str(file))
    for record in records:
        yield record if isinstance(record, Fault) else _task(record, question, multi_label)


def _task(row: Row, question: str | None, multi_label: bool) -> AnsweredRecord | Fault:
    data, annotations = row.values.get("data"), row.values.get("annotations")
    if not isinstance(data, dict):
        return Fault(row.where, "has no object 'data': it is no task of Label Studio", "no data", row.values)
    if not isinstance(annotations, list):
        return Fault(row.where, "has no list 'annotations': export JSON", "no annotations", row.values)
    votes: dict[str, tuple[str, ...]] = {}
    for number, annotation in enumerate(annotations, start=1):
        labels = _chosen(annotation, question, multi_label)
        if isinstance(labels, LabelProblem):
            what = f"annotation {number}: choices {labels.what}"
            return Fault(row.where, what, f"choices {labels.kind}", row.values)
        if labels is not None:
            name = _person(annotation.get("completed_by"))
            votes[name or (str(number) if len(annotations) > 1 else "")] = labels
    identifier = row.values.get("id") if data.get("id") in (None, "") else data["id"]
    return AnsweredRecord(Row(row.where, {**data, "id": identifier}), votes)


def _chosen(annotation: Any, question: str | None, multi_label: bool) -> tuple[str, ...] | LabelProblem | None:
    """The labels of an annotation, None if it gives none, or what is wrong with it."""
    if not isinstance(annotation, dict) or not isinstance(annotation.get("result"), list):
        return LabelProblem("are missing: the annotation has no list 'result'", "are missing")
    if annotation.get("was_cancelled"):
        return None
    chosen: list[Any] = []
    for item in _choices(annotation):
        if question in (None, item.get("from_name")):
            value = item.get("value")
            choices = value.get("choices") if isinstance(value, dict) else None
            if not isinstance(choices, list):
                return LabelProblem(f"must be a list of labels. Got {choices!r:.60} instead", "are no list")
            chosen += choices
    return as_labels(chosen, multi_label=multi_label) if chosen or multi_label else None


def _items(annotation: Any) -> Iterator[dict[str, Any]]:
    result = annotation.get("result") if isinstance(annotation, dict) else None
    yield from (item for item in (result if isinstance(result, list) else []) if isinstance(item, dict))


def _choices(annotation: Any) -> Iterator[dict[str, Any]]:
    yield from (item for item in _items(annotation) if item.get("type") == "choices")


def _annotations(row: Row) -> list[Any]:
    annotations = row.values.get("annotations")
    return annotations if isinstance(annotations, list) else []


def _asked(row: Row) -> Iterator[str]:
    """The questions that a task answers."""
    for annotation in _annotations(row):
        yield from (str(item.get("from_name")) for item in _choices(annotation))


def _check_tags(first: Sequence[Row], file: str) -> None:
    """Refuse an export whose answers are all of other tags than Choices."""
    items = (item for row in first for annotation in _annotations(row) for item in _items(annotation))
    kinds = Counter(str(item.get("type")) for item in items)
    if kinds and "choices" not in kinds:
        tags = ", ".join(f"<{kind.capitalize()}> ({count:,} ×)" for kind, count in kinds.most_common())
        parts = " <Labels> marks parts of a text." if "labels" in kinds else ""
        raise InputError(
            f"'{file}' has no answer to a <Choices>, but to {tags}.{parts}",
            fix='Ask for the label of the whole article: <Choices name="label" toName="text">',
        )


def _person(completed_by: Any) -> str:
    if isinstance(completed_by, dict):
        completed_by = completed_by.get("email") or completed_by.get("id")
    return "" if completed_by in (None, "", "None") else str(completed_by)


def _flat_question(first: list[Row], named: str | None, file: str) -> str:
    """The column of a JSON-MIN or CSV export that holds the labels."""
    present = dict.fromkeys(name for row in first for name in row.values if name not in FLAT)
    question = named or next((name for name in ("label", "labels") if name in present), None)
    typed = {
        name for row in first for name, value in row.values.items() if isinstance(value, dict) and "choices" in value
    }
    if not question and len(typed) == 1:
        question = typed.pop()
    if question not in present:
        raise InputError(
            f"'{file}' does not say which column holds the labels; it has {names(present)}.",
            fix="Name your question (the Choices tag): --set data.columns.label=NAME",
        )
    return str(question)


def _flat(records: Iterable[Row | Fault], question: str, multi_label: bool) -> Iterator[AnsweredRecord | Fault]:
    """One `AnsweredRecord` per task, whose records follow each other, the newest first."""
    for _, group in groupby(records, key=_task_id):
        votes: dict[str, tuple[str, ...]] = {}
        rows: list[Row] = []
        for record in group:
            if isinstance(record, Fault):
                yield record
                continue
            labels = _flat_labels(record.values, question, multi_label)
            if isinstance(labels, LabelProblem):
                yield Fault(record.where, f"{question} {labels.what}", f"{question} {labels.kind}", record.values)
                continue
            rows.append(record)
            if labels is not None:
                votes.setdefault(_person(record.values.get("annotator")) or str(len(rows)), labels)
        if rows:
            values = {name: value for name, value in rows[0].values.items() if name not in (*FLAT, question)}
            yield AnsweredRecord(Row(rows[0].where, values), votes)


def _task_id(record: Row | Fault) -> object:
    return record.values.get("id", record.where) if isinstance(record, Row) else record.where


def _flat_labels(values: Mapping[str, Any], question: str, multi_label: bool) -> tuple[str, ...] | LabelProblem | None:
    if values.get("annotation_id") in (None, ""):
        return None
    value = values.get(question)
    with suppress(ValueError):  # several labels of a CSV cell; else a name that begins with a bracket
        value = json_cell(value)
    parts = value if isinstance(value, list) else [] if value in (None, "") else [value]
    other = next((part for part in parts if isinstance(part, dict) and "choices" not in part), None)
    if other is not None:
        return LabelProblem(
            f"is no answer to a <Choices>. Got {str(other)[:60]} instead", "is no answer to a <Choices>"
        )
    chosen = [name for part in parts for name in (part.get("choices", [None]) if isinstance(part, dict) else [part])]
    return as_labels(chosen, multi_label=multi_label) if chosen or multi_label else None


def write(found: StagedArticles, path: Path, multi_label: bool) -> None:
    """Write tasks with the labels as a ground-truth annotation."""
    question = "labels" if multi_label else "label"
    write_array(path, (_written_task(article, question, multi_label) for article in found))


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
    write_array(path, (_predicted_task(article, question, labels, score) for article, labels, score in predicted))


def _predicted_task(article: Article, question: str, labels: Sequence[str], score: float | None) -> dict[str, Any]:
    prediction: dict[str, Any] = {"model_version": "classifier audit", "result": _result(question, labels)}
    return {
        "data": columns_to_write(article),
        "predictions": [prediction if score is None else {**prediction, "score": score}],
    }


def _result(question: str, labels: Sequence[str]) -> list[dict[str, Any]]:
    """The labels as the result of an annotation or a prediction; empty if there is none."""
    value = {"choices": list(labels)}
    return [{"from_name": question, "to_name": "text", "type": "choices", "value": value}] if labels else []


def _written_task(article: Article, question: str, multi_label: bool) -> dict[str, Any]:
    annotation = {"result": _result(question, article.labels), "ground_truth": True}
    return {"data": columns_to_write(article), "annotations": [annotation] if article.labels or multi_label else []}
