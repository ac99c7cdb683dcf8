from pathlib import Path

import pyarrow as pa
import pytest

from classifier.articles.readers.arrow_file import read_arrow
from classifier.errors import InputError

ROWS = [{"text": "one", "label": "a"}, {"text": "two", "label": None}]


@pytest.mark.parametrize("make", [pa.ipc.new_file, pa.ipc.new_stream])
def test_files_and_streams(tmp_path: Path, make: object) -> None:
    table = pa.Table.from_pylist(ROWS)
    with pa.OSFile(str(tmp_path / "a.arrow"), "wb") as file, make(file, table.schema) as writer:  # type: ignore[operator]
        writer.write_table(table, max_chunksize=1)
    rows = list(read_arrow(tmp_path / "a.arrow"))
    assert [row.values for row in rows] == ROWS
    assert rows[1].where == f"{tmp_path / 'a.arrow'}, row 2"


def test_a_damaged_file(tmp_path: Path) -> None:
    (tmp_path / "a.arrow").write_bytes(b"ARROW1 and no more")
    with pytest.raises(InputError, match="is not an Arrow file"):
        list(read_arrow(tmp_path / "a.arrow"))
