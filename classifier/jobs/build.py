"""From a source to a dataset folder: read, settle, split, probe, write; whole or not at all."""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from classifier._version import install_extra
from classifier.articles.annotators import ANNOTATIONS, Agreement, is_tied, summarise, vote_of
from classifier.articles.article import Article
from classifier.articles.boilerplate import check_strip
from classifier.articles.split_names import SPLITS
from classifier.config import Config
from classifier.config_file import recorded_settings
from classifier.dataset import folder as dataset_folder
from classifier.dataset.assign import assign, index_columns
from classifier.dataset.builders import open_parts, source_files
from classifier.dataset.consistency import ConsistentCorpus, list_conflicts, make_consistent
from classifier.dataset.corpus import GUESS, OLD, Corpus
from classifier.dataset.corpus_reader import Preparation, read_corpus
from classifier.dataset.corrections import Corrections, correct
from classifier.dataset.extension import OlderDataset, new_only, open_to_extend, read_before
from classifier.dataset.folder import DatasetFolder, is_dataset, open_dataset
from classifier.dataset.ids import distinct_ids, first_of_ids
from classifier.dataset.info import DatasetInfo, Giveaway, LeakageProbe, count_splits
from classifier.dataset.provenance import changes, source_hashes
from classifier.dataset.rejects import Rejects
from classifier.dataset.splits import Assignment
from classifier.dataset.units import encode, spanning
from classifier.dataset.writer import write_dataset
from classifier.errors import Fault, InputError, names
from classifier.evaluation.leaks.giveaways import find_giveaways
from classifier.evaluation.leaks.leakage import measure_leakage, probe_rows
from classifier.files import REPLACE, check_free, whole_folder
from classifier.jobs.source import resolve_source
from classifier.models.transformer.pretrained import find_weights, load_tokenizer
from classifier.models.transformer.windows import TextEncoder
from classifier.progress import SILENT, Progress
from classifier.reports.dataset.facts import DatasetFacts, gather_facts
from classifier.reports.dataset.page import write_page
from classifier.training.auto import text_encoder

logger = logging.getLogger(__name__)
MOST_NAMED = 20  # articles without a target that are listed
GIVEAWAY_ARTICLES = 20_000  # training articles in which give-aways are looked for
HEAD, TAIL = 12_000, 4_000  # characters of a long article that the probes look at


@dataclass(frozen=True)
class Built:
    """A dataset as it was (or, in a dry run, would be) written.

    Attributes:
        info: what ``dataset.json`` holds.
        survey: what the page shows beside it.
        agreement: between annotators, where there are several.
    """

    info: DatasetInfo
    survey: DatasetFacts
    agreement: Agreement | None


def build_dataset(
    config: Config,
    out: Path,
    *,
    encoder: Callable[[bool], TextEncoder | None],
    progress: Progress,
    skip_bad: bool = False,
    dry_run: bool = False,
    extend: DatasetFolder | None = None,
) -> Built:
    """Build a dataset folder; memory grows by about one kilobyte per article, not with the texts.

    Args:
        config: where the articles are, and how to split them.
        out: the folder to write.
        encoder: gives what measures lengths in tokens, told whether the input is a pair; None = words are counted.
        progress: told of each step.
        skip_bad: leave bad rows out and list them in ``rejected.jsonl``; else they are an error.
        dry_run: read, validate and report only; nothing is written.
        extend: an older dataset whose articles keep their splits.

    Raises:
        InputError: the source or its rows cannot be used, or the split cannot be made; nothing is written then.
    """
    _check_settings(config, extend)
    with _folder(out, dry_run) as folder:
        spool = folder / "spool"
        spool.mkdir()
        rejects = Rejects(folder / "rejected.jsonl" if skip_bad else None)
        before = None if extend is None else read_before(extend)
        settled, corrections = _read(config, spool, rejects, progress, before)
        agreement = _list_disputed(settled, config.data.task == "multi_label", folder)
        with progress.task("splitting", None):
            method, assignment = assign(settled, config.split, None if before is None else before.earlier)
        _warn(settled, assignment)
        with progress.task("probing for leaks", None):
            probe, giveaways = _probe(settled, assignment)
        info = _info(config, settled, method, assignment, probe, giveaways, rejects.kinds)
        info = replace(info, corrections=corrections)
        if before is not None:
            old = before.dataset.info
            info = replace(info, sources=_distinct([*old.sources, *info.sources]), corrections=old.corrections)
        with progress.task("looking the corpus over", None):
            model = (config.model.max_length, config.model.most_windows(pair=info.pair))
            survey = gather_facts(settled, assignment, encoder(info.pair), model, rejects.kinds)
        if not dry_run:
            with progress.task("writing", None):
                _write_lines(folder / "conflicts.jsonl", map(vars, list_conflicts(settled)))
                write_dataset(folder, settled.corpus, assignment, info, () if before is None else before.left_out)
                write_page(folder, info, survey, name=_name(config, out))
        shutil.rmtree(spool)
    return Built(info, survey, agreement)


@contextmanager
def _folder(out: Path, dry_run: bool) -> Iterator[Path]:
    if dry_run:
        with tempfile.TemporaryDirectory(prefix="classifier-") as temporary:
            yield Path(temporary)
    else:
        with whole_folder(out) as partial:
            yield partial


def _check_settings(config: Config, extend: DatasetFolder | None) -> None:
    if extend is not None and config.data.corrections is not None:
        raise InputError(
            "Corrections do not go with --extend: the older dataset's articles keep their labels.",
            fix="Build afresh with --corrections, or extend without.",
        )
    if config.data.new_labels and config.data.corrections is None:
        raise InputError("data.new_labels goes with corrections.", fix="Add --corrections FILE, or leave it out.")
    try:
        check_strip(config.data.strip)
    except ValueError as error:
        raise InputError(f"data.strip: {error}", fix='For example: --set data.strip=["headers"]') from None
    if config.data.guess_language and find_spec("py3langid") is None:
        raise InputError("data.guess_language needs the package py3langid.", fix=install_extra("language"))


def _read(
    config: Config, spool: Path, rejects: Rejects, progress: Progress, before: OlderDataset | None
) -> tuple[ConsistentCorpus, Corrections | None]:
    data = config.data
    parts: Mapping[str, Iterable[Article | Fault]] = open_parts(data)
    if before is not None:
        parts = {OLD: before.dataset.articles(), **new_only(parts, before, data.strip)}
    preparation = Preparation(
        (*index_columns(config.split, parts, before.earlier if before else None), ANNOTATIONS),
        data.strip,
        data.near_duplicates is not False,
        data.guess_language,
    )
    what = _named(config)
    with progress.task("reading", None) as task:
        corpus = read_corpus(parts, spool, preparation, rejects.add, task)
    if not len(corpus) and not rejects.faults:
        raise InputError(f"{what} holds no articles.", fix="Give at least one good row below the header.")
    corpus = distinct_ids(corpus)
    kept = first_of_ids(corpus, rejects.add)
    rejects.check(what)
    _say_pairs(corpus)
    corrections, multi_label = None, data.task == "multi_label"
    if data.corrections is not None:
        corpus, staying, corrections = correct(
            corpus, Path(data.corrections), multi_label=multi_label, new_labels=data.new_labels
        )
        kept &= staying
    with progress.task("finding duplicates", None):
        settled = make_consistent(
            corpus,
            kept,
            multi_label=multi_label,
            merge_labels=data.merge_labels,
            conflicts=data.conflicts,
            duplicates=data.duplicates,
            near=data.near_duplicates or None,
        )
    if before is not None:
        settled = replace(settled, kept=settled.kept | (np.arange(len(corpus)) < len(before)))
    return settled, corrections


def _named(config: Config) -> str:
    if config.data.builder == "hub":
        return f"hub:{config.data.path}"
    return " and ".join(f"'{path}'" for path in source_files(config.data).values())


def _name(config: Config, out: Path) -> str:
    """What the dataset is called on its page: like its folder, or like its source where it lies in a run."""
    if out.name != "dataset":
        return out.name
    path = config.data.path or config.data.train or ""
    return path if config.data.builder == "hub" else Path(path).name.split(".")[0]


def _kept_whole(settled: ConsistentCorpus, assignment: Assignment, column: str) -> bool:
    """Whether no value of a column stands in two splits; given splits may divide some."""
    groups = encode(settled.corpus.index.columns[column])
    return assignment.folds is not None or not spanning(assignment.split, groups)


def _say_pairs(corpus: Corpus) -> None:
    """Say that the input is a pair; refuse a corpus of which only some articles have a target."""
    single = int((corpus.index.input == corpus.index.text).sum())
    if "target" in corpus.used and single:
        where = corpus.places(np.flatnonzero(corpus.index.input == corpus.index.text)[:MOST_NAMED].tolist())
        raise InputError(
            f"{single:,} of {len(corpus):,} articles have no target, the others have one.",
            faults=[Fault(place, "has no target", "no target") for place in where.values()],
            fix="Give every file a column of that name, or turn pairs off: --set data.pair=false",
        )
    if "target" in corpus.used:
        logger.info(
            "the input is a pair (target, text). If the column that is taken for the target is the title: "
            "--set data.columns.title=NAME; --set data.pair=false turns pairs off"
        )
    unread = sorted(set(corpus.kinds) - {"split", ANNOTATIONS, GUESS})
    if unread:
        logger.info("columns that the model does not read: %s (data.columns gives them another meaning)", names(unread))


def _list_disputed(settled: ConsistentCorpus, multi_label: bool, folder: Path) -> Agreement | None:
    """List the articles that their annotators are tied about; how far annotators agree, where there are several."""
    index = settled.corpus.index
    votes = {row: vote_of(_annotated(value)) for row, value in enumerate(index.columns[ANNOTATIONS]) if value}
    said = {row: vote.labels for row, vote in votes.items() if vote is not None}
    if not said:
        return None
    tied = [row for row, labels in said.items() if is_tied(labels, multi_label=multi_label)]
    where = settled.corpus.places(tied)
    records = ({"id": index.ids[row], "where": where[row], "votes": said[row]} for row in tied)
    _write_lines(folder / "disputed.jsonl", records)
    return summarise(said.values(), multi_label)


def _annotated(value: Any) -> Article:
    return Article("", "", extra={ANNOTATIONS: value})


def _warn(settled: ConsistentCorpus, assignment: Assignment) -> None:
    for note in assignment.notes:
        logger.warning("split: %s", note)
    labels = settled.corpus.index.labels
    train = [assignment.split == 0] if assignment.folds is None else list((assignment.folds == 0).T)
    used = {name for row in np.flatnonzero(assignment.split >= 0) for name in labels[row]}
    seen = set.intersection(*({name for row in np.flatnonzero(rows) for name in labels[row]} for rows in train))
    if used - seen:
        logger.warning("no training article has the label %s: the model cannot learn it", names(sorted(used - seen)))


def _probe(settled: ConsistentCorpus, assignment: Assignment) -> tuple[LeakageProbe | None, tuple[Giveaway, ...]]:
    corpus = settled.corpus
    divisions = probe_rows(assignment, corpus.index.text)
    rows = np.unique(np.concatenate([np.zeros(0, np.int64), *(part for division in divisions for part in division)]))
    articles = [_abridged(article) for article in corpus.articles(rows)]
    here = [(np.searchsorted(rows, train), np.searchsorted(rows, test)) for train, test in divisions]
    codes = assignment.split[:, None] if assignment.folds is None else assignment.folds
    sampled = len(rows) < int(np.isin(codes, (SPLITS.index("train"), SPLITS.index("test"))).any(axis=1).sum())
    probe = measure_leakage(articles, settled.labels, here, units=assignment.unit[rows], sampled=sampled)
    train = np.flatnonzero(assignment.split == 0)
    spread = train[np.linspace(0, len(train) - 1, min(len(train), GIVEAWAY_ARTICLES)).astype(np.int64)]
    return probe, find_giveaways([_abridged(article) for article in corpus.articles(spread)])


def _abridged(article: Article) -> Article:
    """An article of which a very long text is cut to its beginning and end: give-aways stand there, and memory ends."""
    text = article.text
    if len(text) <= HEAD + TAIL:
        return article
    return replace(article, text=f"{text[:HEAD]}\n{text[-TAIL:]}")


def _info(
    config: Config,
    settled: ConsistentCorpus,
    method: str,
    assignment: Assignment,
    probe: LeakageProbe | None,
    giveaways: tuple[Giveaway, ...],
    rejected: Mapping[str, int],
) -> DatasetInfo:
    return DatasetInfo(
        labels=settled.labels.names,
        multi_label=settled.labels.multi_label,
        pair="target" in settled.corpus.used,
        split_method=method,
        group_by=tuple(c for c in config.split.group_by if _kept_whole(settled, assignment, c)),
        validation_by=assignment.validation_by,
        counts=count_splits(settled.corpus.index.labels, assignment),
        notes=assignment.notes,
        sources=source_hashes(config),
        settings=recorded_settings(config),
        asked={name: round(share, 6) for name, share in assignment.asked.items()},
        cuts=assignment.cuts,
        folds=None if assignment.folds is None else assignment.folds.shape[1],
        duplicates=settled.duplicates,
        probe=probe,
        giveaways=giveaways,
        rejected=rejected,
    )


def _distinct(sources: Iterable[Mapping[str, str]]) -> tuple[Mapping[str, str], ...]:
    return tuple({tuple(source.items()): source for source in sources}.values())


def _write_lines(path: Path, records: Iterable[Mapping[str, Any]]) -> None:
    """Write JSONL; no file where there is nothing to write."""
    lines = [json.dumps(record, ensure_ascii=False, default=str) + "\n" for record in records]
    if lines:
        path.write_text("".join(lines), encoding="utf-8", errors="backslashreplace")


@dataclass(frozen=True)
class BuildReport:
    """What a build made.

    Attributes:
        dataset: the folder; None after a dry run.
        info: what ``dataset.json`` holds.
        built: what was found on the way; None where the folder was up to date already.
    """

    dataset: DatasetFolder | None
    info: DatasetInfo
    built: Built | None


def build(
    source: str,
    out: str | Path | None,
    *,
    overrides: Sequence[str] = (),
    skip_bad: bool = False,
    dry_run: bool = False,
    extend: str | Path | None = None,
    overwrite: bool = False,
    progress: Progress = SILENT,
) -> BuildReport:
    """Turn labelled articles into a dataset folder, with a page that says what is in it.

    A folder that was built from the same sources with the same settings is left as it is; one whose sources have
    changed is refused.

    Args:
        source: a config file, or a source as in `resolve_source`.
        out: the folder to write; it must not hold anything else. None in a dry run.
        overrides: settings such as ``split.test_size=0.3``.
        skip_bad: leave bad rows out and list them in ``rejected.jsonl``.
        dry_run: read, validate and report; write nothing.
        extend: an older dataset: its articles keep their splits, and the new ones of the source are added.
        overwrite: replace an older dataset there.
        progress: told of each step.

    Raises:
        InputError: the source, the settings or the folder cannot be used; nothing is written then.

    Example:
        >>> build("articles.csv", "datasets/new").info.counts["test"]
        Counts(articles=24, labels={'opinion': 8, 'reporting': 8, 'satire': 8})
    """
    if (out is None) != dry_run:
        fix = "classifier build SOURCE --out DATASET"
        raise InputError("Give --out, or --dry-run to write nothing, not both.", fix=fix)
    config, ready = resolve_source(source, overrides)
    if ready is not None:
        raise InputError(f"'{source}' is a dataset already.", fix=f"Train on it: classifier train {source} --out RUN")
    path = Path(out or "dry-run")
    old = None if extend is None else open_to_extend(Path(extend), recorded_settings(config))
    if not dry_run:
        if old is None and not overwrite and is_dataset(path):
            return _reuse(open_dataset(path), config)
        check_free(path, needed=dataset_folder.NEEDED, allowed=dataset_folder.ALLOWED, overwrite=overwrite)
    built = build_dataset(
        config,
        path,
        encoder=partial(length_encoder, config),
        progress=progress,
        skip_bad=skip_bad,
        dry_run=dry_run,
        extend=old,
    )
    return BuildReport(None if dry_run else DatasetFolder(path, built.info), built.info, built)


def length_encoder(config: Config, pair: bool) -> TextEncoder | None:
    """What measures lengths in tokens; None where the model is not at hand."""
    try:
        tokenizer = load_tokenizer(find_weights(config.model.name))
    except InputError as error:
        logger.warning("lengths are counted in words, not in tokens: %s", error.message)
        return None
    return text_encoder(config, pair, tokenizer)


def _reuse(old: DatasetFolder, config: Config) -> BuildReport:
    """The dataset that is there already, if nothing has changed since it was built."""
    problems = changes(old.info, config)
    if problems:
        keep = f"keep its splits with --extend {old.path}, " if problems[0].startswith("the source") else ""
        raise InputError(
            f"'{old.path}' is in use already, and since it was built {' and '.join(problems)}.",
            fix=f"Choose another --out, {keep}or {REPLACE}.",
        )
    return BuildReport(old, old.info, None)
