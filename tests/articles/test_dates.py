import pytest

from classifier.articles.article import Article
from classifier.articles.date_doubts import with_iso_dates
from classifier.articles.dates import is_missing_date, looks_like_excel, plain_day, read_dates, suggestion
from classifier.errors import InputError


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-05-31", "2024-05-31"),
        (" 2024-5-1 ", "2024-05-01"),
        ("2024/05/31", "2024-05-31"),
        ("2024.05.31 10:30", "2024-05-31"),
        ("2024-05-31T23:30:00-05:00", "2024-05-31"),
        ("20240531", "2024-05-31"),
        ("202405311030", "2024-05-31"),
        ("20240531103000", "2024-05-31"),
        ("20240531T103000Z", "2024-05-31"),
        ("2024-W22", "2024-05-27"),
        ("Fri, 31 May 2024 08:00:00 GMT", "2024-05-31"),
        ("31 May 2024", "2024-05-31"),
        ("31-May-2024", "2024-05-31"),
        ("1st June 2024", "2024-06-01"),
        ("May 31, 2024", "2024-05-31"),
        ("Friday, Sept. 6 2024", "2024-09-06"),
        ("Wed Oct 10 20:19:24 +0000 2018", "2018-10-10"),
        ("2024-02-30", None),
        ("20241331", None),
        ("20240531250000", None),
        ("1612121212345", None),  # milliseconds, and not the year 1612
        ("31/05/2024", None),
        ("2024", None),
        ("31 Mai 2024", "2024-05-31"),
        ("Freitag, 31. Mai 2024", "2024-05-31"),
        ("1. März 2024", "2024-03-01"),
        ("1. Ma\u0308rz 2024", "2024-03-01"),
        ("12. Dez. 2023 08:15", "2023-12-12"),
        ("1er août 2024", "2024-08-01"),
        ("mardi 12 mars 2024", "2024-03-12"),
        ("12 de marzo de 2024", "2024-03-12"),
        ("martes, 12 de marzo de 2024", "2024-03-12"),
        ("3 sept. 2024", "2024-09-03"),
        ("Mar 12, 2024", "2024-03-12"),
        ("March 12 2024", "2024-03-12"),
        ("12 Marx 2024", None),
        ("31 février 2024", None),
        ("hello 31 May 2024", None),
        ("", None),
    ],
)
def test_a_date_that_can_be_read_by_itself(text: str, day: str | None) -> None:
    assert plain_day(text) == day


@pytest.mark.parametrize(
    ("texts", "days", "unit"),
    [
        (["2024-05-31", None, "20240601"], ["2024-05-31", None, "2024-06-01"], "day"),
        (["31/05/2024", "03/04/2024"], ["2024-05-31", "2024-04-03"], "day"),
        (["05/31/2024 8:00", "03/04/2024 9:00"], ["2024-05-31", "2024-03-04"], "day"),
        (["31.5.2024", "3.4.2024"], ["2024-05-31", "2024-04-03"], "day"),
        (["1717113600", "1717113600.0", "999999999"], ["2024-05-31", "2024-05-31", "2001-09-09"], "day"),
        (["1717113600000"], ["2024-05-31"], "day"),
        (["2023", "2024.0"], ["2023-01-01", "2024-01-01"], "year"),
        (["2023-12", "2024-1"], ["2023-12-01", "2024-01-01"], "month"),
        (["0000-00-00", "", "2024-05-31"], [None, None, "2024-05-31"], "day"),
        (["2024-05-31", "last May"], ["2024-05-31", None], "day"),
        ([None], [None], "day"),
    ],
)
def test_a_column_is_read_as_a_whole(texts: list[str | None], days: list[str | None], unit: str) -> None:
    found = read_dates(texts)
    assert (list(found.days), found.unit) == (days, unit)


@pytest.mark.parametrize(
    ("texts", "message", "fix"),
    [
        (["03/04/2024", "05/06/2024"], "no value tells the day from the month, such as '03/04/2024'", "%d/%m/%Y"),
        (["03-04-2024 10:30:00"], "no value tells", "%m-%d-%Y %H:%M:%S"),
        (["31/05/2024", "05/31/2024"], "some have the day first ('31/05/2024'), some the month", "Month first"),
        (["2024-05-31", "13/05/2024"], "do not go together: '2024-05-31' (a full date); '13/05/2024'", "2024-05-31"),
        (["2024-05-31", "13.05.2024", "01.02.2024"], "do not go together", "'data.date_format=%d.%m.%Y'"),
        (["2023", "2024-05"], "'2023' (a year); '2024-05' (a month)", "in one way"),
        (["1717113600", "1717113600000"], "seconds since 1970", "in one way"),
    ],
)
def test_a_column_that_leaves_doubt_is_refused(texts: list[str | None], message: str, fix: str) -> None:
    with pytest.raises(InputError) as error:
        read_dates(texts)
    assert message in error.value.message
    assert fix.casefold() in error.value.fix.casefold()


def test_a_format_decides() -> None:
    assert read_dates(["03/04/2024", "31/05/2024", "May"], "%d/%m/%Y").days == ("2024-04-03", "2024-05-31", None)
    assert read_dates(["2024-05-31", "01.02.2024"], "%d.%m.%Y").days == ("2024-05-31", "2024-02-01")
    assert read_dates(["20241205"], "%Y%d%m").days == ("2024-05-12",)
    assert read_dates(["2024-05-31T10:00:00", "2024-05-31"], "%Y-%m-%d %H:%M:%S").days == ("2024-05-31",) * 2
    assert read_dates(["0000-00-00"], "%Y-%m-%d").days == (None,)


def test_what_is_said_of_dates_that_cannot_be_read() -> None:
    assert suggestion(["31/5/24", "1/6/24"]) == "--set 'data.date_format=%d/%m/%y'"
    assert suggestion(["3/4/24"]) == "--set 'data.date_format=%d/%m/%y' or --set 'data.date_format=%m/%d/%y'"
    assert suggestion(["last May"]) == suggestion([]) == ""
    assert looks_like_excel(["45443", "45444.25"])
    assert not looks_like_excel(["45443", "May"])
    assert not looks_like_excel([])
    assert [is_missing_date(text) for text in (None, " ", "0000-00-00 00:00:00", "0001-01-01")] == [True] * 3 + [False]


@pytest.mark.parametrize(
    ("date_format", "cell", "stored", "day"),
    [
        ("%m/%Y", "05/2024", "2024-05", "2024-05-01"),
        ("%b %y", "May 24", "2024-05", "2024-05-01"),
        ("%y", "24", "2024", "2024-01-01"),
        ("%d/%m/%Y", "31/05/2024", "2024-05-31", "2024-05-31"),
    ],
)
def test_what_a_dataset_stores_is_read_in_the_format_that_it_was_built_with(
    date_format: str, cell: str, stored: str, day: str
) -> None:
    [article] = with_iso_dates([Article("1", "Rain.", date=cell)], date_format)
    assert article.date == stored
    assert read_dates([stored], date_format).days == read_dates([cell], date_format).days == (day,)
