import gzip
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from classifier.articles.readers import Row, read_lines, read_rows, read_text_folder
from classifier.errors import Fault, InputError

ROWS = [{"text": "one, two", "label": "a"}, {"text": 'a "quoted"\nline', "label": "b"}]
CSV = 'text,label\n"one, two",a\n"a ""quoted""\nline",b\n'
JSONL = "".join(json.dumps(row) + "\n" for row in ROWS)


def values(path: Path, encoding: str = "utf-8") -> list[dict[str, object]]:
    rows = list(read_rows(path, encoding))
    assert all(isinstance(row, Row) for row in rows)
    return [row.values for row in rows if isinstance(row, Row)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", CSV.encode()),
        ("a.tsv", CSV.replace(",", "\t").replace("one\t two", "one, two").encode()),
        ("a.jsonl", JSONL.encode()),
        ("a.ndjson", b"\n" + JSONL.encode()),
        ("a.csv.gz", gzip.compress(CSV.encode())),
        ("a.jsonl.zst", zstandard.compress(JSONL.encode())),
        ("bom.csv", b"\xef\xbb\xbf" + CSV.encode()),
        (
            "semicolon.csv",
            CSV.replace(",", ";").replace("one; two", "one, two").replace("one, two", "one, two").encode(),
        ),
        ("UPPER.CSV", CSV.encode()),
    ],
)
def test_every_format_gives_the_same_rows(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert values(tmp_path / name) == ROWS


def test_parquet(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "a.parquet")
    assert values(tmp_path / "a.parquet") == ROWS


def test_places_are_the_first_line_of_each_record(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('text,label\n"two\nlines",a\n\nlast,b\n')
    assert [row.where.rpartition(":")[2] for row in read_rows(tmp_path / "a.csv")] == ["2", "5"]


def test_bad_rows_are_faults_and_the_others_still_come(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "x"}\n{broken\n[1]\n{"text": "y"}\n')
    kinds = [type(row) for row in read_rows(tmp_path / "a.jsonl")]
    assert kinds == [Row, Fault, Fault, Row]
    (tmp_path / "a.csv").write_text("text,label\nx,a\nx,y,a\nx\ny,b\n")
    assert [type(row) for row in read_rows(tmp_path / "a.csv")] == [Row, Fault, Fault, Row]


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


def test_lines_are_json_or_text() -> None:
    assert [r.values for r in read_lines(io.StringIO('\n{"text": "x"}\n')) if isinstance(r, Row)] == [{"text": "x"}]
    plain = [r.values for r in read_lines(io.StringIO("first text\n\nsecond\n")) if isinstance(r, Row)]
    assert plain == [{"id": "1", "text": "first text"}, {"id": "3", "text": "second"}]
