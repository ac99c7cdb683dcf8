import io

import pytest

from classifier.articles.readers.delimited import read_delimited
from classifier.articles.readers.row import Row
from classifier.errors import Fault, InputError


def read(text: str, delimiter: str | None = None) -> list[Row | Fault]:
    return list(read_delimited(io.StringIO(text, newline=""), "a.csv", delimiter))


def test_a_row_of_another_length_is_a_fault_with_its_cells() -> None:
    faults = [item for item in read("text,label\nx,y,a\nx\n") if isinstance(item, Fault)]
    assert [(fault.where, fault.kind) for fault in faults] == [("a.csv:2", "ragged row"), ("a.csv:3", "ragged row")]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_the_header_tells_what_divides_the_cells(mark: str) -> None:
    assert [row.values for row in read(f"text{mark}label\nx{mark}a\n") if isinstance(row, Row)] == [
        {"text": "x", "label": "a"}
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [("text,text\n", "names the column 'text' twice"), (",,\n", "has no header line"), ('"text\n', "broken quoting")],
)
def test_a_header_that_cannot_be_read_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(text)
