import logging

import pytest

from classifier.articles.missing import missing_words
from classifier.articles.remarks import Remarks

USUAL = missing_words(None)


def test_each_kind_is_said_once_with_columns_words_and_counts(caplog: pytest.LogCaptureFixture) -> None:
    remarks = Remarks()
    remarks.missing.update({("title", "nan"): 1200, ("label", "NULL"): 1, **{("id", f"w{n}"): 1 for n in range(6)}})
    remarks.classes.update({("label", "None"): 3, ("label", "-"): 1})
    remarks.cut_off.add("a.csv:3", "and… [+9 chars]")
    remarks.made_up.add("a.csv:2", "no-id-2")
    remarks.made_up.add("a.csv:5", "no-id-5")
    remarks.number_texts.add("a.csv:7", "911")
    remarks.wordless.add("a.csv:8", "...")
    remarks.misread.add("a.csv:9", "the cafÃ©")
    remarks.say("a.csv", USUAL)
    missing, classes, made_up, misread, numbers, wordless, cut_off = caplog.messages
    assert misread.startswith("a.csv: 1 text is garbled, such as 'the cafÃ©' in a.csv:9: UTF-8 was read as another")
    assert "1 text is the beginning of an article only, such as 'and… [+9 chars]' in a.csv:3" in cut_off
    assert '--set \'data.missing=["usual", "none", "-"]\'' in classes
    assert wordless == "a.csv: 1 text holds no word, such as '...' in a.csv:8"
    assert "title 'nan' (1,200 ×)" in missing
    assert "and 2 more" in missing
    assert "label 'None' (3 ×)" in classes
    assert "2 rows have no id and got one that no other has, such as 'no-id-2'" in made_up
    assert "'911' in a.csv:7" in numbers


def test_rows_that_are_labelled_as_they_are_get_no_id(caplog: pytest.LogCaptureFixture) -> None:
    remarks = Remarks()
    remarks.made_up.add("a.csv:2", "no-id-1")
    remarks.say("a.csv", USUAL, kept=True)
    assert caplog.messages == ["a.csv: 1 row has no id, such as a.csv:2"]


@pytest.mark.parametrize(
    ("without", "level"),
    [({"an empty cell": 2}, logging.INFO), ({"null": 1, "an empty list or no mark": 1}, logging.WARNING)],
)
def test_articles_without_a_label_are_counted_and_null_is_a_warning(
    caplog: pytest.LogCaptureFixture, without: dict[str, int], level: int
) -> None:
    remarks = Remarks(labelled=5)
    remarks.without.update(without)
    with caplog.at_level(logging.INFO):
        remarks.say("a.csv", USUAL)
    (record,) = caplog.records
    assert record.levelno == level
    assert record.getMessage().startswith("a.csv: 2 of 5 articles have no label: ")
    assert all(f"{kind} ({n} ×)" in record.getMessage() for kind, n in without.items())


def test_nothing_is_said_of_an_ordinary_table(caplog: pytest.LogCaptureFixture) -> None:
    Remarks().say("a.csv", USUAL)
    assert not caplog.messages
