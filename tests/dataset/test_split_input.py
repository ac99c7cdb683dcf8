import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifier.config import SplitConfig
from classifier.dataset.split_input import KeptArticles, dates_of, intended_shares, take
from classifier.dataset.units import OPEN
from classifier.errors import InputError
from tests.makers.articles import make_articles
from tests.makers.corpora import settled


def kept(folder: Path, columns: dict[str, list[Any]] | None = None, **settings: Any) -> KeptArticles:
    """Six articles, all open."""
    corpus = settled(make_articles(6), folder)
    return KeptArticles(corpus, SplitConfig(**settings), np.arange(6), columns or {}, np.full(6, OPEN))


def test_shares_are_those_of_the_settings_less_what_is_given(tmp_path: Path) -> None:
    part = kept(tmp_path / "a", test_size=0.3, validation_size=0.1)
    assert part.shares() == {"train": pytest.approx(0.6), "validation": 0.1, "test": 0.3}
    assert part.given == []
    given = replace(part, fixed=np.array([2, 2, OPEN, OPEN, OPEN, -1]))
    assert given.given == ["test"]
    assert given.shares() == {"train": pytest.approx(0.9), "validation": 0.1}
    assert intended_shares(kept(tmp_path / "b", folds=4)) == {f"fold {k}": 0.25 for k in (1, 2, 3, 4)}


def test_groups_bind_open_articles_alone(tmp_path: Path) -> None:
    part = kept(tmp_path / "a", {"source": ["x", "X ", "y", None, "y", "z"]}, group_by=("source",))
    assert part.units(np.arange(6)).tolist() == [0, 0, 1, 2, 1, 3]
    fixed = np.full(6, OPEN)
    fixed[1] = 2
    assert replace(part, fixed=fixed).units(np.arange(6)).tolist() == [0, 1, 2, 3, 2, 4]


def test_every_article_without_a_date_is_listed(tmp_path: Path) -> None:
    part = kept(tmp_path / "a", {"date": ["2024-01-01", "2024-01-02T10:00", None, "May", "2024-01-05", "2024-01-06"]})
    assert dates_of(part, np.array([0, 4])) == ["2024-01-01", "2024-01-05"]
    with pytest.raises(InputError, match="2 have none") as error:
        dates_of(part, np.arange(6))
    assert [str(fault) for fault in error.value.faults] == [
        "made:2: has no date",
        "made:3: the date 'May' cannot be read",
    ]
    assert take(["a", "b", "c"], np.array([2, 0])) == ["c", "a"]


def test_the_dates_of_all_articles_tell_how_some_are_written(tmp_path: Path) -> None:
    part = kept(tmp_path / "a", {"date": ["01/02/2024", "31/01/2024", *["02/02/2024"] * 4]})
    assert dates_of(part, np.array([0])) == ["2024-02-01"]
    month_first = replace(part, date_format="%m/%d/%Y")
    assert dates_of(month_first, np.array([0])) == ["2024-01-02"]
    with pytest.raises(InputError, match=r"'31/01/2024' does not fit data\.date_format = '%m/%d/%Y'"):
        dates_of(month_first, np.array([0, 1]))


@pytest.mark.parametrize(
    ("date", "fix"),
    [("31/5/24", "--set 'data.date_format=%d/%m/%y'"), ("45443", "format the column as dates in Excel")],
)
def test_the_fix_for_dates_that_cannot_be_read(tmp_path: Path, date: str, fix: str) -> None:
    with pytest.raises(InputError) as error:
        dates_of(kept(tmp_path / "a", {"date": [date] * 6}), np.arange(6))
    assert fix in error.value.fix


def test_columns_that_seem_to_hold_dates_are_named(tmp_path: Path) -> None:
    articles = [replace(a, date=None, extra={"paper's date": "2024-05-31", "words": "300"}) for a in make_articles(6)]
    corpus = settled(articles, tmp_path / "a")
    part = KeptArticles(corpus, SplitConfig(), np.arange(6), {"date": [None] * 6}, np.full(6, OPEN))
    with pytest.raises(InputError) as error:
        dates_of(part, np.arange(6))
    assert "'paper's date' seems to hold dates" in error.value.message
    (typed,) = re.findall(r"--set .+?(?=\. Or)", error.value.fix)
    assert shlex.split(typed) == ["--set", "data.columns.date=paper's date"]
    assert "words" not in str(error.value)


def test_a_cut_must_not_lie_within_the_years_or_months_that_are_given(tmp_path: Path) -> None:
    columns = {"date": ["2019", "2020", "2021", "2022", "2023", "2024"]}
    part = kept(tmp_path / "a", columns, method="temporal", test_from="2023-07-01")
    with pytest.raises(InputError, match=r"test_from = 2023-07-01 lies within a year") as error:
        dates_of(part, np.arange(6))
    assert "such as 2023-01-01" in error.value.fix
    good = replace(part, split=SplitConfig(method="temporal", test_from="2023-01-01"))
    assert dates_of(good, np.arange(6))[4] == "2023-01-01"


def test_days_that_no_article_can_have_are_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    days = ["2024-01-01", "2024-01-02", "9999-12-31", "0001-01-01", "2024-01-05", "2024-01-06"]
    part = kept(tmp_path / "a", {"date": days})
    dates_of(part, np.array([0, 1]))
    assert not caplog.records
    dates_of(part, np.arange(6))
    assert "2 articles have a date that is hardly theirs, such as 9999-12-31 (made:2)" in caplog.text
