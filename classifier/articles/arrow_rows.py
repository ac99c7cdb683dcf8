"""Rows of Arrow tables as values of Python; dates and times beyond Python's become text.

Arrow counts dates from 1970 in 64 bits; Python's end with the year 9999. A file that gives them in another unit than it
says (milliseconds as seconds) has dates in the year 49503. Such a cell must not stop the reading of all others.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from classifier.errors import InputError, names

logger = logging.getLogger(__name__)


def arrow_rows(batches: Iterable[Any], name: str) -> Iterator[dict[str, Any]]:
    """The rows of record batches or tables that have the same columns; warn of dates that became text, at the end.

    Nanoseconds become microseconds, Python's smallest unit. A time in a zone that is not known is given in UTC.

    Args:
        batches: `pyarrow.RecordBatch` or `pyarrow.Table`.
        name: of the file or dataset, for messages.

    Raises:
        InputError: two columns have the same name.

    Example:
        >>> import pyarrow as pa
        >>> seconds = pa.array([0, 10**12], pa.int64()).cast(pa.timestamp("s"))
        >>> [row["date"] for row in arrow_rows([pa.table({"date": seconds})], "a.parquet")]
        [datetime.datetime(1970, 1, 1, 0, 0), '33658-09-27T01:46:40']
    """
    beyond: Counter[str] = Counter()
    zones: dict[str, str] = {}
    for batch in batches:
        present = batch.schema.names
        check_distinct(present, name)
        columns = [_column(batch, field, beyond, zones) for field in batch.schema]
        for values in zip(*columns, strict=True):
            yield dict(zip(present, values, strict=True))
    for column, zone in zones.items():
        logger.warning("%s: the time zone '%s' of column '%s' is not known; its times are in UTC", name, zone, column)
    if beyond:
        counts = ", ".join(f"{count:,} in '{column}'" for column, count in beyond.items())
        logger.warning(
            "%s: dates or times outside the years 1 to 9999 were read as text: %s (is their unit right?)", name, counts
        )


def arrow_values(array: Any) -> list[Any]:
    """The values of an array or a chunked array; those that Python's dates cannot hold as text.

    Example:
        >>> import pyarrow as pa
        >>> arrow_values(pa.array([0, -10**6], pa.int32()).cast(pa.date32()))
        [datetime.date(1970, 1, 1), '-768-02-04']
    """
    return _values(array, Counter(), "")


def check_distinct(columns: Iterable[str], name: str) -> None:
    """Raise `InputError` if two columns have the same name."""
    twice = [column for column, count in Counter(columns).items() if count > 1]
    if twice:
        raise InputError(f"{name} has several columns named {names(twice)}.", fix="Rename or remove all but one.")


def _column(batch: Any, field: Any, beyond: Counter[str], zones: dict[str, str]) -> list[Any]:
    import pyarrow as pa

    array, kind = batch.column(field.name), field.type
    if pa.types.is_timestamp(kind) and kind.tz is not None and not _is_zone(kind.tz):
        zones[field.name] = kind.tz
        array = array.cast(pa.timestamp(kind.unit, "UTC"))
    return _values(array, beyond, field.name)


def _is_zone(name: str) -> bool:
    import pyarrow as pa

    try:
        pa.scalar(0, pa.timestamp("s", name)).as_py()
    except (KeyError, ValueError, pa.ArrowException):
        return False
    return True


def _values(array: Any, beyond: Counter[str], name: str) -> list[Any]:
    import pyarrow as pa

    kind = array.type
    if getattr(kind, "unit", None) == "ns":
        array = array.cast(_microseconds(kind), safe=False)
    try:
        return array.to_pylist()  # type: ignore[no-any-return]
    except UnicodeDecodeError:
        raise
    except (OverflowError, ValueError, KeyError, pa.ArrowException):
        return [_value(scalar, beyond, name) for scalar in array]


def _microseconds(kind: Any) -> Any:
    """The type of a column of times in nanoseconds, in microseconds."""
    import pyarrow as pa

    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", kind.tz)
    return pa.duration("us") if pa.types.is_duration(kind) else pa.time64("us")


def _value(scalar: Any, beyond: Counter[str], name: str) -> Any:
    import pyarrow as pa

    try:
        return scalar.as_py()
    except UnicodeDecodeError:
        raise
    except (OverflowError, ValueError, KeyError, pa.ArrowException):
        if isinstance(scalar, pa.DictionaryScalar):
            return _value(scalar.value, beyond, name)
        if isinstance(scalar, pa.StructScalar):
            return {key: _value(scalar[key], beyond, name) for key in scalar}
        if isinstance(scalar, (pa.ListScalar, pa.LargeListScalar, pa.FixedSizeListScalar)):
            parts = [_value(part, beyond, name) for part in scalar.values]
            return [tuple(pair.values()) for pair in parts] if isinstance(scalar, pa.MapScalar) else parts
        beyond[name] += 1
        return _text(scalar)


def _text(scalar: Any) -> str:
    """A date or time as text: ISO 8601 with a year of any length; a duration with its unit."""
    import numpy as np
    import pyarrow as pa

    kind, number = scalar.type, scalar.value
    if pa.types.is_duration(kind):
        return str(np.timedelta64(number, kind.unit))
    if pa.types.is_timestamp(kind):
        return str(np.datetime64(number, kind.unit))
    if pa.types.is_date(kind):
        return str(np.datetime64(number, "D" if pa.types.is_date32(kind) else "ms"))
    return str(number)
