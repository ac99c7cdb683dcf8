import json
from dataclasses import replace
from pathlib import Path

import pytest

from classifier.builders import prepare, read_parts, split_method
from classifier.config import Config, make_config
from classifier.dataset_folder import DatasetFolder, open_dataset
from classifier.errors import InputError
from classifier.workflow import build
from tests.conftest import make_articles, write_jsonl


def ids(config: Config) -> dict[str, set[str]]:
    articles, _, assignment = prepare(read_parts(config.data), config.data, config.split)
    return {name: {a.id for a in assignment.select(articles, name)} for name in ("train", "validation", "test")}


def config(**data: object) -> Config:
    return make_config({"data": data})


def test_given_files_and_a_validation_cut_from_train(tmp_path: Path) -> None:
    articles = make_articles(100)
    train, test = (
        write_jsonl(tmp_path / "train.jsonl", articles[:80]),
        write_jsonl(tmp_path / "test.jsonl", articles[80:]),
    )
    settings = config(train=str(train), test=str(test))
    found = ids(settings)
    assert found["test"] == {a.id for a in articles[80:]}
    assert len(found["validation"]) in (8, 9)
    assert split_method(read_parts(settings.data), settings.split) == "given"


def test_files_that_number_their_articles_alike(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("text,label\n" + "".join(f"some text {i},{'ab'[i % 2]}\n" for i in range(20)))
    (tmp_path / "test.csv").write_text("text,label\nanother text,a\nyet another,b\n")
    found = ids(config(train=str(tmp_path / "train.csv"), test=str(tmp_path / "test.csv")))
    assert found["test"] == {"test/1", "test/2"}


def test_a_split_column(tmp_path: Path) -> None:
    rows = [f"text {i},{'ab'[i % 2]},{('train', 'train', 'dev', 'test')[i % 4]}\n" for i in range(40)]
    (tmp_path / "a.csv").write_text("text,label,split\n" + "".join(rows))
    settings = make_config({"data": {"path": str(tmp_path / "a.csv")}})
    assert {name: len(found) for name, found in ids(settings).items()} == {"train": 20, "validation": 10, "test": 10}
    (tmp_path / "a.csv").write_text("text,label,split\ntext 1,a,train\ntext 2,b,tset\n")
    with pytest.raises(InputError, match=r"a\.csv:3: split must be one of"):
        ids(settings)


def test_another_method_ignores_the_split_column(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "text,label,split\n" + "".join(f"text {i},{'ab'[i % 2]},Train\n" for i in range(40))
    )
    settings = make_config({"data": {"path": str(tmp_path / "a.csv")}, "split": {"method": "stratified"}})
    assert len(ids(settings)["test"]) == 8
    with pytest.raises(InputError, match="test among them"):
        ids(make_config({"data": {"path": str(tmp_path / "a.csv")}, "split": {"method": "given"}}))


def test_given_without_given_splits_is_an_error(tmp_path: Path) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(10))
    with pytest.raises(InputError, match="needs given splits"):
        ids(make_config({"data": {"path": str(source)}, "split": {"method": "given"}}))


def test_folders_of_text(tmp_path: Path) -> None:
    for article in make_articles(30):
        (tmp_path / "corpus" / article.labels[0]).mkdir(parents=True, exist_ok=True)
        (tmp_path / "corpus" / article.labels[0] / f"{article.id}.txt").write_text(article.text)
    parts = read_parts(config(builder="folder", path=str(tmp_path / "corpus")).data)
    assert {a.labels[0] for a in parts["all"]} == {"opinion", "reporting", "satire"}
    assert build(str(tmp_path / "corpus"), tmp_path / "data").dataset.info.counts["train"].articles == 21


def test_train_and_test_folders_are_the_splits(tmp_path: Path) -> None:
    for part, seed in (("train", 0), ("test", 7)):
        for article in make_articles(20, seed):
            folder = tmp_path / "corpus" / part / article.labels[0]
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{article.id}.txt").write_text(article.text)
    (tmp_path / "corpus" / "train" / ".ipynb_checkpoints").mkdir()
    (tmp_path / "corpus" / "train" / ".ipynb_checkpoints" / "x.txt").write_text("not an article")
    info = build(str(tmp_path / "corpus"), tmp_path / "data").dataset.info
    assert info.labels == ("opinion", "reporting", "satire")
    assert (info.split_method, info.counts["test"].articles) == ("given", 20)


def test_a_class_without_training_articles_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    articles = make_articles(40)
    train = write_jsonl(tmp_path / "train.jsonl", [a for a in articles[:30] if a.labels != ("satire",)])
    test = write_jsonl(tmp_path / "test.jsonl", articles[30:])
    ids(config(train=str(train), test=str(test)))
    assert "no training article has the label 'satire'" in caplog.text


def test_the_hub_path_with_a_local_folder(tmp_path: Path) -> None:
    (tmp_path / "hub").mkdir()
    write_jsonl(tmp_path / "hub" / "train.jsonl", make_articles(30))
    write_jsonl(tmp_path / "hub" / "test.jsonl", make_articles(6, seed=4))
    parts = read_parts(config(builder="hub", path=str(tmp_path / "hub")).data)
    assert {name: len(found) for name, found in parts.items()} == {"train": 30, "test": 6}
    report = build(f"hub:{tmp_path / 'hub'}", tmp_path / "data")
    assert report.dataset.info.split_method == "given"


def test_class_labels_of_a_hub_dataset_become_names(tmp_path: Path) -> None:
    import datasets

    from classifier.builders.hub import _rows

    features = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["no", "yes"])})
    data = datasets.Dataset.from_dict({"text": ["a b", "c d"], "label": [1, -1]}, features=features)
    assert [row.values["label"] for row in _rows(data, "x")] == ["yes", None]


def test_a_missing_hub_dataset_is_bad_input() -> None:
    with pytest.raises(InputError, match="hub:owner/no-such-dataset cannot be loaded"):
        read_parts(config(builder="hub", path="owner/no-such-dataset").data)


def fnc1(folder: Path) -> Path:
    folder.mkdir()
    bodies = "".join(f'{i},"Body {i}, with a comma\nand a line"\n' for i in range(20))
    (folder / "train_bodies.csv").write_text("Body ID,articleBody\n" + bodies)
    stances = ["agree", "disagree", "discuss", "unrelated"]
    pairs = "".join(f"Headline {i},{i % 20},{stances[i % 4]}\n" for i in range(60))
    (folder / "train_stances.csv").write_text("Headline,Body ID,Stance\n" + pairs)
    return folder


def test_fnc1_keeps_bodies_together(tmp_path: Path) -> None:
    settings = make_config({"data": {"builder": "fnc1", "path": str(fnc1(tmp_path / "fnc"))}})
    articles, labels, assignment = prepare(read_parts(settings.data), settings.data, settings.split)
    assert labels.names == ("agree", "disagree", "discuss", "unrelated")
    homes: dict[str, set[str]] = {}
    for article in articles:
        homes.setdefault(article.extra["body_id"], set()).add(assignment.split[article.id])
    assert all(len(found) == 1 for found in homes.values())
    assert articles[3].target == "Headline 3"
    assert articles[3].text == "Body 3, with a comma\nand a line"


def test_fnc1_without_pairs(tmp_path: Path) -> None:
    parts = read_parts(config(builder="fnc1", path=str(fnc1(tmp_path / "fnc")), pair=False).data)
    assert (parts["all"][3].title, parts["all"][3].target) == ("Headline 3", None)


def test_fnc1_names_missing_bodies_and_unknown_stances(tmp_path: Path) -> None:
    folder = fnc1(tmp_path / "fnc")
    with (folder / "train_stances.csv").open("a") as file:
        file.write("Headline,99,agree\nHeadline,1,maybe\n")
    with pytest.raises(InputError) as error:
        read_parts(config(builder="fnc1", path=str(folder)).data)
    assert "train_stances.csv:62: there is no body" in str(error.value)
    assert "train_stances.csv:63: Stance must be one of" in str(error.value)


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
    data = config(builder="semeval2023", path=str(folder), languages=["en", "fr"], test_languages=["en"]).data
    parts = read_parts(data)
    assert {name: len(found) for name, found in parts.items()} == {"train": 60, "test": 6}
    first = parts["train"][0]
    assert (first.id, first.title, first.text, first.language) == ("en-100", "Title en 100", "Body en 100.", "en")
    with pytest.raises(InputError, match=r"has no language 'xx'"):
        read_parts(config(builder="semeval2023", path=str(folder), languages=["xx"]).data)
    (folder / "en" / "train-articles-subtask-1" / "article100.txt").unlink()
    with pytest.raises(InputError, match="there is no file"):
        read_parts(config(builder="semeval2023", path=str(folder)).data)


def test_a_dataset_folder_gives_back_what_went_in(tmp_path: Path) -> None:
    import datasets

    articles = make_articles(60, pair=True)
    lines = [
        {"id": a.id, "text": a.text, "label": a.labels[0], "target": a.target, "source": a.source, "date": a.date,
         "extra": index, "mixed": index if index % 2 else "text", "tags": [index]}
        for index, a in enumerate(articles)
    ]  # fmt: skip
    source = tmp_path / "a.jsonl"
    source.write_text("\n".join(json.dumps(line) for line in lines))
    build(str(source), tmp_path / "data")
    dataset = open_dataset(tmp_path / "data")
    read = {a.id: a for split in dataset.splits for a in dataset.articles(split)}
    assert len(read) == 60
    for index, article in enumerate(articles):
        found = read[article.id]
        assert (found.text, found.labels, found.target, found.source) == (
            article.text, article.labels, article.target, article.source,
        )  # fmt: skip
        assert found.extra == {"extra": index, "mixed": str(index) if index % 2 else "text", "tags": f"[{index}]"}
    plain = datasets.load_from_disk(str(tmp_path / "data" / "train"))
    assert plain.features["label"].names == ["opinion", "reporting", "satire"]
    assert dataset.labels("train") == [a.labels for a in dataset.articles("train")]


def test_an_unknown_dataset_version_is_refused(tmp_path: Path) -> None:
    build(str(write_jsonl(tmp_path / "a.jsonl", make_articles(30))), tmp_path / "data")
    file = tmp_path / "data" / "dataset.json"
    file.write_text(file.read_text().replace('"format_version": 1', '"format_version": 99'))
    with pytest.raises(InputError, match="dataset format 99"):
        open_dataset(tmp_path / "data")


def test_a_split_that_leaks_is_never_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from classifier.splits import Assignment

    articles = make_articles(30)
    articles[1] = replace(articles[0], id="twin")
    halves = {a.id: ("train", "test")[index % 2] for index, a in enumerate(articles)}
    monkeypatch.setattr("classifier.builders._assign", lambda *_: Assignment(halves, dict.fromkeys(halves, 0)))
    with pytest.raises(InputError, match="stands in both train and test"):
        build(str(write_jsonl(tmp_path / "a.jsonl", articles)), tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_a_changed_dataset_with_leaks_is_seen(tmp_path: Path) -> None:
    from classifier.splits import check_disjoint

    dataset: DatasetFolder = build(str(write_jsonl(tmp_path / "a.jsonl", make_articles(30))), tmp_path / "d").dataset
    check_disjoint({split: list(dataset.articles(split)) for split in dataset.splits})
