"""Dates as people and programs write them, read as days.

What begins with the year, names the month, or counts seconds can be read cell by cell. Whether ``03/04/2024`` is in
March or in April only the other cells of its column can tell, so a column is read as a whole, or refused as a whole.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from classifier.errors import InputError, names

Unit = Literal["day", "month", "year"]

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
FULL_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august"),
    *("september", "october", "november", "december"),
)
CLOCK = r"(?:[T ,]+\d{1,2}:\d\d.*)?$"
ZERO = re.compile(r"0000[-/.]?00[-/.]?00" + CLOCK)
YEAR_FIRST = re.compile(r"(\d{4})([-/. ])(\d{1,2})\2(\d{1,2})" + CLOCK)
COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T?([01]\d|2[0-3])([0-5]\d)([0-5]\d)?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)?$")
WEEK = re.compile(r"\d{4}-?W\d\d")
WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+)?"
DAY_MONTH = re.compile(WEEKDAY + r"(\d{1,2})(?:st|nd|rd|th)?[-. ]+([a-z]{3,9})[-., ]+(\d{4})" + CLOCK, re.IGNORECASE)
MONTH_DAY = re.compile(WEEKDAY + r"([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})" + CLOCK, re.IGNORECASE)
CTIME = re.compile(r"[a-z]{3} ([a-z]{3}) +(\d{1,2}) \d\d:\d\d:\d\d (?:\S+ )?(\d{4})$", re.IGNORECASE)
NUMERIC = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})" + CLOCK)
COUNT = re.compile(r"(\d{9,19})(?:\.\d*)?$")
YEAR = re.compile(r"(\d{4})(?:\.0)?$")
YEAR_MONTH = re.compile(r"(\d{4})[-/.](\d{1,2})$")
COUNTED = {  # a unit since 1970 -> what one second has of it
    "seconds": 1,
    "milliseconds": 10**3,
    "microseconds": 10**6,
    "nanoseconds": 10**9,
}
FIRST_COUNT, LAST_COUNT = 10**8, 19 * 10**8  # seconds since 1970 of which a number is taken for a date: 1973 to 2030
SUGGESTED = (
    "%d/%m/%y",
    "%m/%d/%y",
    "%d.%m.%y",
    "%d-%m-%y",
    "%y-%m-%d",
    "%d %b %y",
    "%d-%b-%y",
    "%b %Y",
    "%B %Y",
    "%m/%Y",
)
EXCEL_DAY = re.compile(r"[2-6]\d{4}(?:\.\d+)?$")
EXAMPLES = 3


@dataclass(frozen=True)
class Dates:
    """The dates of a column.

    Attributes:
        days: ISO 8601 (``2024-05-31``) for each cell, None where it is missing or cannot be read.
        unit: how exact they are; where only years are given, each is the first day of its year.
    """

    days: tuple[str | None, ...]
    unit: Unit = "day"


def plain_day(text: str) -> str | None:
    """The day of a date that can be read by itself; None for all others.

    Example:
        >>> [plain_day(text) for text in ("2024-5-31", "20240531T120000Z", "Fri, 31 May 2024 08:00:00 GMT", "3/4/2024")]
        ['2024-05-31', '2024-05-31', '2024-05-31', None]
    """
    text = text.strip()
    for pattern in (YEAR_FIRST, COMPACT):
        if found := pattern.match(text):
            return _day(*(int(found[name]) for name in ((1, 3, 4) if pattern is YEAR_FIRST else (1, 2, 3))))
    if WEEK.match(text):
        return _iso_day(text)
    for pattern, (day, month, year) in ((DAY_MONTH, (1, 2, 3)), (MONTH_DAY, (2, 1, 3)), (CTIME, (2, 1, 3))):
        if (found := pattern.match(text)) and (number := _month(found[month])):
            return _day(int(found[year]), number, int(found[day]))
    return None


def is_missing_date(text: str | None) -> bool:
    """Whether a cell holds no date: nothing, or the zeros that databases write.

    Example:
        >>> is_missing_date("0000-00-00 00:00:00"), is_missing_date("2024-05-31")
        (True, False)
    """
    return text is None or not text.strip() or ZERO.match(text.strip()) is not None


def read_dates(texts: Sequence[str | None], date_format: str | None = None) -> Dates:
    """Read a column of dates.

    Args:
        texts: its cells.
        date_format: how they are written, as `datetime.datetime.strptime` takes it; None = found from the cells.

    Raises:
        InputError: the cells do not tell the order of day and month, or they are written in several ways that do not
            go together; or the format is none.

    Example:
        >>> read_dates(["31/05/2024", None, "03/04/2024"]).days
        ('2024-05-31', None, '2024-04-03')
    """
    if date_format is not None:
        return Dates(tuple(None if is_missing_date(text) else _by_format(text or "", date_format) for text in texts))
    given = {text: text.strip() for text in dict.fromkeys(texts) if text is not None and not is_missing_date(text)}
    kinds = {text: _kind(stripped) for text, stripped in given.items()}
    readable = {kind: [text for text in given if kinds[text] == kind] for kind in dict.fromkeys(kinds.values()) if kind}
    if len(readable) > 1:
        examples = "; ".join(f"{names(cells[:EXAMPLES])} ({kind})" for kind, cells in readable.items())
        raise InputError(
            f"The dates are written in ways that do not go together: {examples}.",
            fix=f"Write all of them in one way, such as 2024-05-31{_or_format(list(given.values()))}.",
        )
    kind = next(iter(readable), "")
    read = _reader(kind, [given[text] for text in readable.get(kind, [])])
    days = {text: read(stripped) for text, stripped in given.items()}
    unit: Unit = "year" if kind == "a year" else "month" if kind == "a month" else "day"
    return Dates(tuple(days.get(text) if text is not None else None for text in texts), unit)


def suggestion(texts: Sequence[str]) -> str:
    """What to type for dates that cannot be read: formats that fit all of them; empty where none does.

    Example:
        >>> suggestion(["31/5/24", "1/6/24"])
        "--set 'data.date_format=%d/%m/%y'"
    """
    fitting = [form for form in SUGGESTED if texts and all(_by_format(text, form) for text in texts)]
    return " or ".join(f"--set 'data.date_format={form}'" for form in fitting[:2])


def looks_like_excel(texts: Sequence[str]) -> bool:
    """Whether dates are numbers as Excel counts days: 45443 is 2024-05-31.

    Example:
        >>> looks_like_excel(["45443", "45444.5"]), looks_like_excel(["2024"])
        (True, False)
    """
    return bool(texts) and all(EXCEL_DAY.match(text.strip()) for text in texts)


def _kind(text: str) -> str:
    """How a date is written; empty where it cannot be read."""
    if plain_day(text):
        return "a full date"
    if (found := NUMERIC.match(text)) and max(int(found[1]), int(found[3])) <= 31:
        return "day and month as numbers"
    if YEAR.match(text):
        return "a year"
    if (found := YEAR_MONTH.match(text)) and 1 <= int(found[2]) <= 12:
        return "a month"
    if unit := _counted(text):
        return f"{unit} since 1970"
    return ""


def _reader(kind: str, texts: Sequence[str]) -> Callable[[str], str | None]:
    """What reads the cells of a column that is written in this way."""
    if kind == "day and month as numbers":
        return _numeric_reader(texts)
    if kind in ("a year", "a month"):
        pattern = YEAR if kind == "a year" else YEAR_MONTH
        return lambda text: _first_day(pattern.match(text))
    unit = kind.removesuffix(" since 1970")
    return _counted_day if unit in COUNTED else plain_day


def _numeric_reader(texts: Sequence[str]) -> Callable[[str], str | None]:
    """Reads ``31/05/2024`` or ``05/31/2024``, whichever the column shows.

    Raises:
        InputError: it shows neither, or both.
    """
    found = [match for text in texts if (match := NUMERIC.match(text))]
    day_first = [match[0] for match in found if int(match[1]) > 12]
    month_first = [match[0] for match in found if int(match[3]) > 12]
    if bool(day_first) == bool(month_first):
        example, mark = found[0][0], found[0][2]
        why = (
            f"some have the day first ({names(day_first[:EXAMPLES])}), some the month ({names(month_first[:EXAMPLES])})"
            if day_first
            else f"no value tells the day from the month, such as {names(match[0] for match in found[:EXAMPLES])}"
        )
        clock = " %H:%M:%S" if example.count(":") == 2 else " %H:%M" if ":" in example else ""
        day, month = (f"--set 'data.date_format={order}{clock}'" for order in _orders(mark))
        raise InputError(f"The dates cannot be read for certain: {why}.", fix=f"Day first: {day}; month first: {month}")
    year, month_at, day_at = 4, *((3, 1) if day_first else (1, 3))

    def read(text: str) -> str | None:
        match = NUMERIC.match(text)
        return None if match is None else _day(int(match[year]), int(match[month_at]), int(match[day_at]))

    return read


def _orders(mark: str) -> Iterator[str]:
    yield from (f"%d{mark}%m{mark}%Y", f"%m{mark}%d{mark}%Y")


def _or_format(texts: Sequence[str]) -> str:
    found = suggestion(texts)
    return f", or {found}" if found else ""


def _counted(text: str) -> str:
    """The unit of a number that counts time since 1970; empty for other text."""
    found = COUNT.match(text)
    if found is None:
        return ""
    number = int(found[1])
    return next((u for u, each in COUNTED.items() if FIRST_COUNT * each <= number < LAST_COUNT * each), "")


def _counted_day(text: str) -> str | None:
    unit = _counted(text)
    if not unit:
        return None
    return dt.datetime.fromtimestamp(int(text.split(".")[0]) / COUNTED[unit], dt.UTC).date().isoformat()


def _first_day(found: re.Match[str] | None) -> str | None:
    if found is None:
        return None
    return _day(int(found[1]), int(found[2]) if len(found.groups()) > 1 else 1, 1)


def _month(name: str) -> int:
    """The number of an English month, 0 for another word."""
    short = name.lower()[:3]
    known = name.lower() in (*MONTHS, *FULL_MONTHS, "sept")
    return MONTHS.index(short) + 1 if known else 0


def _day(year: int, month: int, day: int) -> str | None:
    try:
        return dt.date(year, month, day).isoformat()
    except ValueError:
        return None


def _iso_day(text: str) -> str | None:
    try:
        return dt.datetime.fromisoformat(text).date().isoformat()
    except ValueError:
        return None


def _by_format(text: str, date_format: str) -> str | None:
    """A date in a format; where that is ISO 8601, also without its time of day, which a dataset leaves out."""
    try:
        return dt.datetime.strptime(text.strip(), date_format).date().isoformat()
    except ValueError:
        return plain_day(text) if date_format.startswith("%Y-%m-%d") and YEAR_FIRST.match(text.strip()) else None
