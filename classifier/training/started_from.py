"""What a training that starts from another trained model has to know of it: ``started_from.json`` in the run.

The encoder of a run is a start as good as any other, with one danger: articles that the other model was trained on may
be test articles here, and figures on those prove nothing. So the texts are compared before the training begins, and
what was found is stored with the model. A resumed training checks that the other model is still the same one.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from classifier.articles.article import Article
from classifier.articles.boilerplate import strip_article
from classifier.checksums import check_checksums, file_sum
from classifier.config import Config
from classifier.config_file import load_config
from classifier.dataset.duplicates import text_key
from classifier.dataset.folder import DatasetFolder, run_dataset
from classifier.errors import InputError, names
from classifier.files import read_json_as, write_json
from classifier.models.model_folder import COPY_AGAIN, ModelInfo, StartedFrom, read_model_info
from classifier.models.run_folder import AGAIN, RunFolder
from classifier.models.trained import is_trained
from classifier.models.weights import WEIGHTS, find_weights

logger = logging.getLogger(__name__)
TRAINED_ON = ("train", "validation")  # splits that a model is trained on or chosen by
READS = ("pair", "pooling", "max_length", "strip")  # where these differ, the encoder meets other input than before

Key = tuple[int, int]


def note_start(run: RunFolder, config: Config, dataset: DatasetFolder) -> None:
    """Write ``started_from.json`` where ``model.name`` is a trained model, and say what matters of it.

    Args:
        run: whose folder it is written in.
        config, dataset: what is trained, and on what, in its fold.

    Raises:
        InputError: the model is damaged.
    """
    if not is_trained(Path(config.model.name)):
        return
    folder = find_weights(config.model.name)
    check_checksums(folder, fix=COPY_AGAIN)
    info = read_model_info(folder)
    logger.info(
        "starting from the encoder of '%s', which was trained to tell %s; its head is made anew",
        config.model.name,
        names(info.labels),
    )
    _say_differences(info, config, pair=dataset.info.pair)
    seen = seen_articles(folder, dataset)
    _say_seen(seen, config.model.name)
    start = StartedFrom(info.labels, info.base_model, info.base_revision, file_sum(folder / WEIGHTS).sha256, seen)
    write_json(run.started_from, asdict(start))


def read_start(run: RunFolder, config: Config) -> StartedFrom | None:
    """What `note_start` wrote; None where the training starts from no other training.

    Raises:
        InputError: the model is gone, or is another one since.
    """
    if not run.started_from.exists():
        return None
    start = read_json_as(run.started_from, StartedFrom, fix=AGAIN)
    folder = find_weights(config.model.name)
    if file_sum(folder / WEIGHTS).sha256 != start.sha256:
        raise InputError(
            f"The model that this training starts from, '{config.model.name}', is another one since it began.",
            fix="Put that one back, or begin again with another --out.",
        )
    return start


def _say_differences(info: ModelInfo, config: Config, *, pair: bool) -> None:
    model = config.model
    now = (pair, model.pooling, model.max_length, config.data.strip)
    then = (info.pair, info.pooling, info.max_length, info.strip)
    differ = [
        f"{name} {_shown(before)} (here {_shown(after)})"
        for name, before, after in zip(READS, then, now, strict=True)
        if before != after
    ]
    if differ:
        logger.warning("'%s' was trained with %s: this training goes by its own", config.model.name, ", ".join(differ))


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(list(value) if isinstance(value, tuple) else value)


def seen_articles(folder: Path, dataset: DatasetFolder) -> dict[str, int] | None:
    """Split -> how many of its articles a model was trained on, or chosen by; None where that is not known.

    Texts are compared as they are without the boilerplate that either training removed.

    Args:
        folder: of the model; its run lies around it.
        dataset: in its fold.
    """
    try:
        earlier = list(_earlier_trainings(folder))
    except InputError:
        return None
    pair = dataset.info.pair and all(other.info.pair for other in earlier)
    strip = tuple(dict.fromkeys(entry for one in (dataset, *earlier) for entry in _strip_of(one)))
    known = {
        _key(strip_article(article, strip), pair=pair)
        for other in earlier
        for split in TRAINED_ON
        if split in other.splits
        for article in other.articles(split)
    }
    return {
        split: sum(_key(strip_article(article, strip), pair=pair) in known for article in dataset.articles(split))
        for split in dataset.splits
        if split != "train"
    }


def _earlier_trainings(folder: Path) -> Iterator[DatasetFolder]:
    """The datasets of the model in a folder, and of those that it started from itself.

    Raises:
        InputError: one of them is not at hand.
    """
    run = RunFolder(folder.parent)
    if not (run.config.exists() and run.dataset_info.exists()):
        raise InputError(f"The run of the model '{folder}' is not beside it.")
    yield run_dataset(run.path)
    before = load_config(run.config).model.name
    if read_model_info(folder).started_from is not None:
        yield from _earlier_trainings(find_weights(before))


def _strip_of(dataset: DatasetFolder) -> tuple[str, ...]:
    return tuple(dataset.info.settings.get("data", {}).get("strip", ()))


def _key(article: Article, *, pair: bool) -> Key:
    return text_key(article.text), text_key(article.target or "") if pair else 0


def _say_seen(seen: Mapping[str, int] | None, name: str) -> None:
    if seen is None:
        logger.warning(
            "what '%s' was trained on is not at hand (its run, or the dataset of that run): whether test articles are "
            "among it is not known",
            name,
        )
        return
    for split, count in seen.items():
        if count:
            logger.warning(
                "'%s' was trained on %s %s articles of this dataset: the figures on %s will be too good. Start from "
                "another model, or keep its split: classifier build ARTICLES --extend ITS_DATASET --out LARGER",
                name,
                f"{count:,}",
                split,
                split,
            )
