"""Splits that a source brings, and what becomes of them in a dataset."""

from pathlib import Path

import pytest

from classifier.errors import InputError
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.sources import built, csv_file, ids_of


def test_given_files_and_a_validation_cut_from_train(tmp_path: Path) -> None:
    articles = make_articles(100)
    train = write_jsonl(tmp_path / "train.jsonl", articles[:80])
    test = write_jsonl(tmp_path / "test.jsonl", articles[80:])
    dataset = built(tmp_path, {"train": str(train), "test": str(test)})
    found = ids_of(dataset)
    assert found["test"] == {a.id for a in articles[80:]}
    assert len(found["validation"]) in (8, 9)
    assert found["train"] | found["validation"] == {a.id for a in articles[:80]}
    assert dataset.info.split_method == "given"


def test_three_given_files_are_the_splits(tmp_path: Path) -> None:
    articles = make_articles(60)
    parts = {"train": articles[:40], "validation": articles[40:50], "test": articles[50:]}
    files = {part: str(write_jsonl(tmp_path / f"{part}.jsonl", some)) for part, some in parts.items()}
    assert ids_of(built(tmp_path, files)) == {part: {a.id for a in some} for part, some in parts.items()}


def test_files_that_number_their_articles_alike(tmp_path: Path) -> None:
    train = csv_file(tmp_path / "train.csv", "text,label", *(f"some text {i},{'ab'[i % 2]}" for i in range(20)))
    test = csv_file(tmp_path / "test.csv", "text,label", "another text,a", "yet another,b")
    found = ids_of(built(tmp_path, {"train": train, "test": test}))
    assert found["test"] == {"test/1", "test/2"}
    assert "train/1" in found["train"] | found["validation"]


@pytest.mark.parametrize("ids", [True, False])
def test_saved_splits_that_know_articles_by_the_numbers_of_their_rows_are_warned_of(
    ids: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def table(name: str) -> str:
        rows = (f"{f'x{i},' if ids else ''}some text {i},{'ab'[i % 2]}" for i in range(40))
        return csv_file(tmp_path / name, f"{'id,' if ids else ''}text,label", *rows)

    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
    first = built(tmp_path / "first", {"path": table("a.csv")})
    saved = {"file": str(first.path / "splits.parquet")}
    assert ids_of(built(tmp_path / "second", {"path": table("b.csv")}, saved)) == ids_of(first)
    assert ("only if the rows are in the order that they had then" in caplog.text) == (not ids)


def test_a_split_column(tmp_path: Path) -> None:
    rows = [f"text {i},{'ab'[i % 2]},{('train', 'Train', 'dev', 'test')[i % 4]}" for i in range(40)]
    dataset = built(tmp_path, {"path": csv_file(tmp_path / "a.csv", "text,label,split", *rows)})
    assert {name: len(found) for name, found in ids_of(dataset).items()} == {"train": 20, "validation": 10, "test": 10}
    assert ids_of(dataset)["test"] == {str(i) for i in range(4, 41, 4)}
    assert dataset.info.split_method == "given"
    source = csv_file(tmp_path / "a.csv", "text,label,split", "text 1,a,train", "text 2,b,tset")
    with pytest.raises(InputError, match=r"a\.csv:3: split must be one of"):
        built(tmp_path, {"path": source})


def test_another_method_ignores_the_split_column(tmp_path: Path) -> None:
    rows = [f"text {i},{'ab'[i % 2]},Train" for i in range(40)]
    source = csv_file(tmp_path / "a.csv", "text,label,split", *rows)
    assert len(ids_of(built(tmp_path, {"path": source}, {"method": "stratified"}))["test"]) == 8
    assert built(tmp_path, {"path": source}, {"folds": 4}).info.folds == 4
    with pytest.raises(InputError, match="No article has the split test"):
        built(tmp_path, {"path": source}, {"method": "given"})


def test_given_without_given_splits_is_an_error(tmp_path: Path) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(10))
    with pytest.raises(InputError, match=r"needs given splits, test among them"):
        built(tmp_path, {"path": str(source)}, {"method": "given"})


def test_folds_need_one_source(tmp_path: Path) -> None:
    train = str(write_jsonl(tmp_path / "train.jsonl", make_articles(30)))
    test = str(write_jsonl(tmp_path / "test.jsonl", make_articles(10, 1)))
    with pytest.raises(InputError, match=r"folds needs one source; here train and test are given"):
        built(tmp_path, {"train": train, "test": test}, {"folds": 3})
    assert not (tmp_path / "data").exists()


def test_a_text_that_stands_in_train_and_test_too_is_left_out_of_train(tmp_path: Path) -> None:
    train = write_jsonl(tmp_path / "train.jsonl", make_articles(20))
    (tmp_path / "test.jsonl").write_text(train.read_text().replace('"id": "a', '"id": "t').split('{"id": "t3"')[0])
    dataset = built(tmp_path, {"train": str(train), "test": str(tmp_path / "test.jsonl")}, {"validation_size": 0})
    assert ids_of(dataset) == {"train": {f"a{i}" for i in range(3, 20)}, "test": {"t0", "t1", "t2"}}
    assert any("3 articles left out" in note for note in dataset.info.notes)


def test_a_class_without_training_articles_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    articles = make_articles(40)
    train = write_jsonl(tmp_path / "train.jsonl", [a for a in articles[:30] if a.labels != ("satire",)])
    test = write_jsonl(tmp_path / "test.jsonl", articles[30:])
    built(tmp_path, {"train": str(train), "test": str(test), "min_per_label": 1})
    assert "no training article has the label 'satire'" in caplog.text


@pytest.mark.parametrize("column", ["split", "Split", "SPLIT "])
def test_a_split_column_is_known_in_any_case_with_the_usual_names(tmp_path: Path, column: str) -> None:
    spelt = ("TRAIN", "Training", "development", "VALID", "Testing", "TEST")
    rows = [f"text {i},{'ab'[i // 6 % 2]},{spelt[i % 6]}" for i in range(60)]
    dataset = built(tmp_path, {"path": csv_file(tmp_path / "a.csv", f"text,label,{column}", *rows)})
    assert {name: len(found) for name, found in ids_of(dataset).items()} == {"train": 20, "validation": 20, "test": 20}


@pytest.mark.parametrize(("others", "split"), [("test", "validation"), ("train", "test")])
def test_eval_is_the_test_where_no_other_is(tmp_path: Path, others: str, split: str) -> None:
    rows = [f"text {i},{'ab'[i // 4 % 2]},{('train', 'train', others, 'eval')[i % 4]}" for i in range(80)]
    found = ids_of(built(tmp_path, {"path": csv_file(tmp_path / "a.csv", "text,label,split", *rows)}))
    assert found[split] == {str(i) for i in range(4, 81, 4)}


def test_an_article_without_a_split_is_left_out_and_numbers_are_no_splits(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [f"text {i},{'ab'[i // 4 % 2]},{('train', 'train', 'nan', 'test')[i % 4]}" for i in range(80)]
    found = ids_of(built(tmp_path, {"path": csv_file(tmp_path / "a.csv", "text,label,split", *rows)}))
    assert len(found["test"]) == 20
    assert "20 articles left out: no split is named for them" in caplog.text
    source = csv_file(tmp_path / "b.csv", "text,label,split", *(f"text {i},{'ab'[i % 2]},{i % 5}" for i in range(20)))
    with pytest.raises(InputError, match="holds numbers, not names of splits") as error:
        built(tmp_path, {"path": source})
    assert "split.folds" in error.value.fix


def test_a_column_with_names_of_splits_is_mentioned_and_can_be_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [f"text {i},{'ab'[i // 4 % 2]},{('train', 'train', 'dev', 'test')[i % 4]}" for i in range(80)]
    source = csv_file(tmp_path / "a.csv", "text,label,set", *rows)
    assert built(tmp_path, {"path": source}).info.split_method == "stratified"
    assert "--set data.columns.split=set" in caplog.text
    dataset = built(tmp_path, {"path": source, "columns": {"split": "set"}})
    assert dataset.info.split_method == "given"
