import json
from pathlib import Path

import pytest

from tests.makers.articles import make_articles
from tests.makers.sources import made

pytestmark = pytest.mark.usefixtures("quick_builds")


def test_a_column_that_is_called_like_a_standard_one_survives_beside_it(tmp_path: Path) -> None:
    lines = [
        {
            "key": a.id,
            "id": i,
            "body": a.text,
            "text": "short",
            "genre": a.labels[0],
            "label": "other",
            "headline": "of the article",
            "title": "of the author",
            "target": "a goal",
            "original_label": "older",
        }
        for i, a in enumerate(make_articles(30))
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    columns = {"id": "key", "text": "body", "label": "genre", "title": "headline"}
    settings = [f"data.columns.{name}={column}" for name, column in columns.items()]
    dataset = made(tmp_path / "a.jsonl", tmp_path / "data", *settings, "data.pair=false")
    assert not dataset.info.pair
    for article in dataset.articles():
        i = int(article.id.removeprefix("a"))
        assert (article.text, article.title, article.target) == (make_articles(30)[i].text, "of the article", None)
        assert article.extra == {
            "id": i,
            "text": "short",
            "label": "other",
            "title": "of the author",
            "target": "a goal",
            "original_label": "older",
        }
    assert {"original_id", "original_label", "title", "original_title"} <= set(dataset.load("train").column_names)
