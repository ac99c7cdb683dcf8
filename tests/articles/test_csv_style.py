"""What predict makes of a CSV file opens in the program that the file came from."""

import csv
from pathlib import Path

import pandas as pd
import pytest

from classifier.articles.csv_style import PLAIN, CsvStyle, common_style, csv_style, has_decimal_comma
from classifier.articles.readers.row import Row
from classifier.articles.readers.table import read_rows
from classifier.articles.writers import open_writer

BODY = [["text", "n"], ["Es regnet, und; wie.", "1"], ['"So" sagt er', "2"]]


@pytest.mark.parametrize(
    ("name", "encoding", "delimiter", "expected"),
    [
        ("a.csv", "utf-8", ",", PLAIN),
        ("a.csv", "utf-8-sig", ";", CsvStyle(";", mark=True)),
        ("a.csv", "utf-16", "\t", CsvStyle("\t", mark=True)),
        ("a.csv", "utf-8", "|", CsvStyle("|")),
        ("a.tsv", "utf-8-sig", "\t", CsvStyle(",", mark=True)),
        ("a.jsonl", "utf-8", ",", None),
        ("a.txt", "utf-8", ",", None),
        ("a", "utf-8", ",", None),
    ],
)
def test_the_style_is_that_of_the_file(
    tmp_path: Path, name: str, encoding: str, delimiter: str, expected: CsvStyle | None
) -> None:
    path = tmp_path / name
    with path.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream, delimiter=delimiter).writerows(BODY)
    assert csv_style(path) == expected
    assert csv_style(tmp_path) is None


def test_the_line_that_tells_excel_the_delimiter(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("sep=;\ntext;n\nEs regnet.;1,5\n")
    assert csv_style(tmp_path / "a.csv") == CsvStyle(";", sep=True, comma=True)


@pytest.mark.parametrize(
    ("cells", "comma"),
    [(["0,5"], True), (["0,5", "12"], True), (["1,234"], False), (["1,234", "0,25"], True), (["0.5", "0,5"], False)]
    + [([cell], False) for cell in ("", "a,5", "1,2,3", "5,", ",5", "3,14 km", "2024-05-01")],
)
def test_a_decimal_comma_is_one_beyond_doubt(cells: list[str], comma: bool) -> None:
    assert has_decimal_comma([Row("a:2", {"x": cell}) for cell in cells]) == comma


def test_inputs_that_differ_give_the_usual_style() -> None:
    german = CsvStyle(";", mark=True)
    assert common_style([german, None, german]) == german
    assert common_style([german, PLAIN]) == common_style([None]) == common_style([]) == PLAIN


@pytest.mark.parametrize(
    ("name", "style"),
    [
        ("o.csv", PLAIN),
        ("o.csv", CsvStyle(";", mark=True, comma=True)),
        ("o.csv", CsvStyle(";", sep=True)),
        ("o.csv", CsvStyle(",", mark=True, comma=True)),
        ("o.csv", CsvStyle("\t", comma=True)),
        ("o.tsv", CsvStyle(";", sep=True, comma=True)),
        ("o.tsv", PLAIN),
    ],
)
def test_pandas_and_we_read_what_is_written(tmp_path: Path, name: str, style: CsvStyle) -> None:
    path = tmp_path / name
    records = [
        {"text": 'a;b,c\td\n"e"', "score": 0.25, "scores": [{"label": "a", "score": 0.25}], "n": 3, "none": None}
    ]
    with open_writer(path, {column: {type(value)} for column, value in records[0].items()}, style) as writer:
        writer.write(records)
    told = style.of_file(path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf") == style.mark
    assert path.read_text(encoding="utf-8-sig").startswith("sep=;") == (style.sep and name == "o.csv")
    read = {"sep": told.delimiter, "decimal": "," if told.comma else ".", "skiprows": int(told.sep)}
    [row] = pd.read_csv(path, **read).to_dict("records")
    assert (row["text"], row["score"], row["n"]) == (records[0]["text"], 0.25, 3)
    [ours] = [row.values for row in read_rows(path) if isinstance(row, Row)]
    assert ours["text"] == records[0]["text"] and ours["scores"] == '[{"label": "a", "score": 0.25}]'
    assert csv_style(path) == (CsvStyle(",", style.mark, comma=told.comma) if name == "o.tsv" else told)
