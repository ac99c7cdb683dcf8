import datetime as dt
import json

from classifier.articles.arrow import Instant, Long
from classifier.articles.new_articles import renamed
from classifier.articles.plain_values import ForeignValue
from classifier.articles.predicted_by import ModelName
from classifier.articles.readers.row import Row
from classifier.articles.writers import column_type
from classifier.jobs.predict.added import More
from classifier.jobs.predict.columns import Columns, kept

ADDED = ("label", "score", "scores", "error")


def of(*records: dict[str, object]) -> Columns:
    columns = Columns()
    columns.add([Row("a:1", record) for record in records])
    return columns


def test_kinds_are_found_in_the_order_of_the_columns() -> None:
    found = of({"text": "x", "n": 1}, {"n": 2.5, "late": None}, {"n": float("nan"), "big": 10**30})
    kinds = {"text": {str}, "n": {int, float, type(None)}, "late": {type(None)}, "big": {str}}
    assert found.beside(ADDED) == kinds and list(found.beside(ADDED)) == list(kinds)


def test_a_number_that_no_float_holds_is_a_kind_of_its_own() -> None:
    found = of({"id": 2**53, "long": 2**53 + 1, "mixed": 2**60}, {"id": -(2**53), "long": 1, "mixed": 0.5})
    assert found.beside(ADDED) == {"id": {int}, "long": {int, Long}, "mixed": {Long, float}}
    types = [str(column_type(kinds)) for kinds in found.beside(ADDED).values()]
    assert types == ["int64", "int64", "string"]  # as doubles, two ids would become one
    assert Columns.of(json.loads(json.dumps(found.stored()))) == found


def test_a_column_that_is_added_has_another_name_in_each_row() -> None:
    rows = of({"label": "a"}, {"label": 1, "original_label": None}, {"error": "x", "score_a": 1})
    found = rows.beside(ADDED)
    assert list(found) == ["original_label", "original_original_label", "original_error", "score_a"]
    assert found["original_label"] == {str, type(None)} and found["original_original_label"] == {int}
    assert kept(found) == ["original_label", "original_original_label", "original_error"]
    assert list(rows.beside(("score_a",))) == ["label", "original_label", "error", "original_score_a"]


def test_they_are_stored_and_merged_as_if_they_were_found_at_once() -> None:
    records: list[dict[str, object]] = [
        {"text": "x", "label": 1},
        {"day": dt.date(2026, 1, 1), "label": None, "original_label": ""},
        {"text": None, "other": dt.timedelta(1), "list": []},
    ]
    merged = Columns()
    for record in records:
        merged.merge(Columns.of(json.loads(json.dumps(of(record).stored()))))
    assert merged == of(*records) and list(merged.kinds) == list(of(*records).kinds)
    assert merged.beside(ADDED)["other"] == {ForeignValue}


def test_every_added_column_that_rows_have_gets_the_name_that_the_rows_get() -> None:
    every = More(abstain=True, sets=True, explain=True, wide=True, model=ModelName("first", "0"), cascade=0.99)
    added = every.columns(("a", "b"), failed=True)
    for name in added:
        row = {name: 1, f"original_{name}": 2}
        assert set(of(row).beside(added)) == set(renamed(row, added)), name


def test_times_that_name_their_zone_are_a_kind_of_their_own() -> None:
    there = dt.datetime(2024, 5, 31, 23, 30, tzinfo=dt.timezone(dt.timedelta(hours=-5)))
    here = there.replace(tzinfo=None)
    found = of({"there": there, "here": here, "mixed": there}, {"there": None, "here": here, "mixed": here})
    assert found.beside(ADDED) == {
        "there": {Instant, type(None)},
        "here": {dt.datetime},
        "mixed": {Instant, dt.datetime},
    }
    types = [str(column_type(kinds)) for kinds in found.beside(ADDED).values()]
    assert types == ["timestamp[us, tz=UTC]", "timestamp[us]", "string"]  # without the zone, another moment
    assert Columns.of(json.loads(json.dumps(found.stored()))) == found
