import os
import sys
from pathlib import Path

import pytest

from classifier import memory
from classifier.memory import USUAL, memory_size


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is of Linux")
def test_it_is_that_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "LIMITS", ())
    kilobytes = int(Path("/proc/meminfo").read_text(encoding="ascii").split()[1])
    assert memory_size() == pytest.approx(1024 * kilobytes, rel=0.01)


def test_where_the_system_does_not_tell_it_is_a_usual_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "LIMITS", ())
    for name in ("sysconf", "sysconf_names"):  # Windows has neither
        monkeypatch.delattr(os, name, raising=False)
    assert memory_size() == USUAL


@pytest.mark.parametrize(("limits", "expected"), [(("max\n",), None), (("1000000\n",), 10**6), (("max", "5000"), 5000)])
def test_a_container_may_take_less(
    limits: tuple[str, ...], expected: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "LIMITS", ())
    machine = memory_size()
    files = [tmp_path / str(number) for number in range(len(limits))]
    for file, text in zip(files, limits, strict=True):
        file.write_text(text, encoding="ascii")
    monkeypatch.setattr(memory, "LIMITS", (*map(str, files), str(tmp_path / "absent")))
    assert memory_size() == (machine if expected is None else expected)
