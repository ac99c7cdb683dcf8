import builtins
from pathlib import Path
from typing import Any

import pytest

from classifier.articles.readers.web_page import read_web_page
from classifier.errors import InputError

STORY = "The council voted for the new bridge after a long debate. " * 8
PAGE = f"<html><body><nav>Home</nav><article><p>{STORY}</p></article><footer>Terms</footer></body></html>"


def test_the_main_text_of_a_page(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(PAGE)
    assert read_web_page(tmp_path / "a.html").strip() == STORY.strip()


def test_a_page_without_text_is_empty(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("<html><body></body></html>")
    assert read_web_page(tmp_path / "a.html") == ""


def test_the_extra_is_named_where_it_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "trafilatura":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    (tmp_path / "a.html").write_text(PAGE)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError, match="needs the package trafilatura") as error:
        read_web_page(tmp_path / "a.html")
    assert "[html]" in error.value.fix
