import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from classifier.articles.article import Article
from classifier.config import DataConfig
from classifier.config_file import dump_config, make_config
from classifier.dataset.builders import open_parts
from classifier.dataset.folder import DatasetFolder
from classifier.errors import InputError
from classifier.jobs.build.build import build
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.corpora import read_parts

STANCES = ("agree", "disagree", "discuss", "unrelated")


def data(**settings: object) -> DataConfig:
    return make_config({"data": settings}).data


def built(folder: Path, data: Mapping[str, object], split: Mapping[str, object] | None = None) -> DatasetFolder:
    """The dataset that a config file with these settings makes."""
    (folder / "c.toml").write_text(dump_config(make_config({"data": data, "split": split or {}})))
    dataset = build(str(folder / "c.toml"), folder / "data", overwrite=True).dataset
    assert dataset is not None
    return dataset


def ids(dataset: DatasetFolder) -> dict[str, set[str]]:
    return {split: {article.id for article in dataset.articles(split)} for split in dataset.splits}


def csv(path: Path, header: str, *rows: str) -> str:
    path.write_text("".join(f"{line}\n" for line in (header, *rows)))
    return str(path)


def test_given_files_and_a_validation_cut_from_train(tmp_path: Path) -> None:
    articles = make_articles(100)
    train = write_jsonl(tmp_path / "train.jsonl", articles[:80])
    test = write_jsonl(tmp_path / "test.jsonl", articles[80:])
    dataset = built(tmp_path, {"train": str(train), "test": str(test)})
    found = ids(dataset)
    assert found["test"] == {a.id for a in articles[80:]}
    assert len(found["validation"]) in (8, 9)
    assert found["train"] | found["validation"] == {a.id for a in articles[:80]}
    assert dataset.info.split_method == "given"


def test_three_given_files_are_the_splits(tmp_path: Path) -> None:
    articles = make_articles(60)
    parts = {"train": articles[:40], "validation": articles[40:50], "test": articles[50:]}
    files = {part: str(write_jsonl(tmp_path / f"{part}.jsonl", some)) for part, some in parts.items()}
    assert ids(built(tmp_path, files)) == {part: {a.id for a in some} for part, some in parts.items()}


def test_files_that_number_their_articles_alike(tmp_path: Path) -> None:
    train = csv(tmp_path / "train.csv", "text,label", *(f"some text {i},{'ab'[i % 2]}" for i in range(20)))
    test = csv(tmp_path / "test.csv", "text,label", "another text,a", "yet another,b")
    found = ids(built(tmp_path, {"train": train, "test": test}))
    assert found["test"] == {"test/1", "test/2"}
    assert "train/1" in found["train"] | found["validation"]


def test_a_split_column(tmp_path: Path) -> None:
    rows = [f"text {i},{'ab'[i % 2]},{('train', 'Train', 'dev', 'test')[i % 4]}" for i in range(40)]
    dataset = built(tmp_path, {"path": csv(tmp_path / "a.csv", "text,label,split", *rows)})
    assert {name: len(found) for name, found in ids(dataset).items()} == {"train": 20, "validation": 10, "test": 10}
    assert ids(dataset)["test"] == {str(i) for i in range(4, 41, 4)}
    assert dataset.info.split_method == "given"
    source = csv(tmp_path / "a.csv", "text,label,split", "text 1,a,train", "text 2,b,tset")
    with pytest.raises(InputError, match=r"a\.csv:3: split must be one of"):
        built(tmp_path, {"path": source})


def test_another_method_ignores_the_split_column(tmp_path: Path) -> None:
    rows = [f"text {i},{'ab'[i % 2]},Train" for i in range(40)]
    source = csv(tmp_path / "a.csv", "text,label,split", *rows)
    assert len(ids(built(tmp_path, {"path": source}, {"method": "stratified"}))["test"]) == 8
    assert built(tmp_path, {"path": source}, {"folds": 4}).info.folds == 4
    with pytest.raises(InputError, match="No article is given to test"):
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
    assert ids(dataset) == {"train": {f"a{i}" for i in range(3, 20)}, "test": {"t0", "t1", "t2"}}
    assert any("3 article(s) left out" in note for note in dataset.info.notes)


def text_folder(folder: Path, articles: list[Article]) -> Path:
    for article in articles:
        (folder / article.labels[0]).mkdir(parents=True, exist_ok=True)
        (folder / article.labels[0] / f"{article.id}.txt").write_text(article.text)
    return folder


def test_folders_of_text(tmp_path: Path) -> None:
    corpus = text_folder(tmp_path / "corpus", make_articles(30))
    parts = read_parts(data(builder="folder", path=str(corpus)))
    assert {a.labels[0] for a in parts["all"]} == {"opinion", "reporting", "satire"}
    assert parts["all"][0].id == "opinion/a0"
    assert build(str(corpus), tmp_path / "data").info.counts["train"].articles == 21


def test_train_and_test_folders_are_the_splits(tmp_path: Path) -> None:
    for part, seed in (("train", 0), ("test", 7)):
        text_folder(tmp_path / "corpus" / part, make_articles(20, seed))
    (tmp_path / "corpus" / "train" / ".ipynb_checkpoints").mkdir()
    (tmp_path / "corpus" / "train" / ".ipynb_checkpoints" / "x.txt").write_text("not an article")
    info = build(str(tmp_path / "corpus"), tmp_path / "data").info
    assert info.labels == ("opinion", "reporting", "satire")
    assert (info.split_method, info.counts["test"].articles) == ("given", 20)


def test_a_class_without_training_articles_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    articles = make_articles(40)
    train = write_jsonl(tmp_path / "train.jsonl", [a for a in articles[:30] if a.labels != ("satire",)])
    test = write_jsonl(tmp_path / "test.jsonl", articles[30:])
    built(tmp_path, {"train": str(train), "test": str(test)})
    assert "no training article has the label 'satire'" in caplog.text


def test_the_hub_path_with_a_local_folder(tmp_path: Path) -> None:
    (tmp_path / "hub").mkdir()
    write_jsonl(tmp_path / "hub" / "train.jsonl", make_articles(30))
    write_jsonl(tmp_path / "hub" / "test.jsonl", make_articles(6, seed=4))
    parts = read_parts(data(builder="hub", path=str(tmp_path / "hub")))
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


def test_class_labels_of_a_hub_dataset_become_names() -> None:
    import datasets

    from classifier.dataset.builders.hub_rows import dataset_rows

    features = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["no", "yes"])})
    given = datasets.Dataset.from_dict({"text": ["a b", "c d"], "label": [1, -1]}, features=features)
    assert [row.values["label"] for row in dataset_rows(given, "x")] == ["yes", None]


def test_a_missing_hub_dataset_is_bad_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", True)
    with pytest.raises(InputError, match="hub:owner/no-such-dataset cannot be loaded"):
        read_parts(data(builder="hub", path="owner/no-such-dataset"))


def test_settings_without_a_source_are_refused() -> None:
    with pytest.raises(InputError, match="The settings name no articles"):
        open_parts(data())


def fnc1(folder: Path, *, official_test: bool = False) -> Path:
    folder.mkdir(exist_ok=True)
    bodies = "".join(f'{i},"Body {i}, with a comma\nand a line"\n' for i in range(20))
    (folder / "train_bodies.csv").write_text("Body ID,articleBody\n" + bodies)
    pairs = "".join(f"Headline {i},{i % 20},{STANCES[i % 4]}\n" for i in range(60))
    (folder / "train_stances.csv").write_text("Headline,Body ID,Stance\n" + pairs)
    if official_test:
        (folder / "competition_test_bodies.csv").write_text("Body ID,articleBody\n1,An official body\n2,Another one\n")
        rows = "Official,1,agree\nOfficial,2,unrelated\nMore,1,discuss\n"
        (folder / "competition_test_stances.csv").write_text("Headline,Body ID,Stance\n" + rows)
    return folder


def test_fnc1_keeps_bodies_together(tmp_path: Path) -> None:
    folder = fnc1(tmp_path / "fnc")
    dataset = built(tmp_path, {"builder": "fnc1", "path": str(folder)})
    assert dataset.info.labels == STANCES
    assert dataset.info.pair
    homes: dict[str, set[str]] = {}
    for split in dataset.splits:
        for article in dataset.articles(split):
            homes.setdefault(article.extra["body_id"], set()).add(split)
    assert len(homes) == 20
    assert all(len(found) == 1 for found in homes.values())
    third = next(article for article in dataset.articles() if article.id == "4")
    assert third.target == "Headline 3"
    assert third.text == "Body 3, with a comma\nand a line"


def test_fnc1_with_its_official_test(tmp_path: Path) -> None:
    folder = fnc1(tmp_path / "fnc", official_test=True)
    dataset = built(tmp_path, {"builder": "fnc1", "path": str(folder)})
    assert dataset.info.split_method == "given"
    assert ids(dataset)["test"] == {"test/1", "test/2", "test/3"}
    assert {a.text for a in dataset.articles("test")} == {"An official body", "Another one"}


def test_fnc1_without_pairs(tmp_path: Path) -> None:
    parts = read_parts(data(builder="fnc1", path=str(fnc1(tmp_path / "fnc")), pair=False))
    assert (parts["all"][3].title, parts["all"][3].target) == ("Headline 3", None)


def test_fnc1_names_missing_bodies_and_unknown_stances(tmp_path: Path) -> None:
    folder = fnc1(tmp_path / "fnc")
    with (folder / "train_stances.csv").open("a") as file:
        file.write("Headline,99,agree\nHeadline,1,maybe\n")
    with pytest.raises(InputError) as error:
        read_parts(data(builder="fnc1", path=str(folder)))
    assert "train_stances.csv:62: there is no body" in str(error.value)
    assert "train_stances.csv:63: Stance must be one of" in str(error.value)
    assert [fault.name for fault in error.value.faults] == ["missing body", "unknown stance"]
    assert error.value.faults[1].record == {"Headline": "Headline", "Body ID": "1", "Stance": "maybe"}


def semeval(folder: Path) -> Path:
    for language in ("en", "fr"):
        for part in ("train", "dev"):
            articles = folder / language / f"{part}-articles-subtask-1"
            articles.mkdir(parents=True)
            numbers = range(100, 130) if part == "train" else range(200, 206)
            for i in numbers:
                (articles / f"article{i}.txt").write_text(f"Title {language} {i}\n\nBody {language} {i}.")
            lines = "".join(f"{i}\t{('opinion', 'reporting', 'satire')[i % 3]}\n" for i in numbers)
            (folder / language / f"{part}-labels-subtask-1.txt").write_text(lines)
    return folder


def test_semeval2023(tmp_path: Path) -> None:
    folder = semeval(tmp_path / "semeval")
    settings = {"builder": "semeval2023", "path": str(folder), "languages": ["en", "fr"], "test_languages": ["en"]}
    parts = read_parts(data(**settings))
    assert {name: len(found) for name, found in parts.items()} == {"train": 60, "test": 6}
    first = parts["train"][0]
    assert (first.id, first.title, first.text, first.language) == ("en-100", "Title en 100", "Body en 100.", "en")
    dataset = built(tmp_path, settings)
    assert {split: len(found) for split, found in ids(dataset).items()} == {"train": 54, "validation": 6, "test": 6}
    with pytest.raises(InputError, match=r"has no language 'xx'"):
        read_parts(data(builder="semeval2023", path=str(folder), languages=["xx"]))


def test_semeval2023_names_what_is_missing(tmp_path: Path) -> None:
    folder = semeval(tmp_path / "semeval")
    (folder / "en" / "train-articles-subtask-1" / "article100.txt").unlink()
    with (folder / "en" / "train-labels-subtask-1.txt").open("a") as file:
        file.write("131\n")
    with pytest.raises(InputError) as error:
        read_parts(data(builder="semeval2023", path=str(folder)))
    where = "train-labels-subtask-1.txt"
    assert [(f.where.split("/")[-1], f.name) for f in error.value.faults] == [
        (f"{where}:1", "missing article"),
        (f"{where}:31", "no label"),
    ]
    assert [fault.record for fault in error.value.faults] == ["100\treporting", "131"]


def annotated(tmp_path: Path, *rows: Mapping[str, Any], **settings: object) -> list[Article]:
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return read_parts(data(path=str(tmp_path / "a.jsonl"), annotators=["anna", "ben", "cem"], **settings))["all"]


def test_the_majority_of_the_annotators_counts(tmp_path: Path) -> None:
    first, second, third = annotated(
        tmp_path,
        {"text": "one text", "anna": "satire", "ben": "opinion", "cem": "satire", "label": "mine", "words": 2},
        {"text": "two texts", "anna": "", "ben": "opinion"},
        {"text": "a tie", "anna": "satire", "ben": "opinion", "cem": None},
    )
    assert [article.labels for article in (first, second, third)] == [("satire",), ("opinion",), ()]
    assert first.extra == {
        "label": "mine",
        "words": 2,
        "annotations": {"anna": "satire", "ben": "opinion", "cem": "satire"},
    }
    assert second.extra["annotations"] == {"ben": "opinion"}


def test_annotators_of_several_labels(tmp_path: Path) -> None:
    rows = [
        {"text": "one text", "anna": "a;b", "ben": "b", "cem": ["b", "c"]},
        {"text": "two texts", "anna": [], "ben": "a"},
    ]
    first, second = annotated(tmp_path, *rows, task="multi_label", label_separator=";")
    assert (first.labels, second.labels) == (("b",), ())
    assert first.extra["annotations"] == {"anna": ["a", "b"], "ben": ["b"], "cem": ["b", "c"]}


def test_a_row_that_nobody_labelled_or_with_a_strange_label_is_bad(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        annotated(
            tmp_path,
            {"id": "x", "text": "one text", "anna": "", "ben": None, "cem": ""},
            {"text": "two texts", "anna": ["a", "b"]},
            {"text": "three texts", "cem": 1.5},
        )
    assert [(fault.where[-1], fault.what) for fault in error.value.faults] == [
        ("1", "no annotator gave a label ('anna', 'ben', 'cem' are empty)"),
        ("2", 'anna has 2 labels: set data.task = "multi_label" if articles have several labels'),
        ("3", "cem must be a name. Got 1.5 instead"),
    ]
    assert error.value.faults[0].record["id"] == "x"


def test_an_annotator_without_a_column_is_one_error_and_not_one_for_each_row(tmp_path: Path) -> None:
    rows = [{"text": f"text number {i}", "anna": "a", "benn": "b"} for i in range(30)]
    with pytest.raises(InputError, match="have no column; the columns are") as error:
        annotated(tmp_path, *rows)
    assert [fault.what for fault in error.value.faults] == [
        "there is no column 'ben' for this annotator. Did you mean 'benn'?",
        "there is no column 'cem' for this annotator.",
    ]
