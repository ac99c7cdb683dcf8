"""The splits that a source gives: as separate files, in a column, or as the saved splits of a dataset."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from classifier.arrays import Ints
from classifier.articles.folding import name_key
from classifier.articles.readers.table import read_rows
from classifier.articles.split_names import SPLITS, split_name
from classifier.articles.whole_numbers import is_number
from classifier.config import SplitConfig
from classifier.dataset.consistency import ConsistentCorpus
from classifier.dataset.corpus import OLD
from classifier.dataset.units import LEFT_OUT, OPEN
from classifier.errors import Fault, InputError, counted, names

logger = logging.getLogger(__name__)
EVALUATION = ("eval", "evaluation")


def split_method(parts: Sequence[str], split: SplitConfig) -> str:
    """The split method: the one that is set, else given, grouped or stratified, depending on source and settings."""
    if split.method:
        return split.method
    if split.folds is None and (split.file or "test" in parts):
        return "given"
    return "grouped" if split.groups else "stratified"


def given_splits(
    consistent: ConsistentCorpus, split: SplitConfig, rows: Ints, columns: Mapping[str, Sequence[str | None]]
) -> tuple[str, Ints]:
    """The split method, and the given split of each article (`OPEN` if none is given)."""
    parts = [consistent.corpus.index.parts[row] for row in rows]
    new = sorted(set(consistent.corpus.parts) - {OLD})
    method = split_method(new, split)
    codes = {name: index for index, name in enumerate(SPLITS)}
    if split.file:
        saved = dict(_read_splits(Path(split.file)))
        ids = [consistent.corpus.index.ids[row] for row in rows]
        unknown = sum(name not in saved for name in ids)
        if unknown:
            raise InputError(
                f"{counted(unknown, 'article is', 'articles are')} not in '{split.file}'.",
                fix="Use the splits that were saved for these articles.",
            )
        if all(name == str(row + 1) for row, name in zip(rows.tolist(), ids, strict=True)):
            logger.warning(
                "the ids are the numbers of the rows, by which '%s' names the splits: they are the same splits only if "
                "the rows are in the order that they had then. A column id says for sure",
                split.file,
            )
        return method, _named(consistent, rows, [saved[name] for name in ids], train_open=False)
    if new == ["all"] and any(columns["split"]):
        if split.method in (None, "given") and split.folds is None:
            logger.info("the splits are those that the rows name; to ignore them, set split.method, such as stratified")
            return "given", _named(consistent, rows, columns["split"], train_open=True, has_test=OLD in parts)
        logger.info("the splits that the rows name are ignored, since the settings ask for new ones")
    if split.folds is not None and new != ["all"]:
        raise InputError("split.folds needs one source; here train and test are given.", fix="Give data.path alone.")
    if method == "crossed" and new != ["all"]:
        raise InputError(
            'split.method = "crossed" needs one source; here train and test are given.', fix="Give data.path alone."
        )
    if method == "given" and not {"test", OLD} & set(parts):
        raise InputError(
            'split.method = "given" needs given splits, test among them.',
            fix="Set data.train and data.test, or split.file, or add a column named split.",
        )
    return method, np.array([codes[part] if part in ("validation", "test") else OPEN for part in parts], dtype=np.int64)


def _named(
    consistent: ConsistentCorpus,
    rows: Ints,
    split_names: Sequence[object],
    *,
    train_open: bool,
    has_test: bool = False,
) -> Ints:
    """Codes of splits by name.

    Args:
        consistent: the corpus.
        rows: its articles.
        split_names: of each.
        train_open: whether training articles are open, so that validation can be split off.
        has_test: whether a dataset that is extended has a test; new ones without one are then as they are named.
    """
    known = _known_splits(split_names)
    unknown = [(row, name) for row, name in zip(rows, known, strict=True) if name is not None and name not in SPLITS]
    if unknown:
        where = consistent.corpus.places(int(row) for row, _ in unknown)
        faults = [
            Fault(where[int(row)], f"split must be one of {names(SPLITS)}. Got '{name}' instead", "unknown split")
            for row, name in unknown
        ]
        if all(is_number(name) for _, name in unknown):
            raise InputError(
                "The column of the splits holds numbers, not names of splits.",
                faults=faults,
                fix="If they are folds: --set split.folds=N makes new ones, and --set split.method=grouped "
                "--set split.group_by=split keeps each in one split. To ignore them: --set split.method=stratified",
            )
        raise InputError(
            "Some split names are unknown.",
            faults=faults,
            fix="Mend them, or ignore the column: --set split.method=stratified",
        )
    if "test" not in known and not has_test:
        raise InputError(
            "No article has the split test.",
            fix='Give some articles the split test, or set split.method = "stratified" to ignore the given splits.',
        )
    codes = {None: LEFT_OUT, "train": OPEN if train_open and "test" in known else 0, "validation": 1, "test": 2}
    return np.array([codes[name] for name in known], dtype=np.int64)


def _known_splits(split_names: Sequence[object]) -> list[str | None]:
    """The splits that the names mean. "eval" is the test where no other name is: some corpora call it that."""
    found = {name: split_name(str(name)) for name in dict.fromkeys(split_names) if name not in (None, "")}
    if "test" not in found.values():
        found = {name: "test" if name_key(str(name)) in EVALUATION else split for name, split in found.items()}
    return [found.get(name) for name in split_names]


def _read_splits(path: Path) -> Iterator[tuple[str, str | None]]:
    for row in read_rows(path):
        if isinstance(row, Fault) or not {"id", "split"} <= row.values.keys():
            raise InputError(
                f"'{path}' needs the columns 'id' and 'split'.", fix="Give the splits.parquet of a dataset."
            )
        yield str(row.values["id"]), row.values["split"]
