from pathlib import Path

import pytest

from classifier.articles.readers.row import Row
from classifier.articles.readers.table import read_rows
from classifier.errors import InputError


def values(path: Path, encoding: str = "utf-8") -> list[dict[str, object]]:
    rows = list(read_rows(path, encoding))
    assert all(isinstance(row, Row) for row in rows)
    return [row.values for row in rows if isinstance(row, Row)]


def test_the_bad_byte_is_found_beyond_the_first_megabyte(tmp_path: Path) -> None:
    text = "text,label\n" + "é line\n" * 300_000
    content = text.encode() + b"caf\xe9,a\n"
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(InputError) as error:
        list(read_rows(tmp_path / "a.csv"))
    assert f"a.csv:{text.count(chr(10)) + 1} is not utf-8: byte 0xe9 at offset {content.index(b'caf') + 3:,}" in str(
        error.value
    )


def test_another_encoding(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("text,label\ncafé,a\n".encode("cp1252"))
    assert values(tmp_path / "a.csv", "cp1252") == [{"text": "café", "label": "a"}]
    (tmp_path / "b.csv").write_bytes("text,label\ncafé,a\n".encode("utf-16"))
    with pytest.raises(InputError, match="UTF-16"):
        values(tmp_path / "b.csv")
    assert values(tmp_path / "b.csv", "utf-16") == [{"text": "café", "label": "a"}]
