"""Applies corrected labels while a dataset is built, from a table such as ``audit.csv`` or Label Studio's export.

A table has the columns ``id`` and ``corrected``: a label (several separated by ``;``, or a JSON list), ``drop`` to
leave the article out, or nothing if the label is right. In a multi-label corpus ``none`` takes all labels away.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from classifier.arrays import Bools
from classifier.articles.article import Article
from classifier.articles.columns import meant_columns
from classifier.articles.folding import name_key
from classifier.articles.label_cells import divided, is_empty, json_cell
from classifier.articles.labels import count_labels, other_spellings, renamed, say_renamed
from classifier.articles.missing import missing_words
from classifier.articles.readers.kinds import COMPRESSIONS
from classifier.articles.readers.row import Row
from classifier.articles.readers.table import read_rows
from classifier.articles.whole_numbers import whole, without_zeros, zeros_hint
from classifier.dataset.builders import label_studio
from classifier.dataset.corpus import Corpus
from classifier.errors import Fault, InputError, counted, did_you_mean, names

logger = logging.getLogger(__name__)
DROP, NONE = "drop", "none"  # unless labels are called that
SEPARATOR = ";"
GIVEN = "given_label"  # the column with the label that the article had when the corrections were written
CORRECTED = "corrected"
COLUMNS = ("id", CORRECTED, GIVEN)

Labels = tuple[str, ...]


@dataclass(frozen=True)
class Corrections:
    """What a file of corrections did to a dataset; part of ``dataset.json``.

    Attributes:
        file, sha256: name and hash of the file.
        relabelled: articles that got other labels.
        dropped: articles that were left out.
        confirmed: articles whose labels were right already.
    """

    file: str
    sha256: str
    relabelled: int
    dropped: int
    confirmed: int


@dataclass(frozen=True, slots=True)
class CorrectedRow:
    """One filled row: id, value of ``corrected`` (a tuple if the tool gave a list), and the label before."""

    where: str
    id: str
    value: str | Labels
    given: str | None


def correct(
    corpus: Corpus, path: Path, *, multi_label: bool, new_labels: Sequence[str] = (), encoding: str = "utf-8"
) -> tuple[Corpus, Bools, Corrections]:
    """Apply a file of corrections to a corpus.

    Args:
        corpus: the articles, with the ids that the dataset will have.
        path: a table or Label Studio's JSON export (``.json``).
        multi_label: whether an article may have none or several labels.
        new_labels: labels that no article has yet and that corrections may bring.
        encoding: of a table.

    Returns:
        The corpus with the corrected labels, which articles stay (shape (n,)), and counts of the corrections.

    Raises:
        InputError: the file cannot be read, or some rows cannot be used (all are listed): an unknown id or label, an
            id with two different corrections, or an article whose label has changed since they were written.
    """
    faults: list[Fault] = []
    known = dict.fromkeys([*count_labels(corpus.index.labels), *new_labels])
    rows = _by_known_ids(_good(_read(path, multi_label, encoding), faults), frozenset(corpus.index.ids))
    rows = _filled(rows, known, path)
    if not rows and not faults:
        raise InputError(f"'{path}' corrects nothing.", fix=f"Fill its column '{CORRECTED}' in the rows to be changed.")
    wanted = _labels_by_id(_read_labels(path, rows, known, multi_label), known, faults, multi_label)
    unused = sorted(set(new_labels) - {name for labels, _ in wanted.values() for name in labels or ()})
    faults += [Fault("data.new_labels", f"no correction uses the label '{name}'", "unused label") for name in unused]
    faults += _misfits(corpus, wanted, multi_label)
    if faults:
        raise InputError(
            f"'{path}' has {counted(len(faults), 'correction')} that cannot be used.",
            faults=faults,
            fix="Mend these rows, or empty their cells. To allow a new label: --set data.new_labels=NAME",
        )
    return _applied(corpus, path, wanted)


def to_cell(labels: Sequence[str], *, multi_label: bool) -> str:
    """Labels as a cell of such a table, which `correct` reads.

    Example:
        >>> to_cell(["a", "b"], multi_label=True), to_cell(["a;b"], multi_label=True), to_cell([], multi_label=True)
        ('a;b', '["a;b"]', 'none')
    """
    if not multi_label:
        return labels[0] if labels else ""
    if any(SEPARATOR in name or name in (DROP, NONE) or name[:1] == "[" or name != name.strip() for name in labels):
        return json.dumps(list(labels), ensure_ascii=False)
    return SEPARATOR.join(labels) if labels else NONE


def from_cell(cell: str, known: Collection[str], *, multi_label: bool) -> Labels | None:
    """The labels in a cell; None for an article that is to be left out.

    Example:
        >>> from_cell("a; b", ("a", "b"), multi_label=True), from_cell("drop", ("a", "b"), multi_label=False)
        (('a', 'b'), None)
    """
    value = cell.strip()
    if name_key(value) == DROP and DROP not in map(name_key, known):
        return None
    if not multi_label:
        return (next((name for name in known if name.strip() == value), value),)
    if value == NONE and NONE not in known:
        return ()
    if value.startswith("["):
        with suppress(ValueError):
            return tuple(dict.fromkeys(str(name) for name in json_cell(value)))
    return tuple(dict.fromkeys(divided(value, SEPARATOR)))


def _read(path: Path, multi_label: bool, encoding: str) -> Iterator[CorrectedRow | Fault]:
    """The filled rows of either kind of file."""
    suffixes = [suffix for suffix in path.suffixes if suffix.lower() not in COMPRESSIONS]
    if suffixes and suffixes[-1].lower() == ".json" and not _is_table(path, encoding):
        yield from map(_from_task, label_studio.read(path, multi_label=multi_label)["all"])
        return
    for row in read_rows(path, encoding):
        if isinstance(row, Fault):
            yield row
            continue
        meant = {name: found[0] for name in COLUMNS if (found := meant_columns(name, row.values))}
        missing = [name for name in ("id", CORRECTED) if name not in meant]
        if missing:
            raise InputError(
                f"'{path}' has no column {names(missing)}.", fix="Give an audit.csv, or Label Studio's export as .json."
            )
        if not is_empty(row.values[meant[CORRECTED]]):
            yield _from_row(replace(row, values={name: row.values[column] for name, column in meant.items()}))


def _is_table(path: Path, encoding: str) -> bool:
    """Whether a file of JSON holds rows of such a table, and no tasks of Label Studio."""
    first = next(iter(read_rows(path, encoding)), None)
    return isinstance(first, Row) and bool(meant_columns(CORRECTED, first.values))


def _from_row(row: Row) -> CorrectedRow | Fault:
    value, given = row.values[CORRECTED], row.values.get(GIVEN)
    if is_empty(row.values["id"]):
        return Fault(row.where, "has a correction and no id", "no id")
    corrected = _listed(value) if isinstance(value, (list, tuple)) else str(value)
    return CorrectedRow(row.where, str(row.values["id"]), corrected, None if is_empty(given) else str(given))


def _from_task(article: Article | Fault) -> CorrectedRow | Fault:
    if isinstance(article, Fault):
        return article
    given = article.extra.get(GIVEN)
    return CorrectedRow(article.where, article.id, _listed(article.labels), None if is_empty(given) else str(given))


def _listed(values: Sequence[object]) -> str | Labels:
    """The labels of a list, each once; ``drop`` if that is all it holds."""
    labels = tuple(dict.fromkeys(map(str, values)))
    return DROP if labels == (DROP,) else labels


def _by_known_ids(rows: Iterable[CorrectedRow], ids: Collection[str]) -> list[CorrectedRow]:
    """The rows; an id that no article has and that is a whole number written as a float, is the whole number."""
    return [row if row.id in ids or (name := whole(row.id)) not in ids else replace(row, id=name) for row in rows]


def _filled(rows: Sequence[CorrectedRow], known: Collection[str], path: Path) -> list[CorrectedRow]:
    """The rows but for those in which a program has filled the empty cell with a word such as ``nan``."""
    words = missing_words(None)
    empty = [row for row in rows if words.mean(row.value, label=True) and row.value not in known]
    if empty:
        logger.warning(
            "'%s': %s of '%s' with a word for a missing value, such as '%s' in %s; nothing is corrected there",
            path.name,
            counted(len(empty), "cell"),
            CORRECTED,
            empty[0].value,
            empty[0].where,
        )
    left = {id(row) for row in empty}
    return [row for row in rows if id(row) not in left]


def _good(items: Iterable[CorrectedRow | Fault], faults: list[Fault]) -> Iterator[CorrectedRow]:
    for item in items:
        if isinstance(item, Fault):
            faults.append(replace(item, record=None))
        else:
            yield item


def _read_labels(
    path: Path, rows: Sequence[CorrectedRow], known: Collection[str], multi_label: bool
) -> list[tuple[CorrectedRow, Labels | None]]:
    """Each row with its labels in the spelling of the articles; None for an article that is to be left out."""
    read = [
        from_cell(row.value, known, multi_label=multi_label) if isinstance(row.value, str) else row.value
        for row in rows
    ]
    given = [labels or () for labels in read]
    new_names = other_spellings(given, known)
    say_renamed(f"'{path.name}'", given, new_names, "as the articles spell them")
    new = renamed(given, new_names)
    return [(row, None if old is None else labels) for row, old, labels in zip(rows, read, new, strict=True)]


def _labels_by_id(
    rows: Iterable[tuple[CorrectedRow, Labels | None]], known: Collection[str], faults: list[Fault], multi_label: bool
) -> dict[str, tuple[Labels | None, CorrectedRow]]:
    """Id -> (labels, its first row), for the rows whose labels can be used; a fault for each of the others."""
    wanted: dict[str, tuple[Labels | None, CorrectedRow]] = {}
    for row, labels in rows:
        unknown = [name for name in labels or () if name not in known]
        if unknown:
            hint = did_you_mean(unknown[0], known)
            faults.append(Fault(row.where, f"no article has the label {names(unknown)}.{hint}", "unknown label"))
            continue
        if not (multi_label or labels is None or len(labels) == 1):
            what = f"has {len(labels):,} labels, and an article of this corpus has one"
            faults.append(Fault(row.where, what, "not one label"))
            continue
        before, first = wanted.setdefault(row.id, (labels, row))
        if _set(before) != _set(labels):
            what = f"the id '{row.id}' has another correction in {first.where}"
            faults.append(Fault(row.where, what, "two corrections of an id"))
    return wanted


def _misfits(
    corpus: Corpus, wanted: Mapping[str, tuple[Labels | None, CorrectedRow]], multi_label: bool
) -> Iterator[Fault]:
    """A fault for each id that no article has, or whose article had another label when it was corrected."""
    index = corpus.index
    current = {name: index.labels[row] for row, name in enumerate(index.ids) if name in wanted}
    lost = {} if len(current) == len(wanted) else {without_zeros(name): name for name in index.ids if name.isdecimal()}
    for name, (labels, row) in wanted.items():
        if name not in current:
            what = f"no article has the id '{name}'{zeros_hint(lost.get(without_zeros(name)))}"
            yield Fault(row.where, what, "unknown id")
        elif row.given is not None:
            given = from_cell(row.given, current[name], multi_label=multi_label) or ()
            if _set(current[name]) not in (_set(given), _set(labels)):
                now = to_cell(current[name], multi_label=multi_label)
                what = f"article '{name}' is labelled '{now}' now; it was '{row.given}' when this was written"
                yield Fault(row.where, what, "label has changed since")


def _set(labels: Labels | None) -> frozenset[str] | None:
    """Labels without order and spelling, since the corpus may still spell one label in several ways."""
    return None if labels is None else frozenset(whole(name_key(name)) for name in labels)


def _applied(
    corpus: Corpus, path: Path, wanted: Mapping[str, tuple[Labels | None, CorrectedRow]]
) -> tuple[Corpus, Bools, Corrections]:
    index = corpus.index
    labels, kept = list(index.labels), np.ones(len(corpus), dtype=bool)
    relabelled = 0
    for row, name in enumerate(index.ids):
        if name not in wanted:
            continue
        corrected = wanted[name][0]
        if corrected is None:
            kept[row] = False
        elif set(corrected) != set(labels[row]):
            labels[row], relabelled = corrected, relabelled + 1
    dropped = int((~kept).sum())
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    confirmed = sum(name in wanted for name in index.ids) - relabelled - dropped
    done = Corrections(path.name, sha256, relabelled, dropped, confirmed)
    logger.info("'%s': %s corrected, %s left out", path.name, counted(relabelled, "label"), counted(dropped, "article"))
    return replace(corpus, index=replace(index, labels=labels)), kept, done
