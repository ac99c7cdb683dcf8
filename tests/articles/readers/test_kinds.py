from pathlib import Path

import pytest

from classifier.articles.readers.kinds import table_kind
from classifier.errors import InputError


@pytest.mark.parametrize(
    ("name", "kind"), [("a.csv", ".csv"), ("A.CSV", ".csv"), ("a.csv.gz", ".csv"), ("a.b.jsonl.zst", ".jsonl")]
)
def test_the_end_of_the_name_tells_the_kind(name: str, kind: str) -> None:
    assert table_kind(Path(name)) == kind


@pytest.mark.parametrize("name", ["a", "a.docx", "a.gz"])
def test_another_kind_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="of a kind that cannot be read"):
        table_kind(Path(name))
