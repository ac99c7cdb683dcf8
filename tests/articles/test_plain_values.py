"""Values of numpy, pandas and polars become Python's own."""

import datetime as dt
import enum
import uuid
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from classifier.articles.plain_values import ForeignValue, is_missing, is_of, plain_value


class Label(str, enum.Enum):  # noqa: UP042
    SATIRE = "satire"


WINTER = dt.timezone(dt.timedelta(hours=1))


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.str_("a"), "a"),
        (Label.SATIRE, "satire"),
        (np.int64(3), 3),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (True, True),
        (bytearray(b"a"), b"a"),
        (np.array(["a", "b"]), ["a", "b"]),
        (("a", None), ["a", None]),
        ({"b", "a"}, ["a", "b"]),
        ({1: np.nan}, {"1": None}),
        (pd.Timestamp("2024-05-31"), dt.datetime(2024, 5, 31)),
        (pd.Timestamp("2024-05-31T10:00:00.123456789"), dt.datetime(2024, 5, 31, 10, 0, 0, 123456)),
        (np.datetime64("2024-05-31", "ns"), dt.datetime(2024, 5, 31)),
        (dt.date(2024, 5, 31), dt.date(2024, 5, 31)),
        (pd.Period("2024-05"), ForeignValue("Period", "2024-05")),
        (Decimal("1.5"), Decimal("1.5")),
        (dt.time(10), dt.time(10)),
        (pd.Timedelta(1, "s"), ForeignValue("Timedelta", "0 days 00:00:01")),
        (uuid.UUID(int=1), ForeignValue("UUID", "00000000-0000-0000-0000-000000000001")),
        *((missing, None) for missing in (None, np.nan, np.float32("nan"), pd.NA, pd.NaT, np.datetime64("NaT"))),
    ],
)
def test_values_become_plain(value: Any, plain: Any) -> None:
    found = plain_value(value)
    assert found == plain
    assert type(found) is type(plain)


def test_a_time_zone_stays() -> None:
    found = plain_value(pd.Timestamp("2024-01-31T10:00", tz="Europe/Oslo"))
    assert type(found) is dt.datetime
    assert found == dt.datetime(2024, 1, 31, 10, tzinfo=WINTER)


def test_what_is_there_is_not_missing() -> None:
    assert not any(is_missing(value) for value in ("", 0, False, [], {}, np.array([np.nan]), "nan"))


def test_subclasses_are_known_by_their_base() -> None:
    class Frame(pd.DataFrame):
        pass

    assert is_of(Frame(), "pandas", "DataFrame")
    assert not is_of(pd.Series(dtype=float), "pandas", "DataFrame")
