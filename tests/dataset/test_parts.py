import gc
import json
import shutil
import weakref
from pathlib import Path

import pyarrow as pa
import pytest

from classifier.dataset import parts
from classifier.dataset.parts import OpenedParts, load_part, read_splits, readable
from classifier.errors import InputError
from classifier.jobs.building.build import build
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.sources import made

pytestmark = pytest.mark.usefixtures("quick_builds")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parts")
    return made(write_jsonl(folder / "a.jsonl", make_articles(40)), folder / "data").path


def test_all_columns_are_read_whatever_the_state_says(data: Path, tmp_path: Path) -> None:
    part = shutil.copytree(data / "test", tmp_path / "test")
    columns = load_part(part).column_names
    state = json.loads((part / "state.json").read_text())
    (part / "state.json").write_text(json.dumps({**state, "_format_columns": ["id"]}))
    assert sorted(load_part(part)[0]) == sorted(columns)


def test_a_part_is_opened_once_and_its_format_is_the_caller_s(data: Path, tmp_path: Path) -> None:
    opened, folder = OpenedParts(), shutil.copytree(data, tmp_path / "data")
    splits = opened.splits(folder)
    columns = load_part(folder / "test").column_names
    for _ in range(2):  # the one that is opened, and the one that is kept
        opened.part(folder / "test").set_format(columns=["id"])
    shutil.rmtree(folder)
    assert sorted(opened.part(folder / "test")[0]) == sorted(columns)
    assert opened.splits(folder) is splits
    with pytest.raises(InputError, match="There is no folder"):
        OpenedParts().part(folder / "test")


def test_parts_of_a_dataset_that_was_replaced_are_not_mixed_with_its_own(tmp_path: Path) -> None:
    old = made(write_jsonl(tmp_path / "a.jsonl", make_articles(40)), tmp_path / "data")
    first = [*old.articles("train")]
    new = build(str(write_jsonl(tmp_path / "b.jsonl", make_articles(60, seed=4))), tmp_path / "data", overwrite=True)
    assert [*old.articles("train")] == first
    for read in (lambda: [*old.articles("test")], old.assigned):
        with pytest.raises(InputError, match="was replaced by another dataset since it was opened"):
            read()
    assert new.dataset is not None and len([*new.dataset.articles()]) == 60


@pytest.mark.parametrize("kept", [True, False])
def test_where_open_files_stand_in_the_way_none_is_kept_open(
    kept: bool, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "KEPT_OPEN", kept)
    opened = OpenedParts()
    files = [weakref.ref(opened.part(data / "test").data), weakref.ref(opened.part(data / "test").data)]
    gc.collect()
    assert [file() is not None for file in files] == [kept, kept]


def test_what_is_missing_or_damaged_is_named(data: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"There is no folder '.*train'"):
        load_part(tmp_path / "train")
    with pytest.raises(InputError, match=r"There is no file '.*splits\.parquet'"):
        read_splits(tmp_path)
    (tmp_path / "splits.parquet").write_text("nonsense")
    with pytest.raises(InputError, match=r"splits\.parquet' cannot be read: "):
        read_splits(tmp_path)
    part = shutil.copytree(data / "test", tmp_path / "test")
    (part / "state.json").write_text("[]")
    with pytest.raises(InputError, match=r"test' cannot be read: .*\nFix: Build the dataset again, or copy it again"):
        load_part(part)
    shutil.rmtree(part)
    part.mkdir()
    (part / "dataset_dict.json").write_text('{"splits": []}')
    with pytest.raises(InputError, match="is not one set of articles"):
        load_part(part)


def test_errors_of_arrow_become_messages() -> None:
    for error in (
        pa.ArrowInvalid("bad\nworse"),
        OSError("bad"),
        KeyError("bad"),
        UnicodeDecodeError("utf-8", b"", 0, 1, "bad"),
    ):
        with pytest.raises(InputError, match=r"'x' cannot be read: .*bad"), readable(Path("x")):
            raise error
    with pytest.raises(InputError, match="'x' cannot be read: ValueError"), readable(Path("x")):
        raise ValueError
