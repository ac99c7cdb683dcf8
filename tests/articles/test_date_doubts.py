import pytest

from classifier.articles.article import Article
from classifier.articles.date_doubts import date_doubt, with_iso_dates
from classifier.articles.dates import DateColumn

NUMERIC: list[str | None] = ["03/04/2024", "05/06/2024"]


@pytest.mark.parametrize(
    ("texts", "date_format", "said"),
    [
        (["2024-05-31", None, "", "0000-00-00"], None, None),
        (["31/12/2024", "03/04/2024", "12/11/2024"], None, None),
        (["12 March 2024", "1. M\u00e4rz 2024"], None, None),
        (NUMERIC, None, "2 of 2 dates are not read, such as '03/04/2024' (a.csv:2), '05/06/2024' (a.csv:3)."),
        (NUMERIC, None, "Day first: --set 'data.date_format=%d/%m/%Y'"),
        (NUMERIC, "%d/%m/%Y", None),
        ([*NUMERIC, "soon"], "%d/%m/%Y", "1 of 3 dates are not read, such as 'soon' (a.csv:4). They do not fit"),
        (["31/12/2024", "30/02/2024", "soon"], None, "2 of 3 dates are not read"),
        (["31/5/24", "1/6/24"], None, "or --set 'data.date_format=%d/%m/%y'"),
        (["45443", "45444"], None, "Format the column as dates in Excel"),
        (["2024-05-31", "05/06/2024"], None, "1 of 2 dates are not read, such as '05/06/2024'"),
        (["31/12/2024", "12/31/2024"], None, "some have the day first ('31/12/2024'), some the month ('12/31/2024')"),
    ],
)
def test_dates_that_are_not_read_are_said_with_places_and_what_to_type(
    texts: list[str | None], date_format: str | None, said: str | None
) -> None:
    column = DateColumn(date_format)
    for line, text in enumerate(texts, start=2):
        column.add(text, f"a.csv:{line}")
    found = date_doubt(column, column.unread)
    assert (said in found) if said is not None else not found


def dates(texts: list[str | None], **how: str | None) -> list[str | None]:
    articles = [Article(str(n), "t", date=text, where=f"a.csv:{n}") for n, text in enumerate(texts)]
    return [article.date for article in with_iso_dates(articles, **how)]  # type: ignore[arg-type]


def test_articles_get_dates_as_their_whole_column_tells(caplog: pytest.LogCaptureFixture) -> None:
    assert dates(["31/12/2024", "03/04/2024"]) == ["2024-12-31", "2024-04-03"]
    assert dates(["2024", "2023"]) == ["2024", "2023"]
    assert dates(["2024-05-31T10:00:00", "2024-06-01"]) == ["2024-05-31T10:00:00", "2024-06-01"]
    assert not caplog.messages
    assert dates(NUMERIC) == NUMERIC
    assert "input: 2 of 2 dates are not read" in caplog.messages[0]


def test_the_format_of_training_is_tried_only_where_the_column_leaves_doubt() -> None:
    assert dates(NUMERIC, usual="%d/%m/%Y") == ["2024-04-03", "2024-06-05"]
    assert dates([*NUMERIC, "12/31/2024"], usual="%d/%m/%Y") == ["2024-03-04", "2024-05-06", "2024-12-31"]
    assert dates(NUMERIC, date_format="%m/%d/%Y") == ["2024-03-04", "2024-05-06"]
