"""The first half of a build: articles are read, bad rows left out, labels corrected, duplicates found."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from classifier.arrays import Bools
from classifier.articles.annotators import ANNOTATIONS
from classifier.articles.article import Article
from classifier.articles.language_names import counts_as, language_code
from classifier.articles.languages import languages_in_words
from classifier.articles.missing import missing_words
from classifier.articles.reading import Reading, observed
from classifier.config import Config, SplitConfig
from classifier.dataset.assign import index_columns
from classifier.dataset.builders import open_parts, source_files
from classifier.dataset.consistency import ConsistentCorpus, label_errors, make_consistent
from classifier.dataset.corpus import GUESS, OLD, Corpus
from classifier.dataset.corpus_dates import with_dates
from classifier.dataset.corpus_reader import Preparation, read_corpus
from classifier.dataset.corrections import Corrections, correct
from classifier.dataset.default_groups import default_groups
from classifier.dataset.extension import OlderDataset, new_only
from classifier.dataset.group_columns import read_groups
from classifier.dataset.ids import distinct_ids, first_of_ids
from classifier.dataset.label_checks import check_labels
from classifier.dataset.near_sources import say_near_sources
from classifier.dataset.rare_labels import LabelLimits
from classifier.dataset.rejects import Rejects
from classifier.errors import Fault, InputError, counted, names, together
from classifier.jobs.messages import held_messages
from classifier.progress import Progress
from classifier.reports.task import task_words

logger = logging.getLogger(__name__)
MOST_NAMED = 20  # articles without a target that are listed


def read_articles(
    config: Config, scratch: Path, rejects: Rejects, progress: Progress, before: OlderDataset | None
) -> tuple[ConsistentCorpus, SplitConfig, Corrections | None]:
    """All articles of a source, at most one of each id, with labels that agree where texts are the same.

    Args:
        config: where they are, and what is done to them.
        scratch: an empty folder for what does not stay in memory.
        rejects: takes the bad rows, or refuses them.
        progress: told of each step.
        before: an older dataset that is extended.

    Returns:
        The articles, how they are to be split (with the columns of the groups as the articles have them), and what
        became of the corrections where there are any.

    Raises:
        InputError: the source, its rows or the corrections cannot be used.
    """
    data, what = config.data, _source_names(config)
    with held_messages() as say_first, observed() as found:
        corpus, split = _stream(config, scratch, rejects, progress, before)
        if len(corpus):
            say_first(_task_line(config, corpus, found))
    _say_languages(config, corpus)
    if not len(corpus) and not rejects.counts:
        raise InputError(f"{what} holds no articles.", fix="Give at least one good row below the header.")
    corpus = distinct_ids(corpus)
    kept = first_of_ids(corpus, rejects.add)
    corrections, multi_label = None, data.task == "multi_label"
    errors = [error for error in (rejects.problem(what, len(corpus)), _pair_error(corpus)) if error is not None]
    try:
        corpus = with_dates(corpus, data.date_format, temporal=config.split.method == "temporal")
    except InputError as error:
        errors.append(error)
    if data.corrections is not None:
        try:
            corpus, staying, corrections = correct(
                corpus,
                Path(data.corrections),
                multi_label=multi_label,
                new_labels=data.new_labels,
                encoding=data.encoding,
            )
        except InputError as error:
            raise together(what, [*errors, error]) from None
        kept &= staying
    consistent = _consistent(config, corpus, kept, errors, progress)
    named = split.groups if config.split.group_by is not None or before else default_groups(consistent, split)
    check_labels(consistent, named, missing_words(data.missing))
    say_near_sources(consistent)
    if before is not None:
        consistent = replace(consistent, kept=consistent.kept | (np.arange(len(corpus)) < len(before)))
    return consistent, split, corrections


def _consistent(
    config: Config, corpus: Corpus, kept: Bools, errors: Sequence[InputError], progress: Progress
) -> ConsistentCorpus:
    """The corpus with consistent labels; what is wrong with them is one error with those that were found before."""
    data, what = config.data, _source_names(config)
    multi_label = data.task == "multi_label"
    words = missing_words(data.missing)
    limits = LabelLimits(data.min_per_label, frozenset((*data.columns.labels, *data.new_labels)), words)
    if errors:
        more = label_errors(
            corpus,
            kept,
            multi_label=multi_label,
            merge_labels=data.merge_labels,
            conflicts=data.conflicts,
            limits=limits,
        )
        raise together(what, [*errors, *more])
    _say_unread(corpus)
    try:
        with progress.task("looking for near-duplicates", None):
            return make_consistent(
                corpus,
                kept,
                multi_label=multi_label,
                merge_labels=data.merge_labels,
                conflicts=data.conflicts,
                duplicates=data.duplicates,
                near=data.near_duplicates or None,
                contained=data.contained or None,
                limits=limits,
            )
    except InputError as error:
        raise together(what, [error]) from None


def _stream(
    config: Config, scratch: Path, rejects: Rejects, progress: Progress, before: OlderDataset | None
) -> tuple[Corpus, SplitConfig]:
    """The articles as they are read, and how they are to be split, with the columns of the groups as they have them."""
    data = config.data
    group_by = config.split.group_by
    if group_by is None:
        group_by = () if before is None else before.dataset.info.group_by
    asked = {"split.group_by": group_by, "split.crossed_by": config.split.crossed_by or ()}
    grouped = read_groups(open_parts(data), asked, data.columns.named, missing_words(data.missing))
    if grouped.split_like and set(grouped.parts) == {"all"} and config.split.method is None:
        logger.warning(
            "the column '%s' holds names of splits, but it is not used: --set data.columns.split=%s",
            *(grouped.split_like, grouped.split_like),
        )
    columns = {name.removeprefix("split."): found for name, found in grouped.columns.items()}
    split = config.split.model_copy(update=columns)
    parts: Mapping[str, Iterable[Article | Fault]] = grouped.parts
    if before is not None:
        parts = {OLD: before.dataset.articles(), **new_only(parts, before, data.strip)}
    preparation = Preparation(
        (*index_columns(split, parts, before.earlier if before else None), ANNOTATIONS),
        data.strip,
        data.near_duplicates is not False,
        data.guess_language,
        _kept_languages(config),
    )
    with progress.task("reading articles", None) as task:
        return read_corpus(parts, scratch, preparation, rejects.add, task), split


def _kept_languages(config: Config) -> tuple[str, ...]:
    """Codes of the languages whose articles are kept; none for all, and where the builder reads those alone."""
    asked = config.data.languages or ()
    codes = [language_code(name) for name in asked]
    unknown = [name for name, code in zip(asked, codes, strict=True) if code is None]
    if unknown and config.data.builder != "semeval2023":
        raise InputError(
            f"data.languages names {names(unknown)}, which is no language.",
            fix="Give codes or English names of languages, such as --set data.languages=en",
        )
    return () if config.data.builder == "semeval2023" else tuple(counts_as(code) for code in codes if code)


def _say_languages(config: Config, corpus: Corpus) -> None:
    """Say how many articles were left out because of their language, and refuse to leave out all."""
    left_out = {code: count for code, count in corpus.languages.items() if code}
    if not left_out:
        return
    others, many = languages_in_words(left_out, left_out), sum(left_out.values())
    kept = languages_in_words(_kept_languages(config))
    if not len(corpus):
        raise InputError(
            f"None of the {many:,} articles is in {kept}: {others}.",
            fix=f"Keep the articles in one of these: --set data.languages={max(left_out, key=lambda c: left_out[c])}",
        )
    unsure = corpus.languages[None]
    logger.info(
        "%s left out, since only those in %s are kept (data.languages): %s%s",
        counted(many, "article is", "articles are"),
        kept,
        others,
        f"; {unsure:,} whose language is not sure are kept" if unsure else "",
    )


def _task_line(config: Config, corpus: Corpus, found: Reading) -> str:
    """What was read, in words."""
    new = [row for row, part in enumerate(corpus.index.parts) if part != OLD]
    labels = Counter(name for row in new for name in corpus.index.labels[row])
    files = source_files(config.data).values()
    named = [f"hub:{path}" for path in files] if config.data.builder == "hub" else [str(path) for path in files]
    return task_words(
        len(new),
        labels,
        named,
        found,
        pair="target" in corpus.used,
        multi_label=config.data.task == "multi_label",
        titles="title" in corpus.used,
    )


def _source_names(config: Config) -> str:
    if config.data.builder == "hub":
        return f"hub:{config.data.path}"
    return " and ".join(f"'{path}'" for path in source_files(config.data).values())


def _pair_error(corpus: Corpus) -> InputError | None:
    """The error for articles of which only some have a target."""
    single = int((corpus.index.input == corpus.index.text).sum())
    if "target" not in corpus.used or not single:
        return None
    rows = np.flatnonzero(corpus.index.input == corpus.index.text)[:MOST_NAMED].tolist()
    where = corpus.places(rows)
    return InputError(
        f"{single:,} of {len(corpus):,} articles have no target, the others have one.",
        faults=[Fault(where[row], "has no target", "no target", id=corpus.given_id(row)) for row in rows],
        fix="Give every file the column of targets, or turn pairs off: --set data.pair=false",
    )


def _say_unread(corpus: Corpus) -> None:
    """Say which columns the model does not read."""
    unread = sorted(set(corpus.kinds) - {"split", ANNOTATIONS, GUESS})
    if unread:
        logger.info("columns that the model does not read: %s (data.columns gives them another meaning)", names(unread))
