"""Articles that a program has in memory as the source of a job: DataFrames, datasets, lists of articles or mappings.

They are written to a temporary folder that is gone when the job has ended. A message names a row as the program knows
it: ``row 17 of the DataFrame`` counts from 0, and has the index where that is not the default one.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import tomli_w

from classifier.articles.arrow_rows import arrow_rows
from classifier.articles.article import OPTIONAL, Article
from classifier.articles.columns import ALIASES
from classifier.articles.given_texts import default_index
from classifier.articles.plain_values import GivenLabels, is_missing, is_of, plain_value
from classifier.articles.readers.program_rows import write_program_rows
from classifier.articles.readers.row import Row
from classifier.config import Config
from classifier.config_file import dump_given
from classifier.dataset.builders.hub_rows import dataset_rows, parts_of
from classifier.errors import Fault, InputError, names
from classifier.temporary import temporary_folder

BATCH = 1000
KNOWN = "a path, a Config, a pandas or polars DataFrame, a datasets.Dataset, or a list of Article or of mappings"
SHOWN = 40  # characters of a value in a message
SETTING = re.compile(r"--set (?:'([\w.]+)=([^']*)'|([\w.]+)=(\S+?)(?=[.,;:)]*(?:\s|$)))")
SETTINGS = re.compile(rf"{SETTING.pattern}(?: {SETTING.pattern})*")
OTHER_NAMES = {alias for key, aliases in ALIASES.items() for alias in aliases if key not in (alias, "source")}


class Frame(Protocol):
    """A DataFrame of pandas or polars, neither of which is imported here."""

    @property
    def columns(self) -> Any:
        """The names of its columns."""


@dataclass(frozen=True)
class Lent:
    """Rows that a program lends.

    Attributes:
        name: how they are called in a message: ``the DataFrame``.
        rows: can be read once.
    """

    name: str
    rows: Iterable[Row]


@contextmanager
def lend(source: Any, argument: str = "") -> Iterator[str]:
    """A path under which a job finds what a program has in memory, as long as the context lasts.

    Args:
        source: a `Config`, a DataFrame of pandas or polars, a table of pyarrow, a dataset of `datasets`, an iterable of
            `Article` or of mappings, or a mapping of such by split.
        argument: how the job calls it, where it takes several: ``the DataFrame (labelled)`` in messages.

    Raises:
        InputError: it is none of these, or rows cannot be read; and what the job raises, with names instead of the
            temporary paths.

    Example:
        >>> with lend([{"text": "The council voted.", "label": "reporting"}]) as path:
        ...     Path(path).name
        'list'
    """
    with temporary_folder() as folder:
        if isinstance(source, Config):
            path, called = folder / "Config.toml", {str(folder / "Config.toml"): "the Config"}
            path.write_text(dump_given(source), encoding="utf-8")
        else:
            path, called = _write(source, folder, argument)
        with in_python_words(called):
            yield str(path)


@contextmanager
def in_python_words(called: Mapping[str, str]) -> Iterator[None]:
    """Give errors the words of a program: names instead of paths, and settings instead of options.

    Args:
        called: path -> how the program calls what is there.

    Example:
        >>> with in_python_words({"/tmp/x/list": "the list"}):
        ...     raise InputError("'/tmp/x/list' has no texts.", fix="Name them: --set data.columns.text=NAME")
        Traceback (most recent call last):
        classifier.errors.InputError: The list has no texts.
        Fix: Name them: settings={"data.columns.text": "NAME"}
    """
    try:
        yield
    except InputError as error:
        _rename(error, called)
        raise


def _write(source: Any, folder: Path, argument: str) -> tuple[Path, dict[str, str]]:
    """Write the parts of a source; the path that names them all, and how each file is called in messages."""
    parts = _parts(source, argument)
    called: dict[str, str] = {}
    files: dict[str, str] = {}
    for part, lent in parts.items():
        file = folder / lent.name.removeprefix("the ")
        called[str(file)] = called[lent.name] = lent.name
        files[part] = str(file)
        if not write_program_rows(file, lent.rows):
            raise InputError(f"{lent.name[0].upper()}{lent.name[1:]} holds no articles.", fix="Give one row at least.")
    if list(files) == ["all"]:
        return Path(files["all"]), called
    path = folder / f"{type(source).__name__}.toml"
    path.write_text(tomli_w.dumps({"data": files}), encoding="utf-8")
    return path, {**called, str(path): f"the {type(source).__name__}"}


def _parts(source: Any, argument: str) -> dict[str, Lent]:
    kind = type(source).__name__ + (f" ({argument})" if argument else "")
    if not isinstance(source, Mapping):
        return {"all": Lent(f"the {kind}", table_rows(source, f"the {kind}"))}
    splits = {name: part for name, part in source.items() if not isinstance(part, (str, bytes)) and _is_table(part)}
    if not source or len(splits) < len(source):
        raise InputError(
            f"This {kind} is no source of articles.",
            fix="Give a list of mappings, one for each article, or a mapping of splits: "
            '{"train": …, "validation": …, "test": …}. Columns become rows with pandas.DataFrame(columns).',
        )
    return {
        part: Lent(f"the {kind}" if part == "all" else name, table_rows(data, name))
        for part, (split, data) in parts_of({s: (s, d) for s, d in splits.items()}, f"The {kind}").items()
        for name in [f"{kind}['{split}']"]
    }


def _is_table(part: Any) -> bool:
    """Whether it can be a split: a table, or a list of articles or mappings, and not a column of texts."""
    if not isinstance(part, (list, tuple)):
        return isinstance(part, Iterable) or hasattr(part, "columns")
    return all(isinstance(row, (Article, Mapping)) for row in part[:1])


def table_rows(source: Any, name: str) -> Iterator[Row]:
    """The rows of what a program has in memory; what cannot be a source is refused at once.

    Args:
        source: a table, or an iterable of articles or mappings.
        name: how it is called in messages.

    Raises:
        InputError: it is none of these, or has columns of the same name; while reading, items are no articles.

    Example:
        >>> list(table_rows([{"text": "Rain."}], "the list"))
        [Row(where='row 0 of the list', values={'text': 'Rain.'})]
    """
    if is_of(source, "pandas", "DataFrame"):
        return _pandas_rows(source, name)
    if is_of(source, "polars", "LazyFrame"):
        return table_rows(source.collect(), name)
    if is_of(source, "polars", "DataFrame"):
        return _records(source.iter_rows(named=True), name)
    if is_of(source, "pyarrow", "Table"):
        _check_columns(source.column_names, name)
        return _records(arrow_rows(source.to_batches(BATCH), name), name)
    if is_of(source, "datasets", "Dataset", "IterableDataset") and source.features:
        return _records((row.values for row in dataset_rows(source, name)), name)
    if is_of(source, "pandas", "Series", "Index") or is_of(source, "polars", "Series"):
        raise InputError("A Series has no labels.", fix="Give the whole DataFrame: texts and labels are its columns.")
    if isinstance(source, (str, bytes)) or not isinstance(source, Iterable):
        raise InputError(f"{type(source).__name__} is no source of articles.", fix=f"Give {KNOWN}.")
    return _items(source, name)


def _pandas_rows(frame: Any, name: str) -> Iterator[Row]:
    """The rows of a pandas DataFrame; an index that has a name is a column too."""
    for axis, mend in (("columns", "frame.columns = [...]"), ("index", "frame = frame.reset_index()")):
        levels = getattr(frame, axis).nlevels
        if levels > 1:
            raise InputError(f"The {axis} of {name} must be of one level. Got {levels} instead.", fix=f"First: {mend}")
    columns = [str(column) for column in frame.columns]
    _check_columns(columns, name)
    plain = default_index(frame.index)
    named = None if frame.index.name is None or str(frame.index.name) in columns else str(frame.index.name)
    return _pandas_batches(frame, name, columns, named, plain=plain)


def _pandas_batches(frame: Any, name: str, columns: Sequence[str], named: str | None, *, plain: bool) -> Iterator[Row]:
    for start in range(0, len(frame), BATCH):
        batch = frame.iloc[start : start + BATCH]
        cells = zip(*(batch.iloc[:, column].tolist() for column in range(len(columns))), strict=True)
        for number, (label, values) in enumerate(zip(batch.index.tolist(), cells, strict=True), start=start):
            index = {} if named is None else {named: plain_value(label)}
            row = {column: plain_value(value) for column, value in zip(columns, values, strict=True)}
            yield Row(row_place(number, name) + ("" if plain else f", index {label!r}"), {**index, **row})


def _check_columns(columns: Sequence[str], name: str) -> None:
    twice = [column for column in dict.fromkeys(columns) if columns.count(column) > 1]
    if twice:
        raise InputError(f"Columns of {name} have the same name: {names(twice)}.", fix="Rename or drop one of each.")


def _records(records: Iterable[Mapping[Any, Any]], name: str) -> Iterator[Row]:
    for number, values in enumerate(records):
        yield Row(row_place(number, name), plain_value(values))


def _items(items: Iterable[Any], name: str) -> Iterator[Row]:
    """Articles and mappings as rows; all other items are refused together."""
    faults = []
    for number, item in enumerate(items):
        if isinstance(item, Article):
            yield Row(item.where or row_place(number, name), article_values(item))
        elif isinstance(item, Mapping):
            yield Row(row_place(number, name), plain_value(item))
        else:
            kind, shown = type(item).__name__, repr(item)[:SHOWN]
            what = (
                "is missing" if is_missing(item) else f"must be an Article or a mapping. Got the {kind} {shown} instead"
            )
            faults.append(Fault(row_place(number, name), what, f"is a {kind}"))
    if faults:
        raise InputError(f"{len(faults):,} rows of {name} are no articles.", faults=faults, fix=f"Give {KNOWN}.")


def article_values(article: Article) -> dict[str, Any]:
    """An article as a row: what is called like another name of a standard column is not taken for that column.

    Example:
        >>> article_values(Article("a1", "Rain.", extra={"claim": "It rains."}))["original_claim"]
        'It rains.'
    """
    extra = {f"original_{name}" if name.lower() in OTHER_NAMES else name: v for name, v in article.extra.items()}
    standard = {name: getattr(article, name) for name in OPTIONAL if getattr(article, name) is not None}
    values = {**extra, "id": article.id, "text": article.text, **standard}
    given: Any = article.labels  # a program may give one label as a text
    labels = (given,) if isinstance(given, str) else tuple(given or ())
    return {**plain_value(values), "label": GivenLabels(labels)}


def row_place(number: int, name: str) -> str:
    """A row as a message names it, counted from 0: ``row 17 of the list``."""
    return f"row {number} of {name}"


def _rename(error: InputError, called: Mapping[str, str]) -> None:
    """Call temporary files what the program calls their content, and settings as a program gives them."""

    def renamed(text: str) -> str:
        for path in sorted(called, key=len, reverse=True):
            text = text.replace(f"'{path}'", called[path]).replace(path, called[path])
        return as_python(text)

    message = renamed(error.message)
    error.message = f"T{message[1:]}" if message.startswith("the ") else message
    error.fix = renamed(error.fix)
    error.faults = tuple(replace(fault, where=renamed(fault.where), what=renamed(fault.what)) for fault in error.faults)
    error.args = (error.message,)


def as_python(text: str) -> str:
    """A message with options of the command line as a program gives them.

    Example:
        >>> as_python("Name your own: --set data.columns.text=NAME --set data.pair=false")
        'Name your own: settings={"data.columns.text": "NAME", "data.pair": False}'
    """
    return SETTINGS.sub(lambda found: f"settings={{{', '.join(map(_item, SETTING.findall(found[0])))}}}", text)


def _item(setting: tuple[str, ...]) -> str:
    quoted, quoted_value, plain, value = setting
    name, raw = (quoted, quoted_value) if quoted else (plain, value)
    try:
        parsed = tomllib.loads(f"value = {raw}")["value"]
    except tomllib.TOMLDecodeError:
        parsed = raw
    return f'"{name}": {json.dumps(parsed) if isinstance(parsed, (str, list)) else repr(parsed)}'
