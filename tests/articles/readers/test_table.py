import gzip
import json
import logging
import tempfile
from pathlib import Path

import pandas as pd
import pytest
import zstandard
from datasets import Dataset
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.articles.readers.row import Row
from classifier.articles.readers.table import read_rows
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
    assert [row.where.rpartition(":")[2] for row in read_rows(tmp_path / "a.csv")] == ["2", "5, row 4"]


def test_bad_rows_are_faults_and_the_others_still_come(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "x"}\n{broken\n[1]\n{"text": "y"}\n')
    kinds = [type(row) for row in read_rows(tmp_path / "a.jsonl")]
    assert kinds == [Row, Fault, Fault, Row]
    (tmp_path / "a.csv").write_text("text,label\nx,a\nx,y,a\nx\ny,b\n")
    assert [type(row) for row in read_rows(tmp_path / "a.csv")] == [Row, Fault, Fault, Row]


def test_tables_of_a_folder_are_one_table(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.csv").write_text("label,text\nb,two\n")
    (tmp_path / "a.csv").write_text("text,label\none,a\n")
    (tmp_path / "notes.md").write_text("no table")
    assert values(tmp_path) == [{"text": "one", "label": "a"}, {"text": "two", "label": "b"}]
    assert "its 2 tables are read as one" in caplog.text


def test_json_lines_of_a_folder_may_have_different_keys(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "one"}\n')
    (tmp_path / "b.jsonl").write_text('{"text": "two", "url": "x"}\n')
    assert [row["text"] for row in values(tmp_path)] == ["one", "two"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a.csv": "text\nx\n", "b.jsonl": "{}"}, "holds tables of several kinds: 1 .csv, 1 .jsonl"),
        ({"a.csv": "text\nx\n", "b.csv": "body\nx\n"}, "it lacks 'text' and has 'body' too"),
        ({"a.csv": "id,text\nx,y\n", "b.csv": "id,claim\nx,y\n"}, "join them into one table first"),
        ({"a.md": "x"}, "holds no tables"),
    ],
)
def test_a_folder_that_is_no_table_is_said(tmp_path: Path, files: dict[str, str], message: str) -> None:
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    with pytest.raises(InputError) as error:
        values(tmp_path)
    assert message in str(error.value)


CELLS = st.text(st.sampled_from("ab \"',;\t|\né€\u00a0"), max_size=6)


@given(
    st.lists(
        st.lists(st.text(st.sampled_from("ab \"',;\t|\né€\u00a0"), max_size=6), min_size=3, max_size=3), max_size=6
    ),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252"]),
    st.sampled_from([("a.csv", ","), ("a.csv", ";"), ("a.tsv", "\t"), ("a.csv.gz", "|")]),
)
@settings(max_examples=150, deadline=None)
def test_tables_in_every_encoding_are_what_pandas_wrote(
    table: list[list[str]], encoding: str, kind: tuple[str, str]
) -> None:
    name, delimiter = kind
    frame = pd.DataFrame([*table, ["the last", "row", "is plain"]], columns=["text", "label", "source"])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        frame.to_csv(path, sep=delimiter, encoding=encoding, index=False)
        told = "utf-8" if encoding in ("utf-16", "utf-32") else encoding
        found = list(read_rows(path, told))
    expected = [row for row in frame.to_dict("records") if any(cell.strip() for cell in row.values())]
    if all(isinstance(item, Row) for item in found):
        assert [row.values for row in found if isinstance(row, Row)] == expected


def test_what_datasets_saved_is_no_folder_of_tables(tmp_path: Path) -> None:
    Dataset.from_list([{"text": "one", "label": "a"}]).save_to_disk(str(tmp_path / "saved"))
    with pytest.raises(InputError, match=r"is a dataset that `datasets` saved(?s:.)*\.to_parquet\("):
        values(tmp_path / "saved")


def test_files_that_are_no_tables_are_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    (tmp_path / "x").mkdir()
    for name in ("a.csv", "README.txt"):
        (tmp_path / "x" / name).write_text("text\nx\n")
    assert len(list(read_rows(tmp_path / "x"))) == 1
    assert not caplog.records
    for name, content in {"codebook.txt": "1 is satire", "info.json": '{"name": "x"}', "old.dta": "x"}.items():
        (tmp_path / "x" / name).write_text(content)
    assert len(list(read_rows(tmp_path / "x"))) == 1
    assert "3 files are not read, being no table: 'codebook.txt', 'info.json', 'old.dta'" in caplog.text
    (tmp_path / "x" / "info.json").write_text('[{"text": "x"}]')
    with pytest.raises(InputError, match=r"holds tables of several kinds: 1 \.csv, 1 \.json"):
        list(read_rows(tmp_path / "x"))


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        ("text,label\nA storm.,a\n", ["text", "label"]),
        ('ID\tTweet\tStance\n1\tA storm, a "vote".\tFAVOR\n2\tA vote.\tNONE\n', ["ID", "Tweet", "Stance"]),
        ("text;label\nA storm, and rain.;a\n", ["text", "label"]),
        ("A storm\nIt came at night, with rain.\n", None),
        ("A storm, a vote\nIt came at night, with rain.\nThen the council, on Tuesday, voted.\n", None),
        ("Text\nA vote.\n", None),
        ("A title, long\n\nIt came, it went.\n\nSo, yes.\n", None),
        ("One line.", None),
    ],
)
def test_a_table_may_be_called_txt(tmp_path: Path, content: str, columns: list[str] | None) -> None:
    (tmp_path / "a.txt").write_text(content)
    first = values(tmp_path / "a.txt")[0]
    assert list(first) == (columns or ["id", "text"])
