import gzip
import json
from pathlib import Path

import pytest
import zstandard

from classifier.articles.readers.row import Row
from classifier.articles.readers.table import read_rows
from classifier.errors import Fault

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
        ("a.csv.gz", gzip.compress(CSV.encode(), mtime=0)),
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


def test_places_are_the_first_line_of_each_record(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('text,label\n"two\nlines",a\n\nlast,b\n')
    assert [row.where.rpartition(":")[2] for row in read_rows(tmp_path / "a.csv")] == ["2", "5"]


def test_bad_rows_are_faults_and_the_others_still_come(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "x"}\n{broken\n[1]\n{"text": "y"}\n')
    kinds = [type(row) for row in read_rows(tmp_path / "a.jsonl")]
    assert kinds == [Row, Fault, Fault, Row]
    (tmp_path / "a.csv").write_text("text,label\nx,a\nx,y,a\nx\ny,b\n")
    assert [type(row) for row in read_rows(tmp_path / "a.csv")] == [Row, Fault, Fault, Row]
