"""The verb estimate: shares of labels, or a regression on them, in a corpus that a run has labelled."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, overload

from classifier.articles.csv_style import PLAIN, CsvStyle, csv_style
from classifier.articles.writers import check_writable, open_writer
from classifier.bars import AUTOMATIC
from classifier.config_file import Settings, check_effect, given_settings, make_config
from classifier.errors import InputError
from classifier.evaluation.drift import NewArticles
from classifier.evaluation.shares import regression
from classifier.evaluation.shares.estimate import COLUMNS, PrevalenceReport, estimate_shares
from classifier.evaluation.shares.input_columns import Written
from classifier.evaluation.shares.model_formula import LINEAR, ModelRequest
from classifier.evaluation.shares.plan import SamplePlan, plan_sample
from classifier.evaluation.shares.predicted_drift import PredictedArticles
from classifier.evaluation.shares.regression import RegressionReport, fit_model
from classifier.files import REPLACE
from classifier.jobs.known_articles import NOT_COMPARED, drift_of
from classifier.jobs.source import DATE_FORMAT, READING, WITHOUT_LABELS, Source, as_named_source, column_names
from classifier.models.known_articles import FILE
from classifier.models.model_folder import ModelInfo
from classifier.models.trained import PREDICTS, open_trained
from classifier.progress import Progress
from classifier.reports.drift import drift_warning

logger = logging.getLogger(__name__)
NAMED, ENCODING, SHEET = READING
GROUPED_BY = ("source", "author", "date", "language")
AT_ONCE = 10_000  # records that are written together


@overload
def estimate(
    run: str | Path,
    predictions: Source,
    *,
    by: str | Sequence[str] = (),
    labelled: Source | None = None,
    model: None = None,
    plan: None = None,
    out: str | Path | None = None,
    page: str | Path | None = None,
    settings: Settings | None = None,
    seed: int = 0,
    overwrite: bool = False,
    progress: Progress = AUTOMATIC,
) -> PrevalenceReport: ...


@overload
def estimate(
    run: str | Path,
    predictions: Source,
    *,
    labelled: Source | None = None,
    model: str,
    plan: None = None,
    cluster: str | None = None,
    link: str | None = None,
    out: str | Path | None = None,
    articles: str | Path | None = None,
    settings: Settings | None = None,
    overwrite: bool = False,
    progress: Progress = AUTOMATIC,
) -> RegressionReport: ...


@overload
def estimate(
    run: str | Path,
    predictions: Source,
    *,
    by: str | Sequence[str] = (),
    plan: float,
    out: str | Path,
    settings: Settings | None = None,
    seed: int = 0,
    overwrite: bool = False,
    progress: Progress = AUTOMATIC,
) -> SamplePlan: ...


@overload
def estimate(
    run: str | Path,
    predictions: Source,
    *,
    by: str | Sequence[str] = (),
    labelled: Source | None = None,
    model: str | None = None,
    plan: float | None = None,
    cluster: str | None = None,
    link: str | None = None,
    out: str | Path | None = None,
    page: str | Path | None = None,
    articles: str | Path | None = None,
    settings: Settings | None = None,
    seed: int = 0,
    overwrite: bool = False,
    progress: Progress = AUTOMATIC,
) -> PrevalenceReport | RegressionReport | SamplePlan: ...


def estimate(
    run: str | Path,
    predictions: Source,
    *,
    by: str | Sequence[str] = (),
    labelled: Source | None = None,
    model: str | None = None,
    plan: float | None = None,
    cluster: str | None = None,
    link: str | None = None,
    out: str | Path | None = None,
    page: str | Path | None = None,
    articles: str | Path | None = None,
    settings: Settings | None = None,
    seed: int = 0,
    overwrite: bool = False,
    progress: Progress = AUTOMATIC,
) -> PrevalenceReport | RegressionReport | SamplePlan:
    """Estimate the share of each label in a corpus, or regress labels on covariates, corrected for the model's errors.

    With ``plan``, choose the articles that have to be labelled by hand for that.

    Args:
        run: the run that wrote the predictions, or the folder of several seeds; a bare model with ``labelled``.
        predictions: the file that `classifier.predict_files` wrote, or the DataFrame or list that `classifier.predict`
            gave back.
        by: columns to group by, or year, quarter, month, week, day.
        labelled: a random sample of the corpus with true labels, in a file or in memory; with a column ``inclusion`` a
            planned one.
        model: a regression such as ``opinion ~ source + month``; needs ``labelled``.
        plan: choose articles to label, so that the interval of each share (of each group) is about ± this; ``out`` is
            the file for annotators.
        cluster: with ``model``: the column whose articles stand together, or ``none``; the default is the source, where
            it is no covariate.
        link: with ``model``: ``linear`` (the default: coefficients are differences of shares) or ``logit``.
        out: a .csv, .tsv, .jsonl, .parquet or .xlsx file to write.
        page: a page of the shares to write, with a chart: shares.html.
        articles: with ``model``: such a file, with the outcome of every article as the regression takes it.
        settings: ``data.columns.*``, ``data.encoding``, ``data.sheet`` and ``data.date_format`` -> values, for reading
            both files.
        seed: of the draws.
        overwrite: replace an older file.
        progress: told of the articles.

    Raises:
        InputError: the run has no test articles and none are labelled; or a file cannot be used.

    Example:
        >>> report = estimate("runs/first", "predicted.csv", out="shares.csv")
        >>> [share.label for share in report.shares]
        ['opinion', 'reporting', 'satire']
    """
    written = _reading(given_settings(settings))
    grouping = column_names(by)
    with as_named_source(predictions, "predictions") as corpus, as_named_source(labelled, "labelled") as sample:
        _check_options(model, grouping, sample, {"--cluster": cluster, "--link": link, "--articles": articles})
        _check_plan(plan, model, sample, out)
        _check_files(out, articles, [str(path) for path in (corpus, sample) if path], overwrite=overwrite)
        _check_page(page, shares=plan is None and model is None, overwrite=overwrite)
        info = _info(run)
        columns = {**_of_training(info), **written.columns}
        reading: dict[str, Any] = {
            "written": replace(written, columns=columns, usual=info.date_format),
            "progress": progress,
        }
        if plan is not None:
            planned, chosen = plan_sample(run, corpus, plan, by=grouping, seed=seed, **reading)
            kinds: dict[str, set[type]] = {}
            for record in chosen:
                for name, value in record.items():
                    kinds.setdefault(name, set()).add(type(value))
            _write(out, kinds, chosen, csv_style(Path(corpus), written.encoding))
            return planned
        if model is not None:
            assert sample is not None
            wanted = ModelRequest(model, cluster, LINEAR if link is None else link)
            fitted, table = fit_model(run, corpus, wanted, labelled=sample, **reading)
            _write(out, regression.COLUMNS, fitted.records())
            _write(articles, table.columns, table.records)
            return fitted
        seen = PredictedArticles(info.labels)
        report = estimate_shares(run, corpus, by=grouping, labelled=sample, seed=seed, see=seen.see, **reading)
        report = _compared(run, report, seen.new, warn=labelled is None)
        _write(out, {**{name: {str} for name in report.by}, **COLUMNS}, report.records())
        if page is not None:
            from classifier.reports.shares_page import write_shares_page

            write_shares_page(report, Path(page), run)
        return report


def _compared(run: str | Path, report: PrevalenceReport, new: NewArticles, *, warn: bool) -> PrevalenceReport:
    """The report with how the articles differ from those of training.

    Args:
        run: that labelled them.
        report: the shares.
        new: some of the articles.
        warn: whether the shares rest on error rates of test articles, which then may not hold.
    """
    if not new.seen:
        return report
    trained = open_trained(run, command="estimate", takes=PREDICTS)
    found = drift_of(trained, trained.model_info(), new)
    if not (trained.models[0] / FILE).exists():
        logger.info("%s", NOT_COMPARED)
    said = [drift_warning(found, run)] if warn and found.found else []
    return replace(report, warnings=(*report.warnings, *(f"{one[0].upper()}{one[1:]}." for one in said)), drift=found)


def _check_page(page: str | Path | None, *, shares: bool, overwrite: bool) -> None:
    """Raise `InputError` unless the page can be written."""
    if page is None:
        return
    if not shares:
        raise InputError("--report is a page of shares.", fix="Leave out --report, or --model and --plan.")
    if Path(page).suffix.lower() != ".html" or Path(page).is_dir():
        raise InputError(f"--report '{page}' is not the name of a page.", fix="For example: --report shares.html")
    if Path(page).exists() and not overwrite:
        raise InputError(f"'{page}' exists already.", fix=f"Choose another --report (from Python: page), or {REPLACE}.")


def _info(run: str | Path) -> ModelInfo:
    return open_trained(run, command="estimate", takes=PREDICTS).model_info()


def _of_training(info: ModelInfo) -> dict[str, str]:
    """Standard name -> the name in training, of the columns that articles are grouped by: files may have them too."""
    trained = info.columns or {}
    return {key: name for key, name in trained.items() if key in GROUPED_BY}


def _check_options(
    model: str | None,
    by: Sequence[str],
    labelled: str | Path | None,
    of_model: Mapping[str, str | Path | None],
) -> None:
    """Raise `InputError` for options that do not go together."""
    if model is None:
        alone = [name for name, value in of_model.items() if value is not None]
        if alone:
            raise InputError(f"{alone[0]} is for a regression.", fix="Add --model, or leave it out.")
        return
    if by:
        raise InputError("--by has no effect with --model.", fix="Name the columns on the right of ~ instead.")
    if labelled is None:
        raise InputError(
            "--model needs articles labelled by hand: on predicted labels alone, errors look like effects.",
            fix="Add --labelled FILE: a random sample of these articles with true labels.",
        )


def _check_plan(plan: float | None, model: str | None, labelled: str | Path | None, out: str | Path | None) -> None:
    if plan is None:
        return
    if model is not None or labelled is not None:
        other = "--model" if model is not None else "--labelled"
        raise InputError(f"--plan chooses what to label; {other} comes when that is done.", fix=f"Leave {other} out.")
    if out is None:
        raise InputError("--plan needs a file for annotators.", fix="Add --out to_label.csv")


def _check_files(
    out: str | Path | None, articles: str | Path | None, inputs: Sequence[str], *, overwrite: bool
) -> None:
    for path in (out, articles):
        if path is not None:
            check_writable(Path(path), inputs, overwrite=overwrite)
    if out is not None and articles is not None and Path(out).resolve() == Path(articles).resolve():
        raise InputError(f"--articles '{articles}' is --out.", fix="Give it a name of its own.")


def _write(
    path: str | Path | None,
    kinds: Mapping[str, set[type]],
    records: Iterable[dict[str, Any]],
    style: CsvStyle | None = None,
) -> None:
    if path is None:
        return
    with open_writer(Path(path), kinds, style or PLAIN) as writer:
        each = iter(records)
        while chunk := list(islice(each, AT_ONCE)):
            writer.write(chunk)


def _reading(settings: Settings) -> Written:
    """How the files are written, by the settings of this call."""
    check_effect(settings, (*READING, DATE_FORMAT), but=WITHOUT_LABELS)
    columns: dict[str, str] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            columns |= {str(key): str(item) for key, item in value.items()}
        elif name not in (ENCODING, SHEET, DATE_FORMAT):
            columns[name.removeprefix(NAMED)] = str(value)
    data = make_config({}, {name: settings[name] for name in (ENCODING, SHEET, DATE_FORMAT) if name in settings}).data
    return Written(columns, data.encoding, data.sheet, data.date_format)
