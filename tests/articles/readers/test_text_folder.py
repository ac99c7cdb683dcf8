from pathlib import Path

import pytest

from classifier.articles.readers.row import Row
from classifier.articles.readers.text_folder import read_text_folder


def test_folders_of_text(tmp_path: Path) -> None:
    (tmp_path / "b" / "sub").mkdir(parents=True)
    (tmp_path / "a").mkdir()
    (tmp_path / "b" / "sub" / "2.txt").write_text("two")
    (tmp_path / "a" / "1.txt").write_text("one")
    labelled = [row.values for row in read_text_folder(tmp_path, labelled=True) if isinstance(row, Row)]
    assert labelled == [{"id": "a/1", "text": "one", "label": "a"}, {"id": "b/sub/2", "text": "two", "label": "b"}]
    assert len(list(read_text_folder(tmp_path / "a", labelled=False))) == 1


def test_what_is_not_read_of_a_folder_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("a/1.TXT", "a/2.md", "3.txt", "c/4.docx", ".git/5.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("words")
    rows = [row.values for row in read_text_folder(tmp_path, labelled=True) if isinstance(row, Row)]
    assert [row["id"] for row in rows] == ["a/1"]
    assert f"3 other file(s) in '{tmp_path}' were not read" in caplog.text
    assert f"the subfolder(s) 'c' of '{tmp_path}' hold no .txt file" in caplog.text
