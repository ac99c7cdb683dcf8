import shlex

import pytest

from classifier.articles.article import Article
from classifier.articles.pairs import are_stances, holds_pairs, lacking_target
from classifier.articles.plain_values import GivenLabels
from classifier.articles.readers.row import Row
from classifier.articles.rows import read_articles

GENRES = ("report", "comment", "analysis", "satire")
FNC = ("agree", "disagree", "discuss", "unrelated")


def articles(columns: dict[str, str], labels: tuple[object, ...], **options: object) -> list[Article]:
    named = dict(options.pop("named", {}))  # type: ignore[call-overload]
    rows = [Row(f"a.csv:{n}", {"text": f"Body {n}.", "label": label, **columns}) for n, label in enumerate(labels, 2)]
    found = list(read_articles(rows, named, labelled=True, **options))  # type: ignore[arg-type]
    assert all(isinstance(one, Article) for one in found), found
    return [one for one in found if isinstance(one, Article)]


@pytest.mark.parametrize(
    ("columns", "labels", "options", "title", "target"),
    [
        ({"Headline": "h"}, GENRES, {}, "h", None),
        ({"headline": "h"}, ("1", "2"), {}, "h", None),
        ({"title": "t"}, GENRES, {}, "t", None),
        ({"Headline": "h"}, FNC, {}, None, "h"),
        ({"headline": "h"}, ("Support", "DENY", "query", "comment"), {}, None, "h"),
        ({"headline": "h"}, ("FAVOR", "AGAINST", "NONE"), {}, None, "h"),
        ({"headline": "h"}, (*FNC * 5, "agre"), {}, None, "h"),
        ({"headline": "h"}, ("related", "unrelated"), {}, "h", None),
        ({"headline": "h"}, ("agree", "tbd", "deny"), {}, "h", None),
        ({"title": "t"}, FNC, {}, "t", None),
        ({"title": "t", "headline": "h"}, GENRES, {}, "t", None),
        ({"title": "t", "headline": "h"}, FNC, {}, "t", "h"),
        ({"claim": "c"}, GENRES, {}, None, "c"),
        ({"target": "c", "headline": "h"}, FNC, {}, None, "c"),
        ({"headline": "h"}, FNC, {"pair": False}, "h", None),
        ({"headline": "h"}, GENRES, {"pair": True}, None, "h"),
        ({"headline": "h"}, GENRES, {"named": {"target": "headline"}}, None, "h"),
        ({"headline": "h"}, FNC, {"named": {"title": "headline"}}, "h", None),
        ({"headline": "h", "claim": "c"}, GENRES, {"pair": False}, "h", None),
    ],
)
def test_a_headline_is_the_title_unless_labels_another_column_or_a_setting_say_otherwise(
    columns: dict[str, str], labels: tuple[object, ...], options: dict[str, object], title: str, target: str
) -> None:
    found = articles(columns, labels, **options)
    assert {(one.title, one.target) for one in found} == {(title, target)}


def test_a_label_column_called_stance_makes_pairs_in_any_language() -> None:
    rows = [Row("a.csv:2", {"text": "Body.", "Stance": "dafür", "headline": "h"})]
    [article] = read_articles(rows, {"label": "stance"}, labelled=True)
    assert isinstance(article, Article)
    assert article.target == "h"


@pytest.mark.parametrize(
    ("labels", "stances"),
    [
        ((), False),
        ((None, "nan", ""), False),
        (("agree", None, "disagree"), True),
        ((["agree"], ["unrelated"]), True),
        ((GivenLabels(("for",)), GivenLabels(("against",))), True),
        ((1, 0), False),
        (("news", "support", "opinion"), False),
        (("SUPPORTS", "REFUTES", "NOT ENOUGH INFO"), True),
        (("comment", "other"), False),
    ],
)
def test_labels_are_stances_where_nearly_all_of_them_are(labels: tuple[object, ...], stances: bool) -> None:
    assert are_stances(labels) is stances


def test_stances_without_a_target_are_said_with_what_to_type(caplog: pytest.LogCaptureFixture) -> None:
    articles({"Article Title": "t"}, FNC, named={"title": "Article Title"})
    assert not caplog.messages  # the user says that it is the title
    articles({"title": "t"}, FNC)
    assert caplog.messages[0].endswith("If it is the column 'title': --set data.columns.target=title")
    assert lacking_target({"title": "My title"}, {}, FNC).endswith("--set 'data.columns.target=My title'")
    assert lacking_target({"title": "Page's title"}, {}, FNC).endswith(shlex.quote("data.columns.target=Page's title"))
    assert not lacking_target({"title": "title"}, {}, GENRES)


def test_words_of_data_missing_are_no_labels_beside_stances() -> None:
    labels = ("agree", "tbd", "deny")
    rows = [
        Row(f"a.csv:{n}", {"text": f"Body {n}.", "headline": "h", "label": label}) for n, label in enumerate(labels)
    ]
    found = list(read_articles(rows, {}, labelled=True, missing=["tbd"]))
    assert [one.target for one in found if isinstance(one, Article)] == ["h", "h"]
    assert "('agree', 'deny')" in lacking_target({"title": "title"}, {}, labels, ["tbd"])
    assert not lacking_target({"title": "title"}, {}, labels)


def test_named_columns_are_not_free() -> None:
    row = Row("a.csv:2", {"Claim ": "the text", "label": "a"})
    assert not holds_pairs([row], {"text": "claim"}, ["a"])
