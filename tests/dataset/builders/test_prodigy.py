from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from classifier.articles.article import Article
from classifier.dataset.builders import prodigy
from classifier.dataset.builders.write import write_articles
from classifier.errors import Fault, InputError
from tests.makers.formats import answer, articles_of, write_records


def test_answers_about_one_text_are_one_article(tmp_path: Path) -> None:
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
    found = articles_of(prodigy.read(write_records(tmp_path / "out.jsonl", rows)))
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
    (one,) = articles_of(prodigy.read(write_records(tmp_path / "binary.jsonl", binary), multi_label=True))
    assert one.labels == ("satire",)
    assert one.extra["annotations"] == {"anna": ["news", "satire"], "ben": ["satire"]}
    bad = list(prodigy.read(tmp_path / "binary.jsonl")["all"])
    assert isinstance(bad[1], Fault) and bad[1].where.endswith("binary.jsonl:2")
    assert bad[1].what == "annotator 'anna' has accepted 'news', 'satire' for one text"


def test_the_same_article_is_known_by_its_hash_and_claim_else_by_its_id(tmp_path: Path) -> None:
    pairs = [answer("one body", "anna", label="x", target=claim) for claim in ("first", "second", "first")]
    found = articles_of(prodigy.read(write_records(tmp_path / "pairs.jsonl", pairs)))
    assert [a.target for a in found] == ["first", "second"]
    edited = [
        answer("the text", "anna", label="x", _input_hash=5),
        answer("the  text", "ben", label="y", _input_hash=5),
    ]
    assert len(articles_of(prodigy.read(write_records(tmp_path / "edited.jsonl", edited)))) == 1
    plain = [{"text": "same text", "label": "x", "id": number} for number in (1, 2)]
    assert [a.id for a in articles_of(prodigy.read(write_records(tmp_path / "ids.jsonl", plain)))] == ["1", "2"]


def test_all_labels_are_written_as_options(tmp_path: Path) -> None:
    articles = [
        Article(id="a", text="some words", labels=("x",)),
        Article(id="b", text="other words", labels=("y", "z")),
    ]
    write_articles(articles, tmp_path / "out.jsonl", kind="prodigy", multi_label=True)
    first = json.loads((tmp_path / "out.jsonl").read_text().splitlines()[0])
    assert first == {
        "text": "some words",
        "options": [{"id": name, "text": name} for name in ("x", "y", "z")],
        "accept": ["x"],
        "answer": "accept",
        "meta": {"id": "a"},
    }


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (
            answer("b", label="x", answer="acept"),
            "answer must be one of 'accept', 'reject', 'ignore'. Got 'acept'",
        ),
        (answer("b"), "has neither 'label' nor 'accept'"),
        (answer("b", accept="x"), "accept must be a list. Got 'x' instead"),
        (answer("b", label=["x", "y"]), "label has 2 labels"),
        (answer("b", label="x", meta=3), "meta must be an object"),
        (answer("", label="x"), "text is empty"),
    ],
)
def test_a_bad_record_is_a_fault_at_its_row(tmp_path: Path, bad: Any, message: str) -> None:
    good = answer("a text", label="x")
    path = write_records(tmp_path / "in.jsonl", [good, bad, good])
    found = list(prodigy.read(path)["all"])
    (fault,) = [item for item in found if isinstance(item, Fault)]
    assert fault.where == f"{path}:2"
    assert message in fault.what
    assert sum(isinstance(item, Article) for item in found) == 1


def test_answers_about_one_label_alone_are_read_as_several_labels(tmp_path: Path) -> None:
    rows = [answer(f"text {n}", label="satire", answer="accept" if n else "reject", _input_hash=n) for n in range(3)]
    file = write_records(tmp_path / "out.jsonl", rows)
    with pytest.raises(InputError, match="asks about one label alone, 'satire': 2 accepted, 1 rejected") as error:
        articles_of(prodigy.read(file))
    assert "--set data.task=multi_label" in error.value.fix
    assert [a.labels for a in articles_of(prodigy.read(file, multi_label=True))] == [(), ("satire",), ("satire",)]
    accepted = write_records(tmp_path / "accepted.jsonl", rows[1:])
    assert len(articles_of(prodigy.read(accepted))) == 2
