"""What the builders for annotation tools share: finding the question with the labels, and counting the votes.

A tool's builder turns each record into an `AnsweredRecord`; `annotated_articles` makes articles of them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from classifier.articles.annotators import Votes, annotate, majority_labels, vote_of
from classifier.articles.article import Article
from classifier.articles.columns import (
    ROWS_FOR_COLUMNS,
    Schema,
    doubts,
    find_columns,
    names_in,
    read_schema,
    sites_column,
)
from classifier.articles.folding import name_key
from classifier.articles.pairs import holds_pairs
from classifier.articles.readers.row import Row
from classifier.articles.reading import note_columns
from classifier.articles.rows import article_from_row, one_fault
from classifier.errors import Fault, InputError, counted, did_you_mean, names, shell_word

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AnsweredRecord:
    """A record of an export.

    Attributes:
        row: its place and its columns.
        votes: annotator -> labels; empty if nobody has answered. ``""`` is an annotator without a name.
    """

    row: Row
    votes: Votes


def with_first_rows(records: Iterable[Row | Fault]) -> tuple[list[Row], Iterator[Row | Fault]]:
    """The rows among the first 1,000 records, and all records."""
    records = iter(records)
    first = list(islice(records, ROWS_FOR_COLUMNS))
    return [record for record in first if isinstance(record, Row)], chain(first, records)


def find_question(asked: Iterable[str], named: str | None, file: str) -> str | None:
    """The question whose answers are the labels: the named one, else ``label`` or ``labels``, else the only one.

    Args:
        asked: the questions that the export answers.
        named: the user's choice, ``data.columns.label``.
        file: name of the export, for messages.

    Returns:
        Its name; None if the export has no question.

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
            fix=f"Name the one that holds the labels: --set {shell_word(f'data.columns.label={found[0]}')}",
        )
    return named or usual or next(iter(found), None)


def annotated_articles(
    records: Iterable[AnsweredRecord | Fault],
    named: Mapping[str, str | None],
    *,
    pair: bool | None,
    multi_label: bool,
    missing: Sequence[str] | None = None,
    file: str,
) -> Iterator[Article | Fault]:
    """Turn answered records into articles with the majority's labels; bad ones come through as faults.

    Records that nobody has answered are left out, and their number is logged.

    Raises:
        InputError: the records lack a column that is needed.
    """
    records = iter(records)
    first = list(islice(records, ROWS_FOR_COLUMNS))
    rows = [record.row for record in first if isinstance(record, AnsweredRecord)]
    present = names_in(rows)
    schema: Schema | None = None
    unanswered = 0
    for number, record in enumerate(chain(first, records), start=1):
        if isinstance(record, Fault):
            yield record
        elif not record.votes:
            unanswered += 1
        else:
            if schema is None:
                named = {**named, "label": None}
                named = {**sites_column(rows, named), **{key: name for key, name in named.items() if name}}
                paired = _holds_pairs(first, rows, named, missing) if pair is None else pair
                columns = find_columns(present, named, pair=paired, labelled=False, file=file)
                for doubt in doubts(present, named, columns):
                    logger.warning("%s: %s", file, doubt)
                note_columns(file, columns)
                schema = read_schema(columns, rows, missing=missing)
            article = article_from_row(record.row, schema, str(number), labelled=False)
            if isinstance(article, list):
                yield one_fault(article, record.row)
            else:
                yield annotate(article, record.votes, multi_label=multi_label)
    if schema is not None:
        schema.remarks.say(file, schema.missing)
    if unanswered:
        what = counted(unanswered, "record that nobody has answered was", "records that nobody has answered were")
        logger.warning("%s: %s left out", file, what)


def _holds_pairs(
    first: Sequence[AnsweredRecord | Fault],
    rows: Sequence[Row],
    named: Mapping[str, str | None],
    missing: Sequence[str] | None,
) -> bool:
    """Whether the records are pairs, as their columns and answers say."""
    answers = [list(labels) for one in first if isinstance(one, AnsweredRecord) for labels in one.votes.values()]
    return holds_pairs(rows, named, answers, missing=missing)


def votes_to_write(article: Article, multi_label: bool) -> Votes | None:
    """The votes of an article, if its labels are still those of the majority; else None."""
    vote = vote_of(article)
    if vote is None:
        return None
    majority = majority_labels(vote.labels, multi_label=multi_label) or ()
    return vote.labels if set(map(name_key, majority)) == set(map(name_key, article.labels)) else None
