from pathlib import Path

import pytest

from classifier.dataset.folder import DatasetFolder, open_dataset
from classifier.jobs.building.build import build
from tests.makers.articles import make_articles, write_jsonl


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> DatasetFolder:
    """150 articles, on which the tests of a module train."""
    folder = tmp_path_factory.mktemp("data")
    source = write_jsonl(folder / "articles.jsonl", make_articles(150))
    build(str(source), folder / "dataset", settings={"model.name": str(checkpoint), "model.max_length": 48})
    return open_dataset(folder / "dataset")
