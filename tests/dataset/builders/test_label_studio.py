from pathlib import Path
from typing import Any

import pytest

from classifier.articles.annotators import is_tied, vote_of
from classifier.articles.article import Article
from classifier.dataset.builders import label_studio
from classifier.errors import Fault, InputError
from tests.makers.formats import articles_of, choice, task, write_records


def test_tasks_with_several_annotators(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    by = {"id": 2, "email": "ben@x.org"}
    tasks = [
        task(7, choice("news", completed_by=1), choice("satire", completed_by=by), choice("news", completed_by=3)),
        task(8, choice("news", completed_by=1), choice("satire", completed_by=by)),
        task(9, choice("news", completed_by=1), choice("satire", completed_by=by, was_cancelled=True)),
        task(10, choice("satire", completed_by=1, was_cancelled=True)),
        task(11),
    ]
    found = articles_of(label_studio.read(write_records(tmp_path / "export.json", tasks)))
    assert [(a.id, a.labels, a.source) for a in found] == [
        ("7", ("news",), "site"),
        ("8", (), "site"),
        ("9", ("news",), "site"),
    ]
    assert found[0].extra["annotations"] == {"1": "news", "ben@x.org": "satire", "3": "news"}
    assert [is_tied(vote_of(a).labels, multi_label=False) for a in found] == [False, True, False]  # type: ignore[union-attr]
    assert "2 records that nobody has answered were left out" in caplog.text
    several = articles_of(label_studio.read(tmp_path / "export.json", multi_label=True))
    assert [a.labels for a in several] == [("news",), (), ("news",)]


def test_json_min_and_csv(tmp_path: Path) -> None:
    shared = {"created_at": "2024", "updated_at": "2024", "lead_time": 1.5}
    rows = [
        {"text": "The council met", "id": 4, "genre": "news", "annotator": 2, "annotation_id": 11, **shared},
        {
            "text": "The council met",
            "id": 4,
            "genre": {"choices": ["news", "satire"]},
            "annotator": 1,
            "annotation_id": 10,
        },
        {"text": "The council met", "id": 4, "genre": "old", "annotator": 2, "annotation_id": 9, **shared},
        {"text": "Nobody has seen it", "id": 5, "annotator": None, "annotation_id": None, **shared},
        {"text": "The mayor spoke", "id": 6, "annotator": 1, "annotation_id": 12, **shared},
    ]
    found = articles_of(label_studio.read(write_records(tmp_path / "min.json", rows), multi_label=True))
    assert [(a.id, a.labels) for a in found] == [("4", ("news",)), ("6", ())]
    assert found[0].extra == {"annotations": {"2": ["news"], "1": ["news", "satire"]}}
    table_path = tmp_path / "export.csv"
    table_path.write_text(
        '"annotation_id","annotator","genre","id","text"\n11,"2","news",4,"The council, met"\n'
        '10,"1","{""choices"": [""news"", ""satire""]}",4,"The council, met"\n'
    )
    with pytest.raises(InputError, match="does not say which column holds the labels"):
        list(label_studio.read(table_path, multi_label=True)["all"])
    (one,) = articles_of(label_studio.read(table_path, {"label": "genre"}, multi_label=True))
    assert (one.id, one.text, one.labels) == ("4", "The council, met", ("news",))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"id": 2}, "has no object 'data': it is no task of Label Studio"),
        ({"id": 2, "data": {"text": "t"}}, "has no list 'annotations'"),
        (task(2, {"result": None}), "the annotation has no list 'result'"),
        (task(2, choice(["a"])), "annotation 1: choices must be a name. Got ['a'] instead"),  # type: ignore[arg-type]
        (task(2, choice("x", "y")), "annotation 1: choices has 2 labels: set data.task"),
        ({**task(2, choice("x")), "data": {"text": " "}}, "text is empty"),
        ([1], "a JSON object is needed. Got list instead"),
        (task(2, choice("x\ud800")), "holds half of a surrogate pair"),
    ],
)
def test_a_bad_record_is_a_fault_at_its_row(tmp_path: Path, bad: Any, message: str) -> None:
    good = task(1, choice("x"))
    path = write_records(tmp_path / "in.json", [good, bad, good])
    found = list(label_studio.read(path)["all"])
    (fault,) = [item for item in found if isinstance(item, Fault)]
    assert fault.where == f"{path}, row 2"
    assert message in fault.what
    assert sum(isinstance(item, Article) for item in found) == 2


def test_an_export_of_label_studio_0_is_refused_with_the_version_to_export_with(tmp_path: Path) -> None:
    old = [{"id": 1, "data": {"text": "The council met"}, "completions": [choice("news", completed_by=1)]}]
    path = write_records(tmp_path / "old.json", old)
    with pytest.raises(InputError) as error:
        list(label_studio.read(path)["all"])
    assert str(error.value) == (
        f"'{path}' is an export of Label Studio 0 (its tasks have 'completions'), which classifier cannot read.\n"
        "Fix: Export it as JSON with Label Studio 1.0 or newer."
    )


def test_the_question_is_found_or_named(tmp_path: Path) -> None:
    rows = [{"text": "The council met", "id": 1, "genre": "news", "annotation_id": 3}]
    with pytest.raises(InputError, match="does not say which column holds the labels"):
        list(label_studio.read(write_records(tmp_path / "min.json", rows))["all"])
    assert articles_of(label_studio.read(tmp_path / "min.json", {"label": "genre"}))[0].labels == ("news",)


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (
            "labels",
            {"labels": ["a"], "start": 0, "end": 4},
            r"but to <Labels> \(2 ×\)\. <Labels> marks parts of a text\.",
        ),
        ("taxonomy", {"taxonomy": [["a", "b"]]}, r"but to <Taxonomy> \(2 ×\)\."),
    ],
)
def test_answers_to_other_tags_are_refused_with_their_name(
    tmp_path: Path, kind: str, value: dict[str, Any], message: str
) -> None:
    item = {"from_name": "genre", "to_name": "text", "type": kind, "value": value}
    tasks = [task(n, {"result": [item], "completed_by": 1}) for n in (1, 2)]
    with pytest.raises(InputError, match=message) as error:
        articles_of(label_studio.read(write_records(tmp_path / "in.json", [*tasks, task(3)])))
    assert "<Choices" in error.value.fix


def test_a_cell_of_another_tag_is_a_fault(tmp_path: Path) -> None:
    row = {"id": 1, "annotation_id": 1, "annotator": 1, "text": "Rain fell.", "label": [{"start": 0, "labels": ["a"]}]}
    (fault,) = label_studio.read(write_records(tmp_path / "in.json", [row]))["all"]
    assert isinstance(fault, Fault)
    assert fault.what.startswith("label is no answer to a <Choices>. Got {'start': 0")
