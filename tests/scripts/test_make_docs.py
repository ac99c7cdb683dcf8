"""The generated parts of the documentation are those that the code gives today; links and tiers are whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import make_docs
import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from classifier.config import Config

ROOT = make_docs.ROOT
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("*/README.md")])


def fields(model: type[BaseModel], before: str = "") -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from fields(inner, f"{before}{name}.")
        else:
            yield before + name, field


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    heads = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_the_pages_are_up_to_date() -> None:
    for path, text in make_docs.pages().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name} is out of date: run `make docs`"


@pytest.mark.parametrize(("name", "field"), fields(Config), ids=lambda value: value if isinstance(value, str) else "")
def test_each_setting_has_a_tier_and_a_description_of_one_line(name: str, field: FieldInfo) -> None:
    extra = field.json_schema_extra
    assert isinstance(extra, dict)
    assert extra["tier"] in make_docs.TIERS, name
    assert field.description
    assert "\n" not in field.description


def test_each_setting_stands_on_the_page_once() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    for name, _ in fields(Config):
        section, _, key = name.rpartition(".")
        parts = re.findall(rf"^### \[{re.escape(section)}\]\n(.*?)(?=^##|\Z)", page, re.MULTILINE | re.DOTALL)
        assert sum(part.count(f"| `{key}` |") for part in parts) == 1, name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_link_to_a_file_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


def test_each_message_on_the_page_of_messages_is_one_of_ours() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "classifier").rglob("*.py"))
    table = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8").partition("## Messages")[2]
    messages = [
        name for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for name in re.findall(r"`(.*?)`", row)
    ]
    assert len(messages) > 10
    assert not [message for message in messages if message not in source]


def test_the_readme_fits_on_two_screens_and_its_picture_is_small() -> None:
    assert (ROOT / "README.md").stat().st_size < 8_000
    assert (ROOT / "docs" / "report.png").stat().st_size < 200_000
