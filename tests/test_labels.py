from dataclasses import replace

import numpy as np
import pytest

from classifier.duplicates import settle_conflicts, text_key
from classifier.errors import InputError
from classifier.labels import LabelSet, find_labels, merge_spellings
from tests.conftest import make_articles


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
    articles = make_articles(12)
    odd = [*articles, replace(articles[0], id="odd", labels=(variant,), where="f.csv:99")]
    if variant == "opin ion":
        assert len(find_labels(odd)) == 4
        return
    with pytest.raises(InputError, match=r"f\.csv:99.*differs only in case or space from 'opinion'"):
        find_labels(odd)
    assert find_labels(merge_spellings(odd)).names == ("opinion", "reporting", "satire")


def test_one_class_is_not_enough() -> None:
    with pytest.raises(InputError, match="at least two classes"):
        find_labels([replace(article, labels=("same",)) for article in make_articles(5)])


def test_conflicting_duplicates() -> None:
    articles = make_articles(6)
    twin = replace(articles[0], id="twin", text=articles[0].text.upper(), labels=("satire",), where="f.csv:7")
    with pytest.raises(InputError, match=r"f\.csv:7: labelled 'satire', the same text as made:0"):
        settle_conflicts([*articles, twin], "error")
    assert len(settle_conflicts([*articles, twin], "drop")[0]) == 5
    assert len(settle_conflicts([*articles, twin], "keep")[0]) == 7
    several = [replace(articles[0], id=name, labels=labels) for name, labels in (("p", ("a", "b")), ("q", ("b", "a")))]
    assert settle_conflicts(several, "error") == (several, 0)
    other_target = replace(twin, target="another claim")
    assert settle_conflicts([*articles, other_target], "error") == ([*articles, other_target], 0)


def test_text_keys_ignore_case_and_space_only() -> None:
    assert text_key("A  b\n") == text_key("a B")
    assert text_key("a b") != text_key("a b.")
    assert isinstance(text_key("\ud800"), str)
    assert np.unique([text_key(str(n)) for n in range(100)]).size == 100
