import json
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from classifier.articles.article import Article
from classifier.articles.split_names import SPLITS
from classifier.cli.app import run as cli
from classifier.config_file import parse_settings
from classifier.dataset import assign, corpus_reader
from classifier.dataset.folder import DatasetFolder, open_dataset
from classifier.dataset.splits import Assignment
from classifier.errors import InputError
from classifier.jobs.building import dataset as dataset_module
from classifier.jobs.building import leaks
from classifier.jobs.building.build import build
from tests.makers.articles import FILLER, make_articles, write_jsonl

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the page and the probe, which take most of a build's time, for what has nothing to do with them."""
    monkeypatch.setattr(dataset_module, "write_page", lambda *_, **__: None)
    monkeypatch.setattr(leaks, "measure_leakage", lambda *_, **__: None)


def write(path: Path, *records: object) -> Path:
    """JSON lines of records, or of lines as they stand."""
    lines = (record if isinstance(record, str) else json.dumps(record) for record in records)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def rows(n: int, **more: object) -> list[dict[str, Any]]:
    return [{"id": a.id, "text": a.text, "label": a.labels[0], **more} for a in make_articles(n)]


def made(source: Path, out: Path, *given: str, **options: Any) -> DatasetFolder:
    dataset = build(str(source), out, settings=parse_settings(given), **options).dataset
    assert dataset is not None
    return dataset


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def split_of(dataset: DatasetFolder) -> dict[str, str | None]:
    table = dataset.assigned()
    return dict(zip(table["id"].to_pylist(), table["split"].to_pylist(), strict=True))


def spoilt(path: Path) -> Path:
    """60 good rows, and bad ones of six kinds among them."""
    good = rows(60)
    return write(
        path,
        *good[:20],
        {"id": "b1", "text": " ", "label": "satire", "source": "x"},
        *good[20:40],
        '{"id": "b2", "text": ',
        {"id": "b3", "text": "some words", "label": None},
        {**good[3], "text": "The id of another article."},
        {"id": "b4", "text": "Read more", "label": "satire", "source": "x"},
        {"id": "b5", "text": "", "label": "satire"},
        *good[40:],
    )


KINDS = {"text is empty": 2, "duplicate id": 1, "label is empty": 1, "not valid JSON": 1, "nothing left": 1}


def test_bad_rows_are_left_out_listed_and_counted(tmp_path: Path, capsys: Capture) -> None:
    source, out = spoilt(tmp_path / "a.jsonl"), tmp_path / "data"
    settings = ["--set", 'data.strip=["line:Read more"]']
    assert cli(["build", str(source), "--out", str(out), "--skip-bad", *settings]) == 0
    dataset = open_dataset(out)
    assert {article.id for article in dataset.articles()} == {f"a{i}" for i in range(60)}
    assert next(a for a in dataset.articles() if a.id == "a3").text == rows(4)[3]["text"]
    found = {record["where"].rsplit(":")[-1]: record for record in lines(out / "rejected.jsonl")}
    assert sorted(found) == ["21", "42", "43", "44", "45", "46"]
    assert found["21"]["what"] == "text is empty"
    assert found["21"]["row"] == {"id": "b1", "text": " ", "label": "satire", "source": "x"}
    assert found["42"]["row"].strip() == '{"id": "b2", "text":'
    assert found["43"]["row"]["id"] == "b3"
    assert found["44"]["what"] == f"the id 'a3' is already that of {source}:4"
    assert (found["44"]["row"]["id"], found["44"]["row"]["text"]) == ("a3", "The id of another article.")
    assert found["45"]["what"] == "nothing is left of the text after data.strip"
    assert found["45"]["row"] == {"id": "b4", "text": "Read more", "label": "satire", "source": "x"}
    assert dataset.info.rejected == KINDS
    assert list(dataset.info.rejected) == list(KINDS)  # the most frequent first, then by name
    printed = " ".join(capsys.readouterr().out.split())
    assert "6 bad rows were left out (2 × text is empty, 1 × duplicate id, 1 × label is empty," in printed
    assert "a dataset lists them in its rejected.jsonl" in printed


def test_without_skip_bad_all_bad_rows_of_all_parts_are_listed(tmp_path: Path, capsys: Capture) -> None:
    spoilt(tmp_path / "train.jsonl")
    write(tmp_path / "test.jsonl", *rows(10), {"id": "c", "text": "", "label": "satire"})
    (tmp_path / "c.toml").write_text('[data]\ntrain = "train.jsonl"\ntest = "test.jsonl"\nstrip = ["line:Read more"]\n')
    before = files(tmp_path)
    assert cli(["build", str(tmp_path / "c.toml"), "--out", str(tmp_path / "data")]) == 2
    message = capsys.readouterr().err
    assert "train.jsonl' and '" in message
    assert "has 7 bad rows" in message
    for where in ("test.jsonl:11", *(f"train.jsonl:{line}" for line in (21, 42, 43, 44, 45, 46))):
        assert f"{where}: " in message
    assert "leave them out with --skip-bad" in message
    assert files(tmp_path) == before


def test_all_rows_bad_is_an_error_even_with_skip_bad(tmp_path: Path) -> None:
    source = write(tmp_path / "a.jsonl", {"text": "", "label": "a"}, {"text": "some text", "label": ""})
    with pytest.raises(InputError, match="holds no articles"):
        made(source, tmp_path / "data", skip_bad=True)
    assert not (tmp_path / "data").exists()


@pytest.mark.usefixtures("quick")
def test_a_row_with_two_faults_is_counted_once(tmp_path: Path) -> None:
    source = write(tmp_path / "a.jsonl", *rows(30), {"id": "b", "text": "", "label": ""}, {"text": "x y", "label": ""})
    dataset = made(source, tmp_path / "data", skip_bad=True)
    assert dataset.info.rejected == {"label is empty": 1, "text is empty; label is empty": 1}
    assert [record["where"] for record in lines(tmp_path / "data" / "rejected.jsonl")] == [
        f"{source}:31",
        f"{source}:32",
    ]
    with pytest.raises(InputError, match="has 2 bad rows"):
        made(source, tmp_path / "other")


@pytest.mark.usefixtures("quick")
def test_a_good_source_makes_no_list_of_rejects(tmp_path: Path) -> None:
    dataset = made(write_jsonl(tmp_path / "a.jsonl", make_articles(30)), tmp_path / "data", skip_bad=True)
    assert not (tmp_path / "data" / "rejected.jsonl").exists()
    assert dataset.info.rejected == {}


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty place for temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_a_dry_run_reports_the_same_and_writes_nothing(
    tmp_path: Path, temporary: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    source = spoilt(tmp_path / "a.jsonl")
    options = [str(source), "--skip-bad", "--set", 'data.strip=["line:Read more"]']
    before = files(tmp_path)
    assert cli(["build", *options, "--dry-run"]) == 0
    *dry, last = capsys.readouterr().out.splitlines()
    assert last == "Nothing was written: this was a dry run."
    assert files(tmp_path) == before
    assert list(temporary.iterdir()) == []
    assert list(Path.cwd().iterdir()) == []
    assert cli(["build", *options, "--out", str(tmp_path / "data")]) == 0
    assert capsys.readouterr().out.splitlines()[: len(dry)] == dry
    dry_report = build(str(source), None, dry_run=True, skip_bad=True, settings={"data.strip": ["line:Read more"]})
    assert dry_report.dataset is None
    assert dry_report.info == open_dataset(tmp_path / "data").info


def test_a_dry_run_names_the_bad_rows_and_leaves_nothing(tmp_path: Path, temporary: Path, capsys: Capture) -> None:
    source = spoilt(tmp_path / "a.jsonl")
    assert cli(["build", str(source), "--dry-run"]) == 2
    assert "5 bad rows" in capsys.readouterr().err
    assert list(temporary.iterdir()) == []


def test_a_dry_run_takes_no_out_and_a_build_needs_one(tmp_path: Path, capsys: Capture) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(30))
    for options in (["--dry-run", "--out", str(tmp_path / "data")], []):
        assert cli(["build", str(source), *options]) == 2
        assert "Give --out, or --dry-run to write nothing, not both." in capsys.readouterr().err
    assert not (tmp_path / "data").exists()
    with pytest.raises(InputError, match="Give --out"):
        build(str(source), None)


def test_building_twice_gives_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    articles = [*make_articles(2200), replace(make_articles(1)[0], id="twin")]
    for folder in ("here", "there"):
        (tmp_path / folder).mkdir()
        source = write_jsonl(tmp_path / folder / "a.jsonl", articles)
        with source.open("a") as file:
            file.write('{"id": "b", "text": "cut me", "label": "satire"}\n{"id": "c", "text": "", "label": "satire"}\n')
        (tmp_path / folder / "c.toml").write_text(
            '[data]\npath = "a.jsonl"\nstrip = ["text:cut me"]\n[split]\ngroup_by = "date"\n'
        )
    monkeypatch.chdir(tmp_path / "here")
    asked: list[int] = []
    monkeypatch.setattr(dataset_module, "write_page", lambda *_, **__: None)  # tested elsewhere
    monkeypatch.setattr(corpus_reader, "available_cores", lambda: asked.append(2) or 2)
    made(Path("c.toml"), Path("data"), skip_bad=True)
    assert asked == [2]  # that many processes worked on it
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(corpus_reader, "available_cores", lambda: 1)
    second = made(tmp_path / "there" / "c.toml", tmp_path / "other", skip_bad=True)
    first = open_dataset(tmp_path / "here" / "data")
    assert len(list(first.articles("test"))) > 300
    for name in ("splits.parquet", "dataset.json"):
        assert (tmp_path / "here" / "data" / name).read_bytes() == (second.path / name).read_bytes()
    assert str(tmp_path) not in (second.path / "dataset.json").read_text()
    plain = [(a.id, a.text, a.labels, a.source) for a in second.articles()]
    assert [(a.id, a.text, a.labels, a.source) for a in first.articles()] == plain


def test_a_small_source_needs_no_other_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus_reader, "available_cores", lambda: pytest.fail("it would start some"))
    for part, articles in (("train", make_articles(30)), ("test", make_articles(10, 4))):
        write_jsonl(tmp_path / f"{part}.jsonl", [replace(a, id=f"{part} {a.id}") for a in articles])
    (tmp_path / "c.toml").write_text('[data]\ntrain = "train.jsonl"\ntest = "test.jsonl"\n')
    assert build(str(tmp_path / "c.toml"), None, dry_run=True).info.counts["test"].articles == 10


@pytest.mark.usefixtures("quick")
def test_another_seed_gives_other_splits(tmp_path: Path) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(60))
    first, second = (made(source, tmp_path / seed, f"split.seed={seed}") for seed in ("1", "2"))
    assert split_of(first) != split_of(second)


def test_a_second_build_finds_the_folder_up_to_date(tmp_path: Path, capsys: Capture) -> None:
    source, out = write_jsonl(tmp_path / "a.jsonl", make_articles(30)), tmp_path / "data"
    assert cli(["build", str(source), "--out", str(out)]) == 0
    assert f"Wrote {out}; look at {out / 'report.html'}." in capsys.readouterr().out.replace("\n", "")
    before = {path: path.stat().st_mtime_ns for path in [out, *out.rglob("*")]}
    assert cli(["build", str(source), "--out", str(out)]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "is up to date: nothing has changed. Next: classifier train" in printed
    assert "opinion" in printed
    assert {path: path.stat().st_mtime_ns for path in [out, *out.rglob("*")]} == before


@pytest.mark.parametrize(
    ("change", "settings", "message"),
    [
        (lambda f: write_jsonl(f / "a.jsonl", make_articles(31)), [], "the source has changed ('a.jsonl')"),
        (lambda f: None, ["split.test_size=0.3"], "settings have changed (split.test_size)"),
        (lambda f: None, ["data.columns.title=id"], "settings have changed (data.columns)"),
        (lambda f: None, ["train.seed=7", "model.max_length=64"], "settings have changed (model.max_length, train.see"),
        (
            lambda f: write_jsonl(f / "a.jsonl", make_articles(31)),
            ["data.conflicts=drop"],
            "the source has changed ('a.jsonl') and settings have changed (data.conflicts)",
        ),
    ],
    ids=["source", "split", "column", "train", "both"],
)
@pytest.mark.usefixtures("quick")
def test_a_dataset_of_something_else_is_refused_and_named(
    change: Callable[[Path], object], settings: list[str], message: str, tmp_path: Path, capsys: Capture
) -> None:
    source, out = write_jsonl(tmp_path / "a.jsonl", make_articles(30)), tmp_path / "data"
    assert cli(["build", str(source), "--out", str(out)]) == 0
    before = files(out)
    change(tmp_path)
    assert cli(["build", str(source), "--out", str(out), *(w for s in settings for w in ("--set", s))]) == 2
    error = capsys.readouterr().err
    assert f"is in use already, and since it was built {message}" in error
    assert "add --overwrite" in error
    assert (f"--extend {out}" in error) == ("source" in message)
    assert files(out) == before


@pytest.mark.usefixtures("quick")
def test_a_setting_that_came_later_changes_no_dataset(tmp_path: Path) -> None:
    source, out = write_jsonl(tmp_path / "a.jsonl", make_articles(30)), tmp_path / "data"
    assert cli(["build", str(source), "--out", str(out)]) == 0
    values = json.loads((out / "dataset.json").read_text())
    assert values["settings"]["train"].pop("label_by") == "fit"
    (out / "dataset.json").write_text(json.dumps(values))
    assert cli(["build", str(source), "--out", str(out)]) == 0
    assert cli(["build", str(source), "--out", str(out), "--set", "train.label_by=score"]) == 2


@pytest.mark.usefixtures("quick")
def test_overwrite_replaces_a_dataset_with_all_its_files(tmp_path: Path) -> None:
    out = tmp_path / "data"
    source = write(tmp_path / "a.jsonl", *rows(30), {"text": "", "label": "a"})
    made(source, out, "split.folds=3", skip_bad=True)
    assert (out / "rejected.jsonl").exists()
    write_jsonl(source, make_articles(40))
    dataset = made(source, out, overwrite=True)
    assert sum(counts.articles for counts in dataset.info.counts.values()) == 40
    assert not {"rejected.jsonl", "articles"} & {path.name for path in out.iterdir()}


@pytest.mark.usefixtures("quick")
def test_saved_splits_that_change_are_noticed(tmp_path: Path) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(40))
    for seed in ("1", "2"):
        made(source, tmp_path / seed, f"split.seed={seed}")
    shutil.copy(tmp_path / "1" / "splits.parquet", tmp_path / "splits.parquet")
    settings = [f"split.file={tmp_path / 'splits.parquet'}"]
    dataset = made(source, tmp_path / "data", *settings)
    assert split_of(dataset) == split_of(open_dataset(tmp_path / "1"))
    assert made(source, tmp_path / "data", *settings) == dataset
    shutil.copy(tmp_path / "2" / "splits.parquet", tmp_path / "splits.parquet")
    with pytest.raises(InputError, match=r"the source has changed \('splits\.parquet'\)"):
        made(source, tmp_path / "data", *settings)


def test_a_leaking_assignment_is_never_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def by_halves(part: Any, method: str) -> Assignment:
        n = len(part.rows)
        return Assignment(np.arange(n) % 2 * 2, np.arange(n), {})

    articles = make_articles(30)
    monkeypatch.setattr(assign, "_assign", by_halves)
    source = write_jsonl(tmp_path / "a.jsonl", [*articles, replace(articles[1], id="twin")])
    with pytest.raises(InputError, match="a text would be in two splits"):
        made(source, tmp_path / "data")
    source = write_jsonl(tmp_path / "a.jsonl", articles)
    with pytest.raises(InputError, match="a source would be in two splits"):
        made(source, tmp_path / "data", "split.group_by=source")
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


@pytest.mark.usefixtures("quick")
def test_boilerplate_is_gone_from_the_dataset(tmp_path: Path) -> None:
    articles = [
        replace(
            a,
            text=f"From: {a.source}@example.com\nSubject: News\n\n{a.text}\nRead more at www.example.com/{i}",
            title=f"www.example.com: story {i}",
        )
        for i, a in enumerate(make_articles(40))
    ]
    source = write(tmp_path / "a.jsonl", *({**vars_of(a), "title": a.title} for a in articles))
    dataset = made(source, tmp_path / "data", 'data.strip=["headers", "urls", "line:Read more at*"]')
    plain = {a.id: a.text for a in make_articles(40)}
    for article in dataset.articles():
        assert article.text.strip() == plain[article.id]
        assert "example.com" not in (article.title or "")
    assert dataset.info.settings["data"]["strip"] == ["headers", "urls", "line:Read more at*"]
    assert dataset.info.duplicates is not None and dataset.info.duplicates.exact == 0


def vars_of(article: Article) -> dict[str, Any]:
    return {"id": article.id, "text": article.text, "label": article.labels[0], "source": article.source}


@pytest.mark.usefixtures("quick")
def test_texts_that_differ_in_boilerplate_alone_are_one(tmp_path: Path) -> None:
    copies = [{**row, "id": f"copy {i}", "text": f"{row['text']}\nThe Daily Wire"} for i, row in enumerate(rows(20))]
    source = write(tmp_path / "a.jsonl", *rows(40), *copies)
    settings = ["data.near_duplicates=false", "data.duplicates=drop"]
    without = made(source, tmp_path / "without", *settings).info.duplicates
    assert without is not None and without.dropped == 0
    dataset = made(source, tmp_path / "data", "data.strip=line:The Daily Wire", *settings)
    assert dataset.info.duplicates is not None and dataset.info.duplicates.dropped == 20
    assert sum(split is None for split in split_of(dataset).values()) == 20


def near(article: Article) -> Article:
    """The same article with its last word changed."""
    return replace(article, id=f"near {article.id}", text=f"{article.text.rsplit(' ', 1)[0]} word0 word1")


def long_articles(n: int) -> list[Article]:
    rng = random.Random(7)
    return [replace(a, text=" ".join([a.text, *rng.choices(FILLER, k=60)])) for a in make_articles(n)]


@pytest.mark.usefixtures("quick")
def test_near_duplicates_stay_in_one_split_unless_that_is_turned_off(tmp_path: Path) -> None:
    articles = long_articles(60)
    source = write_jsonl(tmp_path / "a.jsonl", [*articles, *map(near, articles)])

    def parted(dataset: DatasetFolder) -> int:
        split = split_of(dataset)
        return sum(split[a.id] != split[f"near {a.id}"] for a in articles)

    dataset = made(source, tmp_path / "on")
    assert parted(dataset) == 0
    assert dataset.info.duplicates is not None
    assert (dataset.info.duplicates.clusters, dataset.info.duplicates.clustered) == (60, 120)
    dataset = made(source, tmp_path / "off", "data.near_duplicates=false")
    assert parted(dataset) > 10
    assert dataset.info.duplicates is not None
    assert (dataset.info.duplicates.clusters, dataset.info.duplicates.threshold) == (0, 1.0)
    dataset = made(source, tmp_path / "dropped", "data.duplicates=drop_near")
    assert {split for name, split in split_of(dataset).items() if name.startswith("near")} == {None}
    folds = made(source, tmp_path / "folds", "split.folds=4").assigned()
    fold = dict(zip(folds["id"].to_pylist(), folds["fold"].to_pylist(), strict=True))
    assert all(fold[a.id] == fold[f"near {a.id}"] for a in articles)


@pytest.mark.usefixtures("quick")
def test_exact_duplicates_are_kept_in_one_split_or_dropped_by_choice(tmp_path: Path) -> None:
    copies = [replace(a, id=f"copy {a.id}", text=a.text.upper()) for a in make_articles(20)]
    source = write_jsonl(tmp_path / "a.jsonl", [*make_articles(40), *copies])
    kept = made(source, tmp_path / "kept")
    assert all(split_of(kept)[f"copy a{i}"] == split_of(kept)[f"a{i}"] is not None for i in range(20))
    assert kept.info.duplicates is not None
    assert (kept.info.duplicates.exact, kept.info.duplicates.dropped) == (20, 0)
    dropped = made(source, tmp_path / "dropped", "data.duplicates=drop")
    assert [split_of(dropped)[f"copy a{i}"] for i in range(20)] == [None] * 20
    assert dropped.info.duplicates is not None and dropped.info.duplicates.dropped == 20


def test_conflicting_duplicates_are_listed(tmp_path: Path, capsys: Capture) -> None:
    articles = long_articles(40)
    other = [replace(near(articles[0]), labels=("satire",)), replace(articles[1], id="same", labels=("satire",))]
    source = write_jsonl(tmp_path / "a.jsonl", [*articles, *other])
    with pytest.raises(InputError, match=r"1 text\(s\) occur with different labels") as error:
        made(source, tmp_path / "data")
    assert error.value.faults[0].where == f"{source}:42"
    assert cli(["build", str(source), "--out", str(tmp_path / "data"), "--set", "data.conflicts=keep"]) == 0
    found = {record["id"]: record for record in lines(tmp_path / "data" / "conflicts.jsonl")}
    assert found == {
        "near a0": {
            "id": "near a0",
            "label": "satire",
            "where": f"{source}:41",
            "other_id": "a0",
            "other_label": "opinion",
            "other_where": f"{source}:1",
            "exact": False,
        },
        "same": {
            "id": "same",
            "label": "satire",
            "where": f"{source}:42",
            "other_id": "a1",
            "other_label": "reporting",
            "other_where": f"{source}:2",
            "exact": True,
        },
    }
    assert "4 of those have different labels within a cluster; see conflicts.jsonl" in " ".join(
        capsys.readouterr().out.split()
    )
    dataset = made(source, tmp_path / "dropped", "data.conflicts=drop")
    assert split_of(dataset)["same"] is split_of(dataset)["a1"] is None
    assert split_of(dataset)["near a0"] == split_of(dataset)["a0"] is not None


def annotated(path: Path) -> Path:
    """40 articles by three annotators: two ties, and eight where one of three says something else."""
    records = []
    for i, article in enumerate(make_articles(40)):
        votes = dict.fromkeys(("anna", "ben", "cem"), article.labels[0])
        if i % 5 == 0:
            votes["ben"] = "satire" if article.labels[0] == "opinion" else "opinion"
        if i in (7, 8):
            votes = {"anna": "opinion", "ben": "satire", "cem": None}
        records.append({"id": article.id, "text": article.text, **votes})
    return write(path, *records)


def test_annotators_decide_by_majority_and_ties_are_left_out(tmp_path: Path, capsys: Capture) -> None:
    source, out = annotated(tmp_path / "a.jsonl"), tmp_path / "data"
    settings = ["--set", 'data.annotators=["anna", "ben", "cem"]']
    assert cli(["build", str(source), "--out", str(out), *settings]) == 0
    dataset = open_dataset(out)
    label = {a.id: a.labels for a in dataset.articles()}
    assert label == {a.id: a.labels for i, a in enumerate(make_articles(40)) if i not in (7, 8)}
    assert {name for name, split in split_of(dataset).items() if split is None} == {"a7", "a8"}
    tie = {"anna": ["opinion"], "ben": ["satire"]}
    assert lines(out / "disputed.jsonl") == [
        {"id": "a7", "where": f"{source}:8", "votes": tie},
        {"id": "a8", "where": f"{source}:9", "votes": tie},
    ]
    printed = " ".join(capsys.readouterr().out.split())
    assert "3 annotators; 40 articles have several: 30 unanimous, 2 tied (see disputed.jsonl)." in printed
    assert "Krippendorff's alpha 0.7" in printed


def test_an_annotator_without_a_column_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"1 annotator\(s\) have no column; .*'cem'") as error:
        made(annotated(tmp_path / "a.jsonl"), tmp_path / "data", 'data.annotators=["anna", "cemm"]', skip_bad=True)
    assert "there is no column 'cemm' for this annotator. Did you mean 'cem'?" in str(error.value)


@pytest.mark.usefixtures("quick")
def test_the_language_is_guessed_where_it_is_not_given(tmp_path: Path) -> None:
    german = "Der Stadtrat hat am Dienstag beschlossen, dass die Brücke über den Fluss geschlossen wird."
    english = "The council voted on Tuesday to close the bridge over the river, and nobody was against it."
    records = [
        {"id": f"{language}{i}", "text": f"{text} {i}", "label": "ab"[i % 2], "language": given}
        for i in range(12)
        for language, text, given in (("de", german, None), ("en", english, None), ("xx", english, "fr"))
    ]
    source = write(tmp_path / "a.jsonl", *records)
    settings = {"data.near_duplicates": False}
    report = build(str(source), tmp_path / "data", settings={"data.guess_language": True, **settings})
    assert report.dataset is not None and report.built is not None
    guessed = {a.id: a.extra["language_guess"] for a in report.dataset.articles()}
    assert {(name[:2], guess) for name, guess in guessed.items()} == {("de", "de"), ("en", "en"), ("xx", "fr")}
    assert report.built.survey.languages == {name: {"a": 6, "b": 6} for name in ("de", "en", "fr")}
    without = build(str(source), tmp_path / "without", settings=settings)
    assert without.dataset is not None
    assert "language_guess" not in next(without.dataset.articles()).extra


def test_guessing_without_its_package_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setitem(sys.modules, "py3langid", None)
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(30))
    assert cli(["build", str(source), "--out", str(tmp_path / "data"), "--set", "data.guess_language=true"]) == 2
    message = capsys.readouterr().err
    assert "data.guess_language needs the package py3langid." in message
    assert "Fix: Install the extra: pip install 'article-classifier[language]'" in message
    assert not (tmp_path / "data").exists()


def test_the_page_and_the_card_are_written(tmp_path: Path) -> None:
    made(write_jsonl(tmp_path / "a.jsonl", make_articles(60)), tmp_path / "news", "split.group_by=source")
    card, page = ((tmp_path / "news" / name).read_text() for name in ("README.md", "report.html"))
    assert card.startswith("---\n")
    assert "news" in card
    for label in ("opinion", "reporting", "satire"):
        assert label in card
        assert label in page
    assert "<svg" in page
    assert "no source" in page.lower()


def test_the_probe_tells_what_a_random_split_would_have_claimed(tmp_path: Path, capsys: Capture) -> None:
    rng = random.Random(3)
    records = [
        {
            "text": " ".join([*rng.choices(FILLER, k=6), *[f"name{source}"] * 3]),
            "label": "ab"[source % 2],
            "source": source,
        }
        for source in range(16)
        for _ in range(10)
    ]
    source = write(tmp_path / "a.jsonl", *records)
    assert cli(["build", str(source), "--dry-run", "--set", "split.group_by=source"]) == 0
    assert "A random split would have claimed" in " ".join(capsys.readouterr().out.split())
    probe = build(str(source), None, dry_run=True, settings={"split.group_by": "source"}).info.probe
    assert probe is not None
    assert probe.random > 0.9
    assert probe.chosen < 0.7
    random_probe = build(str(source), None, dry_run=True).info.probe
    assert random_probe is not None and random_probe.chosen > 0.9


@pytest.mark.usefixtures("quick")
def test_cut_dates_are_obeyed(tmp_path: Path) -> None:
    settings = ["split.method=temporal", "split.validation_from=2024-06-01", "split.test_from=2024-09-01"]
    dataset = made(write_jsonl(tmp_path / "a.jsonl", make_articles(120)), tmp_path / "data", *settings)
    dates = {split: sorted(a.date or "" for a in dataset.articles(split)) for split in SPLITS}
    assert dates["train"][-1] < "2024-06-01" <= dates["validation"][0]
    assert dates["validation"][-1] < "2024-09-01" <= dates["test"][0]
    assert dataset.info.cuts == {"validation": "2024-06-01", "test": "2024-09-01"}


@pytest.mark.usefixtures("quick")
def test_multi_label_articles_may_have_none(tmp_path: Path) -> None:
    articles = make_articles(90, multi_label=True)
    source = write_jsonl(tmp_path / "a.jsonl", articles, multi_label=True)
    dataset = made(source, tmp_path / "data", "data.task=multi_label")
    assert {a.id: a.labels for a in dataset.articles()} == {a.id: a.labels for a in articles}
    assert any(not a.labels for a in articles)
    features = dataset.load("train").features
    assert features["labels"].feature.names == ["opinion", "reporting", "satire"]


@pytest.mark.usefixtures("quick")
def test_a_pair_is_what_has_a_target_unless_that_is_turned_off(tmp_path: Path) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(40, pair=True))
    assert made(source, tmp_path / "pair").info.pair
    single = made(source, tmp_path / "single", "data.pair=false")
    assert not single.info.pair
    assert all(a.target is None for a in single.articles())


@pytest.mark.usefixtures("quick")
def test_a_dataset_is_no_source(tmp_path: Path) -> None:
    made(write_jsonl(tmp_path / "a.jsonl", make_articles(30)), tmp_path / "data")
    with pytest.raises(InputError, match="is a dataset already"):
        build(str(tmp_path / "data"), tmp_path / "again")


@pytest.mark.usefixtures("quick")
def test_splits_parquet_says_where_each_article_went(tmp_path: Path) -> None:
    dataset = made(write_jsonl(tmp_path / "a.jsonl", make_articles(60)), tmp_path / "data", "split.group_by=source")
    table = pq.read_table(tmp_path / "data" / "splits.parquet").to_pylist()
    assert [row["id"] for row in table] == [f"a{i}" for i in range(60)]
    assert {row["id"]: row["split"] for row in table} == {
        a.id: split for split in dataset.splits for a in dataset.articles(split)
    }
    units = {row["id"]: row["unit"] for row in table}
    assert [units[f"a{i}"] for i in range(60)] == [i % 5 for i in range(60)]


@pytest.mark.usefixtures("quick")
def test_an_article_without_a_group_is_a_group_of_its_own(tmp_path: Path) -> None:
    articles, groups = make_articles(60), [1.0, 2.0, 3.0, float("nan"), None] * 12
    columns = {"text": [a.text for a in articles], "label": [a.labels[0] for a in articles], "event": groups}
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    dataset = made(tmp_path / "a.parquet", tmp_path / "data", "split.group_by=event")
    units = dict(zip(dataset.assigned()["id"].to_pylist(), dataset.assigned()["unit"].to_pylist(), strict=True))
    assert len(set(units.values())) == 3 + 24
    assert len({units[str(number)] for number in range(1, 61, 5)}) == 1
    assert any(note.startswith("24 article(s) have no event") for note in dataset.info.notes)


def test_nothing_is_left_where_the_build_breaks_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(30))
    monkeypatch.setattr(dataset_module, "write_page", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        made(source, tmp_path / "data")
    assert os.listdir(tmp_path) == ["a.jsonl"]  # noqa: PTH208


@pytest.mark.usefixtures("quick")
def test_a_dataset_is_extended_in_place_only_with_overwrite(tmp_path: Path, capsys: Capture) -> None:
    out = str(tmp_path / "data")
    assert cli(["build", str(write_jsonl(tmp_path / "a.jsonl", make_articles(40))), "--out", out]) == 0
    old = split_of(open_dataset(tmp_path / "data"))
    command = ["build", str(write_jsonl(tmp_path / "a.jsonl", make_articles(60))), "--out", out, "--extend", out]
    assert cli(command) == 2
    assert "add --overwrite" in capsys.readouterr().err
    assert split_of(open_dataset(tmp_path / "data")) == old
    assert cli([*command, "--overwrite"]) == 0
    assert "40 articles kept their splits; 20 are new" in capsys.readouterr().err
    new = split_of(open_dataset(tmp_path / "data"))
    assert old.items() <= new.items()
    assert len(new) == 60
    assert cli(command[:-2]) == 2
    assert "the source has lost files (it had 'a.jsonl', 'a.jsonl')" in " ".join(capsys.readouterr().err.split())


def test_given_splits_that_share_sources_make_no_claim(tmp_path: Path) -> None:
    articles = make_articles(120)
    train = write_jsonl(tmp_path / "train.jsonl", articles[:90])
    test = write_jsonl(tmp_path / "test.jsonl", articles[90:])
    config = tmp_path / "c.toml"
    config.write_text(
        f'[data]\ntrain = "{train}"\ntest = "{test}"\n[split]\nmethod = "grouped"\ngroup_by = ["source"]\n'
    )
    info = build(str(config), tmp_path / "data").info
    assert (info.split_method, info.group_by) == ("given", ())


def test_a_test_split_is_cut_where_only_validation_is_given(tmp_path: Path) -> None:
    articles = make_articles(120)
    train = write_jsonl(tmp_path / "train.jsonl", articles[:90])
    dev = write_jsonl(tmp_path / "dev.jsonl", articles[90:])
    config = tmp_path / "c.toml"
    config.write_text(f'[data]\ntrain = "{train}"\nvalidation = "{dev}"\n')
    info = build(str(config), tmp_path / "data").info
    assert {name: counts.articles for name, counts in info.counts.items()} == {
        "train": 72,
        "validation": 30,
        "test": 18,
    }


def test_a_target_in_one_part_only_is_refused(tmp_path: Path) -> None:
    train = write_jsonl(tmp_path / "train.jsonl", make_articles(60, pair=True))
    test = write_jsonl(tmp_path / "test.jsonl", make_articles(20, seed=5))
    config = tmp_path / "c.toml"
    config.write_text(f'[data]\ntrain = "{train}"\ntest = "{test}"\n')
    with pytest.raises(InputError, match=r"20 of 80 articles have no target(?s:.)*test.jsonl:1: has no target"):
        build(str(config), tmp_path / "data")
