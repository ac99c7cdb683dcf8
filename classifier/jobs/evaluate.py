"""The verb evaluate: a run's model on labelled articles. Which articles those are, and where the figures go."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from classifier.articles.article import Article
from classifier.articles.boilerplate import strip_article
from classifier.articles.labels import respell
from classifier.articles.readers.below import holds_labelled_texts
from classifier.articles.rows import checked
from classifier.bars import AUTOMATIC
from classifier.config import DataConfig
from classifier.config_file import Settings, check_effect, given_settings, load_config, setting_text
from classifier.dataset.builders import builder_settings, saved_dataset, table, text_folder
from classifier.dataset.duplicates import text_key
from classifier.dataset.folder import DatasetFolder, is_dataset, open_dataset, run_dataset
from classifier.errors import InputError
from classifier.evaluation.controls import CONTROLS_FILE
from classifier.evaluation.error_list import ERRORS_FILE
from classifier.evaluation.evaluate_articles import EvaluationPlan, assess, grouping_of
from classifier.evaluation.ledger import ledger_file, read_ledger, record_look
from classifier.evaluation.predictions import PREDICTIONS
from classifier.evaluation.result import APART, Evaluation
from classifier.evaluation.slices import FILE
from classifier.evaluation.target_controls import MOST, check_pairs
from classifier.files import check_free
from classifier.jobs.source import READING_LABELLED, SPLIT_COLUMN, Source, as_named_source, column_names
from classifier.models.classifier import Classifier
from classifier.models.ensemble import EnsembleInfo, write_ensemble
from classifier.models.model_folder import read_model_info, write_model_info
from classifier.models.run_folder import RunFolder
from classifier.models.trained import open_trained
from classifier.progress import Progress
from classifier.reports.run.card import write_card
from classifier.reports.run.page import refresh_report
from classifier.stats.abstention import Abstention, check_precision, fit_abstention

logger = logging.getLogger(__name__)
FILES = {"metrics.json", PREDICTIONS}
ASKED = {CONTROLS_FILE, ERRORS_FILE}  # only where they were asked for
MORE = {FILE, *APART.values(), *ASKED}  # what an evaluation folder may hold too


def evaluate(
    run: str | Path,
    *,
    split: str | None = None,
    data: Source | None = None,
    out: str | Path | None = None,
    settings: Settings | None = None,
    by: str | Sequence[str] = (),
    min_precision: float | None = None,
    device: str = "auto",
    bf16: bool | None = None,
    controls: bool = False,
    explain: bool = False,
    progress: Progress = AUTOMATIC,
) -> Evaluation:
    """Evaluate a complete run, or the ensemble of several seeds, on a split of its dataset or on other articles.

    Args:
        run: the run folder, or the folder of several seeds.
        split: ``test`` (default) | ``validation`` | ``train``, of the run's dataset or of ``data``.
        data: a labelled file, a folder of texts, a dataset folder, or labelled articles in memory such as a DataFrame.
        out: where to write; else ``RUN/evaluation/<split>``, or ``RUN/evaluation/data-<name>`` for other data, and the
            run's page is written again.
        settings: ``data.columns.*``, ``data.encoding``, ``data.sheet``, ``data.missing`` and ``data.label_separator``
            -> values, for reading ``data``.
        by: columns to slice by; the standard ones that the articles have when empty.
        min_precision: for each class, find on validation from which score on at least that share of its labels is
            right, and store these thresholds with the model: `Classifier.predict(…, abstain=True)` obeys them.
        device: ``auto`` | ``cpu`` | ``cuda`` | ``mps``.
        bf16: False for float32, whatever the training used; None = as in training.
        controls: for a model of pairs, write ``controls.json`` too: how its predictions change when targets are taken
            away or swapped.
        explain: write ``errors.json`` too: the worst errors with the sentences that led there.
        progress: told of each step.

    Raises:
        InputError: the run is incomplete, or the articles cannot be used; controls are asked of single texts; or
            ``min_precision`` is not between 0 and 1, or there is no validation to find thresholds on.

    Example:
        >>> found = evaluate("runs/first", split="validation")
        >>> found.split, found.articles
        ('validation', 12)
    """
    if min_precision is not None:
        check_precision(min_precision)
    given = given_settings(settings)
    check_effect(given, READING_LABELLED, but=[SPLIT_COLUMN])
    trained = open_trained(run, command="evaluate", takes=("run", "seeds"))
    path, first, ensemble = trained.path, trained.first_run(), trained.ensemble
    if data is None and given:
        text = setting_text(*next(iter(given.items())))
        raise InputError(f"--set {text} is for reading --data, and there is none.", fix="Leave it out.")
    config = load_config(first.config, given, check=builder_settings)
    read_ledger(ledger_file(path))  # a damaged one is said before the work
    classifier = Classifier.load(path, device=device, bf16=bf16)
    if controls:
        check_pairs(classifier)
    if min_precision is not None:
        classifier = _with_abstention(classifier, first, min_precision, progress)
    with as_named_source(data) as named:
        name, articles, dataset = _labelled_articles(first, _of_other(config.data, given), classifier, split, named)
    folder = evaluation_folder(path, name, out)
    check_free(folder, needed=FILES, allowed=MORE, overwrite=True)
    found = assess(
        first,
        classifier,
        name,
        articles,
        folder,
        EvaluationPlan(
            config.evaluate.bootstrap_samples,
            column_names(by),
            controls=MOST if controls else 0,
            explain=explain,
            keep=ASKED if data is None and out is None else set(),
        ),
        progress,
        dataset,
    )
    if data is not None or name == "test":
        options = {"min_precision": min_precision}
        record_look(path, trained.runs, found, articles, by="evaluate", options=options, dataset=dataset)
    if min_precision is not None:
        _store(path, first, ensemble, classifier.info.abstention)
        _forget_older_thresholds(path, folder)
    if out is None or min_precision is not None:
        write_card(path, trained.runs)
        refresh_report(path)
    return found


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


def _with_abstention(classifier: Classifier, run: RunFolder, min_precision: float, progress: Progress) -> Classifier:
    """The classifier with thresholds that reach this precision on the run's validation articles."""
    dataset = run_dataset(run.path)
    if "validation" not in dataset.splits:
        raise InputError(
            "--min-precision needs validation articles, and the dataset of this run has none.",
            fix="Train with some: --set split.validation_size=0.1",
        )
    articles = list(dataset.articles("validation"))
    right = classifier.label_set.matrix(classifier.label_set.encode(article.labels for article in articles))
    with progress.task("finding thresholds on validation", len(articles)) as task:
        proba = classifier.predict_articles(articles, task)
    grouping = grouping_of(run, articles, dataset)
    found = fit_abstention(proba, classifier.given(proba), right, min_precision, grouping.ids, grouping.name)
    return replace(classifier, info=replace(classifier.info, abstention=found))


def _store(path: Path, run: RunFolder, ensemble: EnsembleInfo | None, found: Abstention | None) -> None:
    """Keep thresholds with the model or the ensemble; its file is replaced whole."""
    if ensemble is not None:
        write_ensemble(path, replace(ensemble, abstention=found))
    else:
        write_model_info(run.model, replace(read_model_info(run.model), abstention=found))


def _forget_older_thresholds(path: Path, folder: Path) -> None:
    """Remove the figures of abstention from the run's other evaluations: the run has new thresholds."""
    for file in path.glob(f"evaluation/*/{APART['abstention']}"):
        if file.parent.resolve() != folder.resolve():
            file.unlink()
            logger.warning(
                "evaluation/%s lost its figures of abstention, which were of older thresholds: evaluate on it again",
                file.parent.name,
            )


def _of_other(data: DataConfig, given: Settings) -> DataConfig:
    """The settings of training for reading other articles: those have no splits, and their own sheet and encoding."""
    columns = data.columns.model_copy(update={"split": None})
    own = {name: getattr(DataConfig(), name) for name in ("sheet", "encoding") if f"data.{name}" not in given}
    return data.model_copy(update={"columns": columns, **own})


def _labelled_articles(
    run: RunFolder, settings: DataConfig, classifier: Classifier, split: str | None, data: str | None
) -> tuple[str, list[Article], DatasetFolder | None]:
    """The articles to evaluate on: a name for them, themselves, and their dataset where they are from one."""
    if data is None:
        dataset = run_dataset(run.path)
        return split or "test", list(dataset.articles(split or "test")), dataset
    path, other = Path(data), None
    if is_dataset(path):
        other = open_dataset(path)
        articles = list(other.articles(split or "test"))
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
        articles = _read(path, settings, classifier)
        name = f"data-{path.name}"
    articles = [strip_article(article, classifier.info.strip) for article in articles]
    articles = respell(articles, classifier.info.labels, f"'{path}'")
    _warn_of_training_texts(run, articles)
    return name, articles, other


def _read(path: Path, settings: DataConfig, classifier: Classifier) -> list[Article]:
    if holds_labelled_texts(path):
        return checked(text_folder.read({"all": path}, encoding=settings.encoding)["all"], f"'{path}'")
    if (path / "state.json").exists():  # what `datasets` saved
        saved = saved_dataset.read(
            path,
            settings.columns.named,
            pair=classifier.info.pair,
            multi_label=classifier.info.multi_label,
            label_separator=settings.label_separator,
            missing=settings.missing,
        )
        return checked(saved["all"], f"'{path}'")
    if settings.columns.labels:
        parts = table.read_label_columns(
            {"all": path},
            settings.columns.named,
            settings.columns.labels,
            pair=classifier.info.pair,
            multi_label=classifier.info.multi_label,
            encoding=settings.encoding,
            missing=settings.missing,
            sheet=settings.sheet,
        )
        return checked(parts["all"], f"'{path}'")
    parts = table.read(
        {"all": path},
        settings.columns.named,
        pair=classifier.info.pair,
        multi_label=classifier.info.multi_label,
        label_separator=settings.label_separator,
        encoding=settings.encoding,
        missing=settings.missing,
        sheet=settings.sheet,
    )
    return checked(parts["all"], f"'{path}'")


def _warn_of_training_texts(run: RunFolder, articles: Sequence[Article]) -> None:
    """Warn of texts that the model was trained on: figures on those prove nothing."""
    try:
        seen = {text_key(article.text) for article in run_dataset(run.path).articles("train")}
    except InputError:
        return
    known = sum(text_key(article.text) in seen for article in articles)
    if known:
        logger.warning(
            "%s of these %s articles have a text that the model was trained on: the figures flatter it",
            f"{known:,}",
            f"{len(articles):,}",
        )
