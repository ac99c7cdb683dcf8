"""How a CSV file is written, so that what is made of it opens in the same program: delimiter, mark, decimal comma.

Excel reads a CSV file by the country that a computer is set to. In much of Europe cells are divided by semicolons, and
numbers have a decimal comma; a file of another kind opens as one column, and scores with a point as texts or dates.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from classifier.articles.readers.content import file_kind
from classifier.articles.readers.delimited import find_delimiter, read_delimited
from classifier.articles.readers.kinds import named_kind
from classifier.articles.readers.opened import open_text, read_head
from classifier.articles.readers.row import Row
from classifier.temporary import is_temporary

ROWS = 1_000  # that tell how numbers are written
MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
SEP = re.compile(r'"?sep=[^\w"]"?', re.IGNORECASE)
COMMA = re.compile(r"\s*[+-]?\d+,(\d+)\s*")
POINT = re.compile(r"\s*[+-]?\d+\.\d+\s*")


@dataclass(frozen=True, slots=True)
class CsvStyle:
    """How a CSV file is written.

    Attributes:
        delimiter: between cells.
        mark: whether it begins with a byte-order mark, by which Excel knows UTF-8.
        sep: whether a line such as ``sep=;`` stands above the header, by which Excel knows the delimiter.
        comma: whether numbers have a decimal comma.
    """

    delimiter: str = ","
    mark: bool = False
    sep: bool = False
    comma: bool = False

    def of_file(self, path: Path) -> CsvStyle:
        r"""The style as a .csv or .tsv file has it: a .tsv file has tabs, and a decimal comma needs another delimiter.

        Example:
            >>> CsvStyle(",", comma=True).of_file(Path("a.csv")).comma, CsvStyle(";").of_file(Path("a.tsv")).delimiter
            (False, '\t')
        """
        if path.suffix.lower() == ".tsv":
            return replace(self, delimiter="\t", sep=False)
        return replace(self, comma=self.comma and self.delimiter != ",")

    def __str__(self) -> str:
        cells = {",": [], "\t": ["tabs between cells"]}
        parts = list(cells.get(self.delimiter, [f"'{self.delimiter}' between cells"]))
        parts += ["a decimal comma"] if self.comma else []
        parts += ["a byte-order mark"] if self.mark else []
        return " and ".join(parts)


PLAIN = CsvStyle()


def csv_style(path: Path | None, encoding: str = "utf-8") -> CsvStyle | None:
    r"""How a file is written; None where it is no CSV file.

    Tabs divide the cells of .tsv files, and no program looks for them in a .csv file: from a .tsv file the mark and the
    decimal comma are taken alone.

    Args:
        path: a file that can be read; None = there is none. Rows that a program gave are no CSV file.
        encoding: of its text.

    Raises:
        InputError: it cannot be read.

    Example:
        >>> _ = Path("german.csv").write_text("text;anteil\nEs regnet.;0,5\n", encoding="utf-8-sig")
        >>> csv_style(Path("german.csv"))
        CsvStyle(delimiter=';', mark=True, sep=False, comma=True)
    """
    table = path is not None and named_kind(path) and path.is_file() and not is_temporary(path)
    kind = file_kind(path) if path is not None and table else ""
    if path is None or kind not in (".csv", ".tsv"):
        return None
    usual = "\t" if kind == ".tsv" else None
    with open_text(path, encoding, escaped=True) as stream:
        sep = SEP.fullmatch(stream.readline().strip("\ufeff \r\n")) is not None
    with open_text(path, encoding, escaped=True) as stream:
        delimiter = find_delimiter(stream, str(path), usual)
    with open_text(path, encoding, escaped=True) as stream:
        rows = [row for row in islice(read_delimited(stream, str(path), usual), ROWS) if isinstance(row, Row)]
    mark = read_head(path, 4).startswith(MARKS)
    tabs = kind == ".tsv"
    return CsvStyle("," if tabs else delimiter, mark, sep and not tabs, delimiter != "," and has_decimal_comma(rows))


def common_style(styles: Iterable[CsvStyle | None]) -> CsvStyle:
    """The style of all the CSV files among some inputs, where they agree; else the usual one.

    Example:
        >>> common_style([CsvStyle(";"), None, CsvStyle(";")]), common_style([CsvStyle(";"), CsvStyle(",")])
        (CsvStyle(delimiter=';', mark=False, sep=False, comma=False), CsvStyle(delimiter=',', ...))
    """
    found = {style for style in styles if style is not None}
    return found.pop() if len(found) == 1 else PLAIN


def has_decimal_comma(rows: Iterable[Row]) -> bool:
    """Whether the numbers of a table are surely written with a decimal comma.

    A cell such as ``1,234`` may be a thousand or one and a bit; it tells nothing.

    Example:
        >>> has_decimal_comma([Row("a:2", {"share": "0,25"})]), has_decimal_comma([Row("a:2", {"words": "1,234"})])
        (True, False)
    """
    cells = [value for row in rows for value in row.values.values() if isinstance(value, str)]
    if any(POINT.fullmatch(cell) for cell in cells):
        return False
    return any(len(found[1]) != 3 for found in map(COMMA.fullmatch, cells) if found)
