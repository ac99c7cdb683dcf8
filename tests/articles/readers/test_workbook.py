import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from classifier.articles.readers.row import Row
from classifier.articles.readers.table import check_sheet, read_rows
from classifier.articles.readers.workbook import LONGEST_CELL, excel_length, read_workbook, sheet_names
from classifier.errors import InputError
from tests.makers.workbooks import write_workbook

HEADER = ["id", "text", "label"]


def values(path: Path, sheet: str | None = None) -> list[dict[str, Any]]:
    return [row.values for row in read_rows(path, sheet=sheet) if isinstance(row, Row)]


def test_cells_become_values(tmp_path: Path) -> None:
    day, moment = dt.date(2024, 5, 31), dt.datetime(2024, 5, 31, 8, 30)
    rows = [["id", "text", "when", "at", "yes"], [1, "a", day, moment, True], [2.5, "b", day, day, False]]
    assert values(write_workbook(tmp_path / "a.xlsx", {"x": rows})) == [
        {"id": 1, "text": "a", "when": day, "at": moment, "yes": True},
        {"id": 2.5, "text": "b", "when": day, "at": dt.datetime(2024, 5, 31), "yes": False},
    ]


def test_empty_rows_and_columns_are_left_out_and_places_are_those_of_excel(tmp_path: Path) -> None:
    rows = [[], ["", "text", "label", ""], [], ["", "one", "a", ""], ["", "two", " ", "note"]]
    found = list(read_workbook(write_workbook(tmp_path / "a.xlsx", {"x": rows})))
    assert [row.where for row in found] == [f"{tmp_path / 'a.xlsx'}, row 4", f"{tmp_path / 'a.xlsx'}, row 5"]
    assert found[1].values == {"text": "two", "label": None, "column D": "note"}


def test_a_cell_that_is_merged_over_rows_counts_for_each_of_them(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    import xlsxwriter

    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(1, 1, ["text", "label", "source"])
        sheet.write_column(2, 1, ["a", "b", "c", "", "d", "e"])
        sheet.write_column(2, 2, ["x", "y", "x", "", "y", "x"])
        sheet.merge_range("D3:D4", "The Courier")
        sheet.merge_range("D5:D7", "The Bell")  # over an empty row too, which stays none
    caplog.set_level("INFO")
    assert [(row["label"], row["source"]) for row in values(path)] == [
        ("x", "The Courier"),
        ("y", "The Courier"),
        ("x", "The Bell"),
        ("y", "The Bell"),
        ("x", None),
    ]
    assert "a cell that is merged over several rows counts for each of them: 'source'" in caplog.text


@pytest.mark.parametrize("body", ["Text", "Inhalt"])
def test_a_merged_title_above_the_header_is_named(tmp_path: Path, body: str) -> None:
    import xlsxwriter

    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.merge_range("A2:C2", "Archiv 2025")
        sheet.write_row(2, 0, ["Titel", body, "Kategorie"])
        sheet.write_row(3, 0, ["Rain", "It rained.", "news"])
    with pytest.raises(InputError, match=r"a.xlsx, row 2 is no header line \('Archiv 2025'\)"):
        values(path)


def test_a_column_of_merged_cells_has_a_name_and_no_title(tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for row, text in enumerate(["article", "It rains.", "It snows."], start=1):
            sheet.merge_range(f"A{row}:C{row}", text)
    assert values(path) == [{"article": "It rains."}, {"article": "It snows."}]


def test_a_title_in_one_cell_above_the_header_is_named(tmp_path: Path) -> None:
    rows = [["Archiv 2025"], [], ["Titel", "Text", "Kategorie"], ["Rain", "It rained.", "news"]]
    with pytest.raises(InputError, match="row 1 is no header line"):
        values(write_workbook(tmp_path / "a.xlsx", {"x": rows}))


def test_a_cell_with_an_error_is_missing(tmp_path: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["text", "label"])
        sheet.write_string(1, 0, "one")
        sheet.write_formula(1, 1, "=NA()", None, "#N/A")
    assert values(tmp_path / "a.xlsx") == [{"text": "one", "label": None}]


def test_the_only_visible_sheet_with_rows_is_read(tmp_path: Path) -> None:
    sheets: dict[str, list[list[Any]]] = {"empty": [], "data": [HEADER, [1, "a", "x"]], "lists": [["codes"], ["x"]]}
    path = write_workbook(tmp_path / "a.xlsx", sheets, hidden=["lists"])
    assert values(path) == [{"id": 1, "text": "a", "label": "x"}]
    assert values(path, "lists") == [{"codes": "x"}]


@pytest.mark.parametrize(
    ("sheets", "sheet", "message"),
    [
        ({"one": [HEADER], "two": [HEADER]}, None, "has several sheets with rows: 'one', 'two'"),
        ({"one": [HEADER], "two": [HEADER]}, "ones", "has several sheets with rows and no sheet 'ones': 'one', 'two'"),
        ({"one": []}, None, "has no rows"),
        ({"one": [["text", "text "]]}, None, "row 1 names the column 'text' twice"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, sheets: Any, sheet: str | None, message: str) -> None:
    with pytest.raises(InputError) as error:
        values(write_workbook(tmp_path / "a.xlsx", sheets), sheet)
    assert message in str(error.value)


def test_a_damaged_workbook_is_said(tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "a.xlsx", {"one": [HEADER]})
    (tmp_path / "b.xlsx").write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError, match="no complete zip file or workbook"):
        values(tmp_path / "b.xlsx")


def test_texts_that_excel_has_cut_are_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rows = [HEADER, [1, "x" * LONGEST_CELL, "a"], [2, "x" * (LONGEST_CELL - 1), "a"]]
    values(write_workbook(tmp_path / "a.xlsx", {"one": rows}))
    assert "1 row holds a text of 32,767 characters" in caplog.text
    assert "cut off: row 2" in caplog.text


def test_excel_counts_units_of_utf16() -> None:
    assert excel_length("\N{GRINNING FACE}" * 20_000) == 40_000


def test_open_document(tmp_path: Path) -> None:
    import pandas as pd

    pd.DataFrame({"text": ["one"], "label": [3]}).to_excel(tmp_path / "a.ods", engine="odf", index=False)
    assert values(tmp_path / "a.ods") == [{"text": "one", "label": 3}]


def test_a_sheet_without_a_workbook_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,label\na,b\n")
    book = write_workbook(tmp_path / "a.xlsx", {"one": [HEADER]})
    check_sheet([tmp_path / "a.csv", book], "one")
    check_sheet([tmp_path / "a.csv"], None)
    other = write_workbook(tmp_path / "b.xlsx", {"Sheet1": [HEADER, [1, "a", "x"]]})
    check_sheet([book, other], "one")
    assert len(values(other, "one")) == 1
    assert sheet_names(book) == ["one"]
    with pytest.raises(InputError, match=r"a\.xlsx' has no sheet 'ones'\. Did you mean 'one'\?"):
        check_sheet([book, other], "ones")
    with pytest.raises(InputError, match="is no workbook"):
        check_sheet([tmp_path / "a.csv"], "one")
