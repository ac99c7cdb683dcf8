import gzip
import os
import sys
from pathlib import Path

import pytest
import zstandard

from classifier.articles.readers.opened import open_text, read_text
from classifier.articles.readers.row import Row
from classifier.articles.readers.table import read_rows
from classifier.articles.reading import observed
from classifier.errors import InputError


def values(path: Path, encoding: str = "utf-8") -> list[dict[str, object]]:
    rows = list(read_rows(path, encoding))
    assert all(isinstance(row, Row) for row in rows)
    return [row.values for row in rows if isinstance(row, Row)]


def test_the_bad_byte_is_found_beyond_the_first_megabyte(tmp_path: Path) -> None:
    text = "text,label\n" + "a line,a\n" * 150_000
    content = text.encode() + b"caf\xe9,a\n" * 2_000
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(InputError) as error:
        list(read_rows(tmp_path / "a.csv"))
    assert f"a.csv:{text.count(chr(10)) + 1} is not utf-8: byte 0xe9 at offset {content.index(b'caf') + 3:,}" in str(
        error.value
    )


def test_another_encoding(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("text,label\ncafé,a\n".encode("cp1252"))
    assert values(tmp_path / "a.csv", "cp1252") == [{"text": "café", "label": "a"}]


@pytest.mark.parametrize("named", ["cp1252", "latin-1", "shift_jis", "utf-16"])
@pytest.mark.parametrize("written", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_a_file_that_shows_its_encoding_is_not_garbled_by_another(
    tmp_path: Path, named: str, written: str, name: str
) -> None:
    raw = "text,label\ncafé,a\n".encode(written)
    (tmp_path / name).write_bytes(gzip.compress(raw, mtime=0) if name.endswith(".gz") else raw)
    with observed() as found:
        assert values(tmp_path / name, named) == [{"text": "café", "label": "a"}]
    assert list(found.utf8) == ([] if written == "utf-16" else [str(tmp_path / name)])


def test_utf_8_is_told_by_all_letters_beyond_ascii(tmp_path: Path) -> None:
    late = "text,label\n" + f"{'plain ' * 200},a\n" * 2_000  # two blocks that are looked at
    for name, letters, read in (("late", "é".encode(), "é"), ("both", b"\xc3\xa9 \xe9", "Ã© é"), ("none", b"e", "e")):
        (tmp_path / f"{name}.csv").write_bytes(late.encode() + letters + b",a\n")
        with observed() as found:
            assert values(tmp_path / f"{name}.csv", "cp1252")[-1] == {"text": read, "label": "a"}
        assert len(found.utf8) == (name == "late")


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_file_that_ends_within_what_would_be_a_letter_of_utf_8_is_not_utf_8(tmp_path: Path, end: bytes) -> None:
    (tmp_path / "a.txt").write_bytes(b"Le caf\xe9" + end)
    assert read_text(tmp_path / "a.txt", "cp1252").strip() == "Le café"


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "big5", "euc_kr"])
def test_a_few_letters_of_two_bytes_are_not_utf_8_by_chance(tmp_path: Path, encoding: str) -> None:
    few = b"\xc4\xa3".decode(encoding)  # bytes of one letter of UTF-8 too
    (tmp_path / "a.txt").write_bytes(few.encode(encoding))
    assert read_text(tmp_path / "a.txt", encoding) == few
    (tmp_path / "a.txt").write_text("é" * 21, encoding="utf-8")
    assert read_text(tmp_path / "a.txt", encoding) == "é" * 21


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.csv.zst"])
def test_a_byte_order_mark_names_the_encoding(tmp_path: Path, encoding: str, name: str) -> None:
    raw = "text,label\ncafé,a\n".encode(encoding)
    packed = {".gz": gzip.compress(raw, mtime=0), ".zst": zstandard.compress(raw)}
    (tmp_path / name).write_bytes(packed.get(Path(name).suffix, raw))
    assert values(tmp_path / name) == [{"text": "café", "label": "a"}]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_named(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.csv").write_bytes("text,label\ncafe,a\n".encode(encoding))
    (tmp_path / "a.json").write_bytes('[{"text": "x"}]'.encode(encoding))
    for name in ("a.csv", "a.json"):
        with pytest.raises(InputError, match=rf"a\.(csv|json):1 holds NUL bytes[^$]*--encoding {encoding}"):
            values(tmp_path / name)


def test_no_encoding_is_proposed_that_would_garble_other_lines(tmp_path: Path) -> None:
    lines = [b"text,label\n", *["a café,a\n".encode()] * 3, *["a café,a\n".encode("cp1252")] * 12]
    (tmp_path / "a.csv").write_bytes(b"".join(lines))
    with pytest.raises(InputError) as error, open_text(tmp_path / "a.csv") as stream:
        stream.read()
    assert "a.csv:5 is not utf-8: byte 0xe9 at offset" in error.value.message
    assert "Line 2 is UTF-8, as 3 with such letters are: encodings are mixed." in error.value.message
    assert "in UTF-8: 5, 6, 7, 8, 9, 10, 11, 12, 13, 14 and 2 more." in error.value.fix
    assert "cp1252" not in str(error.value)


@pytest.mark.parametrize("rest", [b"\xa9", b"\xa9\n", b"\xa9 and more\n"])
def test_a_file_that_is_being_written_ends_in_the_middle_of_a_character(tmp_path: Path, rest: bytes) -> None:
    path = tmp_path / "growing.txt"
    path.write_bytes(b"caf\xc3")
    said = r"ended in the middle of a character.*another program was writing it\.\nFix: Repeat"
    with pytest.raises(InputError, match=said), open_text(path) as stream:
        try:
            stream.read()
        finally:
            with path.open("ab") as other:  # before the place is looked for
                other.write(rest)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_that_is_named_like_a_file_is_refused_and_not_called_empty(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    with pytest.raises(InputError, match=r"a\.csv' is no file but a pipe or a device") as error:
        list(read_rows(tmp_path / "a.csv"))
    assert "give them - instead" in error.value.fix


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right")
def test_a_link_to_nowhere_is_called_that(tmp_path: Path) -> None:
    (tmp_path / "a.csv").symlink_to("moved.csv")
    with pytest.raises(InputError, match=r"a\.csv' is a link to 'moved\.csv', which is not there"):
        list(read_rows(tmp_path / "a.csv"))
