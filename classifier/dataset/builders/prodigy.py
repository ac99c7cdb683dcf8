"""Prodigy's exports (``prodigy db-out``) of text classification: JSONL, one answer per line.

A line has ``text``, ``label`` or ``accept`` (the chosen ids of ``options``), ``answer`` (accept, reject, ignore), and
``_annotator_id`` or ``_session_id``; lines with one ``_input_hash`` are about the same text.
Source: https://prodi.gy/docs/api-interfaces#classification, #choice and https://prodi.gy/docs/api-loaders#hashing
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

from classifier.articles.annotators import ANNOTATIONS
from classifier.articles.arrow import to_json
from classifier.articles.article import Article
from classifier.articles.columns import ALIASES
from classifier.articles.label_cells import LabelProblem, as_labels
from classifier.articles.readers.opened import check_readable
from classifier.articles.readers.row import Row
from classifier.dataset.builders.answers import AnsweredRecord, annotated_articles, votes_to_write
from classifier.dataset.builders.json_records import read_records
from classifier.dataset.builders.settings import Parts, TableSettings
from classifier.dataset.builders.staging import StagedArticles, columns_to_write
from classifier.errors import Fault, InputError, names

ANSWERS = ("accept", "reject", "ignore")
INTERFACE = {"label", "accept", "answer", "options", "meta", "tokens", "spans", "html", "config", "score", "priority"}
Answer = tuple[str, tuple[str, ...]]  # annotator, labels


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
    """Read the answers in two passes. Memory holds the votes (half a kilobyte per text), but no texts.

    Lines about the same text (``_input_hash``; without it the id, else the text) and target become one article, in the
    place of the first line. Single-label: an accepted label is a vote, "reject" is none. Multi-label: an annotator
    votes for all the labels that they accepted. "ignore" is no answer; a line without ``answer`` is accepted, as
    ``prodigy db-in`` has it. The id is ``id`` or ``meta.id``, else ``_input_hash``, else the line's number.

    Args:
        file: the export: .jsonl, also .gz or .zst.
        columns: standard name -> the name of a key or of a key in ``meta``, or None.
        pair: True demands a target, False ignores it, None takes it if it is there.
        multi_label: whether an article may have none or several labels.
        missing: words for a missing value in other columns than the labels; None = the usual ones.

    Raises:
        InputError: the file is missing or empty; when read: a needed key is missing.
    """
    check_readable(file)
    named = {**(columns or {}), "label": None}
    records = _answered(file, named, multi_label)
    articles = annotated_articles(records, named, pair=pair, multi_label=multi_label, missing=missing, file=str(file))
    return {"all": articles}


def _answered(file: Path, named: Mapping[str, str | None], multi_label: bool) -> Iterator[AnsweredRecord | Fault]:
    votes, contradictions = _collect(file, named, multi_label)
    for record in read_records(file):
        if isinstance(record, Fault):
            yield record
            continue
        answer = _answer(record, multi_label)
        if isinstance(answer, Fault):
            yield answer
        elif record.where in contradictions:
            yield Fault(record.where, contradictions[record.where], "two labels by one annotator", record.values)
        else:
            values = _values(record.values)
            found = votes.pop(_key(values, record.values, named), None)
            if found is not None:
                yield AnsweredRecord(Row(record.where, values), found)


def _collect(
    file: Path, named: Mapping[str, str | None], multi_label: bool
) -> tuple[dict[bytes, dict[str, tuple[str, ...]]], dict[str, str]]:
    """The votes about each text; and the lines at which an annotator contradicts themselves, with what is wrong."""
    votes: dict[bytes, dict[str, tuple[str, ...]]] = {}
    contradictions = {}
    questions: Counter[tuple[str, str]] = Counter()
    for record in read_records(file):
        if isinstance(record, Row) and isinstance(record.values.get("label"), str) and "accept" not in record.values:
            questions[record.values["label"], str(record.values.get("answer", "accept"))] += 1
        answer = record if isinstance(record, Fault) else _answer(record, multi_label)
        if isinstance(record, Fault) or isinstance(answer, Fault):
            continue
        of_text = votes.setdefault(_key(_values(record.values), record.values, named), {})
        if answer is None:
            continue
        annotator, labels = answer
        both = tuple(dict.fromkeys((*of_text.get(annotator, ()), *labels)))
        if len(both) > 1 and not multi_label:
            who = f"annotator '{annotator}'" if annotator else "an annotator without a name"
            contradictions[record.where] = f"{who} has accepted {names(both)} for one text"
        else:
            of_text[annotator] = both
    if not multi_label:
        _check_questions(questions, str(file))
    return votes, contradictions


def _check_questions(questions: Counter[tuple[str, str]], file: str) -> None:
    """Refuse answers about one label alone, some of them "reject": as single label they are one class."""
    asked = list(dict.fromkeys(label for label, _ in questions))
    if len(asked) == 1 and questions[asked[0], "reject"]:
        accepted, rejected = (f"{questions[asked[0], answer]:,}" for answer in ("accept", "reject"))
        raise InputError(
            f"'{file}' asks about one label alone, '{asked[0]}': {accepted} accepted, {rejected} rejected.",
            fix="Read a rejected text as one without the label: --set data.task=multi_label",
        )


def _answer(row: Row, multi_label: bool) -> Answer | Fault | None:
    """(annotator, labels) of a line; None if it is no vote on the labels."""
    values = row.values
    answer = values.get("answer", "accept")
    if answer not in ANSWERS:
        what = f"answer must be one of {names(ANSWERS)}. Got {answer!r:.60} instead"
        return Fault(row.where, what, "unknown answer", values)
    if not isinstance(values.get("meta") or {}, dict):
        return Fault(row.where, "meta must be an object", "meta is not an object", values)
    key = "accept" if "accept" in values else "label"
    if key not in values:
        what = "has neither 'label' nor 'accept'"
        return Fault(row.where, what, "no label", values) if values.get("answer") == "accept" else None
    if answer == "ignore" or (answer == "reject" and (key == "accept" or not multi_label)):
        return None
    chosen = values[key] if answer == "accept" else []
    if key == "accept" and not isinstance(chosen, list):
        return Fault(row.where, f"accept must be a list. Got {chosen!r:.60} instead", "accept is no list", values)
    if chosen == [] and not multi_label:
        return None
    labels = as_labels(chosen, multi_label=multi_label)
    if isinstance(labels, LabelProblem):
        return Fault(row.where, f"{key} {labels.what}", f"{key} {labels.kind}", values)
    return str(values.get("_annotator_id") or values.get("_session_id") or ""), labels


def _values(values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a line: the keys of ``meta`` and its own, without those that only Prodigy's interface needs."""
    kept = {name: value for name, value in values.items() if name not in INTERFACE and not name.startswith("_")}
    merged = {**(values.get("meta") or {}), **kept}
    identifier = merged.get("id", values.get("_input_hash"))
    return merged if identifier is None else {**merged, "id": identifier}


def _key(values: Mapping[str, Any], record: Mapping[str, Any], named: Mapping[str, str | None]) -> bytes:
    """What lines about the same text and target have in common."""
    text, identifier = (values.get(named.get(key) or key) for key in ("text", "id"))
    same = next((key for key in (record.get("_input_hash"), identifier) if key is not None), text)
    targets = [values.get(name) for name in (named.get("target"), *ALIASES["target"]) if name]
    return blake2b(repr((same, targets)).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def write(found: StagedArticles, path: Path, multi_label: bool) -> None:
    """Write one line for each annotator's answer."""
    options = [{"id": name, "text": name} for name in sorted(found.labels)] if multi_label else None
    with path.open("w", encoding="utf-8", newline="") as stream:
        for article in found:
            stream.writelines(to_json(line) + "\n" for line in _answers(article, options))


def _answers(article: Article, options: list[dict[str, str]] | None) -> Iterator[dict[str, Any]]:
    """The lines of an article: one for each annotator, or one alone."""
    meta = columns_to_write(article)
    text = meta.pop("text")
    votes = votes_to_write(article, options is not None)
    if votes:
        del meta[ANNOTATIONS]
    for name, labels in (votes or {"": article.labels}).items():
        answer: dict[str, Any] = {}
        if options is not None:
            answer = {"options": options, "accept": list(labels), "answer": "accept"}
        elif labels:
            answer = {"label": labels[0], "answer": "accept"}
        who = {"_annotator_id": name, "_session_id": name} if name else {}
        yield {"text": text, **answer, "meta": meta, **who}
