import gzip
import io
import json
import logging
import random
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from classifier.articles.readers.row import Row
from classifier.articles.readers.standard_input import PipedInput, StandardInput, open_input, store_input
from classifier.errors import Fault, InputError

ROWS = [{"id": "1", "text": "one, two"}, {"id": "2", "text": 'a "quoted" text\u2028 goes on'}, {"id": "3", "text": "b"}]
CSV = "id,text\n" + "".join(f'{row["id"]},"{row["text"]}"\n'.replace('"quoted"', '""quoted""') for row in ROWS)
LINES = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS)


def parquet() -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(ROWS), stream)
    return stream.getvalue()


def read(
    content: bytes | str, folder: Path, kind: str | None = None, columns: tuple[str, ...] = (), encoding: str = "utf-8"
) -> list[Row | Fault]:
    raw = content.encode() if isinstance(content, str) else content
    stored = store_input(io.TextIOWrapper(io.BytesIO(raw)), folder, encoding, kind, columns)
    assert [*stored.rows()] == [*stored.rows()], "it can be read twice"
    return [*stored.rows()]


def values(*arguments: object, **named: object) -> list[dict[str, object]]:
    return [row.values for row in read(*arguments, **named) if isinstance(row, Row)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "content",
    [
        CSV,
        "\ufeff" + CSV,
        "sep=,\n" + CSV,
        CSV.replace(",", "\t").replace("one\t two", "one, two"),
        LINES,
        "\ufeff\n" + LINES,
        json.dumps(ROWS),
        json.dumps(ROWS, indent=2),
        json.dumps({"data": ROWS}, indent=2),
        gzip.compress(CSV.encode(), mtime=0),
        zstandard.compress(LINES.encode()),
        CSV.encode("utf-16"),
        parquet(),
    ],
)
def test_tables_json_and_packed_bytes_are_told_by_their_start(content: bytes | str, tmp_path: Path) -> None:
    assert values(content, tmp_path) == ROWS


@pytest.mark.parametrize("content", ["{'text': 'x'}\n{'text': 'y'}\n", '{text: "x"}\n', "{}\n"])
def test_what_looks_like_an_object_is_no_text(content: str, tmp_path: Path) -> None:
    assert not any(isinstance(row, Row) and "text" in row.values for row in read(content, tmp_path))


@pytest.mark.parametrize(
    "content",
    [
        "Well, no\nYes, please\nOh, that\n",
        "[Update] It rains.\n[sic] He said.\n",
        "{Editor's note: corrected} It rains.\n{{unclear}} He said.\n",
        "{{Infobox}} It rains.\n",
        "The text of the law\nA second, longer line\n",
        "Text: a story\n",
        '"A quoted line"\n"Another"\n',
        "A line\u2028 that goes on\x85 still\n",
    ],
)
def test_plain_lines_are_texts(content: str, tmp_path: Path) -> None:
    assert [row["text"] for row in values(content, tmp_path)] == content.strip("\n").split("\n")


def test_a_header_is_no_text(tmp_path: Path) -> None:
    assert values("nr,body\n1,x\n", tmp_path, columns=("Body",)) == [{"nr": "1", "body": "x"}]
    assert values("nr,content\n1,x\n2,y\n", tmp_path) == [{"nr": "1", "content": "x"}, {"nr": "2", "content": "y"}]


def test_the_format_that_is_named_decides(tmp_path: Path) -> None:
    assert [row["text"] for row in values("text\n{}\n", tmp_path, "text")] == ["text", "{}"]
    assert values("a\nx y z w\n", tmp_path, "csv") == [{"a": "x y z w"}]
    assert values("text,a\tb\nx\ty\n", tmp_path, "tsv") == [{"text,a": "x", "b": "y"}]
    with pytest.raises(InputError, match=r"cannot be read as 'jsnl'. Did you mean 'jsonl'\?"):
        read("x", tmp_path, "jsnl")


def test_what_was_taken_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "classifier")
    read(CSV, tmp_path)
    read("headline\nA long line of text\n", tmp_path)
    read("A long line of text\n", tmp_path)
    assert [record.getMessage().split(";")[0] for record in caplog.records] == [
        "standard input is read as CSV",
        "standard input is read as one text per line, also its first line 'headline'",
    ]


def test_warnings_name_standard_input_and_no_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    table = pa.table({"text": ["a"], "seen": pa.array([10**12], pa.int64()).cast(pa.timestamp("s"))})
    stored = io.BytesIO()
    pq.write_table(table, stored)
    read(stored.getvalue(), tmp_path)
    assert {message.split(":")[0] for message in caplog.messages} == {"<stdin>"}


def test_places_and_errors_name_standard_input(tmp_path: Path) -> None:
    assert [row.where for row in read(CSV, tmp_path)] == ["<stdin>:2", "<stdin>:3", "<stdin>:4"]
    assert [row.where for row in read("A title\n" + LINES, tmp_path)][:2] == ["<stdin>:1", "<stdin>:2"]
    with pytest.raises(InputError, match=r"^<stdin>:1 is not utf-8: byte 0xe9 at offset 3"):
        read("café\n".encode("cp1252"), tmp_path)
    assert values("café\n".encode("cp1252"), tmp_path, encoding="cp1252") == [{"id": "1", "text": "café"}]
    for content, message in (
        (b"", "^<stdin> is empty"),
        (b"\n \n", "^<stdin> is empty"),
        (b"PK\x03\x04", "<stdin> is no complete zip file"),
    ):
        with pytest.raises(InputError, match=message):
            read(content, tmp_path)
    with pytest.raises(InputError, match=r"^<stdin> is not a complete gzip file"):
        read(gzip.compress(CSV.encode(), mtime=0)[:-9], tmp_path)


def opened(content: bytes | str, folder: Path, kind: str | None = None, *, live: bool = False) -> StandardInput:
    raw = content.encode() if isinstance(content, str) else content
    return open_input(io.TextIOWrapper(io.BytesIO(raw)), folder, "utf-8", kind, live=live)


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize(
    ("content", "piped"),
    [
        (CSV, True),
        ("\ufeff" + CSV, True),
        ("sep=,\n" + CSV, True),
        (CSV.replace(",", "\t").replace("one\t two", "one, two"), True),
        (LINES, True),
        ("\ufeff\n" + LINES, True),
        (json.dumps(ROWS), False),
        (json.dumps(ROWS, indent=2), False),
        (json.dumps({"data": ROWS}, indent=2), False),
        (gzip.compress(CSV.encode(), mtime=0), False),
        (zstandard.compress(CSV.encode()), False),
        (CSV.encode("utf-16"), False),
        (parquet(), False),
    ],
)
def test_what_can_be_read_as_it_comes_is_not_stored(
    content: bytes | str, piped: bool, live: bool, tmp_path: Path
) -> None:
    found = opened(content, tmp_path, live=live)
    assert isinstance(found, PipedInput) == piped != found.again
    assert [row.values for row in found.rows() if isinstance(row, Row)] == ROWS


def test_a_pipe_gives_the_same_rows_and_faults_as_a_file(tmp_path: Path) -> None:
    for number, content in enumerate(
        (LINES + "{broken\n" + LINES, CSV + '4,"two "words" here"\n5,x\n6,a,b\n', "a text\n\n another \n", "{}\n")
    ):
        for folder in ("stored", "piped"):
            (tmp_path / f"{folder}{number}").mkdir()
        stored = read(content, tmp_path / f"stored{number}")
        assert [*opened(content, tmp_path / f"piped{number}").rows()] == stored


def test_a_long_beginning_is_read_on(tmp_path: Path) -> None:
    rows = [{"id": str(n), "text": "ü" * 700} for n in range(3_000)]
    content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    found = opened(content, tmp_path)
    assert [row.values for row in found.rows() if isinstance(row, Row)] == rows
    assert found.path.stat().st_size < len(content.encode())


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize("pack", [zstandard.compress, gzip.compress])
def test_packed_bytes_are_unpacked_wherever_their_beginning_ends(
    pack: Callable[[bytes], bytes], live: bool, tmp_path: Path
) -> None:
    for seed in range(20):  # of some, a line feed is among the first bytes
        rows = [{"id": str(n), "text": random.Random(seed * 1000 + n).randbytes(300).hex()} for n in range(20)]
        folder = tmp_path / str(seed)
        folder.mkdir()
        found = opened(pack("".join(json.dumps(row) + "\n" for row in rows).encode()), folder, live=live)
        assert [row.values for row in found.rows() if isinstance(row, Row)] == rows


def test_an_empty_pipe_and_one_of_another_kind_are_refused(tmp_path: Path) -> None:
    for content in ("", "\n \n"):
        with pytest.raises(InputError, match="<stdin> is empty"):
            opened(content, tmp_path)
    with pytest.raises(InputError, match="<stdin> is a PDF"):
        opened(b"%PDF-1.7\n", tmp_path)
