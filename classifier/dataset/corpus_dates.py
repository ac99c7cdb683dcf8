"""The dates of a corpus: read as one column, said where they leave doubt, and stored as ISO 8601."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np

from classifier.articles.date_doubts import date_doubt
from classifier.articles.dates import TOLD, DateColumn, Seen, is_missing_date
from classifier.dataset.corpus import OLD, Corpus
from classifier.errors import InputError

logger = logging.getLogger(__name__)
PLACED = 3  # cells of which the place is told


def with_dates(corpus: Corpus, date_format: str | None = None, *, temporal: bool = False) -> Corpus:
    """The corpus with its dates as ISO 8601, where its column of dates tells how they are written.

    What cannot be read stays as it is, with a warning. Where a split by date needs the dates, the index keeps them as
    they are written, and that split refuses what cannot be read; only beside the dates of an older dataset, which are
    read already, do those of new articles become ISO 8601 too.

    Args:
        corpus: its index has the column ``date``.
        date_format: how dates are written, as `datetime.datetime.strptime` takes it; None = the column tells.
        temporal: whether the split is by date.

    Raises:
        InputError: a format is given, and no article has a date.
    """
    written = corpus.index.columns["date"]
    new = np.array([part != OLD for part in corpus.index.parts], dtype=bool)
    column = DateColumn(date_format)
    for row in np.flatnonzero(new):
        column.add(written[row])
    if date_format is not None and not column.given:
        raise InputError(
            f"data.date_format = '{date_format}' has no effect: no article has a date.",
            fix="Name the column of dates: --set data.columns.date=NAME. Or leave data.date_format out.",
        )
    read = column.certain()
    days = [read(text) if is_new else None for text, is_new in zip(written, new, strict=True)]
    if not temporal:
        _say(corpus, column, [row for row in np.flatnonzero(new).tolist() if days[row] is None])
    exact = TOLD[column.unit]
    stored = [
        day[:exact] if text and day and not _is_iso(text, day) else text
        for text, day in zip(written, days, strict=True)
    ]
    if temporal and new.all():
        return replace(corpus, dates=stored)
    index = replace(corpus.index, columns={**corpus.index.columns, "date": stored})
    return replace(corpus, index=index, dates=stored)


def _is_iso(text: str, day: str) -> bool:
    """Whether a date begins with its day, month or year as ISO 8601 has it, so that it can stay as it is."""
    return text.startswith(day) or text in (day[:4], day[:7])


def _say(corpus: Corpus, column: DateColumn, rows: list[int]) -> None:
    """Warn of the dates of these rows that are written but not read."""
    written = corpus.index.columns["date"]
    unread = [row for row in rows if not is_missing_date(written[row])]
    if not unread:
        return
    places = corpus.places(unread[:PLACED])
    first = [(written[row] or "", places.get(row, "")) for row in unread]
    doubt = date_doubt(column, Seen(len(unread), first))
    logger.warning("dates: %s Until then slices and shares by time leave these articles out.", f"{doubt.rstrip('.')}.")
