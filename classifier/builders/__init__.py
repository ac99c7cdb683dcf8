"""From labelled articles on disk to the splits of a dataset; one file per corpus layout."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from classifier.articles import Article
from classifier.builders import fnc1, folder, hub, semeval2023, table
from classifier.config import DataConfig, SplitConfig
from classifier.duplicates import settle_conflicts
from classifier.errors import Fault, InputError, names
from classifier.labels import LabelSet, find_labels, merge_spellings
from classifier.readers import READABLE, read_rows
from classifier.splits import SPLIT_ALIASES, SPLITS, Assignment, assign_splits, check_disjoint, given_splits

logger = logging.getLogger(__name__)


def read_parts(data: DataConfig) -> dict[str, list[Article]]:
    """Read the articles with the builder that the settings name.

    Returns:
        ``{"all": articles}``, or the parts that are given: ``train`` and any of ``validation`` and ``test``.

    Raises:
        InputError: no source is named, or the source or some of its rows cannot be used.
    """
    files = source_files(data)
    if data.builder == "hub":
        parts = hub.read(
            data.path or "", data.columns.model_dump(), subset=data.subset, pair=data.pair,
            multi_label=data.task == "multi_label", label_separator=data.label_separator,
        )  # fmt: skip
    elif data.builder == "fnc1":
        parts = fnc1.read(files["all"], pair=data.pair)
    elif data.builder == "semeval2023":
        parts = semeval2023.read(files["all"], data.languages, data.test_languages)
    elif data.builder == "folder":
        parts = folder.read(files, encoding=data.encoding)
    else:
        parts = table.read(
            files, data.columns.model_dump(), pair=data.pair, multi_label=data.task == "multi_label",
            label_separator=data.label_separator, encoding=data.encoding,
        )  # fmt: skip
    return _distinct_ids(parts)


def source_files(data: DataConfig) -> dict[str, Path]:
    """The files or folders that the settings name, by part.

    Raises:
        InputError: none is named.
    """
    named = {"all": data.path, "train": data.train, "validation": data.validation, "test": data.test}
    files = {part: Path(name) for part, name in named.items() if name is not None}
    if not files:
        raise InputError("The settings name no articles.", fix=f"Set data.path (or data.train) to {READABLE}.")
    return files


def prepare(
    parts: Mapping[str, list[Article]], data: DataConfig, split: SplitConfig
) -> tuple[list[Article], LabelSet, Assignment]:
    """Check labels and conflicts, then assign every article to a split.

    Returns:
        All articles, their labels, and the assignment.

    Raises:
        InputError: labels cannot be used, texts have conflicting labels, or the split cannot be made.
    """
    part_of = {article.id: part for part, articles in parts.items() for article in articles}
    articles = [article for group in parts.values() for article in group]
    if data.merge_labels:
        articles = merge_spellings(articles)
    labels = find_labels(articles, multi_label=data.task == "multi_label")
    articles, conflicts = settle_conflicts(articles, data.conflicts)
    if conflicts:
        done = "left out" if data.conflicts == "drop" else "kept"
        logger.warning("%s articles have a text that occurs with different labels; %s", f"{conflicts:,}", done)
    kept = {part: [a for a in articles if part_of[a.id] == part] for part in parts}
    assignment = _assign(_saved_parts(kept, split), split)
    for note in assignment.notes:
        logger.warning("split: %s", note)
    chosen = {name: assignment.select(articles, name) for name in SPLITS}
    check_disjoint(chosen)
    untrained = sorted(
        {name for a in articles for name in a.labels} - {name for a in chosen["train"] for name in a.labels}
    )
    if untrained:
        logger.warning("no training article has the label %s: the model cannot learn it", names(untrained))
    return articles, labels, assignment


def split_method(parts: Mapping[str, Sequence[Article]], split: SplitConfig) -> str:
    """The method in force: the one that is set, else given, grouped or stratified as the source suggests."""
    if split.method:
        return split.method
    if split.file or "test" in parts:
        return "given"
    return "grouped" if split.group_by else "stratified"


def _assign(parts: Mapping[str, list[Article]], split: SplitConfig) -> Assignment:
    """Keep the parts that are given; cut those that are missing from train (or from all)."""
    method = split_method(parts, split)
    source = parts.get("all") or parts.get("train", [])
    cuts = {
        "test": 0.0 if "test" in parts else split.test_size,
        "validation": 0.0 if "validation" in parts else split.validation_size,
    }
    if method == "given":
        cuts["test"] = 0.0
        method = "grouped" if split.group_by else "stratified"
        if "test" not in parts:
            raise InputError(
                'split.method = "given" needs given splits, test among them.',
                fix="Set data.train and data.test, or split.file, or add a column named split.",
            )
    given = {name: articles for name, articles in parts.items() if name in ("validation", "test")}
    official = given_splits({"train": source, **given}, split.group_by)
    source = [article for article in source if article.id in official.split]
    if not source:
        raise InputError("No article is left to train on: the texts of all stand in validation or test too.")
    if not any(cuts.values()):
        return official
    cut = assign_splits(
        source, method=method, group_by=split.group_by, test_size=cuts["test"],
        validation_size=cuts["validation"], seed=split.seed,
    )  # fmt: skip
    kept = {key: name for key, name in official.split.items() if name != "train"}
    offset = max(cut.unit.values()) + 1
    unit = {key: offset + number for key, number in official.unit.items()} | dict(cut.unit)
    return Assignment({**kept, **cut.split}, unit, (*official.notes, *cut.notes))


def _saved_parts(parts: dict[str, list[Article]], split: SplitConfig) -> dict[str, list[Article]]:
    """The articles by the splits of ``split.file`` or of a ``split`` column, where one of them is asked for."""
    articles = [article for group in parts.values() for article in group]
    if split.file:
        saved = dict(_read_splits(Path(split.file)))
        unknown = sum(article.id not in saved for article in articles)
        if unknown:
            raise InputError(
                f"{unknown:,} article(s) are not in '{split.file}'.",
                fix="Use the splits that were saved for these articles.",
            )
        return _by_name(articles, [saved[article.id] for article in articles])
    if set(parts) == {"all"} and split.method in (None, "given") and any("split" in a.extra for a in articles):
        logger.info("the splits are those of the column 'split'; another split.method than given ignores it")
        return _by_name(articles, [a.extra.get("split") for a in articles])
    return parts


def _read_splits(path: Path) -> Iterator[tuple[str, str | None]]:
    for row in read_rows(path):
        if isinstance(row, Fault) or not {"id", "split"} <= row.values.keys():
            raise InputError(
                f"'{path}' needs the columns 'id' and 'split'.", fix="Give the splits.parquet of a dataset."
            )
        yield str(row.values["id"]), row.values["split"]


def _by_name(articles: Sequence[Article], split_names: Sequence[object]) -> dict[str, list[Article]]:
    lower = [str(name).strip().lower() if name else None for name in split_names]
    known = [SPLIT_ALIASES.get(name, name) if name else None for name in lower]
    faults = [
        Fault(a.where, f"split must be one of {names(SPLITS)}. Got '{name}' instead", "unknown split")
        for a, name in zip(articles, known, strict=True)
        if name is not None and name not in SPLITS
    ]
    if faults:
        raise InputError("Some split names are unknown.", faults=faults, fix="Mend them.")
    parts = {s: [a for a, name in zip(articles, known, strict=True) if name == s] for s in SPLITS}
    return {name: group for name, group in parts.items() if group}


def _distinct_ids(parts: dict[str, list[Article]]) -> dict[str, list[Article]]:
    """Put the part's name before the ids where files that are given apart number their articles alike.

    An article that really stands in two parts is found by its text.
    """
    total = sum(len(articles) for articles in parts.values())
    if len({article.id for articles in parts.values() for article in articles}) == total:
        return parts
    logger.info("some ids stand in several parts: the part's name was put before each id, as in train/17")
    return {part: [replace(a, id=f"{part}/{a.id}") for a in articles] for part, articles in parts.items()}
