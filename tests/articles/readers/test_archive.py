import zipfile
from pathlib import Path

import pytest

from classifier.articles.readers.archive import file_names, placed, unpacked
from classifier.articles.readers.row import Row
from classifier.articles.readers.table import read_rows
from classifier.articles.readers.text_folder import read_text_folder
from classifier.errors import Fault, InputError
from tests.makers.disk import limited_file_size


def write_zip(path: Path, files: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_hidden_files_do_not_count(tmp_path: Path) -> None:
    files = {"a.csv": "", "__MACOSX/._a.csv": "", ".DS_Store": "", "b/.hidden": "", "b/c.csv": ""}
    assert file_names(write_zip(tmp_path / "a.zip", files)) == ["a.csv", "b/c.csv"]


def test_tables_of_an_archive_are_one_table_with_places_in_the_archive(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"b.csv": "text,label\ntwo,b\n", "a.csv": "text,label\none,a\nx\n"})
    one, bad, two = read_rows(path)
    assert isinstance(one, Row)
    assert isinstance(two, Row)
    assert (one.where, one.values["text"]) == (f"{path}/a.csv:2", "one")
    assert (two.where, two.values["text"]) == (f"{path}/b.csv:2", "two")
    assert isinstance(bad, Fault)
    assert bad.where == f"{path}/a.csv:3"


@pytest.mark.parametrize("around", ["", "corpus/"])
def test_texts_of_an_archive(tmp_path: Path, around: str) -> None:
    path = write_zip(tmp_path / "a.zip", {f"{around}news/1.txt": "one", f"{around}satire/2.txt": "two"})
    rows = [row.values for row in read_text_folder(path, labelled=True) if isinstance(row, Row)]
    assert rows == [
        {"id": "news/1", "text": "one", "label": "news"},
        {"id": "satire/2", "text": "two", "label": "satire"},
    ]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"notes.docx": ""}, "a.zip' holds no tables"),
        ({"a.csv": "text\nx\n", "b.csv": "body\nx\n"}, "a.zip/b.csv' has other columns than"),
        ({"a.csv": "text,text\nx,y\n"}, "a.zip/a.csv:1 names the column 'text' twice"),
    ],
)
def test_errors_name_the_archive_and_no_temporary_folder(tmp_path: Path, files: dict[str, str], message: str) -> None:
    with pytest.raises(InputError) as error:
        list(read_rows(write_zip(tmp_path / "a.zip", files)))
    assert message in str(error.value)
    assert not list(tmp_path.glob("*a.zip-*"))


def test_warnings_name_the_archive_and_no_temporary_folder(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = write_zip(tmp_path / "a.zip", {"in/a.csv": "text,label\none,a\n,\ntwo,b\n"})
    assert len(list(read_rows(path))) == 2
    assert caplog.messages == [f"{path}/in/a.csv: 1 row without any value is left out (first: line 3)"]


def test_a_full_disk_is_no_fault_of_the_archive(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"a.csv": "text\n" + "x" * 100_000})
    with pytest.raises(OSError, match="File too large"), limited_file_size(10_000), unpacked(path):
        pass


def test_a_damaged_archive_and_one_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    (tmp_path / "a.zip").write_text("not a zip")
    with pytest.raises(InputError, match="no complete zip archive"):
        list(read_rows(tmp_path / "a.zip"))
    path = write_zip(tmp_path / "b.zip", {"a.csv": "text\nx\n"})
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 1))  # type: ignore[attr-defined]
    with pytest.raises(InputError, match="more than there is space"), unpacked(path):
        pass


def test_a_place_in_an_archive() -> None:
    assert placed(Fault("/tmp/x/a.csv:3", "bad"), Path("/tmp/x"), Path("a.zip")).where == "a.zip/a.csv:3"
