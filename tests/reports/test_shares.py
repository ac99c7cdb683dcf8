from dataclasses import replace

from classifier.evaluation.shares.estimate import PrevalenceReport
from classifier.evaluation.shares.share_correction import LabelShare
from classifier.reports.shares import share_cells, share_columns, share_parts, share_sentences

WHOLE = LabelShare((), "satire", 0.3, 0.25, 0.2, 0.3, "adjusted count", 900, 0, "", 120)


def test_it_says_how_many_labelled_articles_are_needed() -> None:
    groups = [replace(WHOLE, group=(name,), needed=need) for name, need in (("a", 60), ("b", 80), ("c", None))]
    said = " ".join(share_sentences(PrevalenceReport(("source",), (WHOLE, *groups), (), ())))
    assert ": about 120 of the whole corpus, about 60 to 80 of each of 2 groups (70 in the middle)." in said
    assert "In 1 group even labelling every article would not give ± 5 points, since" in said
    one = " ".join(share_sentences(PrevalenceReport(("source",), (WHOLE, groups[0]), (), ())))
    assert "about 120 of the whole corpus, about 60 of 1 group." in one
    enough = PrevalenceReport((), (replace(WHOLE, labelled=120),), (), ())
    assert list(share_sentences(enough)) == []


def test_what_is_not_corrected_has_no_empty_columns() -> None:
    row = replace(WHOLE, corrected=None, low=None, high=None, method="not corrected")
    report = PrevalenceReport((), (row,), (), ())
    [(title, shares)] = share_parts(report)
    assert title.endswith("errors included") and share_columns(report, shares) == (
        "label",
        "naive",
        "articles",
        "labelled",
    )
    assert share_cells(report, row) == ("satire", "0.300", "900", "0")
