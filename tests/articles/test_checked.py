import csv
import json
from pathlib import Path

import pytest

from classifier.articles.article import Article
from classifier.articles.checked import checked, rows_fix
from classifier.articles.readers.row import Row
from classifier.articles.rows import read_articles
from classifier.errors import InputError
from classifier.jobs.building.build import build


def test_every_bad_row_and_double_id_is_reported_at_once() -> None:
    rows = [
        Row(f"f.csv:{n}", {"id": str(n % 2), "text": "" if n == 2 else "some text", "label": "a"}) for n in range(2, 6)
    ]
    with pytest.raises(InputError) as error:
        checked(read_articles(rows, {}, labelled=True), "'f.csv'")
    assert [fault.where for fault in error.value.faults] == ["f.csv:2", "f.csv:5"]


@pytest.mark.parametrize(("count", "end"), [(30, ", 'label 29'."), (1000, ", 'label 29' and 970 more.")])
def test_the_labels_of_a_model_are_named_as_far_as_one_reads_them(count: int, end: str) -> None:
    with pytest.raises(InputError) as error:
        checked([Article("1", "Rain.", ("news",))], "'a.csv'", labels=[f"label {n}" for n in range(count)])
    assert error.value.fix.endswith(end)


def test_several_labels_of_an_article_are_read_rather_than_left_out() -> None:
    several, empty = "labels has several labels", "text is empty"
    assert rows_fix([several, empty], 3).startswith(
        "If articles may have several labels: --set data.task=multi_label. Else mend or remove these rows, or leave"
    )
    assert rows_fix([several], 0, none_good="Look.").endswith("multi_label. Look.")
    assert "multi_label" not in rows_fix([empty], 3) + rows_fix([several], 3, known=True)


@pytest.mark.parametrize("values", [{"labels": ["a", "b"]}, {"labels": '["a", "b"]'}, {"a": "x", "b": "x"}])
def test_an_input_with_several_labels_per_article_says_what_to_type(values: dict[str, object], tmp_path: Path) -> None:
    rows = [{"text": f"Article number {n} of a few.", **(values if n % 2 else one_of(values))} for n in range(30)]
    source = tmp_path / "a.jsonl"
    source.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    columns = {} if "labels" in values else {"data.columns.labels": ["a", "b"]}
    with pytest.raises(InputError) as error:
        build(str(source), tmp_path / "data", settings=columns)
    assert error.value.fix.startswith("If articles may have several labels: --set data.task=multi_label. Else mend")


def one_of(values: dict[str, object]) -> dict[str, object]:
    return {"labels": ["a"]} if "labels" in values else {"a": "x", "b": ""}


@pytest.mark.parametrize(
    ("row", "settings"),
    [
        ({"options": [], "accept": ["a", "b"], "answer": "accept"}, {"data.builder": "prodigy"}),
        ({"annotation_id": "1", "genre": '{"choices": ["a", "b"]}'}, {"data.builder": "label_studio"}),
        ({"anna": ["a", "b"]}, {"data.annotators": ["anna"]}),
    ],
)
def test_several_answers_of_an_annotator_are_no_fault_of_another_kind(
    row: dict[str, object], settings: dict[str, object], tmp_path: Path
) -> None:
    rows = [{"text": f"Article number {n} of a few.", **row} for n in range(3)]
    source = tmp_path / ("a.csv" if "genre" in row else "a.jsonl")
    with source.open("w", newline="") as file:
        if "genre" in row:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        else:
            file.writelines(f"{json.dumps(each)}\n" for each in rows)
    columns = {"data.columns.label": "genre"} if "genre" in row else {}
    with pytest.raises(InputError) as error:
        build(str(source), tmp_path / "data", settings={**settings, **columns})
    assert error.value.fix.startswith("If articles may have several labels: --set data.task=multi_label.")
