from pathlib import Path

import pytest

from classifier.errors import InputError
from classifier.files import check_free, read_json, whole_file, whole_folder, write_json


def test_a_folder_is_whole_or_absent(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), whole_folder(tmp_path / "out") as partial:
        (partial / "half").write_text("x")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
    with whole_folder(tmp_path / "out") as partial:
        (partial / "file").write_text("x")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_the_old_folder_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    write_json(tmp_path / "out" / "a.json", {"old": 1})
    with pytest.raises(RuntimeError), whole_folder(tmp_path / "out"):
        raise RuntimeError
    assert read_json(tmp_path / "out" / "a.json") == {"old": 1}
    with whole_folder(tmp_path / "out") as partial:
        write_json(partial / "b.json", {})
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["b.json"]


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("old")
    with pytest.raises(RuntimeError), whole_file(tmp_path / "f") as partial:
        partial.write_text("half")
        raise RuntimeError
    assert (tmp_path / "f").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_a_folder_of_something_else_is_never_replaced(tmp_path: Path) -> None:
    kind = {"needed": {"dataset.json"}, "allowed": {"train"}}
    (tmp_path / "dataset.json").write_text("{}")
    with pytest.raises(InputError, match="--overwrite"):
        check_free(tmp_path, **kind, overwrite=False)
    check_free(tmp_path, **kind, overwrite=True)
    check_free(tmp_path / "new", **kind, overwrite=False)
    (tmp_path / "thesis.docx").write_text("x")
    with pytest.raises(InputError, match=r"holds something else \('thesis\.docx'\)"):
        check_free(tmp_path, **kind, overwrite=True)
    (tmp_path / "dataset.json").unlink()
    (tmp_path / "thesis.docx").rename(tmp_path / "train")
    with pytest.raises(InputError, match="holds something else"):
        check_free(tmp_path, **kind, overwrite=True)
