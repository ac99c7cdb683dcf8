import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.articles.arrow import Evidence
from classifier.articles.article import Article
from classifier.articles.csv_style import PLAIN
from classifier.articles.readers.row import Row
from classifier.articles.readers.table import read_rows
from classifier.errors import Fault, InputError
from classifier.jobs.predict.adapting import Labeller
from classifier.jobs.predict.added import More
from classifier.jobs.predict.chunks import Chunk
from classifier.jobs.predict.engine import Scored
from classifier.jobs.predict.finishing import Labels, finish, labels_of
from classifier.jobs.predict.part import Part, part_of
from classifier.jobs.predict.totals import Totals
from classifier.models.decider import Decider
from tests.makers.labelling import INFO

ROWS = (Row("a:1", {"text": "x", "error": "mine"}), Row("a:2", {"text": " "}), Row("a:3", {"text": "y", "n": 1}))
READ = (Article("1", "x"), Fault("a:2", "text is empty"), Article("3", "y"))
PART = part_of(Scored(Chunk(0, 0, ROWS, READ), np.array([[0.9, 0.1], [0.2, 0.8]], dtype=np.float32)))
GOOD = part_of(Scored(Chunk(0, 0, ROWS[:1], READ[:1]), np.array([[0.9, 0.1]], dtype=np.float32)))


def counted(*parts: Part) -> Totals:
    totals = Totals(2)
    for part in parts:
        totals.add(part)
    return totals


@pytest.mark.parametrize(
    ("part", "failed", "errors"),
    [
        (PART, True, [None, "a:2: text is empty", None]),
        (PART, None, ["none", "a:2: text is empty", "none"]),
        (GOOD, False, ["mine"]),
        (GOOD, None, ["none"]),
    ],
)
def test_reasons_stand_where_they_belong(part: Part, failed: bool | None, errors: list[object]) -> None:
    found = Labels(Labeller(Decider(INFO)), More(), failed).records(part)
    assert [record.get("error", "none") for record in found] == errors
    assert [record["label"] for record in found] == ["a", None, "b"][: len(found)]
    assert failed is False or found[0]["original_error"] == "mine"


def test_rows_in_are_rows_out(tmp_path: Path) -> None:
    plain, more = Decider(INFO), More()
    totals = counted(PART)
    finish([PART], totals, labels_of(plain, None, totals, more), tmp_path / "o.jsonl", PLAIN)
    found = [json.loads(line) for line in (tmp_path / "o.jsonl").read_text().splitlines()]
    assert [row["text"] for row in found] == ["x", " ", "y"]
    for parts in ([], [PART, PART], [GOOD]):
        with pytest.raises(InputError, match=r"3 rows were labelled, and \d are in the parts"):
            finish(parts, totals, labels_of(plain, None, totals, more), tmp_path / "p.jsonl", PLAIN)
        assert not (tmp_path / "p.jsonl").exists()


def test_evidence_for_labels_that_are_known_late_is_asked_for(tmp_path: Path) -> None:
    part = replace(PART, texts=[("t", "x", None), (None, "y", None)])
    seen: list[object] = []

    def explain(given: Part, _: object, proba: object) -> list[object]:
        seen.append([article.text for article in given.articles])
        return [[{"text": "x"}], []]

    labels = Labels(Labeller(Decider(INFO)), More(explain=True), True, explain)  # type: ignore[arg-type]
    assert [record["evidence"] for record in labels.records(part)] == [[{"text": "x"}], None, []]
    assert seen == [["x", "y"]]


def test_evidence_that_excel_cannot_hold_loses_its_weakest_sentences(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    plain, totals, more = Decider(INFO), counted(PART), More(explain=True)
    long = Evidence([{"text": "x" * 15_000, "effect": effect} for effect in (0.5, 0.1, -0.9)])
    part = replace(PART, evidence=[long, Evidence()])
    finish([part], totals, labels_of(plain, None, totals, more), tmp_path / "o.xlsx", PLAIN)
    first, *_ = (row.values for row in read_rows(tmp_path / "o.xlsx") if isinstance(row, Row))
    assert [each["effect"] for each in json.loads(first["evidence"])] == [0.5, -0.9]
    assert "the evidence of 1 article is longer than a cell of Excel" in caplog.text
