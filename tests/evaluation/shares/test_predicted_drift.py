import json
import math

import numpy as np
import pytest

from classifier.articles.article import Article
from classifier.articles.readers.row import Row
from classifier.evaluation.drift import LOOKED_AT, NewArticles
from classifier.evaluation.shares.input_columns import InputColumns
from classifier.evaluation.shares.predicted_drift import PredictedArticles, highest_score

SCORES = [{"label": "b", "score": 0.75}, {"label": "a", "score": 0.25}]


def test_rows_become_articles_as_they_are_read_for_prediction() -> None:
    present = ["id", "Text", "Outlet", "label", "scores"]
    layout = InputColumns.find(present, (), {"text": "Text", "source": "Outlet"})
    seen = PredictedArticles(("a", "b"))
    for n in range(30):
        row = {"id": n, "Text": f"Text {n}.", "Outlet": "Post", "label": "b", "scores": json.dumps(SCORES)}
        seen.see(layout, Row(f"p.csv:{n + 2}", row))
    found = {article.id: article for article in seen.new.articles}
    assert found["7"] == Article("7", "Text 7.", source="Post", where="p.csv:9")
    assert seen.new.scores.tolist() == [0.75] * 30 and seen.new.seen == 30


def test_the_same_rows_are_kept_as_of_a_prediction() -> None:
    count = LOOKED_AT * 2 + 500
    layout = InputColumns.find(["id", "text"], (), {})
    seen, new = PredictedArticles(("a", "b")), NewArticles()
    for n in range(count):
        seen.see(layout, Row(f"p:{n}", {"id": str(n), "text": "Rain."}))
    new.add([Article(str(n), "Rain.") for n in range(count)], np.full((count, 1), 0.5, dtype=np.float32))
    assert [a.id for a in seen.new.articles] == [a.id for a in new.articles] and seen.new.seen == count


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"scores": SCORES}, 0.75),
        ({"scores": json.dumps(SCORES)}, 0.75),
        ({"score_a": 0.4, "score_b": "0.6"}, 0.6),
        ({"score_a": 0.4, "score_b": 0.6, "score_reddit": 812, "score_note": "good"}, 0.6),
        ({"scores": SCORES, "predicted_by": "genre with shares a=0.9,b=0.1 (3f9a2c1b7d04)"}, None),
        ({"scores": SCORES, "predicted_by": "genre with cascade 0.99 (3f9a2c1b7d04)"}, None),
        ({"scores": "spoilt"}, None),
        ({"score_a": ""}, None),
        ({"label": "a", "score": 0.4}, None),
    ],
)
def test_the_highest_score_is_that_of_the_model_alone(values: dict[str, object], expected: float | None) -> None:
    found = highest_score(values, ("a", "b"))
    assert math.isnan(found) if expected is None else found == expected
