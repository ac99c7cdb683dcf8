import csv
import io
import random

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from classifier.articles.readers import delimited
from classifier.articles.readers.delimited import read_delimited
from classifier.articles.readers.row import Row
from classifier.errors import Fault, InputError

TABLES = ("text,label", "label,text", "id,text", "id,text,label", "id,title,text,label,date")
LABELS = ("news", "opinion", "satire")


def read(text: str, delimiter: str | None = None) -> list[Row | Fault]:
    return list(read_delimited(io.StringIO(text, newline=""), "a.csv", delimiter))


def values(text: str, delimiter: str | None = None) -> list[dict[str, str]]:
    found = read(text, delimiter)
    assert [item for item in found if isinstance(item, Fault)] == []
    return [row.values for row in found if isinstance(row, Row)]


def faults(text: str, delimiter: str | None = None) -> list[Fault]:
    return [item for item in read(text, delimiter) if isinstance(item, Fault)]


def rows(count: int, columns: str = "text,label") -> list[list[str]]:
    """Rows of plain words; a text holds neither commas nor quote marks."""
    made = {"id": "n{0}", "text": "The council of town {0} met again", "label": "{1}", "title": "Town {0} meets"}
    made |= {"source": "Daily {1}", "date": "2024-05-{0:02}"}
    return [
        [made[name].format(number % 28 + 1, LABELS[number % 3]) for name in columns.split(",")]
        for number in range(count)
    ]


def joined(table: list[list[str]], delimiter: str, columns: str = "text,label") -> str:
    return "".join(delimiter.join(row) + "\n" for row in [columns.split(","), *table])


def test_a_row_of_another_length_is_a_fault_with_its_cells() -> None:
    found = faults("text,label\nx,y,a\nx\n")
    assert [(fault.where, fault.kind) for fault in found] == [("a.csv:2", "ragged row"), ("a.csv:3", "ragged row")]


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_the_header_line_again_is_no_row(mark: str) -> None:
    joined = f"id,text\n1,x\n{mark}id,text\n2,text\n"
    assert [(fault.where, fault.kind) for fault in faults(joined)] == [("a.csv:3", "repeated header")]
    assert not faults("text\nx\ntext\n") + faults("id,text\n1,text\nid,x\n")


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_header_tells_what_divides_the_cells(mark: str) -> None:
    assert values(f"text{mark}label\nx{mark}a\n") == [{"text": "x", "label": "a"}]


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\ntext;label\nx;a\n",
        '"sep=;"\r\ntext;label\r\nx;a\r\n',
        "\ufeff\ufefftext,label\nx,a\n",
        '\ufeff"text","label"\nx,a\n',
        "\n  \n,,\ntext,label\nx,a\n",
        "text,label\n,\nx,a\n \n , \n",
        "text,label,,\nx,a,,\n",
        "text,label\nx,a,\n",
        "text , label\nx,a\n",
        'text, label\n"x", a\n',
        "text,label\rx,a\r",
        "text,label\r\r\nx,a\r\r\n",
    ],
)
def test_what_people_and_programs_add_to_a_table_is_no_hindrance(text: str) -> None:
    assert values(text) == [{"text": "x", "label": "a"}]


def test_columns_without_a_name_keep_their_values() -> None:
    assert values(",,text\n0,1,x\n") == [{"unnamed 1": "0", "unnamed 2": "1", "text": "x"}]
    assert [fault.kind for fault in faults("text,label,,\nx,a,,\ny,b,c,\n")] == ["value without a column"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("text,text\n", "names the column 'text' twice"),
        (",,\n", "has no header line"),
        ('"text\n', "broken quoting"),
        ("Export of May,\ntext,label\nx,a\n", "a.csv:1 is no header line"),
        ("Export of May\n\ntext,label\nx,a\n", "a.csv:1 is no header line"),
        ("Export of May\nTitel;Text;Kategorie\nx;y;a\n", "a.csv:1 is no header line"),
    ],
)
def test_a_header_that_cannot_be_read_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(text)


@pytest.mark.parametrize("columns", TABLES)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(("first", "last"), [(0, 1), (0, 39), (5, 6), (5, 11), (20, 38)])
def test_stray_quotes_swallow_no_rows(columns: str, delimiter: str, first: int, last: int) -> None:
    table, column = rows(40, columns), columns.split(",").index("text")
    table[first][column] = '"' + table[first][column]
    table[last][column] += '"'
    found = faults(joined(table, delimiter, columns), delimiter)
    assert [fault.where for fault in found] == [f"a.csv:{line + 2}" for line in range(first, last + 1)], "one a row"
    assert {fault.kind for fault in found} == {f"stray quotes over {last - first + 1} lines"}
    assert f"closes in line {last + 2}," in found[0].what
    assert all(f"the stray quote marks of lines {first + 2} and {last + 2}" in fault.what for fault in found[1:])


def honest(seed: int, columns: str) -> list[list[str]]:
    """Rows with texts of several paragraphs, many of which hold as many commas as a row."""
    draw = random.Random(seed)
    table = rows(30, columns)
    column = columns.split(",").index("text")
    for row in table:
        paragraphs = [
            ", ".join(draw.choices(["In Rome", "1,000 came", 'he said "no"', "news", "Italy", "5", "n7 of"], k=count))
            for count in draw.choices([len(row) - 1, len(row), len(row) + 1], k=draw.randint(1, 5))
        ]
        row[column] = draw.choice(["\n", "\n\n", "\r\n"]).join(paragraphs)
    return table


@pytest.mark.parametrize("columns", TABLES)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_texts_of_several_lines_are_read(columns: str, delimiter: str, quoting: int) -> None:
    for seed in range(10):
        table, stream = honest(seed, columns), io.StringIO(newline="")
        csv.writer(stream, delimiter=delimiter, quoting=quoting).writerows([columns.split(","), *table])
        assert [list(row.values()) for row in values(stream.getvalue(), delimiter)] == table


@pytest.mark.parametrize("columns", ["text,label", "id,text,label", "label,text"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize(
    "line", ["On Monday, too", "They met,news", 'They "met",news.', "n5,They met,news", '"Yes, he said,']
)
def test_no_piece_of_a_broken_text_is_a_row(columns: str, quoting: int, line: str) -> None:
    table, stream = rows(30, columns), io.StringIO(newline="")
    column = columns.split(",").index("text")
    for number in (0, 8, 9, 20):
        table[number][column] = f"A text that is\nBROKEN here\n{line}\n{line}\nand ends, at last."
    csv.writer(stream, quoting=quoting, lineterminator="\n").writerows([columns.split(","), *table])
    found = read(stream.getvalue().replace("BROKEN", '"broken"'))
    texts = [row.values["text"] for row in found if isinstance(row, Row)]
    whole = [row[column] for row in table]
    assert set(texts) <= {text for text in whole if "BROKEN" not in text}
    assert len(texts) >= 20
    assert all("broken quoting" in fault.kind for fault in found if isinstance(fault, Fault))


@pytest.mark.parametrize("columns", ["text,label", "id,text,label", "label,text"])
def test_a_quote_mark_at_the_end_of_a_paragraph_makes_no_rows_of_the_next(columns: str) -> None:
    table, stream = rows(30, columns), io.StringIO(newline="")
    column = columns.split(",").index("text")
    table[8][column] = "A text ENDS\nOn Monday, it was said, she left\nShe came,news\nand ends, at last."
    csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([columns.split(","), *table])
    found = read(stream.getvalue().replace("ENDS", 'here."'))
    broken = [item for item in found if isinstance(item, Fault)]
    assert len(broken) == 1 and len(found) in (30, 31)
    texts = [row.values["text"] for row in found if isinstance(row, Row)]
    assert {*texts} - {row[column] for row in table} <= {"A text here."}


def test_a_row_that_lacks_a_cell_costs_no_other_row() -> None:
    found = read('"text","label"\n"One","news"\n"Two"\n"Three","news"\nFour\n"Five\nsix","news"\n')
    assert [type(item) for item in found] == [Row, Fault, Row, Fault, Row]


def test_a_quote_that_is_never_closed_costs_one_row() -> None:
    table = rows(30)
    table[3][0] = '"' + table[3][0]
    found = read(joined(table, "\t"), "\t")
    assert [item.where for item in found if isinstance(item, Fault)] == ["a.csv:5"]
    assert len(found) == 30


def test_lines_of_a_table_with_one_column_are_rows_if_its_cells_are_not_quoted() -> None:
    table = rows(20, "text")
    table[8][0], table[11][0] = '"' + table[8][0], table[11][0] + '"'
    assert len(read(joined(table, ",", "text"))) == 17, "as a text of four lines"
    table[2][0] += ' and said "no".'
    found = faults(joined(table, ",", "text"))
    assert [(fault.where, fault.kind) for fault in found] == [
        (f"a.csv:{line}", "stray quotes over 4 lines") for line in range(10, 14)
    ]


def test_a_carriage_return_makes_no_rows() -> None:
    found = read("label,text\nnews,One\rand two, too\nnews,Three\nnews,Four\r")
    assert [(item.where, type(item)) for item in found] == [("a.csv:2", Fault), ("a.csv:4", Row), ("a.csv:5", Fault)]
    assert values('label,text\nnews,"One\rand two"\n') == [{"label": "news", "text": "One\rand two"}]


def test_rows_without_a_value_among_others_are_said(caplog: pytest.LogCaptureFixture) -> None:
    assert len(values("text,label\nx,a\n\n" + ",\n" * 3)) == 1
    assert caplog.messages == []
    assert len(values("text,label\nx,a\n,\n,\ny,a\n,\n,\n")) == 2
    assert caplog.messages == ["a.csv: 2 rows without any value are left out (first: line 3)"]


def test_a_fault_tells_what_is_written_in_place_of_a_double_quote() -> None:
    assert r"is written \"; in CSV it is" in faults('text,label\n"He said \\"no\\".",news\n')[0].what
    assert "in single quotes?" in faults("text,label\n'One, two.',news\n")[0].what
    assert (
        "a space stand before a quote mark?"
        in faults("id,text,label\n" + "0,x,news\n" * 12 + '1, "a, b",news\n')[0].what
    )


def test_a_file_in_which_no_row_can_be_told_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "SEARCHED", 20)
    text = joined(rows(10), ",") + '"A "broken" text,\n' + "of many lines,\n" * 30
    with pytest.raises(InputError, match=r"a\.csv:12: broken quoting .* none of the next 20 lines begins a row"):
        read(text)


CELLS = st.text(st.sampled_from("ab \"',;\t|\n\r\u2028\u0085é\ufeff0"), max_size=8)


@given(
    st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=8)),
    st.sampled_from(",;\t|"),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["\n", "\r\n"]),
)
@example([["\r| ", " "]], "|", csv.QUOTE_MINIMAL, "\n")  # a piece of a quoted cell looks like a row
@settings(max_examples=400, deadline=None)
def test_what_a_program_wrote_is_read_or_refused(
    table: list[list[str]], delimiter: str, quoting: int, line_end: str
) -> None:
    width = len(table[0]) if table else 1
    header = [f"column {number}" for number in range(width)]
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter, quoting=quoting, lineterminator=line_end).writerows([header, *table])
    text = stream.getvalue()
    kept = [row for row in table if any(cell.strip() for cell in row) or width == 1]
    assume(list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))[1:] == table)
    try:
        found = read(text, delimiter)
    except InputError:
        return
    if all(isinstance(item, Row) for item in found):
        assert [list(row.values.values()) for row in found if isinstance(row, Row)] == kept


@given(st.text(st.sampled_from("ab ,\"\n\r'é\\"), max_size=60), st.integers(0, 3))
@settings(max_examples=400, deadline=None)
def test_whatever_is_written_no_row_appears_or_vanishes_in_silence(text: str, plain: int) -> None:
    whole = "text,label\n" + "good text,news\n" * plain + text
    try:
        found = read(whole)
        expected = [row for row in csv.reader(io.StringIO(whole, newline=""), strict=True) if any(map(str.strip, row))]
    except (InputError, csv.Error):
        return
    if all(isinstance(item, Row) for item in found):
        assert [list(row.values.values()) for row in found if isinstance(row, Row)] == [row[:2] for row in expected[1:]]
        assert not any(map(str.strip, (cell for row in expected[1:] for cell in row[2:])))


def test_a_row_is_named_as_a_spreadsheet_counts_it_where_cells_have_several_lines() -> None:
    lines = 'text,label\n"one\ntwo\n\nfour",a\n\nfive,b\nsix\n"seven\neight",c\nnine,d\n'
    found = [item.where for item in read_delimited(io.StringIO(lines), "a.csv", None)]
    assert found == ["a.csv:2", "a.csv:7, row 4", "a.csv:8, row 5", "a.csv:9, row 6", "a.csv:11, row 7"]
    broken = 'text,label\n"one\ntwo",a\n"x" y,b\nfine words,a\nmore words,b\n'
    found = [item.where for item in read_delimited(io.StringIO(broken), "a.csv", None)]
    assert found == ["a.csv:2", "a.csv:4, row 3", "a.csv:5", "a.csv:6"]
