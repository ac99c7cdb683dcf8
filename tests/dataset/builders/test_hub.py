from pathlib import Path

import datasets
import huggingface_hub.constants
import pytest

from classifier.articles.article import Article
from classifier.errors import InputError
from classifier.jobs.building.build import build
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.corpora import read_parts
from tests.makers.sources import data_settings


def test_the_hub_path_with_a_local_folder(tmp_path: Path) -> None:
    (tmp_path / "hub").mkdir()
    write_jsonl(tmp_path / "hub" / "train.jsonl", make_articles(30))
    write_jsonl(tmp_path / "hub" / "test.jsonl", make_articles(6, seed=4))
    parts = read_parts(data_settings(builder="hub", path=str(tmp_path / "hub")))
    assert {name: len(found) for name, found in parts.items()} == {"train": 30, "test": 6}
    assert parts["train"][0] == Article(
        "a0", make_articles(1)[0].text, ("opinion",), source="source0", date="2024-01-01", where=parts["train"][0].where
    )
    assert parts["train"][1].where.endswith("[train], row 2")
    info = build(f"hub:{tmp_path / 'hub'}", tmp_path / "data").info
    assert (info.split_method, info.counts["test"].articles) == ("given", 6)


def test_a_hub_dataset_of_one_split_is_split(tmp_path: Path) -> None:
    (tmp_path / "hub").mkdir()
    write_jsonl(tmp_path / "hub" / "train.jsonl", make_articles(30))
    info = build(f"hub:{tmp_path / 'hub'}", tmp_path / "data").info
    assert (info.split_method, info.counts["train"].articles) == ("stratified", 21)


def test_a_missing_hub_dataset_is_bad_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match="hub:owner/no-such-dataset cannot be loaded"):
        read_parts(data_settings(builder="hub", path="owner/no-such-dataset"))
