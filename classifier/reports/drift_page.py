"""How new articles differ from those of training, as a page: the kinds in a table, pictures, the farthest articles."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from classifier.articles.language_names import language_name
from classifier.errors import counted, shell_word
from classifier.evaluation.drift import Drift, KindOfDrift
from classifier.files import whole_file
from classifier.reports.charts import Line, lines
from classifier.reports.drift import (
    ALIKE,
    CHECK,
    DIFFER,
    MEANINGS,
    NAMES,
    NUMBERS,
    how_measured,
    kind_words,
    number_words,
)
from classifier.reports.render import render

X_LABELS = {
    "length": "characters",
    "words": "share of unknown words",
    "scores": "highest score",
    "distance": "distance to the training articles",
}
HEIGHT = 220


def write_drift_page(found: Drift, run: object, file: Path) -> None:
    """Write the page, one offline file; the same figures give the same bytes.

    Args:
        found: what was measured.
        run: that labelled the articles.
        file: to write.
    """
    with whole_file(file) as partial:
        partial.write_bytes(render("drift.html.j2", {**drift_facts(found, run), "run": str(run)}))


def drift_facts(found: Drift, run: object) -> dict[str, Any]:
    """What the table, the pictures and the sentences of a page show."""
    differ = f"{DIFFER[0].upper()}{DIFFER[1:]}. To know, {CHECK.format(run=shell_word(run))}"
    return {
        "articles": counted(found.articles, "article"),
        "warning": differ if found.found else "",
        "verdict": ALIKE if found.kinds else "Nothing could be compared.",
        "kinds": [_row(kind) for kind in found.kinds],
        "missing": [(NAMES[kind], why) for kind, why in found.missing.items()],
        "farthest": [
            (one.id, one.where, one.title, one.unknown, one.language and language_name(one.language), one.score)
            for one in found.farthest
        ],
        "rests_on": how_measured(found) if found.kinds else [],
    }


def _row(kind: KindOfDrift) -> dict[str, Any]:
    words = kind_words(kind)
    return {
        "name": NAMES[kind.kind],
        "number": number_words(kind.kind, kind.number),
        "threshold": number_words(kind.kind, kind.threshold),
        "found": kind.found,
        "says": NUMBERS[kind.kind],
        "words": f"{words[0].upper()}{words[1:]}." if kind.found else "",
        "meaning": MEANINGS[kind.kind] if kind.found else "",
        "picture": _picture(kind),
    }


def _picture(kind: KindOfDrift) -> Any:
    """Both cumulated distributions; lengths on a scale on which each step multiplies."""
    if kind.curve is None:
        return None
    length = kind.kind == "length"
    x = [math.log10(max(1.0, value)) if length else value for value in kind.curve.x]
    rows = [
        Line("training", x, kind.curve.known, colour="s2", dashed=True, marked=False),
        Line("these", x, kind.curve.new, marked=False),
    ]
    alt = f"{NAMES[kind.kind]}: cumulated distributions of these articles and of those of training."
    x_words = characters if length else None
    label = "share with at most so much"
    return lines(rows, alt, x_label=X_LABELS[kind.kind], y_label=label, height=HEIGHT, x_words=x_words)


def characters(power: float) -> str:
    """A power of ten, of characters, with the two digits that count.

    Example:
        >>> characters(1.5), characters(3.5)
        ('32', '3,200')
    """
    return f"{round(10**power, 1 - int(power)):,.0f}"
