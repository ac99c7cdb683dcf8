from pathlib import Path

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
