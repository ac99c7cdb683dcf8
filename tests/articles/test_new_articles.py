import io
import json
import sys
from pathlib import Path

import pytest

from classifier.articles.article import Article
from classifier.articles.new_articles import (
    Unlabelled,
    check_columns,
    check_rows,
    open_sources,
    read_unlabelled,
    renamed,
)
from classifier.errors import Fault, InputError


def read(inputs: list[str], *, pair: bool = False, stdin: str = "", **columns: str) -> list[Unlabelled]:
    with open_sources(inputs, "utf-8", io.StringIO(stdin)) as sources:
        twice = [list(read_unlabelled(sources, columns, pair=pair, trained={"text": "body"})) for _ in range(2)]
    assert twice[0] == twice[1]
    return [article for _, article in twice[0]]


def test_inputs_of_every_kind_are_read_as_often_as_is_asked(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("body,text,label\nthe body,short,old\n,short,old\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "b.txt").write_text("a whole text")
    found = read([str(tmp_path / "a.csv"), str(tmp_path / "folder"), "-"], stdin="one line\n\nanother\n")
    texts = [article[0].what if isinstance(article, list) else article.text for article in found]
    assert texts == ["the body", "body is empty", "a whole text", "one line", "another"]
    assert isinstance(found[0], Article) and found[0].labels == () and found[0].extra["label"] == "old"


def test_columns_that_are_named_are_those_of_tables_and_not_of_a_folder_of_texts(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("words\nthe body\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "b.txt").write_text("a whole text")
    inputs = [str(tmp_path / "a.csv"), str(tmp_path / "folder")]
    for each in (inputs, inputs[::-1]):
        found = read(each, text="words")
        assert {article.text for article in found if isinstance(article, Article)} == {"the body", "a whole text"}
    with open_sources(inputs, "utf-8", None) as sources:
        check_columns(sources, {"text": "words"}, pair=False, trained={})
    with pytest.raises(InputError, match="there is no column 'words' for the text"):
        read(inputs[1:], text="words")


def test_a_column_that_is_named_wins_over_that_of_training(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("body,text\nthe body,short\n")
    (article,) = read([str(tmp_path / "a.csv")], text="text")
    assert isinstance(article, Article) and article.text == "short"


def test_a_pair_needs_a_claim(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("body,Claim\nthe body,a claim\n")
    (article,) = read([str(tmp_path / "a.csv")], pair=True)
    assert isinstance(article, Article) and article.target == "a claim"
    (tmp_path / "b.csv").write_text("body\nthe body\n")
    with pytest.raises(InputError, match="reads a claim with each article"):
        read([str(tmp_path / "b.csv")], pair=True)


def test_a_row_that_cannot_be_read_is_told_from_one_without_a_text(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "a whole text"}\n{}\n{broken\n')
    assert [type(article) for article in read([str(tmp_path / "a.jsonl")])] == [Article, list, Fault]


def test_columns_that_are_called_like_added_ones_get_a_free_name() -> None:
    values = {"label": "old", "original_label": "older", "n": float("nan")}
    assert renamed(values) == {"original_original_label": "old", "original_label": "older", "n": None}


def test_all_bad_rows_or_none_at_all_are_an_error() -> None:
    check_rows([], 1)
    with pytest.raises(InputError, match="2 bad rows; nothing was written"):
        check_rows([Fault("a:1", "bad"), Fault("a:2", "bad")], 3)
    with pytest.raises(InputError, match="holds no articles"):
        check_rows([], 0)


@pytest.mark.parametrize(
    ("name", "content", "places"),
    [
        ("a.csv", "id,text\nx7,\n12,good text\n,<br>\n", ["a.csv:2 (id 'x7')", "a.csv:4"]),
        ("a.csv", "text,ID\n,8.0\n ,9.0\n", ["a.csv:2 (id '8')", "a.csv:3 (id '9')"]),
        ("a.jsonl", '{"id": 5, "text": " "}\n{"text": null}\n', ["a.jsonl:1 (id '5')", "a.jsonl:2"]),
        ("a.csv", "text,n\n,1\n", ["a.csv:2"]),
    ],
)
def test_a_bad_row_is_named_by_its_line_and_its_id(tmp_path: Path, name: str, content: str, places: list[str]) -> None:
    (tmp_path / name).write_text(content)
    faults = [fault for article in read([str(tmp_path / name)]) if isinstance(article, list) for fault in article]
    assert [str(fault).partition(": ")[0] for fault in faults] == [f"{tmp_path}/{place}" for place in places]


def test_a_place_that_tells_the_id_is_not_said_twice(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "b.txt").write_text(" ")
    ((empty,),) = read([str(tmp_path / "folder")])  # type: ignore[misc]
    assert "(id" not in str(empty)


@pytest.mark.parametrize(("date_format", "said"), [(None, True), ("%d/%m/%Y", False), ("%Y", True)])
def test_dates_that_the_format_of_training_reads_are_in_no_doubt(
    date_format: str | None, said: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,date\nRain fell.,03/04/2024\nWind blew.,05/06/2024\n")
    with open_sources([str(path)], "utf-8", None) as sources:
        assert len(list(read_unlabelled(sources, {}, pair=False, trained={}, date_format=date_format))) == 2
    assert ("2 of 2 dates are not read" in caplog.text) is said


def places(path: Path) -> list[str]:
    """Where the rows and faults of a file are, as `predict` keeps them."""
    path.write_text('{"text": "Rain."}\n{broken\n')
    with open_sources([str(path)], "utf-8", None) as sources:
        found = list(read_unlabelled(sources, {}, pair=False, trained={}))
    faults = [what.where for _, what in found if isinstance(what, Fault)]
    assert faults == [found[1][0].where]
    return [row.where for row, _ in found]


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names of files are Unicode there")
def test_a_name_that_is_not_utf_8_has_a_place_that_is(tmp_path: Path) -> None:
    path = tmp_path / b"caf\xe9.jsonl".decode("utf-8", "surrogateescape")
    found = places(path)
    assert json.dumps(found, ensure_ascii=False).encode()
    assert found == [f"{tmp_path}/caf\\udce9.jsonl:{line}" for line in (1, 2)]


@pytest.mark.parametrize(("depth", "bad"), [(99, False), (101, True), (600, True), (900, True), (5000, True)])
def test_a_value_that_is_nested_too_deeply_makes_a_bad_row(tmp_path: Path, depth: int, bad: bool) -> None:
    path = tmp_path / "new.jsonl"
    path.write_text('{"text": "x", "deep": ' + "[" * depth + "]" * depth + '}\n{"text": "y"}\n')
    first, second = read([str(path)])
    assert isinstance(first, Fault) == bad and isinstance(second, Article)


def test_all_files_that_lack_a_column_are_named(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.csv", "b.csv", "c.csv")]
    for path, column in zip(paths, ("body", "text", "corpo"), strict=True):
        path.write_text(f"nr,{column}\n1,The council met.\n")
    with open_sources([str(path) for path in paths], "utf-8", None) as sources, pytest.raises(InputError) as error:
        check_columns(sources, {"text": "Inhalt"}, pair=False, trained={})
    assert error.value.message == "3 of 3 inputs cannot be read."
    assert [fault.where for fault in error.value.faults] == [str(path) for path in paths]
    with open_sources([str(paths[0]), str(paths[1])], "utf-8", None) as sources, pytest.raises(InputError) as error:
        check_columns(sources, {"text": "body"}, pair=False, trained={})
    assert str(paths[1]) in str(error.value) and str(paths[0]) not in str(error.value)


@pytest.mark.parametrize(
    ("late", "said"),
    [
        ({"title": "A title"}, "the column 'title' comes first at {}:1001, after the rows by which the columns were"),
        ({"Publisher": "post.example"}, "the column 'Publisher' comes first at {}:1001"),
        ({"note": "x", "id": "7"}, ""),
        ({"headline": "x", "title": "y"}, "the column 'title' comes first"),
    ],
)
def test_a_column_that_comes_after_the_first_rows_is_said_where_the_model_would_read_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, late: dict[str, str], said: str
) -> None:
    file = tmp_path / "a.jsonl"
    rows = [{"text": "It rains."}] * 1000 + [{"text": "It rains.", **late}] * 3
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with open_sources([str(file)], "utf-8", None) as sources:
        assert len(list(read_unlabelled(sources, {}, pair=False, trained={}))) == 1003
    assert (said.format(file) in caplog.text) if said else not caplog.records
    assert len(caplog.records) <= 1


def test_labels_of_fasttext_are_no_words_of_texts(tmp_path: Path) -> None:
    lines = "__label__news Rain fell.\n__label__satire Snow fell.\n"
    (tmp_path / "new.txt").write_text(lines)
    for inputs, stdin in (([str(tmp_path / "new.txt")], ""), (["-"], lines)):
        with pytest.raises(InputError, match="labels would be read as words"):
            read(inputs, stdin=stdin)


def test_the_column_of_texts_is_proposed_by_its_length(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"Artikel,nr\n{'It rained all day. ' * 20},1\n")
    with pytest.raises(InputError) as error:
        read([str(tmp_path / "a.csv")])
    assert error.value.fix == "Name your own: --set data.columns.text=Artikel"
