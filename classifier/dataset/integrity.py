"""Whether a dataset folder is what was written: its files by their checksums, and its parts against ``dataset.json``.

Checksums are compared whenever a dataset is opened: the sizes of all files, and, once per process, their content. That
reads a gigabyte in about a second. Folders of older versions have none; their parts are compared nevertheless.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from classifier.arrays import Ints
from classifier.articles.split_names import SPLITS
from classifier.checksums import CHECKSUMS, check_checksums, read_checksums
from classifier.dataset.info import Counts, DatasetInfo
from classifier.dataset.parts import BUILD_AGAIN, SPLITS_FILE, load_part, read_splits, readable
from classifier.dataset.rejects import REJECTED
from classifier.errors import Fault, InputError, names

NEVER_TESTED = 0  # the fold of an article that trains in some folds and is tested in none, as the earliest by date
ALL = "articles"  # holds the articles of a dataset with folds
FOR_PEOPLE = {"README.md", "report.html", REJECTED, "disputed.jsonl"}  # they may be edited or removed

Signature = tuple[tuple[str, int, int], ...]
_whole: dict[Path, Signature] = {}  # what was checked by this process


def check_dataset(path: Path, info: DatasetInfo) -> None:
    """Check the files of a dataset folder: whole, and in accord with one another.

    Args:
        path: the folder.
        info: what its ``dataset.json`` holds.

    Raises:
        InputError: files were changed, are missing or contradict ``dataset.json``; all faults are listed.
    """
    place = path.resolve()
    signature = _signature(place)
    if signature and _whole.get(place) == signature:
        return
    hashed = check_checksums(path, fix=BUILD_AGAIN)
    faults = list(_faults(path, info, validate=not hashed))
    if faults:
        raise InputError(
            f"The dataset '{path}' contradicts itself: its files do not belong together.",
            faults=faults,
            fix=BUILD_AGAIN,
        )
    _whole[place] = signature


def _signature(path: Path) -> Signature:
    """The names, sizes and times of all files that are checked; empty where one cannot be seen."""
    try:
        if (path / CHECKSUMS).exists():
            named = {path / CHECKSUMS, *(path / name for name in read_checksums(path).files)}
        else:
            named = {file for file in path.rglob("*") if file.is_file()}
        found = [(str(file), file.stat()) for file in sorted(named)]
    except (OSError, InputError):
        return ()
    return tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in found)


def _faults(path: Path, info: DatasetInfo, *, validate: bool) -> Iterator[Fault]:
    """What does not fit; the articles' values are looked at one by one where ``validate`` says so."""
    present = {name for name in (*SPLITS, ALL) if (path / name).is_dir()}
    wanted = {ALL} if info.folds is not None else set(info.counts)
    for name in sorted(wanted - present):
        yield Fault(str(path / name), "the folder is missing", "a folder is missing")
    for name in sorted(present - wanted):
        yield Fault(str(path / name), f"dataset.json knows no {name}: it has {names(sorted(wanted))}", "unknown folder")
    if wanted != present:
        return
    assigned = read_splits(path)
    problem = _splits_problem(assigned, info)
    if problem:
        yield Fault(str(path / SPLITS_FILE), problem)
        return
    for name in wanted:
        part = load_part(path / name)
        with readable(path / name):
            if validate:
                part.data.table.validate(full=True)
            yield from _part_faults(path, name, part, assigned, info)


def _splits_problem(assigned: Any, info: DatasetInfo) -> str:
    """What is wrong with the columns and values of ``splits.parquet``, if anything is."""
    import pyarrow as pa
    import pyarrow.compute as pc

    folds = [f"fold_{k}" for k in range(1, (info.folds or 0) + 1)]
    named = folds or ["split"]
    types = {"id": pa.string(), **({"fold": pa.int64()} if folds else {}), **dict.fromkeys(named, pa.string())}
    types["unit"] = pa.int64()
    found = {field.name: field.type for field in assigned.schema}
    if "cluster" in found:
        types["cluster"] = pa.int64()
    if found != types:
        return f"its columns are {_typed(found)}, and should be {_typed(types)}"
    unknown = {str(value) for name in named for value in pc.unique(assigned[name]).to_pylist() if value is not None}
    unknown -= set(SPLITS)
    if unknown:
        return f"it names splits that there are not: {names(sorted(unknown))}"
    placed = assigned.filter(assigned[named[0]].is_valid())
    if any(placed[name].null_count for name in ("id", "unit", *({"cluster"} & set(found)))):
        return "an article of a split has no id or no unit"
    if pc.count_distinct(placed["id"]).as_py() != len(placed):
        return "an id is there twice"
    for k, name in enumerate(folds, start=1):
        tested = pc.fill_null(pc.equal(assigned[name], "test"), False)
        if not pc.fill_null(pc.equal(assigned["fold"], k), False).equals(tested):
            return f"its columns 'fold' and '{name}' do not say the same"
    return ""


def _typed(columns: dict[str, Any]) -> str:
    return ", ".join(f"{name} ({kind})" for name, kind in columns.items())


def _part_faults(path: Path, name: str, part: Any, assigned: Any, info: DatasetInfo) -> Iterator[Fault]:
    """What is wrong with the articles of a part."""
    where = str(path / name)
    problem = _columns_problem(part, info)
    if problem:
        yield Fault(where, problem)
        return
    column = "fold" if info.folds is not None else "split"
    rows = assigned.filter(assigned[column].is_valid() if info.folds is not None else _is(assigned, name))
    table = part.data.table
    if not table["id"].combine_chunks().equals(rows["id"].combine_chunks()):
        what = f"its {len(table):,} articles are not the {len(rows):,} that {SPLITS_FILE} names"
        yield Fault(where, what, "other articles")
        return
    labels, owners = _label_ids(table, info)
    outside = labels[(labels < 0) | (labels >= len(info.labels))]
    if len(outside):
        yield Fault(where, f"{len(outside):,} label ids are not from 0 to {len(info.labels) - 1}, such as {outside[0]}")
        return
    if info.folds is None:
        yield from _count_faults(path, name, len(table), labels, info)
        return
    folds = rows["fold"].to_numpy()
    for k in range(1, info.folds + 1):
        yield from _count_faults(path, f"fold {k}", int((folds == k).sum()), labels[folds[owners] == k], info)


def _is(assigned: Any, split: str) -> Any:
    import pyarrow.compute as pc

    return pc.fill_null(pc.equal(assigned["split"], split), False)


def _columns_problem(part: Any, info: DatasetInfo) -> str:
    """What is wrong with the columns of a part, if anything is."""
    label = "labels" if info.multi_label else "label"
    found = set(part.column_names)
    missing = [name for name in ("id", "text", label, *(["target"] if info.pair else [])) if name not in found]
    if missing:
        return f"it has no column {names(missing)}"
    if ("labels" if label == "label" else "label") in found or ("target" in found) != info.pair:
        return "its columns do not go with multi_label and pair in dataset.json"
    feature = part.features[label]
    known = getattr(getattr(feature, "feature", feature), "names", None)
    if known != list(info.labels):
        return f"its labels are {names(known or ())}, and those of dataset.json {names(info.labels)}"
    empty = [name for name in ("id", "text", label) if part.data.table[name].null_count]
    return f"values are missing in {names(empty)}" if empty else ""


def _label_ids(table: Any, info: DatasetInfo) -> tuple[Ints, Ints]:
    """All label ids one after another (-1 where one is missing), and the row of each."""
    import pyarrow.compute as pc

    if not info.multi_label:
        return table["label"].to_numpy(), np.arange(len(table))
    column = table["labels"].combine_chunks()
    lengths = pc.list_value_length(column).to_numpy(zero_copy_only=False)
    flat = pc.fill_null(pc.list_flatten(column), -1).to_numpy(zero_copy_only=False)
    return flat, np.repeat(np.arange(len(table)), lengths)


def _count_faults(path: Path, group: str, articles: int, labels: Ints, info: DatasetInfo) -> Iterator[Fault]:
    """Where the articles of a split (or of a fold's test part) are not as many as ``dataset.json`` says."""
    said = info.counts.get(group, Counts(0, {}))
    where = str(path / "dataset.json")
    if said.articles != articles:
        yield Fault(where, f"{group} has {articles:,} articles, not {said.articles:,}", "counts")
    found = dict(zip(info.labels, np.bincount(labels, minlength=len(info.labels)).tolist(), strict=True))
    for name in {**found, **said.labels}:
        if found.get(name, 0) != said.labels.get(name, 0):
            what = f"{group} has {found.get(name, 0):,} articles of '{name}', not {said.labels.get(name, 0):,}"
            yield Fault(where, what, "counts")
