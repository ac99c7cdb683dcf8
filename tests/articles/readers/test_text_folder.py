import zipfile
from pathlib import Path

import pytest

from classifier.articles.readers.row import Row
from classifier.articles.readers.text_folder import read_text_file, read_text_folder
from classifier.errors import InputError


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
    assert f"3 other files in '{tmp_path}' not read" in caplog.text
    assert f"1 subfolder of '{tmp_path}' without any .txt file, which give no label: 'c'" in caplog.text


def place(folder: Path, *files: str) -> None:
    for number, name in enumerate(files):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"words {number}")


def packed(folder: Path, archive: Path) -> Path:
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(folder.rglob("*.*")):
            file.write(path, path.relative_to(folder.parent))
    return archive


@pytest.mark.parametrize("splits", [("train", "test"), ("Train", "DEV"), ("train-en", "dev_en.1")])
def test_splits_are_no_labels(tmp_path: Path, splits: tuple[str, ...]) -> None:
    place(tmp_path / "x", *(f"{split}/satire/{number}.txt" for number, split in enumerate(splits)))
    for source in (tmp_path / "x", packed(tmp_path / "x", tmp_path / "x.zip")):
        with pytest.raises(InputError, match=f"The subfolders '.*' of '{source}' are splits, and not labels"):
            list(read_text_folder(source, labelled=True))
        assert len(list(read_text_folder(source, labelled=False))) == len(splits)


@pytest.mark.parametrize(
    ("folders", "level"),
    [
        (["2023/news", "2023/satire", "2024/news", "2024/satire"], "WARNING"),  # the years are hardly the labels
        (["news/2023", "news/2024", "satire/2023", "satire/2024"], "INFO"),
        (["news/bbc", "news/afp", "satire/onion"], "INFO"),
        (["data/news", "data/satire"], "INFO"),
        (["news", "satire"], None),
        (["train", "plane"], None),
        (["test-match", "test-drive"], None),
    ],
)
def test_folders_below_the_labels_are_told_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, folders: list[str], level: str | None
) -> None:
    caplog.set_level("INFO")
    place(tmp_path / "x", *(f"{folder}/1.txt" for folder in folders))
    for source in (tmp_path / "x", packed(tmp_path / "x", tmp_path / "x.zip")):
        caplog.clear()
        assert len(list(read_text_folder(source, labelled=True))) == len(folders)
        assert [record.levelname for record in caplog.records] == [level] * (level is not None)
        assert level is None or f"the labels are the first subfolders of '{source}'" in caplog.text


def test_web_pages_are_read_where_there_is_no_txt_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    story = "The council voted for the new bridge after a long debate. " * 8
    for name in ("news/1.html", "satire/2.HTM"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(f"<html><body><nav>Home</nav><article><p>{story}</p></article></body></html>")
    rows = [row.values for row in read_text_folder(tmp_path, labelled=True) if isinstance(row, Row)]
    assert [(row["id"], row["text"].strip(), row["label"]) for row in rows] == [
        ("news/1", story.strip(), "news"),
        ("satire/2", story.strip(), "satire"),
    ]
    assert not caplog.records
    (tmp_path / "news" / "3.txt").write_text("one")
    assert [row.values["id"] for row in read_text_folder(tmp_path, labelled=True) if isinstance(row, Row)] == ["news/3"]
    assert "2 other files" in caplog.text
    assert "only .txt files in the subfolder of a label are" in caplog.text


def test_a_folder_of_a_label_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "1.txt").write_text("one")
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "news").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    rows = [row.values for row in read_text_folder(tmp_path / "corpus", labelled=True) if isinstance(row, Row)]
    assert rows == [{"id": "news/1", "text": "one", "label": "news"}]


def test_a_single_file_is_a_row(tmp_path: Path) -> None:
    (tmp_path / "1.txt").write_text("one")
    assert read_text_file(tmp_path / "1.txt", "first") == Row(str(tmp_path / "1.txt"), {"id": "first", "text": "one"})
