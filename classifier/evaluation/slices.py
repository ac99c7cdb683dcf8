"""Where a model is worse: its figures by source, date, length and other columns, from stored predictions alone.

A slice is judged by its accuracy (for multi-label: all labels right) against that of all other articles. Its macro F1
stands beside it, over the labels that the slice has; it is too noisy in small slices to judge by. ``expected`` is the
accuracy it would have with the model's recall of each of its labels: a slice may be worse only because its labels are
harder.

- The test is a score test with variance from whole groups (Liang and Zeger, "Longitudinal data analysis using
  generalized linear models", 1986), at least that of independent articles, t-distributed. P-values are corrected for
  all slices that were looked at (Holm).
- What could have been found in a slice is `smallest_by_score`: how much worse it must be for this test to call it so in
  four of five cases, at the level that Holm's correction asks of the first of so many tests.
- The interval of an accuracy is Wilson's with the effective number of articles (Korn and Graubard, "Confidence
  intervals for proportions with small expected number of positive counts estimated from survey data", 1998).
- A slice that is fewer than five whole groups, such as one source, is about these groups themselves: its articles are
  resampled, where copies of one text count as one article. Below three texts (or groups), by the effective number,
  none is judged.

evaluation/SPLIT/slices.json holds a `Slices`: format_version, split, articles, accuracy, columns, minimum, and slices,
a list of `Slice`, the worst first.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.arrays import Ints
from classifier.articles.dates import TOLD, plain_day, read_dates
from classifier.articles.labels import LabelSet
from classifier.articles.source_names import spelt_alike
from classifier.errors import InputError, did_you_mean, names
from classifier.evaluation.predictions import TARGET_GROUP, stored_groups
from classifier.files import read_json_as
from classifier.stats.detectable import smallest_by_score
from classifier.stats.few_groups import FEWEST_EFFECTIVE
from classifier.stats.metrics import class_f1, counts
from classifier.stats.resampling import Interval, distinct, interval
from classifier.stats.sample import Sample
from classifier.stats.significance import holm, score_test, share_interval
from classifier.stats.two_way import two_way_effective

logger = logging.getLogger(__name__)

FILE = "slices.json"
STANDARD = ("source", "seen_source", "target", "seen_target", "author", "date", "tokens", "language")
OWN = ("id", "label", "predicted", "score", "scores", "tfidf", "group", TARGET_GROUP, "copies")  # not to slice by
MINIMUM = 10  # articles; the values with fewer are one slice together
FEW = 5  # groups
FOR_F1 = 50  # different articles from which macro F1 has an interval
PERIOD = 30  # articles that a month or quarter should have
MOST_VALUES = 10  # a number with more is cut into quartiles
LEVEL = 0.05
BEGINS_WITH_YEAR = re.compile(r"\d{4}(?:-|$)")
FLAGS = {"seen_source": ("of a source seen in training", "of a source not seen in training")}
FLAGS["seen_target"] = ("with a target seen in training", "with a target not seen in training")


@dataclass(frozen=True)
class Slice:
    """Figures of the articles that share a value.

    Attributes:
        column, value: which articles; a number stands for its quartile, a date for its month, quarter or year.
        articles, groups: how many.
        resampled: ``group`` or ``article``; copies of one text are one article.
        accuracy, interval: share of articles with the right label, and its 95% interval.
        f1_macro, f1_interval: over the labels of the slice; the interval is None below 50 articles, copies
            counted once.
        expected: accuracy with the model's recall of each of its labels; None for multi-label.
        difference: accuracy minus that of all other articles.
        p, p_adjusted: of that difference, and corrected for the number of slices.
        detectable: how much less its accuracy must be than that of all others to be found surely worse in four of five
            cases; 1 where no difference could be found, None in files of older versions.
    """

    column: str
    value: str
    articles: int
    groups: int
    resampled: str
    accuracy: float
    interval: Interval
    f1_macro: float
    f1_interval: Interval | None
    expected: float | None
    difference: float
    p: float
    p_adjusted: float
    detectable: float | None = None

    @property
    def worse(self) -> bool:
        """Whether it is surely worse than the rest."""
        return self.difference < 0 and self.p_adjusted < LEVEL


@dataclass(frozen=True)
class Slices:
    """All slices of an evaluation.

    Attributes:
        split: name of the articles.
        articles, accuracy: of all of them.
        columns: that were looked at.
        minimum: articles below which values are taken together.
        slices: those of all columns, the worst first.
    """

    split: str
    articles: int
    accuracy: float
    columns: tuple[str, ...]
    minimum: int
    slices: tuple[Slice, ...]
    format_version: int = 1

    @property
    def worse(self) -> tuple[Slice, ...]:
        """Those that are surely worse than the rest."""
        return tuple(found for found in self.slices if found.worse)

    @property
    def detectable(self) -> tuple[float, ...]:
        """What could have been found in each slice, the smallest difference first; empty for older files."""
        return tuple(sorted(found.detectable for found in self.slices if found.detectable is not None))


def check_columns(present: Sequence[str], by: Sequence[str]) -> None:
    """Raise `InputError` for every column that cannot be sliced by."""
    unknown = [name for name in by if name not in present or name in OWN]
    if unknown:
        known = sorted(set(present) - set(OWN))
        raise InputError(
            f"The articles have no column {names(unknown)} to slice by.{did_you_mean(unknown[0], known)}",
            fix=f"Choose from {', '.join(known)}.",
        )


def find_slices(table: Any, labels: LabelSet, split: str, by: Sequence[str] = (), *, samples: int = 1000) -> Slices:
    """Figures of the slices of some predictions.

    Args:
        table: as `classifier.evaluation.predictions.predictions_table` makes it, or read from ``predictions.parquet``.
        labels: of the model.
        split: name of the articles.
        by: columns; the standard ones that the articles have when empty.
        samples: of the bootstrap of macro F1.

    Raises:
        InputError: there is no such column.
    """
    check_columns(table.column_names, by)
    truth, predicted = (labels.encode(_names(table[name].to_pylist())) for name in ("label", "predicted"))
    units = _units(table)
    right = (truth == predicted) if truth.ndim == 1 else (truth == predicted).all(axis=1)
    found, columns, parts = list[Slice](), list[str](), list[Ints]()
    for name in by or [name for name in STANDARD if name in table.column_names]:
        values = values_of(name, table[name].to_pylist())
        if len(set(values)) < 2:
            if by:
                logger.warning(
                    "no two values of %s have %s articles or more: there is nothing to compare", name, MINIMUM
                )
            continue
        columns.append(name)
        for value, rows in _rows_by_value(values):
            found.append(_slice(name, value, rows, truth, predicted, right, units, labels, samples))
            parts.append(rows)
    level = LEVEL / max(1, len(found))  # what the first of so many tests must pass by Holm's method
    corrected = [
        replace(one, p_adjusted=p, detectable=_detectable(right, rows, units, level))
        for one, rows, p in zip(found, parts, holm([one.p for one in found]), strict=True)
    ]
    ordered = sorted(corrected, key=lambda one: (not one.worse, one.difference, -one.articles))
    return Slices(split, len(truth), float(right.mean()), tuple(columns), MINIMUM, tuple(ordered))


def read_slices(folder: Path) -> Slices:
    """The slices of an evaluation folder.

    Raises:
        InputError: they are missing, damaged, or of another format version.
    """
    return read_json_as(folder / FILE, Slices, fix="classifier evaluate RUN makes it again.")


def values_of(column: str, values: Sequence[Any], minimum: int = MINIMUM) -> list[str]:
    """The slice that each article is in: its value, quartile or period; rare values are one slice.

    Spellings of one source, or of one other name, are one value.

    Example:
        >>> values_of("date", ["2024-05-31", "2025-01-02"], minimum=1)
        ['2024', '2025']
    """
    if column in FLAGS:
        named = ["not known" if value is None else FLAGS[column][0 if value else 1] for value in values]
    elif column == "date":
        named = _periods(values)
    elif _is_number(values) and len(set(values)) > MOST_VALUES:
        named = _quartiles(column, values)
    else:
        spelt = spelt_alike([None if value in (None, "") else str(value) for value in values])
        named = ["(none)" if value is None else value for value in spelt]
    if all(value in ("(none)", "not known") for value in named):
        return named
    sizes = Counter(named)
    return [value if sizes[value] >= minimum else f"(others, each below {minimum} articles)" for value in named]


def _is_number(values: Sequence[Any]) -> bool:
    return all(value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)) for value in values)


def _quartiles(column: str, values: Sequence[Any]) -> list[str]:
    known = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    edges = np.unique(np.nanquantile(known, [0.25, 0.5, 0.75]))
    part = np.searchsorted(edges, known, side="left")
    named = {}
    for number in range(len(edges) + 1):
        inside = known[(part == number) & ~np.isnan(known)]
        if len(inside):
            named[number] = f"{inside.min():,.6g} – {inside.max():,.6g}" + (" tokens" if column == "tokens" else "")
    return ["(none)" if np.isnan(value) else named[int(number)] for value, number in zip(known, part, strict=True)]


def _periods(values: Sequence[Any]) -> list[str]:
    """Months, else quarters, else years: the shortest in which the typical article is one of thirty or more."""
    dates = [re.match(r"(\d{4})(?:-(\d\d))?", day) for day in _days([str(value or "") for value in values])]
    cuts: list[Callable[[re.Match[str]], str]] = [
        lambda found: f"{found[1]}-{found[2]}" if found[2] else found[1],
        lambda found: f"{found[1]} Q{(int(found[2]) + 2) // 3}" if found[2] else found[1],
        lambda found: found[1],
    ]
    for cut in cuts:
        named = [cut(found) if found else "(none)" for found in dates]
        sizes = Counter(named)
        if np.median([sizes[value] for value in named]) >= PERIOD:
            break
    return named


def _days(texts: Sequence[str]) -> list[str]:
    """The days, months or years of a column of dates; where it leaves doubt, only what can be read by itself."""
    try:
        found = read_dates(texts)
    except InputError as error:
        days = [plain_day(text) or text for text in texts]
        if any(day and not BEGINS_WITH_YEAR.match(day) for day in days):
            logger.warning(
                "slices by date leave out what cannot be read for certain. %s A dataset that is built again stores "
                "what its column tells: %s",
                error.message,
                error.fix,
            )
        return days
    exact = TOLD[found.unit]
    return [text if day is None else day[:exact] for text, day in zip(texts, found.days, strict=True)]


@dataclass(frozen=True)
class _Units:
    """What stands together, each of shape (n,) and from 0.

    Attributes:
        groups: the group of each article.
        crossed: where pairs are crossed, the group of their targets; else None.
        copies: the cluster of copies, which share a group; an older table does not tell copies.
    """

    groups: Ints
    crossed: Ints | None
    copies: Ints

    def resampled(self, rows: Ints) -> tuple[Ints, Ints | None, int]:
        """What is resampled of a slice, on both sides of crossed pairs, and how many groups there are.

        A side of which the slice is a few whole groups is left out, such as that of the targets in a slice of one
        target: the slice is about these groups. Where no side is left, copies are resampled.
        """
        sides = [(side, len(np.unique(side[rows]))) for side in (self.groups, self.crossed) if side is not None]
        kept = [(side, inside) for side, inside in sides if inside >= FEW or not _whole(side, rows)]
        if not kept:
            return self.copies, None, max(inside for _, inside in sides)
        return kept[0][0], kept[1][0] if len(kept) > 1 else None, min(inside for _, inside in kept)


def _whole(side: Ints, rows: Ints) -> bool:
    """Whether the groups of these articles have no others."""
    return int(np.isin(side, side[rows]).sum()) == len(rows)


def _units(table: Any) -> _Units:
    groups, crossed = stored_groups(table)
    copies = table["copies"].to_numpy() if "copies" in table.column_names else np.arange(len(groups))
    return _Units(groups, crossed, np.unique(copies, return_inverse=True)[1])


def _rows_by_value(values: Sequence[str]) -> Iterator[tuple[str, Ints]]:
    kinds, code = np.unique(np.array(values), return_inverse=True)
    order = np.argsort(code, kind="stable")
    yield from zip(kinds.tolist(), np.split(order, np.cumsum(np.bincount(code))[:-1]), strict=True)


def _slice(
    column: str,
    value: str,
    rows: Ints,
    truth: Ints,
    predicted: Ints,
    right: npt.NDArray[np.bool_],
    units: _Units,
    labels: LabelSet,
    samples: int,
) -> Slice:
    unit, crossed, inside = units.resampled(rows)
    here = unit[rows], None if crossed is None else crossed[rows]
    samples = samples if len(np.unique(units.copies[rows])) >= FOR_F1 else 0
    judged = two_way_effective(*here) >= FEWEST_EFFECTIVE
    share, rest = float(right[rows].mean()), np.ones(len(right), dtype=bool)
    rest[rows] = False
    f1, f1_interval = _macro_f1(truth[rows], predicted[rows], here, labels.names, samples)
    return Slice(
        column=column,
        value=value,
        articles=len(rows),
        groups=inside,
        resampled="group" if inside >= FEW and inside < len(rows) else "article",
        accuracy=share,
        interval=share_interval(right[rows].astype(np.float64), *here),
        f1_macro=f1,
        f1_interval=f1_interval,
        expected=None if truth.ndim > 1 else _expected(truth, right, rows, len(labels)),
        difference=share - float(right[rest].mean()),
        p=score_test(right.astype(np.float64), ~rest, unit, crossed) if judged else 1.0,
        p_adjusted=1.0,
    )


def _detectable(right: npt.NDArray[np.bool_], rows: Ints, units: _Units, level: float) -> float:
    unit, crossed, _ = units.resampled(rows)
    if two_way_effective(unit[rows], None if crossed is None else crossed[rows]) < FEWEST_EFFECTIVE:
        return 1.0
    inside = np.zeros(len(right), dtype=bool)
    inside[rows] = True
    return smallest_by_score(right.astype(np.float64), inside, unit, crossed, level=level)


def _macro_f1(
    truth: Ints, predicted: Ints, groups: tuple[Ints, Ints | None], labels: Sequence[str], samples: int
) -> tuple[float, Interval | None]:
    """Mean F1 over the labels that are true here, and its bootstrap interval where samples are drawn."""
    first, kind = distinct([truth, predicted])
    found = Sample(counts(truth[first], predicted[first], labels), kind, *groups)
    occurring = found.sums[len(labels) : 2 * len(labels)] > 0
    if not occurring.any():
        return 0.0, None
    f1 = float(class_f1(found.sums, len(labels))[occurring].mean())
    if not samples:
        return f1, None
    draws = class_f1(found.draws(samples), len(labels))[:, occurring].mean(axis=1)
    return f1, interval(draws, found.effective, around=f1, limits=(0.0, 1.0))


def _expected(truth: Ints, right: npt.NDArray[np.bool_], rows: Ints, classes: int) -> float:
    recall = np.bincount(truth, right, minlength=classes) / np.maximum(1, np.bincount(truth, minlength=classes))
    return float(recall[truth[rows]].mean())


def _names(values: Sequence[Any]) -> list[tuple[str, ...]]:
    return [(value,) if isinstance(value, str) else tuple(value) for value in values]
