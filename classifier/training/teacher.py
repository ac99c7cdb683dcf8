"""A teacher for a small model: its scores of the training articles, and of a pool of unlabelled ones.

RUN/distil/  pool.parquet (the unlabelled articles that are learnt from)  distil.json (what was found)
             teacher/ (where the run teaches itself: its first training)  scores.parquet (id, scores; written last)

The pool is read and checked before the training begins. What is (nearly) a copy of a validation or test article is left
out, since the figures on those shall stay true; so are copies of training articles and of one another. A teacher that
learned from validation articles in the end (``train.refit``) teaches as it was before. The scores are computed once, so
that a resumed training learns from the same ones.
"""

from __future__ import annotations

import logging
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from classifier.arrays import Floats32
from classifier.articles.article import Article
from classifier.articles.boilerplate import strip_article
from classifier.articles.new_articles import open_sources, read_unlabelled
from classifier.config import Config, DistilConfig
from classifier.dataset.copies import copy_clusters
from classifier.dataset.folder import DatasetFolder
from classifier.errors import Fault, InputError, names
from classifier.files import read_json_as, whole_file, write_json
from classifier.models.fingerprint import model_name
from classifier.models.model_folder import Distilled
from classifier.models.run_folder import AGAIN, RunFolder
from classifier.models.trained import Trained, open_trained
from classifier.progress import Progress
from classifier.training.started_from import seen_articles

if TYPE_CHECKING:
    from classifier.models.predictor import Predictor
    from classifier.training.auto import ChosenConfig
    from classifier.training.loop import Taught

logger = logging.getLogger(__name__)
SHOWN = 3  # rows that cannot be used, in a warning
POOL, LESSON = "pool.parquet", "distil.json"
STORED = ("id", "text", "title", "target")  # columns of the pool
HELD_OUT = ("validation", "test")
LEFT_OUT = {
    "held out": "copies of validation or test articles",
    "labelled": "copies of training articles",
    "repeated": "copies of one another",
    "unreadable": "without a text to learn from",
}


@dataclass(frozen=True)
class Lesson:
    """What ``distil.json`` holds.

    Attributes:
        teacher: its name and fingerprint; None = its own first training.
        unlabelled: articles of the pool that are learnt from.
        left_out: why others are not -> how many.
    """

    teacher: str | None
    unlabelled: int
    left_out: Mapping[str, int]
    format_version: int = 1


def begin_lesson(run: RunFolder, config: Config, dataset: DatasetFolder) -> int:
    """Check the teacher, read the pool, and write what is to be scored; nothing where there is no teacher.

    Args:
        run: whose folder it is written in.
        config, dataset: what is trained, and on what, in its fold.

    Returns:
        How many unlabelled articles there are to learn from.

    Raises:
        InputError: the teacher has other labels or another task, was trained on test articles, or is not whole; or the
            pool cannot be read, or has nothing to learn from.
    """
    if not config.has_teacher:
        return 0
    named = None if config.distil.teacher is None else _checked_name(config.distil.teacher, dataset)
    run.distil.mkdir()
    kept, left_out = _read_pool(config, dataset) if config.data.unlabelled else ([], {})
    _write_articles(run.distil / POOL, kept)
    write_json(run.distil / LESSON, asdict(Lesson(named, len(kept), left_out)))
    logger.info(
        "%s scores the training articles%s",
        "no teacher: a first training" if named is None else f"teacher '{config.distil.teacher}': it",
        f" and {len(kept):,} unlabelled ones{_reasons(left_out)}" if config.data.unlabelled else "",
    )
    return len(kept)


def untaught(config: ChosenConfig) -> ChosenConfig:
    """The same settings without a teacher, and without unlabelled articles."""
    data = config.data.model_copy(update={"unlabelled": ()})
    return config.model_copy(update={"data": data, "distil": DistilConfig()})


def score_lesson(run: RunFolder, config: Config, dataset: DatasetFolder, progress: Progress) -> None:
    """Let the teacher score the articles, unless it has; nothing where there is no teacher.

    Validation articles are scored too where they are learned from in the end (``train.refit``).

    Raises:
        InputError: the teacher is gone, or is another one since the training began.
    """
    if not config.has_teacher or run.scores.exists():
        return
    predictor = _loaded(run, config, dataset)
    also = dataset.articles("validation") if config.train.refit and "validation" in dataset.splits else ()
    articles = [*dataset.articles("train"), *also, *read_pool(run)]
    with progress.task("the teacher scores the articles", len(articles)) as task:
        scores = predictor.predict_articles(articles, task)
    order = [predictor.info.labels.index(label) for label in dataset.info.labels]
    _write_scores(run.scores, [article.id for article in articles], scores[:, order])


def copy_lesson(run: RunFolder, again: RunFolder) -> None:
    """Give what the teacher said to the second training of a run (``train.refit``); nothing where it had no teacher."""
    if run.scores.exists():
        again.distil.mkdir(exist_ok=True)
        for file in (run.scores, run.distil / POOL, run.distil / LESSON):
            shutil.copy(file, again.distil)


def read_lesson(run: RunFolder) -> Lesson:
    """What `begin_lesson` wrote.

    Raises:
        InputError: it is missing or damaged.
    """
    return read_json_as(run.distil / LESSON, Lesson, fix=AGAIN)


def read_pool(run: RunFolder) -> Iterator[Article]:
    """The unlabelled articles that are learnt from, in order."""
    import pyarrow.parquet as pq

    for row in pq.read_table(run.distil / POOL).to_pylist():
        yield Article(**row)


def taught_by(run: RunFolder, config: Config, ids: Sequence[str], *, multi_label: bool) -> Taught:
    """What the teacher says of some training articles and, after them, of the whole pool.

    Args:
        run: has the scores.
        config: has the weight and the temperature.
        ids: of the training articles.
        multi_label: whether each class has its own probability.

    Raises:
        InputError: there are no scores, or an article has none.
    """
    import pyarrow.parquet as pq

    from classifier.training.loop import Taught

    if not run.scores.exists():
        raise InputError(f"There are no scores of a teacher in '{run.distil}'.", fix=AGAIN)
    table = pq.read_table(run.scores)
    scores = np.array(table["scores"].to_pylist(), dtype=np.float32)
    pool = range(len(scores) - read_lesson(run).unlabelled, len(scores))
    rows = {name: row for row, name in enumerate(table["id"].to_pylist()[: pool.start])}
    if any(name not in rows for name in ids):
        raise InputError(f"'{run.scores}' lacks scores of training articles.", fix=AGAIN)
    chosen = np.array([*(rows[name] for name in ids), *pool], dtype=np.int64)
    return Taught(scores[chosen], len(ids), config.distil.weight, config.distil.temperature, multi_label)


def distilled(run: RunFolder, config: Config) -> Distilled | None:
    """What the model of a run learnt from a teacher; None where it had none."""
    if not config.has_teacher:
        return None
    lesson = read_lesson(run)
    return Distilled(lesson.teacher, lesson.unlabelled, config.distil.weight, config.distil.temperature)


def _loaded(run: RunFolder, config: Config, dataset: DatasetFolder) -> Predictor:
    """The teacher, as it is to be asked."""
    from classifier.models.loading import load_before_refit, load_predictor

    device = config.train.device
    if config.distil.teacher is None:
        return load_predictor(run.own_teacher.model, device=device)
    trained = _teacher(config.distil.teacher, dataset)
    if read_lesson(run).teacher != _name(trained):
        raise InputError(
            f"The teacher '{config.distil.teacher}' is another one since the training began.",
            fix="Put that one back, or begin again with another --out.",
        )
    is_run = trained.kind in ("run", "seeds")
    before = load_before_refit(trained.path, trained.ensemble, device=device) if is_run else None
    predictor = before or load_predictor(trained.path, device=device)
    if not is_run and predictor.info.refit:
        logger.warning(
            "the teacher '%s' has learned from validation articles (train.refit): if they are those of this training, "
            "what is fitted on them is too sure. Name the run that it is from",
            config.distil.teacher,
        )
    return predictor


def _checked_name(teacher: str, dataset: DatasetFolder) -> str:
    trained = _teacher(teacher, dataset)
    check_teacher(trained, teacher, dataset)
    return _name(trained)


def _name(trained: Trained) -> str:
    name = model_name(trained)
    return f"{name.name} ({name.fingerprint})"


def _teacher(name: str, dataset: DatasetFolder) -> Trained:
    """What scores: a run, an ensemble, a model; of folds the one that was not trained on this fold's test articles."""
    trained = open_trained(name, command="distil.teacher")
    if trained.kind != "folds":
        return trained
    if dataset.fold is None or dataset.fold > len(trained.runs):
        raise InputError(
            f"The teacher '{name}' is a cross-validation, and this training is of no fold of it.",
            fix=f"Name one of its runs: {trained.runs[0].path}; or train on its dataset with --all-folds.",
        )
    return open_trained(trained.runs[dataset.fold - 1].path)


def check_teacher(trained: Trained, name: str, dataset: DatasetFolder) -> None:
    """Raise `InputError` unless a teacher has the labels and the task of a dataset, and not seen its test articles.

    Args:
        trained: the teacher.
        name: how it is called in messages.
        dataset: that is trained on, in its fold.
    """
    info, ours = trained.model_info(), dataset.info
    if set(info.labels) != set(ours.labels):
        raise InputError(
            f"The teacher '{name}' has other labels: {names(info.labels)}; the articles have {names(ours.labels)}.",
            fix="Give one that was trained with the same labels.",
        )
    for what, theirs, here in (
        ("gives each article any number of labels", info.multi_label, ours.multi_label),
        ("reads a target with each article", info.pair, ours.pair),
    ):
        if theirs != here:
            raise InputError(
                f"The teacher '{name}' {what if theirs else _not(what)}, unlike this training.",
                fix="Give one of the same task.",
            )
    _check_unseen(trained, name, dataset)


def _not(what: str) -> str:
    verb, _, rest = what.partition(" ")
    return f"does not {verb.removesuffix('s')} {rest}"


def _check_unseen(trained: Trained, name: str, dataset: DatasetFolder) -> None:
    models = trained.models[:1] if trained.kind == "seeds" else trained.models  # seeds share their articles
    found = [seen_articles(model, dataset) for model in models]
    if any(seen is None for seen in found):
        logger.warning(
            "what the teacher '%s' was trained on is not at hand: if test articles are among it, the figures are too "
            "good",
            name,
        )
    tested = max((seen["test"] for seen in found if seen), default=0)
    if tested:
        raise InputError(
            f"The teacher '{name}' was trained on {tested:,} of the test articles: the model would learn their labels "
            "from it, and the figures on test would prove nothing.",
            fix="Train the teacher on the same dataset folder, which has the same test articles.",
        )


def _read_pool(config: Config, dataset: DatasetFolder) -> tuple[list[Article], dict[str, int]]:
    """The unlabelled articles to learn from, and why others are not -> how many."""
    data, pair = config.data, dataset.info.pair
    named = {key: column for key, column in data.columns.named.items() if column and key not in ("label", "split")}
    articles: list[Article] = []
    faults: list[Fault] = []
    with open_sources(list(data.unlabelled), data.encoding, None, None, None, [named.get("text", "text")]) as sources:
        how: dict[str, Any] = {"trained": named, "missing": data.missing, "date_format": data.date_format}
        for _, found in read_unlabelled(sources, {}, pair=pair, **how):
            if isinstance(found, Article):
                articles.append(found)
            else:
                faults += [found] if isinstance(found, Fault) else found[:1]
    if faults:
        shown = "; ".join(map(str, faults[:SHOWN])) + ("; …" if len(faults) > SHOWN else "")
        logger.warning("%s rows of data.unlabelled cannot be learnt from (%s)", f"{len(faults):,}", shown)
    kept, left_out = _without_copies(articles, dataset, data.strip)
    left_out["unreadable"] = len(faults)
    if not kept:
        raise InputError(
            f"There is nothing to learn from in data.unlabelled{_reasons(left_out)}.",
            fix="Give other articles, or leave data.unlabelled out.",
        )
    numbered = [replace(article, id=f"unlabelled-{row}") for row, article in enumerate(kept, start=1)]
    return numbered, left_out


def _without_copies(
    articles: Sequence[Article], dataset: DatasetFolder, strip: Sequence[str]
) -> tuple[list[Article], dict[str, int]]:
    """Those of which no article of the dataset is a copy, one of each; and why others are left out -> how many."""
    known = [(split in HELD_OUT, one) for split in dataset.splits for one in dataset.articles(split)]
    texts = [one.text for _, one in known] + [strip_article(article, strip).text for article in articles]
    distinct = {text: row for row, text in enumerate(dict.fromkeys(texts))}  # pairs have the same texts often
    cluster = copy_clusters(list(distinct))[[distinct[text] for text in texts]]
    held_out = {int(cluster[row]) for row, (held, _) in enumerate(known) if held}
    labelled = {int(cluster[row]) for row, (held, _) in enumerate(known) if not held}
    kept: list[Article] = []
    taken: set[tuple[int, str]] = set()
    counts: Counter[str] = Counter()
    for article, number in zip(articles, map(int, cluster[len(known) :]), strict=True):
        key = (number, (article.target or "").casefold())
        if number in held_out:
            counts["held out"] += 1
        elif number in labelled:
            counts["labelled"] += 1
        elif key in taken:
            counts["repeated"] += 1
        else:
            taken.add(key)
            kept.append(article)
    return kept, dict(counts)


def _reasons(left_out: Mapping[str, int]) -> str:
    found = [f"{count:,} {LEFT_OUT[why]}" for why, count in left_out.items() if count]
    return f"; left out: {', '.join(found)}" if found else ""


def _write_articles(path: Path, articles: Sequence[Article]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(name, pa.string()) for name in STORED])
    columns = {name: [getattr(article, name) for article in articles] for name in STORED}
    pq.write_table(pa.table(columns, schema=schema), path, compression="zstd")


def _write_scores(path: Path, ids: Sequence[str], scores: Floats32) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with whole_file(path) as partial:
        pq.write_table(pa.table({"id": list(ids), "scores": scores.tolist()}), partial)
