import logging
from pathlib import Path

import fsspec
import pytest

from classifier.articles.readers.below import PARTS_JOB
from classifier.articles.readers.patterns import matching_names
from classifier.errors import InputError


def test_patterns_become_sorted_names_and_names_stay(tmp_path: Path) -> None:
    for name in ("2026/b.jsonl.gz", "2026/a.jsonl.gz", "2026/deep/c.jsonl.gz", "x[1].csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    parts = tmp_path / "2026" / "out.csv.parts"
    parts.mkdir()
    (parts / PARTS_JOB).touch()

    def found(*patterns: str) -> list[str]:
        return [name.removeprefix(f"{tmp_path}/") for name in matching_names(str(tmp_path / p) for p in patterns)]

    assert found("2026/*.jsonl.gz") == ["2026/a.jsonl.gz", "2026/b.jsonl.gz"]
    assert found("2026/*") == ["2026/a.jsonl.gz", "2026/b.jsonl.gz", "2026/deep"]
    assert found("**/*.gz", "x[1].csv", "none.csv")[-3:] == ["2026/deep/c.jsonl.gz", "x[1].csv", "none.csv"]
    with pytest.raises(InputError, match=r"No file matches '.*y\?\.csv'"):
        found("y?.csv")


@pytest.mark.parametrize("pattern", ["**", "**/*", "*", "d/**"])
def test_no_row_is_read_twice_and_nothing_of_an_unfinished_output(tmp_path: Path, pattern: str) -> None:
    inputs = ("d/a.csv", "d/deep/b.csv")
    for name in (*inputs, f"d/o.csv.parts/{PARTS_JOB}", "d/o.csv.parts/00000000.part", "d/o.csv.0123456789ab.partial"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = [Path(name).relative_to(tmp_path).as_posix() for name in matching_names([str(tmp_path / pattern)])]
    assert found == (["d"] if pattern == "*" else list(inputs))


def test_a_file_that_is_named_twice_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).touch()
    with caplog.at_level(logging.WARNING):
        matching_names([str(tmp_path / "*.csv"), "-", "s3://news/a.csv", "s3://news/b.csv"])
        assert not caplog.records
        assert len(matching_names([str(tmp_path / "*.csv"), f"{tmp_path}/../{tmp_path.name}/b.csv"])) == 3
    assert [record.getMessage() for record in caplog.records] == [
        f"1 input is named more than once, and so are all of its rows in the output: '{tmp_path / 'b.csv'}'"
    ]


@pytest.mark.parametrize(
    ("names", "twice"),
    [
        (["texts", "texts/a.txt"], ["texts/a.txt"]),
        (["texts/*", "texts"], ["texts/a.txt", "texts/below"]),
        (["texts", "texts/notes.csv"], []),
        (["tables", "tables/a.csv", "tables/note.txt"], ["tables/a.csv"]),
        (["texts/below", "texts/a.txt", "tables"], []),
    ],
)
def test_a_file_that_is_named_with_its_folder_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, names: list[str], twice: list[str]
) -> None:
    for name in ("texts/a.txt", "texts/below/b.txt", "texts/notes.csv", "tables/a.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    matching_names([str(tmp_path / name) for name in names])
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == bool(twice)
    assert not twice or told[0].endswith(": " + ", ".join(f"'{tmp_path / name}'" for name in twice))


def test_addresses_of_this_machine_are_paths_and_patterns(tmp_path: Path) -> None:
    for name in ("a b.csv", "c.csv"):
        (tmp_path / name).touch()
    assert matching_names([f"file://{tmp_path}/a%20b.csv"]) == [f"{tmp_path}/a b.csv"]
    assert matching_names([f"FILE://{tmp_path}/*.csv"]) == [f"{tmp_path}/a b.csv", f"{tmp_path}/c.csv"]


def test_a_file_of_a_store_that_is_named_twice_is_told(caplog: pytest.LogCaptureFixture) -> None:
    matching_names(["s3://news/a.csv", "s3://news/a.csv"])
    assert "1 input is named more than once" in caplog.text and "'s3://news/a.csv'" in caplog.text


def test_a_pattern_does_not_match_the_output_of_its_own_job(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv", "o.csv"):
        (tmp_path / name).touch()
        with fsspec.open(f"memory://patterns/{name}", "wb") as file:
            file.write(b"text")
    inputs, every = [str(tmp_path / name) for name in ("a.csv", "b.csv")], str(tmp_path / "*.csv")
    assert matching_names([every], own=str(tmp_path / "o.csv")) == inputs
    assert matching_names([every]) == [*inputs, str(tmp_path / "o.csv")]
    assert matching_names([str(tmp_path / "o.csv")], own=str(tmp_path / "o.csv")) == [str(tmp_path / "o.csv")]
    found = matching_names(["memory://patterns/*.csv"], own="memory://patterns/o.csv")
    assert found == ["memory:///patterns/a.csv", "memory:///patterns/b.csv"]
    with pytest.raises(InputError, match=r"No file matches 'memory://patterns/o\*'"):
        matching_names(["memory://patterns/o*"], own="memory://patterns/o.csv")
    fsspec.filesystem("memory").rm("/patterns", recursive=True)
