"""The layout is the documentation: one-way imports are checked by import-linter, the rest here."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "classifier"
ROOMS = ("articles", "cli", "dataset", "evaluation", "jobs", "models", "reports", "stats", "training")
GROUND_FOLDERS = ("config",)  # folders of the ground floor, on which all rooms rest


def test_there_are_nine_rooms_and_each_says_what_it_is_for() -> None:
    folders = [path for path in PACKAGE.rglob("*") if path.is_dir() and list(path.glob("*.py"))]
    assert {path.name for path in folders if path.parent == PACKAGE} == {*ROOMS, *GROUND_FOLDERS}
    for folder in folders:
        assert (folder / "__init__.py").read_text(encoding="utf-8").startswith('"""'), folder


def test_tests_mirror_the_rooms() -> None:
    for path in (ROOT / "tests").rglob("test_*.py"):
        room = path.parent.relative_to(ROOT / "tests")
        assert room.parts in ((), ("scripts",)) or (PACKAGE / room).is_dir(), path


ELSEWHERE = {  # module -> where its tests are, until they stand beside it
    "_version.py": "test_version.py",
}


def has_functions(path: Path) -> bool:
    return any(isinstance(node, ast.FunctionDef) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def test_every_module_has_its_test_file() -> None:
    """But for those without a function: constants, types and dataclasses alone."""
    modules = [path for path in PACKAGE.rglob("*.py") if not path.name.startswith("__") and has_functions(path)]
    untested = set()
    for path in modules:
        room = path.parent.relative_to(PACKAGE)
        if not (ROOT / "tests" / room / f"test_{path.name}").exists():
            untested.add((room / path.name).as_posix())
    assert untested == set(ELSEWHERE)
    for place in ELSEWHERE.values():
        assert (ROOT / "tests" / place).exists(), place


def test_no_test_imports_a_test() -> None:
    for path in (ROOT / "tests").rglob("*.py"):
        own = re.escape(".".join(path.relative_to(ROOT).with_suffix("").parts))
        others = re.findall(
            r"^\s*from (tests\.(?:\w+\.)*test_\w+) import", path.read_text(encoding="utf-8"), re.MULTILINE
        )
        assert not [name for name in others if not re.fullmatch(own, name)], path
