import pytest

from classifier.articles.label_doubts import alike_but_for_marks, say_doubts, several_in_one


@pytest.mark.parametrize(
    ("names", "alike"),
    [
        (["fake news", "fake_news", "fake-news", "real"], [["fake news", "fake_news", "fake-news"]]),
        (["satire", "satire.", "opinion"], [["satire", "satire."]]),
        (["Satire:", "satire"], [["Satire:", "satire"]]),
        (["1", "-1", "1.", "10", "1.0"], []),
        (["A", "A-", "A+", "B"], []),
        (["left", "left-wing", "wing left"], []),
        (["non fiction", "nonfiction"], []),
        (["C", "C#", "C++"], []),
        (["what", "what?"], []),
    ],
)
def test_names_that_differ_in_marks_alone(names: list[str], alike: list[list[str]]) -> None:
    assert alike_but_for_marks(names) == alike


@pytest.mark.parametrize(
    ("names", "separator", "found"),
    [
        (["economy", "sport", "economy;sport", "sport;economy"], ";", ["economy;sport", "sport;economy"]),
        (["reporting", "reporting|news", "satire|news", "news|x"], "|", ["reporting|news"]),
        (["a", "b", "a#b"], "#", ["a#b"]),
        (["a", "b", "a, b"], ",", ["a, b"]),
        (["Health, Care", "Arts; Crafts", "A|B"], "", []),
        (["Arts, Crafts", "Arts"], "", []),
        (["Arts, Crafts", "Arts, Music", "Music, Crafts"], "", []),
        (["a", "b"], "", []),
        (["C#", "C"], "", []),
    ],
)
def test_names_that_may_be_several(names: list[str], separator: str, found: list[str]) -> None:
    assert several_in_one(names) == (separator, found)


@pytest.mark.parametrize("multi_label", [False, True])
def test_each_doubt_is_said_once_with_counts(caplog: pytest.LogCaptureFixture, multi_label: bool) -> None:
    labels = [("fake news",), ("fake_news",), ("fake_news",), ("a",), ("b",), ("a;b",)]
    say_doubts(labels, multi_label=multi_label)
    marks, several = (record.getMessage() for record in caplog.records)
    assert "'fake_news' (2 ×) and 'fake news' (1 ×)" in marks
    task = "" if multi_label else "--set data.task=multi_label "
    assert several.endswith(
        f"1 label looks like several in one: 'a;b' (1 ×). If so: {task}--set 'data.label_separator=;'"
    )


def test_ordinary_labels_raise_no_doubt(caplog: pytest.LogCaptureFixture) -> None:
    say_doubts([("opinion",), ("hard news",), ("satire",), ("Health, Care",)], multi_label=False)
    assert not caplog.records
