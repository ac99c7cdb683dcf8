from rich.console import Console

from classifier.cli.shares_table import shares_lines, shares_tables
from classifier.evaluation.shares.estimate import PrevalenceReport
from classifier.evaluation.shares.share_correction import LabelShare, Method


def share(group: str, method: Method, articles: int) -> LabelShare:
    sure = (None, None, None) if method == "not corrected" else (0.25, 0.2, 0.3)
    return LabelShare((group,) if group else (), "satire", 0.3, *sure, method, articles, 0, "", 90)


def test_a_table_has_one_method_and_small_groups_are_counted() -> None:
    rows = [share("", "adjusted count", 900), share("Post", "prediction-powered", 100)]
    small = tuple(share(f"tiny{n}", "not corrected", 1) for n in range(300))
    report = PrevalenceReport(("source",), (*rows, *small), (), ("Mind this.",))
    tables = list(shares_tables(report))
    assert [str(table.title) for table in tables] == [
        "shares of the labels, corrected by articles labelled by hand (prediction-powered inference)",
        "shares of the labels, corrected by the test articles' error rates (adjusted count)",
    ]
    console = Console(width=200)
    with console.capture() as capture:
        console.print(*tables)
    assert "tiny" not in capture.get() and "Post" in capture.get()
    lines = list(shares_lines(report, quiet=False))
    assert lines[0].startswith("300 more rows, small groups included,")
    assert "300 groups are too small to be corrected (fewer than 30 articles, 300 together)." in lines
    assert any("different ways" in line for line in lines)
    assert list(shares_lines(report, quiet=True)) == ["Warning: Mind this."]
