"""Labelled articles on disk while a dataset is built, with a small index of them in memory.

Articles stream from the source in chunks; worker processes strip, hash and write them. What stays in memory is an
`Index`: about one kilobyte per article, most of it the MinHash signature and the hashes of passages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from classifier.arrays import Ints, Keys
from classifier.articles.article import OPTIONAL, Article
from classifier.dataset.duplicates import Passages, Signatures

GUESS = "language_guess"  # the extra column that holds a guessed language
OLD = "old"  # the part of the articles of a dataset that is extended; they come first and keep their ids


@dataclass(frozen=True)
class Index:
    """The values of each article that splitting needs; the texts stay on disk.

    Attributes:
        ids: the id of each article.
        labels: the labels of each article.
        parts: the part that each article came in: ``all``, ``train``, ``validation`` or ``test``.
        text: `text_key` of each text, shape (n,).
        input: `text_key` of text and target, shape (n,).
        signature: MinHash signature of each text, shape (n, 128); shape (n, 0) if near-duplicates are not looked for.
        passages: of each text; none where an earlier article has the same one.
        columns: name -> values, for the columns that splitting needs.
    """

    ids: list[str]
    labels: list[tuple[str, ...]]
    parts: list[str]
    text: Keys
    input: Keys
    signature: Signatures
    passages: Passages
    columns: Mapping[str, list[Any]]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass
class Corpus:
    """Articles in a folder of Arrow files, one for each chunk, in order.

    Attributes:
        folder: holds the files.
        index: of all articles.
        starts: row at which each chunk begins; the last entry is the number of rows.
        kinds: extra column -> kinds of its values, from `kind_of`.
        used: standard columns in which any article has a value.
        parts: all parts that were read, also those without a (new) article.
        dates: of each article, as they are stored: ISO 8601, where they can be read; None = as they are written.
        languages: language -> articles in it that were left out; None -> those that were kept though it is not sure.
    """

    folder: Path
    index: Index
    starts: list[int]
    kinds: dict[str, set[str]]
    used: set[str] = field(default_factory=set)
    parts: tuple[str, ...] = ()
    dates: Sequence[str | None] | None = None
    languages: Counter[str | None] = field(default_factory=Counter)

    def __len__(self) -> int:
        return len(self.index)

    def tables(self) -> Iterator[tuple[int, Any]]:
        """(row of its first article, Arrow table) for each chunk."""
        for number, start in enumerate(self.starts[:-1]):
            yield start, _read_table(self.folder / f"{number:06d}.arrow")

    def articles(self, rows: Ints | Sequence[int] | None = None) -> Iterator[Article]:
        """The articles of these rows in ascending order, or all; ids and labels are those of the index."""
        wanted = np.arange(len(self)) if rows is None else np.unique(np.asarray(rows, dtype=np.int64))
        for number, start in enumerate(self.starts[:-1]):
            here = wanted[np.searchsorted(wanted, start) : np.searchsorted(wanted, self.starts[number + 1])]
            if len(here):
                table = _read_table(self.folder / f"{number:06d}.arrow").take(here - start)
                yield from map(self._article, here, table.to_pylist())

    def texts(self, rows: Ints) -> Iterator[str]:
        """The texts of these rows, which ascend."""
        for number, start in enumerate(self.starts[:-1]):
            here = rows[np.searchsorted(rows, start) : np.searchsorted(rows, self.starts[number + 1])]
            if len(here):
                yield from _read_table(self.folder / f"{number:06d}.arrow")["text"].take(here - start).to_pylist()

    def place(self, row: int) -> str:
        """The place of an article: ``file:line``."""
        return next(self.articles([row])).where

    def places(self, rows: Iterable[int]) -> dict[int, str]:
        """The places of several articles, by row."""
        wanted = sorted(set(rows))
        return dict(zip(wanted, (article.where for article in self.articles(wanted)), strict=True))

    def given_id(self, row: int) -> str:
        """The id of an article as its source has it, without the part that `classifier.dataset.ids` may put before."""
        return self.index.ids[row].removeprefix(f"{self.index.parts[row]}/")

    def inferred_type(self, name: str) -> Any:
        """The Arrow type that holds the values of a column in all chunks."""
        import pyarrow as pa

        types = {table[name].type for _, table in self.tables() if name in table.column_names}
        fields = [pa.schema([(name, found)]) for found in sorted(types, key=str)]
        found = pa.unify_schemas([pa.schema([(name, pa.null())]), *fields], promote_options="permissive").field(0).type
        return pa.string() if pa.types.is_null(found) else found

    def _article(self, row: int, values: dict[str, Any]) -> Article:
        plain = {name: values.get(name) for name in OPTIONAL}
        if self.dates is not None:
            plain["date"] = self.dates[row]
        extra = {name.removeprefix("extra:"): value for name, value in values.items() if name.startswith("extra:")}
        return Article(
            id=self.index.ids[row],
            text=values["text"],
            labels=self.index.labels[row],
            where=values["where"],
            extra=extra,
            **plain,
        )


def _read_table(path: Path) -> Any:
    import pyarrow as pa

    with pa.OSFile(str(path), "rb") as file, pa.ipc.open_file(file) as reader:
        return reader.read_all()
