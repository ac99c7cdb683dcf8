"""How many sources a run's articles have, and from when they are, as the dataset that it was trained on holds them."""

from __future__ import annotations

from dataclasses import dataclass

from classifier.articles.dates import Dates, is_missing_date, read_dates
from classifier.articles.source_names import source_key
from classifier.dataset.folder import DatasetFolder
from classifier.dataset.integrity import ALL
from classifier.errors import InputError


@dataclass(frozen=True)
class CorpusFacts:
    """Sources and dates of the articles of all splits.

    Attributes:
        articles: how many there are.
        sources: different ones; names that differ only in case or spelling of a web address are one.
        without_source: articles that name none.
        first, last: ISO 8601 days; None where no date can be read.
        without_date: articles that have none.
        unread: articles whose date cannot be read.
    """

    articles: int
    sources: int
    without_source: int
    first: str | None
    last: str | None
    without_date: int
    unread: int


def corpus_facts(dataset: DatasetFolder, date_format: str | None = None) -> CorpusFacts:
    """Read the columns of a dataset; no text is read.

    Args:
        dataset: with the splits of one fold, or of all its articles.
        date_format: ``data.date_format`` of its settings.

    Raises:
        InputError: a split is damaged.
    """
    parts = dataset.splits or (ALL,)
    sources, texts = (
        [value for part in parts for value in _column(dataset, part, name)] for name in ("source", "date")
    )
    named = [str(source) for source in sources if source]
    days = [day for day in _days(texts, date_format) if day]
    missing = sum(is_missing_date(text) for text in texts)
    return CorpusFacts(
        articles=len(sources),
        sources=len({source_key(name) for name in named}),
        without_source=len(sources) - len(named),
        first=min(days, default=None),
        last=max(days, default=None),
        without_date=missing,
        unread=len(texts) - missing - len(days),
    )


def _column(dataset: DatasetFolder, part: str, name: str) -> list[str | None]:
    """A column of a part; None for each of its articles where there is no such column."""
    found = dataset.column(part, name)
    return [None if value is None else str(value) for value in found] or [None] * len(dataset.column(part, "id"))


def _days(texts: list[str | None], date_format: str | None) -> tuple[str | None, ...]:
    try:
        return read_dates(texts, date_format).days
    except InputError:
        return Dates((None,) * len(texts)).days
