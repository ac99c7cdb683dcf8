"""The verb export: what it takes, writes and refuses; the formats are those of `classifier.dataset.builders`."""

import json
from pathlib import Path

import pytest

from classifier.errors import InputError
from classifier.jobs.build.build import build
from classifier.jobs.export import export
from tests.makers.articles import make_articles, write_jsonl


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(30))
    build(source, tmp_path / "data", settings={"model.name": "owner/nothing"})
    return tmp_path / "data"


def test_all_articles_have_their_split_and_one_split_has_none(dataset: Path, tmp_path: Path) -> None:
    assert export(dataset, "jsonl", tmp_path / "all.jsonl") == f"Wrote 30 articles: {tmp_path / 'all.jsonl'}"
    rows = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text().splitlines()]
    assert {row["split"] for row in rows} == {"train", "validation", "test"}
    export(str(dataset), "jsonl", str(tmp_path / "test.jsonl"), split="test")
    assert "split" not in json.loads((tmp_path / "test.jsonl").read_text().splitlines()[0])


def test_what_does_not_go_together_is_refused(dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "there.jsonl").write_text("mine")
    with pytest.raises(InputError, match="exists already"):
        export(dataset, "jsonl", tmp_path / "there.jsonl")
    with pytest.raises(InputError, match="--split does not go with --to hub"):
        export(dataset, "hub", "owner/name", split="test")
    with pytest.raises(InputError, match="--private goes with --to hub"):
        export(dataset, "jsonl", tmp_path / "new.jsonl", private=True)
    assert (tmp_path / "there.jsonl").read_text() == "mine"
