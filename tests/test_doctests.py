"""Every example in a docstring runs, and prints what it says."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def modules_with_examples() -> list[str]:
    found = []
    for path in sorted((ROOT / "classifier").rglob("*.py")):
        if ">>> " in path.read_text(encoding="utf-8"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return found


def failures(module: ModuleType) -> tuple[int, str]:
    """How many examples ran, and doctest's report of those that failed."""
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    for test in doctest.DocTestFinder(exclude_empty=True).find(module):
        runner.run(test, out=report.append)
    return runner.summarize(verbose=False).attempted, "".join(report)


@pytest.mark.parametrize("name", modules_with_examples())
@pytest.mark.usefixtures("in_examples")
def test_the_examples_of(name: str) -> None:
    ran, report = failures(import_module(name))
    assert ran
    assert not report, report


def test_one_wrong_example_fails() -> None:
    module = ModuleType("wrong")
    module.__doc__ = "A module.\n\n>>> 1 + 1\n2\n>>> 1 + 1\n3\n"
    ran, report = failures(module)
    assert ran == 2
    assert "Expected:\n    3\nGot:\n    2" in report
