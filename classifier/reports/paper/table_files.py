"""Tables as LaTeX (booktabs), CSV and Word."""

from __future__ import annotations

import csv
import importlib.util
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from classifier._version import install_extra
from classifier.errors import InputError
from classifier.files import write_text
from classifier.reports.paper.tables import PaperTable, cell_words, plain_columns
from classifier.reports.render import harmless

ESCAPED = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "–": "--", "−": "$-$"}
SPECIAL = re.compile(r"[\\~^–−&%$#_{}]")
STYLE = "Light Grid Accent 1"


def check_word() -> None:
    """Raise `InputError` where the package is missing that writes Word files."""
    if importlib.util.find_spec("docx") is None:
        raise InputError("Tables for Word need python-docx.", fix=install_extra("publish"))


def write_tables(tables: Sequence[PaperTable], folder: Path) -> None:
    """Write ``NAME.tex`` and ``NAME.csv`` for each table, and all of them as ``tables.docx``.

    Raises:
        InputError: python-docx is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for table in tables:
        write_text(folder / f"{table.name}.tex", as_latex(table))
        with (folder / f"{table.name}.csv").open("w", encoding="utf-8-sig", newline="") as stream:
            csv.writer(stream).writerows(plain_columns(table))
    _write_word(tables, folder / "tables.docx")


def as_latex(table: PaperTable) -> str:
    r"""A table that ``\input`` takes; it needs ``\usepackage{booktabs}``.

    Example:
        >>> from classifier.reports.paper.tables import Range
        >>> print(as_latex(PaperTable("t", "100% sure.", ("label", "F1"), (("a_b", 0.5),))))
        \begin{table}
        \centering
        \caption{100\% sure.}
        \label{tab:t}
        \begin{tabular}{lr}
        \toprule
        label & F1 \\
        \midrule
        a\_b & .500 \\
        \bottomrule
        \end{tabular}
        \end{table}
        <BLANKLINE>
    """
    places = "".join("r" if table.numeric(place) else "l" for place in range(len(table.columns)))
    head, *rows = (_row(cells) for cells in (table.columns, *([cell_words(c) for c in row] for row in table.rows)))
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{latex(table.caption)}}}",
            rf"\label{{tab:{table.name}}}",
            rf"\begin{{tabular}}{{{places}}}",
            r"\toprule",
            head,
            r"\midrule",
            *rows,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def latex(words: str) -> str:
    r"""A text that LaTeX shows as it is, on one line.

    Example:
        >>> print(latex("50% of R&D_{x}"))
        50\% of R\&D\_\{x\}
    """
    plain = " ".join(str(harmless(words)).split())
    return SPECIAL.sub(lambda found: ESCAPED.get(found[0], f"\\{found[0]}"), plain)


def _row(cells: Sequence[str]) -> str:
    return rf"{' & '.join(map(latex, cells))} \\"


def _write_word(tables: Sequence[PaperTable], file: Path) -> None:
    check_word()
    from docx import Document
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    document: Any = Document()
    for number, table in enumerate(tables, start=1):
        document.add_paragraph(str(harmless(f"Table {number}. {table.caption}")), style="Caption")
        grid = document.add_table(rows=1 + len(table.rows), cols=len(table.columns), style=STYLE)
        lines = [table.columns, *([cell_words(cell) for cell in row] for row in table.rows)]
        for cells, values in zip(grid.rows, lines, strict=True):
            for place, (cell, value) in enumerate(zip(cells.cells, values, strict=True)):
                cell.text = str(harmless(value))
                if table.numeric(place):
                    cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
        document.add_paragraph()
    document.save(str(file))
