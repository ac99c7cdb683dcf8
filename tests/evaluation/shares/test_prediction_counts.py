import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifier.articles.labels import LabelSet
from classifier.errors import InputError
from classifier.evaluation.shares.input_columns import Written
from classifier.evaluation.shares.label_reader import LabelReader
from classifier.evaluation.shares.prediction_counts import could_not_be_labelled, count_predictions
from tests.makers.predicted_rows import SINGLE, corpus, write


def test_groups_are_counted(tmp_path: Path) -> None:
    found = count_predictions(corpus(tmp_path), SINGLE, ["source", "month"])
    assert next(iter(found.groups)) == ()
    assert found.groups[()].articles == 6
    assert found.groups[()].predicted.tolist() == [3, 3]
    assert found.groups["s0", "2024-01"].predicted.tolist() == [1, 0]
    assert sum(count.articles for group, count in found.groups.items() if group) == 6
    assert found.sources == {"s0": 2, "s1": 2, "s2": 2}


def test_a_source_that_the_file_calls_otherwise_is_one_to_group_by(tmp_path: Path) -> None:
    path = write(tmp_path / "p.jsonl", [{"label": "a", "outlet": name} for name in ("s", "t", "s")])
    assert [*count_predictions(path, SINGLE, ["source"]).groups] == [(), ("s",), ("t",)]
    with pytest.raises(InputError, match="cannot be used") as raised:
        count_predictions(path, SINGLE, ["author"])
    assert "there is no column 'author'" in str(raised.value)


@pytest.mark.parametrize(
    ("by", "name"),
    [
        ("year", "2024"),
        ("quarter", "2024-Q4"),
        ("month", "2024-12"),
        ("week", "2025-W01"),
        ("day", "2024-12-30"),
    ],
)
def test_periods_are_cut_from_the_date(tmp_path: Path, by: str, name: str) -> None:
    path = write(tmp_path / "p.jsonl", [{"label": "a", "date": "2024-12-30T10:00:00"}])
    assert list(count_predictions(path, SINGLE, [by]).groups) == [(), (name,)]
    with pytest.raises(InputError, match="cannot be used") as error:
        count_predictions(path, SINGLE, [f"{by}ly"])
    assert f"Did you mean '{by}'?" in str(error.value.faults) and "come from its dates" in str(error.value.faults)


@pytest.mark.parametrize(
    ("dates", "date_format", "by", "said"),
    [
        (["2023", "2024"], None, "month", "only the year, such as '2023', '2024', not the month.*Group by year"),
        (["2023-05", "2024-01"], None, "week", "only the month.*not the week.*Group by year or quarter or month"),
        (["05/2023", "01/2024"], "%m/%Y", "day", "only the month"),
    ],
)
def test_dates_are_not_cut_finer_than_they_are(
    dates: list[str], date_format: str | None, by: str, said: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "p.jsonl", [{"label": "a", "date": date} for date in dates])
    written = Written(date_format=date_format)
    with pytest.raises(InputError) as error:
        count_predictions(path, SINGLE, [by], written=written)
    assert re.search(said, f"{error.value.message} {error.value.fix}")
    assert len(count_predictions(path, SINGLE, ["year"], written=written).groups) == 3


@pytest.mark.parametrize("dates", [["2023", "3 May 2024"], ["3 May 2024", "2023"]])
def test_a_year_among_full_dates_is_of_no_month(dates: list[str], tmp_path: Path) -> None:
    path = write(tmp_path / "p.jsonl", [{"label": "a", "date": date} for date in dates])
    assert [*count_predictions(path, SINGLE, ["month"]).groups] == [(), ("(none)",), ("2024-05",)]


def test_where_a_model_abstained_its_best_guesses_are_counted(tmp_path: Path) -> None:
    rows = [{"label": label, "best_guess": guess, "score": 0.5} for label, guess in (("a", "a"), (None, "b"))]
    assert count_predictions(write(tmp_path / "p.jsonl", rows), SINGLE).groups[()].predicted.tolist() == [1, 1]
    several = [{"label": ["a"], "best_guess": ["a", "b"], "score": 0.5}]
    multi = LabelReader(LabelSet(("a", "b"), multi_label=True))
    assert count_predictions(write(tmp_path / "m.jsonl", several), multi).groups[()].predicted.tolist() == [1, 1]
    own = [{"best_guess": "x", "text": "t", "label": "a", "score": 0.5}]  # a column that the articles had
    assert count_predictions(write(tmp_path / "o.jsonl", own), SINGLE).groups[()].predicted.tolist() == [1, 0]


@pytest.mark.parametrize("empty", [None, "", float("nan")])
def test_rows_that_could_not_be_labelled_are_no_articles(tmp_path: Path, empty: object) -> None:
    bad = {"label": empty, "score": empty, "scores": None, "error": "text is empty"}
    assert could_not_be_labelled(bad)
    good = {"label": "a", "score": 0.5, "scores": "[]", "error": empty, "source": "s"}
    if empty == empty:  # NaN is no JSON
        found = count_predictions(write(tmp_path / "p.jsonl", [good, bad, good]), SINGLE, ["source"])
        assert (found.groups[()].articles, found.failed, list(found.groups)) == (2, 1, [(), ("s",)])
    for own in ({"label": "a", "error": "x"}, {"label": "", "score": 0.4, "error": "x"}, {"label": "", "score": ""}):
        assert not could_not_be_labelled(own), "columns of that name which the articles had"


def test_missing_values_and_dates_are_a_group_of_their_own(tmp_path: Path) -> None:
    path = write(tmp_path / "p.jsonl", [{"label": "a", "date": d} for d in ("2024-12-30", "soon", None)])
    found = count_predictions(path, SINGLE, ["month"])
    assert found.groups["(none)",].articles == found.undated == 2


@pytest.mark.parametrize(
    ("dates", "date_format", "months"),
    [
        (["03/04/2024", "31/05/2024"], None, ["2024-04", "2024-05"]),
        (["03/04/2024", "05/31/2024"], None, ["2024-03", "2024-05"]),
        (["03/04/2024", "05/06/2024"], "%d/%m/%Y", ["2024-04", "2024-06"]),
        (["12 March 2024", "1. Mai 2024"], None, ["2024-03", "2024-05"]),
        (["2024-03-12", "05/06/2024"], None, ["(none)", "2024-03"]),
        (["2024-03-12", "soon"], None, ["(none)", "2024-03"]),
    ],
)
def test_months_are_cut_from_dates_as_the_whole_column_writes_them(
    dates: list[str], date_format: str | None, months: list[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path / "p.jsonl", [{"label": "a", "date": date} for date in dates])
    found = count_predictions(path, SINGLE, ["month"], written=Written(date_format=date_format))
    assert sorted(group[0] for group in found.groups if group) == months
    assert any("dates are not read, such as" in message for message in caplog.messages) == ("(none)" in months)


def test_months_of_dates_that_leave_doubt_are_refused_with_the_format(tmp_path: Path) -> None:
    path = write(tmp_path / "p.jsonl", [{"label": "a", "date": date} for date in ("03/04/2024", "05/06/2024")])
    with pytest.raises(InputError, match="no value tells the day from the month") as error:
        count_predictions(path, SINGLE, ["month"])
    assert "--set 'data.date_format=%d/%m/%Y'" in error.value.fix
    found = count_predictions(path, SINGLE, ["month"], written=Written(usual="%m/%d/%Y"))
    assert {("2024-03",), ("2024-05",)} < set(found.groups)
    assert count_predictions(path, SINGLE).groups[()].articles == 2


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
def test_every_format_that_predict_writes(tmp_path: Path, kind: str) -> None:
    from classifier.articles.arrow import LabelNames
    from classifier.articles.writers import open_writer

    records = [{"id": "1", "label": ["a", "b"]}, {"id": "2", "label": []}, {"id": "3", "label": ["b"]}]
    with open_writer(tmp_path / f"p.{kind}", {"id": {str}, "label": {LabelNames}}) as writer:
        writer.write(records)
    found = count_predictions(tmp_path / f"p.{kind}", LabelReader(LabelSet(("a", "b"), multi_label=True)))
    assert (found.groups[()].articles, found.groups[()].predicted.tolist()) == (3, [1, 2])


def test_labels_in_one_cell_are_divided_by_their_separator(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("id,label\n1,a;b\n2,\n3,b\n")
    found = count_predictions(tmp_path / "p.csv", LabelReader(LabelSet(("a", "b"), multi_label=True), ";"))
    assert found.groups[()].predicted.tolist() == [1, 2]


def test_numbers_of_the_sample_are_names(tmp_path: Path) -> None:
    path = write(tmp_path / "p.jsonl", [{"id": "1", "label": "0"}])
    for label in (0.0, 0, "0.0"):
        labelled = write(tmp_path / "l.jsonl", [{"id": "1", "label": label}])
        found = count_predictions(path, LabelReader(LabelSet(("0", "1"))), labelled=labelled)
        assert np.array(found.groups[()].truth).tolist() == [[1, 0]]


def test_columns_can_be_named(tmp_path: Path) -> None:
    labelled = write(tmp_path / "l.jsonl", [{"nr": "x3", "truth": "a"}])
    found = count_predictions(
        corpus(tmp_path), SINGLE, labelled=labelled, written=Written({"id": "nr", "label": "truth"})
    )
    assert len(found.groups[()].truth) == 1


def test_all_faults_of_the_predictions_are_listed_at_once(tmp_path: Path) -> None:
    path = write(
        tmp_path / "p.jsonl", [{"id": "1", "label": "a"}, {"id": "2", "label": "c"}, {"id": "3", "label": None}]
    )
    with pytest.raises(InputError, match=r"2 faults") as caught:
        count_predictions(path, SINGLE)
    assert "p.jsonl:2" in str(caught.value) and "p.jsonl:3" in str(caught.value)


def test_an_id_that_two_predictions_have_is_no_match(tmp_path: Path) -> None:
    path = write(tmp_path / "p.jsonl", [{"id": "1", "label": "a"}] * 2)
    labelled = write(tmp_path / "l.jsonl", [{"id": "1", "label": "a"}])
    with pytest.raises(InputError, match="is also that of"):
        count_predictions(path, SINGLE, labelled=labelled)


@pytest.mark.parametrize(
    ("by", "columns", "words"),
    [
        (["sourse"], {}, "Did you mean 'source'"),
        (["source", "source"], {}, "twice"),
        ([], {"label": "nope"}, "no column 'nope'"),
        ([], {"labl": "label"}, "no such setting"),
    ],
)
def test_columns_that_are_not_there_are_refused(
    tmp_path: Path, by: list[str], columns: dict[str, str], words: str
) -> None:
    with pytest.raises(InputError) as caught:
        count_predictions(corpus(tmp_path), SINGLE, by, written=Written(columns))
    assert words in str(caught.value)


def test_what_predict_did_not_write_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no column 'label'(.|\n)*nor a date(.|\n)*Fix: .*classifier predict RUN "):
        count_predictions(write(tmp_path / "p.jsonl", [{"id": "1"}]), SINGLE, ["month"])


def test_what_abstaining_left_out_is_counted_too(tmp_path: Path) -> None:
    labels = (("a", "a"), (None, "a"), ("b", "b"))
    rows = [{"label": label, "best_guess": guess, "score": 0.5} for label, guess in labels]
    assert count_predictions(write(tmp_path / "p.jsonl", rows), SINGLE).groups[()].predicted.tolist() == [2, 1]


def test_another_column_named_best_guess_is_not_read(tmp_path: Path) -> None:
    rows = [{"best_guess": "b", "label": "a", "score": 0.5, "scores": []}]
    assert count_predictions(write(tmp_path / "p.jsonl", rows), SINGLE).groups[()].predicted.tolist() == [1, 0]


def test_each_article_can_be_taken(tmp_path: Path) -> None:
    labelled = write(tmp_path / "l.jsonl", [{"id": "x1", "label": "a"}])
    taken: list[Any] = []
    found = count_predictions(corpus(tmp_path), SINGLE, ["month"], labelled=labelled, each=taken.append)
    assert list(found.groups) == [()]
    assert [(a.id, a.group, a.source) for a in taken[:2]] == [("x0", ("2024-01",), "s0"), ("x1", ("(none)",), "s1")]
    assert [a.truth is None for a in taken] == [True, False, True, True, True, True]


def test_the_sources_of_each_group_are_counted(tmp_path: Path) -> None:
    rows = [
        {"label": "a", "month": "may", "source": "The Post"},
        {"label": "b", "month": "may", "source": "the post "},
        {"label": "b", "month": "june", "source": ""},
    ]
    found = count_predictions(write(tmp_path / "p.jsonl", rows), SINGLE, by=["month"]).groups
    counts = {group: {name: list(row) for name, row in count.by_source.items()} for group, count in found.items()}
    post, unnamed = [2, 1, 1], [1, 0, 1]
    assert counts == {(): {"the post": post, "": unnamed}, ("june",): {"": unnamed}, ("may",): {"the post": post}}
    plain = write(tmp_path / "q.jsonl", [{"label": "a"}])
    assert count_predictions(plain, SINGLE).groups[()].by_source == {}
