"""Which articles of an unlabelled pool to label next: read, rid of copies, scored, chosen, written.

The articles that a model is unsure of, unlike one another (`acquisition`); (near-)duplicates of labelled articles and
of one another are left out. The model is that of a run, or a probe fitted on labelled articles, those of test left
out, which also choose nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TextIO

import numpy as np
import numpy.typing as npt

from classifier.arrays import Floats32, Ints
from classifier.articles.article import Article
from classifier.articles.boilerplate import strip_article
from classifier.articles.labels import LabelSet
from classifier.articles.new_articles import check_rows, open_sources, read_unlabelled, renamed
from classifier.articles.readers import Row
from classifier.articles.writers import check_writable, open_writer
from classifier.config import Config
from classifier.config_file import load_config, make_config
from classifier.dataset.builders.write import write_articles
from classifier.dataset.duplicates import near_pairs, signatures, text_key
from classifier.dataset.folder import DatasetFolder, is_dataset, open_dataset, run_dataset
from classifier.dataset.units import join_units
from classifier.errors import Fault, InputError
from classifier.files import REPLACE
from classifier.jobs.build import build
from classifier.jobs.frozen_encoder import embed, embed_with, probe_settings
from classifier.jobs.source import Source, as_named_source, resolve_source
from classifier.models.classifier import Classifier
from classifier.models.ensemble import ENSEMBLE_FILE, find_ensemble
from classifier.models.linear_probe import fit_probe
from classifier.models.run_folder import PLAN, open_run
from classifier.models.transformer.forward import decide, probabilities
from classifier.progress import SILENT, Progress
from classifier.stats.selection import Selection, candidates, select_diverse, uncertainty

logger = logging.getLogger(__name__)
ADDED = ("rank", "guess", "score", "why")
READING = ("data.columns.", "data.encoding")  # settings for reading the pool
MOST = 20_000  # articles of the pool that are scored, drawn at random where there are more

PoolRow = dict[str, Any]


@dataclass(frozen=True)
class NextReport:
    """What was chosen, and from what.

    Attributes:
        out: the file.
        chosen: how many articles were.
        pool: how many were read.
        known: of those, (near-)duplicates of labelled articles.
        repeated: of those, (near-)duplicates of an earlier one of the pool.
        scored: how many the model looked at.
        labelled: how many labelled articles the model was fitted on.
        probe: whether it is a probe, not the model of a run.
    """

    out: Path
    chosen: int
    pool: int
    known: int
    repeated: int
    scored: int
    labelled: int
    probe: bool


@dataclass(frozen=True)
class _Judge:
    """A model that looks at articles: what the functions here need of a run, or of a probe.

    Attributes:
        labels, pair, columns, strip, thresholds: as in training.
        known: all labelled articles, test included, of which no copy is to be labelled again.
        fitted: how many of them the model was fitted on.
        near: similarity from which texts are near-duplicates; None = only equal ones are copies.
        probe: whether it is a probe.
        look: articles -> their probabilities, and what gives the vectors of some of them, by their positions.
    """

    labels: LabelSet
    pair: bool
    columns: Mapping[str, str]
    strip: Sequence[str]
    thresholds: Sequence[float] | None
    known: Sequence[Article]
    fitted: int
    near: float | None
    probe: bool
    look: Callable[[Sequence[Article]], tuple[Floats32, Callable[[Ints], Floats32]]]


def choose_next(
    source: Source,
    pool: Sequence[str],
    out: str | Path,
    *,
    n: int = 50,
    label_studio: str | Path | None = None,
    most: int = MOST,
    seed: int = 13,
    overrides: Sequence[str] = (),
    device: str = "auto",
    skip_bad: bool = False,
    overwrite: bool = False,
    stdin: TextIO | None = None,
    progress: Progress = SILENT,
) -> NextReport:
    """Choose articles to label, and write them with ``rank``, ``guess``, ``score`` and ``why``.

    Args:
        source: a run (or the folder of several seeds), whose model is asked; or labelled articles as in
            `classifier.jobs.source.resolve_source`, on which a probe is fitted.
        pool: files, folders of .txt files, or ``-``; their texts are held in memory.
        out: .jsonl, .csv or .parquet; the pool's columns are kept.
        n: how many to choose.
        label_studio: a file of tasks for Label Studio beside it.
        most: how many articles of the pool are scored, drawn at random where there are more.
        seed: of that draw and of the groups.
        overrides: for a run ``data.columns.*`` and ``data.encoding``, to read the pool; else any setting.
        device: ``auto`` | ``cpu`` | ``cuda`` | ``mps``.
        skip_bad: leave bad rows of the labelled articles out; those of the pool are always an error.
        overwrite: replace older files.
        stdin: what ``-`` reads.
        progress: told of each step.

    Raises:
        InputError: the source, the pool (all bad rows at once) or the files cannot be used; nothing is written then.

    Example:
        >>> choose_next("runs/first", ["archive.jsonl"], "next.csv", n=20).chosen
        20
    """
    with as_named_source(source) as named:
        path, tasks = Path(out), None if label_studio is None else Path(label_studio)
        _check(n, most, path, tasks, pool, overwrite=overwrite)
        with _judge(named, overrides, device, progress, skip_bad=skip_bad) as judge:
            rows, articles = _read(judge, pool, overrides, stdin)
            known, repeated = copies(
                [strip_article(a, judge.strip) for a in articles], judge.known, judge.near, judge.pair
            )
            open_rows = np.flatnonzero(~known & ~repeated)
            if not len(open_rows):
                raise InputError(
                    f"All {len(articles):,} articles of the pool are copies of labelled ones.",
                    fix="Give other articles.",
                )
            drawn = np.sort(np.random.default_rng(seed).permutation(open_rows)[:most])
            proba, vectors = judge.look([articles[row] for row in drawn])
            scores = uncertainty(proba, judge.labels.multi_label, judge.thresholds)
            best = candidates(scores, n)
            batch = select_diverse(scores[best], vectors(best), n, seed)
        chosen = Selection(best[batch.rows], batch.alike)
        added = _added(chosen, proba, scores, judge)
        records = [{**rows[drawn[i]], **more} for i, more in zip(chosen.rows, added, strict=True)]
        if tasks is not None:
            _write_tasks(tasks, [articles[drawn[i]] for i in chosen.rows], added)
        _write(path, records)
        return NextReport(
            path,
            len(added),
            len(articles),
            int(known.sum()),
            int(repeated.sum()),
            len(drawn),
            judge.fitted,
            judge.probe,
        )


def copies(
    articles: Sequence[Article], known: Sequence[Article], near: float | None, pair: bool
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which articles are (near-)duplicates of known ones, and which of an earlier one among them, shape (articles,).

    Args:
        articles: stripped.
        known: stripped too.
        near: estimated Jaccard similarity of word shingles; None = only texts that are equal but for case and space.
        pair: whether articles have targets; those with other targets are then no copies.

    Example:
        >>> texts = [Article("1", "A storm hit."), Article("2", "a storm  hit."), Article("3", "Rain.")]
        >>> [found.tolist() for found in copies(texts, [Article("4", "rain.")], None, pair=False)]
        [[False, False, True], [False, True, False]]
    """
    everything = [*known, *articles]
    texts = [article.text for article in everything]
    pairs = None if near is None else near_pairs(signatures(texts), near)
    unit = join_units(len(texts), [_codes(texts)], pairs)
    if pair:
        targets = _codes([article.target or "" for article in everything])
        unit = np.unique(np.stack([unit, targets], axis=1), axis=0, return_inverse=True)[1].reshape(-1)
    theirs, ours = unit[: len(known)], unit[len(known) :]
    is_known = np.isin(ours, theirs)
    _, first = np.unique(ours, return_index=True)
    repeated = np.ones(len(ours), dtype=bool)
    repeated[first] = False
    return is_known, repeated & ~is_known


def _codes(texts: Sequence[str]) -> Ints:
    keys = np.array([text_key(text) for text in texts], dtype=np.uint64)
    return np.unique(keys, return_inverse=True)[1].astype(np.int64)


def _check(n: int, most: int, out: Path, tasks: Path | None, pool: Sequence[str], *, overwrite: bool) -> None:
    if n < 1 or most < n:
        raise InputError(
            f"--n must be at least 1, and --most at least as much. Got {n} and {most} instead.",
            fix="For example: --n 50",
        )
    if not pool:
        raise InputError("There is no pool to choose from.", fix="Add --pool FILE")
    check_writable(out, pool, overwrite=overwrite)
    if tasks is None:
        return
    if tasks.resolve() in {out.resolve(), *(Path(name).resolve() for name in pool)}:
        raise InputError(f"--label-studio '{tasks}' is --out or the pool.", fix="Give it a name of its own.")
    if tasks.is_dir() or (tasks.exists() and not overwrite):
        raise InputError(f"'{tasks}' exists already.", fix=f"Choose another name, or {REPLACE}.")


def _is_run(path: Path) -> bool:
    return path.is_dir() and any((path / name).exists() for name in ("config.toml", ENSEMBLE_FILE, PLAN))


@contextmanager
def _judge(
    source: str, overrides: Sequence[str], device: str, progress: Progress, *, skip_bad: bool
) -> Iterator[_Judge]:
    """The model to ask; a dataset that is built for it is gone afterwards."""
    if _is_run(Path(source)):
        _refuse_for_run([o for o in overrides if not o.startswith(READING)], skip_bad=skip_bad)
        yield _run_judge(Path(source), device, progress)
        return
    ready = is_dataset(Path(source))  # its columns are settled: those that are named are the pool's
    settings = [o for o in overrides if not (ready and o.startswith(READING))]
    settings += [] if device == "auto" else [f'train.device="{device}"']
    config, dataset = resolve_source(source, settings)
    with TemporaryDirectory() as folder:
        if dataset is None:
            built = Path(folder) / "dataset"
            build(source, built, overrides=settings, skip_bad=skip_bad, progress=progress)
            dataset = open_dataset(built)
        yield _probe_judge(config, dataset, progress)


def _refuse_for_run(settings: Sequence[str], *, skip_bad: bool) -> None:
    """Raise `InputError` for what could have no effect on a model that is trained already."""
    if settings:
        raise InputError(
            f"--set {settings[0]} has no effect on a trained run.", fix=f"With a run, set {READING[0]}… only."
        )
    if skip_bad:
        raise InputError("--skip-bad is for labelled articles, not for a run or the pool.", fix="Leave it out.")


def _run_judge(path: Path, device: str, progress: Progress) -> _Judge:
    ensemble = find_ensemble(path)
    run = open_run(path) if ensemble is None else open_run(ensemble.first_run(path).path)
    classifier, dataset = Classifier.load(path, device=device), run_dataset(run.path)

    def look(articles: Sequence[Article]) -> tuple[Floats32, Callable[[Ints], Floats32]]:
        encoded = classifier.encoder.encode(articles)
        with progress.task("asking the model", len(articles)) as task:
            proba = classifier.predict_articles(articles, task, encoded)
        return proba, lambda rows: embed_with(classifier, encoded.take(rows))

    info = classifier.info
    return _Judge(
        classifier.label_set,
        info.pair,
        info.columns or {},
        info.strip,
        info.thresholds,
        list(dataset.articles()),
        dataset.counts()["train"].articles,
        _near(load_config(run.config)),
        False,
        look,
    )


def _probe_judge(config: Config, dataset: DatasetFolder, progress: Progress) -> _Judge:
    """A probe on the labelled articles but those of test; on all where there are folds, each in test once."""
    info = dataset.info
    splits: list[str | None] = [None] if info.folds else [name for name in dataset.splits if name != "test"]
    fitted = [article for split in splits for article in dataset.articles(split)]
    settings = probe_settings(config, dataset if info.folds is None else dataset.in_fold(1))
    with progress.task("embedding the labelled", len(fitted)) as task:
        vectors = embed(fitted, settings, pair=info.pair, task=task)
    y = info.label_set.encode(article.labels for article in fitted)
    probe = fit_probe(vectors, y, len(info.labels), balanced=config.train.class_weight == "balanced")

    def look(articles: Sequence[Article]) -> tuple[Floats32, Callable[[Ints], Floats32]]:
        with progress.task("embedding the pool", len(articles)) as task:
            theirs = embed(articles, settings, pair=info.pair, task=task)
        return probabilities(probe.logits(theirs), info.multi_label), lambda rows: theirs[rows]

    columns = {key: name for key, name in config.data.columns.model_dump().items() if name}
    return _Judge(
        info.label_set,
        info.pair,
        columns,
        config.data.strip,
        None,
        list(dataset.articles()),
        len(fitted),
        _near(config),
        True,
        look,
    )


def _near(config: Config) -> float | None:
    found = config.data.near_duplicates
    return None if found is False else float(found)


def _read(
    judge: _Judge, pool: Sequence[str], overrides: Sequence[str], stdin: TextIO | None
) -> tuple[list[PoolRow], list[Article]]:
    """What is kept of each row of the pool, and its article."""
    data = make_config({}, [o for o in overrides if o.startswith(READING)]).data
    named = {key: name for key, name in data.columns.model_dump().items() if name and (judge.columns.get(key) != name)}
    rows: list[Row] = []
    articles: list[Article] = []
    faults: list[Fault] = []
    with open_sources(pool, data.encoding, stdin) as sources:
        for row, article in read_unlabelled(sources, named, pair=judge.pair, trained=judge.columns):
            if isinstance(article, Article):
                rows.append(row)
                articles.append(article)
            else:
                faults += article
    check_rows(faults, len(articles))
    kept = [renamed(row.values, ADDED) for row in rows]
    if any(all(str(row.values.get(name)) == a.id for row, a in zip(rows, articles, strict=True)) for name in kept[0]):
        return kept, articles
    return [{"id": article.id, **values} for article, values in zip(articles, kept, strict=True)], articles


def _added(batch: Selection, proba: Floats32, scores: npt.NDArray[np.float32], judge: _Judge) -> list[PoolRow]:
    """``rank``, ``guess``, ``score`` and ``why`` of each article that was chosen."""
    multi_label = judge.labels.multi_label
    guesses = judge.labels.decode(decide(proba[batch.rows], multi_label, judge.thresholds))
    return [
        {
            "rank": rank,
            "guess": list(guess) if multi_label else guess[0],
            "score": round(float(scores[row]), 4),
            "why": f"{_doubt(proba[row], judge)}; {_company(int(alike))}",
        }
        for rank, (row, alike, guess) in enumerate(zip(batch.rows, batch.alike, guesses, strict=True), start=1)
    ]


def _doubt(proba: Floats32, judge: _Judge) -> str:
    names = judge.labels.names
    if not judge.labels.multi_label:
        first, second = np.argsort(-proba, kind="stable")[:2]
        return f"{names[first]} {proba[first]:.2f}, {names[second]} {proba[second]:.2f}"
    limits = np.array(judge.thresholds if judge.thresholds is not None else [0.5] * len(names))
    each = [uncertainty(proba[None, [i]], True, [float(limits[i])])[0] for i in range(len(names))]
    nearest = int(np.argmax(each))
    return f"{names[nearest]} {proba[nearest]:.2f}, its threshold is {limits[nearest]:.2f}"


def _company(alike: int) -> str:
    return f"one of {alike} candidates that are alike" if alike > 1 else "unlike the other candidates"


def _write_tasks(file: Path, articles: Sequence[Article], added: Sequence[PoolRow]) -> None:
    """Tasks without an answer: a guess that annotators see first is one that they tend to keep."""
    unlabelled = (
        replace(article, labels=(), extra={**renamed(article.extra, ADDED), **more})
        for article, more in zip(articles, added, strict=True)
    )
    write_articles(unlabelled, file, kind="label-studio", multi_label=False)


def _write(out: Path, records: Sequence[PoolRow]) -> None:
    columns: dict[str, set[type]] = {}
    for record in records:
        for name, value in record.items():
            columns.setdefault(name, set()).add(type(value))
    with open_writer(out, columns) as writer:
        writer.write(records)
