from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from classifier.articles.article import Article
from classifier.dataset.builders import fasttext
from classifier.dataset.builders.write import write_articles
from classifier.errors import Fault, InputError


def test_a_line_without_label_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "in.txt"
    path.write_text("__label__x good words\nno label here\n__label__x __label__y two labels\n__label__x\n")
    faults = [str(item) for item in fasttext.read({"all": path})["all"] if isinstance(item, Fault)]
    assert faults[0] == f"{path}:2: label is empty"
    assert faults[1].startswith(f"{path}:3: label has 2 labels: set data.task")
    assert faults[2] == f"{path}:4: text is empty"


def test_fasttext_refuses_what_it_cannot_hold_and_leaves_nothing(tmp_path: Path) -> None:
    articles = [
        Article(id="1", text="fine words here", labels=("hard news",), where="x:1"),
        Article(id="2", text="fine words here", labels=("hard_news",), where="x:2"),
        Article(id="3", text="see\n__label__fake and x__label__ok", labels=("satire",), where="x:3"),
        Article(id="4", text="none", where="x:4"),
    ]
    with pytest.raises(InputError) as error:
        write_articles(articles, tmp_path / "out.txt", kind="fasttext", multi_label=False)
    assert [str(fault) for fault in error.value.faults] == [
        "labels: 'hard news', 'hard_news' all become __label__hard_news",
        "x:3: fastText would read as labels what the text holds: '__label__fake'",
        "x:4: has no label",
    ]
    assert list(tmp_path.iterdir()) == []


def test_fasttext_takes_labels_where_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "train.txt.gz"
    with gzip.open(path, "wt", encoding="utf-8", newline="") as stream:
        stream.write("__label__a\t__label__b  two labels \r\n\nwords first x__label__no __label__c\n")
    back = list(fasttext.read({"train": path}, multi_label=True)["train"])
    assert [(a.id, a.text, a.labels) for a in back if isinstance(a, Article)] == [
        ("1", " two labels ", ("a", "b")),
        ("3", "words first x__label__no ", ("c",)),
    ]


@pytest.mark.parametrize(
    ("line", "labels", "text"),
    [
        ("__label__a , The council met.", ("a",), "The council met."),
        ("__label__a, __label__b The council met.", ("a", "b"), "The council met."),
        ("__label__a__label__b The council met.", ("a", "b"), "The council met."),
        ("__label__Health,_Care The council met.", ("Health,_Care",), "The council met."),
        ("__label__a One, two.", ("a",), "One, two."),
    ],
)
def test_commas_and_glued_marks_between_labels(tmp_path: Path, line: str, labels: tuple[str, ...], text: str) -> None:
    path = tmp_path / "in.txt"
    path.write_text(f"{line}\n__label__c Rain fell.\n")
    first, _ = fasttext.read({"all": path}, multi_label=True)["all"]
    assert isinstance(first, Article)
    assert (first.labels, first.text) == (labels, text)


def test_texts_that_hang_on_their_labels_are_refused(tmp_path: Path) -> None:
    words = ["Rain", "Snow", "Storm", "Hail", "Fog", "Frost", "Wind", "Sun"]
    path = tmp_path / "in.txt"
    path.write_text("".join(f"__label__{'ab'[i % 2]},{word} fell.\n" for i, word in enumerate(words)))
    with pytest.raises(InputError, match="no space between label and text: '__label__a,Rain'") as error:
        list(fasttext.read({"all": path})["all"])
    assert f"sed -E 's/^(__label__[^,]*),/\\1 /' {path}" in error.value.fix


@pytest.mark.parametrize("names", [["Health,_Care", "Arts,_Crafts"], ["a,_1", "a,_2"]])
def test_labels_with_commas_are_kept(tmp_path: Path, names: list[str]) -> None:
    path = tmp_path / "in.txt"
    path.write_text("".join(f"__label__{names[i % 2]} Text {i}.\n" for i in range(20)))
    found = [item for item in fasttext.read({"all": path})["all"] if isinstance(item, Article)]
    assert {article.labels[0] for article in found} == set(names)


@pytest.mark.parametrize("multi_label", [False, True])
def test_a_file_without_any_label_is_refused(tmp_path: Path, multi_label: bool) -> None:
    path = tmp_path / "in.txt"
    path.write_text("reporting\tThe council met.\nsatire\tThe moon is cheese.\n")
    with pytest.raises(InputError, match="has no label: fastText marks them as __label__NAME") as error:
        list(fasttext.read({"all": path}, multi_label=multi_label)["all"])
    assert "leave out data.builder" in error.value.fix


def test_labels_that_are_written_otherwise_are_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    articles = [Article(str(n), "Some words.", (name,)) for n, name in enumerate(("Health, Care", "sport"))]
    write_articles(articles, tmp_path / "a.txt", kind="fasttext", multi_label=False)
    assert (tmp_path / "a.txt").read_text() == "__label__Health,_Care Some words.\n__label__sport Some words.\n"
    assert "written otherwise: 'Health, Care' → 'Health,_Care'" in caplog.text
    assert "sport" not in caplog.text
