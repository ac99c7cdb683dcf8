"""From a source to a dataset folder: articles are read, split, checked and written; whole or not at all."""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from classifier.arrays import evenly
from classifier.articles.annotators import ANNOTATIONS, Agreement, is_tied, say_lost, summarise, vote_of
from classifier.articles.arrow import to_json
from classifier.articles.article import Article
from classifier.articles.boilerplate import check_strip
from classifier.articles.languages import count_languages, languages_in_words
from classifier.articles.missing import missing_words
from classifier.articles.split_names import SPLITS
from classifier.checksums import write_checksums
from classifier.config import Config, SplitConfig
from classifier.config_file import recorded_settings
from classifier.dataset.assign import assign
from classifier.dataset.consistency import ConsistentCorpus, list_conflicts
from classifier.dataset.crossed import crossing_columns, known_targets
from classifier.dataset.default_groups import assign_by_default, default_groups
from classifier.dataset.extension import OlderDataset, read_before
from classifier.dataset.folder import DatasetFolder
from classifier.dataset.info import DatasetInfo, count_splits, count_test_groups
from classifier.dataset.integrity import FOR_PEOPLE
from classifier.dataset.provenance import source_hashes
from classifier.dataset.rejects import REJECTED, Rejects
from classifier.dataset.splits import Assignment
from classifier.dataset.units import encode, spanning
from classifier.dataset.writer import write_dataset
from classifier.errors import InputError, counted
from classifier.files import whole_folder
from classifier.jobs.building.leaks import Leaks, find_leaks, warn_of_split
from classifier.jobs.building.read_articles import read_articles
from classifier.models.languages_read import SAMPLE, warn_of_languages
from classifier.models.transformer.tokenizer import load_tokenizer
from classifier.models.transformer.windows import TextEncoder
from classifier.models.weights import find_weights
from classifier.progress import SILENT, Progress
from classifier.reports.dataset.facts import DatasetFacts, gather_facts
from classifier.reports.dataset.page import write_page
from classifier.training.auto import text_encoder, with_pairs_chosen

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Built:
    """A dataset as it was (or, in a dry run, would be) written.

    Attributes:
        info: what ``dataset.json`` holds.
        facts: what the page shows beside it.
    """

    info: DatasetInfo
    facts: DatasetFacts


@dataclass(frozen=True)
class BuildOptions:
    """How a dataset is built, beside its settings.

    Attributes:
        skip_bad: leave bad rows out and list them in ``rejected.jsonl``; else they are an error.
        dry_run: read, validate and report only; nothing is written.
        extend: an older dataset whose articles keep their splits.
        count_tokens: measure lengths in tokens, where the model is at hand; else in words.
        check_languages: warn of articles that the model does not read; a training does that itself.
    """

    skip_bad: bool = False
    dry_run: bool = False
    extend: DatasetFolder | None = None
    count_tokens: bool = True
    check_languages: bool = True


def build_dataset(
    config: Config, out: Path, options: BuildOptions = BuildOptions(), progress: Progress = SILENT
) -> Built:
    """Build a dataset folder; memory grows by about one kilobyte per article, not with the texts.

    Args:
        config: where the articles are, and how to split them.
        out: the folder to write.
        options: what becomes of bad rows, an older dataset, and the like.
        progress: told of each step.

    Raises:
        InputError: the source or its rows cannot be used, or the split cannot be made; nothing is written then.
    """
    _check_settings(config, options.extend)
    with _folder(out, options.dry_run) as folder:
        scratch = folder / "scratch"
        scratch.mkdir()
        rejects = Rejects(folder / REJECTED if options.skip_bad else None)
        before = None if options.extend is None else read_before(options.extend)
        consistent, split, corrections = read_articles(config, scratch, rejects, progress, before)
        agreement = _list_disputed(config, consistent, folder)
        with progress.task("dividing the articles into splits", None):
            split, method, assignment = _assigned(config, consistent, split, before)
        warn_of_split(consistent, assignment)
        with progress.task("looking for leaks and give-aways", None):
            leaks = find_leaks(consistent, assignment)
        crossed_by = tuple(name for name in crossing_columns(split) if any(consistent.corpus.index.columns[name]))
        columns = dict.fromkeys([*split.groups, *crossed_by])
        group_by = tuple(column for column in columns if _kept_whole(consistent, assignment, column))
        groups = [] if crossed_by else [encode(consistent.corpus.index.columns[column]) for column in group_by]
        info = replace(
            _info(config, consistent, (method, assignment), leaks),
            test_groups=count_test_groups(assignment, groups),
            group_by=group_by,
            crossed_by=crossed_by,
            rejected=rejects.kinds,
            corrections=corrections,
            agreement=agreement,
        )
        if before is not None:
            old = before.dataset.info
            info = replace(info, sources=_distinct([*old.sources, *info.sources]), corrections=old.corrections)
        with progress.task("measuring how long the articles are", None):
            read, encoder = _reader(config, info.pair, consistent, assignment, options)
            model = (read.model.most_tokens, read.model.most_windows(pair=info.pair))
            facts = gather_facts(consistent, assignment, encoder, model, rejects.kinds)
        if not options.dry_run:
            with progress.task("writing the dataset", None):
                _write_lines(folder / "conflicts.jsonl", map(vars, list_conflicts(consistent)))
                write_dataset(folder, consistent.corpus, assignment, info, () if before is None else before.left_out)
                write_page(folder, info, facts, name=_name(config, out))
        shutil.rmtree(scratch)
        if not options.dry_run:
            write_checksums(folder, without=FOR_PEOPLE)
    return Built(info, facts)


def _assigned(
    config: Config, consistent: ConsistentCorpus, split: SplitConfig, before: OlderDataset | None
) -> tuple[SplitConfig, str, Assignment]:
    """The split, with the settings that it was made by: where they name no groups, those that were kept together."""
    how = {"date_format": config.data.date_format}
    if config.split.group_by is None and before is None and default_groups(consistent, split):
        return assign_by_default(consistent, split, **how)
    return split, *assign(consistent, split, None if before is None else before.earlier, **how)


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
    named = next((name for name in ("label", "labels") if getattr(config.data.columns, name)), None)
    if config.data.annotators and named is not None:
        raise InputError(
            f"data.columns.{named} has no effect beside data.annotators: the majority of the annotators is the label.",
            fix=f"Leave data.columns.{named} out; or data.annotators, where that column holds the final labels.",
        )
    try:
        check_strip(config.data.strip)
    except ValueError as error:
        raise InputError(f"data.strip: {error}", fix='For example: --set data.strip=["headers"]') from None


def _name(config: Config, out: Path) -> str:
    """What the dataset is called on its page: like its folder, or like its source where it lies in a run."""
    if out.name != "dataset":
        return out.name
    path = config.data.path or config.data.train or ""
    return path if config.data.builder == "hub" else Path(path).name.split(".")[0]


def _kept_whole(consistent: ConsistentCorpus, assignment: Assignment, column: str) -> bool:
    """Whether no value of a column stands in two splits; given splits may divide some."""
    groups = encode(consistent.corpus.index.columns[column])
    return assignment.folds is not None or not spanning(assignment.split, groups)


def _info(
    config: Config,
    consistent: ConsistentCorpus,
    split: tuple[str, Assignment],
    leaks: Leaks,
) -> DatasetInfo:
    method, assignment = split
    left_out = {code: count for code, count in consistent.corpus.languages.most_common() if code}
    return DatasetInfo(
        labels=consistent.labels.names,
        multi_label=consistent.labels.multi_label,
        pair="target" in consistent.corpus.used,
        split_method=method,
        group_by=(),
        validation_by=assignment.validation_by,
        validation_given=assignment.validation_given,
        known_targets=known_targets(consistent, assignment),
        counts=count_splits(consistent.corpus.index.labels, assignment),
        notes=(*assignment.notes, *_language_notes(left_out)),
        sources=source_hashes(config),
        settings=recorded_settings(config),
        asked={name: round(share, 6) for name, share in assignment.asked.items()},
        cuts=assignment.cuts,
        folds=None if assignment.folds is None else assignment.folds.shape[1],
        duplicates=consistent.duplicates,
        probe=leaks.probe,
        giveaways=leaks.giveaways,
        size_of_test=leaks.size_of_test,
        languages_left_out=left_out,
    )


def _language_notes(left_out: Mapping[str, int]) -> list[str]:
    """A note on the articles that were left out because of their language."""
    if not left_out:
        return []
    many = counted(sum(left_out.values()), "article")
    return [f"{many} left out: in other languages than data.languages ({languages_in_words(left_out, left_out)})"]


def _distinct(sources: Iterable[Mapping[str, str]]) -> tuple[Mapping[str, str], ...]:
    return tuple({tuple(source.items()): source for source in sources}.values())


def _list_disputed(config: Config, consistent: ConsistentCorpus, folder: Path) -> Agreement | None:
    """List the articles that their annotators are tied about; how far annotators agree, where there are several."""
    index = consistent.corpus.index
    votes = {
        row: vote_of(Article("", "", extra={ANNOTATIONS: value}))
        for row, value in enumerate(index.columns[ANNOTATIONS])
        if value
    }
    said = {row: vote.labels for row, vote in votes.items() if vote is not None}
    if not said:
        return None
    multi_label = config.data.task == "multi_label"
    say_lost(said.values(), index.labels, missing_words(config.data.missing))
    tied = [row for row, labels in said.items() if is_tied(labels, multi_label=multi_label)]
    where = consistent.corpus.places(tied)
    records = ({"id": index.ids[row], "where": where[row], "votes": said[row]} for row in tied)
    _write_lines(folder / "disputed.jsonl", records)
    return summarise(said.values(), multi_label)


def _write_lines(path: Path, records: Iterable[Mapping[str, Any]]) -> None:
    """Write JSONL; no file where there is nothing to write."""
    lines = [to_json(record) + "\n" for record in records]
    if lines:
        path.write_text("".join(lines), encoding="utf-8", errors="backslashreplace")


def _reader(
    config: Config, pair: bool, consistent: ConsistentCorpus, assignment: Assignment, options: BuildOptions
) -> tuple[Config, TextEncoder | None]:
    """Settings that say how a training would read the articles, and what measures lengths in tokens.

    That is None where it is not asked for, or the model is not at hand. Articles that it does not read are said.
    """
    if not options.count_tokens:
        return config, None
    try:
        tokenizer = load_tokenizer(find_weights(config.model.name))
        read = with_pairs_chosen(config, _training_articles(assignment), pair=pair)
    except InputError as error:
        logger.warning("lengths are counted in words, not in tokens: %s", error.message)
        return config, None
    if options.check_languages:
        _warn_of_languages(config.model.name, tokenizer, consistent)
    return read, text_encoder(read, pair, tokenizer)


def _training_articles(assignment: Assignment) -> int:
    """How many articles train has; with folds, that of the fold where it has most."""
    splits = assignment.split if assignment.folds is None else assignment.folds
    return int((splits == SPLITS.index("train")).sum(axis=0).max())


def _warn_of_languages(name: str, tokenizer: Any, consistent: ConsistentCorpus) -> None:
    kept = np.flatnonzero(consistent.kept)
    sample = kept[evenly(len(kept), SAMPLE)]
    found = count_languages(consistent.corpus.articles(sample))
    warn_of_languages(name, find_weights(name), tokenizer, found, built=False)
