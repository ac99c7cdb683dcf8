"""The verb evaluate: a run's model on labelled articles. Which articles those are, and where the figures go."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from logging import INFO, WARNING
from pathlib import Path
from typing import Any

from classifier.articles.article import Article
from classifier.articles.boilerplate import strip_article
from classifier.articles.checked import apart, checked
from classifier.articles.date_doubts import with_iso_dates
from classifier.articles.labels import respell
from classifier.articles.reading import observed
from classifier.bars import AUTOMATIC
from classifier.config import DataConfig
from classifier.config_file import Settings, check_effect, given_settings, load_config, setting_text
from classifier.dataset.builders import builder_settings
from classifier.dataset.duplicates import text_key
from classifier.dataset.folder import DatasetFolder, is_dataset, open_dataset, run_dataset
from classifier.dataset.rejects import REJECTED, left_out_in_words
from classifier.errors import Fault, InputError
from classifier.evaluation.adaptation import FILE as LABEL_SHIFT
from classifier.evaluation.annotators import FILE as ANNOTATORS_FILE
from classifier.evaluation.cascade import FILE as CASCADE
from classifier.evaluation.controls import CONTROLS_FILE
from classifier.evaluation.error_list import ERRORS_FILE
from classifier.evaluation.evaluate_articles import EvaluationPlan, assess
from classifier.evaluation.group_errors import FILE as GROUP_ERRORS
from classifier.evaluation.labels.held_out import FILE as HELD_OUT
from classifier.evaluation.ledger import ledger_file, read_ledger, record_look
from classifier.evaluation.out_of_scope import FILE as OUT_OF_SCOPE
from classifier.evaluation.out_of_scope import OutsideArticles
from classifier.evaluation.predictions import PREDICTIONS, TEXT_KEY, read_predictions
from classifier.evaluation.result import APART, Evaluation
from classifier.evaluation.slices import FILE
from classifier.evaluation.target_controls import FULL, check_pairs
from classifier.files import check_free
from classifier.jobs.cascading import with_cascade_found
from classifier.jobs.held_out_labels import OPTION as HELD_OUT_OPTION
from classifier.jobs.held_out_labels import check_can_hold_out, hold_out
from classifier.jobs.known_articles import make_known_articles
from classifier.jobs.messages import held_messages
from classifier.jobs.other_articles import but_labels, of_other, read_other
from classifier.jobs.outside_articles import OPTION, read_outside, warn_of_known_texts
from classifier.jobs.promises import Promises, store_promises, with_promises, with_validation
from classifier.jobs.source import (
    DATE_FORMAT,
    READING_ARTICLES,
    READING_LABELLED,
    SPLIT_COLUMN,
    WITHOUT_LABELS,
    Source,
    as_named_source,
    column_names,
    refuse_trained,
)
from classifier.models.cascade import Route, check_blended, check_cascade
from classifier.models.decider import Decider
from classifier.models.loading import load_before_refit, load_predictor
from classifier.models.model_folder import ModelInfo
from classifier.models.predictor import Predictor
from classifier.models.run_folder import RunFolder
from classifier.models.trained import Trained, open_trained
from classifier.progress import Progress
from classifier.reports.run.card import write_card
from classifier.reports.run.cascade import level_words, promise_words
from classifier.reports.run.page import refresh_report
from classifier.reports.task import task_of
from classifier.stats.cascade import check_agreement

logger = logging.getLogger(__name__)
FILES = {"metrics.json", PREDICTIONS}
ASKED = {CONTROLS_FILE, ERRORS_FILE, LABEL_SHIFT, OUT_OF_SCOPE, HELD_OUT, CASCADE}  # only where they were asked for
MORE = {FILE, REJECTED, ANNOTATORS_FILE, GROUP_ERRORS, *APART.values(), *ASKED}  # may be there too


def evaluate(
    run: str | Path,
    data: Source | None = None,
    *,
    split: str | None = None,
    out: str | Path | None = None,
    settings: Settings | None = None,
    skip_bad: bool = False,
    by: str | Sequence[str] = (),
    min_precision: float | None = None,
    sets: float | None = None,
    folds: str | Path | None = None,
    device: str = "auto",
    bf16: bool | None = None,
    controls: bool = False,
    explain: bool = False,
    adapt: bool = False,
    out_of_scope: Source | None = None,
    cascade: float | None = None,
    held_out_labels: bool = False,
    progress: Progress = AUTOMATIC,
) -> Evaluation:
    """Evaluate a complete run, or the ensemble of several seeds, on a split of its dataset or on other articles.

    Args:
        run: the run folder, or the folder of several seeds.
        data: a labelled file, a folder of texts, a dataset folder, or labelled articles in memory such as a DataFrame.
        split: ``test`` (default) | ``validation`` | ``train``, of the run's dataset or of ``data``.
        out: where to write; else ``RUN/evaluation/<split>``, or ``RUN/evaluation/data-<name>`` for other data, and the
            run's page is written again.
        settings: ``data.columns.*``, ``data.encoding``, ``data.sheet``, ``data.missing`` and ``data.label_separator``
            -> values, for reading ``data`` and ``out_of_scope``.
        skip_bad: leave bad rows of ``data`` out, also those with labels that the model does not know; the evaluation
            lists them in ``rejected.jsonl`` and counts them.
        by: columns to slice by, and to test whether error rates differ between their groups; the standard ones that
            the articles have, without that test, when empty.
        min_precision: for each class, find on validation from which score on at least that share of its labels is
            right, and store these thresholds with the model: `Classifier.predict(…, abstain=True)` obeys them.
        sets: find on validation which labels of an article make up a set that holds the true one with this
            probability, and store that with the model: `Classifier.predict(…, sets=True)` gives these sets.
        folds: a cross-validation with the run's settings (``train --all-folds``): what ``min_precision``, ``sets`` and
            ``cascade`` ask for is then found on its articles rather than on the few of validation.
        device: ``auto`` | ``cpu`` | ``cuda`` | ``mps``.
        bf16: False for float32, whatever the training used; None = as in training.
        controls: for a model of pairs, write ``controls.json`` too: how its predictions change when targets are taken
            away or swapped.
        explain: write ``errors.json`` too: the worst errors with the sentences that led there.
        adapt: write ``label_shift.json`` too: figures of scores and labels that are adapted to the articles' shares of
            labels, as ``predict(…, adapt=True)`` estimates them. What that needs is found on validation, and stored
            with a model of an older version.
        out_of_scope: articles that belong to none of the model's labels: a file, a folder of texts, or articles in
            memory; labels are not read. Writes ``out_of_scope.json`` too: how many of them are given a label, and what
            the stored thresholds do about it.
        cascade: write ``cascade.json`` too: figures where articles on which TF-IDF alone is surely the model's answer
            skip the transformer, as with ``predict(…, cascade=0.99)``, beside those of the model. What that needs is
            found on validation, and stored with a model of an older version.
        held_out_labels: write ``held_out_labels.json`` too: what becomes of the articles of each label where a stand-in
            of the model is trained without it.
        progress: told of each step.

    Raises:
        InputError: the run is incomplete, or the articles cannot be used; controls are asked of single texts; labels
            are to be held out of fewer than three, or of other articles than the run's test; or
            ``min_precision`` or ``sets`` is not between 0 and 1, or validation has too few articles for them; or
            ``sets`` are asked of a model that may give several labels.

    Example:
        >>> found = evaluate("runs/first", split="validation")
        >>> found.split, found.articles
        ('validation', 12)
    """
    given, asked = given_settings(settings), Promises(min_precision, sets)
    _check_settings(given, labelled=data is not None, unlabelled=out_of_scope is not None, skip_bad=skip_bad)
    trained = open_trained(run, command="evaluate", takes=("run", "seeds"))
    path, first, ensemble = trained.path, trained.first_run(), trained.ensemble
    config = load_config(first.config, but_labels(given), check=builder_settings)
    read_ledger(ledger_file(path))  # a damaged one is said before the work
    on_test = data is None and split in (None, "test")
    info = _checked(trained.model_info(), controls=controls, cascade=cascade, held_out=held_out_labels, on_test=on_test)
    with as_named_source(data) as named:
        labelled = _labelled_articles(first, config.data, given, info, split, named, skip_bad=skip_bad)
    name, articles, dataset = labelled.name, labelled.articles, labelled.dataset
    outside = _outside(out_of_scope, given, info, first, articles)
    predictor = _loaded(trained, device, bf16)  # takes seconds: after the file is checked
    needed = name == "validation" or any(asked.names)  # other data are called data-…
    before = load_before_refit(path, ensemble, device=device, bf16=bf16) if needed else None
    scored, for_promises = None if folds is None else Path(folds), any(asked.names) or cascade is None
    predictor = with_promises(predictor, first, asked, progress, scored if for_promises else None, before)
    if adapt:
        predictor = with_validation(predictor, trained, len(articles), progress)
    predictor = with_cascade_found(predictor, trained, cascade, scored, progress)
    tested = _tested(predictor, before if name == "validation" else None)
    held = _held_out(first, predictor.info, device, bf16, progress) if held_out_labels else {}
    folder = evaluation_folder(path, name, out)
    check_free(folder, needed=FILES, allowed=MORE, overwrite=True)
    if data is not None:
        _warn_of_replaced(folder, articles)
    found = assess(
        first,
        tested,
        name,
        articles,
        folder,
        EvaluationPlan(
            config.evaluate.bootstrap_samples,
            column_names(by),
            controls=FULL if controls else None,
            explain=explain,
            adapt=adapt,
            route=None if cascade is None else _route(predictor, cascade, path),
            keep=_kept(asked) if data is None and out is None else set(),
            trained_texts=0 if data is None else _trained_texts(first, articles, refit=predictor.info.refit),
            left_out=labelled.left_out,
            baseline=None if tested is predictor else first.before_refit.baseline,
            outside=outside,
            more=held,
        ),
        progress,
        dataset,
    )
    if data is not None or name == "test":
        options = {"min_precision": min_precision, "sets": sets, "folds": None if folds is None else str(folds)}
        record_look(path, trained.runs, found, articles, by="evaluate", options=options, dataset=dataset)
    if any(asked.names):
        store_promises(path, first, ensemble, predictor.info, asked, folder)
    if out is None or any(asked.names):
        _write_pages(trained, progress)
    return found


def _write_pages(trained: Trained, progress: Progress) -> None:
    with progress.task("writing the report", None):
        write_card(trained.path, trained.runs)
        refresh_report(trained.path)


def _loaded(trained: Trained, device: str, bf16: bool | None) -> Predictor:
    """What the run or the seeds predict with; one of an older version gets what new articles are compared with."""
    predictor = load_predictor(trained.path, device=device, bf16=bf16)
    make_known_articles(trained)
    return predictor


def _checked(info: ModelInfo, *, controls: bool, cascade: float | None, held_out: bool, on_test: bool) -> ModelInfo:
    """What the model says about itself, once it is known to suit what is asked."""
    if controls:
        check_pairs(info)
    if cascade is not None:
        check_agreement(cascade)
        check_blended(info)
    if held_out:
        check_can_hold_out(info)
        if not on_test:
            raise InputError(
                f"{HELD_OUT_OPTION} is about all articles of the run's dataset, and stands beside the figures on test.",
                fix="Leave out --data and --split.",
            )
    return info


def _check_settings(given: Settings, *, labelled: bool, unlabelled: bool, skip_bad: bool) -> None:
    """Raise `InputError` for settings and options that have nothing to read, or only articles without labels."""
    if skip_bad and not labelled:
        raise InputError("--skip-bad is for reading --data, and there is none.", fix="Leave it out.")
    check_effect(given, READING_LABELLED, but=[SPLIT_COLUMN])
    if labelled:
        return
    if unlabelled:
        check_effect(given, READING_ARTICLES, but=(*WITHOUT_LABELS, "data.columns.label"))
    elif given:
        raise InputError(
            f"--set {setting_text(*next(iter(given.items())))} is for reading --data or {OPTION}, and there is none.",
            fix="Leave it out.",
        )


def _outside(
    given: Source | None, settings: Settings, info: ModelInfo, run: RunFolder, articles: Sequence[Article]
) -> OutsideArticles | None:
    """The articles that belong to no label, with a warning of those that the run knows with one."""
    if given is None:
        return None
    with as_named_source(given, "out of scope") as named:
        found = read_outside(named, settings, info)
    try:
        trained = list(run_dataset(run.path).articles("train"))
    except InputError:
        trained = []
    warn_of_known_texts(found, [*trained, *articles], "the articles of training or of this evaluation")
    return found


def _kept(asked: Promises) -> set[str]:
    """What an older evaluation of the same articles keeps; with new thresholds, not what was found by the old ones."""
    return ASKED if asked.min_precision is None else ASKED - {OUT_OF_SCOPE}


def _route(decider: Decider, agreement: float, path: Path) -> Route:
    """Which articles skip the transformer; says what is promised of them, for this agreement and others."""
    route = check_cascade(decider.info, agreement, path)
    logger.log(WARNING if route.rule.threshold is None else INFO, "%s", promise_words(route.known, route.rule))
    logger.info("%s", level_words(route.known))
    return route


def _held_out(
    run: RunFolder, info: ModelInfo, device: str, bf16: bool | None, progress: Progress
) -> dict[str, dict[str, Any]]:
    """What becomes of the articles of each label that is held out, worked out where the call says."""
    config = load_config(run.config)
    asked = {"device": device} if bf16 is None else {"device": device, "bf16": bf16}
    config = config.model_copy(update={"train": config.train.model_copy(update=asked)})
    return {HELD_OUT: asdict(hold_out(run, config, info, progress))}


def _tested(predictor: Predictor, before: Predictor | None) -> Predictor:
    """What is evaluated: the model, or on its validation what has not learned from it, where there is such a one."""
    if before is None:
        return predictor
    logger.info("the model has learned from validation (train.refit): evaluated is the one that has not")
    return before.promising(predictor.info)


def evaluation_folder(run: str | Path, name: str, out: str | Path | None = None) -> Path:
    """Where `evaluate` writes what it found.

    Args:
        run: the run folder.
        name: of the articles, as in `Evaluation.split`.
        out: the folder that was asked for, if one was.

    Example:
        >>> evaluation_folder("runs/first", "validation")
        PosixPath('runs/first/evaluation/validation')
    """
    return RunFolder(Path(run)).evaluation(name) if out is None else Path(out)


@dataclass(frozen=True)
class Labelled:
    """The articles to evaluate on.

    Attributes:
        name: of them all.
        articles: that are good.
        dataset: that they are from, where they are from one.
        left_out: bad rows beside them.
    """

    name: str
    articles: list[Article]
    dataset: DatasetFolder | None = None
    left_out: Sequence[Fault] = ()


def _labelled_articles(
    run: RunFolder,
    settings: DataConfig,
    given: Settings,
    info: ModelInfo,
    split: str | None,
    data: str | None,
    *,
    skip_bad: bool,
) -> Labelled:
    if data is None:
        dataset = run_dataset(run.path)
        return Labelled(split or "test", list(dataset.articles(split or "test")), dataset)
    path, other = Path(data), None
    if is_dataset(path):
        other = open_dataset(path)
        articles, bad = _good(other.articles(split or "test"), path, info, skip_bad=skip_bad)
        name = f"data-{path.name}-{split or 'test'}"
    elif path.suffix == ".toml":  # of a Config or of several splits
        raise InputError(
            f"'{path}' is not one set of labelled articles.",
            fix="Give one split: a path, a DataFrame, a datasets.Dataset, a list of articles or mappings, "
            "or a DatasetFolder.",
        )
    elif split is not None:
        raise InputError(
            "--split goes with a dataset, not with a file.", fix="Leave out --split or give a dataset folder."
        )
    else:
        refuse_trained(path, "labelled articles")
        with held_messages() as say_first, observed() as found:
            rows = read_other(path, of_other(settings, given), given, info)
            articles, bad = _good(rows, path, info, skip_bad=skip_bad)
            task = {"pair": info.pair, "multi_label": info.multi_label}
            say_first(task_of(articles, [str(path)], found, **task))
        name = f"data-{path.name}"
    articles = [strip_article(article, info.strip) for article in articles]
    articles = respell(articles, info.labels, f"'{path}'")
    if other is None:
        how = {"date_format" if DATE_FORMAT in given else "usual": settings.date_format}
        articles = with_iso_dates(articles, **how, file=str(path))
    return Labelled(name, articles, other, bad)


def _good(
    items: Iterable[Article | Fault], path: Path, info: ModelInfo, *, skip_bad: bool
) -> tuple[list[Article], list[Fault]]:
    """The articles, and the bad rows that are left out beside them; without ``skip_bad`` these are an error."""
    if not skip_bad:
        return checked(items, f"'{path}'", labels=info.labels), []
    good, bad = apart(items, info.labels)
    if not good:
        return checked(bad, f"'{path}'", labels=info.labels), bad
    if bad:
        kinds = dict(Counter(fault.name for fault in bad).most_common())
        logger.warning("'%s': %s; %s beside the figures lists them", path, left_out_in_words(kinds), REJECTED)
    return good, bad


def _warn_of_replaced(folder: Path, articles: Sequence[Article]) -> None:
    """Say it where figures of other articles are lost: another file had the same name, or another DataFrame."""
    if not (folder / PREDICTIONS).exists():
        return
    try:
        before = set(read_predictions(folder)[TEXT_KEY].to_pylist())
    except (InputError, KeyError):  # damaged, or of an older version: of no use
        return
    if before.isdisjoint(text_key(article.text) for article in articles):
        logger.warning("'%s' holds figures of other articles, which these replace; --out keeps both", folder)


def _trained_texts(run: RunFolder, articles: Sequence[Article], *, refit: bool) -> int:
    """How many articles have a text that the model was trained on, with a warning: figures on those prove nothing."""
    try:
        seen = {text_key(article.text) for article in run_dataset(run.path, refit=refit).articles("train")}
    except InputError:
        return 0
    known = sum(text_key(article.text) in seen for article in articles)
    if known:
        logger.warning(
            "%s of these %s articles have a text that the model was trained on: the figures do not show how it does "
            "on new ones",
            f"{known:,}",
            f"{len(articles):,}",
        )
    return known
