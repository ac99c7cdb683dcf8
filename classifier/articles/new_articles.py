"""Opens and reads the unlabelled articles that a model predicts."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from classifier.articles.article import Article
from classifier.articles.columns import (
    ALIASES,
    ROWS_FOR_COLUMNS,
    Schema,
    doubts,
    find_columns,
    meant_columns,
    name_texts,
    names_in,
    read_schema,
    sites_column,
)
from classifier.articles.date_doubts import date_doubt
from classifier.articles.dates import DateColumn, clearer
from classifier.articles.readers.below import holds_texts
from classifier.articles.readers.remote_rows import remote_rows
from classifier.articles.readers.row import Row
from classifier.articles.readers.standard_input import NAME, check_kind, open_input
from classifier.articles.readers.table import check_sheet, read_rows
from classifier.articles.readers.text_folder import read_text_folder
from classifier.articles.reading import note_columns
from classifier.articles.rows import article_from_row, given_id
from classifier.articles.tool_exports import check_unmarked
from classifier.errors import Fault, InputError
from classifier.remote import is_remote, local_path, remote_names
from classifier.temporary import path_name

logger = logging.getLogger(__name__)
ADDED = ("label", "score", "scores")
ERROR = "error"  # added where rows could not be labelled: why
DEEPEST = 100  # levels of lists and objects in a value
READ = ("title", "source")  # columns that an article need not have, and that decide scores and comparisons
FEW_ROWS = 20  # that mostly show all columns of a table
SCORE_OF = "score_"  # before the name of a label: the column of its scores

Unlabelled = Article | list[Fault] | Fault  # or why a row cannot be labelled; or why it cannot be read
PAUSE: tuple[Row, Unlabelled] = (Row("", {}), Fault("", "nothing more is there at the moment"))  # no row: known by `is`


def always() -> bool:
    """What waits for nobody is always ready."""
    return True


class OpenedInput(NamedTuple):
    """An input of unlabelled articles.

    Attributes:
        name: for messages.
        rows: read it from the start.
        path, encoding: the file that holds it (of a pipe its beginning), if one does, and of its text.
        ready: whether its next row is there, or its end; False while a pipe holds nothing more.
        again: whether it can be read more than once.
        texts: whether it is a folder of texts, whose columns nobody names.
    """

    name: str
    rows: Callable[[], Iterator[Row | Fault]]
    path: Path | None = None
    encoding: str = "utf-8"
    ready: Callable[[], bool] = always
    again: bool = True
    texts: bool = False


def check_rows(faults: Sequence[Fault], articles: int) -> None:
    """Raise `InputError` for all bad rows of the inputs at once, or for inputs without articles."""
    if faults:
        rows = "row" if len(faults) == 1 else "rows"
        raise InputError(
            f"The input has {len(faults):,} bad {rows}; nothing was written.",
            faults=faults,
            fix="Mend or remove them.",
        )
    if not articles:
        raise InputError("The input holds no articles.", fix="Give at least one.")


def renamed(values: Mapping[str, Any], added: Sequence[str] = ADDED) -> dict[str, Any]:
    """The values; a column with the name of an added column becomes ``original_NAME``."""
    taken = values.keys() & {*added}
    return {
        free_name(name, {*values, *added}) if taken and name in added else name: None if value != value else value
        for name, value in values.items()
    }


def score_column(label: str) -> str:
    """The column that holds the scores of one label, where each has its own.

    Example:
        >>> score_column("opinion")
        'score_opinion'
    """
    return f"{SCORE_OF}{label}"


def free_name(name: str, taken: Set[str]) -> str:
    """A name that is not taken: the given one, with ``original_`` before it as often as needed.

    Example:
        >>> free_name("label", {"label", "text"})
        'original_label'
    """
    while name in taken:
        name = f"original_{name}"
    return name


def read_unlabelled(
    sources: Sequence[OpenedInput],
    named: Mapping[str, str],
    *,
    pair: bool,
    trained: Mapping[str, str],
    missing: Sequence[str] | None = None,
    date_format: str | None = None,
) -> Iterator[tuple[Row, Unlabelled]]:
    """Every row with its article, or with what is wrong with it: a list where it can be read, but not be labelled.

    After a row of an input that is not ready comes `PAUSE`.

    Args:
        sources: from `open_sources`.
        named: standard name -> the inputs' name for it, where they differ.
        pair: whether articles have targets.
        trained: standard name -> the name in training, used if the inputs have that column.
        missing: words that stand for a missing value; None = the usual ones.
        date_format: of training, in which dates that leave doubt are read later.
    """
    for source in sources:
        own = _named(source, sources, named)
        yield from _read(source, own, pair=pair, trained=trained, missing=missing, date_format=date_format)


def _named(source: OpenedInput, sources: Sequence[OpenedInput], named: Mapping[str, str]) -> Mapping[str, str]:
    """The columns that are named of an input: those of tables are no columns of a folder of texts beside them."""
    if not source.texts or all(each.texts for each in sources):
        return named
    return {key: name for key, name in named.items() if key == name}


def _read(
    source: OpenedInput,
    named: Mapping[str, str],
    *,
    pair: bool,
    trained: Mapping[str, str],
    missing: Sequence[str] | None,
    date_format: str | None,
) -> Iterator[tuple[Row, Unlabelled]]:
    schema: Schema | None = None
    dates = [DateColumn(form) for form in dict.fromkeys((None, date_format))]
    rows = map(_kept, source.rows())
    begun = _first_records(rows, source.ready)
    late = _LateColumns(source.name, names_in(row for row in begun if isinstance(row, Row)))
    for number, row in enumerate(chain(begun, rows), start=1):
        if isinstance(row, Fault):
            yield Row(row.where, row.record if isinstance(row.record, dict) else {}), row
        else:
            if schema is None:
                first = [row for row in begun if isinstance(row, Row)] or [row]
                schema = _schema(first, named, trained, source.name, pair=pair, missing=missing)
            if number > len(begun):
                late.look(row, schema, {**trained, **named}, pair=pair)
            found = article_from_row(row, schema, str(number), labelled=False)
            if isinstance(found, list):
                found = [replace(fault, id=given_id(row, schema)) for fault in found]
            else:
                for column in dates:
                    column.add(found.date, row.where)
            yield row, found
        if number >= len(begun) and not source.ready():
            yield PAUSE
    if schema is not None:
        schema.remarks.say(source.name, schema.missing, kept=True)
        _say_dates(source.name, clearer(dates[0], dates[-1]))


class _LateColumns:
    """Warns of a column of JSON that the model would read, had it been among the first rows.

    Args:
        file: the name of the input.
        names: the columns of the first rows.
    """

    def __init__(self, file: str, names: Sequence[str]) -> None:
        self.file, self.names, self.known = file, names, set(names)

    def look(self, row: Row, schema: Schema, wanted: Mapping[str, str], *, pair: bool) -> None:
        """Look at a row that comes after the first ones."""
        if row.values.keys() <= self.known:
            return
        late = [name for name in row.values if name not in self.known]
        self.known.update(late)
        present = [*self.names, *late]
        try:
            columns = find_columns(present, known_columns(wanted, present), pair=pair, labelled=False, file=self.file)
        except InputError:  # several of them could be meant
            return
        for key, column in columns.items():
            if column in late and key in READ and key not in schema.columns:
                logger.warning(
                    "%s: the column '%s' comes first at %s, after the rows by which the columns were found: it is not "
                    "read as the %s of any article. Put a row that has it to the beginning",
                    self.file,
                    column,
                    row.where,
                    key,
                )


def _first_records(rows: Iterator[Row | Fault], ready: Callable[[], bool]) -> list[Row | Fault]:
    """The records that tell how a source is read: the first 1,000, or those that are there."""
    found = list(islice(rows, 1))
    while found and len(found) < ROWS_FOR_COLUMNS and ready():
        more = list(islice(rows, 1))
        if not more:
            break
        found += more
    return found


def check_columns(
    sources: Sequence[OpenedInput],
    named: Mapping[str, str],
    *,
    pair: bool,
    trained: Mapping[str, str],
    missing: Sequence[str] | None = None,
) -> None:
    """Read the beginning of each input that can be read again, so that none is found to be no table after hours.

    Args:
        sources, named, pair, trained, missing: as in `read_unlabelled`.

    Raises:
        InputError: an input is missing, or cannot be read, or lacks a column that is needed.
    """
    errors: dict[str, InputError] = {}
    for source in sources:
        try:
            if source.again:
                _check_columns(source, _named(source, sources, named), trained, pair=pair, missing=missing)
        except InputError as error:
            errors[source.name] = error
    if len(errors) == 1:
        raise next(iter(errors.values()))
    if errors:
        raise InputError(
            f"{len(errors):,} of {len(sources):,} inputs cannot be read.",
            faults=[f for name, error in errors.items() for f in error.faults or (Fault(name, error.message),)],
            fix=" ".join(dict.fromkeys(error.fix for error in errors.values() if error.fix)),
        )


def _check_columns(
    source: OpenedInput,
    named: Mapping[str, str],
    trained: Mapping[str, str],
    *,
    pair: bool,
    missing: Sequence[str] | None,
) -> None:
    for few in (FEW_ROWS, ROWS_FOR_COLUMNS):
        rows = source.rows()
        first = [row for row in islice(rows, few) if isinstance(row, Row)]
        closing = getattr(rows, "close", None)
        if closing is not None:
            closing()
        try:
            if first:
                _schema(first, named, trained, source.name, pair=pair, missing=missing, say=False)
            return
        except InputError:
            if few == ROWS_FOR_COLUMNS:
                raise


def _say_dates(file: str, column: DateColumn) -> None:
    """Warn of dates that are not read; prediction does not need them, but shares by time do."""
    doubt = date_doubt(column, column.unread)
    if doubt:
        logger.warning("%s: %s This matters to classifier estimate --by month, which takes the format", file, doubt)


def _schema(
    first: Sequence[Row],
    named: Mapping[str, str],
    trained: Mapping[str, str],
    file: str,
    *,
    pair: bool,
    missing: Sequence[str] | None,
    say: bool = True,
) -> Schema:
    """How a source is read; its columns by priority: named in this call, used in training, recognised by name."""
    present = names_in(first)
    wanted = {**known_columns(trained, present), **named}
    if pair:
        check_target(wanted, present, file)
    wanted = {**sites_column(first, wanted), **wanted}
    try:
        columns = find_columns(present, wanted, pair=pair, labelled=False, file=file)
    except InputError as error:
        name_texts(error, first)
        raise
    check_unmarked(first[0].values.get(columns["text"]), file)
    if say:
        note_columns(file, columns)
    for doubt in doubts(present, wanted, columns) if say else ():
        logger.warning("%s: %s", file, doubt)
    return read_schema(columns, first, missing=missing)


def known_columns(trained: Mapping[str, str], present: Sequence[str]) -> dict[str, str]:
    """The names that columns had in training, of those that another table has; what it lacks is recognised by name.

    Args:
        trained: standard name -> the name in training.
        present: the table's columns.

    Example:
        >>> known_columns({"text": "Body", "title": "Kopf"}, ["text", "kopf"])
        {'title': 'Kopf'}
    """
    return {key: name for key, name in trained.items() if meant_columns(name, present)}


def check_target(named: Mapping[str, str | None], present: Sequence[str], file: str) -> None:
    """Raise `InputError` if a table has no column of claims for a model that reads one with each article.

    Args:
        named: standard name -> the table's name for it, where it is known.
        present: the table's columns.
        file: its name, for the message.
    """
    if not named.get("target") and not any(meant_columns(alias, present) for alias in ALIASES["target"]):
        raise InputError(
            f"This model reads a claim with each article, but '{file}' has no column for it.",
            fix="Give a table with a column target, or name yours: --set data.columns.target=NAME. "
            'predict takes one claim for all articles: --target "The bridge is safe."',
        )


@contextmanager
def open_sources(
    inputs: Sequence[str],
    encoding: str,
    stdin: TextIO | None,
    sheet: str | None = None,
    stdin_format: str | None = None,
    text_columns: Collection[str] = (),
    *,
    live: bool = False,
) -> Iterator[list[OpenedInput]]:
    """The inputs. Standard input is copied to a temporary file first, unless each of its rows can be read as it comes.

    Args:
        inputs: files, folders, or ``-``.
        encoding: of text files.
        stdin: what ``-`` reads.
        sheet: of workbooks, where they have several.
        stdin_format: one of `classifier.articles.readers.standard_input.KINDS`; None = told by its first bytes.
        text_columns: names of the column of texts besides ``text``, by which a table on standard input is known.
        live: whether the rows of standard input are wanted as soon as they have come.

    Raises:
        InputError: there is no such format, or standard input is empty or in another encoding.
    """
    check_sheet([local_path(name) for name in inputs if name != "-" and not is_remote(name)], sheet)
    check_kind(stdin_format)
    if stdin_format is not None and "-" not in inputs:
        raise InputError("--format says how to read standard input, but no input is '-'.", fix="Leave --format out.")
    with tempfile.TemporaryDirectory() as folder:
        sources: list[OpenedInput] = []
        for name in inputs:
            if name == "-":
                found = open_input(stdin, Path(folder), encoding, stdin_format, text_columns, live=live)
                rows = partial(found.rows, sheet)
                sources.append(OpenedInput(NAME, rows, found.path, found.encoding, found.ready, found.again))
            elif is_remote(name):
                sources += [_remote_source(url, Path(folder), encoding, sheet) for url in remote_names(name)]
            else:
                path = local_path(name)
                given = _source(path, encoding, sheet)
                sources.append(OpenedInput(path_name(path), given, path, encoding, texts=holds_texts(path)))
        yield sources


def _remote_source(url: str, folder: Path, encoding: str, sheet: str | None) -> OpenedInput:
    path, rows = remote_rows(url, Path(tempfile.mkdtemp(dir=folder)), encoding, sheet)
    return OpenedInput(url, rows, path, encoding, texts=holds_texts(path))


def _source(path: Path, encoding: str, sheet: str | None) -> Callable[[], Iterator[Row | Fault]]:
    if holds_texts(path):
        return lambda: read_text_folder(path, encoding, labelled=False)
    return lambda: read_rows(path, encoding, sheet)


def _kept(row: Row | Fault) -> Row | Fault:
    r"""The row as every file can hold it: names of files may have bytes that are not UTF-8, and JSON any depth.

    Example:
        >>> print(_kept(Row("caf\udce9.csv:2", {})).where)
        caf\udce9.csv:2
    """
    if not row.where.isascii():
        row = replace(row, where=row.where.encode("utf-8", "backslashreplace").decode())
    if isinstance(row, Row) and not all(_is_within(value, DEEPEST) for value in row.values.values()):
        return Fault(row.where, f"a value is nested in more than {DEEPEST} levels", "nested too deeply")
    return row


def _is_within(value: object, levels: int) -> bool:
    """Whether lists and objects are nested in no more than so many levels."""
    if not isinstance(value, (list, dict)):
        return True
    parts = value.values() if isinstance(value, dict) else value
    return levels > 0 and all(_is_within(part, levels - 1) for part in parts)
