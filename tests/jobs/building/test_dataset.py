"""What a dataset folder holds when it is built: whole or not at all."""

import html
import json
import logging
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from classifier.articles.split_names import SPLITS
from classifier.cli.app import run as cli
from classifier.config_file import make_config
from classifier.dataset import assign, corpus_reader
from classifier.dataset.folder import open_dataset
from classifier.dataset.info import read_dataset_info
from classifier.dataset.provenance import changes
from classifier.dataset.splits import Assignment
from classifier.errors import InputError
from classifier.jobs.building import dataset as dataset_module
from classifier.jobs.building.build import build
from classifier.reports.dataset.lines import build_lines
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.building import annotated, lines, long_articles, near, split_of, write
from tests.makers.languages import articles_in
from tests.makers.sources import made

Capture = pytest.CaptureFixture[str]
ALIKE = {"data.near_duplicates": False, "data.contained": False}  # of the same few words


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


def test_conflicting_duplicates_are_listed(tmp_path: Path, capsys: Capture) -> None:
    articles = long_articles(40)
    other = [replace(near(articles[0]), labels=("satire",)), replace(articles[1], id="same", labels=("satire",))]
    source = write_jsonl(tmp_path / "a.jsonl", [*articles, *other])
    with pytest.raises(InputError, match=r"1 text occurs with different labels") as error:
        made(source, tmp_path / "data", "data.conflicts=error")
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
    (again,) = [line for line in build_lines(open_dataset(out).info) if "annotators" in line]
    assert again in printed
    for page in ("README.md", "report.html"):
        written = (out / page).read_text(encoding="utf-8")
        assert again in html.unescape(written).replace("\\", "")


def test_a_vote_for_no_label_is_said_where_it_is_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    votes = [{"id": a.id, "text": a.text, "anna": a.labels[0], "ben": a.labels[0]} for a in make_articles(40)]
    votes[7]["ben"] = "k.A."
    source = tmp_path / "a.jsonl"
    source.write_text("".join(f"{json.dumps(row)}\n" for row in votes), encoding="utf-8")
    made(source, tmp_path / "data", 'data.annotators=["anna", "ben"]')
    assert "annotators gave a label that no article has in the end: 'k.A.' (1 ×)" in caplog.text


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
    assert report.built.facts.languages == {name: {"a": 6, "b": 6} for name in ("de", "en", "fr")}
    without = build(str(source), tmp_path / "without", settings=settings)
    assert without.dataset is not None
    assert "language_guess" not in next(without.dataset.articles()).extra


def test_articles_in_languages_that_the_encoder_does_not_read_are_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", articles_in("en", "fr", each=20))
    build(str(source), tmp_path / "data", settings=ALIKE)
    (said,) = [record.message for record in caplog.records if "languages" in record.message]
    assert "50% of the articles are in languages that the encoder" in said
    assert f"(it reads English): French 50% (such as {source}:21)" in said
    caplog.clear()
    build(str(source), tmp_path / "en", settings={**ALIKE, "data.languages": ["en"]})
    assert "languages that the encoder" not in caplog.text


def test_only_articles_in_the_languages_of_the_settings_are_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    source = write_jsonl(tmp_path / "a.jsonl", articles_in("en", "fr", "de", each=20))
    report = build(str(source), tmp_path / "data", settings={**ALIKE, "data.languages": ["english", "de"]})
    assert report.dataset is not None
    assert {article.id[:2] for article in report.dataset.articles()} == {"en", "de"}
    assert report.info.languages_left_out == {"fr": 20}
    assert "20 articles left out: in other languages than data.languages (French 20)" in report.info.notes
    assert "20 articles are left out, since only those in English and German are kept" in caplog.text
    assert build(str(source), tmp_path / "data", settings={**ALIKE, "data.languages": ["english", "de"]}).built is None
    assert open_dataset(tmp_path / "data").info.languages_left_out == {"fr": 20}


@pytest.mark.parametrize(
    ("languages", "message"),
    [
        (["it"], "None of the 40 articles is in Italian: English 20, French 20.\n.*--set data.languages=en"),
        (["of the north"], "data.languages names 'of the north', which is no language"),
    ],
)
def test_languages_that_leave_nothing_are_refused(
    languages: list[str], message: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", articles_in("en", "fr", each=20))
    with caplog.at_level(logging.INFO), pytest.raises(InputError, match=message):
        build(str(source), tmp_path / "data", settings={**ALIKE, "data.languages": languages})
    assert not (tmp_path / "data").exists()
    assert "0 articles" not in caplog.text


def test_a_dataset_of_an_older_version_is_up_to_date(tmp_path: Path) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(60))
    build(str(source), tmp_path / "data")
    path = tmp_path / "data" / "dataset.json"
    info = json.loads(path.read_text())
    info["settings"]["data"]["languages"] = ["en"]  # recorded without effect
    del info["languages_left_out"]
    path.write_text(json.dumps(info))
    assert changes(read_dataset_info(path), make_config({"data": {"path": str(source)}})) == []


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


@pytest.mark.usefixtures("quick")
def test_cut_dates_are_obeyed(tmp_path: Path) -> None:
    settings = ["split.method=temporal", "split.validation_from=2024-06-01", "split.test_from=2024-09-01"]
    dataset = made(write_jsonl(tmp_path / "a.jsonl", make_articles(120)), tmp_path / "data", *settings)
    dates = {split: sorted(a.date or "" for a in dataset.articles(split)) for split in SPLITS}
    assert dates["train"][-1] < "2024-06-01" <= dates["validation"][0]
    assert dates["validation"][-1] < "2024-09-01" <= dates["test"][0]
    assert dataset.info.cuts == {"validation": "2024-06-01", "test": "2024-09-01"}


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
    assert any(note.startswith("24 articles have no event") for note in dataset.info.notes)


def test_nothing_is_left_where_the_build_breaks_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(30))
    monkeypatch.setattr(dataset_module, "write_page", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        made(source, tmp_path / "data")
    assert os.listdir(tmp_path) == ["a.jsonl"]  # noqa: PTH208


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


def test_dates_are_stored_as_iso_8601_by_their_format(tmp_path: Path) -> None:
    articles = [replace(a, date=f"{1 + n % 28}/{1 + n % 12}/24") for n, a in enumerate(make_articles(60))]
    source = write_jsonl(tmp_path / "a.jsonl", articles)
    dated = {"plain": [], "temporal": ["split.method=temporal"]}
    for name, settings in dated.items():
        dataset = made(source, tmp_path / name, "data.date_format=%d/%m/%y", *settings)
        days = {split: [a.date or "" for a in dataset.articles(split)] for split in dataset.splits}
        assert sorted(day for found in days.values() for day in found) == sorted(
            f"2024-{1 + n % 12:02}-{1 + n % 28:02}" for n in range(60)
        )
    assert max(days["train"]) <= min(days["test"])
    undated = write_jsonl(tmp_path / "b.jsonl", [replace(a, date=None) for a in articles])
    with pytest.raises(InputError, match="has no effect: no article has a date"):
        made(undated, tmp_path / "undated", "data.date_format=%d/%m/%y")
