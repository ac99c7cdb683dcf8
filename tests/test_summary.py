"""A result in short: text and HTML hold the same words, none of which are markup, and long tables are cut."""

from __future__ import annotations

from dataclasses import dataclass

from classifier.summary import LONGEST, MOST_ROWS, SmallTable, Summarised, Summary, summarised_by

EVIL = "<script>alert('x')</script> [bold]"
LONG = Summary.of(EVIL, ("", EVIL), [(EVIL, number) for number in range(30)], remarks=[EVIL, "x" * 2 * LONGEST])


def test_words_are_escaped_and_long_tables_are_cut() -> None:
    html = LONG.html()
    assert "<script" not in html
    assert html.count("<tr>") == MOST_ROWS + 1
    assert "10 more rows." in html
    assert "x" * LONGEST not in html
    assert "<table" not in Summary.of("Nothing.").html()


def test_text_holds_the_same_words_as_they_are() -> None:
    verdict, heading, *rows, more, remark, cut = (line for line in LONG.text().splitlines() if line)
    assert verdict == remark == EVIL
    assert EVIL in heading
    assert len(rows) == MOST_ROWS and all(row.startswith(EVIL) for row in rows)
    assert more == "10 more rows." and len(cut) == LONGEST


def test_names_stand_left_and_figures_right_and_a_table_without_headings_is_all_names() -> None:
    figures = SmallTable(("", "F1"), [("model", "0.5"), ("TF-IDF", "10.25")], "Two:")
    assert Summary("Found.", (figures,)).text().splitlines() == [
        *("Found.", "", "Two:", "", "           F1", "model     0.5", "TF-IDF  10.25")
    ]
    assert Summary.of("Found.", (), [("labels", "a, b"), ("on", "cpu")]).text().splitlines()[2:] == [
        *("labels  a, b", "on      cpu")
    ]


def test_a_result_says_what_was_registered_for_its_class() -> None:
    @dataclass
    class Sum(Summarised):
        total: int

    assert str(Sum(3)) == repr(Sum(3)) and Sum(3)._repr_html_() is None
    summarised_by("Sum", lambda count: Summary(f"There are {count.total}."))
    assert str(Sum(3)) == "There are 3."
    assert Sum(3)._repr_html_() == "<div><p><b>There are 3.</b></p></div>"
