"""Rows with bytes that are no characters of a file's encoding are bad rows; a file full of them is of another one."""

import io
import json
import os
from pathlib import Path

import pytest

from classifier.articles.csv_style import csv_style
from classifier.articles.readers.pipe import PipeLines
from classifier.articles.readers.row import Row
from classifier.articles.readers.standard_input import open_input, store_input
from classifier.articles.readers.table import read_rows
from classifier.articles.readers.text_folder import read_text_folder
from classifier.articles.readers.undecoded import UNDECODED, undecoded_fault
from classifier.errors import Fault, InputError

TEXTS = [f"The caf{'é' if number % 2 else 'e'} of day {number} is shut." for number in range(300)]
BROKEN = (101, 201)


def lines(broken: tuple[int, ...] = BROKEN, encoding: str = "utf-8") -> list[bytes]:
    return [text.encode("cp1252" if number in broken else encoding) for number, text in enumerate(TEXTS)]


def written(path: Path, texts: list[bytes]) -> Path:
    rows = {
        ".csv": [b"id,text", *(b'%d,"%s"' % row for row in enumerate(texts))],
        ".jsonl": [b'{"id": %d, "text": "%s"}' % row for row in enumerate(texts)],
        ".json": [b"[" + b",\n".join(b'{"id": %d, "text": "%s"}' % row for row in enumerate(texts)) + b"]"],
    }
    path.write_bytes(b"\n".join(rows[path.suffix]) + b"\n")
    return path


@pytest.mark.parametrize("kind", ["csv", "jsonl", "json"])
def test_some_rows_are_bad_and_the_others_are_read(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path / f"a.{kind}", lines())
    found = list(read_rows(path))
    bad = {number: row for number, row in enumerate(found) if isinstance(row, Fault)}
    assert tuple(bad) == BROKEN
    assert [row.values["text"] for row in found if isinstance(row, Row)] == [
        text for number, text in enumerate(TEXTS) if number not in BROKEN
    ]
    for number, fault in bad.items():
        assert fault.kind == UNDECODED and "byte 0xe9 after" in fault.what and "The caf' is no character" in fault.what
        assert fault.record["id"] in (number, str(number))
        assert fault.record["text"] == TEXTS[number].replace("é", "\ufffd")
        json.dumps(fault.record, ensure_ascii=False).encode()


@pytest.mark.parametrize("kind", ["csv", "jsonl", "json"])
def test_a_file_of_another_encoding_is_refused_whole(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path / f"a.{kind}", lines(encoding="cp1252"))
    with pytest.raises(InputError, match=r"is not utf-8: byte 0xe9 at offset") as refused:
        list(read_rows(path))
    assert "--encoding cp1252" in refused.value.fix
    assert all(isinstance(row, Row) for row in read_rows(path, "cp1252"))


def test_one_byte_among_plain_lines_is_a_bad_row(tmp_path: Path) -> None:
    """Nothing but these lines tells the encoding, and there are few."""
    texts = [text.replace("é", "e").encode() for text in TEXTS]
    path = written(tmp_path / "a.jsonl", [*texts, b"a caf\xe9"])
    assert isinstance(list(read_rows(path))[-1], Fault)
    path = written(tmp_path / "a.jsonl", [*texts[:50], b"a caf\xe9"])
    with pytest.raises(InputError, match=r"a\.jsonl:51 is not utf-8"):
        list(read_rows(path))


def test_bytes_that_another_encoding_lacks_are_bad_rows_too(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", [*lines(encoding="cp1252"), b"no \x81 here"])
    assert [row.where for row in read_rows(path, "cp1252") if isinstance(row, Fault)] == [f"{path}:302"]


def test_columns_whose_names_are_no_characters_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"id,\xdcberschrift,text\n" + b"".join(b"1,a,caf\xc3\xa9\n" for _ in range(300)))
    with pytest.raises(InputError, match=r"a\.csv:1 is not utf-8: byte 0xdc .* encodings are mixed"):
        list(read_rows(path))


def test_what_is_written_like_such_a_file_can_be(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"\n".join([b"id;text", *(b"%d;%s" % row for row in enumerate(lines()))]))
    style = csv_style(path)
    assert style is not None and style.delimiter == ";"


@pytest.mark.parametrize("stored", [False, True])
def test_standard_input_with_such_lines_is_read_to_its_end(tmp_path: Path, stored: bool) -> None:
    data = b"\n".join(lines())
    if stored:
        given = io.TextIOWrapper(io.BytesIO(data))
        rows = list(store_input(given, tmp_path, "utf-8", "text").rows())
        assert [row.where for row in rows if isinstance(row, Fault)] == ["<stdin>:102", "<stdin>:202"]
        return
    piped = list(PipeLines(b"", io.BytesIO(data), "utf-8-sig", "<stdin>"))
    assert len(piped) == len(TEXTS) and piped[1] == f"{TEXTS[1]}\n"
    assert [os.fsencode(line).strip() for line in piped] == lines()


def test_files_of_a_folder_are_bad_one_by_one_or_all_together(tmp_path: Path) -> None:
    for number, text in enumerate(lines()):
        (tmp_path / f"{number:03}.txt").write_bytes(text)
    found = list(read_text_folder(tmp_path, labelled=False))
    bad = [row for row in found if isinstance(row, Fault)]
    assert [(fault.where, fault.id, fault.kind) for fault in bad] == [
        (str(tmp_path / f"{number}.txt"), str(number), UNDECODED) for number in BROKEN
    ]
    assert bad[0].what == "is not utf-8: byte 0xe9 at offset 7"
    for number, text in enumerate(lines(encoding="cp1252")):
        (tmp_path / f"{number:03}.txt").write_bytes(text)
    with pytest.raises(InputError, match=r"001\.txt:1 is not utf-8"):
        list(read_text_folder(tmp_path, labelled=False))


def test_a_file_of_a_folder_that_mixes_encodings_is_bad_alone(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.txt").write_text("A café.\nIt rains.\n", encoding="utf-8")
    (tmp_path / "d.txt").write_bytes("A café.\n".encode() + b"A caf\xe9.\n")
    rows = list(read_text_folder(tmp_path, labelled=False))
    assert [row.what for row in rows if isinstance(row, Fault)] == ["is not utf-8: byte 0xe9 at offset 14"]
    assert len(rows) == 4


def test_the_text_before_the_byte_is_that_of_its_line() -> None:
    text = b"first line\n  second caf\xe9".decode(errors="surrogateescape")
    assert "byte 0xe9 after 'second caf' is" in undecoded_fault("a.csv:2", text).what


def test_a_row_may_have_half_a_pair_too(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"[" + b'{"text": "caf\xc3\xa9"},\n' * 9 + b'{"text": "\\ud800 caf\xe9"}]')
    (fault,) = [row for row in read_rows(path) if isinstance(row, Fault)]
    assert fault.kind == UNDECODED and fault.record == {"text": "\ufffd caf\ufffd"}


@pytest.mark.parametrize("start", [b"\xe9\n", b'\xe9[{"text": "a"}]'])
def test_what_starts_with_such_a_byte_is_no_json_and_is_not_shown(tmp_path: Path, start: bytes) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(start)
    with pytest.raises(InputError, match=r"a\.json:1 is not utf-8: byte 0xe9 at offset 0"):
        list(read_rows(path))


@pytest.mark.parametrize("bad", [b"\x1b$Z", b"\xe9"])
def test_a_pipe_of_an_encoding_of_seven_bits_is_refused_in_one_message(tmp_path: Path, bad: bytes) -> None:
    given = io.TextIOWrapper(io.BytesIO("天気の話です。\n".encode("iso2022_jp") * 9 + bad))
    rows = open_input(given, tmp_path, "iso2022_jp", "text").rows()
    with pytest.raises(InputError, match=r"<stdin>:10 is not iso2022_jp"):
        list(rows)
