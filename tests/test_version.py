"""The name under which the package is installed, and that no message gives another one."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from classifier._version import DISTRIBUTION, __version__, install_extra

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
TEXTS = [
    path
    for folder in ("classifier", "configs", "data", "docs", "scripts")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in (".py", ".toml", ".j2", ".md")
] + [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]


def test_the_project_is_called_as_the_messages_say() -> None:
    assert PROJECT["name"] == DISTRIBUTION
    assert PROJECT["version"] == __version__
    assert PROJECT["scripts"] == {"classifier": "classifier.cli.app:main"}


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_text_tells_anyone_to_install_the_package_that_is_called_classifier(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.findall(r"(?<![\w-])classifier\[[a-z]", text)
    assert not re.findall(r"pip install [^\n]*(?<![\w/-])classifier(?![\w-])", text)


def test_each_extra_that_a_message_names_exists() -> None:
    extras = PROJECT["optional-dependencies"]
    called = [name for path in TEXTS if path.suffix == ".py" for name in _extras_of(path.read_text(encoding="utf-8"))]
    assert {"audit", "tune", "offline"} <= set(called) <= set(extras)


def test_several_extras_are_installed_by_one_command() -> None:
    assert install_extra("mlflow", "wandb") == "Install the extra: pip install 'article-classifier[mlflow,wandb]'"


def _extras_of(source: str) -> list[str]:
    return re.findall(r"install_extra\([\"']([\w-]+)[\"']\)", source)
