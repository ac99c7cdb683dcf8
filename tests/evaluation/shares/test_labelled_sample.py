"""Articles labelled by hand, beside predictions."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifier.articles.labels import LabelSet
from classifier.errors import InputError
from classifier.evaluation.shares.label_reader import LabelReader
from classifier.evaluation.shares.prediction_counts import count_predictions
from tests.makers.predicted_rows import SINGLE, corpus, write


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
    assert said == [f"'{labelled.name}': 3 labels are spelt as training spells them: 'A' → 'a', 'a\\u200b' → 'a'"]


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


@pytest.mark.parametrize(("predicted", "labelled"), [("007", "7"), ("7", "007")])
def test_an_id_that_lost_its_zeros_is_told_which_it_was(tmp_path: Path, predicted: str, labelled: str) -> None:
    rows = write(tmp_path / "p.jsonl", [{"id": predicted, "label": "a"}, {"id": "x1", "label": "b"}])
    sample = write(tmp_path / "l.jsonl", [{"id": labelled, "label": "a"}, {"id": "8", "label": "a"}])
    with pytest.raises(InputError) as caught:
        count_predictions(rows, SINGLE, labelled=sample)
    first, other = (fault.what for fault in caught.value.faults)
    assert first.endswith(
        f"'{labelled}' of a labelled article; there is '{predicted}': has a spreadsheet taken zeros off?"
    )
    assert other.endswith("'8' of a labelled article")


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


def test_ids_that_name_other_articles_than_in_the_predictions_are_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def labelled(*texts: str) -> Path:
        records = [{"id": f"x{i}", "text": text, "label": "a"} for i, text in enumerate(texts)]
        return write(tmp_path / "l.jsonl", records)

    predicted = corpus(tmp_path)
    with pytest.raises(InputError, match="3 of the 4 labelled articles have another text") as told:
        count_predictions(predicted, SINGLE, labelled=labelled("text 0", "text 2", "text 3", "text 1"))
    assert "found by their texts" in told.value.fix
    found = count_predictions(predicted, SINGLE, labelled=labelled("text 0", "text  1", "text 2, cut"))
    assert len(found.groups[()].truth) == 3
    assert "1 of 3 labelled articles have another text than the predictions have under the same id" in caplog.text
