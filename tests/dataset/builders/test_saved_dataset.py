from __future__ import annotations

from pathlib import Path

import pytest

from classifier.articles.article import Article
from classifier.dataset.builders import saved_dataset as disk
from classifier.errors import InputError


def test_a_saved_dataset_dict_gives_its_parts(tmp_path: Path) -> None:
    import datasets

    data = datasets.Dataset.from_dict({"text": ["some words", "more words"], "label": [0, -1], "n": [1, 2]})
    data = data.cast_column("label", datasets.ClassLabel(names=["x"]))
    splits = {"train": data, "dev": data.select([0]), "unsupervised": data}
    datasets.DatasetDict(splits).save_to_disk(str(tmp_path / "dict"))
    parts = {part: list(items) for part, items in disk.read(tmp_path / "dict", {}).items()}
    assert {part: len(items) for part, items in parts.items()} == {"train": 2, "validation": 1}
    first, fault = parts["train"]
    assert isinstance(first, Article) and (first.labels, first.extra) == (("x",), {"n": 1})
    assert str(fault) == f"{tmp_path / 'dict'}[train], row 2: label is empty"
    for name, split in (("train", data), ("test", data.select([0]))):
        split.save_to_disk(str(tmp_path / "folder" / name))
    assert list(disk.read(tmp_path / "folder", {})) == ["train", "test"]
    with pytest.raises(InputError, match="is no dataset that was saved to disk"):
        disk.read(tmp_path, {})
    with pytest.raises(InputError, match="is no folder"):
        disk.read(tmp_path / "nowhere", {})


def test_a_dataset_with_folds_is_read_from_disk(tmp_path: Path) -> None:
    from classifier.jobs.building.build import build
    from tests.makers.articles import make_articles, write_jsonl

    source = write_jsonl(tmp_path / "a.jsonl", make_articles(40))
    build(str(source), tmp_path / "folds", settings={"split.folds": 4})
    parts = disk.read(tmp_path / "folds", {})
    assert {part: len(list(items)) for part, items in parts.items()} == {"all": 40}
