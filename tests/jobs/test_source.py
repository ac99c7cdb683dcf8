"""What a user may name as a source, and which settings go with it."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas
import polars
import pyarrow
import pytest
from datasets import Dataset

from classifier.articles.readers.row import Row
from classifier.articles.readers.table import read_rows
from classifier.errors import InputError
from classifier.jobs.building.build import build
from classifier.jobs.evaluate import evaluate
from classifier.jobs.next.next import choose_next
from classifier.jobs.predict.files import predict_files
from classifier.jobs.predict.predict import predict
from classifier.jobs.source import as_named_source, input_files, refuse_written, resolve_source
from classifier.jobs.train import train
from tests.makers.articles import make_articles, write_jsonl


def test_a_path_is_its_own_name() -> None:
    for source in ("a.csv", Path("a.csv")):
        with as_named_source(source) as name:
            assert name == "a.csv"
    with as_named_source(None) as name:
        assert name is None


def test_inputs_are_one_path_or_several_or_in_memory() -> None:
    for given, names in (
        ("a.csv", ["a.csv"]),
        (Path("a.csv"), ["a.csv"]),
        (iter(["a.csv", Path("b.csv"), "-"]), ["a.csv", "b.csv", "-"]),
        ([], []),
    ):
        with input_files(given, "inputs") as files:  # type: ignore[arg-type]
            assert files == names
    rows = [{"id": "1", "text": "The council voted."}]
    for source in (pandas.DataFrame(rows), polars.DataFrame(rows), pyarrow.table(pandas.DataFrame(rows)), rows):
        with input_files(source, "inputs") as [file]:
            assert [row.values for row in read_rows(Path(file)) if isinstance(row, Row)] == rows
        assert not Path(file).exists()
    with input_files(Dataset.from_list(rows), "inputs") as [file]:
        assert Path(file).name == "Dataset"
    for bad in ({"text": []}, None, 7):
        with (
            pytest.raises(InputError, match=r"pool must be one path or several, or articles in memory\. Got a "),
            input_files(bad, "pool"),  # type: ignore[arg-type]
        ):
            pass


def test_a_path_object_is_built_as_its_name_is(tmp_path: Path) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(30))
    settings = {"model.name": "owner/nothing"}
    infos = [build(given, tmp_path / str(i), settings=settings).info for i, given in enumerate((source, str(source)))]
    assert infos[0] == infos[1]
    with pytest.raises(InputError, match=r"split\.seed=3 cannot change a dataset that is built already"):
        resolve_source(str(tmp_path / "0"), {"train.seed": 1, "split.seed": 3})


@pytest.mark.parametrize("kind", ["a run", "a folder of several seeds", "a folder of all folds", "a model folder"])
def test_something_trained_names_its_dataset(tmp_path: Path, kind: str) -> None:
    dataset = build(str(write_jsonl(tmp_path / "a.jsonl", make_articles(30))), tmp_path / "data").dataset
    assert dataset is not None
    run = {"a folder of several seeds": "seed-13", "a folder of all folds": "fold-01"}.get(kind, ".")
    (tmp_path / "out" / run / "model").mkdir(parents=True)
    (tmp_path / "out" / run / "config.toml").write_text("")
    (tmp_path / "out" / "model" / "classifier.json").write_text("{}") if run == "." else None
    plans = {"seed-13": {"seeds": [13]}, "fold-01": {}}
    if run in plans:
        (tmp_path / "out" / "plan.json").write_text(json.dumps(plans[run]))
    given = tmp_path / "out" / ("model" if kind == "a model folder" else ".")
    info = json.loads((dataset.path / "dataset.json").read_text())

    def refused(place: Path) -> str:
        (tmp_path / "out" / run / "dataset.json").write_text(json.dumps({**info, "path": str(place), "fold": None}))
        with pytest.raises(InputError, match=f"'{given}' is {kind}, not a source of articles") as found:
            resolve_source(str(given))
        return found.value.fix

    assert refused(Path("../" * (1 + (run != ".")) + "data")) == f"Its dataset: {dataset.path}"
    assert refused(dataset.path) == f"Its dataset: {dataset.path}"
    assert refused(tmp_path / "gone") == "Give the dataset that it was trained on."


@pytest.mark.parametrize(
    ("folder", "said"),
    [
        ("datasets/mine", "'datasets/mine' is a dataset, not a file or a folder of new articles"),
        ("runs/first", "'runs/first' is a run, not a file or a folder of new articles"),
    ],
)
@pytest.mark.usefixtures("in_examples")
def test_pages_of_what_classifier_wrote_are_no_new_articles(folder: str, said: str) -> None:
    """Its report.html was read as a web page: one article, with a label."""
    assert Path(folder, "report.html").exists()
    calls: list[Callable[[], object]] = [
        lambda: predict("runs/first", folder),
        lambda: predict_files("runs/first", ["archive.jsonl", folder], "labels.csv"),
        lambda: choose_next("runs/first", folder, "next.csv"),
        lambda: evaluate("runs/first", out_of_scope=folder),
        lambda: train("genre.toml", "runs/other", settings={"data.unlabelled": [folder]}),
    ]
    for call in calls:
        with pytest.raises(InputError, match=said):
            call()
    with pytest.raises(InputError, match="'runs/first' is a run, not labelled articles"):
        evaluate("runs/first", data="runs/first")


@pytest.mark.parametrize("name", ["config.toml", "dataset.json"])
@pytest.mark.usefixtures("in_examples")
def test_a_file_of_a_usual_name_makes_no_folder_of_articles_one_that_classifier_wrote(name: str) -> None:
    Path("news").mkdir()
    for file, words in ((name, '{"text": "Rain fell on the town all day."}'), ("a.txt", "Wind blew over the town.")):
        Path("news", file).write_text(words)
    refuse_written(["news"])


def test_settings_that_could_have_no_effect_are_refused(tmp_path: Path) -> None:
    source = str(write_jsonl(tmp_path / "a.jsonl", make_articles(3)))
    with pytest.raises(InputError, match=r"--set data\.path=b\.csv does not go with the source"):
        resolve_source(source, {"data.path": "b.csv"})
    assert resolve_source(source, {"data.builder": "prodigy"})[0].data.builder == "prodigy"
    assert resolve_source("hub:owner/name", {"train.seed": 4})[0].train.seed == 4


@pytest.mark.parametrize(
    ("files", "builder", "named"),
    [
        (["part-1.csv", "part-2.csv"], "table", {"path": ""}),
        (["train.csv", "test.csv", "README.txt"], "table", {"train": "train.csv", "test": "test.csv"}),
        (["train.jsonl", "Test.jsonl", "val.jsonl"], "table", {"train": "train.jsonl", "validation": "val.jsonl"}),
        (["train.csv", "more.csv"], "table", {"path": ""}),
        (["train.csv"], "table", {"path": ""}),
        (["a/1.txt"], "folder", {"path": ""}),
        (["train/a/1.txt", "test/a/2.txt"], "folder", {"train": "train", "test": "test"}),
        (["Train/a/1.txt", "dev/a/2.txt"], "folder", {"train": "Train", "validation": "dev"}),
        (["training/a/1.html", "testing/a/2.html"], "folder", {"train": "training", "test": "testing"}),
        (["train/a/1.txt", "dev/a/2.txt", "val/a/3.txt"], "folder", {"path": ""}),
        (["train/1.txt", "plane/2.txt"], "folder", {"path": ""}),
        (["train_stances.csv", "train_bodies.csv"], "fnc1", {"path": ""}),
        (["fr/train-labels-subtask-1.txt", "fr/train-articles-subtask-1/1.txt"], "semeval2023", {"path": ""}),
    ],
)
def test_a_folder_is_a_table_or_texts_or_their_splits_or_a_known_corpus(
    tmp_path: Path, files: list[str], builder: str, named: dict[str, str]
) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text("x")
    data = resolve_source(str(tmp_path))[0].data
    assert data.builder == builder
    assert {part: getattr(data, part) for part in named} == {part: str(tmp_path / name) for part, name in named.items()}


def test_an_archive_holds_a_table_or_texts(tmp_path: Path) -> None:
    for name, content in (("tables.zip", "a.csv"), ("texts.zip", "news/1.txt")):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr(content, "x")
    builders = [resolve_source(str(tmp_path / name))[0].data.builder for name in ("tables.zip", "texts.zip")]
    assert builders == ["table", "folder"]
