"""Labels for new articles: files, folders or standard input in; the same records with label and scores out.

The input is read twice: once to check every row, before anything is written, and once to label it chunk by chunk, so
memory does not grow with the number of articles.
"""

from __future__ import annotations

import io
import logging
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import numpy.typing as npt

from classifier.abstention import check_stored
from classifier.articles import ALIASES, Article, Schema, article_from_row, columns_of, find_columns
from classifier.errors import Fault, InputError, names
from classifier.evidence import Evidence, evidence_of
from classifier.inference import Classifier, Proba
from classifier.labels import label_scores
from classifier.progress import SILENT, Progress
from classifier.readers import Row, read_lines, read_rows, read_text_folder
from classifier.writers import open_writer

logger = logging.getLogger(__name__)
CHUNK = 2048  # articles that are encoded, sorted by length and labelled together
CHUNK_EXPLAINED = 64  # the same where each is predicted many times
ADDED = ("label", "score", "scores")
BEST_GUESS = "best_guess"  # the label before abstention, where a model may abstain
EVIDENCE = "evidence"
Source = tuple[str, Callable[[], Iterator[Row | Fault]]]  # its name, and how to read it from the start


@dataclass(frozen=True)
class Survey:
    """What the first reading found: how many articles, and the columns of the output with their kinds of values."""

    articles: int
    columns: Mapping[str, Set[type]]


def predict(
    classifier: Classifier,
    inputs: Sequence[str],
    out: Path,
    *,
    columns: Mapping[str, str | None] | None = None,
    encoding: str = "utf-8",
    stdin: TextIO | None = None,
    abstain: bool = False,
    explain: bool = False,
    progress: Progress = SILENT,
) -> int:
    """Label articles and write them with ``label``, ``score`` and ``scores``.

    Args:
        classifier: the model.
        inputs: files (as in `classifier.readers`), folders of .txt files, or ``-`` for standard input.
        out: .jsonl, .csv or .parquet, or ``-`` for JSONL on standard output.
        columns: standard name -> the inputs' name for it, where they differ.
        encoding: of text files.
        stdin: what ``-`` reads.
        abstain: leave ``label`` empty (for multi-label: leave labels out) where the score is below the threshold that
            is stored with the model; what it would have been stands in ``best_guess``.
        explain: add ``evidence``, the five sentences that move the score most, as in `classifier.evidence`; takes
            about as many times as long as an article has sentences.
        progress: told of each chunk.

    Returns:
        How many articles were labelled.

    Raises:
        InputError: an input is missing, or rows of it cannot be used (all are listed); nothing is written then.
    """
    if abstain:
        stored = check_stored(classifier.info.abstention)
        if all(threshold is None for threshold in stored.thresholds):
            logger.warning(
                "no label can be given: validation had too few articles to promise a precision of %g for any class",
                stored.min_precision,
            )
    named = {key: name for key, name in (columns or {}).items() if name}
    with open_sources(inputs, encoding, stdin) as sources:
        survey = survey_inputs(classifier, sources, named, added_columns(abstain=abstain, explain=explain))
        empty = 0
        with open_writer(out, survey.columns) as writer, progress.task("predicting", survey.articles) as task:
            for chunk in _chunks(_labelled_rows(classifier, sources, named), CHUNK_EXPLAINED if explain else CHUNK):
                articles = [article for _, article in chunk]
                proba = classifier.predict_articles(articles, None if explain else task)
                evidence = evidence_of(classifier, articles, proba, task) if explain else None
                found = records([row for row, _ in chunk], proba, classifier, evidence, abstain=abstain)
                writer.write(found)
                empty += sum(not record["label"] for record in found)
    if abstain:
        logger.info(
            "abstained on %s of %s articles, where the score is too low: their label is empty, and best_guess holds it",
            f"{empty:,}", f"{survey.articles:,}",
        )  # fmt: skip
    return survey.articles


def survey_inputs(
    classifier: Classifier, sources: Sequence[Source], named: Mapping[str, str], added: Sequence[str] = ADDED
) -> Survey:
    """Read everything once; all bad rows of all inputs become one `InputError`."""
    faults: list[Fault] = []
    columns: dict[str, set[type]] = {}
    articles = 0
    for row, article in _read(classifier, sources, named):
        if isinstance(article, list):
            faults += article
            continue
        articles += 1
        for name, value in renamed(row.values, added).items():
            columns.setdefault(name, set()).add(_kind(value))
    check_rows(faults, articles)
    taken = [name for name in columns if name.startswith("original_")]
    if taken:
        logger.warning("the input has columns named as those that are added; they are kept as %s", names(taken))
    label = type(_label_value(np.ones(len(classifier.classes_), dtype=bool), classifier))
    kinds: dict[str, Set[type]] = {
        "label": {label}, BEST_GUESS: {label}, "score": {float}, "scores": {list}, EVIDENCE: {Evidence},
    }  # fmt: skip
    return Survey(articles, {**columns, **{name: kinds[name] for name in added}})


def check_rows(faults: Sequence[Fault], articles: int) -> None:
    """Raise `InputError` for all bad rows of the inputs at once, or for inputs without articles."""
    if faults:
        rows = "row" if len(faults) == 1 else "rows"
        raise InputError(
            f"The input has {len(faults):,} bad {rows}; nothing was written.",
            faults=faults,
            fix="Mend or remove them.",
        )
    if not articles:
        raise InputError("The input holds no articles.", fix="Give at least one.")


def added_columns(*, abstain: bool = False, explain: bool = False) -> tuple[str, ...]:
    """The columns that are added, in order."""
    added = (ADDED[0], BEST_GUESS, *ADDED[1:]) if abstain else ADDED
    return (*added, EVIDENCE) if explain else added


def _kind(value: Any) -> type:
    """The type of a value; an integer beyond 64 bits counts as text."""
    return str if type(value) is int and not -(2**63) <= value < 2**63 else type(value)


def records(
    rows: Sequence[Row],
    proba: Proba,
    classifier: Classifier,
    evidence: Sequence[Evidence] | None = None,
    *,
    abstain: bool = False,
) -> list[dict[str, Any]]:
    """The rows' values with ``label``, ``score`` (of that label), ``scores`` (all, highest first), and ``evidence``.

    For multi-label, ``score`` is the highest of the labels that are given, or of all where none is. Where a model
    abstains, ``best_guess`` is what it would have given, and ``score`` is that of the best guess.
    """
    given = classifier.given(proba)
    kept = classifier.given(proba, abstain=abstain)
    added = added_columns(abstain=abstain, explain=evidence is not None)
    each = [None] * len(rows) if evidence is None else evidence
    result = []
    for row, row_proba, is_given, is_kept, score, found in zip(
        rows, proba, given, kept, label_scores(proba, given), each, strict=True
    ):
        order = np.argsort(-row_proba, kind="stable")
        values = {
            "label": _label_value(is_kept, classifier),
            BEST_GUESS: _label_value(is_given, classifier),
            "score": round(float(score), 6),
            "scores": [{"label": classifier.classes_[i], "score": round(float(row_proba[i]), 6)} for i in order],
            EVIDENCE: found,
        }
        result.append({**renamed(row.values, added), **{name: values[name] for name in added}})
    return result


def _label_value(given: npt.NDArray[np.bool_], classifier: Classifier) -> str | list[str] | None:
    """One name or none; for multi-label a list, or one string where training divided labels by a separator."""
    names = [classifier.classes_[index] for index in np.flatnonzero(given)]
    if not classifier.info.multi_label:
        return names[0] if names else None
    separator = classifier.info.label_separator
    return names if separator is None else separator.join(names)


def renamed(values: Mapping[str, Any], added: Sequence[str] = ADDED) -> dict[str, Any]:
    """The values, those that are named as an added column under a free name with ``original_`` before it."""
    return {
        _free_name(name, {*values, *added}) if name in added else name: None if value != value else value
        for name, value in values.items()
    }


def _free_name(name: str, taken: Set[str]) -> str:
    while name in taken:
        name = f"original_{name}"
    return name


def _labelled_rows(
    classifier: Classifier, sources: Sequence[Source], named: Mapping[str, str]
) -> Iterator[tuple[Row, Article]]:
    for row, article in _read(classifier, sources, named):
        if isinstance(article, Article):
            yield row, article


def _read(
    classifier: Classifier, sources: Sequence[Source], named: Mapping[str, str]
) -> Iterator[tuple[Row, Article | list[Fault]]]:
    return read_unlabelled(sources, named, pair=classifier.info.pair, trained=classifier.info.columns or {})


def read_unlabelled(
    sources: Sequence[Source], named: Mapping[str, str], *, pair: bool, trained: Mapping[str, str]
) -> Iterator[tuple[Row, Article | list[Fault]]]:
    """Every row with its article, or with what is wrong with it.

    Args:
        sources: from `open_sources`.
        named: standard name -> the inputs' name for it, where they differ.
        pair: whether articles have targets.
        trained: the same of training, obeyed where the inputs have such columns.
    """
    for name, source in sources:
        schema: Schema | None = None
        present, rows = columns_of(source())
        for number, row in enumerate(rows, start=1):
            if isinstance(row, Fault):
                yield Row(row.where, {}), [row]
                continue
            if schema is None:
                schema = Schema(_columns(pair, trained, present, named, name))
            yield row, article_from_row(row, schema, str(number), labelled=False)


def _columns(
    pair: bool, trained: Mapping[str, str], present: list[str], named: Mapping[str, str], file: str
) -> dict[str, str]:
    """The columns named for this call, then those of training that the input has, then those recognised by name."""
    trained = {key: name for key, name in trained.items() if name in present}
    if (
        pair
        and not {**trained, **named}.get("target")
        and not {*ALIASES["target"]} & {name.lower() for name in present}
    ):
        raise InputError(
            f"This model reads a claim with each article, and '{file}' has none.",
            fix="Give a table with a column target, or name yours: --set data.columns.target=NAME",
        )
    return find_columns(present, {**trained, **named}, pair=pair, labelled=False, file=file)


@contextmanager
def open_sources(inputs: Sequence[str], encoding: str, stdin: TextIO | None) -> Iterator[list[Source]]:
    """The inputs; standard input is kept in a temporary file, so that it can be read twice."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as spool:
        sources: list[Source] = []
        for name in inputs:
            if name == "-":
                _keep(stdin, spool, encoding)
                sources.append(("<stdin>", lambda: read_lines(_rewound(spool))))
            else:
                sources.append((name, _source(Path(name), encoding)))
        yield sources


def _keep(stdin: TextIO | None, spool: TextIO, encoding: str) -> None:
    if isinstance(stdin, io.TextIOWrapper):
        stdin.reconfigure(encoding="utf-8-sig" if encoding == "utf-8" else encoding, errors="strict")
    try:
        for line in stdin or ():
            spool.write(line)
    except UnicodeError as error:
        raise InputError(
            f"Standard input is not {encoding}: {error}.", fix="Name its encoding, for example --encoding cp1252"
        ) from None


def _source(path: Path, encoding: str) -> Callable[[], Iterator[Row | Fault]]:
    if path.is_dir():
        return lambda: read_text_folder(path, encoding, labelled=False)
    return lambda: read_rows(path, encoding)


def _rewound(stream: TextIO) -> Iterable[str]:
    stream.seek(0)
    return stream


def _chunks(items: Iterator[tuple[Row, Article]], size: int) -> Iterator[list[tuple[Row, Article]]]:
    while chunk := list(islice(items, size)):
        yield chunk
