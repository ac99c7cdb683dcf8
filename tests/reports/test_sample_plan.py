from classifier.evaluation.shares.plan import PlannedShare, SamplePlan
from classifier.reports.sample_plan import HOW, plan_columns, plan_rows
from classifier.reports.summaries import sample_plan_summary

SHARES = (PlannedShare((), "a", 1000, 90, 0.0312), PlannedShare(("x", "2024"), "a", 400, 40, 0.05))
PLAN = SamplePlan(0.05, ("source", "year"), 1000, 90, SHARES, 0, ("Mind this.",))


def test_rows_stand_under_their_headings() -> None:
    assert plan_columns(PLAN) == ("source, year", "label", "expected interval", "articles", "to label")
    assert list(plan_rows(PLAN)) == [
        ("all", "a", "± 0.031", "1,000", "90"),
        ("x, 2024", "a", "± 0.050", "400", "40"),
    ]
    plain = SamplePlan(0.05, (), 1000, 90, SHARES[:1], 0, ())
    assert list(plan_rows(plain)) == [("a", "± 0.031", "1,000", "90")] and plan_columns(plain)[0] == "label"


def test_a_notebook_says_how_many_and_how() -> None:
    html = sample_plan_summary(PLAN).html()
    assert html == PLAN._repr_html_()
    for words in ("90 of 1,000 articles", HOW, "Warning: Mind this.", "± 0.031"):
        assert words in html
