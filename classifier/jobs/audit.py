"""The verb audit: which labels of a dataset are probably wrong, judged by models that did not see the article."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from classifier.articles.article import Article
from classifier.bars import AUTOMATIC
from classifier.config import Config
from classifier.config_file import Settings, given_settings
from classifier.dataset.folder import DatasetFolder
from classifier.errors import InputError
from classifier.evaluation.labels.issues import check_cleanlab
from classifier.evaluation.labels.out_of_fold import OutOfFold, out_of_fold
from classifier.evaluation.labels.ranking import Audit, find_issues
from classifier.files import check_free, damaged, read_json_lines, whole_folder
from classifier.jobs.building.dataset import BuildOptions, build_dataset
from classifier.jobs.folds import POOLED
from classifier.jobs.frozen_encoder import embed_layers, frozen_settings
from classifier.jobs.source import Source, as_named_source, check_outside, resolve_source
from classifier.models.held_out import HeldOut
from classifier.models.layers import LayerVectors
from classifier.models.weights import check_presence
from classifier.one_writer import one_writer
from classifier.progress import Progress
from classifier.reports.audit_page import FILES, write_audit


def audit(
    source: Source,
    out: str | Path,
    *,
    predictions: str | Path | None = None,
    encoder: bool = True,
    settings: Settings | None = None,
    skip_bad: bool = False,
    overwrite: bool = False,
    progress: Progress = AUTOMATIC,
) -> Audit:
    """Look for wrong labels in labelled articles, and write what was found to a folder, whole or not at all.

    OUT/  audit.csv         every article, the most doubtful first, with an empty column ``corrected``
    label_studio.json       the doubtful ones as tasks, with the suggestion as a prediction
    audit.json, report.html the figures, and a page

    Args:
        source: a config, a dataset folder or articles, as in `classifier.jobs.source.resolve_source`. What is not a
            dataset is built into one that is not kept; equal texts with different labels are then no error.
        out: the folder to write.
        predictions: the folder of a cross-validation (``train --all-folds``), whose out-of-fold predictions are taken.
        encoder: False = TF-IDF alone, and no outliers: faster.
        settings: dotted names -> values, such as ``{"model.windows": 2}``.
        skip_bad: leave bad rows out when building.
        overwrite: replace an older audit there.
        progress: told of each step.

    Raises:
        InputError: the source, the predictions or the folder cannot be used, or cleanlab is missing.

    Example:
        >>> found = audit("mislabelled.csv", "audits/mine", encoder=False)
        >>> found.doubtful[0].article.id, found.doubtful[0].suggested
        ('a17', ('satire',))
    """
    check_cleanlab()
    path = Path(out)
    with one_writer(path), as_named_source(source) as named:
        config, ready = resolve_source(named, given_settings(settings))
        check_outside(path, ready)
        check_free(path, needed=set(FILES), allowed=set(), overwrite=overwrite)
        if encoder:
            with _or_without():
                check_presence(config.model.name)
        with whole_folder(path) as folder, _dataset(config, ready, skip_bad, progress) as dataset:
            found = _examine(dataset, config, predictions, encoder=encoder, progress=progress)
            with progress.task("writing the audit", None):
                write_audit(folder, found, name=path.name)
    return found


@contextmanager
def _dataset(
    config: Config, ready: DatasetFolder | None, skip_bad: bool, progress: Progress
) -> Iterator[DatasetFolder]:
    """The dataset, or one built for the audit alone; conflicts are then kept unless the settings name a policy."""
    if ready is not None:
        yield ready
        return
    if "conflicts" not in config.data.model_fields_set:
        data = config.data.model_copy(update={"conflicts": "keep"})
        config = config.model_copy(update={"data": data})
    with tempfile.TemporaryDirectory(prefix="classifier-") as temporary:
        place = Path(temporary) / "dataset"
        built = build_dataset(config, place, BuildOptions(skip_bad=skip_bad, count_tokens=False), progress)
        yield DatasetFolder(place, built.info)


def _examine(
    dataset: DatasetFolder, config: Config, predictions: str | Path | None, *, encoder: bool, progress: Progress
) -> Audit:
    articles, labels = list(dataset.articles()), dataset.info.label_set
    unit = np.array(dataset.units_with_copies([article.id for article in articles]), dtype=np.int64)
    given = None if predictions is None else read_out_of_fold(Path(predictions), articles, dataset)
    vectors = _vectors(articles, config, dataset, progress) if encoder else None
    found = given or out_of_fold(articles, labels, unit, vectors=vectors, progress=progress)
    with progress.task("looking for wrong labels", None):
        last = None if vectors is None else vectors.last
        return find_issues(articles, labels, unit, found, vectors=last, conflicts=_conflicts(dataset))


def _vectors(articles: Sequence[Article], config: Config, dataset: DatasetFolder, progress: Progress) -> LayerVectors:
    settings, pair = frozen_settings(config, pair=dataset.info.pair), dataset.info.pair
    with _or_without(), progress.task("reading with the frozen encoder", len(articles)) as task:
        return embed_layers(articles, settings, pair=pair, count=len(articles), task=task)


@contextmanager
def _or_without() -> Iterator[None]:
    try:
        yield
    except InputError as error:
        fix = f"{error.fix} Or do without: --no-encoder (from Python: encoder=False).".strip()
        raise InputError(error.message, fix=fix, faults=error.faults) from None


def read_out_of_fold(folder: Path, articles: Sequence[Article], dataset: DatasetFolder) -> OutOfFold:
    """The pooled predictions of a cross-validation, in the order of the articles.

    Raises:
        InputError: there are none, or they are of other articles or labels.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = folder / POOLED
    try:
        table = pq.read_table(file)
    except FileNotFoundError:
        raise InputError(
            f"There is no file '{file}'.", fix="Give the folder of a finished classifier train --all-folds."
        ) from None
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"'{file}' cannot be read: {error}", fix="Train the folds again.") from None
    labels = (table.schema.metadata or {}).get(b"labels", b"").decode().split("\n")
    if labels != list(dataset.info.labels):
        raise InputError(
            f"'{file}' has other labels than the dataset: {', '.join(labels)}.",
            fix="Give the dataset it was trained on.",
        )
    row_of = {name: row for row, name in enumerate(table["id"].to_pylist())}
    missing = [article.id for article in articles if article.id not in row_of]
    if missing:
        over_time = " Folds over time do not test the earliest articles: audit without --predictions."
        raise InputError(
            f"'{file}' has no prediction for {len(missing):,} of {len(articles):,} articles, such as '{missing[0]}'.",
            fix=f"Give the dataset that it was trained on, such as {folder / 'dataset'}."
            + (over_time if dataset.info.split_method == "temporal" else ""),
        )
    table = table.take([row_of[article.id] for article in articles])
    given = [{name} if isinstance(name, str) else set(name) for name in table["label"].to_pylist()]
    changed = [article.id for article, then in zip(articles, given, strict=True) if set(article.labels) != then]
    if changed:
        raise InputError(
            f"{len(changed):,} articles have other labels now than when '{file}' was made, such as '{changed[0]}'.",
            fix="Train the folds again on this dataset.",
        )
    y = dataset.info.label_set.encode(article.labels for article in articles)
    proba = np.array(table["scores"].to_pylist(), dtype=np.float64)
    held_out = HeldOut(np.array(table["fold"].to_pylist()), balanced=False)
    return OutOfFold(proba, held_out.usable(y), "the models of a cross-validation")


def _conflicts(dataset: DatasetFolder) -> dict[str, list[str]]:
    """Id -> ids of (nearly) equal articles with other labels, from ``conflicts.jsonl``."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    file = dataset.path / "conflicts.jsonl"
    for pair in read_json_lines(file):
        one, other = pair.get("id"), pair.get("other_id")
        if not isinstance(one, str) or not isinstance(other, str):
            raise damaged(file, "a line has no id and other_id", "Build the dataset again.")
        found[one].append(other)
        found[other].append(one)
    return {name: list(dict.fromkeys(others)) for name, others in found.items()}
