"""What a program has in memory is a source like a file: read right, or refused clearly, and gone afterwards."""

import datetime as dt
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, Sequence, Value

from classifier.articles.article import Article
from classifier.config import Config, DataConfig, SplitConfig
from classifier.dataset.builders import open_parts
from classifier.errors import Fault, InputError
from classifier.jobs.building.build import build
from classifier.jobs.evaluate import evaluate
from classifier.jobs.in_memory import as_python, lend
from classifier.jobs.learning_curve.learning_curve import learning_curve
from classifier.jobs.source import as_named_source, resolve_source
from classifier.jobs.train import train
from classifier.jobs.tune.tune import tune
from classifier.temporary import TEMPORARY
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.settings import tiny

ROWS: list[dict[str, Any]] = [
    {"text": "The council voted on Tuesday.", "label": "reporting", "source": "Daily", "words": 5},
    {"text": "We should be ashamed.", "label": "opinion", "source": None, "words": 4},
]
TEXTS = [row["text"] for row in ROWS]
CLASSES = Features({"text": Value("string"), "label": ClassLabel(names=["opinion", "reporting"])})


@pytest.fixture(autouse=True)
def _nothing_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every test lends from a folder of its own, which is empty afterwards."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    yield
    assert [path.name for path in place.iterdir() if path.name.startswith(TEMPORARY)] == []


def read(source: Any, **settings: Any) -> dict[str, list[Article | Fault]]:
    """The articles that a job reads from a source, by part."""
    with as_named_source(source) as name:
        config, _ = resolve_source(name, {key.replace("__", "."): value for key, value in settings.items()})
        return {part: list(items) for part, items in open_parts(config.data).items()}


def dataset(features: Features | None = None) -> Dataset:
    return Dataset.from_dict({"text": TEXTS, "label": [1, 0]}, features=features or CLASSES)


SOURCES: dict[str, Callable[[], Any]] = {
    "list": lambda: ROWS,
    "tuple": lambda: tuple(ROWS),
    "generator": lambda: (row for row in ROWS),
    "articles": lambda: [Article(f"{i}", row["text"], (row["label"],)) for i, row in enumerate(ROWS)],
    "pandas": lambda: pd.DataFrame(ROWS),
    "pandas nullable": lambda: pd.DataFrame(ROWS).convert_dtypes(),
    "pandas arrow": lambda: pd.DataFrame(ROWS).convert_dtypes(dtype_backend="pyarrow"),
    "pandas categorical": lambda: pd.DataFrame(ROWS).astype({"label": "category", "source": "category"}),
    "polars": lambda: pl.DataFrame(ROWS),
    "polars lazy": lambda: pl.DataFrame(ROWS).lazy(),
    "polars categorical": lambda: pl.DataFrame(ROWS).cast({"label": pl.Categorical}),
    "polars enum": lambda: pl.DataFrame(ROWS).cast({"label": pl.Enum(["opinion", "reporting"])}),
    "arrow": lambda: pa.Table.from_pylist(ROWS),
    "dataset": dataset,
    "dataset formatted": lambda: dataset().with_format("numpy"),
    "dataset of names": lambda: Dataset.from_list(ROWS),
    "streaming": lambda: dataset().to_iterable_dataset(),
    "dict of train alone": lambda: DatasetDict(train=dataset()),
}


@pytest.mark.parametrize("kind", SOURCES)
def test_every_kind_of_source_is_read(kind: str) -> None:
    parts = read(SOURCES[kind]())
    assert list(parts) == ["all"]
    found = [(a.text, a.labels) for a in parts["all"] if isinstance(a, Article)]
    assert found == [(row["text"], (row["label"],)) for row in ROWS]


@pytest.mark.parametrize("kind", ["list", "pandas", "pandas nullable", "pandas arrow", "polars", "arrow"])
def test_columns_keep_their_types_and_what_is_missing_is_missing(kind: str) -> None:
    first, second = read(SOURCES[kind]())["all"]
    assert isinstance(first, Article)
    assert isinstance(second, Article)
    assert (first.source, second.source) == ("Daily", None)
    assert (first.extra, second.extra) == ({"words": 5}, {"words": 4})
    assert type(first.extra["words"]) is int


@pytest.mark.parametrize(
    "make",
    [
        lambda: DatasetDict(train=dataset(), validation=dataset(), test=dataset(), unsupervised=dataset()),
        lambda: {"train": pd.DataFrame(ROWS), "val": pl.DataFrame(ROWS), "test": ROWS},
    ],
)
def test_given_splits_stay_and_rows_are_named_after_them(make: Callable[[], Any]) -> None:
    source = make()
    parts = read(source)
    assert {part: len(items) for part, items in parts.items()} == {"train": 2, "validation": 2, "test": 2}
    item = parts["test"][1]
    assert isinstance(item, Article)
    assert item.where == f"row 1 of {type(source).__name__}['test']"


def test_rows_are_named_as_the_program_knows_them() -> None:
    frame = pd.DataFrame(ROWS)

    def places(source: Any) -> list[str]:
        return [item.where for item in read(source)["all"]]

    assert places(frame) == ["row 0 of the DataFrame", "row 1 of the DataFrame"]
    assert places(frame[1:]) == ["row 0 of the DataFrame, index 1"]
    assert places(frame.set_index(pd.Index(["x", "y"]))) == [
        "row 0 of the DataFrame, index 'x'",
        "row 1 of the DataFrame, index 'y'",
    ]
    assert places(ROWS) == ["row 0 of the list", "row 1 of the list"]
    assert places([Article("1", "Text", ("a",), where="a.csv:7")]) == ["a.csv:7"]


def test_an_index_with_a_name_is_a_column() -> None:
    frame = pd.DataFrame(ROWS, index=pd.Index([11, 12], name="id"))
    assert [item.id for item in read(frame)["all"] if isinstance(item, Article)] == ["11", "12"]


@pytest.mark.parametrize(
    ("values", "dates"),
    [
        (pd.to_datetime(["2024-05-31", None]), ("2024-05-31", None)),
        (pd.to_datetime(["2024-05-31T10:30:00", "2024-06-01T00:00:00"]), ("2024-05-31T10:30:00", "2024-06-01")),
        ([dt.date(2024, 5, 31), None], ("2024-05-31", None)),
        (pd.PeriodIndex(["2024-05", "2024-06"], freq="M"), ("2024-05", "2024-06")),
        (["31 May", pd.NaT], ("31 May", None)),
        (np.array(["2024-05-31", "NaT"], dtype="datetime64[s]"), ("2024-05-31", None)),
        (
            pd.to_datetime(["2024-05-31", "2024-06-01"]).tz_localize("UTC"),
            ("2024-05-31T00:00:00+00:00", "2024-06-01T00:00:00+00:00"),
        ),
    ],
)
def test_timestamps_are_dates(values: Any, dates: tuple[str | None, ...]) -> None:
    sources: list[Any] = [pd.DataFrame(ROWS).assign(date=values)]
    if isinstance(values, pd.DatetimeIndex):
        sources.append(pl.from_pandas(sources[0]))
    for source in sources:
        assert tuple(item.date for item in read(source)["all"] if isinstance(item, Article)) == dates


def test_ids_may_be_numbers() -> None:
    for source in (pd.DataFrame(ROWS).assign(id=[7, 8]), pl.DataFrame(ROWS).with_columns(id=pl.Series([7, 8]))):
        assert [item.id for item in read(source)["all"] if isinstance(item, Article)] == ["7", "8"]


@pytest.mark.parametrize("labels", [["a", np.nan], ["a", None], pd.Categorical(["a", None]), [1.0, np.nan]])
def test_missing_labels_are_refused_by_their_rows(tmp_path: Path, labels: Any) -> None:
    frame = pd.DataFrame(ROWS).assign(label=labels)
    with pytest.raises(InputError, match=r"(?s)The DataFrame has 1 bad row.\n  row 1 of the DataFrame: label is empty"):
        build(frame, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        (b"bytes", "must be text. Got the bytes"),
        (True, "must be text. Got the bool"),
        (dt.date(2024, 5, 31), "must be text. Got the date"),
        (7, "must be text. Got the int"),
        (np.nan, "is empty"),
        (pd.NA, "is empty"),
        (pd.Period("2024-05"), "must be text. Got the"),
        (["a"], "must be text. Got the list"),
        ("half \ud800", "surrogate"),
    ],
)
def test_what_is_no_text_is_not_made_one(bad: Any, what: str) -> None:
    rows = [{"text": "A text.", "label": "a"}, {"text": bad, "label": "b"}]
    sources = {"list": rows} if what == "surrogate" else {"list": rows, "DataFrame": pd.DataFrame(rows)}
    for name, source in sources.items():
        good, fault = read(source)["all"]
        assert isinstance(good, Article)
        assert isinstance(fault, Fault)
        assert what in fault.what
        assert fault.where == f"row 1 of the {name}"


def test_bytes_are_no_labels() -> None:
    _, fault = read([*ROWS[:1], {"text": "A text.", "label": b"a"}])["all"]
    assert isinstance(fault, Fault)
    assert "label must be a name" in fault.what


@pytest.mark.parametrize(
    ("source", "message", "fix"),
    [
        (pd.DataFrame({"body": ["a"], "label": ["x"]}), "the DataFrame: there is no column 'text'", "settings={"),
        (pd.DataFrame(), "The DataFrame holds no articles", "one row"),
        (pd.DataFrame(columns=["text", "label"]), "The DataFrame holds no articles", "one row"),
        (pl.DataFrame(schema={"text": pl.String}), "The DataFrame holds no articles", "one row"),
        ([], "The list holds no articles", "one row"),
        ({}, "This dict is no source", "list of mappings"),
        (pd.DataFrame([["a", "b", "c"]], columns=["text", "text", "label"]), "same name: 'text'", "Rename"),
        (pd.DataFrame([["a", "b"]], columns=[1, "1"]), "same name: '1'", "Rename"),
        (
            pd.DataFrame(ROWS).set_index(["source", "words"]),
            "index of the DataFrame must be of one level",
            "reset_index",
        ),
        (
            pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")])),
            "columns of the DataFrame must",
            "columns",
        ),
        (pa.table([["a"], ["b"]], names=["text", "text"]), "same name: 'text'", "Rename"),
        (pd.Series(TEXTS), "A Series has no labels", "whole DataFrame"),
        (pl.Series(TEXTS), "A Series has no labels", "whole DataFrame"),
        ({"text": TEXTS, "label": ["a", "b"]}, "This dict is no source", "pandas.DataFrame"),
        (ROWS[0], "This dict is no source", "list of mappings"),
        (DatasetDict(test=dataset()), "The DatasetDict has no train split", ""),
        (7, "int is no source", "a path"),
        (b"articles.csv", "bytes is no source", "a path"),
        (Article("1", "Text"), "Article is no source", "a path"),
        (
            ["a text", None],
            "(?s)2 rows of the list are no articles.*row 0 .* Got the str.*row 1 .* is missing",
            "a path",
        ),
        (np.array([["a", "b"]]), "1 rows of the ndarray are no articles", "a path"),
    ],
)
def test_what_cannot_be_read_is_refused_clearly(source: Any, message: str, fix: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        read(source)
    assert fix in error.value.fix
    assert TEMPORARY not in str(error.value)


def test_articles_of_none_one_or_several_labels() -> None:
    articles = [Article("a", "One.", ("x",)), Article("b", "Two.", ("x", "y")), Article("c", "Three.")]
    found = read(articles, data__task="multi_label")["all"]
    assert [item.labels for item in found if isinstance(item, Article)] == [("x",), ("x", "y"), ()]
    first, second, third = read(articles)["all"]
    assert isinstance(first, Article)
    assert isinstance(second, Fault)
    assert isinstance(third, Fault)
    assert ("has 2 labels" in second.what, "is empty" in third.what) == (True, True)


def test_a_label_that_is_a_text_is_one_label() -> None:
    [article] = read([Article("1", "good", labels="opinion")])["all"]  # type: ignore[arg-type]
    assert isinstance(article, Article)
    assert article.labels == ("opinion",)


def test_lists_of_labels_in_frames() -> None:
    labels = [["a", "b"], []]
    frames = (
        pd.DataFrame({"text": TEXTS, "labels": labels}),
        pd.DataFrame({"text": TEXTS, "labels": [np.array(["a", "b"]), None]}),
        pl.DataFrame({"text": TEXTS, "labels": labels}),
        Dataset.from_dict(
            {"text": TEXTS, "labels": [[0, 1], []]},
            features=Features({"text": Value("string"), "labels": Sequence(ClassLabel(names=["a", "b"]))}),
        ),
    )
    for frame in frames:
        found = read(frame, data__task="multi_label")["all"]
        assert [item.labels for item in found if isinstance(item, Article)] == [("a", "b"), ()]


def test_an_article_keeps_all_that_it_has() -> None:
    plain = ("Title", None, "Daily", "Ann", "2024-05-31", "en", "http://x.org")
    [found] = read([Article("a", "Text.", ("x",), *plain, {"claim": "no target", "n": 3})])["all"]
    extra = {"original_claim": "no target", "n": 3}
    assert found == Article("a", "Text.", ("x",), *plain, extra, "row 0 of the list")


def frame_of(n: int) -> pd.DataFrame:
    rows = [{"id": a.id, "text": a.text, "label": a.labels[0], "source": a.source} for a in make_articles(n)]
    return pd.DataFrame(rows)


def test_the_same_data_is_not_built_again_and_other_data_is_noticed(tmp_path: Path) -> None:
    frame, out = frame_of(60), tmp_path / "dataset"
    assert build(frame, out).built is not None
    written = (out / "dataset.json").read_bytes()
    assert TEMPORARY.encode() not in written
    assert build(frame.copy(), out).built is None
    assert (out / "dataset.json").read_bytes() == written
    changed = frame.copy()
    changed.loc[3, "text"] += " more"
    with pytest.raises(InputError, match="the source has changed"):
        build(changed, out)


def test_a_frame_makes_the_dataset_that_its_file_makes(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "articles.jsonl", make_articles(60))
    a = build(tmp_path / "articles.jsonl", tmp_path / "a").info
    for name, source in {"b": make_articles(60), "c": pd.read_json(tmp_path / "articles.jsonl", lines=True)}.items():
        b = build(source, tmp_path / name).info
        assert (a.counts, a.labels, a.probe) == (b.counts, b.labels, b.probe)
        for split in ("train", "validation", "test"):
            ours, theirs = (Dataset.load_from_disk(str(tmp_path / n / split))["text"] for n in ("a", name))
            assert list(ours) == list(theirs)


def test_columns_of_every_type_go_along(tmp_path: Path) -> None:
    more = {
        "period": pd.Period("2024-05"),
        "decimal": Decimal("1.5"),
        "uuid": uuid.UUID(int=1),
        "time": dt.time(10),
        "stamp": pd.Timestamp("2024-05-31"),
        "object": {"a": pd.Period("2024")},
        "tags": ["a", "b"],
        "raw": b"x",
        "mixed": "a",
    }
    rows = [{**row, **more, "mixed": 1 if i % 2 else "a"} for i, row in enumerate(frame_of(60).to_dict("records"))]
    for name, source in {"list": rows, "frame": pd.DataFrame(rows)}.items():
        build(source, tmp_path / name)
        first = Dataset.load_from_disk(str(tmp_path / name / "train"))[0]
        found = {key: first[key] for key in more}
        texts = {"period": "2024-05", "uuid": str(more["uuid"]), "object": '{"a": "2024"}', "tags": '["a", "b"]'}
        assert found == {**more, **texts, "mixed": found["mixed"]}
        assert found["mixed"] in ("a", "1")


def test_given_splits_are_those_of_the_dataset(tmp_path: Path) -> None:
    frame = frame_of(60)
    splits = DatasetDict(
        {
            name: Dataset.from_pandas(frame[rows], preserve_index=False)
            for name, rows in (("train", slice(0, 36)), ("validation", slice(36, 45)), ("test", slice(45, 60)))
        }
    )
    report = build(splits, tmp_path / "out")
    assert report.info.split_method == "given"
    assert {name: counts.articles for name, counts in report.info.counts.items()} == {
        "train": 36,
        "validation": 9,
        "test": 15,
    }
    assert [source["name"] for source in report.info.sources] == [f"DatasetDict['{name}']" for name in splits]
    assert build(splits, tmp_path / "out").built is None


def test_a_config_and_a_dataset_folder_are_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_jsonl(tmp_path / "articles.jsonl", make_articles(60))
    monkeypatch.chdir(tmp_path)
    config = Config(data=DataConfig(path="articles.jsonl"), split=SplitConfig(test_size=0.3))
    report = build(config, tmp_path / "out")
    assert report.info.counts["test"].articles == 18
    assert report.dataset is not None
    with as_named_source(report.dataset) as name:
        assert name == str(tmp_path / "out")
    with lend(config) as path:
        assert not resolve_source(path)[0].data.model_fields_set - {"path"}
    with pytest.raises(InputError, match=r"There is no file 'none.csv'|'.*none.csv'"):
        build(Config(data=DataConfig(path="none.csv")), tmp_path / "none")


def test_jobs_go_on_with_the_same_frame_and_refuse_another(tmp_path: Path, checkpoint: Path) -> None:
    pytest.importorskip("optuna")
    frame, settings = frame_of(90), tiny(checkpoint)
    curve = learning_curve(frame, tmp_path / "curve", shares=(0.5, 1), repeats=1, model="tfidf", settings=settings)
    again = learning_curve(frame, tmp_path / "curve", shares=(0.5, 1), repeats=1, model="tfidf", settings=settings)
    assert again.points == curve.points
    with pytest.raises(InputError, match="begun with other articles"):
        learning_curve(frame[::-1], tmp_path / "curve", shares=(0.5, 1), repeats=1, model="tfidf", settings=settings)
    study = tune(frame, tmp_path / "study", trials=1, settings=settings)
    assert TEMPORARY not in study.train_command
    assert str(tmp_path / "study" / "dataset") in study.train_command
    assert len(tune(frame, tmp_path / "study", trials=2, settings=settings).trials) == 2
    for file in tmp_path.rglob("*.toml"):
        assert TEMPORARY not in file.read_text(encoding="utf-8"), file


def test_a_training_leaves_no_trace_of_the_temporary_file(tmp_path: Path, checkpoint: Path) -> None:
    report = train(pl.from_pandas(frame_of(90)), tmp_path / "run", settings=tiny(checkpoint))
    assert report.test.articles == 18
    found = evaluate(tmp_path / "run", data=frame_of(30), device="cpu")
    assert (found.split, found.articles) == ("data-DataFrame", 30)
    assert (tmp_path / "run" / "evaluation" / "data-DataFrame" / "metrics.json").exists()
    with pytest.raises(
        InputError, match=r"(?s)The DataFrame has 1 bad row.*row 2 of the DataFrame \(id 'a2'\): text is empty"
    ):
        evaluate(tmp_path / "run", data=frame_of(30).replace({"text": {frame_of(30).text[2]: None}}), device="cpu")
    for file in (tmp_path / "run").rglob("*"):
        if file.is_file():
            assert TEMPORARY.encode() not in file.read_bytes(), file


def test_neither_pandas_nor_polars_is_imported_for_a_list() -> None:
    code = (
        "import sys; from classifier.jobs.in_memory import lend\n"
        "with lend([{'text': 'A text.', 'label': 'a'}]): pass\n"
        "from classifier.articles.given_texts import given_articles; given_articles(['a'], pair=False)\n"
        "print([name for name in ('pandas', 'polars', 'torch') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_options_of_the_command_line_become_settings() -> None:
    assert as_python("Set it: --set split.test_size=0.3.") == 'Set it: settings={"split.test_size": 0.3}.'
    quoted = 'Name them: --set \'data.annotators=["NAME", "NAME"]\''
    assert as_python(quoted) == 'Name them: settings={"data.annotators": ["NAME", "NAME"]}'
    assert as_python("(training with --set split.group_by=source measures that)") == (
        '(training with settings={"split.group_by": "source"} measures that)'
    )
