from pathlib import Path
from typing import Any

import pytest

from classifier.articles.article import Article
from classifier.dataset.builders import argilla
from classifier.errors import Fault, InputError
from tests.makers.formats import ANNA, BEN, CEM, articles_of, nested, write_records


def test_nested_and_flat_records(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    records = [nested(1, ("x", ANNA), ("y", BEN), ("x", CEM)), nested(2), nested(3, (None, ANNA), ("y", BEN))]
    records += [nested(4, ("x", ANNA), status="discarded")]
    (tmp_path / "to_disk").mkdir()
    write_records(tmp_path / "to_disk" / "records.json", records)
    flat = [
        {
            "id": "r1",
            "status": "completed",
            "_server_id": "s",
            "text": "The council met 1 times",
            "source": "site",
            "label.responses": ["x", "y", "x", "y"],
            "label.responses.users": [ANNA, BEN, CEM, "dan"],
            "label.responses.status": ["submitted", "submitted", "submitted", "draft"],
            "label.suggestion": "wrong",
        },
        {
            "id": "r3",
            "text": "The council met 3 times",
            "source": "site",
            "label.responses": ["y"],
            "label.responses.users": [BEN],
            "label.responses.status": ["submitted"],
        },
    ]
    for file in (tmp_path / "to_disk", write_records(tmp_path / "flat.jsonl", flat)):
        found = articles_of(argilla.read(file))
        assert [(a.id, a.labels, a.source) for a in found] == [("r1", ("x",), "site"), ("r3", ("y",), "site")], file
        assert [a.extra for a in found] == [
            {"annotations": {ANNA: "x", BEN: "y", CEM: "x"}},
            {"annotations": {BEN: "y"}},
        ], file
    assert "records.json" not in caplog.text and "to_disk: 2 records" in caplog.text


def test_an_export_of_argilla_1_is_refused_with_the_version_to_export_with(tmp_path: Path) -> None:
    answers = [{"user_id": ANNA, "value": "x", "status": "submitted"}]
    lists = {"user_id": [BEN], "value": ["y"], "status": ["submitted"]}
    for cell in (answers, lists):
        record = {"external_id": "r1", "text": "The council met", "label-suggestion": "z", "label": cell}
        path = write_records(tmp_path / "old.json", [{"text": "Nobody has answered", "label": []}, record])
        with pytest.raises(InputError) as error:
            list(argilla.read(path)["all"])
        assert str(error.value) == (
            f"'{path}' is an export of Argilla 1, which classifier cannot read.\n"
            "Fix: Export it with Argilla 2.0 or newer: dataset.records.to_json, or to_datasets."
        )


def test_no_export_of_argilla_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no export of Argilla's records"):
        list(argilla.read(write_records(tmp_path / "in.json", [{"text": "t", "label": "x"}]))["all"])


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"id": "r"}, "has no object 'fields'"),
        (nested(2, ({"a": 1}, ANNA)), "label must be a name. Got {'a': 1} instead"),
        (
            nested(2, ("x", ANNA), status="done"),
            "status must be one of 'submitted', 'discarded', 'draft'. Got 'done'",
        ),
        ({**nested(2, ("x", ANNA)), "fields": {"text": 5}}, "text must be text. Got the int 5 instead"),
    ],
)
def test_a_bad_record_is_a_fault_at_its_row(tmp_path: Path, bad: Any, message: str) -> None:
    good = nested(1, ("x", ANNA))
    path = write_records(tmp_path / "in.json", [good, bad, good])
    found = list(argilla.read(path)["all"])
    (fault,) = [item for item in found if isinstance(item, Fault)]
    assert fault.where == f"{path}, row 2"
    assert message in fault.what
    assert sum(isinstance(item, Article) for item in found) == 2
