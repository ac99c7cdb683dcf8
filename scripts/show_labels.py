"""Show the first lines of a file of predictions: python scripts/show_labels.py labels.csv [N]."""

import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from classifier.articles.readers.row import Row
from classifier.articles.readers.table import read_rows


def main(path: Path, count: int) -> None:
    table = Table(title=f"{path}: the first {count} articles", title_justify="left")
    for name in ("article", "label", "score"):
        table.add_column(name, justify="right" if name == "score" else "left")
    rows = [row for row in read_rows(path) if isinstance(row, Row)][:count]
    for row in rows:
        title = row.values.get("title") or row.values["text"].split("\n")[0]
        table.add_row(title[:70], row.values["label"], f"{float(row.values['score']):.2f}")
    Console(width=110).print(table)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 5)
