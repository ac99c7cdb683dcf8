"""``predict --shard i/n``: several jobs label the chunks of one output, and a last one puts them together.

Each job reads all of the input and labels every n-th chunk into the parts of the output, which lie beside it. The same
command without ``--shard`` finds the parts there, labels what is missing, and writes the output: with the same rows,
scores and order as one job alone, because the chunks are the same.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from classifier.articles.writers import STDOUT
from classifier.errors import InputError, counted
from classifier.jobs.predict.chunks import Chunk, cut, sizes
from classifier.jobs.predict.inputs import open_inputs
from classifier.jobs.predict.job import Job, made
from classifier.jobs.predict.parts import Parts, parts_folder
from classifier.jobs.predict.side_by_side import SideBySide
from classifier.progress import SILENT, Progress

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Shard:
    """Which chunks a job labels: every ``of``-th one.

    Attributes:
        number: from 1.
        of: how many shards there are.
    """

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    def has(self, chunk: int) -> bool:
        """Whether a chunk is one of it.

        Example:
            >>> [chunk for chunk in range(7) if Shard(2, 3).has(chunk)]
            [1, 4]
        """
        return chunk % self.of == self.number - 1


def read_shard(text: str) -> Shard:
    """A shard as it is typed.

    Raises:
        InputError: that is none.

    Example:
        >>> print(read_shard("3/8"))
        3/8
        >>> read_shard("0/8")
        Traceback (most recent call last):
        classifier.errors.InputError: --shard 0/8: shards are numbered from 1 to 8.
        Fix: Number them so; of a Slurm array with sbatch --array=1-8
    """
    found = re.fullmatch(r"\s*(\d+)\s*/\s*(\d+)\s*", text)
    if found is None or not int(found[2]):
        raise InputError(f"--shard '{text}' names no shard.", fix="For example --shard 3/8: the third of eight.")
    number, of = int(found[1]), int(found[2])
    if not 1 <= number <= of:
        raise InputError(
            f"--shard {number}/{of}: shards are numbered from 1 to {of}.",
            fix=f"Number them so; of a Slurm array with sbatch --array=1-{of}",
        )
    return Shard(number, of)


def check_shard(shard: Shard, out: Path, inputs: Sequence[str], page: object = None, *, overwrite: bool) -> None:
    """Raise `InputError` where several jobs could not read one input, or not write into one output.

    Args:
        shard: which of them it is.
        out: the output.
        inputs: what is read.
        page: that is asked for; only the last job knows all articles.
        overwrite: whether an older output may be replaced.
    """
    if out == STDOUT or "-" in inputs:
        what = "--out -" if out == STDOUT else "standard input"
        raise InputError(
            f"--shard {shard} does not go with {what}: all shards read the same files, and keep what they label beside "
            "the same output.",
            fix="Name files that all of the jobs see.",
        )
    if page is not None:
        raise InputError(
            f"--report '{page}' is about all articles, and --shard {shard} labels some.",
            fix="Give --report to the last command, which has no --shard.",
        )
    if overwrite:
        raise InputError(
            f"--shard {shard} does not go with --overwrite: it would remove what the other shards have labelled.",
            fix=f"Remove '{out}' and '{parts_folder(out)}' yourself, and leave --overwrite out.",
        )


def label_shard(job: Job, shard: Shard, progress: Progress = SILENT) -> int:
    """Label the chunks of a shard that no part holds yet.

    Args:
        job: what is labelled in all.
        shard: which chunks.
        progress: told of each chunk.

    Returns:
        How many articles of the shard are labelled, those included that were labelled before.

    Raises:
        InputError: an input cannot be read, or what was labelled so far is of another model or other rows.
    """
    with open_inputs(job.inputs, job.info, job.out) as opened:
        opened.check()
        Parts(job.out, job.labelling).make()
        parts = Parts.open(job.out, job.labelling)
        before: list[int] = []
        now: list[int] = []

        def missing(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
            for chunk in chunks:
                if shard.has(chunk.number):
                    old = parts.of(chunk)
                    if old is None:
                        yield chunk
                    else:
                        before.append(len(old.proba))

        rows = opened.rows(job.out)
        read = SideBySide(cut(rows, sizes(explain=job.more.explain)))
        with parts.of_the_same_rows(), closing(read) as chunks:
            for part in made(job, missing(chunks), parts, progress):
                now.append(len(part.proba))
    if before:
        logger.info("%s articles were labelled before", f"{sum(before):,}")
    logger.info(
        "shard %s: %s. When all shards are done, the same command without --shard writes '%s'",
        shard,
        counted(len(before) + len(now), "chunk is labelled", "chunks are labelled"),
        job.out,
    )
    return sum(before) + sum(now)
