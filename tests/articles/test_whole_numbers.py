from decimal import Decimal
from typing import Any

import pytest

from classifier.articles.whole_numbers import are_numbers, whole


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("3.0", "3"),
        (" 3.00 ", "3"),
        ("-1.0", "-1"),
        (3.0, 3),
        (Decimal("3.0"), 3),
        ([1.0, "2.0", "a"], [1, "2", "a"]),
        *((same, same) for same in ("0.5", 0.5, "01", "01.0", "v3.0", "3.", "1e3", "", None, True, float("inf"), 7)),
    ],
)
def test_a_whole_number_written_as_a_float_is_the_whole_number(value: Any, expected: Any) -> None:
    assert whole(value) == expected
    assert type(whole(value)) is type(expected)


def test_text_stays_where_the_column_is_not_of_numbers() -> None:
    assert whole("3.0", text=False) == "3.0"
    assert whole(3.0, text=False) == 3


@pytest.mark.parametrize(
    ("values", "expected"), [(["1", 2, "0.5"], True), (["1", "two"], False), ([True], False), ([], False)]
)
def test_a_column_is_of_numbers_if_all_its_values_are(values: list[Any], expected: bool) -> None:
    assert are_numbers(values) is expected
