"""A connection to Ray: to a cluster, or to one that is started on this machine for the time of a prediction."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from classifier._version import install_extra
from classifier.errors import InputError
from classifier.memory import memory_size

logger = logging.getLogger(__name__)
LOCAL = "local"
ADDRESS = "RAY_ADDRESS"  # the environment variable by which Ray itself finds a cluster
STORE = 512 << 20  # bytes of shared memory at most on this machine, for articles that are on their way
STORE_SHARE = 0.05  # of its memory
LEAST_STORE = 80 << 20  # Ray refuses less
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".*",  # Ray prints what its processes say on standard output, which may be ours
    "RAY_DEDUP_LOGS_ALLOW_REGEX": "(?!)",  # nothing
}


@dataclass(frozen=True)
class Session:
    """A connection to Ray.

    Attributes:
        ray: the library.
        here: whether Ray was started for this process, on this machine alone.
    """

    ray: Any
    here: bool

    @property
    def nodes(self) -> list[Mapping[str, Any]]:
        """The resources of each machine that is alive."""
        return [node["Resources"] for node in self.ray.nodes() if node["Alive"]]


def check_ray() -> None:
    """Raise `InputError`, which names the extra, unless Ray is installed."""
    if find_spec("ray") is None:
        raise InputError("--engine ray needs Ray.", fix=install_extra("ray"))


def import_ray() -> Any:
    """The library, or an `InputError` that names the extra. How quiet it is, it reads when it is imported."""
    check_ray()
    with _quiet():
        import ray

        return ray


@contextmanager
def _quiet() -> Iterator[None]:
    """Ask Ray for no messages of its own; what somebody asked for otherwise counts more."""
    ours = [name for name in QUIET if name not in os.environ]
    os.environ.update({name: QUIET[name] for name in ours})
    try:
        yield
    finally:
        for name in ours:
            del os.environ[name]


@contextmanager
def connected(address: str | None) -> Iterator[Session]:
    """A connection to Ray; what was started for it ends with the block.

    Args:
        address: of a cluster: ``auto`` (the one that runs on this machine) or ``HOST:PORT``; ``local`` starts one on
            this machine; None = the one that ``RAY_ADDRESS`` names, else ``local``.

    Raises:
        InputError: Ray is not installed, or there is no cluster.
    """
    ray = import_ray()
    if ray.is_initialized():  # by the program that calls us
        yield Session(ray, here=False)
        return
    address = address or os.environ.get(ADDRESS) or LOCAL
    here = address == LOCAL
    folder = None
    with _quiet():
        if here:
            folder = _start(ray)
        else:
            _connect(ray, address)
    try:
        yield Session(ray, here)
    finally:
        ray.shutdown()
        if folder:
            shutil.rmtree(folder, ignore_errors=True)


def _start(ray: Any) -> str | None:
    """Start Ray on this machine; says where it keeps its logs."""
    found = ray.init(
        address=LOCAL,
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
        object_store_memory=max(LEAST_STORE, min(STORE, int(memory_size() * STORE_SHARE))),
    )
    folder: str | None = found.address_info.get("session_dir")
    return folder


def _connect(ray: Any, address: str) -> None:
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, ValueError, RuntimeError, OSError) as error:
        what = str(error).strip().splitlines()
        raise InputError(
            f"There is no Ray cluster to connect to at '{address}': {what[0] if what else type(error).__name__}",
            fix="Start one: ray start --head (on the other machines: ray start --address=HOST:6379), and give "
            "--address HOST:6379, or leave --address out to use this machine alone.",
        ) from None
