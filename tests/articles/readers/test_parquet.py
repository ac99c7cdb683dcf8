from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from classifier.articles.readers.row import Row
from classifier.articles.readers.table import read_rows

ROWS = [{"text": "one, two", "label": "a"}, {"text": 'a "quoted"\nline', "label": "b"}]


def values(path: Path, encoding: str = "utf-8") -> list[dict[str, object]]:
    rows = list(read_rows(path, encoding))
    assert all(isinstance(row, Row) for row in rows)
    return [row.values for row in rows if isinstance(row, Row)]


def test_parquet(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "a.parquet")
    assert values(tmp_path / "a.parquet") == ROWS
