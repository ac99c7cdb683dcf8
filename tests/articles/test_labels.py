import pytest

from classifier.articles.article import Article
from classifier.articles.labels import (
    LabelSet,
    count_labels,
    find_labels,
    merge_spellings,
    other_spellings,
    renamed,
    respell,
)
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


@pytest.mark.parametrize(
    ("variant", "shown"),
    [
        ("actualite\u0301", "actualite\\u0301"),
        ("\ufeffactualit\u00e9", "\\ufeffactualit\u00e9"),
        ("actualit\u00e9\u200b", "actualit\u00e9\\u200b"),
        ("\uff41\uff43tualit\u00e9", "\uff41\uff43tualit\u00e9"),
    ],
)
def test_labels_that_look_alike_are_refused_with_what_nobody_sees_or_merged(variant: str, shown: str) -> None:
    labels = [("d\u00e9bat",), ("actualit\u00e9",), ("actualit\u00e9",), (variant,)]
    with pytest.raises(InputError) as error:
        find_labels(labels)
    what = f"label '{shown}' (1 ×) differs only in characters that look alike from 'actualit\u00e9'"
    assert [fault.what for fault in error.value.faults] == [what]
    assert merge_spellings(labels)[3] == ("actualit\u00e9",)
    assert merge_spellings([(variant,), (variant,), ("actualit\u00e9",), ("d\u00e9bat",)])[0] == (
        variant.strip("\ufeff\u200b"),
    )


def test_of_two_equally_frequent_spellings_the_plain_one_wins() -> None:
    assert merge_spellings([("cafe\u0301",), ("caf\u00e9",)]) == [("caf\u00e9",)] * 2


def test_known_labels_are_spelt_as_they_are_known(caplog: pytest.LogCaptureFixture) -> None:
    articles = [Article("1", "x", ("opinion ", "NEW")), Article("2", "y", ("Satire",)), Article("3", "z", ("Satire",))]
    found = respell(articles, ["Opinion", "satire"], "'new.csv'")
    assert [article.labels for article in found] == [("Opinion", "NEW"), ("satire",), ("satire",)]
    assert [record.getMessage() for record in caplog.records] == [
        "'new.csv': 3 labels are spelt as training spells them: 'Satire' → 'satire', 'opinion ' → 'Opinion'"
    ]
    caplog.clear()
    assert respell(found, ["Opinion", "satire", "NEW"], "'new.csv'") == found
    assert not caplog.records


def test_a_known_name_is_never_another_spelling() -> None:
    assert other_spellings([("A",), ("a",), ("a ",)], ["a", "A"]) == {"a ": "a"}
    assert other_spellings([("2.0",), ("1",), ("2.5",), ("02",)], ["2", "1.0"]) == {"2.0": "2", "1": "1.0"}
    assert renamed([("x", "y"), ()], {"x": "y"}) == [("y",), ()]


def test_an_unknown_label_is_named_with_the_nearest_known_one() -> None:
    with pytest.raises(InputError, match=r"does not know the label.*'satyre'.* Did you mean 'satire'"):
        LabelSet(("satire", "opinion")).encode([("satyre",)])


def test_a_label_that_was_read_in_a_wrong_encoding_is_the_one_it_was() -> None:
    labels = [("dÃ©bat",), ("dÃ©bat",), ("débat",), ("news",)]
    with pytest.raises(InputError) as error:
        find_labels(labels)
    (fault,) = error.value.faults
    assert fault.what == "label 'dÃ©bat' (2 ×) differs only in UTF-8 that was read as another encoding from 'débat'"
    assert merge_spellings(labels) == [("débat",)] * 3 + [("news",)]
    assert other_spellings([("dÃ©bat",)], ["débat"]) == {"dÃ©bat": "débat"}
    assert other_spellings([("débat",)], ["dÃ©bat"]) == {"débat": "dÃ©bat"}
