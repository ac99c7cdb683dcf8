import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from classifier.errors import InputError
from classifier.files import (
    check_free,
    check_version,
    copy_folder,
    keep_once,
    read_json,
    read_json_as,
    read_json_lines,
    whole_file,
    whole_folder,
    write_json,
)


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


def test_what_stands_in_the_way_is_left_where_a_folder_cannot_be_put_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="cannot be the output folder"), whole_folder(tmp_path / "file"):
        pass
    write_json(tmp_path / "out" / "a.json", {"old": 1})
    rename = Path.rename

    def refuse(path: Path, target: Path) -> Path:
        if path.suffix == ".partial":
            raise PermissionError(13, "no")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(InputError, match="cannot be written"), whole_folder(tmp_path / "out"):
        pass
    assert read_json(tmp_path / "out" / "a.json") == {"old": 1}
    assert {path.name for path in tmp_path.iterdir()} == {"out", "file"}
    assert (tmp_path / "file").read_text() == "mine"


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


@dataclass(frozen=True)
class Leaf:
    share: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class Tree:
    leaves: tuple[Leaf, ...]
    names: Mapping[str, int]
    note: str | None = None
    format_version: int = 1


TREE = {"leaves": [{"share": 0.5, "interval": [0.1, 0.9]}], "names": {"a": 1}, "format_version": 1}


def test_json_is_read_as_dataclasses(tmp_path: Path) -> None:
    write_json(tmp_path / "tree.json", TREE)
    assert read_json_as(tmp_path / "tree.json", Tree) == Tree((Leaf(0.5, (0.1, 0.9)),), {"a": 1})


@dataclass(frozen=True)
class Single:
    yes: bool = True
    count: int = 1
    share: float = 0.5
    name: str = "a"
    either: bool | Literal["auto"] = "auto"
    place: Path = Path("x")


@pytest.mark.parametrize(
    "values",
    [
        {"yes": "false"},
        {"yes": 0},
        {"count": "1"},
        {"count": True},
        {"count": 1.0},
        {"share": "0.5"},
        {"share": False},
        {"name": 1},
        {"either": "false"},
        {"either": 1},
    ],
    ids=str,
)
def test_no_value_is_converted_to_another_type(values: dict[str, object], tmp_path: Path) -> None:
    file = tmp_path / "single.json"
    write_json(file, values)
    with pytest.raises(InputError, match=rf"single\.json' is damaged: {next(iter(values))}"):
        read_json_as(file, Single)


def test_values_of_the_right_type_are_read(tmp_path: Path) -> None:
    file = tmp_path / "single.json"
    write_json(file, {"yes": False, "count": 2, "share": 1, "name": "b", "either": False, "place": "y"})
    assert read_json_as(file, Single) == Single(False, 2, 1.0, "b", False, Path("y"))


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_what_is_no_finite_number_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "single.json"
    file.write_text('{"share": ' + text + "}")
    with pytest.raises(InputError, match=r"is damaged: .* (is not a number|is too large)"):
        read_json_as(file, Single)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_finite_number_is_not_written(value: float, tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    with pytest.raises(InputError, match=r"figures\.json' cannot be written: a\.1\.b is (nan|-?inf)"):
        write_json(file, {"a": [1.0, {"b": value}]})
    assert not list(tmp_path.iterdir())


def test_faults_are_named_with_their_places_the_first_three(tmp_path: Path) -> None:
    file = tmp_path / "tree.json"
    write_json(file, {**TREE, "leaves": [{"share": "much", "interval": [1]}], "names": {"a": None}, "colour": "red"})
    with pytest.raises(InputError) as error:
        read_json_as(file, Tree, fix="Plant it again.")
    assert error.value.message == (
        f"'{file}' is damaged: leaves.0.share: Input should be a valid number; "
        "leaves.0.interval.1: Field required; names.a: Input should be a valid integer (and 1 more)."
    )
    assert error.value.fix == "Plant it again."


def test_keys_of_others_are_left_out_where_that_is_said(tmp_path: Path) -> None:
    file = tmp_path / "tree.json"
    write_json(file, {**TREE, "path": "x"})
    with pytest.raises(InputError, match="path: Unexpected keyword argument"):
        read_json_as(file, Tree)
    assert read_json_as(file, Tree, without=("path",)) == read_json_as(file, Tree, unknown="ignore")


def test_one_check_of_versions(tmp_path: Path) -> None:
    file = tmp_path / "tree.json"
    for version in (99, None, "1"):
        write_json(file, {**TREE, "format_version": version, "names": "damaged too"})
        for read in (
            lambda: read_json_as(file, Tree),
            lambda: read_json(file, version=1),
            lambda: check_version(file, read_json(file), 1),
        ):
            with pytest.raises(InputError, match=r"has format version .*; this version of classifier reads 1\.\nFix: "):
                read()


def test_what_is_not_a_number_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "tree.json"
    for text in ("NaN", "Infinity", "-Infinity"):
        file.write_text(f'{{"a": [{text}]}}')
        with pytest.raises(InputError, match=f"is damaged: {text} is not a number"):
            read_json(file)


def test_lines_of_json(tmp_path: Path) -> None:
    file = tmp_path / "lines.jsonl"
    assert list(read_json_lines(file)) == []
    file.write_text('{"a": 1}\n{"a": 2}\n{"a": ')
    assert list(read_json_lines(file)) == [{"a": 1}, {"a": 2}], "the last was cut as it was written"
    file.write_text('{"a": 1}\n{"a"}\n')
    with pytest.raises(InputError, match=r"lines\.jsonl' is damaged: line 2: "):
        list(read_json_lines(file))
    file.write_text('{"a": 1}\n[2]\n{"a": 3}\n')
    with pytest.raises(InputError, match=r"lines\.jsonl' is damaged: line 2 is not a JSON object"):
        list(read_json_lines(file))
    file.write_text('{"a": 1}\n{"a": \n{"a": 3}\n')
    with pytest.raises(InputError, match=r"lines\.jsonl' is damaged: line 2: "):
        list(read_json_lines(file))
    file.write_bytes(b'{"a": "\xff"}\n')
    with pytest.raises(InputError, match=r"lines\.jsonl' is damaged: 'utf-8' codec"):
        list(read_json_lines(file))


def test_a_line_of_json_ends_where_it_was_ended_and_at_no_other_character(tmp_path: Path) -> None:
    file, ids = tmp_path / "lines.jsonl", ["one\u2028two", "one\x85}two", "one\u2029"]
    file.write_text("".join(json.dumps({"id": name}, ensure_ascii=False) + "\n" for name in ids), encoding="utf-8")
    assert [line["id"] for line in read_json_lines(file)] == ids


def test_a_folder_is_copied_whole_in_the_place_of_an_older_one(tmp_path: Path) -> None:
    (tmp_path / "new" / "inside").mkdir(parents=True)
    (tmp_path / "new" / "inside" / "a").write_text("new")
    (tmp_path / "place").mkdir()
    (tmp_path / "place" / "old").write_text("old")
    copy_folder(tmp_path / "new", tmp_path / "place")
    assert [path.name for path in (tmp_path / "place").rglob("*")] == ["inside", "a"]
    assert (tmp_path / "place" / "inside" / "a").read_text() == "new"
    assert {path.name for path in tmp_path.iterdir()} == {"new", "place"}


def test_a_file_stays_whole_where_an_equal_one_is_a_symbolic_link_or_has_gone(tmp_path: Path) -> None:
    for name in ("far", "older", "model"):
        (tmp_path / name).mkdir()
    for name in ("far", "model"):
        (tmp_path / name / "a").write_text("weights")
    older, path = tmp_path / "older" / "a", tmp_path / "model" / "a"
    keep_once(path, older)
    assert path.read_text() == "weights"
    older.symlink_to(Path("..") / "far" / "a")
    path.unlink()
    path.write_text("weights")
    keep_once(path, older)
    assert path.read_text() == "weights"
    assert not path.is_symlink()
