from pathlib import Path

import pytest

from classifier.articles.article import Article
from classifier.articles.readers.row import Row
from classifier.articles.readers.table import read_rows
from classifier.articles.rows import read_articles
from classifier.errors import Fault, InputError


def read(values: dict[str, object], **options: object) -> Article | Fault:
    settings = {"labelled": True, **options}
    return next(iter(read_articles([Row("f.csv:2", values)], {}, **settings)))  # type: ignore[arg-type]


def test_standard_columns_are_recognised_and_others_travel_along() -> None:
    article = read({"Text": "words here", "labels": "a", "claim": "c", "Source": "s", "words": 3, "date": "2024-05-31"})
    assert isinstance(article, Article)
    assert (article.text, article.labels, article.target, article.source) == ("words here", ("a",), "c", "s")
    assert article.extra == {"words": 3}
    assert article.date == "2024-05-31"
    assert article.id == "1"


@pytest.mark.parametrize("alias", ["target", "text_pair", "claim", "headline"])
def test_every_alias_of_target_makes_a_pair_of_a_stance_and_pair_false_turns_it_off(alias: str) -> None:
    values: dict[str, object] = {"text": "words here", "label": "agree", alias: "a claim"}
    paired, single = read(values), read(values, pair=False)
    assert isinstance(paired, Article)
    assert isinstance(single, Article)
    assert paired.target == "a claim"
    assert single.target is None
    assert single.title == ("a claim" if alias == "headline" else None)


@pytest.mark.parametrize(
    ("label", "options", "labels"),
    [
        ("a", {}, ("a",)),
        (" a\t", {}, ("a",)),
        (3, {}, ("3",)),
        (3.0, {}, ("3",)),
        ("3.0", {}, ("3",)),
        ("01", {}, ("01",)),
        (0.5, {}, ("0.5",)),
        ("0.5", {}, ("0.5",)),
        ("None", {}, ("None",)),
        ("nan", {"missing": ()}, ("nan",)),
        ("nan", {"multi_label": True, "label_separator": ";"}, ()),
        ("a; NULL", {"multi_label": True, "label_separator": ";"}, ("a",)),
        (["a", "nan"], {"multi_label": True}, ("a",)),
        ([1.0, 2.0], {"multi_label": True}, ("1", "2")),
        (["a", "b"], {"multi_label": True}, ("a", "b")),
        ([], {"multi_label": True}, ()),
        ("a; b;a", {"multi_label": True, "label_separator": ";"}, ("a", "b")),
        ("", {"multi_label": True, "label_separator": ";"}, ()),
    ],
)
def test_labels(label: object, options: dict[str, object], labels: tuple[str, ...]) -> None:
    article = read({"text": "words here", "label": label}, **options)
    assert isinstance(article, Article)
    assert article.labels == labels


@pytest.mark.parametrize(
    ("values", "options", "fragment"),
    [
        ({"text": " ", "label": "a"}, {}, "text is empty"),
        ({"text": None, "label": "a"}, {}, "text is empty"),
        ({"text": "\u200b\ufeff \u00a0", "label": "a"}, {}, "text is empty"),
        ({"text": "<p></p><br/>&nbsp;", "label": "a"}, {}, "text is markup alone: a reader would see nothing of it"),
        ({"text": "x y", "label": "\u200b"}, {}, "label is empty"),
        ({"text": "x y", "label": ""}, {}, "label is empty"),
        ({"text": "x y", "label": float("nan")}, {}, "label is empty"),
        ({"text": "12.5", "label": "a"}, {}, "text is a number"),
        ({"text": 12, "label": "a"}, {}, "text must be text. Got the int 12"),
        ({"text": "a\0b", "label": "a"}, {}, "NUL byte (at character 1)"),
        ({"text": "x y", "label": ["a", "b"]}, {}, "multi_label"),
        ({"text": "x y", "label": "a,b"}, {"multi_label": True}, "label_separator"),
        ({"text": "x y", "label": {"a": "b"}}, {}, "must be a name"),
        ({"text": "x y", "label": float("inf")}, {}, "must be a name"),
        ({"text": "x y", "label": " NaN"}, {}, "label is ' NaN', a word for a missing value"),
        ({"text": "N/A", "label": "a"}, {}, "text is 'N/A', a word for a missing value"),
        ({"text": "x y", "label": "a", "target": "None"}, {}, "target is 'None'"),
        ({"text": "x y", "label": "a", "target": ""}, {}, "target is empty"),
    ],
)
def test_a_bad_value_is_a_fault_with_its_place(
    values: dict[str, object], options: dict[str, object], fragment: str
) -> None:
    fault = read(values, **options)
    assert isinstance(fault, Fault)
    assert fault.where == "f.csv:2"
    assert fragment in fault.what


def test_a_row_with_several_faults_is_one_bad_row() -> None:
    fault = read({"text": "", "label": None, "target": "\0", "n": 1})
    assert isinstance(fault, Fault)
    assert fault.what.startswith("text is empty; target holds a NUL byte (at character 0): is it a binary file?; ")
    assert fault.what.endswith("; label is empty")
    assert fault.name == "text is empty; target holds a NUL byte; label is empty"
    assert fault.record == {"text": "", "label": None, "target": "\0", "n": 1}


@pytest.mark.parametrize(
    ("value", "date"),
    [
        ("2024-05-31", "2024-05-31"),
        ("2024-05-31T10:00:00", "2024-05-31T10:00:00"),
        ("May 3, 2021", "May 3, 2021"),
        (float("nan"), None),
        ("", None),
    ],
)
def test_dates_are_kept_whatever_they_look_like(value: object, date: str | None) -> None:
    article = read({"text": "some words", "label": "a", "date": value})
    assert isinstance(article, Article)
    assert article.date == date


def read_all(rows: list[dict[str, object]], **options: object) -> list[Article | Fault]:
    given = [Row(f"f.csv:{number}", values) for number, values in enumerate(rows, start=2)]
    return list(read_articles(given, {}, labelled=True, **options))  # type: ignore[arg-type]


def articles(rows: list[dict[str, object]], **options: object) -> list[Article]:
    found = read_all(rows, **options)
    assert all(isinstance(item, Article) for item in found)
    return found  # type: ignore[return-value]


def test_a_word_for_a_missing_value_is_none_in_every_standard_column_and_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    names = ("title", "source", "author", "date", "language", "url")
    values = {"text": "words here", "label": "a", "split": "nan", **dict.fromkeys(names, "NaN"), "words": "nan"}
    first, second = articles([values, values])
    assert [getattr(first, name) for name in names] == [None] * len(names)
    assert first.extra == {"split": None, "words": "nan"}  # a column that nothing reads stays as it is
    assert len(caplog.messages) == 1
    assert "title 'NaN' (2 ×)" in caplog.messages[0]
    assert second.title is None


def test_a_class_called_none_stays_and_is_said(caplog: pytest.LogCaptureFixture) -> None:
    rows: list[dict[str, object]] = [{"text": "words here", "label": name} for name in ("NONE", "FAVOR", "NONE")]
    assert [item.labels for item in articles(rows)] == [("NONE",), ("FAVOR",), ("NONE",)]
    assert "label 'NONE' (2 ×)" in caplog.text
    assert all(isinstance(item, Fault) for item in read_all(rows[:1], missing=("none",)))


def test_a_row_without_an_id_gets_one_that_no_other_has(caplog: pytest.LogCaptureFixture) -> None:
    rows: list[dict[str, object]] = [
        {"text": "words here", "label": "a", "id": name} for name in ("2", "", "1", None, "nan", "no-id-2")
    ]
    found = [item.id for item in articles(rows)]
    made_up = [name for name in found if name.startswith("no-id-")]
    assert found == ["2", made_up[0], "1", made_up[1], made_up[2], "no-id-2"]
    assert [name[:8] for name in made_up] == ["no-id-2-", "no-id-4-", "no-id-5-", "no-id-2"]
    assert len(set(found)) == 6
    assert [item.id for item in articles(rows)] == found
    assert "3 rows have no id" in caplog.text
    assert [item.id for item in articles([{"text": "words here", "label": "a"}] * 2)] == ["1", "2"]


def test_a_whole_number_is_the_same_as_a_float_in_a_column_of_numbers_alone() -> None:
    rows: list[dict[str, object]] = [
        {"text": "words here", "id": name, "label": label, "source": source}
        for name, label, source in [("1.0", "0.0", 3.0), (2, "1", "3"), (3.0, 1, "Web 2.0"), ("04", "1.0", "2.0")]
    ]
    found = articles(rows)
    assert [item.id for item in found] == ["1", "2", "3", "04"]
    assert [item.labels[0] for item in found] == ["0", "1", "1", "1"]
    assert [item.source for item in found] == ["3", "3", "Web 2.0", "2.0"]


def test_a_number_as_text_is_a_fault_only_where_most_texts_are_numbers(caplog: pytest.LogCaptureFixture) -> None:
    texts: list[dict[str, object]] = [{"text": text, "label": "a"} for text in ("911", "A storm hit.", "It rained.")]
    assert [item.text for item in articles(texts)] == ["911", "A storm hit.", "It rained."]
    assert "1 text is a number alone, such as '911' in f.csv:2" in caplog.text
    faults = [
        item.what for item in read_all([texts[0], {**texts[0], "text": "12"}, texts[1]]) if isinstance(item, Fault)
    ]
    assert len(faults) == 2
    assert all("is it the right column?" in what for what in faults)


@pytest.mark.parametrize("target", ["911", 911, 911.0])
def test_a_number_can_be_a_target(target: object) -> None:
    [article] = articles([{"text": "words here", "label": "a", "target": target}])
    assert article.target == "911"


def test_the_split_column_is_found_by_any_case_and_can_be_named() -> None:
    [article] = articles([{"text": "words here", "label": "a", "SPLIT": "train"}])
    assert article.extra == {"split": "train"}
    rows = [Row("f.csv:2", {"text": "words here", "label": "a", "set": "dev"})]
    [named] = read_articles(rows, {"split": "set"}, labelled=True)
    assert isinstance(named, Article)
    assert named.extra == {"split": "dev"}


def test_articles_without_a_label_are_counted_where_several_are_allowed(caplog: pytest.LogCaptureFixture) -> None:
    cells = [None, [], ["a"], float("nan"), "[]", ""]
    found = read_all([{"text": "x y", "labels": cell} for cell in cells], multi_label=True, label_separator=";")
    assert [item.labels for item in found if isinstance(item, Article)] == [(), (), ("a",), (), (), ()]
    said = next(message for message in caplog.messages if "have no label" in message)
    assert "5 of 6 articles have no label: " in said
    assert all(part in said for part in ("null (2 ×)", "an empty cell (1 ×)", "an empty list or no mark (2 ×)"))


def test_texts_that_are_cut_off_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    rows = [
        Row("a.csv:2", {"text": "A storm hit the coast and… [+1204 chars]", "label": "a"}),
        Row("a.csv:3", {"text": "The puzzle has [81 chars]", "label": "b"}),
    ]
    assert len(list(read_articles(rows, {}, labelled=True, file="a.csv"))) == 2
    (message,) = caplog.messages
    assert "1 text is the beginning of an article only" in message
    assert message.endswith("'t the coast and… [+1204 chars]' in a.csv:2")


def test_texts_of_another_encoding_than_the_one_that_is_named_are_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lines = [b"text,label\n", "A café à Noël,a\n".encode(), "A café à Noël,b\n".encode("cp1252")]
    (tmp_path / "a.csv").write_bytes(b"".join(lines))
    rows = read_rows(tmp_path / "a.csv", "cp1252")
    assert len(list(read_articles(rows, {}, labelled=True, file="a.csv"))) == 2
    (message,) = caplog.messages
    assert message.startswith("a.csv: 1 text is garbled, such as 'A cafÃ©' in ")
    assert "a.csv:2: UTF-8 was read as another encoding" in message


def test_a_header_below_a_title_is_named() -> None:
    cells = [("Text", "label ", None), ("A storm.", "a", 1), ("A vote.", "b", 1)]
    columns = ("Study of 2021", "column B", "column C")
    rows = [Row(f"a.xlsx, row {at}", dict(zip(columns, row, strict=True))) for at, row in enumerate(cells, start=2)]
    for given in (rows, [Row("a.xlsx, row 1", dict.fromkeys(columns, "by Anna")), *rows]):
        with pytest.raises(InputError) as error:
            list(read_articles(given, {}, labelled=True, file="a.xlsx"))
        assert error.value.fix == "a.xlsx, row 2 looks like the header: remove what stands above it."
    with pytest.raises(InputError, match="Name your own"):
        list(read_articles(rows[1:], {}, labelled=True, file="a.xlsx"))


def test_an_object_in_place_of_columns_is_named() -> None:
    rows = [Row("a.parquet, row 1", {"article": {"text": "A storm.", "label": "a"}})]
    with pytest.raises(InputError) as error:
        list(read_articles(rows, {}, labelled=True, file="a.parquet"))
    assert (
        error.value.fix == "The column 'article' holds an object with text, label: make a column of each of its parts."
    )


def test_bad_rows_are_listed_beside_a_missing_column() -> None:
    rows = [
        Row("a.csv:2", {"id": "p", "text": "Rain fell.", "lable": "a"}),
        Row("a.csv:3", {"id": "q", "text": " ", "lable": "a"}),
        Fault("a.csv:4", "2 cells where the header has 3", "ragged row"),
    ]
    with pytest.raises(InputError) as error:
        list(read_articles(rows, {}, labelled=True, file="a.csv"))
    assert [(fault.where, fault.id) for fault in error.value.faults] == [
        ("a.csv", ""),
        ("a.csv:3", "q"),
        ("a.csv:4", ""),
    ]
    assert "- 2 bad rows, beside that." in error.value.message
    others = [Row("a.csv:2", {"body": "Rain fell.", "label": ""}), Row("a.csv:3", {"body": "Snow fell.", "label": "b"})]
    with pytest.raises(InputError) as error:
        list(read_articles(others, {}, labelled=True, file="a.csv"))
    assert [fault.kind for fault in error.value.faults[1:]] == ["label is empty"]
