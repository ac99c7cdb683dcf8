"""Turns rows of a table into articles, and reports what is wrong with a row."""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import Any
from zlib import crc32

from classifier.articles.article import OPTIONAL, Article
from classifier.articles.bare_text import bare_text, misread_part
from classifier.articles.columns import (
    ALIASES,
    MOST_KNOWN,
    Schema,
    doubts,
    find_columns,
    first_rows,
    meant_columns,
    name_texts,
    names_in,
    read_schema,
    sites_column,
)
from classifier.articles.folding import has_words, is_blank, name_key
from classifier.articles.label_cells import LabelProblem, table_labels
from classifier.articles.label_columns import label_columns_fix, looks_like_labels, only_label_column
from classifier.articles.pairs import holds_pairs, lacking_target
from classifier.articles.plain_values import GivenLabels, cell_value, is_missing
from classifier.articles.predicted_by import check_true_labels
from classifier.articles.readers.row import Row
from classifier.articles.reading import note_columns
from classifier.articles.remarks import EMPTY, EMPTY_LIST, NULL
from classifier.articles.tool_exports import check_no_export, tool_columns
from classifier.articles.whole_numbers import is_number, whole
from classifier.errors import MEND_OR_SKIP, Fault, InputError, shell_word, together

logger = logging.getLogger(__name__)
MADE_UP = "no-id-"  # before the number and the checksum of a row that has no id, where others have one
LABEL_NAME = "data.columns.label=NAME"  # in a fix, where the column is not known
CUT = " chars]"  # the end of what the News API gives of a text
TITLE_ROWS = 5  # the first rows, among which a header may be found below a title
KNOWN = frozenset(name_key(name) for others in ALIASES.values() for name in others)
MOST_READ_ON = 20_000  # rows that are looked at although a column is missing
SHOWN_END = 30  # characters
PLAIN = frozenset(OPTIONAL) - {"target", "date"}  # columns whose cells are taken as they are
FILE_NAME = re.compile(
    r"(?:\S+ ){0,2}\S+\.(?:txt|docx?|pdf|html?|odt|rtf|md|xml|json|epub)", re.IGNORECASE
)  # of an article
LONGEST_FILE_NAME = 300  # characters
CUT_OFF = re.compile(r"\[\+\d+ chars\]$")
A_MISSING_VALUE = "a word for a missing value (data.missing)"


def article_from_row(row: Row, schema: Schema, default_id: str, *, labelled: bool) -> Article | list[Fault]:
    """Turn a row into an article, or list everything that is wrong with it.

    Args:
        row: the record.
        schema: which column holds what.
        default_id: the id, if the table has none. A row without an id beside others that have one gets ``no-id-``,
            this, and a checksum of its text, so that it cannot be the id of another row.
        labelled: whether a label is needed.
    """
    columns, values = schema.columns, row.values
    faults: list[Fault] = []
    text = _text(row, schema, "text", faults)
    target = _text(row, schema, "target", faults) if schema.pair else None
    labels = _labels(row, schema, faults) if labelled else ()
    date = _date(schema.cell(values, "date"))
    if faults:
        return faults
    plain = {key: _optional(schema.cell(values, key)) for key in columns if key in PLAIN}
    used = set(columns.values()) if labelled else {name for key, name in columns.items() if key != "label"}
    extra = {name: cell_value(value) for name, value in values.items() if name not in used}
    if "split" in columns:
        extra["split"] = _optional(schema.cell(values, "split"))
    return Article(
        id=_identifier(row, schema, default_id, text),
        text=text,
        labels=labels,
        target=target,
        date=date,
        extra=extra,
        where=row.where,
        **plain,
    )


def read_articles(
    rows: Iterable[Row | Fault],
    named: Mapping[str, str | None],
    *,
    pair: bool | None = None,
    labelled: bool,
    multi_label: bool = False,
    label_separator: str | None = None,
    missing: Sequence[str] | None = None,
    file: str = "input",
    votes: Sequence[str] = (),
) -> Iterator[Article | Fault]:
    """Turn rows into articles; bad rows come through as faults, in order.

    Where there is no id, rows are numbered. What is suspicious is logged, once for the file.

    Args:
        rows: of the table.
        named: standard name -> the user's name for it, or None.
        pair: True demands a target, False ignores it, None = `holds_pairs` decides.
        labelled: whether a label column is needed.
        multi_label, label_separator: as in `Schema`.
        missing: words that stand for a missing value; None = the usual ones.
        file: name of the table, for messages.
        votes: columns with labels of annotators, where no column holds the labels.

    Raises:
        InputError: the first row lacks a column that is needed.
    """
    first, rows = first_rows(rows)
    present = names_in(first)
    schema: Schema | None = None
    for number, row in enumerate(rows, start=1):
        if isinstance(row, Fault):
            yield _with_given_id(row, named)
            continue
        if schema is None:
            given = {**sites_column(first, named), **_given(row, present, named, labelled=labelled, file=file)}
            cells = _label_cells(first, given, votes)
            column = _label_column(present, given)
            paired = holds_pairs(first, given, cells, column, missing) if pair is None else pair
            try:
                columns = _columns(row, first, given, pair=paired, labelled=labelled, file=file)
            except InputError as error:
                if not (labelled and error.faults):
                    raise
                options = {"multi_label": multi_label, "label_separator": label_separator, "missing": missing}
                raise _with_bad_rows(error, chain([row], rows), first, given, file, options) from None
            lacking = "" if pair is not None or paired else lacking_target(columns, named, cells, missing)
            for doubt in (*doubts(present, named, columns), *([lacking] if lacking else [])):
                logger.warning("%s: %s", file, doubt)
            note_columns(file, columns)
            schema = read_schema(
                columns, first, multi_label=multi_label, label_separator=label_separator, missing=missing
            )
        article = article_from_row(row, schema, str(number), labelled=labelled)
        if isinstance(article, list):
            yield replace(one_fault(article, row), id=given_id(row, schema))
        else:
            yield article
    if schema is not None:
        schema.remarks.say(file, schema.missing)


def _given(
    row: Row, present: Sequence[str], named: Mapping[str, str | None], *, labelled: bool, file: str
) -> dict[str, str]:
    """The names that are given, and those of annotation tools; an export that needs its builder is refused."""
    given = {key: name for key, name in named.items() if name}
    if not labelled:
        return given
    check_no_export(row.values, file)
    if "label" not in given:
        check_true_labels(present, file)
    return {**tool_columns(row.values, present), **given}


def _label_column(present: Sequence[str], named: Mapping[str, str]) -> str | None:
    """The column of the labels; None where none is found."""
    found = (meant_columns(name, present) for name in ([named["label"]] if "label" in named else ALIASES["label"]))
    return next((columns[0] for columns in found if columns), None)


def _label_cells(first: Sequence[Row], named: Mapping[str, str], votes: Sequence[str]) -> list[Any]:
    """The cells of the labels in the first rows."""
    column = _label_column(names_in(first), named)
    among = votes or ([] if column is None else [column])
    return [row.values.get(name) for row in first for name in among]


def _columns(
    row: Row, first: Sequence[Row], named: Mapping[str, str], *, pair: bool, labelled: bool, file: str
) -> dict[str, str]:
    """The columns of a table; where some lack, the message looks for a header further down."""
    present = names_in(first)
    try:
        return find_columns(present, named, pair=pair, labelled=labelled, file=file)
    except InputError as error:
        name_texts(error, first)
        header = next((row for row in first[:TITLE_ROWS] if _names_text(row)), None)
        if header is not None:
            error.fix = f"{header.where} looks like the header: remove what stands above it."
        marked = looks_like_labels(first) if labelled and "columns.label" in error.fix else []
        if marked:
            own = error.fix.replace("Name your own:", "Or name the column of labels:")
            error.fix = f"{label_columns_fix(marked, first)}. {own}"
        elif LABEL_NAME in error.fix and (name := only_label_column(first)):
            error.fix = error.fix.replace(LABEL_NAME, shell_word(f"data.columns.label={name}"))
        raise


def _with_bad_rows(
    error: InputError,
    rows: Iterable[Row | Fault],
    first: Sequence[Row],
    named: Mapping[str, str | None],
    file: str,
    options: Mapping[str, Any],
) -> InputError:
    """The error for missing columns, and for what is wrong in the others, as far as these are known."""
    present = names_in(first)
    meant = {key: [named[key]] if named.get(key) else ALIASES[key] for key in ("id", "text", "label")}
    found = {key: next(filter(None, (meant_columns(str(n), present) for n in each)), []) for key, each in meant.items()}
    schema = read_schema({key: each[0] for key, each in found.items() if len(each) == 1}, first, **options)
    faults: list[Fault] = []
    for row in islice(rows, MOST_READ_ON):
        if isinstance(row, Fault):
            faults.append(_with_given_id(row, named))
            continue
        wrong: list[Fault] = []
        if "text" in schema.columns:
            _text(row, schema, "text", wrong)
        if "label" in schema.columns:
            _labels(row, schema, wrong)
        if wrong:
            faults.append(replace(one_fault(wrong, row), id=given_id(row, schema), record=None))
    if not faults:
        return error
    more = " among its first" if next(iter(rows), None) is not None else ""
    bad = InputError(
        f"{len(faults):,} bad row{'s' * (len(faults) > 1)}{more and f'{more} {MOST_READ_ON:,}'}, beside that.",
        faults=faults,
        fix=MEND_OR_SKIP,
    )
    return together(f"'{file}'", [error, bad])


def _names_text(row: Row) -> bool:
    """Whether a row has the names of columns as its cells: what stands above it is a title, or a remark."""
    cells = [name_key(value) for value in row.values.values() if isinstance(value, str)]
    return "text" in cells and len({*cells} & KNOWN) > 1


def one_fault(faults: Sequence[Fault], row: Row) -> Fault:
    """All faults of a row as one fault, so that bad rows can be counted."""
    what, kind = ("; ".join(dict.fromkeys(parts)) for parts in ((f.what for f in faults), (f.name for f in faults)))
    where, id_ = (next(filter(None, parts), "") for parts in ((f.where for f in faults), (f.id for f in faults)))
    return Fault(where or row.where, what, kind, row.values, id_)


def text_faults(value: Any, schema: Schema, key: str, where: str) -> list[Fault]:
    """What is wrong with a text or a target that stands in no table, by the rules for those of a table.

    Args:
        value: the text.
        schema: in which ``key`` has a column.
        key: ``text`` or ``target``.
        where: its place.

    Example:
        >>> text_faults("nan", Schema({"text": "text"}), "text", "texts[7]")[0].what
        "text is 'nan', a word for a missing value (data.missing)"
    """
    faults: list[Fault] = []
    _text(Row(where, {schema.columns[key]: value}), schema, key, faults)
    return faults


def _text(row: Row, schema: Schema, key: str, faults: list[Fault]) -> str:
    column = schema.columns[key]
    value = row.values.get(column)
    if schema.missing.mean(value):
        faults.append(Fault(row.where, f"{column} is '{value}', {A_MISSING_VALUE}", f"{column} is missing"))
        return ""
    if key == "target" and not isinstance(value, str) and is_number(value):
        value = str(whole(value))
    problem = _text_problem(value)
    if not problem and key == "text" and _remark(row.where, str(value), schema) and schema.number_texts:
        problem = f"is a number, as most are. Got '{str(value).strip()[:40]}': is it the right column?"
    if problem:
        kind = problem.split(".")[0].split(" (")[0].split(",")[0]
        faults.append(Fault(row.where, f"{column} {problem}", f"{column} {kind}"))
        return ""
    return str(value)


def _remark(where: str, text: str, schema: Schema) -> bool:
    """Note what is suspicious in a text; whether it is a number alone."""
    if text.endswith(CUT) and CUT_OFF.search(text):
        schema.remarks.cut_off.add(where, text[-SHOWN_END:])
    if misread := misread_part(text):
        schema.remarks.misread.add(where, misread)
    number = is_number(text)
    if number:
        schema.remarks.number_texts.add(where, text)
    if not has_words(text):
        schema.remarks.wordless.add(where, text)
    return number


def _text_problem(value: Any) -> str:
    if value is None or (isinstance(value, str) and is_blank(value)):
        return "is empty"
    if not isinstance(value, str):
        return f"must be text. Got the {type(value).__name__} {str(value)[:40]} instead"
    if "\0" in value:
        return f"holds a NUL byte (at character {value.index(chr(0)):,}): is it a binary file?"
    if "<" in value and not bare_text(value):
        return "is markup alone: a reader would see nothing of it"
    if "://" in value and len(value.split()) == 1:
        return f"is a URL alone. Got '{value.strip()[:40]}': is it the right column?"
    if len(value) <= LONGEST_FILE_NAME and FILE_NAME.fullmatch(value.strip()):
        return f"is the name of a file alone. Got '{value.strip()[:40]}': the column must hold what stands in the file"
    return ""


def _labels(row: Row, schema: Schema, faults: list[Fault]) -> tuple[str, ...]:
    column = schema.columns["label"]
    cell = row.values.get(column)
    if isinstance(cell, GivenLabels):
        cell = cell.cell(multi_label=schema.multi_label)
    if schema.multi_label:
        _count_unlabelled(cell, schema)
    if type(cell) is str and cell in schema.known:
        return schema.known[cell]
    given = cell
    cell = None if is_missing(cell) else whole(cell, text=column in schema.numbers)
    if schema.missing.mean(cell, label=True):
        schema.remarks.missing[column, str(cell)] += 1
        if not schema.multi_label:
            faults.append(Fault(row.where, f"{column} is '{cell}', {A_MISSING_VALUE}", f"{column} is missing"))
        return ()
    found = list(table_labels(cell, multi_label=schema.multi_label, separator=schema.label_separator))
    problems = [label for label in found if isinstance(label, LabelProblem)]
    faults += [Fault(row.where, f"{column} {problem.what}", f"{column} {problem.kind}") for problem in problems]
    labels = tuple(dict.fromkeys(_names(found, column, schema)))
    if type(given) is str and len(schema.known) < MOST_KNOWN and not (problems or any(map(schema.missing.mean, found))):
        schema.known[given] = labels
    return labels


def _count_unlabelled(cell: Any, schema: Schema) -> None:
    """Count the cell of an article that may have several labels, and how it looks if it has none."""
    remarks = schema.remarks
    remarks.labelled += 1
    if is_missing(cell) or schema.missing.mean(cell, label=True):
        remarks.without[NULL if is_missing(cell) else f"'{cell}'"] += 1
    elif isinstance(cell, (str, list)) and cell in ("", [], "[]"):
        remarks.without[EMPTY if cell == "" else EMPTY_LIST] += 1


def _names(found: Iterable[str | LabelProblem], column: str, schema: Schema) -> Iterator[str]:
    """The names of labels, without the words that stand for a missing one."""
    for name in found:
        if isinstance(name, LabelProblem):
            continue
        if schema.missing.mean(name, label=True):
            schema.remarks.missing[column, name] += 1
            continue
        if schema.missing.may_mean(name):
            schema.remarks.classes[column, name] += 1
        yield str(whole(name, text=column in schema.numbers))


def _identifier(row: Row, schema: Schema, default: str, text: str) -> str:
    """The id of a row: the given one, else one that no other row has."""
    given = _optional(schema.cell(row.values, "id"))
    if given is not None or "id" not in schema.columns:
        return given or default
    made_up = f"{MADE_UP}{default}-{crc32(text.encode('utf-8', 'backslashreplace')):08x}"
    schema.remarks.made_up.add(row.where, made_up)
    return made_up


def _with_given_id(fault: Fault, named: Mapping[str, str | None]) -> Fault:
    """The fault of a row that could be read, with the id that the row has."""
    if not isinstance(fault.record, Mapping):
        return fault
    column = next(iter(meant_columns(named.get("id") or "id", fault.record)), "")
    value = fault.record.get(column)
    return fault if is_missing(value) else replace(fault, id=str(whole(value)).strip())


def given_id(row: Row, schema: Schema) -> str:
    """The id that a row has in its table, for a message; empty where it has none."""
    value = row.values.get(schema.columns.get("id", ""))
    return "" if is_missing(value) or schema.missing.mean(value) else str(whole(value)).strip()


def _date(value: Any) -> str | None:
    """A date that is written as ISO 8601 with dashes, in its shortest form; any other text unchanged.

    Only the whole column tells what the others mean (`classifier.articles.dates`).
    """
    text = value.isoformat() if isinstance(value, (dt.date, dt.datetime)) else _optional(value)
    if text is None or text.strip()[4:5] != "-":
        return text
    try:
        return dt.datetime.fromisoformat(text.strip()).isoformat().removesuffix("T00:00:00")
    except ValueError:
        return text


def _optional(value: Any) -> str | None:
    if type(value) is str:
        return value if value.strip() else None
    missing = value is None or value != value or (isinstance(value, str) and not value.strip())
    return None if missing else str(value)
