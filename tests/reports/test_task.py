import pytest

from classifier.articles.article import Article
from classifier.articles.reading import Reading
from classifier.reports.task import task_of, task_words

STANCES = {"agree": 3, "disagree": 1}


@pytest.mark.parametrize(
    ("labels", "options", "columns", "files", "words"),
    [
        ({"a": 1}, {}, {}, [], "1,200 articles: genre or topic (one label of 1: a)."),
        (None, {"titles": True}, {"title": "title"}, ["-"], "1,200 articles with titles, from standard input."),
        (
            STANCES,
            {"pair": True, "titles": True},
            {"target": "claim", "title": "Headline"},
            ["d/train.csv", "d/test.csv"],
            "1,200 pairs of an article and a claim ('claim'), with titles ('Headline'): "
            "stance (one label of 2: agree, disagree), from train.csv and test.csv.",
        ),
        (
            {str(n): 10 - n for n in range(10)},
            {"multi_label": True},
            {"author": "by", "date": "When"},
            ["hub:owner/name"],
            "1,200 articles: genre or topic (any number of labels of 10: 0, 1, 2, 3, 4, 5, 6, 7 and 2 more), "
            "from hub:owner/name; authors in 'by', dates in 'When'.",
        ),
        (None, {}, {}, list("abcde"), "1,200 articles, from a, b, c and 2 more files."),
        (None, {}, {}, ["/tmp/classifier-temporary-x/DataFrame"], "1,200 articles, from the DataFrame."),
    ],
)
def test_the_line_says_what_was_read(
    labels: dict[str, int] | None,
    options: dict[str, bool],
    columns: dict[str, str],
    files: list[str],
    words: str,
) -> None:
    found = Reading({"any": columns}, {})
    assert task_words(1200, labels, files, found, **{"pair": False, **options}) == words


def test_articles_at_hand_are_counted() -> None:
    articles = [Article("1", "t", ("b",), title="T"), Article("2", "t", ("a",)), Article("3", "t", ("a", "b"))]
    found = task_of(articles, ["a.csv"], Reading(), pair=False, multi_label=True)
    assert found == "3 articles with titles: genre or topic (any number of labels of 2: a, b), from a.csv."


def test_what_a_reader_would_not_see_in_a_label_is_shown() -> None:
    articles = [Article("1", "Rain.", ("news",)), Article("2", "Sun.", ("news\N{ZERO WIDTH SPACE}",))]
    line = task_of(articles, ["a.csv"], Reading(), pair=False, multi_label=False)
    assert r"(one label of 2: news, news\u200b)" in line


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (["d/a.csv"], "; a.csv is UTF-8, whatever --encoding says."),
        (["a.csv", "b.csv"], "; a.csv and b.csv are UTF-8, whatever --encoding says."),
        ([f"d/{name}.txt" for name in "abcd"], "; 4 files, such as a.txt, are UTF-8, whatever --encoding says."),
    ],
)
def test_the_line_says_which_files_are_utf_8_although_another_encoding_is_named(files: list[str], words: str) -> None:
    found = Reading(utf8=dict.fromkeys(files))
    assert task_words(2, None, ["d"], found, pair=False).endswith(words)
