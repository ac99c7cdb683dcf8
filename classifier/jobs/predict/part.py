"""A part of what is labelled: a chunk with its scores, as it is kept until all are put together."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from classifier.arrays import Floats32
from classifier.articles.arrow import Evidence
from classifier.articles.article import Article
from classifier.articles.readers.row import Row
from classifier.articles.source_names import source_key
from classifier.articles.typed_json import decoded
from classifier.errors import Fault
from classifier.jobs.predict.columns import Columns
from classifier.jobs.predict.engine import Scored

if TYPE_CHECKING:
    import pyarrow as pa

HEADER = b"classifier"  # in the metadata of a file
NO_NUMBERS = (
    "the model gives it scores that are not numbers: in bf16, try --no-bf16; if it has many such articles, train again"
)
SUM = 16  # characters of its checksum: those of Parquet are of the columns alone


@dataclass(frozen=True)
class Part:
    """Some rows that follow one another, with what the model says of them.

    Attributes:
        number: of the chunk.
        fingerprint: of the chunk.
        lines: the place and the values of each row, as `Chunk.lines`.
        faults: of each row, why it cannot be labelled; None where it can.
        proba: the model's own scores, float32 of shape (rows that can be labelled, classes).
        columns: of the rows.
        sources: of each row, the key of its source; empty where it has none.
        evidence: of each row that can be labelled, where it is asked for.
        texts: title, text and target of each such row, where evidence can only be found when all is labelled.
        skipped: whether each such row skipped the transformer, where there is a cascade.
    """

    number: int
    fingerprint: str
    lines: Sequence[str]
    faults: Sequence[Fault | None]
    proba: Floats32
    columns: Columns
    sources: Sequence[str]
    evidence: Sequence[Evidence] | None = None
    texts: Sequence[tuple[str | None, str, str | None]] | None = None
    skipped: Sequence[bool] | None = None

    @property
    def rows(self) -> list[Row]:
        """The rows, with values as they were read."""
        return [Row(where, values) for where, values in (decoded(json.loads(line)) for line in self.lines)]

    @property
    def articles(self) -> list[Article]:
        """What the model reads of the rows that can be labelled, where ``texts`` are kept."""
        return [Article(str(n), text, (), title, target) for n, (title, text, target) in enumerate(self.texts or ())]

    @property
    def failed(self) -> list[Fault]:
        """Why rows cannot be labelled."""
        return [fault for fault in self.faults if fault is not None]


def part_of(scored: Scored, *, texts: bool = False) -> Part:
    """What is kept of a chunk.

    Args:
        scored: the chunk with its scores.
        texts: whether what the model reads is kept too.
    """
    chunk, columns = scored.chunk, Columns()
    columns.add(chunk.rows)
    articles = chunk.articles
    if len(scored.proba) != len(articles):
        raise RuntimeError(f"chunk {chunk.number}: {len(scored.proba)} scores for {len(articles)} articles")
    proba, evidence = np.ascontiguousarray(scored.proba, dtype=np.float32), scored.evidence
    faults = [replace(what, record=None) if isinstance(what, Fault) else None for what in chunk.read]
    skipped: list[bool] | None = None if scored.skipped is None else scored.skipped.tolist()
    good = [bool(each) for each in np.atleast_1d(np.isfinite(proba).all(axis=1))]
    if not all(good):
        places = [place for place, fault in enumerate(faults) if fault is None]
        for place in compress(places, [not is_good for is_good in good]):
            faults[place] = Fault(chunk.rows[place].where, NO_NUMBERS, "no scores")
        proba, articles = proba[good], list(compress(articles, good))
        evidence = None if evidence is None else tuple(compress(evidence, good))
        skipped = None if skipped is None else list(compress(skipped, good))
    return Part(
        chunk.number,
        chunk.fingerprint(),
        chunk.lines,
        faults,
        proba,
        columns,
        [source_key(what.source or "") if isinstance(what, Article) else "" for what in chunk.read],
        evidence,
        [(article.title, article.text, article.target) for article in articles] if texts else None,
        skipped,
    )


def write_part(path: Path, part: Part) -> None:
    """Write a part to a file: Parquet, packed with Zstandard, with checksums."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    header = {"number": part.number, "fingerprint": part.fingerprint, "columns": part.columns.stored()}
    classes = part.proba.shape[1]
    scores = np.full((len(part.lines), classes), np.nan, dtype=np.float32)
    good = [row for row, fault in enumerate(part.faults) if fault is None]
    scores[good] = part.proba
    columns = {
        "row": _texts(part.lines),
        "fault": _texts([_fault_text(fault) for fault in part.faults]),
        "source": _texts(part.sources),
        "scores": pa.FixedSizeListArray.from_arrays(_numbers(scores), classes),
    }
    for name, values in (("evidence", part.evidence), ("texts", part.texts), ("skipped", part.skipped)):
        if values is not None:
            each = iter(values)
            columns[name] = _texts([json.dumps(next(each)) if fault is None else "" for fault in part.faults])
    text = json.dumps(header).encode()
    table = pa.table(columns).replace_schema_metadata({HEADER: _sum(text) + text})
    pq.write_table(table, path, compression="zstd", write_page_checksum=True)


def read_part(path: Path) -> Part | None:
    """The part that a file holds; None where it is damaged."""
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            table = file.read()
        stored = table.schema.metadata[HEADER]
        if stored[:SUM] != _sum(stored[SUM:]):
            return None
        header = json.loads(stored[SUM:])
        columns = {name: table[name].combine_chunks() for name in table.column_names}
        faults = [_fault(text) for text in columns["fault"].to_pylist()]
        scores = columns["scores"]
        proba = _plain(scores.flatten()).reshape(len(scores), scores.type.list_size)
        good = [row for row, fault in enumerate(faults) if fault is None]
        return Part(
            header["number"],
            header["fingerprint"],
            columns["row"].to_pylist(),
            faults,
            np.ascontiguousarray(proba[good], dtype=np.float32),
            Columns.of(header["columns"]),
            columns["source"].to_pylist(),
            _of_good(columns, "evidence", Evidence),
            _of_good(columns, "texts", tuple),
            _of_good(columns, "skipped", bool),
        )
    except Exception:  # damaged bytes may mean anything
        return None


def _texts(values: Sequence[str]) -> pa.LargeStringArray:
    """A column of texts; ``pyarrow.array`` would import pandas wherever that is installed."""
    import pyarrow as pa

    encoded = [value.encode() for value in values]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
    return pa.LargeStringArray.from_buffers(len(values), pa.py_buffer(ends), pa.py_buffer(b"".join(encoded)))


def _numbers(values: Floats32) -> pa.FloatArray:
    """All numbers of an array, row after row."""
    import pyarrow as pa

    return pa.FloatArray.from_buffers(pa.float32(), values.size, [None, pa.py_buffer(values)])


def _plain(column: pa.FloatArray) -> Floats32:
    """The same numbers without Arrow, whose own ``to_numpy`` imports pandas too."""
    found: Floats32 = np.frombuffer(column.buffers()[1], np.float32, len(column), column.offset * 4)
    return found


def _sum(text: bytes) -> bytes:
    return blake2b(text, digest_size=SUM // 2).hexdigest().encode()


def _of_good(columns: dict[str, Any], name: str, kind: Any) -> list[Any] | None:
    if name not in columns:
        return None
    return [kind(json.loads(text)) for text in columns[name].to_pylist() if text]


def _fault_text(fault: Fault | None) -> str:
    return "" if fault is None else json.dumps([fault.where, fault.what, fault.kind, fault.id])


def _fault(text: str) -> Fault | None:
    if not text:
        return None
    where, what, kind, id_ = json.loads(text)
    return Fault(where, what, kind, id=id_)
