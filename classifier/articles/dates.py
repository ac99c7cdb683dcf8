"""Dates as people and programs write them, read as days.

What begins with the year, names the month, or counts seconds can be read cell by cell. Whether ``03/04/2024`` is in
March or in April only the other cells of its column can tell, so a column is read as a whole, or refused as a whole.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from classifier.errors import InputError, names

Unit = Literal["day", "month", "year"]
TOLD = {"year": 4, "month": 7, "day": 10}  # unit -> characters of an ISO 8601 date that say no more

MONTHS = tuple(  # the names of each month in English, German, French and Spanish, and how these are shortened
    frozenset(names.split())
    for names in (
        "jan january januar jänner jän janvier janv enero ene",
        "feb february februar feber février févr fév fevrier febrero",
        "mar march märz mär maerz mrz mars marzo",
        "apr april avril avr abril abr",
        "may mai mayo",
        "jun june juni juin junio",
        "jul july juli juillet juil julio",
        "aug august août aout agosto ago",
        "sep sept september septembre septiembre setiembre",
        "oct october oktober okt octobre octubre",
        "nov november novembre noviembre",
        "dec december dezember dez décembre déc decembre diciembre dic",
    )
)
NUMBER_OF_MONTH = {name: number for number, names in enumerate(MONTHS, start=1) for name in names}
CLOCK = r"(?:[T ,]+\d{1,2}:\d\d.*)?$"
ZERO = re.compile(r"0000[-/.]?00[-/.]?00" + CLOCK)
YEAR_FIRST = re.compile(r"(\d{4})([-/. ])(\d{1,2})\2(\d{1,2})" + CLOCK)
ISO = re.compile(r"\d{4}-\d\d-\d\d" + CLOCK)
COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T?([01]\d|2[0-3])([0-5]\d)([0-5]\d)?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)?$")
WEEK = re.compile(r"\d{4}-?W\d\d")
WEEKDAYS = (
    *("mon", "tue", "wed", "thu", "fri", "sat", "sun", "mo", "di", "mi", "do", "fr", "sa", "so"),
    *("lun", "mar", "mer", "jeu", "ven", "dim", "mié", "jue", "vie", "sáb", "dom"),
)
WEEKDAY = rf"(?:(?:{'|'.join(WEEKDAYS)})[^\W\d_]*\.?,?\s+)?"
WORD = r"([^\W\d_]{3,10})"
DAY_MONTH = re.compile(
    rf"{WEEKDAY}(\d{{1,2}})(?:st|nd|rd|th|er)?[-. ]+(?:de )?{WORD}[-., ]+(?:de )?(\d{{4}}){CLOCK}", re.IGNORECASE
)
MONTH_DAY = re.compile(rf"{WEEKDAY}{WORD}\.? (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}}){CLOCK}", re.IGNORECASE)
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
    "%d.%m.%Y",  # these are read beside 2024-05-31 if they are named
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
)
EXCEL_DAY = re.compile(r"[2-6]\d{4}(?:\.\d+)?$")
FULL = "a full date"
NUMBERS = "day and month as numbers"
EXAMPLES = 3
KEPT = 100  # cells that cannot be read, as a suggestion of a format looks at them


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
    text = text.strip() if text.isascii() else unicodedata.normalize("NFC", text.strip())
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
    column = DateColumn(date_format)
    for text in dict.fromkeys(texts):
        column.add(text)
    read = column.reader()
    days = {text: read(text) for text in dict.fromkeys(texts)}
    return Dates(tuple(days[text] for text in texts), column.unit)


@dataclass
class Seen:
    """Cells of one kind.

    Attributes:
        count: how many.
        first: the first of them, with their places.
    """

    count: int = 0
    first: list[tuple[str, str]] = field(default_factory=list)

    def add(self, text: str, where: str = "") -> None:
        """One more cell."""
        self.count += 1
        if len(self.first) < KEPT:
            self.first.append((text, where))

    @property
    def examples(self) -> list[str]:
        """A few of them, for a message."""
        return [text for text, _ in self.first[:EXAMPLES]]


@dataclass
class DateColumn:
    """What a column of dates shows of how it is written, cell by cell: memory does not grow with it.

    Attributes:
        date_format: how they are written, as `datetime.datetime.strptime` takes it; None = the cells tell.
        given: cells that are not empty.
        kinds: how cells are written -> the cells that are.
        unreadable: cells that cannot be read however the others are written.
        day_first, month_first: numeric cells that only this order fits.
        neither: numeric cells that no order fits, such as 30/02/2024.
    """

    date_format: str | None = None
    given: int = 0
    kinds: dict[str, Seen] = field(default_factory=dict)
    unreadable: Seen = field(default_factory=Seen)
    day_first: Seen = field(default_factory=Seen)
    month_first: Seen = field(default_factory=Seen)
    neither: Seen = field(default_factory=Seen)

    def add(self, text: str | None, where: str = "") -> None:
        """Look at a cell; ``where`` is its place."""
        if text is None or is_missing_date(text):
            return
        self.given += 1
        text = text.strip()
        kind = _kind(text) if self.date_format is None else "the format" if _by_format(text, self.date_format) else ""
        if not kind:
            self.unreadable.add(text, where)
            return
        self.kinds.setdefault(kind, Seen()).add(text, where)
        found = NUMERIC.match(text) if kind == NUMBERS else None
        if found is not None:
            self._note_order(found, where)

    def _note_order(self, found: re.Match[str], where: str) -> None:
        one, two, year = int(found[1]), int(found[3]), int(found[4])
        if one > 12:
            self.day_first.add(found[0], where)
        if two > 12:
            self.month_first.add(found[0], where)
        if _day(year, two, one) is None and _day(year, one, two) is None:
            self.neither.add(found[0], where)

    @property
    def unread(self) -> Seen:
        """The cells that hold a date which is not read."""
        try:
            self.reader()
        except InputError:
            parts = [seen for kind, seen in self.kinds.items() if kind != FULL]
        else:
            parts = [self.neither]
        every = [self.unreadable, *parts]
        return Seen(sum(seen.count for seen in every), [cell for seen in every for cell in seen.first])

    @property
    def unit(self) -> Unit:
        """How exact the dates are that are read: of a column that is written in several ways the full dates alone."""
        if self.date_format is not None:
            return _unit_of(self.date_format)
        kind = next(iter(self.kinds), "") if len(self.kinds) == 1 else ""
        return "year" if kind == "a year" else "month" if kind == "a month" else "day"

    def reader(self) -> Callable[[str | None], str | None]:
        """Reads a cell of the column as ISO 8601; None for one that is missing or cannot be read.

        Raises:
            InputError: the cells do not tell the order of day and month, or they are written in several ways that do
                not go together.

        Example:
            >>> column = DateColumn()
            >>> for text in ("31/05/2024", "03/04/2024"):
            ...     column.add(text)
            >>> column.reader()("03/04/2024")
            '2024-04-03'
        """
        if self.date_format is not None:
            form = self.date_format
            return lambda text: None if text is None or is_missing_date(text) else _by_format(text, form)
        if len(self.kinds) > 1:
            examples = "; ".join(f"{names(seen.examples)} ({kind})" for kind, seen in self.kinds.items())
            every = [text for seen in (*self.kinds.values(), self.unreadable) for text, _ in seen.first]
            raise InputError(
                f"The dates are written in ways that do not go together: {examples}.",
                fix=f"Write all of them in one way, such as 2024-05-31{_or_format(every)}.",
            )
        kind = next(iter(self.kinds), "")
        read = self._numeric_reader() if kind == NUMBERS else _reader(kind)
        return lambda text: None if text is None or is_missing_date(text) else read(text.strip())

    def certain(self) -> Callable[[str | None], str | None]:
        """As `reader`; where the column leaves doubt, it reads what can be read by itself."""
        try:
            return self.reader()
        except InputError:
            return lambda text: None if text is None else plain_day(text)

    def _numeric_reader(self) -> Callable[[str], str | None]:
        """Reads ``31/05/2024`` or ``05/31/2024``, whichever the column shows.

        Raises:
            InputError: it shows neither, or both.
        """
        if bool(self.day_first.count) == bool(self.month_first.count):
            examples = self.kinds[NUMBERS].examples
            some = [found[0] for text in examples if (found := NUMERIC.match(text))]
            example, mark = some[0], re.sub(r"\d", "", some[0])[0]
            why = (
                f"some have the day first ({names(self.day_first.examples)}), some the month "
                f"({names(self.month_first.examples)})"
                if self.day_first.count
                else f"no value tells the day from the month, such as {names(some)}"
            )
            clock = " %H:%M:%S" if example.count(":") == 2 else " %H:%M" if ":" in example else ""
            day, month = (f"--set 'data.date_format={order}{clock}'" for order in _orders(mark))
            raise InputError(
                f"The dates cannot be read for certain: {why}.", fix=f"Day first: {day}; month first: {month}"
            )
        year, month_at, day_at = 4, *((3, 1) if self.day_first.count else (1, 3))

        def read(text: str) -> str | None:
            match = NUMERIC.match(text)
            return None if match is None else _day(int(match[year]), int(match[month_at]), int(match[day_at]))

        return read


def clearer(column: DateColumn, usual: DateColumn) -> DateColumn:
    """How a column of dates is written: as its cells tell, or in the usual format where that reads more of them.

    Example:
        >>> cells, usual = DateColumn(), DateColumn("%d/%m/%Y")
        >>> for column in (cells, usual):
        ...     column.add("03/04/2024")
        >>> clearer(cells, usual).reader()("03/04/2024")
        '2024-04-03'
    """
    return usual if usual.unread.count < column.unread.count else column


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
        return FULL
    if (found := NUMERIC.match(text)) and max(int(found[1]), int(found[3])) <= 31:
        return NUMBERS
    if YEAR.match(text):
        return "a year"
    if (found := YEAR_MONTH.match(text)) and 1 <= int(found[2]) <= 12:
        return "a month"
    if unit := _counted(text):
        return f"{unit} since 1970"
    return ""


def _reader(kind: str) -> Callable[[str], str | None]:
    """What reads the cells of a column that is written in this way."""
    if kind in ("a year", "a month"):
        pattern = YEAR if kind == "a year" else YEAR_MONTH
        return lambda text: _first_day(pattern.match(text))
    unit = kind.removesuffix(" since 1970")
    return _counted_day if unit in COUNTED else plain_day


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
    """The number of a month, 0 for another word."""
    return NUMBER_OF_MONTH.get(unicodedata.normalize("NFC", name.lower()), 0)


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


def _unit_of(date_format: str) -> Unit:
    """How exact dates in a format are.

    Example:
        >>> [_unit_of(form) for form in ("%Y", "%m/%Y", "%d.%m.%y", "%G-W%V-%u", "%c")]
        ['year', 'month', 'day', 'day', 'day']
    """
    codes = set(re.findall(r"%(.)", date_format.replace("%%", "")))
    if codes <= {"Y", "y"}:
        return "year"
    return "month" if codes <= {"Y", "y", "m", "b", "B"} else "day"


def _by_format(text: str, date_format: str) -> str | None:
    """A date in a format; ISO 8601 is read beside a format that begins with the day or month, as a dataset holds it.

    Where the format is ISO 8601 itself, it is read without its time of day too. A dataset holds dates of months as
    2024-05, and of years as 2024.
    """
    try:
        return dt.datetime.strptime(text.strip(), date_format).date().isoformat()
    except ValueError:
        stored = {"year": YEAR, "month": YEAR_MONTH}.get(_unit_of(date_format))
        if stored is not None and (found := stored.match(text.strip())):
            return _first_day(found)
        other = not date_format.startswith("%Y") or date_format.startswith("%Y-%m-%d")
        return plain_day(text) if other and ISO.match(text.strip()) else None
