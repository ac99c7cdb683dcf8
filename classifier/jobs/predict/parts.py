"""The parts of a file that is not complete: in a folder ``OUT.parts`` beside it, from which a stopped job goes on.

Each part is written under a temporary name, brought to the disk, and renamed, so that it is whole or absent whenever
the process or the machine stops. Who writes the file (`classifier.one_writer`) writes the folder too.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from string import digits
from typing import Any

from classifier.articles.readers.below import PARTS, PARTS_JOB
from classifier.errors import InputError
from classifier.files import REPLACE, flush_folder, flushed, os_error_words
from classifier.jobs.predict.chunks import Chunk
from classifier.jobs.predict.labelling import Labelling
from classifier.jobs.predict.part import Part, read_part, write_part
from classifier.one_writer import unfinished

PART = ".part"
DONE = "done.json"
REPLACES = "replaces"
FORMAT = 1
ANEW = f"To start anew, {REPLACE}."


class OtherRowsError(InputError):
    """The rows of the input are not those that were labelled."""


def parts_folder(out: Path) -> Path:
    """The folder of the parts of a file.

    Example:
        >>> parts_folder(Path("labels.csv")).name
        'labels.csv.parts'
    """
    return out.with_name(f"{out.name}{PARTS}")


def noted_as_done(out: Path) -> Mapping[str, Any] | None:
    """What was noted when a file was complete; None where it is not the file that was noted.

    Example:
        >>> noted_as_done(Path("labels.csv")) is None
        True
    """
    try:
        noted: Mapping[str, Any] = json.loads((parts_folder(out) / DONE).read_text(encoding="utf-8"))
        same = _identity(out).items() <= noted.items()
    except (OSError, ValueError, AttributeError):
        return None
    return noted if same else None


def may_replace(out: Path) -> bool:
    """Whether the job that left the parts of a file was to replace an older one, so that it may where it goes on.

    Example:
        >>> may_replace(Path("labels.csv"))
        False
    """
    try:
        return _read_job(parts_folder(out)).get(REPLACES) is True
    except InputError:
        return False


def remove_parts(out: Path) -> None:
    """Remove the parts of a file: at once by name, so that no half of them is ever taken for parts."""
    folder = parts_folder(out)
    if folder.exists():
        gone = unfinished(out)
        folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)


@dataclass
class Parts:
    """What has been labelled so far.

    A single part is kept in memory: there is a folder from the second one on.

    Attributes:
        out: the file that is made of the parts; the folder lies beside it.
        labelling: what decides the scores.
        count: one more than the number of the last part; shards may have left gaps before it.
        replaces: whether an older file is replaced.
    """

    out: Path
    labelling: Labelling
    count: int = 0
    replaces: bool = False
    _first: Part | None = field(default=None, repr=False)
    _added: list[int] = field(default_factory=list, repr=False)

    @property
    def folder(self) -> Path:
        """Where the parts lie."""
        return parts_folder(self.out)

    @property
    def kept(self) -> bool:
        """Whether there is a folder that holds some."""
        return self.folder.exists()

    @classmethod
    def open(cls, out: Path, labelling: Labelling, *, overwrite: bool = False) -> Parts:
        """The parts that an earlier call left, or none.

        Args:
            out: the file.
            labelling: of this call.
            overwrite: whether they are removed, and an older file is replaced.

        Raises:
            InputError: they are of another job, or the folder holds something else.
        """
        parts = cls(out, labelling, replaces=overwrite)
        if not parts.kept:
            return parts
        stored = _read_job(parts.folder)
        if overwrite:
            parts.remove()
            return parts
        if stored["format"] != FORMAT:
            raise InputError(
                f"'{parts.folder}' was left by another version of classifier.",
                fix=f"Finish the job with that version, or choose another --out. {ANEW}",
            )
        if different := labelling.differences(stored):
            raise InputError(
                f"'{parts.folder}' holds what was labelled so far of '{out}', by another job. Different: "
                f"{'; '.join(different)}.",
                fix=f"Repeat the command as it was, and it goes on; or choose another --out. {ANEW}",
            )
        parts.count = 1 + max(parts.numbers(), default=-1)
        return parts

    def numbers(self) -> list[int]:
        """The numbers of the parts in the folder; what other programs leave there, such as a second copy, is none."""
        names = (path.name for path in self.folder.iterdir())
        return [int(name[:8]) for name in names if re.fullmatch(rf"\d{{8}}{re.escape(PART)}", name)]

    def read(self, number: int) -> Part | None:
        """A part; None where there is none, or a damaged one."""
        if self._first is not None:
            return self._first if number == 0 else None
        path = self._path(number)
        found = read_part(path) if path.exists() else None
        return found if found is not None and found.number == number else None

    def add(self, part: Part) -> None:
        """Keep the next part.

        Raises:
            InputError: the disk is full, or the folder cannot be written to.
        """
        if not self.kept and part.number == 0:
            self._first, self.count = part, 1
            return
        with writing_parts(self.folder):
            if not self.kept:
                self._make()
            if self._first is not None:
                self._write(self._first)
                self._first = None
            self._write(part)
        self._added.append(part.number)
        self.count = max(self.count, part.number + 1)

    def __iter__(self) -> Iterator[Part]:
        """All parts, in order.

        Raises:
            InputError: one is missing or damaged.
        """
        for number in range(self.count):
            part = self.read(number)
            if part is None:
                raise InputError(
                    f"'{self._path(number)}' is missing or damaged.",
                    fix="Repeat the command: it labels these rows again, and goes on.",
                )
            yield part

    def of(self, chunk: Chunk) -> Part | None:
        """The part of a chunk; None where there is none that holds all of it.

        Raises:
            InputError: the rows are others now.
        """
        part = self.read(chunk.number)
        return part if part is not None and self.check_same(chunk, part) else None

    def check_same(self, chunk: Chunk, part: Part) -> bool:
        """Whether a part is that of a chunk; False where it is to be labelled again, because the input has grown since.

        The last row may be another one then: a program may have been about to write it.

        Raises:
            InputError: the rows are others now.
        """
        labelled = len(part.lines)
        if labelled == len(chunk.rows) and part.fingerprint == chunk.fingerprint():
            return True
        if labelled < len(chunk.rows) and part.fingerprint == chunk.fingerprint(labelled):
            return False
        if (labelled < len(chunk.rows) or part.number == self.count - 1) and _but_for_its_end(chunk, part):
            return False
        if labelled > len(chunk.rows) and list(part.lines[: len(chunk.rows)]) == list(chunk.lines):
            raise self._shorter(chunk.start + len(chunk.rows))
        changed = [(now, then) for now, then in zip(chunk.lines, part.lines, strict=False) if now != then]
        (where, values), (place, before) = map(json.loads, changed[0] if changed else (chunk.lines[0], chunk.lines[0]))
        if values == before and where.rstrip(digits) != place.rstrip(digits):  # the name of the file, without the line
            raise OtherRowsError(
                f"The rows in '{self.folder}' have other places: {where} was called {place} when it was labelled.",
                fix=f"Name the inputs as in the first command, in the same folder, and the job goes on. {ANEW}",
            )
        raise OtherRowsError(
            f"The input has changed since '{self.folder}' was written: {where} is not the row that was labelled.",
            fix=f"Give the input as it was, with new rows at its end, and the job goes on. {ANEW}",
        )

    def check_end(self, chunks: int, rows: int) -> None:
        """Raise `InputError` if there are parts beyond the last chunk: the input has fewer rows than before."""
        if chunks < self.count:
            raise self._shorter(rows)

    def note_done(self, file: Path, what: Mapping[str, Any]) -> None:
        """Note that a file is complete that is about to get its name, so that a later call knows it."""
        if self.kept:
            with writing_parts(self.folder):
                self._write_json(DONE, {**_identity(file), **what})

    def done(self) -> Mapping[str, Any] | None:
        """What `note_done` noted, where the file that has the name of the output is the one that it noted."""
        return noted_as_done(self.out)

    @contextmanager
    def of_the_same_rows(self) -> Iterator[None]:
        """Where the rows turn out to be others, take back what this call has added: the older parts can be used.

        There may be some after a gap that a shard has left, and what was labelled in that gap is of the wrong input.

        Raises:
            OtherRowsError: the block raised it.
        """
        try:
            yield
        except OtherRowsError:
            for number in self._added:
                self._path(number).unlink(missing_ok=True)
            raise

    def remove(self) -> None:
        """Remove the folder."""
        self._first, self.count = None, 0
        remove_parts(self.out)

    def _shorter(self, rows: int) -> OtherRowsError:
        return OtherRowsError(
            f"The input has {rows:,} rows, and more were labelled when '{self.folder}' was written.",
            fix=f"Give the input as it was, with new rows at its end, and the job goes on. {ANEW}",
        )

    def make(self) -> None:
        """Make the folder where there is none, for several processes that write parts of one output.

        Raises:
            InputError: the disk is full, or the folder cannot be written to.
        """
        with writing_parts(self.folder):
            try:
                if not self.kept:
                    self._make()
            except OSError:
                if not self.kept:  # else another process was first
                    raise

    def _make(self) -> None:
        """Make the folder, with what the job is: whole or not at all."""
        new = unfinished(self.out)
        new.mkdir(parents=True)
        path = new / PARTS_JOB
        stored = {"format": FORMAT, REPLACES: self.replaces, **self.labelling.stored()}
        path.write_text(json.dumps(stored, indent=2) + "\n", encoding="utf-8")
        flushed(path)
        try:
            new.rename(self.folder)
        except OSError:
            shutil.rmtree(new, ignore_errors=True)
            raise
        flush_folder(self.folder.parent)

    def _write(self, part: Part) -> None:
        path = self._path(part.number)
        partial = unfinished(path)
        try:
            write_part(partial, part)
            flushed(partial)
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        flush_folder(self.folder)

    def _write_json(self, name: str, values: Mapping[str, Any]) -> None:
        partial = unfinished(self.folder / name)
        partial.write_text(json.dumps(values), encoding="utf-8")
        flushed(partial)
        partial.replace(self.folder / name)
        flush_folder(self.folder)

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:08d}{PART}"


def _but_for_its_end(chunk: Chunk, part: Part) -> bool:
    """Whether the rows of a part are those that a chunk begins with, all but the last of the part."""
    last = len(part.lines) - 1
    return last < len(chunk.rows) and list(part.lines[:last]) == list(chunk.lines[:last])


def _identity(file: Path) -> dict[str, int]:
    """What a file keeps when it is renamed, and no other file has."""
    stat = file.stat()
    return {"bytes": stat.st_size, "changed": stat.st_mtime_ns}


def _read_job(folder: Path) -> Mapping[str, Any]:
    """What the job of a folder is.

    Raises:
        InputError: the folder holds something else.
    """
    try:
        stored: Mapping[str, Any] = json.loads((folder / PARTS_JOB).read_text(encoding="utf-8"))
        stored["format"]
    except (OSError, ValueError, TypeError, KeyError):
        raise InputError(
            f"'{folder}' stands where the parts of the output would lie, and holds something else.",
            fix="Move it away, or choose another --out.",
        ) from None
    return stored


@contextmanager
def writing_parts(folder: Path) -> Iterator[None]:
    """Turn an error of the system when writing into an `InputError` that says where the parts are."""
    try:
        yield
    except OSError as error:
        kept = f"What was labelled so far is kept in '{folder}'. " if folder.exists() else ""
        raise InputError(
            f"'{folder}' cannot be written: {os_error_words(error)}.",
            fix=f"{kept}Make room, and repeat the command: it goes on.",
        ) from None
