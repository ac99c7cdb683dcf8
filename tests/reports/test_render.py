"""Templates: there is one environment, and no text of others changes how a page reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifier import reports
from classifier.reports.render import harmless, markdown, render


def rendered(text: str) -> str:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("table").render(text)


def test_no_other_module_reads_templates() -> None:
    folder = Path(reports.__file__).parent
    users = [file.relative_to(folder).as_posix() for file in folder.rglob("*.py") if "jinja2" in file.read_text()]
    assert users == ["render.py"]


def test_a_fact_that_is_missing_is_an_error() -> None:
    from jinja2 import UndefinedError

    with pytest.raises(UndefinedError):
        render("learning_curve.html.j2", {})


def test_text_is_made_harmless() -> None:
    assert harmless("a\x00b\u202ec\u2067d\u2069\x1b\n\te\x85\ufeff") == "abcd\n\te"
    assert harmless("رأي 新聞 é👍") == "رأي 新聞 é👍"
    assert harmless(3) == 3


@pytest.mark.parametrize("text", ["1. opinion", "- satire", "2) a", "3.5 points", "+ plus", "plain"])
def test_the_beginning_of_a_text_is_no_list(text: str) -> None:
    assert rendered(f"{markdown(text)}\n") == f"<p>{text}</p>\n"


@pytest.mark.parametrize("text", ["<b>x</b>", "a | b", "[x](http://y)", "_x_ *y* `z`", "# head", "![i](j)", "$x$"])
def test_markdown_shows_text_literally(text: str) -> None:
    import html

    assert html.unescape(rendered(f"{markdown(text)}\n")) == f"<p>{text}</p>\n"
