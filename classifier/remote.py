"""Files in a store elsewhere (``s3://``, ``gs://``, ``hf://``, ``https://`` …), which fsspec reads and writes.

What is read as text is read as it comes, in blocks; other kinds of files are copied to this machine first. What is
written is written on this machine, and put into the store when it is complete.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote, urlsplit

from classifier.checksums import FileSum, file_sum
from classifier.errors import InputError, WrittenError, did_you_mean
from classifier.files import REPLACE, write_json
from classifier.one_writer import one_writer

T = TypeVar("T")
URL = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
HERE = "file://"
UPLOADS = "classifier-uploads"  # a folder in the working directory, for what is not in its store yet
UPLOADING = ".uploading"  # the end of the name of a note: which file is put into the store
BLOCK = 4 << 20  # bytes that are read at a time
PACKAGES = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "http": "aiohttp", "https": "aiohttp"}


def is_remote(name: object) -> bool:
    """Whether a name is that of a file in a store.

    Example:
        >>> [is_remote(name) for name in ("s3://news/a.csv", "file:///tmp/a.csv", "a.csv", "C://a.csv")]
        [True, False, False, False]
    """
    return isinstance(name, str) and URL.match(name) is not None and not name.lower().startswith(HERE)


def local_path(name: str | Path) -> Path:
    """The path of a file on this machine, which may be written as a ``file://`` address.

    Example:
        >>> local_path("file:///tmp/my%20news.csv").as_posix(), local_path("a.csv").as_posix()
        ('/tmp/my news.csv', 'a.csv')
    """
    if isinstance(name, str) and name.lower().startswith(HERE):
        return Path(unquote(urlsplit(name).path))
    return Path(name)


def remote_names(name: str) -> list[str]:
    """The addresses that a name with ``*``, ``?`` or ``[…]`` stands for, by name; another one is itself.

    A file whose own name is like a pattern is that file. Of a folder and what lies in it, only the latter counts.

    Raises:
        InputError: the store cannot be read, or there is no such file.
    """
    if not any(sign in _inside(name) for sign in "*?["):
        return [name]
    store, pattern = _opened(name)
    if _asked(name, lambda: store.exists(pattern)):
        return [name]
    found = sorted(str(path).rstrip("/") for path in _asked(name, lambda: store.glob(pattern)))
    if not found:
        raise InputError(f"There is no file '{name}'.", fix="Check the address.")
    folders = {parent.as_posix() for path in found for parent in PurePosixPath(path).parents}
    return [store.unstrip_protocol(path) for path in found if path not in folders]


def is_same_file(one: str, other: str) -> bool:
    """Whether two addresses are those of one file in one store.

    Example:
        >>> is_same_file("memory://news/a.csv", "MEMORY:///news/a.csv"), is_same_file("memory://a.csv", "a.csv")
        (True, False)
    """
    if not (is_remote(one) and is_remote(other)) or Path(one).name != Path(other).name:
        return False
    (store, inside), (other_store, other_inside) = _opened(one), _opened(other)
    return bool(store == other_store) and inside == other_inside


if TYPE_CHECKING:
    _LocalPath = Path
else:
    _LocalPath = type(Path())


class RemoteFile(_LocalPath):
    """A file in a store that can be looked at and read like one on this machine.

    Args:
        url: its address.

    Raises:
        InputError: its store cannot be read.

    Example:
        >>> import fsspec
        >>> with fsspec.open("memory://news/a.csv", "wb") as file:
        ...     _ = file.write(b"text")
        >>> path = RemoteFile("memory://news/a.csv")
        >>> str(path), path.suffix, path.stat().st_size, path.open("rb").read()
        ('memory://news/a.csv', '.csv', 4, b'text')
    """

    def __new__(cls, url: str) -> RemoteFile:
        """Make the path within the store, which has the name and the suffix."""
        return super().__new__(cls, _inside(url))

    def __init__(self, url: str) -> None:
        if sys.version_info >= (3, 12):
            super().__init__(_inside(url))
        self.url = url
        self.store, self.inside = _opened(url)
        self._info: dict[str, Any] | None = None

    def __str__(self) -> str:
        return self.url

    @property
    def info(self) -> dict[str, Any]:
        """What the store says of it; empty where there is none.

        Raises:
            InputError: the store cannot be read.
        """
        if self._info is None:
            try:
                self._info = _asked(self.url, lambda: self.store.info(self.inside))
            except FileNotFoundError:
                self._info = {}
        return self._info

    def exists(self, **_: Any) -> bool:
        """Whether the store has it."""
        return bool(self.info)

    def is_dir(self, **_: Any) -> bool:
        """Whether it is a folder."""
        return self.info.get("type") == "directory"

    def is_file(self, **_: Any) -> bool:
        """Whether it is a file."""
        return self.info.get("type") == "file"

    def is_symlink(self) -> bool:
        """Whether it is a link: stores have none."""
        return False

    def stat(self, **_: Any) -> Any:
        """Its size."""
        return _Size(self.info.get("size") or 0)

    def iterdir(self) -> Any:
        """What lies in it."""
        return (Path(str(path)) for path in _asked(self.url, lambda: self.store.ls(self.inside, detail=False)))

    @property
    def parent(self) -> Any:
        """The folder that it lies in."""
        above = self.url.rstrip("/").rpartition("/")[0]
        return self if above.endswith("/") else RemoteFile(above)

    def open(self, *_: Any, **__: Any) -> Any:
        """Its bytes, in blocks."""
        raw = _asked(self.url, lambda: self.store.open(self.inside, "rb", block_size=BLOCK))
        return io.BufferedReader(_Bytes(raw, self.url), BLOCK)


class _Size:
    """What is known of a file as the system would say it."""

    def __init__(self, size: int) -> None:
        self.st_size = size


class _Bytes(io.RawIOBase):
    """The bytes of a file in a store; whatever error its library raises is an `OSError`."""

    def __init__(self, raw: Any, url: str) -> None:
        self.raw, self.url = raw, url

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return bool(self.raw.seekable())

    def seek(self, offset: int, whence: int = 0) -> int:
        return int(self.raw.seek(offset, whence))

    def readinto(self, buffer: Any) -> int:
        try:
            found = self.raw.read(len(buffer))
        except Exception as error:
            raise OSError(f"{type(error).__name__}: {error}") from error
        buffer[: len(found)] = found
        return len(found)

    def close(self) -> None:
        self.raw.close()
        super().close()


def copied(file: RemoteFile, folder: Path) -> Path:
    """A copy of a file, or of a folder with all that lies in it.

    Args:
        file: in its store.
        folder: that the copy lies in.

    Raises:
        InputError: the store cannot be read.
    """
    place = folder / (file.name or "input")
    if file.is_dir():
        _asked(file.url, lambda: file.store.get(f"{file.inside.rstrip('/')}/", f"{place}/", recursive=True))
    else:
        with file.open("rb") as source, place.open("wb") as target:
            shutil.copyfileobj(source, target, BLOCK)
    return place


def written_at(out: str | Path) -> Path:
    """Where an output is written on this machine: its path, or a place for what goes to a store.

    Example:
        >>> written_at("s3://news/labels.csv").relative_to(Path.cwd()).as_posix(), written_at("labels.csv").as_posix()
        ('classifier-uploads/s3/news/labels.csv', 'labels.csv')
    """
    if not is_remote(out):
        return local_path(out)
    url = str(out)
    return Path.cwd() / UPLOADS / urlsplit(url).scheme / _inside(url)


@contextmanager
def put_when_done(
    out: str | Path, *, overwrite: bool = False, placed: Callable[[Path], None] | None = None
) -> Iterator[Path]:
    """Where to write an output on this machine; one of a store is put there when the block succeeds.

    It is put there too where the block raises a `WrittenError`, which is then raised with its address.

    Until it is there, it lies in a folder ``classifier-uploads`` in the working directory. Where a process is stopped
    while it puts it there, the store may have some or all of it: a later call that writes the same puts it there again.

    Args:
        out: a path, ``-``, or the address of a file in a store.
        overwrite: whether an older file there may be replaced.
        placed: called with the path here when the store has it, to remove what was needed until then.

    Raises:
        InputError: the store cannot be written to, or has such a file already.

    Example:
        >>> import fsspec
        >>> with put_when_done("memory://labels/one.csv") as path:
        ...     _ = path.write_text("label")
        >>> fsspec.open("memory://labels/one.csv", "rt").open().read(), Path("classifier-uploads").exists()
        ('label', False)
    """
    if not is_remote(out):
        yield written_at(out)
        return
    upload = _Upload(str(out), overwrite)
    told: WrittenError | None = None
    try:
        with one_writer(upload.path):
            if upload.is_there:
                upload.end(placed)
            upload.check_absent(began=upload.note.exists())
            try:
                yield upload.path
            except WrittenError as error:
                message = error.message.replace(str(upload.path), upload.url)
                told = WrittenError(message, fix=error.fix, faults=error.faults)
            upload.put()
            upload.end(placed)
    finally:
        upload.remove_folders()
    if told is not None:
        raise told


def check_no_input(out: str | Path, inputs: Iterable[str]) -> None:
    """Raise `InputError` where an output would replace an input in its store.

    Example:
        >>> check_no_input("memory://news/a.csv", ["memory:///news/a.csv"])
        Traceback (most recent call last):
        classifier.errors.InputError: --out 'memory://news/a.csv' is one of the inputs.
        Fix: Choose another --out.
    """
    if any(is_same_file(str(out), name) for name in inputs):
        raise InputError(f"--out '{out}' is one of the inputs.", fix="Choose another --out.")


def upload_has_begun(out: str | Path) -> bool:
    """Whether an earlier call was stopped while it put this output into its store.

    Example:
        >>> upload_has_begun("memory://labels/one.csv"), upload_has_begun("labels.csv")
        (False, False)
    """
    return is_remote(out) and _noted_at(written_at(out)).exists()


class _Upload:
    """An output that is put into a store; a note beside it says which file that is, from the beginning to the end."""

    def __init__(self, url: str, overwrite: bool) -> None:
        self.url, self.overwrite = url, overwrite
        self.store, self.inside = _opened(url)
        self.path = written_at(url)
        self.note = _noted_at(self.path)

    def check_absent(self, *, began: bool) -> None:
        """Raise `InputError` where the store has a file that may not be replaced.

        Args:
            began: whether it may be there because we began to put it there.
        """
        self.store.invalidate_cache()
        if not self.overwrite and not began and _asked(self.url, lambda: self.store.exists(self.inside)):
            raise InputError(f"'{self.url}' exists already.", fix=f"Choose another --out, or {REPLACE}.")

    def put(self) -> None:
        """Put the file into the store, and remove it here.

        Raises:
            InputError: the store does not take it, or has such a file now that is not ours.
        """
        ours = file_sum(self.path)
        try:
            self.check_absent(began=self._noted() == ours)
        except InputError as error:
            raise InputError(error.message, fix=f"{error.fix} {_complete(self.path)}") from None
        write_json(self.note, asdict(ours))
        try:
            self.store.put_file(str(self.path), self.inside)
            size = self.store.info(self.inside)["size"]
        except Exception as error:
            raise self._not_put(f"{type(error).__name__}: {error}") from None
        if size != ours.bytes:
            raise self._not_put(f"the store has {size:,} of its {ours.bytes:,} bytes")
        self.path.unlink()

    @property
    def is_there(self) -> bool:
        """Whether the store has all of it: it is not here any more."""
        return self.note.exists() and not self.path.exists()

    def end(self, placed: Callable[[Path], None] | None) -> None:
        """Remove what was needed until the store had it."""
        if placed is not None:
            placed(self.path)
        self.note.unlink()

    def remove_folders(self) -> None:
        """Remove the folders that were made for the file, where nothing else lies in them."""
        for folder in self.path.parents:
            if folder == Path.cwd() or not folder.exists() or any(folder.iterdir()):
                break
            folder.rmdir()

    def _noted(self) -> FileSum | None:
        try:
            return FileSum(**json.loads(self.note.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def _not_put(self, why: str) -> InputError:
        return InputError(
            f"'{self.url}' could not be written: {why}.", fix=f"{_complete(self.path)} Or repeat the command."
        )


def _complete(path: Path) -> str:
    return f"The output is complete: copy it there from '{path}'."


def _noted_at(path: Path) -> Path:
    return path.with_name(f"{path.name}{UPLOADING}")


def _inside(url: str) -> str:
    """The path within a store, whose first part is a bucket or a computer."""
    kind, _, inside = url.partition("://")
    return (inside.partition("?")[0] if kind.lower().startswith("http") else inside).strip("/")


def _opened(url: str) -> tuple[Any, str]:
    """The store of an address, and the path in it.

    Raises:
        InputError: there is no such kind of store, or its package is missing.
    """
    from fsspec.core import url_to_fs
    from fsspec.registry import known_implementations

    kind, _, place = url.partition("://")
    kind = kind.lower()
    try:
        store, inside = url_to_fs(f"{kind}://{place}")
    except ImportError as error:
        package = PACKAGES.get(kind) or known_implementations.get(kind, {}).get("class", "").partition(".")[0]
        if package in ("", "fsspec"):
            raise InputError(f"'{url}' cannot be opened: {error}.", fix="Install the package that it names.") from None
        raise InputError(f"'{url}' needs the package {package}.", fix=f"pip install {package}") from None
    except Exception as error:
        if kind not in known_implementations:
            hint = did_you_mean(kind, known_implementations)
            raise InputError(f"There is no kind of store called '{kind}' ('{url}').{hint}", fix="Check it.") from None
        raise InputError(f"'{url}' cannot be opened: {error}.", fix="Check the address.") from None
    return store, str(inside)


def _asked(url: str, ask: Callable[[], T]) -> T:
    """What a store answers.

    Raises:
        FileNotFoundError: it has no such file.
        InputError: it cannot be read.
    """
    try:
        return ask()
    except FileNotFoundError:
        raise
    except Exception as error:  # of the library of that store
        raise InputError(
            f"'{url}' cannot be read: {type(error).__name__}: {error}.",
            fix="Check the address, and that this machine may read it.",
        ) from None
