import logging

import numpy as np
import pytest

from classifier.articles.article import Article
from classifier.articles.readers.row import Row
from classifier.errors import Fault, InputError
from classifier.jobs.predict import totals as totals_module
from classifier.jobs.predict.chunks import Chunk
from classifier.jobs.predict.engine import Scored
from classifier.jobs.predict.part import Part, part_of
from classifier.jobs.predict.totals import Totals


def part(number: int, good: int, bad: int) -> Part:
    rows = tuple(Row(f"a:{number}{n}", {"n": n}) for n in range(good + bad))
    articles = [Article("1", "x", source="a.org")] * good
    read = (*articles, *(Fault(row.where, "text is empty", f"kind {number}") for row in rows[good:]))
    return part_of(Scored(Chunk(number, 0, rows, read), np.full((good, 2), number, dtype=np.float32)))


def test_parts_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    totals = Totals(2, keep_scores=True)
    totals.add(part(0, 3, 1))
    totals.add(part(1, 0, 4))
    assert (totals.parts, totals.rows, totals.articles, totals.failed) == (2, 8, 3, 5)
    assert totals.scores.tolist() == [[0, 0]] * 3 and totals.sources == ["a.org"] * 3
    totals.check_some()
    with caplog.at_level(logging.WARNING):
        totals.say_failed()
    assert "5 of 8 rows could not be labelled" in caplog.text
    assert "(4 × kind 1, 1 × kind 0: a:03: text is empty; a:10: text is empty; a:11: text is empty; …)" in caplog.text
    error = totals.strict_error("'o.csv'")
    assert "All rows are in 'o.csv'" in error.message and len(error.faults) == 5


def test_few_bad_rows_are_kept_and_all_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(totals_module, "KEPT", 3)
    totals = Totals(2)
    for number in range(3):
        totals.add(part(number, 1, 2))
    assert (len(totals.faults), totals.failed, totals.kinds.total()) == (3, 6, 6)
    assert totals.scores.shape == (0, 2)


def test_an_input_without_an_article_is_refused() -> None:
    with pytest.raises(InputError, match="holds no articles"):
        Totals(2).check_some()
    totals = Totals(2)
    totals.add(part(0, 0, 2))
    with pytest.raises(InputError, match="None of 2 rows can be labelled") as refused:
        totals.check_some()
    assert len(refused.value.faults) == 2
