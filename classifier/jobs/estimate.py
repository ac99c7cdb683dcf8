"""The verb estimate: the share of each label in a corpus that a run has labelled, as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from classifier.articles.writers import check_writable, open_writer
from classifier.bars import AUTOMATIC
from classifier.config_file import Settings, check_effect, given_settings
from classifier.evaluation.shares.estimate import COLUMNS, PrevalenceReport, estimate_shares
from classifier.jobs.source import READING, WITHOUT_LABELS, column_names, file_name
from classifier.progress import Progress

NAMED, ENCODING, SHEET = READING


def estimate(
    run: str | Path,
    predictions: str | Path,
    *,
    by: str | Sequence[str] = (),
    labelled: str | Path | None = None,
    out: str | Path | None = None,
    settings: Settings | None = None,
    seed: int = 0,
    overwrite: bool = False,
    progress: Progress = AUTOMATIC,
) -> PrevalenceReport:
    """Estimate the share of each label in a corpus, corrected for the classifier's errors.

    Args:
        run: the run that wrote the predictions, or the folder of several seeds; a bare model with ``labelled``.
        predictions: what `classifier.predict_files` wrote.
        by: columns to group by, or year, month, week, day.
        labelled: a random sample of the corpus with true labels.
        out: a .csv, .jsonl, .parquet or .xlsx file to write.
        settings: ``data.columns.*``, ``data.encoding`` and ``data.sheet`` -> values, for reading both files.
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
    file_name(predictions, "predictions")
    if labelled is not None:
        file_name(labelled, "labelled")
    columns, encoding, sheet = _reading(given_settings(settings))
    if out is not None:
        check_writable(Path(out), [str(path) for path in (predictions, labelled) if path], overwrite=overwrite)
    report = estimate_shares(
        run,
        predictions,
        by=column_names(by),
        labelled=labelled,
        columns=columns,
        encoding=encoding,
        sheet=sheet,
        seed=seed,
        progress=progress,
    )
    if out is not None:
        kinds: dict[str, set[type]] = {**{name: {str} for name in report.by}, **COLUMNS}
        with open_writer(Path(out), kinds) as writer:
            writer.write(report.records())
    return report


def _reading(settings: Settings) -> tuple[dict[str, str], str, str | None]:
    """Standard name -> the files' name for it, their encoding, and the sheet of workbooks."""
    check_effect(settings, READING, but=WITHOUT_LABELS)
    columns: dict[str, str] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            columns |= {str(key): str(item) for key, item in value.items()}
        elif name not in (ENCODING, SHEET):
            columns[name.removeprefix(NAMED)] = str(value)
    return columns, str(settings.get(ENCODING, "utf-8")), None if SHEET not in settings else str(settings[SHEET])
