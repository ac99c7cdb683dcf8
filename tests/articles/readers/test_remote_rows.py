import gzip
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from classifier.articles.new_articles import open_sources
from classifier.articles.readers.remote_rows import remote_rows
from classifier.articles.readers.row import Row
from classifier.articles.readers.table import read_rows
from classifier.errors import Fault, InputError
from classifier.remote import RemoteFile
from tests.makers.workbooks import write_workbook

TEXTS = ["Police closed the bridge.", 'Äpfel, "red"\nand green.', "The council met."]
CSV = "id,text\n" + "".join(f'{n},"{text.replace(chr(34), 2 * chr(34))}"\n' for n, text in enumerate(TEXTS))
JSONL = "".join(json.dumps({"id": n, "text": text}) + "\n" for n, text in enumerate(TEXTS))


@pytest.fixture(autouse=True)
def _empty_memory() -> Iterator[None]:
    yield
    store = fsspec.filesystem("memory")
    store.store.clear()
    store.pseudo_dirs[:] = [""]


def put(url: str, content: bytes) -> str:
    with fsspec.open(url, "wb") as file:
        file.write(content)
    return url


def parquet(path: Path) -> bytes:
    pq.write_table(pa.table({"id": range(3), "text": TEXTS}), path)
    return path.read_bytes()


def workbook(path: Path) -> bytes:
    return write_workbook(path, {"news": [["id", "text"], *enumerate(TEXTS)]}).read_bytes()


def archive(path: Path) -> bytes:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a.csv", CSV)
    return path.read_bytes()


KINDS: dict[str, tuple[Callable[[Path], bytes], bool]] = {
    "a.csv": (lambda _: CSV.encode(), True),
    "a.csv.gz": (lambda _: gzip.compress(CSV.encode()), True),
    "a.tsv": (lambda _: CSV.replace(",", "\t", 1).replace("0,", "0\t").encode(), True),
    "a.jsonl": (lambda _: JSONL.encode(), True),
    "a.jsonl.zst": (lambda _: zstandard.compress(JSONL.encode()), True),
    "a.json": (lambda _: json.dumps([{"id": n, "text": text} for n, text in enumerate(TEXTS)]).encode(), True),
    "utf16.csv": (lambda _: CSV.encode("utf-16"), True),
    "a.parquet": (parquet, False),
    "really-parquet.csv": (parquet, False),
    "a.xlsx": (workbook, False),
    "really-excel.csv": (workbook, False),
    "a.zip": (archive, False),
    "a.txt": (lambda _: TEXTS[0].encode(), False),
}


@pytest.mark.parametrize("name", KINDS)
def test_rows_are_those_of_the_same_file_on_this_machine(tmp_path: Path, name: str) -> None:
    make, streamed = KINDS[name]
    here = tmp_path / name
    here.write_bytes(make(tmp_path / f"made-{Path(name).stem}"))
    expected = list(read_rows(here))
    url = put(f"memory://news/{name}", here.read_bytes())
    (tmp_path / "copies").mkdir()
    path, rows = remote_rows(url, tmp_path / "copies", "utf-8", None)
    assert isinstance(path, RemoteFile) == streamed
    assert [bool(list((tmp_path / "copies").iterdir()))] == [not streamed]
    for _ in range(2):
        found = list(rows())
        assert [row.values for row in found if isinstance(row, Row)] == [
            row.values for row in expected if isinstance(row, Row)
        ]
        assert [row.where for row in found] == [row.where.replace(str(here), url) for row in expected]


def test_bad_rows_and_errors_name_the_address(tmp_path: Path) -> None:
    url = put("memory://news/bad.csv", b'id,text\n1,"a"\n2\n3,"open\n')
    faults = [row for row in remote_rows(url, tmp_path, "utf-8", None)[1]() if isinstance(row, Fault)]
    assert faults and all(fault.where.startswith(f"{url}:") for fault in faults)
    url = put("memory://news/latin.csv", "id,text\n1,Müll\n".encode("latin-1"))
    with pytest.raises(InputError, match=r"memory://news/latin\.csv:2 is not utf-8"):
        list(remote_rows(url, tmp_path, "utf-8", None)[1]())
    url = put("memory://news/empty.csv", b"")
    with pytest.raises(InputError, match=r"'memory://news/empty\.csv' is empty"):
        list(remote_rows(url, tmp_path, "utf-8", None)[1]())
    url = put("memory://news/cut.parquet", parquet(tmp_path / "cut.parquet")[:-20])
    with pytest.raises(InputError, match=r"'memory://news/cut\.parquet'"):
        list(remote_rows(url, tmp_path, "utf-8", None)[1]())
    with pytest.raises(InputError, match=r"There is no file 'memory://news/none\.csv'"):
        remote_rows("memory://news/none.csv", tmp_path, "utf-8", None)


def test_a_file_cut_off_is_refused_by_its_address(tmp_path: Path) -> None:
    url = put("memory://news/cut.csv.gz", gzip.compress(CSV.encode() * 500)[:-30])
    with pytest.raises(InputError, match=r"'memory://news/cut\.csv\.gz' is not a complete gzip file"):
        list(remote_rows(url, tmp_path, "utf-8", None)[1]())


def test_a_folder_of_texts_and_one_of_tables(tmp_path: Path) -> None:
    put("memory://texts/a.txt", b"Police closed the bridge.")
    put("memory://texts/deep/b.txt", b"The council met.")
    put("memory://tables/a.csv", CSV.encode())
    put("memory://tables/b.csv", CSV.encode())
    for name, count in (("texts", 2), ("tables", 6)):
        (tmp_path / name).mkdir()
        rows = list(remote_rows(f"memory://{name}", tmp_path / name, "utf-8", None)[1]())
        assert len(rows) == count
        assert all(row.where.startswith(f"memory://{name}/") for row in rows)


def test_several_inputs_here_and_elsewhere_are_read_in_order(tmp_path: Path) -> None:
    put("memory://news/2.csv", b"id,text\n2,two\n")
    put("memory://news/1.csv", b"id,text\n1,one\n")
    (tmp_path / "3.csv").write_text("id,text\n3,three\n")
    names = ["memory://news/*.csv", f"file://{tmp_path.as_posix()}/3.csv", "memory://news/1.csv"]
    with open_sources(names, "utf-8", None) as sources:
        found = [row.values["text"] for source in sources for row in source.rows() if isinstance(row, Row)]
    assert found == ["one", "two", "three", "one"]


def test_warnings_name_the_address_of_an_archive(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("in/a.csv", "id,text\n1,a\n,\n2,b\n")
    url = put("memory://news/a.zip", (tmp_path / "a.zip").read_bytes())
    (tmp_path / "copies").mkdir()
    _, rows = remote_rows(url, tmp_path / "copies", "utf-8", None)
    assert len(list(rows())) == 2
    assert caplog.messages == [f"{url}/in/a.csv: 1 row without any value is left out (first: line 3)"]
