import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifier.articles.labels import LabelSet
from classifier.errors import InputError
from classifier.evaluation.shares.prediction_counts import LabelReader, could_not_be_labelled, count_predictions

SINGLE = LabelReader(LabelSet(("a", "b")))


def write(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def corpus(folder: Path, n: int = 6) -> Path:
    return write(
        folder / "p.jsonl",
        [
            {
                "id": f"x{i}",
                "text": f"text {i}",
                "label": "ab"[i % 2],
                "source": f"s{i % 3}",
                "date": f"2024-0{1 + i % 2}-30",
            }
            for i in range(n)
        ],
    )


def test_groups_are_counted(tmp_path: Path) -> None:
    found = count_predictions(corpus(tmp_path), SINGLE, ["source", "month"])
    assert next(iter(found.groups)) == ()
    assert found.groups[()].articles == 6
    assert found.groups[()].predicted.tolist() == [3, 3]
    assert found.groups["s0", "2024-01"].predicted.tolist() == [1, 0]
    assert sum(count.articles for group, count in found.groups.items() if group) == 6
    assert found.sources == {"s0": 2, "s1": 2, "s2": 2}


@pytest.mark.parametrize(
    ("by", "name"), [("year", "2024"), ("month", "2024-12"), ("week", "2025-W01"), ("day", "2024-12-30")]
)
def test_periods_are_cut_from_the_date(tmp_path: Path, by: str, name: str) -> None:
    path = write(tmp_path / "p.jsonl", [{"label": "a", "date": "2024-12-30T10:00:00"}])
    assert list(count_predictions(path, SINGLE, [by]).groups) == [(), (name,)]


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


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
def test_every_format_that_predict_writes(tmp_path: Path, kind: str) -> None:
    from classifier.articles.writers import open_writer

    records = [{"id": "1", "label": ["a", "b"]}, {"id": "2", "label": []}, {"id": "3", "label": ["b"]}]
    with open_writer(tmp_path / f"p.{kind}", {"id": {str}, "label": {list}}) as writer:
        writer.write(records)
    found = count_predictions(tmp_path / f"p.{kind}", LabelReader(LabelSet(("a", "b"), multi_label=True)))
    assert (found.groups[()].articles, found.groups[()].predicted.tolist()) == (3, [1, 2])


def test_labels_in_one_cell_are_divided_by_their_separator(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("id,label\n1,a;b\n2,\n3,b\n")
    found = count_predictions(tmp_path / "p.csv", LabelReader(LabelSet(("a", "b"), multi_label=True), ";"))
    assert found.groups[()].predicted.tolist() == [1, 2]


@pytest.mark.parametrize("key", ["id", "text"])
def test_labelled_articles_are_found(tmp_path: Path, key: str) -> None:
    value = {"id": "x3", "text": "TEXT  3"}[key]
    labelled = write(tmp_path / "l.jsonl", [{key: value, "label": "a"}])
    found = count_predictions(corpus(tmp_path), SINGLE, ["source"], labelled=labelled)
    for group in ((), ("s0",)):
        assert np.array(found.groups[group].truth).tolist() == [[1, 0]]
        assert np.array(found.groups[group].guess).tolist() == [[0, 1]]
    assert not found.groups["s1",].truth


def test_labels_of_the_sample_are_spelt_as_in_training(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    labelled = write(
        tmp_path / "l.jsonl", [{"id": f"x{i}", "label": v} for i, v in enumerate(("A", "b", "a\u200b", "A"))]
    )
    found = count_predictions(corpus(tmp_path), LabelReader(LabelSet(("a", "b"))), labelled=labelled)
    assert np.array(found.groups[()].truth).tolist() == [[1, 0], [0, 1], [1, 0], [1, 0]]
    said = [record.getMessage() for record in caplog.records]
    assert said == [f"'{labelled}': 3 label(s) are spelt as training spells them: 'A' → 'a', 'a\\u200b' → 'a'"]


@pytest.mark.parametrize("cell", ["['a']", '["a"]', ["a"]])
def test_a_cell_of_the_sample_may_hold_a_list(tmp_path: Path, cell: Any) -> None:
    for multi_label in (False, True):
        reader = LabelReader(LabelSet(("a", "b"), multi_label))
        assert reader.row(cell).tolist() == [1, 0]
    assert LabelReader(LabelSet(("['a']", "b"))).row("['a']").tolist() == [1, 0]
    with pytest.raises(InputError, match=r"looks like a list, but '\[a, b\]' cannot be read"):
        reader.row("[a, b]")


def test_numbers_of_the_sample_are_names(tmp_path: Path) -> None:
    path = write(tmp_path / "p.jsonl", [{"id": "1", "label": "0"}])
    for label in (0.0, 0, "0.0"):
        labelled = write(tmp_path / "l.jsonl", [{"id": "1", "label": label}])
        found = count_predictions(path, LabelReader(LabelSet(("0", "1"))), labelled=labelled)
        assert np.array(found.groups[()].truth).tolist() == [[1, 0]]


def test_columns_can_be_named(tmp_path: Path) -> None:
    labelled = write(tmp_path / "l.jsonl", [{"nr": "x3", "truth": "a"}])
    found = count_predictions(corpus(tmp_path), SINGLE, labelled=labelled, columns={"id": "nr", "label": "truth"})
    assert len(found.groups[()].truth) == 1


@pytest.mark.parametrize(
    ("records", "words"),
    [
        ([{"id": "x9", "label": "a"}], "no prediction for the id 'x9'"),
        ([{"id": "x1", "label": "c"}], "does not know the label 'c'"),
        ([{"id": "x1", "label": "aab"}], "does not know the label 'aab'"),
        ([{"id": "x1", "label": {"x": 1}}], "label must be a name. Got {'x': 1} instead"),
        ([{"id": "x1", "label": ""}], "label is empty"),
        ([{"id": "x1", "label": "a"}, {"id": "x1", "label": "b"}], "there twice"),
        ([{"id": "x1", "truth": "a"}], "no column of true labels"),
        ([{"nr": "x1", "label": "a"}], "neither ids nor texts"),
        ([{"id": "x1", "label": "a", "score": 1, "scores": []}], "holds predictions, not true labels"),
    ],
)
def test_bad_labelled_articles_are_refused(tmp_path: Path, records: list[dict[str, Any]], words: str) -> None:
    labelled = write(tmp_path / "l.jsonl", records)
    with pytest.raises(InputError) as caught:
        count_predictions(corpus(tmp_path), SINGLE, labelled=labelled)
    assert words in str(caught.value)


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
        count_predictions(corpus(tmp_path), SINGLE, by, columns=columns)
    assert words in str(caught.value)


def test_what_predict_did_not_write_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no column 'label'(.|\n)*nor a date"):
        count_predictions(write(tmp_path / "p.jsonl", [{"id": "1"}]), SINGLE, ["month"])


def test_what_abstaining_left_out_is_counted_too(tmp_path: Path) -> None:
    labels = (("a", "a"), (None, "a"), ("b", "b"))
    rows = [{"label": label, "best_guess": guess, "score": 0.5} for label, guess in labels]
    assert count_predictions(write(tmp_path / "p.jsonl", rows), SINGLE).groups[()].predicted.tolist() == [2, 1]


def test_another_column_named_best_guess_is_not_read(tmp_path: Path) -> None:
    rows = [{"best_guess": "b", "label": "a", "score": 0.5, "scores": []}]
    assert count_predictions(write(tmp_path / "p.jsonl", rows), SINGLE).groups[()].predicted.tolist() == [1, 0]


def planned_rows(labels: dict[int, Any], chances: dict[int, Any]) -> list[dict[str, Any]]:
    return [{"id": f"x{i}", "label": labels.get(i), "inclusion": chance} for i, chance in chances.items()]


def test_a_planned_sample_carries_its_probabilities(tmp_path: Path) -> None:
    """Of two articles with probability .5 one was labelled: .25 is the probability of that."""
    rows = planned_rows({0: "a", 2: "b", 3: "b"}, {0: 0.5, 1: 0.5, 2: 0.125, 3: 0.125})
    labelled = write(tmp_path / "l.jsonl", rows)
    found = count_predictions(corpus(tmp_path), SINGLE, labelled=labelled)
    assert found.groups[()].inclusion == [0.25, 0.125, 0.125]
    assert (found.planned, found.unanswered) == (4, 1)
    plain = write(tmp_path / "s.jsonl", [{"id": "x0", "label": "a"}])
    simple = count_predictions(corpus(tmp_path), SINGLE, labelled=plain)
    assert (simple.groups[()].inclusion, simple.planned, simple.unanswered) == ([1.0], 0, 0)


@pytest.mark.parametrize("chance", [0, -0.1, 1.2, "", "often", None, float("nan")])
def test_a_probability_that_is_none_is_refused(tmp_path: Path, chance: Any) -> None:
    labelled = write(tmp_path / "l.jsonl", planned_rows({0: "a", 1: "b"}, {0: 0.5, 1: chance}))
    with pytest.raises(InputError, match=r"1 bad row\.\n.*l\.jsonl:2: 'inclusion' is the probability"):
        count_predictions(corpus(tmp_path), SINGLE, labelled=labelled)


def test_a_part_of_the_plan_without_any_label_is_refused(tmp_path: Path) -> None:
    labelled = write(tmp_path / "l.jsonl", planned_rows({0: "a"}, {0: 0.5, 1: 0.02, 2: 0.02}))
    with pytest.raises(InputError, match=r"none of the 2 articles with inclusion 0\.02 has a label"):
        count_predictions(corpus(tmp_path), SINGLE, labelled=labelled)


def test_a_plan_that_nobody_filled_in_is_refused(tmp_path: Path) -> None:
    labelled = write(tmp_path / "l.jsonl", planned_rows({}, {0: 0.5, 1: 0.02}))
    with pytest.raises(InputError, match=r"no article has a label yet\.\nFix: Fill in"):
        count_predictions(corpus(tmp_path), SINGLE, labelled=labelled)


def test_without_a_plan_an_empty_label_is_an_error(tmp_path: Path) -> None:
    labelled = write(tmp_path / "l.jsonl", [{"id": "x0", "label": "a"}, {"id": "x1", "label": None}])
    with pytest.raises(InputError, match="label is empty"):
        count_predictions(corpus(tmp_path), SINGLE, labelled=labelled)


def test_no_label_at_all_is_written_as_an_empty_list(tmp_path: Path) -> None:
    multi = LabelReader(LabelSet(("a", "b"), multi_label=True), ";")
    labelled = write(tmp_path / "l.jsonl", planned_rows({0: "[]", 1: "a;b"}, {0: 0.5, 1: 0.5, 2: 0.5}))
    found = count_predictions(corpus(tmp_path), multi, labelled=labelled)
    assert [row.tolist() for row in found.groups[()].truth] == [[0, 0], [1, 1]]
    assert found.unanswered == 1


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
