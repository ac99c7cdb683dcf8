"""Labels for new articles: files, folders or standard input in; the same records with label and scores out.

The input is read twice: once to check every row, before anything is written, and once to label it chunk by chunk, so
memory does not grow with the number of articles. A row whose text cannot be labelled is written in its place, without
a label and with the reason.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Literal, TextIO, get_args

from classifier.articles.article import Article
from classifier.articles.csv_style import PLAIN as PLAIN_CSV
from classifier.articles.csv_style import CsvStyle, common_style, csv_style
from classifier.articles.new_articles import (
    ERROR,
    OpenedInput,
    Unlabelled,
    check_rows,
    open_sources,
    read_unlabelled,
    renamed,
)
from classifier.articles.one_target import TARGET, check_one_target, with_target
from classifier.articles.readers.row import Row
from classifier.articles.reading import Reading, observed
from classifier.articles.rows import one_fault
from classifier.articles.writers import STDOUT, Writer, check_writable, one_output, open_writer
from classifier.articles.xlsx import CellCheck
from classifier.bars import AUTOMATIC
from classifier.config_file import Settings, check_effect, given_settings, make_config
from classifier.errors import Fault, InputError, did_you_mean, names
from classifier.jobs.messages import held_messages
from classifier.jobs.predict.adapting import AskedShares, Labeller, asked_shares, make_labeller, say_changes
from classifier.jobs.predict.added import PLAIN, More, check_cells, kinds_of_added, records
from classifier.jobs.predict.languages import ArticleSample, warn_of_new_languages
from classifier.jobs.source import READING_ARTICLES, WITHOUT_LABELS, input_files
from classifier.jobs.source import Inputs as Files
from classifier.models.classifier import Classifier
from classifier.models.evidence import evidence_of
from classifier.models.fingerprint import model_name
from classifier.models.model_folder import ModelInfo
from classifier.models.trained import PREDICTS, open_trained
from classifier.progress import Progress, Task
from classifier.reports.task import task_words
from classifier.stats.abstention import check_stored
from classifier.stats.conformal import check_stored_sets

logger = logging.getLogger(__name__)
CHUNK = 2048  # articles that are encoded, sorted by length and labelled together
CHUNK_EXPLAINED = 64  # the same where each is predicted many times

OnError = Literal["keep", "fail"]
SHOWN_ERRORS = 3
WIDE = (".csv", ".tsv", ".xlsx")  # kinds of files that people read, and get a column of scores for each label
Read = tuple[Row, Unlabelled]


@dataclass(frozen=True)
class CheckedInputs:
    """What the first reading found.

    Attributes:
        articles: rows that can be labelled.
        columns: of the output, with their kinds of values.
        failed: rows that cannot be labelled, and are kept.
        examples: the first of those.
    """

    articles: int
    columns: Mapping[str, Set[type]]
    failed: int = 0
    examples: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Inputs:
    """Where new articles are, and how to read them.

    Attributes:
        names: files (as in `classifier.articles.readers`), folders of .txt files, or ``-`` for standard input.
        columns: standard name -> the inputs' name for it, where they differ.
        encoding: of text files.
        missing: words that stand for a missing value; None = the usual ones.
        stdin: what ``-`` reads.
        sheet: of workbooks, where several have rows.
        stdin_format: how it is read; None = told by its first bytes.
        target: one claim for all of them.
    """

    names: Sequence[str]
    columns: Mapping[str, str | None] = field(default_factory=dict)
    encoding: str = "utf-8"
    missing: Sequence[str] | None = None
    stdin: TextIO | None = None
    sheet: str | None = None
    stdin_format: str | None = None
    target: str | None = None


def predict_files(
    run: str | Path,
    inputs: Files,
    out: str | Path,
    *,
    settings: Settings | None = None,
    device: str = "auto",
    bf16: bool | None = None,
    abstain: bool = False,
    sets: float | None = None,
    stdin: TextIO | None = None,
    stdin_format: str | None = None,
    explain: bool = False,
    wide: bool | None = None,
    target: str | None = None,
    on_error: OnError = "keep",
    overwrite: bool = False,
    adapt: bool = False,
    shares: Mapping[str, float] | None = None,
    progress: Progress = AUTOMATIC,
) -> int:
    """Label new articles with a run (or its ``model/`` folder alone), or with the ensemble of several seeds.

    Args:
        run: the run or model folder, or the folder of several seeds.
        inputs: a file, a folder of .txt files or ``-`` (standard input), or several of these; or articles in memory,
            such as a DataFrame (`classifier.predict` gives such a one back with its labels).
        out: .jsonl, .csv, .tsv, .parquet or .xlsx, or ``-``.
        settings: ``data.columns.*``, ``data.encoding``, ``data.sheet`` and ``data.missing`` -> values, for reading.
        device: ``auto`` | ``cpu`` | ``cuda`` | ``mps``.
        bf16: False for float32, whatever the training used; None = as in training.
        abstain: give no label where the score is below the threshold that ``evaluate --min-precision`` stored.
        sets: add ``label_set``, the labels that hold the true one with this probability, the most probable first, as
            ``evaluate --sets`` found and stored for the same probability.
        stdin: what ``-`` reads; standard input when None.
        stdin_format: csv | tsv | json | jsonl | parquet | text (one per line); None = told by its first bytes.
        explain: add ``evidence``, the five sentences that move the score most, as in `classifier.models.evidence`;
            takes about as many times as long as an article has sentences.
        wide: add a column ``score_LABEL`` for each label; None = in CSV and Excel alone.
        target: one claim for all articles, where the model reads a claim with each and the inputs have none.
        on_error: what becomes of rows whose text is empty or otherwise no text to label: ``keep`` writes them in their
            place, with the reason in a column ``error`` and without a label | ``fail`` refuses the input.
        overwrite: replace an older file.
        adapt: adapt scores and labels to the shares of labels that these articles have, estimated from all of their
            scores, where they surely differ from validation (`classifier.stats.label_shift` says what that assumes).
        shares: label -> its share in these articles, where it is known: adapt to those.
        progress: told of each chunk.

    Returns:
        How many articles were labelled.

    Raises:
        InputError: the model, an input or a row cannot be used (all rows are listed), or no row can be labelled;
            nothing is written then.

    Example:
        >>> predict_files("runs/first", "archive.jsonl", "labels.csv")
        40
    """
    if on_error not in get_args(OnError):
        hint = did_you_mean(on_error, get_args(OnError))
        raise InputError(f"--on-error is keep or fail. Got '{on_error}' instead.{hint}", fix="Choose one of these.")
    given = given_settings(settings)
    check_effect(given, READING_ARTICLES, but=WITHOUT_LABELS)
    data = make_config({}, given).data
    with input_files(inputs, "inputs") as files, one_output(Path(out)):
        check_writable(Path(out), files, overwrite=overwrite)
        trained = open_trained(run, command="predict", takes=PREDICTS)
        info = trained.model_info()
        named = "RUN" if trained.kind == "model" else run
        if abstain:
            check_stored(info.abstention, named)
        if sets is not None:
            check_stored_sets(info.sets, sets, named)
        where = Inputs(
            files, data.columns.named, data.encoding, data.missing, stdin or sys.stdin, data.sheet, stdin_format, target
        )
        asked = asked_shares(adapt, shares)
        if asked is not None:
            asked.check(info, named, abstain=abstain)
        more = More(
            abstain=abstain,
            sets=sets is not None,
            explain=explain,
            wide=Path(out).suffix.lower() in WIDE if wide is None else wide,
            model=model_name(trained),
        )
        load = partial(Classifier.load, run, device=device, bf16=bf16)
        return label_files(info, load, where, Path(out), more, on_error=on_error, asked=asked, progress=progress)


def label_files(
    info: ModelInfo,
    load: Callable[[], Classifier],
    inputs: Inputs,
    out: Path,
    more: More = PLAIN,
    *,
    on_error: OnError = "keep",
    asked: AskedShares | None = None,
    progress: Progress = AUTOMATIC,
) -> int:
    """Label articles and write them with ``label``, ``score`` and ``scores``.

    Args:
        info: what the model says about itself.
        load: gives the model; called once all rows are read and checked, because loading takes seconds.
        inputs: where the articles are.
        out: .jsonl, .csv, .tsv, .parquet or .xlsx, or ``-`` for JSONL on standard output.
        more: what is added beside that.
        on_error: what becomes of rows that cannot be labelled, as in `predict_files`.
        asked: to which shares of labels scores are adapted; None = they are left as they are.
        progress: told of each chunk.

    Returns:
        How many articles were labelled.

    Raises:
        InputError: an input is missing, or rows of it cannot be used (all are listed); nothing is written then.
    """
    if more.sets:
        check_stored_sets(info.sets)
    check_cells(out, info.labels)
    if inputs.target is not None:
        check_one_target(inputs.target, pair=info.pair)
    if more.abstain:
        _say_of_thresholds(info)
    named = {key: name for key, name in inputs.columns.items() if name}
    trained = info.columns or {}
    texts = {**trained, **named}.get("text", "text")
    with open_sources(
        inputs.names, inputs.encoding, inputs.stdin, inputs.sheet, inputs.stdin_format, [texts]
    ) as opened:
        sources = opened
        if inputs.target is not None:
            own = [names_[TARGET] for names_ in (trained, named) if TARGET in names_]
            sources, named = with_target(opened, inputs.target, own), {**named, TARGET: TARGET}
        with held_messages() as say_first, observed() as found_columns:
            checked = check_inputs(info, sources, named, more, on_error=on_error, missing=inputs.missing, out=out)
            say_first(_what_was_read(checked.articles, sources, found_columns, info))
        classifier = load()
        read = partial(_read, info, sources, named, inputs.missing, say=False)
        used = make_labeller(classifier, asked, map(_articles, _chunks(read(), CHUNK)), checked.articles, progress)
        more = replace(more, model=used.named(more.model))
        style = _style(out, sources)
        with open_writer(out, checked.columns, style) as writer, progress.task(used.doing, checked.articles) as task:
            empty = _write(writer, used, read(), task, more, checked)
    _say_what_failed(checked)
    say_changes(used, checked.articles, sets=more.sets)
    if more.abstain:
        logger.info(
            "abstained on %s of %s articles, where the score is too low: their label is empty, and best_guess holds it",
            f"{empty:,}",
            f"{checked.articles:,}",
        )
    return checked.articles


def _write(writer: Writer, used: Labeller, read: Iterator[Read], task: Task, more: More, checked: CheckedInputs) -> int:
    """Label all rows and write them; says how many articles have no label although they could be labelled."""
    given = empty = 0
    for chunk in _chunks(read, CHUNK_EXPLAINED if more.explain else CHUNK):
        found = _labelled(used, chunk, task, more, failed=checked.failed > 0)
        writer.write(found)
        labelled = [record for record in found if record["scores"] is not None]
        given += len(labelled)
        empty += sum(not record["label"] for record in labelled)
    if given != checked.articles:
        raise _changed(f"it had {checked.articles:,} articles, and then {given:,}")
    return empty


def _say_of_thresholds(info: ModelInfo) -> None:
    """Warn of thresholds that an older version found, and of those that give no label."""
    stored = check_stored(info.abstention)
    if stored.resampled is None:
        logger.warning(
            "the thresholds were found by an older version, which took articles of one source as independent: "
            "fewer than %g of them may be right (classifier evaluate RUN --min-precision %g finds them again)",
            stored.min_precision,
            stored.min_precision,
        )
    if all(threshold is None for threshold in stored.thresholds):
        logger.warning(
            "no label can be given: validation had too few articles to promise a precision of %g for any class",
            stored.min_precision,
        )


def _style(out: Path, sources: Sequence[OpenedInput]) -> CsvStyle:
    """How a CSV file is written: as the inputs are, where all that are CSV files are written alike."""
    if out.suffix.lower() not in (".csv", ".tsv"):
        return PLAIN_CSV
    style = common_style(csv_style(source.path, source.encoding) for source in sources).of_file(out)
    if str(style):
        logger.info("'%s' is written as the input is: with %s", out, style)
    return style


def _changed(how: str) -> InputError:
    return InputError(f"The input was changed while it was read: {how}.", fix="Predict again once it is written.")


def _say_what_failed(checked: CheckedInputs) -> None:
    if checked.failed:
        more = "; …" if checked.failed > len(checked.examples) else ""
        logger.warning(
            "%s of %s rows could not be labelled: they are in the output without a label, and the column '%s' says why "
            "(%s%s)",
            f"{checked.failed:,}",
            f"{checked.articles + checked.failed:,}",
            ERROR,
            "; ".join(map(str, checked.examples)),
            more,
        )


def _labelled(used: Labeller, chunk: Sequence[Read], task: Task, more: More, *, failed: bool) -> list[dict[str, Any]]:
    """The records of a chunk, in order; with ``failed`` each has a column for the reason why it has no label."""
    good = [(row, article) for row, article in chunk if isinstance(article, Article)]
    articles, classifier = [article for _, article in good], used.classifier
    found: Iterator[dict[str, Any]] = iter(())
    if good:
        own = used.own_scores(articles, None if more.explain else task)
        if len(own) < len(articles):
            raise _changed("it has more articles than before")
        proba, inside = used.scores(own), used.inside(own) if more.sets else None
        evidence = evidence_of(classifier, articles, proba, task) if more.explain else None
        rows = [row for row, _ in good]
        found = iter(records(rows, proba, classifier, evidence, more, failed=failed, inside=inside))
    added = more.columns(classifier.info.labels, failed=True)
    return [
        next(found) if isinstance(read, Article) else _failed_record(row, read, added if failed else ())
        for row, read in chunk
    ]


def _failed_record(row: Row, faults: list[Fault] | Fault, added: Sequence[str]) -> dict[str, Any]:
    """A row that cannot be labelled: its values, and why; ``added`` is empty where the first reading found none."""
    fault = faults if isinstance(faults, Fault) else one_fault(faults, row)
    if not added or faults is fault:
        raise _changed(str(fault))
    return {**renamed(row.values, added), **dict.fromkeys(added), ERROR: fault.what}


def _what_was_read(articles: int, sources: Sequence[OpenedInput], found: Reading, info: ModelInfo) -> str:
    files = [source.name for source in sources]
    titles = found.column("title") is not None
    return task_words(articles, None, files, found, pair=info.pair, titles=titles)


def check_inputs(
    info: ModelInfo,
    sources: Sequence[OpenedInput],
    named: Mapping[str, str],
    more: More = PLAIN,
    *,
    on_error: OnError = "keep",
    missing: Sequence[str] | None = None,
    out: Path = STDOUT,
) -> CheckedInputs:
    """Read everything once; all rows that stand in the way of an output become one `InputError`.

    Those are rows that cannot be read; with ``fail``, or where no row can be labelled, also those without a text; and
    rows that ``out`` could not hold.
    """
    cells, added = CellCheck(out), more.columns(info.labels)
    faults: list[Fault] = []
    failed: list[Fault] = []  # all of them only as long as there is no article
    columns: dict[str, set[type]] = {}
    with_error: dict[str, set[type]] | None = None  # differs where the input has a column of that name
    articles = unlabelled = 0
    sample = ArticleSample()
    for row, article in _read(info, sources, named, missing, say=True):
        if isinstance(article, Article):
            articles += 1
            sample.add(article)
        elif isinstance(article, Fault):
            faults.append(article)
        elif on_error == "keep":
            unlabelled += 1
            if not articles or len(failed) < SHOWN_ERRORS:
                failed.append(one_fault(article, row))
        else:
            faults += article
        cells.add(row.where, row.values)
        _note_kinds(renamed(row.values, added), columns)
        if with_error is None and ERROR in row.values:
            with_error = {name: set(kinds) for name, kinds in columns.items() if name != ERROR}
        if with_error is not None:
            _note_kinds(renamed(row.values, (*added, ERROR)), with_error)
    check_rows(faults if faults or articles else failed, articles)
    cells.check(len(columns) + len(added))
    warn_of_new_languages(info, sample.articles)
    if failed:
        added, columns = (*added, ERROR), columns if with_error is None else with_error
    taken = [name for name in columns if name.startswith("original_")]
    if taken:
        logger.warning(
            "the input has columns with the names of those that are added; they are kept as %s", names(taken)
        )
    types = kinds_of_added(info)
    return CheckedInputs(
        articles, {**columns, **{name: types[name] for name in added}}, unlabelled, tuple(failed[:SHOWN_ERRORS])
    )


def _note_kinds(values: Mapping[str, Any], columns: dict[str, set[type]]) -> None:
    for name, value in values.items():
        kind = type(value)
        if kind is int and not -(2**63) <= value < 2**63:  # counts as text
            kind = str
        if name not in columns:
            columns[name] = {kind}
        elif kind not in columns[name]:
            columns[name].add(kind)


def _read(
    info: ModelInfo,
    sources: Sequence[OpenedInput],
    named: Mapping[str, str],
    missing: Sequence[str] | None,
    *,
    say: bool,
) -> Iterator[Read]:
    columns = info.columns or {}
    return read_unlabelled(sources, named, pair=info.pair, trained=columns, missing=missing, say=say)


def _articles(chunk: Sequence[Read]) -> list[Article]:
    return [article for _, article in chunk if isinstance(article, Article)]


def _chunks(items: Iterator[Read], size: int) -> Iterator[list[Read]]:
    while chunk := list(islice(items, size)):
        yield chunk
