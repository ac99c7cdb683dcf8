import ctypes
import sys
from pathlib import Path

import pytest

from classifier import heap
from classifier.heap import Spare, give_back

BLOCK, COUNT = 50_000, 2000  # bytes: so little that the C library does not ask the system for each


def resident() -> float:
    """Memory of this process in megabytes."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1000


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc keeps memory so")
def test_what_is_free_between_pieces_in_use_goes_back() -> None:
    system = ctypes.CDLL(None)
    if not hasattr(system, "malloc_trim"):
        pytest.skip("the C library of this system is not glibc")
    system.malloc.restype, system.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
    pieces = [system.malloc(BLOCK) for _ in range(COUNT)]
    for piece in pieces:
        ctypes.memset(piece, 1, BLOCK)
    full = resident()
    for piece in pieces[:-1]:
        system.free(piece)
    kept = resident()
    assert give_back()
    assert kept > full - 20 and resident() < kept - 60
    system.free(pieces[-1])


def test_other_systems_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    heap._trim.cache_clear()
    try:
        assert not give_back()
    finally:
        heap._trim.cache_clear()


def test_it_goes_back_after_so_many_articles(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[bool] = []
    monkeypatch.setattr(heap, "give_back", lambda: given.append(True))
    memory = Spare(100)
    for _ in range(39):
        memory.used(10)
    assert len(given) == 3
