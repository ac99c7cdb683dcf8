"""Exports of annotation tools: several annotators, the question that holds the labels, what is wrong with a file."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from classifier.articles.annotators import is_tied, vote_of
from classifier.articles.article import Article
from classifier.articles.readers import Row
from classifier.dataset.builders import answers as exports
from classifier.dataset.builders import argilla, fasttext, label_studio, prodigy
from classifier.dataset.builders.json_records import read_records
from classifier.errors import Fault, InputError
from tests.makers.formats import SUFFIXES, TEXTS, read_back

ANNA, BEN, CEM = (f"00000000-0000-0000-0000-00000000000{i}" for i in range(3))


def choice(*labels: str, name: str = "genre", **more: Any) -> dict[str, Any]:
    item = {"from_name": name, "to_name": "text", "type": "choices", "value": {"choices": list(labels)}}
    return {"result": [item] if labels else [], "was_cancelled": False, **more}


def task(number: int, *annotations: dict[str, Any]) -> dict[str, Any]:
    data = {"text": f"The council met {number} times", "source": "site"}
    return {"id": number, "data": data, "annotations": list(annotations), "predictions": [choice("wrong")]}


def write(path: Path, values: Any) -> Path:
    lines = path.suffix == ".jsonl"
    path.write_text("\n".join(map(json.dumps, values)) if lines else json.dumps(values), encoding="utf-8")
    return path


def articles_of(parts: Mapping[str, Iterator[Article | Fault]]) -> list[Article]:
    found = list(parts["all"])
    assert not [item for item in found if isinstance(item, Fault)], found
    return [item for item in found if isinstance(item, Article)]


def test_label_studio_tasks_with_several_annotators(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    by = {"id": 2, "email": "ben@x.org"}
    tasks = [
        task(7, choice("news", completed_by=1), choice("satire", completed_by=by), choice("news", completed_by=3)),
        task(8, choice("news", completed_by=1), choice("satire", completed_by=by)),
        task(9, choice("news", completed_by=1), choice("satire", completed_by=by, was_cancelled=True)),
        task(10, choice("satire", completed_by=1, was_cancelled=True)),
        task(11),
    ]
    found = articles_of(label_studio.read(write(tmp_path / "export.json", tasks)))
    assert [(a.id, a.labels, a.source) for a in found] == [
        ("7", ("news",), "site"),
        ("8", (), "site"),
        ("9", ("news",), "site"),
    ]
    assert found[0].extra["annotations"] == {"1": "news", "ben@x.org": "satire", "3": "news"}
    assert [is_tied(vote_of(a).labels, multi_label=False) for a in found] == [False, True, False]  # type: ignore[union-attr]
    assert "2 record(s) that nobody has answered were left out" in caplog.text
    several = articles_of(label_studio.read(tmp_path / "export.json", multi_label=True))
    assert [a.labels for a in several] == [("news",), (), ("news",)]


def test_a_question_is_named_where_there_are_several(tmp_path: Path) -> None:
    path = write(
        tmp_path / "e.json", [task(1, {"result": choice("news")["result"] + choice("sad", name="tone")["result"]})]
    )
    with pytest.raises(InputError, match=r"answers 2 questions: 'genre', 'tone'"):
        list(label_studio.read(path)["all"])
    with pytest.raises(InputError, match=r"no question 'tonne'\. Did you mean 'tone'"):
        list(label_studio.read(path, {"label": "tonne"})["all"])
    assert articles_of(label_studio.read(path, {"label": "tone"}))[0].labels == ("sad",)


def test_label_studio_json_min_and_csv(tmp_path: Path) -> None:
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
    found = articles_of(label_studio.read(write(tmp_path / "min.json", rows), multi_label=True))
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


def answer(text: str, who: str | None = None, **more: Any) -> dict[str, Any]:
    named = {"_annotator_id": who} if who else {}
    return {
        "text": text,
        "_input_hash": sum(map(ord, text)),
        "answer": "accept",
        "meta": {"source": "site"},
        **named,
        **more,
    }


def test_prodigy_answers_about_one_text_are_one_article(tmp_path: Path) -> None:
    rows = [
        answer("first text", "anna", label="news"),
        answer("second text", "anna", accept=["news"], options=[{"id": "news", "text": "News"}]),
        answer("first text", "ben", label="news"),
        answer("second text", "ben", accept=["satire"]),
        answer("first text", "cem", label="satire", answer="reject"),
        answer("second text", "cem", label="news", answer="ignore"),
        answer("third text", "anna", label="news", answer="reject"),
        answer("fourth text", label="satire", _input_hash=None, meta=None, source="site"),
        answer("fifth text", label="satire", _input_hash=None),
    ]
    found = articles_of(prodigy.read(write(tmp_path / "out.jsonl", rows)))
    assert [(a.text, a.labels, a.source) for a in found] == [
        ("first text", ("news",), "site"),
        ("second text", (), "site"),
        ("fourth text", ("satire",), "site"),
        ("fifth text", ("satire",), "site"),
    ]
    assert [a.extra.get("annotations") for a in found] == [
        {"anna": "news", "ben": "news"},
        {"anna": "news", "ben": "satire"},
        None,
        None,
    ]
    binary = [
        answer("first text", "anna", label="news"),
        answer("first text", "anna", label="satire"),
        answer("first text", "ben", label="news", answer="reject"),
        answer("first text", "ben", label="satire"),
        answer("first text", "cem", label="satire", answer="ignore"),
    ]
    (one,) = articles_of(prodigy.read(write(tmp_path / "binary.jsonl", binary), multi_label=True))
    assert one.labels == ("satire",)
    assert one.extra["annotations"] == {"anna": ["news", "satire"], "ben": ["satire"]}
    bad = list(prodigy.read(tmp_path / "binary.jsonl")["all"])
    assert isinstance(bad[1], Fault) and bad[1].where.endswith("binary.jsonl:2")
    assert bad[1].what == "annotator 'anna' has accepted 'news', 'satire' for one text"


def test_prodigy_knows_the_same_article_by_its_hash_and_claim_else_by_its_id(tmp_path: Path) -> None:
    pairs = [answer("one body", "anna", label="x", target=claim) for claim in ("first", "second", "first")]
    found = articles_of(prodigy.read(write(tmp_path / "pairs.jsonl", pairs)))
    assert [a.target for a in found] == ["first", "second"]
    edited = [
        answer("the text", "anna", label="x", _input_hash=5),
        answer("the  text", "ben", label="y", _input_hash=5),
    ]
    assert len(articles_of(prodigy.read(write(tmp_path / "edited.jsonl", edited)))) == 1
    plain = [{"text": "same text", "label": "x", "id": number} for number in (1, 2)]
    assert [a.id for a in articles_of(prodigy.read(write(tmp_path / "ids.jsonl", plain)))] == ["1", "2"]


def nested(number: int, *responses: tuple[Any, str], status: str | None = None) -> dict[str, Any]:
    given = [{"value": v, "user_id": u, **({"status": status} if status else {})} for v, u in responses]
    return {
        "id": f"r{number}",
        "fields": {"text": f"The council met {number} times"},
        "metadata": {"source": "site"},
        "suggestions": {"label": {"value": "wrong", "agent": "model", "score": 0.9}},
        "responses": {"label": given},
        "vectors": {},
        "status": "completed",
        "_server_id": "s",
    }


def test_argilla_nested_flat_and_legacy(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    records = [nested(1, ("x", ANNA), ("y", BEN), ("x", CEM)), nested(2), nested(3, (None, ANNA), ("y", BEN))]
    records += [nested(4, ("x", ANNA), status="discarded")]
    (tmp_path / "to_disk").mkdir()
    write(tmp_path / "to_disk" / "records.json", records)
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
    said = [{"user_id": u, "value": v, "status": "submitted"} for u, v in ((ANNA, "x"), (BEN, "y"), (CEM, "x"))]
    lists = {"user_id": [BEN, CEM], "value": ["y", "x"], "status": ["submitted", "discarded"]}
    legacy = [
        {
            "external_id": f"r{n}",
            "text": f"The council met {n} times",
            "source": "site",
            "label-suggestion": "z",
            "label": v,
        }
        for n, v in ((1, said), (3, lists))
    ]
    files = [tmp_path / "to_disk", write(tmp_path / "flat.jsonl", flat), write(tmp_path / "old.json", legacy)]
    for file in files:
        found = articles_of(argilla.read(file))
        assert [(a.id, a.labels, a.source) for a in found] == [("r1", ("x",), "site"), ("r3", ("y",), "site")], file
        assert [a.extra for a in found] == [
            {"annotations": {ANNA: "x", BEN: "y", CEM: "x"}},
            {"annotations": {BEN: "y"}},
        ], file
    assert "records.json" not in caplog.text and "to_disk: 2 record(s)" in caplog.text


# bad input

GOOD = {"label-studio": task(1, choice("x")), "argilla": nested(1, ("x", ANNA)), "prodigy": answer("a text", label="x")}


@pytest.mark.parametrize(
    ("kind", "bad", "message"),
    [
        ("label-studio", {"id": 2}, "has no object 'data': it is no task of Label Studio"),
        ("label-studio", {"id": 2, "data": {"text": "t"}}, "has no list 'annotations'"),
        ("label-studio", task(2, {"result": None}), "the annotation has no list 'result'"),
        ("label-studio", task(2, choice(1.5)), "annotation 1: choices must be a name. Got 1.5 instead"),  # type: ignore[arg-type]
        ("label-studio", task(2, choice("x", "y")), "annotation 1: choices has 2 labels: set data.task"),
        ("label-studio", {**task(2, choice("x")), "data": {"text": " "}}, "text is empty"),
        ("label-studio", [1], "a JSON object is needed. Got list instead"),
        ("label-studio", task(2, choice("x\ud800")), "holds half of a surrogate pair"),
        ("argilla", {"id": "r"}, "has no object 'fields'"),
        ("argilla", nested(2, ({"a": 1}, ANNA)), "label must be a name. Got {'a': 1} instead"),
        (
            "argilla",
            nested(2, ("x", ANNA), status="done"),
            "status must be one of 'submitted', 'discarded', 'draft'. Got 'done'",
        ),
        ("argilla", {**nested(2, ("x", ANNA)), "fields": {"text": 5}}, "text must be text. Got the int 5 instead"),
        (
            "prodigy",
            answer("b", label="x", answer="acept"),
            "answer must be one of 'accept', 'reject', 'ignore'. Got 'acept'",
        ),
        ("prodigy", answer("b"), "has neither 'label' nor 'accept'"),
        ("prodigy", answer("b", accept="x"), "accept must be a list. Got 'x' instead"),
        ("prodigy", answer("b", label=["x", "y"]), "label has 2 labels"),
        ("prodigy", answer("b", label="x", meta=3), "meta must be an object"),
        ("prodigy", answer("", label="x"), "text is empty"),
    ],
)
def test_a_bad_record_is_a_fault_at_its_row(tmp_path: Path, kind: str, bad: Any, message: str) -> None:
    path = write(tmp_path / f"in{SUFFIXES[kind]}", [GOOD[kind], bad, GOOD[kind]])
    found = read_back(path, kind, multi_label=False)
    (fault,) = [item for item in found if isinstance(item, Fault)]
    assert fault.where == (f"{path}:2" if kind == "prodigy" else f"{path}, row 2")
    assert message in fault.what
    assert sum(isinstance(item, Article) for item in found) == (1 if kind == "prodigy" else 2)


def test_a_line_without_label_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "in.txt"
    path.write_text("__label__x good words\nno label here\n__label__x __label__y two labels\n__label__x\n")
    faults = [str(item) for item in fasttext.read({"all": path})["all"] if isinstance(item, Fault)]
    assert faults[0] == f"{path}:2: label is empty"
    assert faults[1].startswith(f"{path}:3: label is a list: set data.task")
    assert faults[2] == f"{path}:4: text is empty"


@pytest.mark.parametrize("kind", ["label-studio", "argilla", "prodigy", "fasttext"])
def test_an_empty_or_missing_file_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"in{SUFFIXES[kind]}"
    with pytest.raises(InputError, match="There is no file"):
        read_back(path, kind, multi_label=False)
    path.touch()
    with pytest.raises(InputError, match=r"is empty\."):
        read_back(path, kind, multi_label=False)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{"data": 1},\n{"data": tru}]', ":2 is not valid JSON: Expecting value."),
        ('[{"data": 1}\n{"data": 2}]', ":2 is not valid JSON: a comma or the closing bracket is missing."),
        ('[{"data": "cut o', ":1 is not valid JSON: Unterminated string starting at."),
        ('[{"data": 1}', ":1 is not valid JSON: a comma or the closing bracket is missing."),
        ('[{"data": 1}] [', ":1 is not valid JSON: something follows the closing bracket."),
        ("text\n", ":1 is not valid JSON: a JSON array is needed."),
    ],
)
def test_broken_json_is_refused_with_its_line(
    tmp_path: Path, text: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "in.json"
    path.write_text(text)
    for chunk in (exports.CHUNK, 20, 3):
        monkeypatch.setattr(exports, "CHUNK", chunk)
        with pytest.raises(InputError) as error:
            list(label_studio.read(path)["all"])
        assert error.value.message == f"{path}{message}"


def test_no_export_of_argilla_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no export of Argilla's records"):
        list(argilla.read(write(tmp_path / "in.json", [{"text": "t", "label": "x"}]))["all"])


@pytest.mark.parametrize("chunk", [1, 7, 64])
def test_records_are_read_in_chunks(tmp_path: Path, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "CHUNK", chunk)
    values = [
        {"text": text, "deep": [{"n": -1.5e3, "none": None, "flag": [True, False]}], "é": '"\\u2028"'} for text in TEXTS
    ]
    path = tmp_path / "in.json"
    for indent, ascii_only in ((None, True), (2, False)):
        path.write_text(json.dumps(values, indent=indent, ensure_ascii=ascii_only), encoding="utf-8", newline="")
        rows = list(read_records(path))
        assert [row.values for row in rows if isinstance(row, Row)] == values
        assert [row.where for row in rows] == [f"{path}, row {i}" for i in (1, 2, 3, 4)]
