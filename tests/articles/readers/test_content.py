import gzip
import json
import logging
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
import zstandard

from classifier.articles.readers.content import file_kind
from classifier.articles.readers.row import Row
from classifier.articles.readers.table import read_rows
from classifier.errors import InputError
from tests.makers.workbooks import write_workbook

CSV = b"text,label\none,a\n"
ROWS = [{"text": "one", "label": "a"}]
TABLE = pa.Table.from_pylist(ROWS)


def zipped(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", CSV)


WRITERS = {
    "csv": lambda path: path.write_bytes(CSV),
    "json lines": lambda path: path.write_text("\ufeff" + json.dumps(ROWS[0]) + "\n", encoding="utf-8"),
    "json": lambda path: path.write_text(json.dumps(ROWS, indent=1)),
    "json packed": lambda path: path.write_bytes(gzip.compress(json.dumps(ROWS[0]).encode(), mtime=0)),
    "gzip": lambda path: path.write_bytes(gzip.compress(CSV, mtime=0)),
    "zstandard": lambda path: path.write_bytes(zstandard.compress(CSV)),
    "zip": zipped,
    "workbook": lambda path: write_workbook(path, {"x": [["text", "label"], ["one", "a"]]}),
    "parquet": lambda path: pq.write_table(TABLE, path),
    "arrow": lambda path: feather.write_feather(TABLE, str(path)),
}


NAMES = ("a.csv", "a.csv.gz", "a.xlsx", "a.zip", "a.feather")
TEXT = {
    "csv",
    "gzip",
    "zstandard",
    "json lines",
    "json",
    "json packed",
}  # nothing tells text from a damaged file of another kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [(name, kind) for name in NAMES for kind in WRITERS if kind not in TEXT or name not in ("a.zip", "a.feather")],
)
def test_a_file_under_a_wrong_name_is_read(tmp_path: Path, name: str, kind: str) -> None:
    WRITERS[kind](tmp_path / name)
    assert [row.values for row in read_rows(tmp_path / name) if isinstance(row, Row)] == ROWS


def test_a_wrong_name_is_said_and_a_right_one_is_not(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    pq.write_table(TABLE, tmp_path / "a.parquet")
    write_workbook(tmp_path / "a.xlsx", {"x": [["text"]]})
    zipped(tmp_path / "a.zip")
    assert [file_kind(tmp_path / f"a{kind}") for kind in (".parquet", ".xlsx", ".zip")] == [".parquet", ".xlsx", ".zip"]
    assert not caplog.records
    (tmp_path / "a.parquet").rename(tmp_path / "a.csv")
    assert file_kind(tmp_path / "a.csv") == ".parquet"
    assert "is Parquet, whatever its name says" in caplog.text


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "a.csv",
            b"\xef\xbb\xbf\n<!DOCTYPE html><html>Log in</html>",
            "is a web page (HTML), not a table",
        ),
        ("a.jsonl", b"<HTML><head></head></HTML>", "is a web page (HTML), not a table"),
        ("a.xls", b"<html><table><tr><td>text</td></tr></table></html>", "save its table as .xlsx"),
        ("a.csv", b"%PDF-1.7 ...", "is a PDF, which cannot be read"),
        ("a.csv", b"SQLite format 3\0 ...", "is an SQLite database"),
        ("a.csv", b"PK\x03\x04 cut off", "is no complete zip file or workbook"),
        ("a.csv.gz", gzip.compress(b"PAR1\x15...", mtime=0), "is Parquet, packed with gzip or Zstandard"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 cut off", "cannot be read as a workbook"),
    ],
)
def test_content_that_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as error:
        list(read_rows(tmp_path / name))
    assert message in str(error.value)


@pytest.mark.parametrize("column", ["PAR1", "ARROW1", "FEA1", "%PDF", "$FL2", "PK", "BZh", "<html5>"])
def test_the_header_of_a_table_may_begin_like_another_kind(tmp_path: Path, column: str) -> None:
    (tmp_path / "a.csv").write_text(f"{column},text\nx,one\n")
    assert [row.values for row in read_rows(tmp_path / "a.csv") if isinstance(row, Row)] == [
        {column: "x", "text": "one"}
    ]


def test_a_text_may_be_a_page_and_a_word_processors_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("<html> tags of old pages")
    assert [row.values["text"] for row in read_rows(tmp_path / "a.txt") if isinstance(row, Row)] == [
        "<html> tags of old pages"
    ]
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
        archive.writestr("word/document.xml", "")
    with pytest.raises(InputError, match="document of a word processor"):
        list(read_rows(tmp_path / "a.docx"))
