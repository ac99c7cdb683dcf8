"""Tables with one column for each label: 1, true or x where an article has the label."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from classifier.articles.columns import ALIASES, columns_called, first_rows, names_in
from classifier.articles.folding import name_key
from classifier.articles.label_cells import SEVERAL, is_empty
from classifier.articles.missing import MissingWords
from classifier.articles.plain_values import GivenLabels
from classifier.articles.readers.row import Row
from classifier.articles.whole_numbers import whole
from classifier.errors import Fault, names, shell_word

MARKED = ("1", "true", "yes", "x", "✓", "✔", "☑")
UNMARKED = ("0", "false", "no", "")
FEWEST = 2  # columns of 0 and 1 that look like labels
MOST_SHOWN = 40  # such columns in a fix
REPEATED = 10  # rows for each label at least, on average, of a column that may hold the labels
LONGEST = 40  # characters of a label there
ODD = 0.05  # share of the cells of such a column that may be something else: these are mistakes, which are then named


def with_labels(
    rows: Iterable[Row | Fault], columns: Sequence[str], missing: MissingWords, *, multi_label: bool, file: str
) -> Iterator[Row | Fault]:
    """The rows, with the names of the marked columns in place of those columns; other marks are faults.

    Args:
        rows: of the table.
        columns: one for each label.
        missing: words that stand for a missing value.
        multi_label: whether an article may have none or several labels.
        file: name of the table, for messages.

    Raises:
        InputError: the table lacks one of the columns.

    Example:
        >>> rows = [Row("a.csv:2", {"text": "Rain.", "news": "1", "satire": "0"})]
        >>> words = MissingWords(frozenset(), frozenset())
        >>> next(with_labels(rows, ["news", "satire"], words, multi_label=False, file="a.csv")).values
        {'text': 'Rain.', 'news + satire': GivenLabels(names=('news',))}
    """
    first, rows = first_rows(rows)
    found = _label_columns(columns, first, file) if first else {}
    for row in rows:
        yield row if isinstance(row, Fault) else _with_labels(row, found, missing, multi_label=multi_label)


def label_column(columns: Sequence[str]) -> str:
    """The name of the column that `with_labels` makes of several."""
    return " + ".join(columns)


def looks_like_labels(first: Sequence[Row]) -> list[str]:
    """The columns that may each stand for a label, as far as the first rows tell; none if they are fewer than two.

    Example:
        >>> rows = [Row("a.csv", {"text": "Rain.", "news": n, "satire": 1 - n, "page": 7}) for n in (0, 1)]
        >>> looks_like_labels(rows)
        ['news', 'satire']
    """
    known = {alias for aliases in ALIASES.values() for alias in aliases}
    found = [name for name in names_in(first) if name_key(name) not in known and _are_marks(first, name)]
    return found if len(found) >= FEWEST else []


def only_label_column(first: Sequence[Row]) -> str | None:
    """The one column that may hold the labels under a name of its own: short words, each of them again and again.

    Example:
        >>> rows = [Row("a.csv", {"body": f"Text {n}.", "kind": "news" if n % 3 else "satire"}) for n in range(30)]
        >>> only_label_column(rows)
        'kind'
    """
    known = {alias for aliases in ALIASES.values() for alias in aliases}
    found = [name for name in names_in(first) if name_key(name) not in known and _repeats(first, name)]
    return found[0] if len(found) == 1 else None


def _repeats(first: Sequence[Row], name: str) -> bool:
    cells = [cell for row in first if isinstance(cell := row.values.get(name), str) and cell.strip()]
    words = set(cells)
    often = FEWEST <= len(words) <= len(first) / REPEATED and len(cells) > (1 - ODD) * len(first)
    return often and max(map(len, words)) <= LONGEST


def label_columns_fix(found: Sequence[str], first: Sequence[Row]) -> str:
    """What to type where columns look like labels.

    Args:
        found: from `looks_like_labels`.
        first: the first rows, which tell whether articles have one label each.
    """
    shown = ", ".join(json.dumps(name, ensure_ascii=False) for name in found[:MOST_SHOWN])
    more = ", …" if len(found) > MOST_SHOWN else ""
    several = sum(sum(_mark(row.values.get(name)) in MARKED for name in found) > 1 for row in first)
    task = " --set data.task=multi_label" if several > ODD * len(first) else ""
    return f"If each label has a column of its own: --set {shell_word(f'data.columns.labels=[{shown}{more}]')}{task}"


def _are_marks(first: Sequence[Row], name: str) -> bool:
    values = [_mark(row.values.get(name)) for row in first]
    odd = sum(value not in (*MARKED, *UNMARKED) for value in values)
    return any(value in MARKED for value in values) and odd <= ODD * len(values)


def _label_columns(labels: Sequence[str], first: Sequence[Row], file: str) -> dict[str, str]:
    """Label -> its column."""
    return columns_called(labels, names_in(first), file=file, of="label", setting="data.columns.labels")


def _with_labels(row: Row, columns: Mapping[str, str], missing: MissingWords, *, multi_label: bool) -> Row | Fault:
    marks = {name: _mark(row.values.get(column), missing) for name, column in columns.items()}
    wrong = [
        f"{columns[name]} must be 0 or 1 (or true, false, x or empty). Got '{mark[:40]}' instead"
        for name, mark in marks.items()
        if mark not in (*MARKED, *UNMARKED)
    ]
    kind = "mark of a label"
    chosen = tuple(name for name, mark in marks.items() if mark in MARKED)
    if not multi_label and not wrong and len(chosen) != 1:
        several = (
            f'{len(chosen)} labels ({names(chosen)}): set data.task = "multi_label" if articles have several labels'
        )
        wrong.append(f"has {several}" if chosen else f"has none of the labels {names(columns)}")
        kind = SEVERAL if chosen else "has none of the labels"
    if wrong:
        return Fault(row.where, "; ".join(wrong), kind, row.values)
    rest = {name: value for name, value in row.values.items() if name not in columns.values()}
    return Row(row.where, {**rest, label_column(list(columns)): GivenLabels(chosen)})


def _mark(value: Any, missing: MissingWords | None = None) -> str:
    """A cell as one of the marks, if it is one."""
    if is_empty(value) or (missing is not None and missing.mean(value)):
        return ""
    return name_key(str(whole(value)))
