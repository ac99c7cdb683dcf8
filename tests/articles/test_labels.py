import pytest

from classifier.articles.article import Article
from classifier.articles.labels import LabelSet, count_labels, find_labels, merge_spellings, respell
from classifier.errors import InputError
from tests.makers.articles import make_articles


def test_ids_and_names_round_trip() -> None:
    single = LabelSet(("a", "b", "c"))
    assert single.decode(single.encode([("c",), ("a",)])) == [("c",), ("a",)]
    multi = LabelSet(("a", "b", "c"), multi_label=True)
    rows = [("a", "c"), (), ("b",)]
    assert multi.encode(rows).tolist() == [[1, 0, 1], [0, 0, 0], [0, 1, 0]]
    assert multi.decode(multi.encode(rows)) == rows


def test_an_unknown_label_is_named() -> None:
    with pytest.raises(InputError, match="does not know the label"):
        LabelSet(("a", "b")).encode([("z",)])


@pytest.mark.parametrize("variant", ["Opinion", "opinion ", " OPINION", "opin ion"])
def test_labels_that_differ_in_case_or_space_are_refused_or_merged(variant: str) -> None:
    odd = [*(article.labels for article in make_articles(12)), (variant,)]
    if variant == "opin ion":
        assert len(find_labels(odd)) == 4
        return
    with pytest.raises(InputError) as error:
        find_labels(odd, place=lambda row: f"f.csv:{row + 2}")
    what = f"label '{variant}' (1 ×) differs only in case or space from 'opinion'"
    assert [str(fault) for fault in error.value.faults] == [f"f.csv:14: {what}"]
    assert find_labels(merge_spellings(odd)).names == ("opinion", "reporting", "satire")
    assert merge_spellings(odd)[12] == ("opinion",)


def test_the_most_frequent_spelling_wins_without_its_spaces() -> None:
    labels = [("a",), ("A ",), ("A ",), ("b", "B"), ("b",), ()]
    assert merge_spellings(labels) == [("A",), ("A",), ("A",), ("b",), ("b",), ()]
    assert merge_spellings([("a",), ("b ",)]) == [("a",), ("b",)]
    fine = [("a",), ("b", "c"), ()]
    assert merge_spellings(fine) == fine


def test_each_odd_spelling_is_named_once_where_it_first_stands() -> None:
    labels = [("a",), ("a",), ("A",), ("A",), ("a",), ("b ",)]
    with pytest.raises(InputError) as error:
        find_labels(labels)
    assert [(fault.where, fault.name) for fault in error.value.faults] == [("2", "label spelt differently")]
    assert "(2 ×)" in str(error.value)
    assert "--set data.merge_labels=true" in error.value.fix


def test_one_class_is_not_enough() -> None:
    for labels in ([("same",)] * 5, []):
        with pytest.raises(InputError, match="at least two classes"):
            find_labels(labels)
    assert find_labels([("same",), ()], multi_label=True) == LabelSet(("same",), multi_label=True)
    with pytest.raises(InputError, match="Got none instead"):
        find_labels([(), ()], multi_label=True)


def test_labels_are_sorted_and_counted() -> None:
    labels = [("b",), ("a", "c"), ("c",), ("b",)]
    assert find_labels(labels).names == ("a", "b", "c")
    assert list(count_labels(labels).items()) == [("b", 2), ("c", 2), ("a", 1)]


def test_known_labels_are_spelt_as_they_are_known() -> None:
    articles = [Article("1", "x", ("opinion ", "NEW")), Article("2", "y", ("Satire",))]
    assert [article.labels for article in respell(articles, ["Opinion", "satire"])] == [("Opinion", "NEW"), ("satire",)]
