import csv
import importlib.util
from pathlib import Path
from typing import Any

import pytest

from classifier.errors import InputError
from classifier.reports.paper.table_files import as_latex, check_word, latex, write_tables
from classifier.reports.paper.tables import PaperTable, Range

TABLE = PaperTable(
    "figures",
    "100% of R&D.",
    ("figure", "model", "95% interval"),
    (("F1_a", 0.71, Range((-0.1, 0.8))), ("b", 0.5, Range(None))),
)


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("a_b & c%", r"a\_b \& c\%"),
        ("\\input{x}", r"\textbackslash{}input\{x\}"),
        ("a\nb\u202e", "a b"),
        ("~^", r"\textasciitilde{}\textasciicircum{}"),
    ],
)
def test_words_cannot_be_commands(words: str, written: str) -> None:
    assert latex(words) == written


def test_latex_has_a_column_of_numbers_at_the_right() -> None:
    written = as_latex(TABLE)
    assert r"\begin{tabular}{lrr}" in written
    assert r"F1\_a & .710 & $-$.100 to .800 \\" in written and r"b & .500 & -- \\" in written


def test_csv_has_plain_numbers_and_word_has_every_table(tmp_path: Path) -> None:
    docx = pytest.importorskip("docx")
    write_tables([TABLE, TABLE], tmp_path)
    with (tmp_path / "figures.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["figure", "model", "95% interval low", "95% interval high"]
    assert rows[1] == ["F1_a", "0.71", "-0.1", "0.8"] and rows[2] == ["b", "0.5", "", ""]
    document = docx.Document(str(tmp_path / "tables.docx"))
    assert [len(table.rows) for table in document.tables] == [3, 3]
    assert document.tables[0].rows[1].cells[2].text == "−.100 to .800"
    assert document.paragraphs[0].text == "Table 1. 100% of R&D."


def test_the_extra_is_named_where_the_package_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    found: Any = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "docx" else found(name))
    with pytest.raises(InputError, match=r"article-classifier\[publish\]"):
        check_word()
