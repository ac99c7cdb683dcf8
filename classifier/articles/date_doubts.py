"""What is said of a column of dates that leaves doubt, or in which some cells cannot be read."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from classifier.articles.article import Article
from classifier.articles.dates import TOLD, DateColumn, Seen, clearer, looks_like_excel, suggestion
from classifier.errors import InputError

logger = logging.getLogger(__name__)

SHOWN = 3  # cells that a message names
LONGEST = 40  # characters of such a cell


def date_doubt(column: DateColumn, unread: Seen) -> str:
    """Why dates are not read, and what to type, in one or two sentences; empty where all are.

    Example:
        >>> column = DateColumn()
        >>> for line, text in enumerate(("03/04/2024", "05/06/2024"), start=2):
        ...     column.add(text, f"a.csv:{line}")
        >>> print(date_doubt(column, column.unread))
        2 of 2 dates are not read, such as '03/04/2024' (a.csv:2), '05/06/2024' (a.csv:3). The dates cannot be read \
for certain: no value tells the day from the month, such as '03/04/2024', '05/06/2024'. Day first: \
--set 'data.date_format=%d/%m/%Y'; month first: --set 'data.date_format=%m/%d/%Y'
    """
    if not unread.count:
        return ""
    shown = ", ".join(f"'{text[:LONGEST]}'" + (f" ({where})" if where else "") for text, where in unread.first[:SHOWN])
    said = f"{unread.count:,} of {column.given:,} dates are not read, such as {shown}."
    try:
        column.reader()
    except InputError as error:
        return f"{said} {error.message} {error.fix}"
    texts = [text for text, _ in unread.first]
    if looks_like_excel(texts):
        return f"{said} Format the column as dates in Excel before you save it."
    if column.date_format is not None:
        return f"{said} They do not fit data.date_format = '{column.date_format}'."
    typed = "" if column.kinds else suggestion(texts)
    return f"{said} Write them as 2024-05-31{f', or {typed}' if typed else ''}."


def with_iso_dates(
    articles: Sequence[Article], date_format: str | None = None, *, usual: str | None = None, file: str = "input"
) -> list[Article]:
    """The articles with their dates as ISO 8601, where their column tells how they are written; else it is said.

    Args:
        articles: from one file.
        date_format: how its dates are written; None = the column tells.
        usual: a format that is tried where the column leaves doubt, such as that of training.
        file: its name, for the message.

    Example:
        >>> [article] = with_iso_dates([Article("1", "Rain.", date="31/05/2024")])
        >>> article.date
        '2024-05-31'
    """
    column = DateColumn(date_format)
    for article in articles:
        column.add(article.date, article.where)
    if date_format is None and usual is not None and column.unread.count:
        other = DateColumn(usual)
        for article in articles:
            other.add(article.date, article.where)
        column = clearer(column, other)
    doubt = date_doubt(column, column.unread)
    if doubt:
        logger.warning("%s: %s", file, doubt)
    read, exact = column.certain(), TOLD[column.unit]
    days = [read(article.date) for article in articles]
    return [
        article if day is None or (article.date or "").startswith(day[:exact]) else replace(article, date=day[:exact])
        for article, day in zip(articles, days, strict=True)
    ]
