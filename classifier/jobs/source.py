"""What a user names as the source of a job: a config, a dataset folder, a file, a folder of texts, the Hub."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from os import PathLike
from pathlib import Path
from typing import Any, overload

from classifier.articles.article import Article
from classifier.articles.readers.below import holds_labelled_texts, tables_below
from classifier.articles.split_names import SPLITS, split_name
from classifier.config import Config
from classifier.config_file import NO_SETTINGS, Settings, load_config, make_config, setting_text
from classifier.dataset.builders import builder_settings
from classifier.dataset.disjoint import check_disjoint
from classifier.dataset.folder import NEEDED, DatasetFolder, is_dataset, open_dataset, run_dataset
from classifier.errors import InputError, names, shell_word
from classifier.jobs.in_memory import Frame, lend
from classifier.models.trained import CONFIG_FILE, DATASET_FILE, NOUNS, is_trained, open_trained
from classifier.remote import is_remote, local_path

logger = logging.getLogger(__name__)

READING = ("data.columns.", "data.encoding", "data.sheet")  # settings for reading predictions
READING_ARTICLES = (*READING, "data.missing")
DATE_FORMAT = "data.date_format"
READING_LABELLED = (*READING_ARTICLES, "data.label_separator", DATE_FORMAT)
SPLIT_COLUMN = "data.columns.split"
WITHOUT_LABELS = ("data.columns.labels", SPLIT_COLUMN)  # of no use where articles are to be labelled
CORPORA = {"fnc1": "train_stances.csv", "semeval2023": "*/train-labels-subtask-1.txt"}  # builder -> a file it reads
Source = str | Path | Config | DatasetFolder | Frame | Iterable[Article] | Iterable[Mapping[str, Any]]


@overload
def as_named_source(source: Source, argument: str = "") -> AbstractContextManager[str]: ...


@overload
def as_named_source(source: Source | None, argument: str = "") -> AbstractContextManager[str | None]: ...


def as_named_source(source: Source | None, argument: str = "") -> AbstractContextManager[str | None]:
    """The source of a job under a name that `resolve_source` reads, as long as the context lasts.

    Args:
        source: a path is its own name, and so is that of a dataset folder; None (for a job that goes on) stays None.
            What a program has in memory is lent in a temporary file, as `classifier.jobs.in_memory.lend` says.
        argument: how messages call it, where a job takes several sources.

    Raises:
        InputError: it is nothing that can be a source.

    Example:
        >>> with as_named_source(Path("articles.csv")) as name:
        ...     name
        'articles.csv'
    """
    return _named(source, argument)


@contextmanager
def _named(source: Source | None, argument: str) -> Iterator[str | None]:
    if source is None:
        yield None
    elif isinstance(source, (str, PathLike)):
        yield os.fspath(source)
    elif isinstance(source, DatasetFolder):
        yield str(source.path)
    else:
        with lend(source, argument) as name:
            yield name


def resolve_source(source: str, settings: Settings = NO_SETTINGS) -> tuple[Config, DatasetFolder | None]:
    """Settings for a CONFIG (.toml), a DATASET folder, or a SOURCE (file, folder of texts, ``hub:owner/name``).

    Args:
        source: one of these.
        settings: dotted names -> values, which win over those of the source.

    Returns:
        The settings, and the dataset where it is built already.

    Raises:
        InputError: there is nothing at that path, or a setting is wrong.
    """
    path = Path(source)
    if path.suffix != ".toml":
        named = [name for name in settings if name in ("data.path", "data.train", "data.validation", "data.test")]
        _refuse(settings, named, f"does not go with the source '{source}'", "Name one, or each in a .toml file.")
    if source.startswith("hub:"):
        hub = {"builder": "hub", "path": source.removeprefix("hub:")}
        return make_config({"data": hub}, settings, check=builder_settings), None
    if path.suffix == ".toml":
        return load_config(path, settings, check=builder_settings), None
    if is_dataset(path):
        dataset = open_dataset(path.resolve())
        check_disjoint(dataset)
        built = [name for name in settings if name.startswith(("data.", "split.")) and name != "data.unlabelled"]
        _refuse(settings, built, "cannot change a dataset that is built already", "Build it again with that.")
        if "distil" in dataset.info.settings and not {"distil.teacher", "data.unlabelled"} & settings.keys():
            logger.warning(
                "'%s' was built with a teacher or unlabelled articles, whose paths a dataset does not keep, and none "
                "is given now: --set distil.teacher=RUN, --set data.unlabelled=FILE",
                path,
            )
        return make_config(dataset.info.settings, settings), dataset
    refuse_trained(path, "a source of articles")
    data = {"path": str(path)}
    if "data.builder" not in settings:
        builder = _builder(path)
        data = {"builder": builder, **_parts(path, builder)}
    return make_config({"data": data}, settings, check=builder_settings), None


def refuse_trained(path: Path, wanted: str) -> None:
    """Raise `InputError` if a folder is something trained; the message names its dataset where that is known.

    Args:
        path: a file or a folder.
        wanted: what the job takes instead, such as ``a dataset``.
    """
    if not is_trained(path):
        return
    trained = open_trained(path, whole=False)
    runs = [run.path for run in trained.runs] or [path.parent]  # the model of a run lies in its folder
    try:
        dataset = run_dataset(runs[0]).path
    except InputError:
        fix = "Give the dataset that it was trained on."
    else:
        fix = f"Its dataset: {shell_word(dataset.resolve() if '..' in dataset.parts else dataset)}"
    raise InputError(f"'{path}' is {NOUNS[trained.kind]}, not {wanted}.", fix=fix)


def refuse_written(inputs: Iterable[str]) -> None:
    """Raise `InputError` if new articles are looked for in a folder that classifier wrote: its pages are no articles.

    A folder of articles may have a ``config.toml`` or a ``dataset.json`` of its own.

    Args:
        inputs: names of files, folders and patterns.
    """
    for path, name in ((local_path(name), name) for name in inputs if not is_remote(name)):
        if all((path / needed).exists() for needed in NEEDED):
            raise InputError(
                f"'{name}' is a dataset, not a file or a folder of new articles.",
                fix=f"Its articles in a file: classifier export {shell_word(path)} --to jsonl --out articles.jsonl",
            )
        settings, facts = ((path / needed).exists() for needed in (CONFIG_FILE, DATASET_FILE))
        if (facts or not settings) and is_trained(path):
            kind = NOUNS[open_trained(path, whole=False).kind]
            raise InputError(
                f"'{name}' is {kind}, not a file or a folder of new articles.",
                fix="Name the file or the folder of the articles.",
            )


Inputs = str | Path | Sequence[str | Path] | Frame | Iterable[Article] | Iterable[Mapping[str, Any]]


@contextmanager
def input_files(given: Inputs, argument: str) -> Iterator[list[str]]:
    """The names of the files that hold what is to be labelled, as long as the context lasts.

    Args:
        given: a path, or several; or articles in memory, which are lent as `classifier.jobs.in_memory.lend` says.
        argument: what a message calls it.

    Raises:
        InputError: it is neither.

    Example:
        >>> with input_files("a.csv", "inputs") as one, input_files([Path("a.csv"), "-"], "inputs") as several:
        ...     one, several
        (['a.csv'], ['a.csv', '-'])
    """
    if isinstance(given, (str, PathLike)):
        yield [os.fspath(given)]
        return
    table = hasattr(given, "columns") or hasattr(given, "column_names")
    if isinstance(given, Mapping) or not (table or isinstance(given, Iterable)):
        raise InputError(
            f"{argument} must be one path or several, or articles in memory. Got a {type(given).__name__} instead.",
            fix="Give the path of a file, a DataFrame, or a list of mappings with a text.",
        )
    items: Any = given
    listed = items if table else list(items)
    if not table and all(isinstance(name, (str, PathLike)) for name in listed):
        yield [os.fspath(name) for name in listed]
        return
    with lend(listed) as name:
        yield [name]


def column_names(given: str | Sequence[str]) -> list[str]:
    """Names of columns: a list as it is, a str by its commas.

    Example:
        >>> column_names("source, month"), column_names(["a, b"])
        (['source', 'month'], ['a, b'])
    """
    if not isinstance(given, str):
        return list(given)
    return [name for part in given.split(",") if (name := part.strip())]


def check_fold(config: Config, dataset: DatasetFolder | None, fold: int | None) -> None:
    """Raise `InputError` unless there is such a fold, or there are no folds and none is asked for."""
    if dataset is not None:
        dataset.in_fold(fold)
    elif config.split.folds is None and fold is not None:
        raise InputError("--fold needs folds.", fix="Add --set split.folds=10")
    elif config.split.folds is not None and fold is None:
        raise InputError(f"The settings ask for {config.split.folds} folds.", fix="Add --fold K, or --all-folds.")
    elif fold is not None and not 1 <= fold <= (config.split.folds or 0):
        raise InputError(f"There is no fold {fold}: there are 1 to {config.split.folds}.", fix="Choose one of these.")


def _refuse(settings: Settings, names: Sequence[str], why: str, fix: str) -> None:
    """Raise `InputError` for the first of the settings that could have no effect here, if there is any."""
    if names:
        raise InputError(f"--set {setting_text(names[0], settings[names[0]])} {why}.", fix=fix)


def _builder(path: Path) -> str:
    """The builder for a file or folder: of a known corpus, what `datasets` saved, a folder of texts, or a table."""
    known = next((name for name, pattern in CORPORA.items() if path.is_dir() and any(path.glob(pattern))), None)
    if known is not None:
        logger.info("'%s' has the files of a known corpus: it is read with data.builder = \"%s\"", path, known)
        return known
    if (path / "dataset_dict.json").exists() or (path / "state.json").exists():
        return "disk"
    return "folder" if holds_labelled_texts(path) else "table"


def _parts(path: Path, builder: str) -> dict[str, str]:
    """The parts of a folder that has train/ and test/ or validation/ (or other names of these), with labels below."""
    if path.is_dir() and builder == "table":
        return _table_parts(path)
    if builder != "folder" or not path.is_dir():
        return {"path": str(path)}
    folders = [entry for entry in sorted(path.iterdir()) if entry.is_dir() and not entry.name.startswith(".")]
    parts = {split: entry for entry in folders if (split := split_name(entry.name)) in SPLITS}
    twice = len(parts) < sum(split_name(entry.name) in SPLITS for entry in folders)
    if twice or "train" not in parts or len(parts) < 2 or not any(entry.is_dir() for entry in parts["train"].iterdir()):
        return {"path": str(path)}
    logger.info("the folders %s of '%s' are the splits", names(sorted(part.name for part in parts.values())), path)
    return {name: str(parts[name]) for name in SPLITS if name in parts}


def _table_parts(folder: Path) -> dict[str, str]:
    """The parts of a folder of tables that are called train, test and perhaps validation; else the whole folder."""
    tables = tables_below(folder)
    parts = {split_name(file.name.split(".")[0]): file for file in tables}
    if not (len(parts) == len(tables) and {"train"} < set(parts) <= set(SPLITS)):
        return {"path": str(folder)}
    logger.info("the tables %s of '%s' are the splits", names(sorted(file.name for file in tables)), folder)
    return {name: str(parts[name]) for name in SPLITS if name in parts}


def check_outside(out: Path, dataset: DatasetFolder | None) -> None:
    """Raise `InputError` if an output folder lies in the dataset that it is made from."""
    if dataset is not None and dataset.path.resolve() in (out.resolve(), *out.resolve().parents):
        raise InputError(f"--out '{out}' lies in the dataset itself.", fix="Choose a folder beside it.")
