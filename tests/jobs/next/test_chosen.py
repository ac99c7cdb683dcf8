"""What is written of the articles that were chosen."""

import json
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from classifier.articles.article import Article
from classifier.articles.labels import LabelSet
from classifier.jobs.next.chosen import added_columns, write_rows, write_tasks
from classifier.stats.selection import Selection
from classifier.stats.thresholds import decide

PROBA = np.array([[0.5, 0.3, 0.2], [0.1, 0.8, 0.1], [0.34, 0.33, 0.33]], dtype=np.float32)
CHOSEN = Selection(np.array([2, 0]), np.array([3, 1]))


def judge(**more: object) -> Any:
    found = {"labels": LabelSet(("a", "b", "c")), "thresholds": None, "decide": partial(decide, multi_label=False)}
    return SimpleNamespace(**{**found, **more})


def test_each_choice_says_why() -> None:
    scores = np.array([0.7, 0.2, 0.99], dtype=np.float32)
    first, second = added_columns(CHOSEN, PROBA, scores, judge())
    assert first == {
        "rank": 1,
        "guess": "a",
        "score": 0.99,
        "why": "a 0.34, b 0.33; one of 3 candidates that are alike",
    }
    assert second["why"] == "a 0.50, b 0.30; unlike the other candidates"
    limits = [0.4, 0.6, 0.25]
    by_thresholds = partial(decide, multi_label=True, thresholds=limits)
    several = judge(labels=LabelSet(("a", "b", "c"), multi_label=True), thresholds=limits, decide=by_thresholds)
    assert "c 0.33, its threshold is 0.25" in added_columns(CHOSEN, PROBA, scores, several)[0]["why"]


def test_the_guess_is_the_label_that_is_given_which_need_not_have_the_highest_score() -> None:
    given = judge(decide=lambda proba: np.full(len(proba), 1))
    first, second = added_columns(CHOSEN, PROBA, np.array([0.7, 0.2, 0.99], dtype=np.float32), given)
    assert [first["guess"], second["guess"]] == ["b", "b"]
    assert second["why"].startswith("b 0.30, a 0.50; ")


def test_rows_and_tasks_are_written_without_an_answer(tmp_path: Path) -> None:
    rows = [{"id": "1", "text": "One.", "rank": 1, "guess": "a"}]
    write_rows(tmp_path / "next.jsonl", rows)
    assert json.loads((tmp_path / "next.jsonl").read_text()) == rows[0]
    write_tasks(tmp_path / "t.json", [Article("1", "One.", ("a",))], [{"rank": 1, "guess": "a"}])
    task = json.loads((tmp_path / "t.json").read_text())[0]
    assert task["data"]["text"] == "One."
    assert not task.get("annotations")
