"""The verb next: which articles of an unlabelled pool to label next.

The pool is read, and (near-)duplicates of labelled articles and of one another are left out. A model scores the rest:
that of a run, or a probe fitted on labelled articles without those of test. Chosen are articles that the model is
unsure of and that are unlike one another (`classifier.stats.selection`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np

from classifier.articles.boilerplate import strip_article
from classifier.articles.writers import check_writable
from classifier.bars import AUTOMATIC
from classifier.config_file import Settings, given_settings
from classifier.errors import InputError
from classifier.files import REPLACE
from classifier.jobs.next.chosen import added_columns, write_rows, write_tasks
from classifier.jobs.next.judge import open_judge
from classifier.jobs.next.unlabelled import copies, read_pool
from classifier.jobs.request import Request
from classifier.jobs.source import Inputs, Source, as_named_source, input_files
from classifier.progress import Progress
from classifier.stats.selection import Selection, candidates, select_diverse, uncertainty
from classifier.summary import Summarised, Summary

MOST = 20_000  # articles of the pool that are scored, drawn at random where there are more


@dataclass(frozen=True)
class NextReport(Summarised):
    """What was chosen, and from what.

    Attributes:
        out: the file.
        chosen: how many articles were.
        pool: how many were read.
        known: of those, (near-)duplicates of labelled articles.
        repeated: of those, (near-)duplicates of an earlier one of the pool.
        scored: how many the model looked at.
        labelled: how many labelled articles the model was fitted on.
        probe: whether it is a probe, not the model of a run.
    """

    out: Path
    chosen: int
    pool: int
    known: int
    repeated: int
    scored: int
    labelled: int
    probe: bool

    def _summary(self) -> Summary:
        rows = {
            "articles of the pool": self.pool,
            "of those, copies of labelled ones": self.known,
            "of those, copies of earlier ones": self.repeated,
            "scored by a probe" if self.probe else "scored by the model": self.scored,
            "chosen": self.chosen,
        }
        return Summary.of(
            f"Chose {self.chosen:,} of {self.pool:,} articles to label: {self.out}",
            ("", "articles"),
            [(name, f"{count:,}") for name, count in rows.items()],
            remarks=["They are no random sample: train on them, but do not test on them."],
        )


def choose_next(
    source: Source,
    pool: Inputs,
    out: str | Path,
    *,
    n: int = 50,
    label_studio: str | Path | None = None,
    most: int = MOST,
    seed: int = 13,
    settings: Settings | None = None,
    device: str = "auto",
    skip_bad: bool = False,
    overwrite: bool = False,
    stdin: TextIO | None = None,
    stdin_format: str | None = None,
    progress: Progress = AUTOMATIC,
) -> NextReport:
    """Choose articles to label, and write them with ``rank``, ``guess``, ``score`` and ``why``.

    Args:
        source: a run (or the folder of several seeds), whose model is asked; or labelled articles as in
            `classifier.jobs.source.resolve_source`, on which a probe is fitted.
        pool: a file, a folder of .txt files or ``-``, or several of these, or a DataFrame or list of mappings; their
            texts are held in memory.
        out: .jsonl, .csv, .tsv, .parquet or .xlsx; the pool's columns are kept.
        n: how many to choose.
        label_studio: a file of tasks for Label Studio beside it.
        most: how many articles of the pool are scored, drawn at random where there are more.
        seed: of that draw and of the groups.
        settings: dotted names -> values; for a run ``data.columns.*``, ``data.encoding``, ``data.sheet`` and
            ``data.missing``, to read the pool.
        device: ``auto`` | ``cpu`` | ``cuda`` | ``mps``.
        skip_bad: leave bad rows of the labelled articles out; those of the pool are always an error, but for rows
            that ``predict`` could not label, which are left out.
        overwrite: replace older files.
        stdin: what ``-`` reads.
        stdin_format: csv | tsv | json | jsonl | parquet | text (one per line); None = told by its first bytes.
        progress: told of each step.

    Raises:
        InputError: the source, the pool (all bad rows at once) or the files cannot be used; nothing is written then.

    Example:
        >>> choose_next("runs/first", "archive.jsonl", "next.csv", n=20).chosen
        20
    """
    path, tasks = Path(out), None if label_studio is None else Path(label_studio)
    with input_files(pool, "pool") as files, as_named_source(source) as named:
        _check(n, most, path, tasks, files, overwrite=overwrite)
        request = Request(named, path, given_settings(settings), skip_bad=skip_bad, progress=progress)
        with open_judge(request, device) as judge:
            rows, articles = read_pool(judge, files, request.settings, stdin, stdin_format)
            stripped = [strip_article(article, judge.strip) for article in articles]
            known, repeated = copies(stripped, judge.known, judge.near, judge.pair)
            open_rows = np.flatnonzero(~known & ~repeated)
            if not len(open_rows):
                raise InputError(
                    f"All {len(articles):,} articles of the pool are copies of labelled ones.",
                    fix="Give other articles.",
                )
            drawn = np.sort(np.random.default_rng(seed).permutation(open_rows)[:most])
            proba, vectors = judge.look([articles[row] for row in drawn])
            scores = uncertainty(proba, judge.labels.multi_label, judge.thresholds)
            best = candidates(scores, n)
            batch = select_diverse(scores[best], vectors(best), n, seed)
    chosen = Selection(best[batch.rows], batch.alike)
    added = added_columns(chosen, proba, scores, judge)
    records = [{**rows[drawn[i]], **more} for i, more in zip(chosen.rows, added, strict=True)]
    if tasks is not None:
        write_tasks(tasks, [articles[drawn[i]] for i in chosen.rows], added)
    write_rows(path, records)
    return NextReport(
        out=path,
        chosen=len(added),
        pool=len(articles),
        known=int(known.sum()),
        repeated=int(repeated.sum()),
        scored=len(drawn),
        labelled=judge.fitted,
        probe=judge.probe,
    )


def _check(n: int, most: int, out: Path, tasks: Path | None, pool: Sequence[str], *, overwrite: bool) -> None:
    if n < 1 or most < n:
        raise InputError(
            f"--n must be at least 1, and --most at least as much. Got {n} and {most} instead.",
            fix="For example: --n 50",
        )
    if not pool:
        raise InputError("There is no pool to choose from.", fix="Add --pool FILE")
    check_writable(out, pool, overwrite=overwrite)
    if tasks is None:
        return
    if tasks.resolve() in {out.resolve(), *(Path(name).resolve() for name in pool)}:
        raise InputError(f"--label-studio '{tasks}' is --out or the pool.", fix="Give it a name of its own.")
    if tasks.is_dir() or (tasks.exists() and not overwrite):
        raise InputError(f"'{tasks}' exists already.", fix=f"Choose another name, or {REPLACE}.")
