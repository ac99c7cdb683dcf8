import pytest

from classifier.articles.readers.column_values import ColumnValues
from classifier.articles.readers.stray_quotes import are_whole_rows, ends_row, is_well_formed, opened_column


def values_of(*rows: list[str]) -> ColumnValues:
    values = ColumnValues(len(rows[0]))
    for row in rows:
        values.learn(row)
    return values


LABELLED = values_of(*(["A text of some length.", label] for label in ("news", "satire") * 6))
NUMBERED = values_of(*([str(number), "A text of some length."] for number in range(12)))
UNKNOWN = ColumnValues(2)


@pytest.mark.parametrize(
    ("lines", "values", "expected"),
    [
        (['"He left,news\n', 'and came back",satire\n'], LABELLED, True),
        (['"He left,news\n', "they, too\n", 'and came back",satire\n'], LABELLED, False),
        (['"In Rome, Italy\n', 'he came back",satire\n'], LABELLED, False),
        (['"He left,news\n', "\n", "They came,satire\n", "\n", 'and came back",satire\n'], LABELLED, True),
        (['5,"He left\n', '6,and came back"\n'], NUMBERED, True),
        (['5,"He left\n', '1,000 came back"\n'], NUMBERED, False),
        (['5,"He left\n', 'Mostly, he came back"\n'], NUMBERED, False),
        (['"One, two\n', "three, four\n", 'five",six\n'], UNKNOWN, False),
        (['"One,two\n', "three,four\n", "five,six\n", 'seven",eight\n'], UNKNOWN, True),
    ],
)
def test_lines_are_rows_if_their_values_are_those_of_rows(
    lines: list[str], values: ColumnValues, expected: bool
) -> None:
    head, _, _ = "".join(lines).partition('"')
    inner, _, rest = ("".join(lines)[len(head) + 1 :]).rpartition('"')
    cells = [*head.split(",")[:-1], inner, *rest.strip().split(",")[1:]]
    assert are_whole_rows(lines, cells, ",", values) is expected


def test_where_quotes_break_and_where_a_row_ends() -> None:
    assert [is_well_formed(line, ",") for line in ('"a ""b""","c\nd"\n', 'a "b",c', '"a"b,c', "a,b", "")] == [
        True,
        False,
        False,
        True,
        True,
    ]
    assert [opened_column(line, ",") for line in ('"a "b"', 'x,"y","a "b",z')] == [0, 2]
    assert [ends_row(line, ",", 1) for line in ('end.",a\n', '""a"" ""end""",a', '",a', '"end,a', "end,a")] == [
        True,
        True,
        True,
        False,
        False,
    ]
