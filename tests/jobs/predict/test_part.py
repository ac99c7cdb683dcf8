import datetime as dt
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from classifier.articles.arrow import Evidence
from classifier.articles.article import Article
from classifier.articles.readers.row import Row
from classifier.errors import Fault
from classifier.jobs.predict.chunks import Chunk
from classifier.jobs.predict.engine import Scored
from classifier.jobs.predict.part import part_of, read_part, write_part

ROWS = (
    Row("a.csv:2", {"text": "Rain 漢字.", "n": 1, "day": dt.date(2026, 1, 2), "d": {"$date": "x"}, "x": 0.1}),
    Row("a.csv:3", {}),
    Row("a.csv:4", {"text": "Sun.", "t": (1, 2), "at": dt.datetime(2026, 1, 2, 3), "p": Decimal("1.10"), "b": b"\0"}),
)
READ = (
    Article("1", "Rain 漢字.", title="A", source="www.A.org"),
    Fault("a.csv:3", "3 cells", "ragged row", ["cells"], "7"),
    Article("2", "Sun."),
)
SCORED = Scored(
    Chunk(3, 9, ROWS, READ),
    np.array([[0.1, 0.9], [1 / 3, 2 / 3]], dtype=np.float32),
    (Evidence([{"part": "text", "start": 0, "end": 4, "text": "Rain", "effect": 0.1234}]), Evidence()),
)


@pytest.mark.parametrize("texts", [False, True])
def test_a_part_is_read_as_it_was_written(tmp_path: Path, texts: bool) -> None:
    part = part_of(SCORED, texts=texts)
    write_part(tmp_path / "p", part)
    found = read_part(tmp_path / "p")
    assert found is not None
    assert found.proba.tobytes() == SCORED.proba.tobytes()
    assert found.rows == list(ROWS) == part.rows
    assert list(found.evidence or ()) == list(SCORED.evidence or ()) and type((found.evidence or [0])[0]) is Evidence
    assert [str(fault) for fault in found.failed] == ["a.csv:3 (id '7'): 3 cells"]
    assert found.failed[0].kind == "ragged row"
    assert list(found.sources) == list(part.sources) == ["a.org", "", ""]
    assert (found.number, found.fingerprint) == (3, SCORED.chunk.fingerprint())
    assert found.columns == part.columns
    assert [article.text for article in found.articles] == (["Rain 漢字.", "Sun."] if texts else [])


def test_a_part_without_any_article(tmp_path: Path) -> None:
    chunk = Chunk(0, 0, ROWS[1:2], READ[1:2])
    write_part(tmp_path / "p", part_of(Scored(chunk, np.zeros((0, 2), dtype=np.float32))))
    found = read_part(tmp_path / "p")
    assert found is not None and found.proba.shape == (0, 2) and len(found.rows) == 1


def test_any_damaged_byte_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "p"
    write_part(path, part_of(SCORED))
    whole = path.read_bytes()
    expected = read_part(path)
    assert expected is not None
    for at in range(0, len(whole), 5):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x5A]) + whole[at + 1 :])
        found = read_part(path)
        assert found is None or (found.fingerprint == expected.fingerprint and found.columns == expected.columns)
        assert found is None or (found.rows, found.proba.tolist()) == (expected.rows, expected.proba.tolist())
    path.write_bytes(whole[: len(whole) // 2])
    assert read_part(path) is None
    path.write_bytes(b"")
    assert read_part(path) is None


def test_scores_that_do_not_belong_to_the_articles_are_refused() -> None:
    with pytest.raises(RuntimeError, match="1 scores for 2 articles"):
        part_of(Scored(SCORED.chunk, SCORED.proba[:1]))


def test_an_article_whose_scores_are_no_numbers_is_a_bad_row() -> None:
    proba = np.array([[np.nan, 0.9], [0.2, 0.8]], dtype=np.float32)
    part = part_of(replace(SCORED, proba=proba, skipped=np.array([True, False])), texts=True)
    assert part.skipped == [False]
    assert [fault and fault.name for fault in part.faults] == ["no scores", "ragged row", None]
    assert part.faults[0] is not None and str(part.faults[0]).startswith("a.csv:2: the model gives it scores that are")
    assert part.proba.tolist() == proba[1:].tolist()
    assert list(part.evidence or ()) == [Evidence()] and [a.text for a in part.articles] == ["Sun."]
    assert part.fingerprint == SCORED.chunk.fingerprint()
