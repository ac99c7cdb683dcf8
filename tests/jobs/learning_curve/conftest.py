"""What tests of learning curves share."""

from dataclasses import replace

import pytest

from classifier.dataset.folder import DatasetFolder
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.sources import made


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> DatasetFolder:
    """200 articles of 20 sources, each in one split."""
    folder = tmp_path_factory.mktemp("curve")
    articles = [replace(article, source=f"source{i % 20}") for i, article in enumerate(make_articles(200))]
    source = write_jsonl(folder / "a.jsonl", articles)
    return made(source, folder / "data", "split.group_by=source", "split.validation_size=0.2")
