"""One writer per output: a second process that wants the same folder or file is told who is writing it, and since when.

While a job writes ``OUT``, a file ``.OUT.lock`` stands beside it. The system's lock on that file decides (``flock``, on
Windows ``msvcrt``): it ends with its process, however that ended, so that nothing needs removing after a crash. What
the file holds is for the message, and counts by itself where the system's lock does not reach:

- On a drive without such locks, the process is looked up by its number and the time it started.
- On a network drive, another computer's file is believed: whether its process runs cannot be seen from here.

The package filelock is not used: it has no answer to these two, and cannot say who holds a lock.

Whoever holds the lock of an output knows that partial outputs beside it were left by processes that are dead.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import re
import shlex
import shutil
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from classifier.errors import InputError

logger = logging.getLogger(__name__)
PARTIAL = ".partial"  # output that is not complete
REPLACED = ".replaced"  # older output, until the new one has its name
LOCK = ".lock"
PATIENCE = 0.4  # seconds: another process may look at a lock for an instant
LONGEST_COMMAND = 200
BUSY = {errno.EAGAIN, errno.EACCES, errno.EWOULDBLOCK}
READ_ONLY = {errno.EACCES, errno.EPERM, errno.EROFS}
FIX = "Wait until it has ended, or choose another --out."
FAR = 1 << 30  # the byte that is locked on Windows, where locked bytes cannot be read


@dataclass(frozen=True)
class Holder:
    """Who writes an output, as its lock file says.

    Attributes:
        host: name of the computer.
        boot: id of its system since it was last started, which containers share; empty where there is none.
        pid: number of the process.
        started: when the process began, as the system counts; empty where that is not known.
        since: when it began to write.
        command: that it was started with.
        token: of this lock alone.
    """

    host: str
    boot: str
    pid: int
    started: str
    since: str
    command: str
    token: str


@dataclass
class _Hold:
    """A lock that this process holds.

    Attributes:
        path: the output.
        file: the lock file; None where none could be made.
        descriptor: of the open lock file.
        token: of the lock.
        process, thread: that took it.
        made: folders that were made for it, the innermost first.
        free: whether there was nothing under the name of the output.
    """

    path: Path
    file: Path | None
    descriptor: int
    token: str
    process: int
    thread: int
    made: tuple[Path, ...] = ()
    free: bool = True


_held: dict[Path, _Hold] = {}


@contextmanager
def one_writer(path: str | Path) -> Iterator[None]:
    """Be the only process that writes a folder or file, until the block ends.

    Within an output that this process holds already, this does nothing.

    Raises:
        InputError: another process writes it, or a folder that it lies in, or something in it.

    Example:
        >>> with one_writer("runs/new"):
        ...     Path("runs/.new.lock").exists()
        True
        >>> Path("runs/.new.lock").exists()
        False
    """
    path = Path(path).resolve()
    ours = _covering(path)
    if not path.name:  # the root: no output can be there
        yield
        return
    if ours is not None:
        if ours.path == path and ours.thread != threading.get_ident():
            raise InputError(f"'{path}' is being written by another thread of this program.", fix=FIX)
        yield
        return
    hold = _take(path)
    _held[path] = hold
    try:
        _check_relatives(path)
        remove_leftovers(path)
        hold.free = not _occupied(path)
        yield
    finally:
        _release(hold)


def check_still_ours(path: Path) -> None:
    """Check, before an output gets its name, that no other process has come between.

    Raises:
        InputError: the lock was removed or is another's now, or something has appeared under the name of the output.
    """
    path = path.resolve()
    hold = _covering(path)
    if hold is None or hold.file is None:
        return
    holder = _read(hold.file)
    if holder is None or holder.token != hold.token:
        who = "its lock was removed" if holder is None else _described(holder)
        raise InputError(
            f"'{hold.path}' is no longer this process's alone: {who}. This process has stopped writing to it.",
            fix="Choose another --out, and leave lock files to classifier.",
        )
    if hold.path == path and hold.free and _occupied(path):
        raise InputError(
            f"'{path}' has appeared in the meantime: another program wrote it. It was left as it is.",
            fix="Choose another --out.",
        )


def has_got_its_name(path: Path) -> None:
    """Note that this process has put its own output there."""
    hold = _held.get(path.resolve())
    if hold is not None:
        hold.free = False


def unfinished(path: Path) -> Path:
    """A new name beside an output, for as long as it is not complete.

    Example:
        >>> unfinished(Path("runs/new")).name.startswith("new."), is_unfinished(unfinished(Path("runs/new")).name)
        (True, True)
    """
    return path.with_name(f"{path.name}.{uuid4().hex[:12]}{PARTIAL}")


def is_unfinished(name: str) -> bool:
    """Whether a file or folder is a partial output, or an older one about to be removed.

    Example:
        >>> is_unfinished("model.0123456789ab.partial"), is_unfinished("notes.partial")
        (True, False)
    """
    return re.fullmatch(rf".+\.[0-9a-f]{{12}}({PARTIAL}|{REPLACED})", name, re.DOTALL) is not None


def is_leftover(path: Path) -> bool:
    """Whether something in a folder is a partial output or a lock, which this package left there."""
    return is_unfinished(path.name) or (re.fullmatch(rf"\..+{LOCK}", path.name) is not None and _read(path) is not None)


def remove_leftovers(path: Path) -> None:
    """Remove what dead processes left beside an output that this process holds; give an older output its name again."""
    kinds = rf"{re.escape(path.name)}\.[0-9a-f]{{12}}({PARTIAL}|{REPLACED})"
    beside = list(path.parent.iterdir()) if path.parent.is_dir() else []
    left = [entry for entry in beside if re.fullmatch(kinds, entry.name, re.DOTALL)]
    for entry in left:
        if entry.suffix == REPLACED and not path.exists():
            entry.rename(path)
            logger.warning("'%s' has its name again: a process was killed while it replaced it", path)
        else:
            _remove(entry)


def remove_leftovers_within(folder: Path) -> None:
    """Remove partial outputs of dead processes in a folder that this process holds."""
    for entry in [entry for entry in folder.rglob(f"*{PARTIAL}") if is_unfinished(entry.name)]:
        _remove(entry)


def _remove(entry: Path) -> None:
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry, ignore_errors=True)
    else:
        with suppress(OSError):
            entry.unlink()


def _lock_file(path: Path) -> Path:
    return path.with_name(f".{path.name}{LOCK}")


def _covering(path: Path) -> _Hold | None:
    """The lock of this process on a path, or on a folder that it lies in."""
    holds = (_held.get(place) for place in (path, *path.parents))
    return next((hold for hold in holds if hold is not None and hold.process == os.getpid()), None)


def _occupied(path: Path) -> bool:
    return path.exists() and (not path.is_dir() or any(not entry.name.startswith(".") for entry in path.iterdir()))


def _take(path: Path) -> _Hold:
    """Take the lock of an output, for which the folder that it is to lie in is made."""
    file = _lock_file(path)
    made = tuple(folder for folder in path.parents if not folder.exists())
    hold = _Hold(path, None, -1, "", os.getpid(), threading.get_ident(), made)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        hold.descriptor, hold.token = _locked(path, file)
    except OSError as error:
        if error.errno in READ_ONLY and path.is_dir() and not file.exists():
            logger.warning("'%s' cannot be written: nothing keeps another process from writing to '%s'", file, path)
            return hold
        _remove_made(hold)
        fix = "Make room or choose another place with --out. No unfinished file was left."
        raise InputError(f"'{path}' cannot be written: {error.strerror}.", fix=fix) from None
    except InputError:
        _remove_made(hold)
        raise
    hold.file = file
    return hold


def _locked(path: Path, file: Path) -> tuple[int, str]:
    """The open lock file and its token."""
    gives_up = time.monotonic() + PATIENCE
    while True:
        descriptor = _open(path, file)
        holder = None
        try:
            locked = _lock(descriptor)
            holder = _read(file)
            if locked is not False and (holder is None or not _may_run(holder, locked=locked is True)):
                ours = _this_process()
                _write(descriptor, file, ours)
                if locked is None:  # two may have come this far: the last to write has it
                    time.sleep(PATIENCE / 4)
                if _read(file) == ours:  # else its last holder has just removed it
                    return descriptor, ours.token
            elif time.monotonic() > gives_up:
                raise _refusal(path, file, holder)
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        time.sleep(PATIENCE / 20)


def _open(path: Path, file: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)
    try:
        try:
            return os.open(file, flags, 0o666)
        except FileNotFoundError:  # another process has just removed the folder, which was empty
            file.parent.mkdir(parents=True, exist_ok=True)
            return os.open(file, flags, 0o666)
    except PermissionError:
        if not file.exists():
            raise
        raise _refusal(path, file, _read(file), remove=True) from None  # of another user


def _lock(descriptor: int) -> bool | None:
    """Whether the system's lock was taken; None where the drive has none."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(descriptor, FAR, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return False if error.errno in BUSY else None
    return True


def _release(hold: _Hold) -> None:
    _held.pop(hold.path, None)
    if hold.file is not None and hold.process == os.getpid():
        ours = _read(hold.file)
        if ours is not None and ours.token == hold.token and sys.platform != "win32":
            hold.file.unlink(missing_ok=True)  # while it is locked, so that it is surely ours
        os.close(hold.descriptor)
        if sys.platform == "win32":
            with suppress(OSError):  # another process has opened it
                hold.file.unlink(missing_ok=True)
    _remove_made(hold)


def _remove_made(hold: _Hold) -> None:
    """Remove the folders that were made for an output, where nothing came to lie in them."""
    for folder in hold.made:
        with suppress(OSError):
            folder.rmdir()


def _check_relatives(path: Path) -> None:
    """Raise `InputError` where another process writes a folder that the output lies in, or something in the output."""
    around = [parent for parent in path.parents if parent.name and _lock_file(parent).exists()]
    within = [*path.glob(f".*{LOCK}"), *path.glob(f"*/.*{LOCK}")] if path.is_dir() else []
    for relative in [*around, *(file.with_name(file.name[1 : -len(LOCK)]) for file in within)]:
        holder = _read(_lock_file(relative))
        if holder is None:
            continue
        with suppress(OSError):
            os.close(_locked_for_an_instant(relative))


def _locked_for_an_instant(path: Path) -> int:
    """The lock file of an output that nobody writes, opened; it is removed where its holder is dead."""
    file = _lock_file(path)
    descriptor, _ = _locked(path, file)
    file.unlink(missing_ok=True)
    return descriptor


def _refusal(path: Path, file: Path, holder: Holder | None, *, remove: bool = False) -> InputError:
    who = "another process" if holder is None else _described(holder)
    far = holder is not None and holder.host != socket.gethostname()
    return InputError(
        f"'{path}' is being written: {who}.",
        fix=f"{FIX} If that process is no longer running, remove '{file}'." if far or remove else FIX,
    )


def _described(holder: Holder) -> str:
    since = holder.since.replace("T", " ")
    return f"process {holder.pid} on {holder.host} has been writing to it since {since} ({holder.command})"


def _read(file: Path) -> Holder | None:
    """Who holds a lock; None where there is no file, or nothing in it that can be read."""
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
        holder = Holder(**values)
    except (OSError, ValueError, TypeError):
        return None
    texts = (holder.host, holder.boot, holder.started, holder.since, holder.command, holder.token)
    return holder if isinstance(holder.pid, int) and all(isinstance(text, str) for text in texts) else None


def _write(descriptor: int, file: Path, holder: Holder) -> None:
    """Write who holds a lock, whole or not at all: on a full disk the file is removed, and an `OSError` says why."""
    left = (json.dumps(asdict(holder), ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.truncate(descriptor, 0)
    try:
        while left:
            left = left[os.write(descriptor, left) :]
    except OSError:
        file.unlink(missing_ok=True)
        raise


def _this_process() -> Holder:
    pid = os.getpid()
    name = Path(sys.argv[0] if sys.argv else "").name
    command = shlex.join([{"__main__.py": "classifier", "": "python"}.get(name, name), *sys.argv[1:]])
    return Holder(
        host=socket.gethostname(),
        boot=_file_text(Path("/proc/sys/kernel/random/boot_id")),
        pid=pid,
        started=_state_and_start(pid)[1],
        since=datetime.now().astimezone().isoformat(timespec="seconds"),
        command=command if len(command) <= LONGEST_COMMAND else f"{command[: LONGEST_COMMAND - 1]}…",
        token=uuid4().hex,
    )


def _may_run(holder: Holder, *, locked: bool) -> bool:
    """Whether the process that wrote a lock file may still run, though this process could take the system's lock.

    Args:
        holder: what the file says.
        locked: whether there is such a lock here; a process of the same system that runs would have it.
    """
    here = _this_process()
    if locked and holder.boot == here.boot != "":
        return False
    if holder.host != here.host:
        return True
    if locked or holder.boot != here.boot:  # the computer was started again since
        return False
    return _runs(holder)


def _runs(holder: Holder) -> bool:
    """Whether a process of this computer runs, and is the one that wrote the file, not a later one of its number."""
    if sys.platform == "win32":
        return True
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    state, started = _state_and_start(holder.pid)
    return state != "Z" and (not started or not holder.started or started == holder.started)


def _state_and_start(pid: int) -> tuple[str, str]:
    """State of a process, and when it began; empty where the system does not say."""
    values = _file_text(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    return (values[0], values[19]) if len(values) > 19 else ("", "")


def _file_text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError:
        return ""
