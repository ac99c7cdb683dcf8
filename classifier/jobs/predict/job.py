"""One job that labels new articles: reads them once, labels them chunk by chunk, and writes what was made of them.

A file is put together from parts when all is labelled (`classifier.jobs.predict.parts`), and a job that was stopped
goes on from these. Standard output gets each chunk as soon as it is labelled.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from functools import cached_property, partial
from itertools import chain
from pathlib import Path
from typing import Any

from classifier.arrays import Floats32
from classifier.articles.arrow import Evidence
from classifier.articles.csv_style import PLAIN as PLAIN_CSV
from classifier.articles.csv_style import CsvStyle, common_style, csv_style
from classifier.articles.new_articles import OpenedInput
from classifier.articles.reading import Reading, observed
from classifier.articles.writers import STDOUT, check_absent, open_writer
from classifier.errors import InputError
from classifier.jobs.predict.adapting import AskedShares, Labeller
from classifier.jobs.predict.added import PLAIN, More, check_cells
from classifier.jobs.predict.cascading import say_skipped, whole_scores
from classifier.jobs.predict.chunks import Chunk, cut, sizes
from classifier.jobs.predict.drift import DriftCheck
from classifier.jobs.predict.engine import Engine, Scored, labelled
from classifier.jobs.predict.finishing import Explain, Labels, finish, labels_of, say_done
from classifier.jobs.predict.gaps import with_gaps_filled
from classifier.jobs.predict.inputs import Inputs, OpenInputs, open_inputs
from classifier.jobs.predict.labelling import Labelling
from classifier.jobs.predict.languages import LanguageWatch
from classifier.jobs.predict.part import Part, part_of
from classifier.jobs.predict.parts import Parts, may_replace
from classifier.jobs.predict.side_by_side import SideBySide
from classifier.jobs.predict.totals import Totals
from classifier.models.cascade import Route
from classifier.models.classifier import Classifier
from classifier.models.decider import Decider
from classifier.models.evidence import evidence_of
from classifier.models.model_folder import ModelInfo
from classifier.progress import SILENT, Progress, SilentTask, Task
from classifier.reports.task import task_words
from classifier.stats.abstention import check_stored
from classifier.stats.conformal import check_stored_sets

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """What is to be labelled, by what, and where it goes.

    Attributes:
        info: what the model says about itself.
        load: gives the model; called at most once, and not before it is needed.
        inputs: where the articles are.
        out: .jsonl, .csv, .tsv, .parquet or .xlsx, or ``-`` for JSONL on standard output.
        labelling: what decides the scores.
        more: what is added beside the labels.
        asked: to which shares of labels scores are adapted; None = they are left as they are.
        strict: whether rows that cannot be labelled are an error once all is written.
        overwrite: replace an older file, and start anew.
        route: which articles skip the transformer; None = none does.
        engine: scores the chunks, in their order; None = the model on this machine.
        drift: compares the articles with those of training; None = they are not compared.
        keep: whether parts stay when the file is complete, because it is still to be put into its store.
    """

    info: ModelInfo
    load: Callable[[], Classifier]
    inputs: Inputs
    out: Path
    labelling: Labelling
    more: More = PLAIN
    asked: AskedShares | None = None
    strict: bool = False
    overwrite: bool = False
    route: Route | None = None
    engine: Engine | None = None
    drift: DriftCheck | None = None
    keep: bool = False

    @property
    def later(self) -> bool:
        """Whether evidence can only be found when all is labelled: it is for the label that is given."""
        return self.more.explain and self.asked is not None

    @cached_property
    def output(self) -> dict[str, Any]:
        """What decides how the scores are written, as JSON holds it."""
        shares = None if self.asked is None else dict(self.asked.known or {})
        return {**asdict(replace(self.more, model=None)), "shares": shares}

    def is_done(self, done: Mapping[str, Any]) -> bool:
        """Whether all that is asked for is there already.

        Args:
            done: what was noted when the output was complete.
        """
        if self.overwrite or (self.drift is not None and not self.drift.has_page):
            return False
        files = self.inputs.files()
        same = files is not None and done.get("inputs") == files
        return bool(same and done.get("output") == self.output and done.get("job") == self.labelling.stored())

    def scored(self, chunks: Iterable[Chunk], task: Task) -> Iterator[Scored]:
        """The scores of chunks, by the engine."""
        if self.engine is not None:
            return self.engine(chunks, task)
        return labelled(chunks, self.load(), explain=self.more.explain and not self.later, task=task)


def label(job: Job, progress: Progress = SILENT) -> int:
    """Label articles and write them.

    Args:
        job: what is to be labelled.
        progress: told of each chunk.

    Returns:
        How many articles were labelled.

    Raises:
        InputError: an input cannot be read, no row can be labelled, or the output cannot be written; what was labelled
            so far is kept in parts. With ``strict`` also where rows could not be labelled: then all is written.
    """
    check_cells(job.out, job.info.labels)
    if job.more.sets:
        check_stored_sets(job.info.sets)
    if job.more.abstain:
        _say_of_thresholds(job.info)
    totals = Totals(len(job.info.labels), keep_scores=job.asked is not None)
    if job.out == STDOUT:
        labels = _to_stdout(job, totals, progress)
    else:
        parts = Parts(job.out, job.labelling)
        done = parts.done()
        if done is not None:
            if not job.keep:
                parts.remove()
            if job.is_done(done):
                logger.info("'%s' was complete already", job.out)
                return int(done["articles"])
        check_absent(job.out, overwrite=job.overwrite or job.keep or may_replace(job.out))
        labels = _to_file(job, totals, progress)
    say_done(labels, totals)
    say_skipped(job.route, totals.skipped, totals.articles)
    if job.strict and totals.failed:
        raise totals.strict_error("the output" if job.out == STDOUT else f"'{job.out}'")
    return totals.articles


def _to_file(job: Job, totals: Totals, progress: Progress) -> Labels:
    """Label all into parts, and put them together."""
    noted = {"output": job.output, "job": job.labelling.stored(), "inputs": job.inputs.files()}  # before they are read
    with open_inputs(job.inputs, job.info, job.out) as opened:
        opened.check()
        parts = Parts.open(job.out, job.labelling, overwrite=job.overwrite)
        _label(job, opened, parts, totals, progress)
        labels = _labels(job, totals)

        def note(file: Path) -> None:
            parts.note_done(file, {"articles": totals.articles, **noted})

        style = _style(job.out, opened.sources)
        try:
            finish(parts, totals, labels, job.out, style, ready=note, progress=progress)
        except InputError as error:
            if parts.kept:
                error.fix += f" What was labelled is kept in '{parts.folder}': the same command goes on with it."
            raise
    if not job.keep:
        parts.remove()
    return labels


def _to_stdout(job: Job, totals: Totals, progress: Progress) -> Labels:
    """Write each chunk as soon as it is labelled; where shares are asked for, when all are."""
    with open_inputs(job.inputs, job.info, job.out, job.load) as opened:
        opened.check()
        if job.asked is not None:
            return _adapted_to_stdout(job, opened, totals, progress)
        labels = Labels(Labeller(Decider(job.info)), job.more)
        with open_writer(STDOUT, {}) as writer:
            for part in _parts(job, opened, None, totals, progress):
                writer.write(labels.records(part))
    totals.check_some()
    return labels


def _adapted_to_stdout(job: Job, opened: OpenInputs, totals: Totals, progress: Progress) -> Labels:
    logger.info("the shares of labels are found from the scores of all articles: the first answer comes after the last")
    with tempfile.TemporaryDirectory() as folder:
        parts = Parts(Path(folder) / "stdout", job.labelling)
        _label(job, opened, parts, totals, progress)
        labels = _labels(job, totals)
        finish(parts, totals, labels, STDOUT, PLAIN_CSV, progress=progress)
    return labels


def _labels(job: Job, totals: Totals) -> Labels:
    """What makes the rows of the output, when all scores are known."""
    explain = _explain(job) if job.later else None
    return labels_of(Decider(job.info), job.asked, totals, job.more, explain)


def _explain(job: Job) -> Explain:
    """Finds evidence for labels that are known when all is labelled."""

    def explain(part: Part, decides: Decider, proba: Floats32) -> Sequence[Evidence]:
        return evidence_of(job.load().deciding_like(decides), part.articles, proba, SilentTask())

    return explain


def _label(job: Job, opened: OpenInputs, parts: Parts, totals: Totals, progress: Progress) -> None:
    """Label all rows that no part holds yet."""
    with parts.of_the_same_rows():
        for _ in _parts(job, opened, parts, totals, progress):
            pass
        parts.check_end(totals.parts, totals.rows)
    try:
        totals.check_some()
    except InputError:
        parts.remove()
        raise


def _parts(job: Job, opened: OpenInputs, parts: Parts | None, totals: Totals, progress: Progress) -> Iterator[Part]:
    """Every part, in order: those that are there already, and then those that are made now."""
    watch, seen = LanguageWatch(job.info), 0

    def looked_at(chunks: Iterable[Chunk]) -> Iterator[Chunk]:
        nonlocal seen
        for chunk in chunks:
            seen += len(chunk.rows)
            if job.drift is not None:
                job.drift.read(chunk.read)
            yield chunk
            watch.add(chunk.articles)
        watch.end()

    read = cut(opened.rows(job.out), sizes(explain=job.more.explain))
    with observed() as found, closing(SideBySide(looked_at(read))) as chunks:
        if job.engine is None and (parts is None or not parts.kept):
            job.load()  # while the first rows are read
        for part in _old_and_new(job, chunks, parts, progress):
            if part.number != totals.parts:
                raise RuntimeError(f"part {part.number} came when part {totals.parts} was expected")
            totals.add(part)
            if job.drift is not None:
                job.drift.scored(whole_scores(job.route, part.proba), part.faults)
            yield part
    if totals.rows != seen:
        raise RuntimeError(f"{seen} rows were read, and {totals.rows} were labelled")
    logger.info("%s", _what_was_read(totals.articles, opened.sources, found, job.info))
    if job.drift is not None and totals.articles:
        job.drift.finish()


def _old_and_new(job: Job, chunks: Iterator[Chunk], parts: Parts | None, progress: Progress) -> Iterator[Part]:
    """The part of each chunk, in order: those that are there already, and between them those that are made now."""
    if parts is None or not parts.kept:
        yield from made(job, chunks, parts, progress)
        return
    done, first = 0, None
    for chunk in chunks:
        old = parts.of(chunk)
        if old is None:
            first = chunk
            break
        done += len(old.proba)
        yield old
    if done:
        logger.info("%s articles were labelled before", f"{done:,}")
    if first is not None:
        label = partial(made, job, parts=parts, progress=progress, done=done)
        yield from with_gaps_filled(chain([first], chunks), parts.of, label)


def made(
    job: Job, chunks: Iterable[Chunk], parts: Parts | None, progress: Progress, done: int = 0
) -> Generator[Part, None, None]:
    """Label chunks, and keep a part of each.

    Args:
        job: by what they are labelled.
        chunks: in order.
        parts: where they are kept.
        progress: told of each article.
        done: articles that were labelled before.
    """
    name = "explaining" if job.more.explain and not job.later else "predicting"
    with progress.task(name, None, done) as task:
        for scored in job.scored(chunks, task):
            part = part_of(scored, texts=job.later)
            if parts is not None:
                parts.add(part)
            yield part


def _say_of_thresholds(info: ModelInfo) -> None:
    """Warn of thresholds that an older version found, and of those that give no label."""
    stored = check_stored(info.abstention)
    if stored.is_older:
        logger.warning(
            "the thresholds were found by an older version, which took articles of one source as %s: "
            "fewer than %g of them may be right (classifier evaluate RUN --min-precision %g finds them again)",
            "independent" if stored.resampled is None else "unlike as they seemed",
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
    if told := str(replace(style, delimiter=",") if out.suffix.lower() == ".tsv" else style):  # its name tells the tabs
        logger.info("'%s' is written as the input is: with %s", out, told)
    return style


def _what_was_read(articles: int, sources: Sequence[OpenedInput], found: Reading, info: ModelInfo) -> str:
    files = [source.name for source in sources]
    titles = found.column("title") is not None
    return task_words(articles, None, files, found, pair=info.pair, titles=titles)
