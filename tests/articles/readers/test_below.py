import zipfile
from pathlib import Path

import pytest

from classifier.articles.readers.below import files_below, holds_labelled_texts, holds_texts, is_archive, tables_below


def make(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")


def test_links_to_folders_are_followed_but_not_in_a_circle(tmp_path: Path) -> None:
    make(tmp_path / "elsewhere", "1.txt")
    make(tmp_path / "corpus", "b/2.txt")
    (tmp_path / "corpus" / "a").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (tmp_path / "corpus" / "b" / "up").symlink_to(tmp_path / "corpus", target_is_directory=True)
    (tmp_path / "corpus" / "gone.txt").symlink_to(tmp_path / "gone.txt")
    found = [path.relative_to(tmp_path / "corpus").as_posix() for path in files_below(tmp_path / "corpus")]
    assert found == ["a/1.txt", "b/2.txt"]


def test_hidden_files_count_where_they_are_asked_for(tmp_path: Path) -> None:
    make(tmp_path, "a.txt", ".b.txt", ".c/d.txt")
    assert [path.name for path in files_below(tmp_path)] == ["a.txt"]
    assert [path.name for path in files_below(tmp_path, hidden=True)] == [".b.txt", "d.txt", "a.txt"]


@pytest.mark.parametrize(
    ("files", "tables"),
    [
        (["b.csv", "a/c.csv", "info.json", "x.md"], ["a/c.csv", "b.csv"]),
        (["a.json", "b.json"], ["a.json", "b.json"]),
        (["a.csv", "b.parquet"], ["a.csv", "b.parquet"]),
        (["a.txt"], []),
    ],
)
def test_the_tables_of_a_folder(tmp_path: Path, files: list[str], tables: list[str]) -> None:
    make(tmp_path, *files)
    assert tables_below(tmp_path) == [tmp_path / name for name in tables]


@pytest.mark.parametrize(
    ("files", "texts"),
    [
        (["a/1.txt"], True),
        (["a/1.html"], True),
        (["part-1.csv", "part-2.csv"], False),
        (["train.csv", "README.txt"], False),
        (["a.csv", "a/1.txt"], True),
        (["photo.jpg"], True),  # reported by the reader of texts
    ],
)
def test_a_folder_holds_texts_or_tables_and_so_does_an_archive(tmp_path: Path, files: list[str], texts: bool) -> None:
    make(tmp_path / "x", *files)
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for name in files:
            archive.writestr(name, "x")
    assert holds_texts(tmp_path / "x") is texts
    assert holds_texts(tmp_path / "x.zip") is texts


@pytest.mark.parametrize(
    ("files", "texts"),
    [
        (["data.csv", "codebook.txt"], False),
        (["study/data.csv", "study/codebook.txt"], False),
        (["news/1.txt", "satire/2.txt", "codebook.txt", "sources.csv"], True),
        (["1.txt", "2.txt"], True),  # reported by the reader of texts
        (["a.csv", "b.csv"], False),
    ],
)
def test_texts_beside_a_table_have_no_label(tmp_path: Path, files: list[str], texts: bool) -> None:
    make(tmp_path / "x", *files)
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for name in files:
            archive.writestr(name, "x")
    assert holds_labelled_texts(tmp_path / "x") is texts
    assert holds_labelled_texts(tmp_path / "x.zip") is texts


@pytest.mark.parametrize(
    ("start", "rows"), [('[{"text": "x"}]', True), ("\ufeff\n [\n{}]", True), ('{"name": "x"}', False)]
)
def test_json_beside_a_table_may_hold_rows(tmp_path: Path, start: str, rows: bool) -> None:
    make(tmp_path, "a.csv")
    (tmp_path / "b.json").write_text(start, encoding="utf-8")
    assert [path.name for path in tables_below(tmp_path)] == ["a.csv", "b.json"][: 1 + rows]


def test_a_file_holds_no_texts(tmp_path: Path) -> None:
    make(tmp_path, "a.txt")
    assert not holds_texts(tmp_path / "a.txt")
    assert not is_archive(tmp_path / "gone.zip")
