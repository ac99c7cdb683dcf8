"""No look for cycles while modules are imported, nor as a process ends; what has to be ended then is."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from collections.abc import Iterator

import pytest

from classifier.collecting import uncollected


@pytest.mark.parametrize("before", [True, False])
def test_the_collector_is_as_before_in_the_end_whatever_happens(before: bool) -> None:
    (gc.enable if before else gc.disable)()
    try:
        with pytest.raises(ValueError, match="within"), uncollected(), uncollected():
            assert not gc.isenabled()
            raise ValueError("within")
        assert gc.isenabled() is before
    finally:
        gc.enable()


@pytest.fixture
def unfrozen() -> Iterator[None]:
    """As in a process of a user: this one has frozen what the tests import."""
    frozen = gc.get_freeze_count()
    gc.unfreeze()
    yield
    if frozen:
        gc.freeze()


@pytest.mark.usefixtures("unfrozen")
def test_what_was_made_within_it_is_old_and_collected_where_it_is_garbage() -> None:
    with uncollected():
        made: list[object] = []
        made.append(made)
    assert any(each is made for each in gc.get_objects(2)) and gc.get_freeze_count() == 0
    gone = weakref.ref(cyclic := Cyclic())
    with uncollected():
        del cyclic
    assert gone() is not None
    gc.collect()
    assert gone() is None


class Cyclic:
    """Refers to itself."""

    def __init__(self) -> None:
        self.own = self


END = """
import atexit, gc, sys, threading, time, weakref
from classifier.collecting import end_uncollected
atexit.register(print, "atexit")
class Thing: pass
thing = Thing()
weakref.finalize(thing, print, "finalize")
threading.Thread(target=lambda: (time.sleep(0.2), print("thread"))).start()
end_uncollected()
assert gc.get_freeze_count() > 1000
sys.stdout.write("written, not flushed\\n")
sys.exit(3)
"""


def test_the_end_of_a_process_ends_threads_and_writes_what_was_written() -> None:
    done = subprocess.run([sys.executable, "-c", END], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (3, "")
    assert sorted(done.stdout.split("\n")) == ["", "atexit", "finalize", "thread", "written, not flushed"]
