import numpy as np
import pytest

from classifier.errors import InputError
from classifier.evaluation.shares.covariates import complete_rows, make_covariates, typed_columns, unlabelled_levels
from classifier.evaluation.shares.input_columns import NONE
from classifier.evaluation.shares.model_formula import ModelFormula

pytest.importorskip("formulaic")
PLACE = ["x", "y", "x", "z", "y", "x"]
WORDS = ["1", "2.5", "-3", "4e1", ".5", "6"]


def model(covariates: str) -> ModelFormula:
    return ModelFormula(f"a ~ {covariates}", ("a",), covariates, ())


def test_numbers_are_numbers_and_periods_are_levels() -> None:
    found = typed_columns({"words": WORDS, "place": PLACE, "year": ["2024"] * 6}, frozenset({"year"}))
    assert found["words"].tolist() == [1, 2.5, -3, 40, 0.5, 6]
    assert found["place"].dtype == found["year"].dtype == object
    assert typed_columns({"n": ["1", "1_0"]}, frozenset())["n"].dtype == object


def test_missing_values_are_found_in_both_kinds() -> None:
    found = typed_columns({"words": ["1", NONE, "2"], "place": ["x", "y", NONE]}, frozenset())
    assert complete_rows(found, 3).tolist() == [True, False, False]


def test_a_column_of_numbers_with_words_among_them_is_no_list_of_levels() -> None:
    values = [str(i) for i in range(300)] + ["n/a"]
    with pytest.raises(
        InputError, match=r"'words' has 301 different values(.|\n)*1 of them are no numbers, such as 'n/a'"
    ):
        typed_columns({"words": values}, frozenset())


def test_levels_without_labelled_articles_are_named() -> None:
    columns = typed_columns({"place": PLACE}, frozenset())
    by_hand = np.array([True, True, False, False, False, False])
    assert list(unlabelled_levels(columns, np.ones(6, dtype=bool), by_hand)) == [("place", ["z"])]


def test_a_setting_is_the_mean_row_if_all_had_that_level() -> None:
    columns = typed_columns({"place": PLACE * 2, "words": [*WORDS, *reversed(WORDS)]}, frozenset())
    found = make_covariates(model("place * words"), columns, 12, np.arange(12))
    assert found.terms == ("Intercept", "place[T.y]", "place[T.z]", "words", "place[T.y]:words", "place[T.z]:words")
    assert found.levels == {"place": ("x", "y", "z")}
    mean = columns["words"].mean()
    assert found.patterns @ found.setting("place", "y") == pytest.approx([1, 1, 0, mean, mean, 0])
    assert found.patterns @ found.setting("place", "x") == pytest.approx([1, 0, 0, mean, 0, 0])


def test_numbers_can_be_taken_as_levels() -> None:
    columns = typed_columns({"stars": ["1", "2", "5", "1", "2", "5"]}, frozenset())
    assert make_covariates(model("stars"), columns, 6, np.arange(6)).levels == {}
    found = make_covariates(model("C(stars)"), columns, 6, np.arange(6))
    assert found.levels == {"stars": ("1", "2", "5")}
    assert found.patterns @ found.setting("stars", "5") == pytest.approx([1, 0, 1])


def test_a_model_may_have_no_covariate() -> None:
    assert make_covariates(model("1"), {}, 4, np.arange(2)).design.tolist() == [[1.0]] * 4


@pytest.mark.parametrize(
    ("covariates", "words"),
    [
        ("place + twice", "cannot be told from the other terms in these articles"),
        ("foo(words)", "name 'foo' is not defined"),
        ("log(words)", "is not a number for some articles"),
        ("place.upper", "place.upper"),
    ],
)
def test_what_cannot_be_evaluated_is_one_error(covariates: str, words: str) -> None:
    columns = typed_columns({"place": PLACE, "words": WORDS, "twice": [f"{p}{p}" for p in PLACE]}, frozenset())
    with pytest.raises(InputError) as error:
        make_covariates(model(covariates), columns, 6, np.arange(6))
    assert words in str(error.value)


def test_terms_that_the_labelled_articles_do_not_tell_apart() -> None:
    columns = typed_columns({"place": PLACE, "desk": ["d", "e", "d", "d", "e", "e"]}, frozenset())
    with pytest.raises(InputError, match="in the labelled articles"):
        make_covariates(model("place + desk"), columns, 6, np.array([0, 1, 2, 3, 4]))
