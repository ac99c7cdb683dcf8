import logging
from collections.abc import Sequence

import pytest

from classifier.articles.missing import missing_words
from classifier.dataset.rare_labels import LabelLimits, check_repeated, rare_label_error
from classifier.errors import InputError

FIVE = LabelLimits(5)
COMMON = [("opinion",)] * 20 + [("satire",)] * 12


def places(rows: Sequence[int]) -> dict[int, tuple[str, str]]:
    return {row: (f"a.csv:{row + 2}", f"id{row}") for row in rows}


def error_of(*labels: tuple[str, ...], limits: LabelLimits = FIVE, multi_label: bool = False) -> InputError | None:
    return rare_label_error([*COMMON, *labels], limits, places, multi_label=multi_label)


@pytest.mark.parametrize(
    ("label", "guess"),
    [
        ("opnion", ": did you mean 'opinion' (20 articles)?"),
        ("SATRIE", ": did you mean 'satire' (12 articles)?"),
        ("weather", ""),
        ("1", ""),
        ("none", ': is this a missing label? --set \'data.missing=["usual", "none"]\''),
        ("?", ": is this a missing label?"),
        ("-", ": is this a missing label?"),
        ("N/A", ': is this a missing label? --set \'data.missing=["usual", "N/A"]\''),
        ("word " * 30, ": is a text in the column of the labels?"),
        ("opinion;satire", ": are these several labels? --set data.task=multi_label --set 'data.label_separator=;'"),
    ],
)
def test_a_rare_label_is_named_with_what_it_may_be(label: str, guess: str) -> None:
    error = error_of((label,))
    assert error is not None
    assert error.message == "1 label has fewer than 5 articles, too few to learn or to measure."
    assert f"label '{label[:40]}' has 1 article{guess}" in error.faults[0].what
    assert guess or error.faults[0].what.endswith("article")
    assert (error.faults[0].where, error.faults[0].id) == ("a.csv:34", "id32")
    assert "--set data.min_per_label=1" in error.fix


def test_labels_stand_in_the_order_of_their_rows_with_all_their_places() -> None:
    error = error_of(("b",), ("a",), ("b",), ("a", "b"), ("b",), multi_label=True)
    assert error is not None
    assert [fault.what for fault in error.faults] == [
        "label 'b' has 4 articles (also a.csv:36, a.csv:37, a.csv:38)",
        "label 'a' has 2 articles (also a.csv:37)",
    ]
    assert "--set data.min_per_label=2" in error.fix
    error = error_of(*[("b",)] * 6, limits=LabelLimits(8))
    assert error is not None
    assert "has 6 articles (also a.csv:35, a.csv:36, a.csv:37, …)" in error.faults[0].what


@pytest.mark.parametrize(
    ("labels", "limits", "said"),
    [
        ([], LabelLimits(5), ""),
        ([("weather",)] * 5, LabelLimits(5), ""),
        ([("weather",)], LabelLimits(1), ""),
        ([("weather",)], LabelLimits(5, frozenset({"weather"})), "labels with fewer than 5 articles: 'weather' (1 ×)"),
        ([("weather",)], LabelLimits(50), "labels with fewer than 50 articles: 'opinion' (20 ×), 'satire' (12 ×)"),
    ],
)
def test_declared_labels_and_trials_are_no_error(
    labels: list[tuple[str, ...]], limits: LabelLimits, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    assert error_of(*labels, limits=limits) is None
    assert said in caplog.text
    assert bool(caplog.messages) is bool(said)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([f"tag {n}" for n in range(30)], "30 articles have 30 different labels, such as 'tag 0'"),
        ([f"0.{n:02}" for n in range(30)], "numbers from 0 to 0.29: these are scores or ids, not classes"),
        (["ab"[n % 2] for n in range(20)] + [f"tag {n}" for n in range(25)], "hardly any label repeats"),
    ],
)
def test_labels_of_which_hardly_any_repeats_are_refused(labels: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        check_repeated([(name,) for name in labels], multi_label=False)
    assert "data.columns.label=NAME" in error.value.fix
    check_repeated([(name,) for name in labels], multi_label=True)


def test_labels_that_may_be_missing_name_one_setting_for_all_of_them_and_the_words_that_count() -> None:
    error = error_of(("-",), ("?",), limits=LabelLimits(5, missing=missing_words(["usual", "k.A."])))
    assert error is not None
    for fault in error.faults:
        assert fault.what.endswith("""--set 'data.missing=["usual", "k.A.", "-", "?"]'""")
