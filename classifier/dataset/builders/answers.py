"""What exports of annotation tools share: JSON records in a stream, the question that holds the labels, votes.

A tool's builder turns each record into an `Answered`; `annotated_articles` makes articles of them.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any, TextIO

from classifier.articles.annotators import Votes, annotate, settle_votes, vote_of
from classifier.articles.arrow import to_json
from classifier.articles.article import OPTIONAL, Article
from classifier.articles.columns import SURVEYED_ROWS, Schema, find_columns
from classifier.articles.readers import COMPRESSIONS, TABLE_SUFFIXES, Row, check_readable, open_text, read_rows
from classifier.articles.rows import article_from_row, one_fault
from classifier.dataset.builders.staging import safe_name
from classifier.errors import Fault, InputError, did_you_mean, names

logger = logging.getLogger(__name__)
CHUNK = 1 << 20  # characters that are read at once
CUT_OFF = 16  # a JSON error so near to the end of what was read may come from the cut alone


@dataclass(frozen=True, slots=True)
class AnsweredRecord:
    """A record of an export.

    Attributes:
        row: where it stands, and its columns.
        votes: annotator -> labels; empty where nobody has answered. ``""`` is an annotator without a name.
    """

    row: Row
    votes: Votes


def read_records(path: Path) -> Iterator[Row | Fault]:
    """Read the records of an export one at a time: a JSON array, or a table by its extension (JSONL, CSV, …).

    Args:
        path: the file, also .gz or .zst (not for Parquet).

    Raises:
        InputError: the file is missing, empty, or not valid JSON (names the line); what follows cannot be read.
    """
    check_readable(path)
    suffixes = [suffix for suffix in path.suffixes if suffix.lower() not in COMPRESSIONS]
    if suffixes and suffixes[-1].lower() in TABLE_SUFFIXES:
        yield from read_rows(path)
        return
    with open_text(path) as stream:
        for number, (value, source) in enumerate(_elements(stream, str(path)), start=1):
            where = f"{path}, row {number}"
            if not isinstance(value, dict):
                what = f"a JSON object is needed. Got {type(value).__name__} instead"
                yield Fault(where, what, "not a JSON object", value)
            elif "\\ud" in source.lower() and not _encodable(value):
                yield Fault(where, "holds half of a surrogate pair (\\ud800 to \\udfff)", "half a surrogate pair")
            else:
                yield Row(where, value)


def surveyed(records: Iterable[Row | Fault]) -> tuple[list[Row], Iterator[Row | Fault]]:
    """The rows among the first 1,000 records, and all records."""
    records = iter(records)
    first = list(islice(records, SURVEYED_ROWS))
    return [record for record in first if isinstance(record, Row)], chain(first, records)


def find_question(asked: Iterable[str], named: str | None, file: str) -> str | None:
    """The question whose answers are the labels: the named one, else ``label`` or ``labels``, else the only one.

    Args:
        asked: the questions that the export answers.
        named: the user's choice, ``data.columns.label``.
        file: for messages.

    Returns:
        Its name; None where nothing is asked.

    Raises:
        InputError: there is no such question, or there are several.
    """
    found = list(dict.fromkeys(asked))
    if named and found and named not in found:
        hint = did_you_mean(named, found)
        raise InputError(f"'{file}' has no question '{named}'.{hint}", fix=f"It has {names(found)}.")
    usual = next((name for name in ("label", "labels") if name in found), None)
    if not named and not usual and len(found) > 1:
        raise InputError(
            f"'{file}' answers {len(found)} questions: {names(found)}.",
            fix=f"Name the one that holds the labels: --set data.columns.label={found[0]}",
        )
    return named or usual or next(iter(found), None)


def annotated_articles(
    records: Iterable[AnsweredRecord | Fault],
    named: Mapping[str, str | None],
    *,
    pair: bool | None,
    multi_label: bool,
    file: str,
) -> Iterator[Article | Fault]:
    """Turn answered records into articles with the majority's labels; bad ones come through as faults.

    Records that nobody has answered are left out, and their number is logged.

    Raises:
        InputError: the records lack a column that is needed.
    """
    records = iter(records)
    first = list(islice(records, SURVEYED_ROWS))
    present = dict.fromkeys(
        name for record in first if isinstance(record, AnsweredRecord) for name in record.row.values
    )
    schema: Schema | None = None
    unanswered = 0
    for number, record in enumerate(chain(first, records), start=1):
        if isinstance(record, Fault):
            yield record
        elif not record.votes:
            unanswered += 1
        else:
            schema = schema or _schema(list(present), named, pair, file)
            article = article_from_row(record.row, schema, str(number), labelled=False)
            if isinstance(article, list):
                yield one_fault(article, record.row)
            else:
                yield annotate(article, record.votes, multi_label=multi_label)
    if unanswered:
        logger.warning("%s: %s record(s) that nobody has answered were left out", file, f"{unanswered:,}")


def _schema(present: list[str], named: Mapping[str, str | None], pair: bool | None, file: str) -> Schema:
    columns = find_columns(present, {**named, "label": None}, pair=pair, labelled=False, file=file)
    return Schema(columns)


def _elements(stream: TextIO, name: str) -> Iterator[tuple[Any, str]]:
    """(value, its source) of each element of a JSON array, or of each object where one follows the other."""
    text = _Text(stream, name)
    if text.peek() == "{":
        while text.peek():
            yield text.value()
        return
    text.skip("[", "a JSON array is needed")
    while text.peek() != "]":
        yield text.value()
        if text.peek() != "]":
            text.skip(",", "a comma or the closing bracket is missing")
    text.skip("]", "the closing bracket is missing")
    if text.peek():
        raise text.error("something follows the closing bracket")


class _Text:
    """A text that is read in chunks; what lies before ``at`` is forgotten with the next chunk."""

    def __init__(self, stream: TextIO, name: str) -> None:
        self.stream, self.name = stream, name
        self.decoder = json.JSONDecoder()
        self.text, self.at, self.line = "", 0, 1

    def more(self) -> bool:
        """Read on, at least as much as is still pending; False at the end of the file."""
        chunk = self.stream.read(max(CHUNK, len(self.text) - self.at))
        if chunk:
            self.line += self.text.count("\n", 0, self.at)
            self.text, self.at = self.text[self.at :] + chunk, 0
        return bool(chunk)

    def peek(self) -> str:
        """The next character that is not space; empty at the end."""
        while True:
            rest = len(self.text)
            while self.at < rest and self.text[self.at] in " \t\r\n":
                self.at += 1
            if self.at < rest:
                return self.text[self.at]
            if not self.more():
                return ""

    def skip(self, mark: str, problem: str) -> None:
        """Pass over a character that must stand here."""
        if self.peek() != mark:
            raise self.error(problem)
        self.at += 1

    def value(self) -> tuple[Any, str]:
        """The JSON value at this place, and its source."""
        while True:
            try:
                value, end = self.decoder.raw_decode(self.text, self.at)
            except json.JSONDecodeError as error:
                cut = error.msg.startswith("Unterminated") or error.pos > len(self.text) - CUT_OFF
                if not (cut and self.more()):
                    raise self.error(error.msg, error.pos) from None
            except (RecursionError, ValueError) as error:
                raise self.error(str(error).split(";")[0]) from None
            else:
                source, self.at = self.text[self.at : end], end
                return value, source

    def error(self, what: str, at: int | None = None) -> InputError:
        line = self.line + self.text.count("\n", 0, self.at if at is None else at)
        return InputError(f"{self.name}:{line} is not valid JSON: {what}.", fix="Export or download the file again.")


def _encodable(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def describe_place(article: Article) -> str:
    """Where an article stands, for messages: its file and line, else its id."""
    return article.where or f"article '{article.id}'"


def votes_to_write(article: Article, multi_label: bool) -> Votes | None:
    """The votes that an article carries, if its labels are what they come to."""
    vote = vote_of(article)
    if vote is None:
        return None
    return vote.labels if set(settle_votes(vote.labels, multi_label=multi_label) or ()) == set(article.labels) else None


def columns_to_write(article: Article) -> dict[str, Any]:
    """Id, text and every other column that has a value, without the labels."""
    standard = {name: value for name in OPTIONAL if (value := getattr(article, name)) is not None}
    extra = {safe_name(name): value for name, value in article.extra.items() if value is not None}
    return {**extra, **standard, "id": article.id, "text": article.text}


def write_array(path: Path, records: Iterable[dict[str, Any]]) -> None:
    """Write records as a JSON array, one on each line."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        for number, record in enumerate(records):
            stream.write(("[\n" if number == 0 else ",\n") + to_json(record))
        stream.write("\n]\n")
