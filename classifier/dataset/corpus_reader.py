"""Reads articles from a source into a `Corpus`; worker processes prepare and index them in chunks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.arrays import Keys
from classifier.articles.arrow import kind_of, uniform
from classifier.articles.article import OPTIONAL, Article, as_record
from classifier.articles.boilerplate import strip_article
from classifier.articles.folding import is_blank
from classifier.articles.language_names import counts_as
from classifier.articles.languages import guess_language, language_of
from classifier.dataset.corpus import GUESS, OLD, Corpus, Index
from classifier.dataset.duplicates import Passages, Signatures, fingerprints, text_key
from classifier.dataset.workers import available_cores, map_in_order
from classifier.errors import Fault
from classifier.progress import Task

CHUNK = 2000  # articles that a worker takes at once
CHARACTERS = 8_000_000  # text that a worker takes at once: long articles come in smaller chunks
SIGNATURES = "signatures.bin"
PASSAGES = "passages.bin"


@dataclass(frozen=True)
class Preparation:
    """What is done to each article when it is read.

    Attributes:
        columns: columns that the index keeps, such as ``source`` and ``date``.
        strip: boilerplate to remove, as in `classifier.articles.boilerplate`.
        near: whether to make signatures for near-duplicates.
        guess_language: whether to guess the language of each text.
        languages: codes of those whose articles are kept; empty = all. An article whose language is not sure is kept.
    """

    columns: tuple[str, ...] = ()
    strip: tuple[str, ...] = ()
    near: bool = True
    guess_language: bool = False
    languages: tuple[str, ...] = ()

    @property
    def kept(self) -> tuple[str, ...]:
        """All columns of the index."""
        return (*self.columns, *([GUESS] if self.guess_language else []))


Chunk = tuple[int, str, str, list[Article], Preparation]  # its number, the folder, the part, its articles
Stored = tuple[Index, list[Fault], dict[str, set[str]], set[str], Counter[str | None]]


def read_corpus(
    parts: Mapping[str, Iterable[Article | Fault]],
    folder: Path,
    preparation: Preparation,
    reject: Callable[[Fault], None],
    task: Task,
    *,
    workers: int | None = None,
    chunk: int = CHUNK,
) -> Corpus:
    """Stream articles into a folder and index them.

    Args:
        parts: part -> articles and faults, read once.
        folder: an empty folder.
        preparation: what is done to each article.
        reject: called with every fault, in any order.
        task: advances with every chunk.
        workers: number of processes; None = as many as there are cores, but one for articles that fit into one chunk.
        chunk: articles that a worker takes at once.
    """
    chunks: Iterator[Chunk] = (
        (number, str(folder), part, articles, preparation)
        for number, (part, articles) in enumerate(_chunks(parts, reject, chunk))
    )
    chunks, some = _count_up_to(chunks, chunk)
    workers = workers or (available_cores() if some > chunk else 1)
    indexed, starts, kinds, used = [], [0], dict[str, set[str]](), set[str]()
    languages: Counter[str | None] = Counter()
    with (folder / SIGNATURES).open("wb") as signature_file, (folder / PASSAGES).open("wb") as passage_file:
        for index, faults, found, filled, other in map_in_order(_store, chunks, workers):
            signature_file.write(index.signature.tobytes())
            passage_file.write(index.passages.values.tobytes())
            passages = Passages(index.passages.values[:0].copy(), index.passages.counts)
            indexed.append(replace(index, signature=index.signature[:0].copy(), passages=passages))
            starts.append(starts[-1] + len(index))
            for name, types in found.items():
                kinds.setdefault(name, set()).update(types)
            used |= filled
            languages += other
            for fault in faults:
                reject(fault)
            task.advance(len(index))
    index = _join(indexed, preparation, _read_signatures(folder, starts[-1]), _read_values(folder / PASSAGES))
    return Corpus(folder, index, starts, kinds, used, tuple(parts), languages=languages)


def _chunks(
    parts: Mapping[str, Iterable[Article | Fault]], reject: Callable[[Fault], None], size: int
) -> Iterator[tuple[str, list[Article]]]:
    for part, items in parts.items():
        articles: list[Article] = []
        characters = 0
        for item in items:
            if isinstance(item, Fault):
                reject(item)
                continue
            articles.append(item)
            characters += len(item.text)
            if len(articles) == size or characters >= CHARACTERS:
                yield part, articles
                articles, characters = [], 0
        if articles:
            yield part, articles


def _count_up_to(chunks: Iterator[Chunk], enough: int) -> tuple[Iterator[Chunk], int]:
    """All the chunks, and how many articles there are; counting stops once there are more than ``enough``."""
    first: list[Chunk] = []
    articles = 0
    for chunk in chunks:
        first.append(chunk)
        articles += len(chunk[3])
        if articles > enough:
            break
    return chain(first, chunks), articles


def _store(item: Chunk) -> Stored:
    """Strip, hash and write one chunk; runs in a worker."""
    number, folder, part, articles, preparation = item
    articles, languages = _in_languages(articles, preparation.languages if part != OLD else ())
    articles, faults = _stripped(articles, preparation.strip)
    if preparation.guess_language:
        articles = _with_language(articles)
    kinds = _write_table(Path(folder) / f"{number:06d}.arrow", articles)
    used = {name for name in OPTIONAL if any(getattr(article, name) is not None for article in articles)}
    return _index(articles, part, preparation), faults, kinds, used, languages


def _in_languages(articles: list[Article], languages: tuple[str, ...]) -> tuple[list[Article], Counter[str | None]]:
    """The articles in these languages, or whose language is not sure; and how many there are of the others.

    The count of None is of those that are kept though their language is not sure.
    """
    if not languages:
        return articles, Counter()
    found = [language_of(article) for article in articles]
    wanted = [code is None or counts_as(code) in languages for code in found]
    other = Counter(code for code, keep in zip(found, wanted, strict=True) if code is None or not keep)
    return [article for article, keep in zip(articles, wanted, strict=True) if keep], other


def _stripped(articles: Sequence[Article], strip: tuple[str, ...]) -> tuple[list[Article], list[Fault]]:
    if not strip:
        return list(articles), []
    stripped = [strip_article(article, strip) for article in articles]
    empty = [
        Fault(a.where, "nothing is left of the text after data.strip", "nothing left", as_record(a), a.id)
        for a, left in zip(articles, stripped, strict=True)
        if is_blank(left.text)
    ]
    return [article for article in stripped if not is_blank(article.text)], empty


def _with_language(articles: Sequence[Article]) -> list[Article]:
    return [replace(a, extra={**a.extra, GUESS: a.language or guess_language(a.text).code}) for a in articles]


def _index(articles: Sequence[Article], part: str, preparation: Preparation) -> Index:
    distinct, rows = _distinct([article.text for article in articles])
    made = fingerprints(distinct, near=preparation.near)
    counts = np.zeros(len(articles), dtype=np.int64)
    counts[np.unique(rows, return_index=True)[1]] = made.passages.counts  # of the first article with each text
    return Index(
        ids=[article.id for article in articles],
        labels=[article.labels for article in articles],
        parts=[part] * len(articles),
        text=made.keys[rows],
        input=made.keys[rows] ^ _target_keys(articles),
        signature=made.signature[rows],
        passages=Passages(made.passages.values, counts),
        columns={name: [article.column(name) for article in articles] for name in preparation.kept},
    )


def _distinct(texts: Sequence[str]) -> tuple[list[str], list[int]]:
    """The distinct texts, and for each text its place among them."""
    places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    return list(places), [places[text] for text in texts]


def _target_keys(articles: Sequence[Article]) -> Keys:
    """A hash of each target, 0 if there is none."""
    targets, rows = _distinct([article.target or "" for article in articles])
    keys = np.array([text_key(target) if target else 0 for target in targets], dtype=np.uint64)
    return keys[rows] * np.uint64(0x9E3779B97F4A7C15)


def _join(
    chunks: Sequence[Index], preparation: Preparation, signature: Signatures, passages: npt.NDArray[np.uint32]
) -> Index:
    """One index of all chunks; equal strings are held once."""
    known: dict[Any, Any] = {}
    return Index(
        ids=[name for index in chunks for name in index.ids],
        labels=[known.setdefault(names, names) for index in chunks for names in index.labels],
        parts=[known.setdefault(part, part) for index in chunks for part in index.parts],
        text=np.concatenate([np.zeros(0, dtype=np.uint64), *(index.text for index in chunks)]),
        input=np.concatenate([np.zeros(0, dtype=np.uint64), *(index.input for index in chunks)]),
        signature=signature,
        passages=Passages(
            passages, np.concatenate([np.zeros(0, dtype=np.int64), *(index.passages.counts for index in chunks)])
        ),
        columns={
            name: [
                known.setdefault(value, value) if isinstance(value, str) else value
                for index in chunks
                for value in index.columns[name]
            ]
            for name in preparation.kept
        },
    )


def _read_signatures(folder: Path, n: int) -> Signatures:
    values = _read_values(folder / SIGNATURES)
    return values.reshape(n, -1) if len(values) else np.zeros((n, 0), np.uint32)


def _read_values(path: Path) -> npt.NDArray[np.uint32]:
    values = np.fromfile(path, dtype=np.uint32)
    path.unlink()
    return values


def _write_table(path: Path, articles: Sequence[Article]) -> dict[str, set[str]]:
    import pyarrow as pa

    columns: dict[str, Any] = {"text": pa.array([a.text for a in articles], pa.string())}
    columns["where"] = pa.array([a.where.encode("utf-8", "backslashreplace") for a in articles], pa.string())
    for name in OPTIONAL:
        columns[name] = pa.array([getattr(a, name) for a in articles], pa.string())
    kinds = {}
    for name in dict.fromkeys(name for article in articles for name in article.extra):
        values = [article.extra.get(name) for article in articles]
        kinds[name] = {kind_of(value) for value in values if value is not None}
        columns[f"extra:{name}"] = pa.array(uniform(values, kinds[name]))
    table = pa.table(columns)
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    return kinds
