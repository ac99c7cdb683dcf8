from dataclasses import replace
from pathlib import Path

import pytest

from classifier.dataset.corpus import OLD
from classifier.dataset.corpus_dates import with_dates
from classifier.errors import InputError
from tests.makers.articles import make_articles
from tests.makers.corpora import Parts, make_corpus


def dated(dates: dict[str, list[str | None]], folder: Path, **how: object) -> tuple[list[str | None], list[str | None]]:
    """The dates of a corpus as they are stored, and as its index has them."""
    parts: Parts = {
        part: [replace(a, id=f"{part}{a.id}", date=d) for a, d in zip(make_articles(len(days)), days, strict=True)]
        for part, days in dates.items()
    }
    found = with_dates(make_corpus(parts, folder / "corpus", ("date",)), **how)  # type: ignore[arg-type]
    return [article.date for article in found.articles()], found.index.columns["date"]


@pytest.mark.parametrize(
    ("texts", "stored", "said"),
    [
        (["31/12/2024", "03/04/2024", None], ["2024-12-31", "2024-04-03", None], ""),
        (["12 March 2024", "Mar 13, 2024"], ["2024-03-12", "2024-03-13"], ""),
        (["2024", "2023"], ["2024", "2023"], ""),
        (["2024", "3 May 2023"], ["2024", "2023-05-03"], "dates: 1 of 2 dates are not read, such as '2024' (made:0)"),
        (["2024/5", "2023/12"], ["2024-05", "2023-12"], ""),
        (["2024-05-31T08:00:00"], ["2024-05-31T08:00:00"], ""),
        (["03/04/2024", "05/06/2024"], ["03/04/2024", "05/06/2024"], "dates: 2 of 2 dates are not read"),
        (["2024-05-31", "soon"], ["2024-05-31", "soon"], "dates: 1 of 2 dates are not read, such as 'soon' (made:1)"),
    ],
)
def test_dates_are_stored_as_iso_8601_where_the_whole_column_tells(
    texts: list[str | None], stored: list[str | None], said: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert dated({"all": texts}, tmp_path) == (stored, stored)
    assert (said in caplog.messages[0]) if said else not caplog.messages


def test_a_split_by_date_reads_the_dates_as_they_are_written(tmp_path: Path) -> None:
    texts: list[str | None] = ["31/12/2024", "03/04/2024"]
    assert dated({"all": texts}, tmp_path, temporal=True) == (["2024-12-31", "2024-04-03"], texts)


def test_older_articles_and_new_ones_are_two_columns(tmp_path: Path) -> None:
    parts: dict[str, list[str | None]] = {OLD: ["2024-12-30", "2024-04-02"], "all": ["31/12/2024", "03/04/2024"]}
    stored = ["2024-12-30", "2024-04-02", "2024-12-31", "2024-04-03"]
    assert dated(parts, tmp_path, temporal=True) == (stored, stored)


def test_a_format_without_any_date_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no effect: no article has a date"):
        dated({"all": [None, ""]}, tmp_path, date_format="%d/%m/%Y")
