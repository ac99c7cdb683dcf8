import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pytest

from classifier.articles.article import Article
from classifier.articles.labels import find_labels
from classifier.dataset.disjoint import check_disjoint
from classifier.dataset.folder import DatasetFolder, open_dataset
from classifier.dataset.info import DatasetInfo, read_dataset_info
from classifier.dataset.splits import Assignment
from classifier.dataset.writer import write_dataset
from classifier.errors import InputError
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.corpora import make_corpus
from tests.makers.sources import made

pytestmark = pytest.mark.usefixtures("quick_builds")


@pytest.fixture(scope="module")
def folds(tmp_path_factory: pytest.TempPathFactory) -> DatasetFolder:
    folder = tmp_path_factory.mktemp("folds")
    articles = make_articles(120)
    twins = [Article(f"twin{i}", articles[i].text.upper(), articles[i].labels, source="source1") for i in range(1, 10)]
    source = write_jsonl(folder / "a.jsonl", [*articles, *twins])
    return made(source, folder / "data", "split.folds=4", "data.duplicates=drop", "split.validation_size=0.15")


def changed(folder: Path, name: str, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> DatasetFolder:
    """The dataset after the rows of one of its Arrow folders were changed by hand."""
    before = datasets.load_from_disk(str(folder / name))
    rows = change(before.to_list())
    after = datasets.Dataset.from_list(rows, features=before.features)
    shutil.rmtree(folder / name)
    after.save_to_disk(str(folder / name))
    return DatasetFolder(folder, read_dataset_info(folder / "dataset.json"))


def test_a_leak_in_a_changed_folder_is_seen(tmp_path: Path) -> None:
    made(write_jsonl(tmp_path / "a.jsonl", make_articles(40)), tmp_path / "data")
    folder = tmp_path / "data"
    check_disjoint(open_dataset(folder))
    other = next(open_dataset(folder).articles("train"))
    shutil.copytree(folder, tmp_path / "id")
    with pytest.raises(InputError, match=f"The id of article '{other.id}' is in two splits"):
        check_disjoint(changed(tmp_path / "id", "test", lambda rows: [{**rows[0], "id": other.id}, *rows[1:]]))
    shutil.copytree(folder, tmp_path / "text")
    with pytest.raises(InputError, match=r"The text of article .* is in two splits"):
        check_disjoint(
            changed(tmp_path / "text", "test", lambda rows: [{**rows[0], "text": f" {other.text.upper()}"}, *rows[1:]])
        )


def test_a_text_may_be_in_the_tests_of_two_folds_if_each_leaves_the_other_out(tmp_path: Path) -> None:
    articles = [replace(a, source=f"s{i % 12}") for i, a in enumerate(make_articles(120))]
    copies = [replace(a, id=f"copy{i}", source=f"s{(5 * i + 1) % 12}") for i, a in enumerate(articles[:12])]
    source = write_jsonl(tmp_path / "a.jsonl", [*articles, *copies])
    dataset = made(source, tmp_path / "data", "split.folds=3", "split.group_by=source")
    check_disjoint(dataset)
    table = dataset.assigned()
    fold = dict(zip(table["id"].to_pylist(), table["fold"].to_pylist(), strict=True))
    assert any(fold[a.id] != fold[f"copy{i}"] for i, a in enumerate(articles[:12]))
    rows = [dataset.units(["a0", "copy0"]), dataset.units_with_copies(["a0", "copy0"])]
    assert [one == other for one, other in rows] == [False, True]
    assert len(set(dataset.units_with_copies(list(fold)))) < 12
    opened = open_dataset(tmp_path / "data")
    assert {article.id for split in ("train", "validation") for article in opened.in_fold(1).articles(split)} < set(
        fold
    )


@pytest.mark.parametrize(
    "change",
    [lambda rows: rows[1:], lambda rows: [*rows, {**rows[0], "id": "new", "text": "new"}], lambda rows: rows[::-1]],
    ids=["removed", "added", "reordered"],
)
@pytest.mark.parametrize("folds", [(), ("split.folds=3",)], ids=["splits", "folds"])
def test_a_folder_with_other_articles_than_were_built_is_refused(
    change: Callable[[list[Any]], list[Any]], folds: tuple[str, ...], tmp_path: Path
) -> None:
    made(write_jsonl(tmp_path / "a.jsonl", make_articles(40)), tmp_path / "data", *folds)
    dataset = changed(tmp_path / "data", "articles" if folds else "train", change)
    with pytest.raises(InputError, match=r"holds other articles than its splits\.parquet lists"):
        check_disjoint(dataset)


def test_a_text_in_two_folds_of_a_changed_folder_is_seen(tmp_path: Path) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(40))
    dataset = made(source, tmp_path / "data", "split.folds=3")
    check_disjoint(dataset)
    fold = dict(zip(dataset.assigned()["id"].to_pylist(), dataset.assigned()["fold"].to_pylist(), strict=True))
    other = next(i for i in range(40) if fold[f"a{i}"] != fold["a0"])
    text = make_articles(40)[other].text
    with pytest.raises(InputError, match=r"The text of article .* is in two splits"):
        check_disjoint(changed(tmp_path / "data", "articles", lambda rows: [{**rows[0], "text": text}, *rows[1:]]))


def test_check_disjoint_sees_shared_ids_and_texts(tmp_path: Path) -> None:
    a, b, c = make_articles(3)
    info = DatasetInfo(find_labels([x.labels for x in (a, b, c)]).names, False, False, "given", (), {}, (), (), {})

    def check(*articles: Article) -> None:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        corpus = make_corpus(articles, folder / "spool")
        write_dataset(folder, corpus, Assignment(np.array([0, 2]), np.array([0, 1]), {}), info)
        check_disjoint(DatasetFolder(folder, info))

    check(a, b)
    with pytest.raises(InputError, match="text of article"):
        check(a, Article("twin", a.text.upper(), b.labels))
    with pytest.raises(InputError, match="id of article"):
        check(a, Article(a.id, b.text, b.labels))
