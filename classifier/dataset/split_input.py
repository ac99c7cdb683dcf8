"""The input of a split: the kept articles with their columns, dates and given splits."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from classifier.arrays import Bools, Ints
from classifier.articles.dates import is_missing_date, looks_like_excel, plain_day, read_dates, suggestion
from classifier.articles.split_names import SPLITS
from classifier.config import SplitConfig
from classifier.dataset.consistency import ConsistentCorpus
from classifier.dataset.units import OPEN, encode, join_units, whole_units
from classifier.errors import Fault, InputError, counted, names, shell_word

logger = logging.getLogger(__name__)
PEEKED = 100  # articles in which a column of dates is looked for
OLDEST = "1605-01-01"  # the first newspaper


@dataclass(frozen=True)
class OlderAssignment:
    """The assignment of a dataset that is extended; the first articles of the corpus are its own.

    Attributes:
        split: split of each of those articles, shape (old,).
        folds: split in each fold, shape (old, folds), or None.
        cuts: first dates of the splits, for a temporal split.
        validation_by, validation_given: how its validation came about, as in `Assignment`.
    """

    split: Ints
    folds: Ints | None
    cuts: Mapping[str, str] | None
    validation_by: tuple[str, ...] = ()
    validation_given: bool = False


@dataclass(frozen=True)
class KeptArticles:
    """The kept articles: their columns, and their given splits (`OPEN` if none is given)."""

    consistent: ConsistentCorpus
    split: SplitConfig
    rows: Ints
    columns: Mapping[str, Sequence[str | None]]
    fixed: Ints
    validation_by: tuple[str, ...] = ()
    date_format: str | None = None

    @property
    def group_by(self) -> tuple[str, ...]:
        """Columns of which each value stays together among the open articles."""
        return (*self.split.groups, *self.validation_by)

    @property
    def labels(self) -> list[tuple[str, ...]]:
        """Labels of the kept articles."""
        return take(self.consistent.corpus.index.labels, self.rows)

    @property
    def cluster(self) -> Ints:
        """Clusters of the kept articles."""
        return self.consistent.cluster[self.rows]

    @property
    def given(self) -> list[str]:
        """The splits that are given."""
        read = {code for code in (1, 2) if SPLITS[code] in self.consistent.corpus.parts}
        return [SPLITS[code] for code in sorted({*self.fixed.tolist(), *read}) if code >= 0]

    def groups(self) -> dict[str, Ints]:
        """Column -> code of the value that each open article has; a group does not bind what is given."""
        return {c: np.where(self.fixed == OPEN, encode(self.columns[c]), -1) for c in self.group_by}

    def units(self, among: Ints, alone: Bools | None = None) -> Ints:
        """Units among some of the kept articles (positions); reprints join groups as far as `whole_units` lets them.

        Args:
            among: positions.
            alone: which of them are joined with nothing; None = none.
        """
        shared = [self.cluster[among], *(codes[among] for codes in self.groups().values())]
        cluster, *groups = shared if alone is None else [np.where(alone, -1, codes) for codes in shared]
        return join_units(len(among), [cluster, *groups]) if self.validation_by else whole_units(cluster, groups)

    def shares(self) -> dict[str, float]:
        """The share of the open articles that each split should have."""
        cuts = {"validation": self.split.validation_size, "test": self.split.test_size}
        cuts = {name: size for name, size in cuts.items() if size > 0 and name not in self.given}
        return {"train": 1 - sum(cuts.values()), **cuts}


def dates_of(part: KeptArticles, among: Ints) -> list[str]:
    """The days of some articles, as ISO 8601; how they are written is found from the dates of all articles.

    Raises:
        InputError: there is no column of dates, its cells do not tell how they are to be read, or some are missing or
            cannot be read; all of these are listed.
    """
    texts = part.columns["date"]
    if all(map(is_missing_date, texts)):
        raise _no_dates(part)
    read = read_dates(texts, part.date_format)
    undated = {int(part.rows[row]): texts[row] for row in among if read.days[row] is None}
    if undated:
        raise _undated(part, undated)
    _check_cuts(part.split, read.unit)
    _warn_of_odd_days(part, among, [read.days[row] or "" for row in among])
    return [read.days[row] or "" for row in among]


def _undated(part: KeptArticles, undated: Mapping[int, str | None]) -> InputError:
    """The error for articles whose dates are missing or cannot be read, by row."""
    where = part.consistent.corpus.places(undated)
    fits = f"does not fit data.date_format = '{part.date_format}'" if part.date_format else "cannot be read"
    wrong = {
        row: ("has no date" + (f" ('{text}')" if text else ""))
        if is_missing_date(text)
        else f"the date '{(text or '')[:40]}' {fits}"
        for row, text in undated.items()
    }
    unread = [text for text in undated.values() if text is not None and not is_missing_date(text)]
    typed = suggestion(unread) if part.date_format is None else ""
    if looks_like_excel(unread):
        typed = "format the column as dates in Excel before you save it"
    other = "Write the dates as 2024-05-31" if unread else "Fill in these dates or remove these rows"
    return InputError(
        f'split.method = "temporal" needs a date for every article; {len(undated):,} have none that can be read.',
        faults=[Fault(where[row], what, "no date") for row, what in wrong.items()],
        fix=f"{other}, or choose another method." + (f" Or {typed}" if typed else ""),
    )


def _no_dates(part: KeptArticles) -> InputError:
    """The error for articles without any date; it names the columns that seem to hold dates."""
    corpus = part.consistent.corpus
    some = list(corpus.articles(part.rows[:PEEKED]))
    likely = [name for name in corpus.kinds if _seem_dates([article.extra.get(name) for article in some])]
    named = " or ".join(f"--set {shell_word(f'data.columns.date={name}')}" for name in likely)
    return InputError(
        f'split.method = "temporal" needs a date for every article; {len(part.rows):,} have none.'
        + (f" No column is called date, but {names(likely)} seems to hold dates." if likely else ""),
        faults=[Fault(corpus.place(int(row)), "has no date", "no date") for row in part.rows[:1]],
        fix=f"Name the column of dates: {named or '--set data.columns.date=NAME'}. Or choose another method.",
    )


def _seem_dates(values: Sequence[Any]) -> bool:
    """Whether the values of a column are dates, or texts that can be read as such."""
    given = [value for value in values if value is not None and value != ""]
    return bool(given) and all(isinstance(value, dt.date) or plain_day(str(value)) for value in given)


def _check_cuts(split: SplitConfig, unit: str) -> None:
    """Raise `InputError` for a cut within a year or month, where the dates tell the year or month alone."""
    ends = {"year": "-01-01", "month": "-01"}.get(unit, "")
    cuts = {"split.validation_from": split.validation_from, "split.test_from": split.test_from}
    for name, day in cuts.items():
        if day and not day.endswith(ends):
            raise InputError(
                f"{name} = {day} lies within a {unit}, and the dates tell the {unit} alone.",
                fix=f"Give the first day of a {unit}, such as {day[: 10 - len(ends)]}{ends}.",
            )
    if split.embargo is not None and ends:
        raise InputError(
            f"split.embargo leaves out days, and the dates tell the {unit} alone.", fix="Leave split.embargo out."
        )


def _warn_of_odd_days(part: KeptArticles, among: Ints, days: Sequence[str]) -> None:
    """Warn of days to come, and of years before any newspaper: programs write such days where there is no date."""
    tomorrow = (dt.datetime.now(dt.UTC) + dt.timedelta(days=1)).date().isoformat()
    odd = [(int(part.rows[row]), day) for row, day in zip(among, days, strict=True) if not OLDEST <= day <= tomorrow]
    if odd:
        row, day = odd[0]
        logger.warning(
            "%s a date that is hardly theirs, such as %s (%s); in a temporal split such dates decide where articles go",
            counted(len(odd), "article has", "articles have"),
            day,
            part.consistent.corpus.place(row),
        )


def intended_shares(part: KeptArticles) -> dict[str, float]:
    """The share of the articles that each split, or each fold, should have."""
    folds = part.split.folds
    return part.shares() if folds is None else {f"fold {k + 1}": 1 / folds for k in range(folds)}


def take(values: Sequence[Any], rows: Ints) -> list[Any]:
    """The values at these positions."""
    return [values[row] for row in rows]
