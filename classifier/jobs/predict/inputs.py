"""Where new articles are, and how they are read: once, in order, each row with its article or with what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, TextIO

from classifier.articles.new_articles import (
    OpenedInput,
    Unlabelled,
    check_columns,
    open_sources,
    read_unlabelled,
)
from classifier.articles.one_target import TARGET, check_one_target, with_target
from classifier.articles.readers.below import files_below
from classifier.articles.readers.row import Row
from classifier.articles.writers import STDOUT
from classifier.articles.xlsx import MOST_ROWS, OTHER, cell_faults, is_xlsx
from classifier.errors import Fault, InputError
from classifier.jobs.messages import unsaid
from classifier.jobs.source import refuse_written
from classifier.models.model_folder import ModelInfo
from classifier.remote import is_remote, local_path

Read = tuple[Row, Unlabelled]


@dataclass(frozen=True)
class Inputs:
    """Where new articles are, and how to read them.

    Attributes:
        names: files (as in `classifier.articles.readers`), folders of .txt files, or ``-`` for standard input.
        columns: standard name -> the inputs' name for it, where they differ.
        encoding: of text files.
        missing: words that stand for a missing value; None = the usual ones.
        stdin: what ``-`` reads.
        sheet: of workbooks, where several have rows.
        stdin_format: how it is read; None = told by its first bytes.
        target: one claim for all of them.
    """

    names: Sequence[str]
    columns: Mapping[str, str | None] = field(default_factory=dict)
    encoding: str = "utf-8"
    missing: Sequence[str] | None = None
    stdin: TextIO | None = None
    sheet: str | None = None
    stdin_format: str | None = None
    target: str | None = None

    @property
    def named(self) -> dict[str, str]:
        """The columns that are named."""
        return {key: name for key, name in self.columns.items() if name}

    def stored(self) -> dict[str, Any]:
        """What decides which articles the rows become, as JSON holds it."""
        values = {key: value for key, value in asdict(replace(self, stdin=None)).items() if key != "names"}
        return {**values, "columns": self.named, "missing": None if self.missing is None else list(self.missing)}

    def files(self) -> list[list[Any]] | None:
        """The files with their sizes and when they were changed; None where they cannot be told from others.

        Example:
            >>> Inputs(["-"]).files(), Inputs(["s3://news/a.csv"]).files()
            (None, None)
        """
        if any(name == "-" or is_remote(name) for name in self.names):
            return None
        paths = [local_path(name) for name in self.names]
        every = [file for path in paths for file in (files_below(path) if path.is_dir() else [path])]
        return [[str(file), file.stat().st_size, file.stat().st_mtime_ns] for file in every if file.exists()]


@dataclass(frozen=True)
class OpenInputs:
    """Inputs that are open.

    Attributes:
        sources: in order.
        named: standard name -> the inputs' name for it.
        trained: the same of training.
        pair: whether articles have targets.
        missing: words that stand for a missing value; None = the usual ones.
        date_format: of dates in training.
    """

    sources: Sequence[OpenedInput]
    named: Mapping[str, str]
    trained: Mapping[str, str]
    pair: bool
    missing: Sequence[str] | None
    date_format: str | None

    def check(self) -> None:
        """Raise `InputError` where an input is missing, or its beginning cannot be read."""
        with unsaid():
            check_columns(self.sources, self.named, **self._how)

    def rows(self, out: Path) -> Iterator[Read]:
        """Every row, once.

        Args:
            out: a workbook holds no more than so many rows, and no text beyond a length: such a row is a bad row.

        Raises:
            InputError: an input cannot be read on, or there are more rows than the output can hold.
        """
        rows = read_unlabelled(self.sources, self.named, date_format=self.date_format, **self._how)
        return _that_fit(rows, out) if is_xlsx(out) else rows

    @property
    def _how(self) -> dict[str, Any]:
        return {"pair": self.pair, "trained": self.trained, "missing": self.missing}


@contextmanager
def open_inputs(
    inputs: Inputs, info: ModelInfo, out: Path, load: Callable[[], object] | None = None
) -> Iterator[OpenInputs]:
    """The inputs, as long as the context lasts.

    Args:
        inputs: which.
        info: what the model says about itself.
        out: standard output gets answers while standard input is open.
        load: called before standard input is waited for, where it is answered while it is open.

    Raises:
        InputError: an input is missing, or is nothing that can be read, or lacks a column.
    """
    named, trained = inputs.named, info.columns or {}
    texts = {**trained, **named}.get("text", "text")
    live = out == STDOUT
    refuse_written(inputs.names)
    if inputs.target is not None:
        check_one_target(inputs.target, pair=info.pair)
    if live and "-" in inputs.names and load is not None:
        load()
    with open_sources(
        inputs.names, inputs.encoding, inputs.stdin, inputs.sheet, inputs.stdin_format, [texts], live=live
    ) as opened:
        sources = opened
        if inputs.target is not None:
            own = [names[TARGET] for names in (trained, named) if TARGET in names]
            sources, named = with_target(opened, inputs.target, own), {**named, TARGET: TARGET}
        yield OpenInputs(sources, named, trained, info.pair, inputs.missing, info.date_format)


def _that_fit(rows: Iterator[Read], out: Path) -> Iterator[Read]:
    """The rows; those with a text that no cell of Excel holds are bad rows, without that text."""
    for count, (row, what) in enumerate(rows, start=1):
        if count > MOST_ROWS:
            raise InputError(f"'{out}' cannot hold more than {MOST_ROWS:,} rows.", fix=OTHER)
        long = [] if isinstance(what, Fault) else cell_faults(row.where, row.values)
        if not long:
            yield row, what
            continue
        shorter = {name: None if cell_faults("", {name: value}) else value for name, value in row.values.items()}
        faults = [replace(fault, what=f"{fault.what}, so it is left out. {OTHER}") for fault in long]
        yield Row(row.where, shorter), what + faults if isinstance(what, list) else faults
