from dataclasses import replace
from pathlib import Path

import pytest

from classifier.evaluation.shares.estimate import PrevalenceReport
from classifier.evaluation.shares.share_correction import LabelShare
from classifier.reports.shares_page import time_of, write_shares_page

WHOLE = LabelShare((), "<b>", 0.3, 0.25, 0.2, 0.3, "adjusted count", 900, 0, "")
NONE = replace(WHOLE, corrected=None, low=None, high=None, method="not corrected", articles=3)


@pytest.mark.parametrize("words", ["2024-13-01", "2024-W60", "none", "20245", "2024-Q5"])
def test_what_is_no_time_has_no_place(words: str) -> None:
    assert time_of(words) is None


def test_times_are_in_order() -> None:
    for one, other in (
        ("2024-01", "2024-02"),
        ("2023-Q4", "2024-Q1"),
        ("2024-Q1", "2024-Q2"),
        ("2023-W52", "2024-W01"),
        ("2024-02-28", "2024-03-01"),
    ):
        assert (time_of(one) or 0) < (time_of(other) or 0)


@pytest.mark.parametrize("groups", [(), ("2024-01", "2024-02", "2024-03", "2024-04"), ("Post", "Sun")])
def test_a_page_has_a_chart_and_one_method_per_table(groups: tuple[str, ...], tmp_path: Path) -> None:
    rows = [replace(NONE if n == 1 else WHOLE, group=(name,)) for n, name in enumerate(groups)]
    report = PrevalenceReport(("month",) if groups else (), (WHOLE, *rows), (), ("Mind this.",))
    write_shares_page(report, tmp_path / "shares.html")
    page = (tmp_path / "shares.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 2 and "Mind this." in page and "<b>" not in page
    assert ("var(--other)" in page) == bool(groups)


def test_years_are_written_without_commas(tmp_path: Path) -> None:
    rows = [replace(WHOLE, group=(f"{year}-01",)) for year in range(2013, 2019)]
    write_shares_page(PrevalenceReport(("month",), (WHOLE, *rows), (), ()), tmp_path / "shares.html")
    page = (tmp_path / "shares.html").read_text(encoding="utf-8")
    assert ">2014<" in page and ">2,014<" not in page
