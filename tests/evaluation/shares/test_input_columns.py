"""Which column holds what."""

import datetime as dt

import pytest

from classifier.evaluation.shares.input_columns import InputColumns, group_reader, plain_value


def test_columns_are_recognised_by_their_usual_names_and_given_ones_win() -> None:
    found = InputColumns.find(["ID", "body", "label", "outlet"], (), {"id": "outlet"})
    assert found.names["id"] == "outlet" and found.names["label"] == "label"
    assert found.value("id", {"outlet": "Post"}) == "Post" and found.value("date", {}) is None


def test_best_guesses_are_read_only_where_they_stand_after_the_label() -> None:
    assert InputColumns.find(["text", "label", "best_guess", "score"], (), {}).predicted == "best_guess"
    assert InputColumns.find(["best_guess", "text", "label"], (), {}).predicted == "label"


@pytest.mark.parametrize("date", ["2024-05-07", dt.date(2024, 5, 7)])
def test_periods_are_cut_from_the_date_unless_a_column_has_their_name(date: object) -> None:
    cut = InputColumns.find(["date", "source"], ["month", "source"], {})
    assert cut.group({"date": date, "source": "Post"}) == (("2024-05", "Post"), False)
    assert cut.group({"date": None, "source": ""}) == (("(none)", "(none)"), True)
    assert InputColumns.find(["date", "month"], ["month"], {}).group({"date": date, "month": "May"}) == (
        ("May",),
        False,
    )


def test_a_group_is_found_by_its_standard_name_unless_a_column_has_that_name() -> None:
    row = {"Zeitung": "Post", "outlet": "AP"}
    for by, columns, group in (("source", {}, "AP"), ("source", {"source": "Zeitung"}, "Post"), ("outlet", {}, "AP")):
        layout = InputColumns.find([*row], [by], columns)
        assert (layout.by, layout.group(row)[0]) == ((by,), (group,))
    both = {**row, "source": "own"}
    assert InputColumns.find([*both], ["source"], {"source": "Zeitung"}).group(both)[0] == ("own",)


def test_an_id_is_an_identity_and_else_the_text_with_its_target() -> None:
    found = InputColumns.find(["id", "text", "target"], (), {})
    assert found.identity("id", {"id": 3.0}) == "3"
    one, other = ({"text": "The Text ", "target": claim} for claim in ("a", "b"))
    assert found.identity("text", one) != found.identity("text", other)
    assert found.identity("text", one) == found.identity("text", {"text": "the text", "target": "a"})


def test_a_table_without_a_grouping_column_has_no_groups() -> None:
    assert group_reader(["source"], ["month"]) is None
    read = group_reader(["source"], ["source"])
    assert read is not None and read({"source": "Post"}) == ("Post",)
    assert plain_value(float("nan")) == plain_value("") == "(none)"


def test_spellings_of_a_source_are_one_group_called_as_the_first() -> None:
    layout = InputColumns.find(["site", "section", "date"], ["site", "month"], {})
    assert layout.names["source"] == "site"
    rows = [{"site": name, "date": "2024-05-31"} for name in ("www.post.example", "POST.example", "AP", "", "ap")]
    assert [layout.group(row)[0] for row in rows] == [
        ("www.post.example", "2024-05"),
        ("www.post.example", "2024-05"),
        ("AP", "2024-05"),
        ("(none)", "2024-05"),
        ("AP", "2024-05"),
    ]
    read = group_reader(["source"], ["source"])
    assert read is not None
    assert [read({"source": name}) for name in ("AP", "ap")] == [("AP",), ("AP",)]
