import pytest

from classifier.articles.article import Article
from classifier.articles.readers.row import Row
from classifier.articles.rows import checked, read_articles
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
def test_every_alias_of_target_makes_a_pair_and_pair_false_turns_it_off(alias: str) -> None:
    values: dict[str, object] = {"text": "words here", "label": "a", alias: "a claim"}
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
        ({"text": "12.5", "label": "a"}, {}, "text is a number"),
        ({"text": 12, "label": "a"}, {}, "text must be text. Got the int 12"),
        ({"text": "a\0b", "label": "a"}, {}, "NUL byte (at character 1)"),
        ({"text": "x y", "label": ["a"]}, {}, "multi_label"),
        ({"text": "x y", "label": "a,b"}, {"multi_label": True}, "label_separator"),
        ({"text": "x y", "label": 1.5}, {}, "must be a name"),
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


def test_every_bad_row_and_double_id_is_reported_at_once() -> None:
    rows = [
        Row(f"f.csv:{n}", {"id": str(n % 2), "text": "" if n == 2 else "some text", "label": "a"}) for n in range(2, 6)
    ]
    with pytest.raises(InputError) as error:
        checked(read_articles(rows, {}, labelled=True), "'f.csv'")
    assert [fault.where for fault in error.value.faults] == ["f.csv:2", "f.csv:5"]


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
