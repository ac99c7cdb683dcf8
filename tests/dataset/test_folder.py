import json
import shutil
from dataclasses import asdict
from pathlib import Path

import datasets
import pytest

from classifier.articles.article import Article
from classifier.dataset.folder import DatasetFolder, is_dataset, open_dataset, run_dataset
from classifier.dataset.info import Counts
from classifier.errors import InputError
from classifier.files import write_json
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.sources import made

pytestmark = pytest.mark.usefixtures("quick_builds")


def test_a_dataset_folder_gives_back_what_went_in(tmp_path: Path) -> None:
    articles = make_articles(60, pair=True)
    dataset = made(write_jsonl(tmp_path / "a.jsonl", articles), tmp_path / "data")
    read = {article.id: article for article in open_dataset(tmp_path / "data").articles()}
    assert len(read) == 60
    for article in articles:
        found = read[article.id]
        for name in ("id", "text", "labels", "target", "source", "date", "title", "url"):
            assert getattr(found, name) == getattr(article, name)
    where = [article.where for article in dataset.articles("test")]
    assert where[:2] == [f"{tmp_path / 'data'}/test, row 1", f"{tmp_path / 'data'}/test, row 2"]


def test_a_dataset_is_opened_by_a_path_or_its_name(tmp_path: Path) -> None:
    dataset = made(write_jsonl(tmp_path / "a.jsonl", make_articles(60)), tmp_path / "data")
    assert is_dataset(str(dataset.path)) and not is_dataset(str(tmp_path))
    assert open_dataset(str(dataset.path)) == open_dataset(dataset.path)


def test_the_datasets_library_reads_the_folder(tmp_path: Path) -> None:
    articles = make_articles(60)
    dataset = made(write_jsonl(tmp_path / "a.jsonl", articles), tmp_path / "data")
    for split in ("train", "validation", "test"):
        plain = datasets.load_from_disk(str(tmp_path / "data" / split))
        assert plain.features["label"] == datasets.ClassLabel(names=["opinion", "reporting", "satire"])
        assert plain.column_names == ["id", "text", "label", "source", "date"]
        assert len(plain) == dataset.info.counts[split].articles
        for row in plain:
            article = articles[int(row["id"].removeprefix("a"))]
            assert (row["text"], row["source"]) == (article.text, article.source)
            assert plain.features["label"].int2str(row["label"]) == article.labels[0]
        assert plain.filter(lambda row: row["label"] == 0).num_rows == dataset.info.counts[split].labels["opinion"]


def test_labels_and_columns_are_read_without_the_texts(tmp_path: Path) -> None:
    dataset = made(write_jsonl(tmp_path / "a.jsonl", make_articles(60)), tmp_path / "data")
    articles = list(dataset.articles("train"))
    assert dataset.labels("train") == [article.labels for article in articles]
    assert dataset.column("train", "source") == [article.source for article in articles]
    assert dataset.column("train", "nothing") == []
    with pytest.raises(InputError, match="has no split 'dev'"):
        list(dataset.articles("dev"))


@pytest.fixture(scope="module")
def folds(tmp_path_factory: pytest.TempPathFactory) -> DatasetFolder:
    folder = tmp_path_factory.mktemp("folds")
    articles = make_articles(120)
    twins = [Article(f"twin{i}", articles[i].text.upper(), articles[i].labels, source="source1") for i in range(1, 10)]
    source = write_jsonl(folder / "a.jsonl", [*articles, *twins])
    return made(
        source,
        folder / "data",
        "split.folds=4",
        "data.duplicates=drop",
        "split.validation_size=0.15",
        "split.group_by=[]",
    )


def test_a_dataset_with_folds_has_no_splits_until_one_is_chosen(folds: DatasetFolder) -> None:
    assert folds.splits == ()
    assert len(list(folds.articles())) == 120
    assert {path.name for path in folds.path.iterdir()} == {
        "articles",
        "checksums.json",
        "dataset.json",
        "splits.parquet",
    }
    assert list(folds.counts()) == ["fold 1", "fold 2", "fold 3", "fold 4"]
    assert sum(counts.articles for counts in folds.counts().values()) == 120
    with pytest.raises(InputError, match=r"has no split 'test'\.\nFix: It has folds: name one\."):
        list(folds.articles("test"))


def test_every_article_is_tested_in_exactly_one_fold(folds: DatasetFolder) -> None:
    tested: list[str] = []
    for k in range(1, 5):
        fold = folds.in_fold(k)
        assert fold.splits == ("train", "validation", "test")
        ids = {split: {article.id for article in fold.articles(split)} for split in fold.splits}
        assert sum(map(len, ids.values())) == len(set().union(*ids.values())) == 120
        assert 12 <= len(ids["validation"]) <= 24
        assert {a.id for a in fold.articles()} == {f"a{i}" for i in range(120)}
        tested += ids["test"]
    assert sorted(tested) == sorted(f"a{i}" for i in range(120))


def test_the_splits_of_a_fold_are_read_like_those_of_a_folder(folds: DatasetFolder) -> None:
    fold = folds.in_fold(2)
    articles = list(fold.articles("test"))
    assert fold.labels("test") == [article.labels for article in articles]
    assert fold.column("test", "source") == [article.source for article in articles]
    counts = fold.counts()
    assert counts["test"] == folds.counts()["fold 2"]
    assert counts["test"] == Counts(len(articles), {"opinion": 10, "reporting": 10, "satire": 10})
    assert sum(found.articles for found in counts.values()) == 120


def test_splits_parquet_of_folds_says_both_the_fold_and_the_splits(folds: DatasetFolder) -> None:
    rows = folds.assigned().to_pylist()
    assert list(rows[0]) == ["id", "fold", "fold_1", "fold_2", "fold_3", "fold_4", "unit"]
    for row in rows:
        splits = [row[f"fold_{k}"] for k in range(1, 5)]
        if row["id"].startswith("twin"):
            assert row["fold"] is None
            assert splits == [None] * 4
        else:
            assert [k for k in range(1, 5) if splits[k - 1] == "test"] == [row["fold"]]


@pytest.mark.parametrize(
    ("fold", "message"),
    [
        (None, r"has 4 folds\.\nFix: Add --fold K, or --all-folds\."),
        (0, "There is no fold 0: .* has 1 to 4"),
        (5, "There is no fold 5: .* has 1 to 4"),
    ],
)
def test_a_fold_that_there_is_not_is_refused(folds: DatasetFolder, fold: int | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        folds.in_fold(fold)


def test_a_dataset_without_folds_has_none_to_choose(tmp_path: Path) -> None:
    dataset = made(write_jsonl(tmp_path / "a.jsonl", make_articles(30)), tmp_path / "data")
    assert dataset.in_fold(None) == dataset
    with pytest.raises(InputError, match=r"has no folds\.\nFix: Build it with --set split\.folds=10"):
        dataset.in_fold(1)


def test_a_missing_or_spoilt_splits_parquet_is_bad_input(tmp_path: Path) -> None:
    dataset = made(write_jsonl(tmp_path / "a.jsonl", make_articles(30)), tmp_path / "data")
    (tmp_path / "data" / "splits.parquet").write_text("nonsense")
    with pytest.raises(InputError, match=r"splits\.parquet. cannot be read"):
        dataset.assigned()
    (tmp_path / "data" / "splits.parquet").unlink()
    with pytest.raises(InputError, match=r"There is no file .*splits\.parquet"):
        dataset.assigned()


def test_an_unknown_version_and_damage_are_refused(tmp_path: Path) -> None:
    made(write_jsonl(tmp_path / "a.jsonl", make_articles(30)), tmp_path / "data")
    file = tmp_path / "data" / "dataset.json"
    values = json.loads(file.read_text())
    file.write_text(json.dumps({**values, "format_version": 99}))
    with pytest.raises(InputError, match=r"dataset\.json' has format version 99; this version of classifier reads 1"):
        open_dataset(tmp_path / "data")
    for key in ("counts", "labels", "sources"):
        file.write_text(json.dumps({name: value for name, value in values.items() if name != key}))
        with pytest.raises(InputError, match=r"dataset\.json' is damaged"):
            open_dataset(tmp_path / "data")


def test_what_is_a_dataset(tmp_path: Path) -> None:
    made(write_jsonl(tmp_path / "a.jsonl", make_articles(30)), tmp_path / "data")
    assert is_dataset(tmp_path / "data")
    assert not is_dataset(tmp_path)
    (tmp_path / "data" / "dataset.json").unlink()
    assert is_dataset(tmp_path / "data"), "so that it is not taken for a folder of texts"
    with pytest.raises(InputError, match=r"There is no file '.*dataset\.json'"):
        open_dataset(tmp_path / "data")
    (tmp_path / "data" / "config.toml").write_text("")
    assert not is_dataset(tmp_path / "data")


def test_a_run_is_told_where_its_dataset_was_built_otherwise_since(tmp_path: Path) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(60))
    dataset = made(source, tmp_path / "data")
    run = tmp_path / "run"
    run.mkdir()
    write_json(run / "dataset.json", {"path": str(dataset.path), "fold": None, **asdict(dataset.info)})
    assert run_dataset(run).info == dataset.info
    made(source, tmp_path / "data", overwrite=True)
    assert run_dataset(run).info == dataset.info, "the same articles in the same splits"
    for given, said in (("split.seed=5", "'settings.split'"), ("split.test_size=0.4", "'counts', 'settings.split'")):
        made(source, tmp_path / "data", given, overwrite=True)
        with pytest.raises(InputError, match=f"is not the one that this run was trained on: .*{said}"):
            run_dataset(run)
    shutil.rmtree(tmp_path / "data")
    with pytest.raises(InputError, match="is gone"):
        run_dataset(run)


@pytest.mark.parametrize("folds", [None, 3])
def test_validation_articles_can_count_as_training_articles(tmp_path: Path, folds: int | None) -> None:
    settings = ["split.validation_size=0.2", *([] if folds is None else [f"split.folds={folds}"])]
    dataset = made(write_jsonl(tmp_path / "a.jsonl", make_articles(60)), tmp_path / "data", *settings)
    dataset = dataset.in_fold(None if folds is None else 1)
    joined = dataset.with_validation_in_train()
    assert joined.splits == ("train", "test")
    apart = [article.id for split in ("train", "validation") for article in dataset.articles(split)]
    assert [article.id for article in joined.articles("train")] == apart
    assert joined.labels("train") == [*dataset.labels("train"), *dataset.labels("validation")]
    assert joined.counts()["train"].articles == len(apart)
    assert "validation" not in joined.counts()
    assert [article.id for article in joined.articles("test")] == [article.id for article in dataset.articles("test")]
    with pytest.raises(InputError, match="no split 'validation'"):
        joined.load("validation")
    assert joined.with_validation_in_train().splits == ("train", "test")
