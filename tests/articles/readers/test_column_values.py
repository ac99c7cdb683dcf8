import pytest

from classifier.articles.readers.column_values import ColumnValues

ROWS = [[f"a{n}", str(n), "news" if n % 2 else "satire", f"Words of title {n} and more"] for n in range(60)]


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        (0, "a71", True),
        (0, "b71", False),
        (1, "71", None),
        (1, "prose", False),
        (2, "news", True),
        (2, " news", False),
        (2, "sport", False),
        (3, "Some words", None),
        (3, "Words of title 5 and more", True),
    ],
)
def test_a_value_is_like_those_of_its_column_or_not(column: int, value: str, expected: bool | None) -> None:
    values = ColumnValues(4)
    for row in ROWS:
        values.learn(row)
    assert values.fits(column, value) is expected


def test_few_values_do_not_exclude_a_new_one_that_looks_like_them() -> None:
    values = ColumnValues(1)
    for label in ("news", "satire") * 3:
        values.learn([label])
    assert [values.fits(0, value) for value in ("opinion", " Germany", "and the council left", "")] == [
        None,
        False,
        False,
        None,
    ]
