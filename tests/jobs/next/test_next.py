"""Which articles to label next: no copies, the unsure ones, all of the pool's columns, nothing half-written."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas
import pytest

from classifier.articles.article import Article
from classifier.cli.app import run as cli
from classifier.errors import InputError
from classifier.jobs.next.next import NextReport, choose_next
from classifier.jobs.train import train
from classifier.models.classifier import Classifier
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.settings import tiny


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Path:
    folder = tmp_path_factory.mktemp("run")
    source = write_jsonl(folder / "a.jsonl", make_articles(90))
    train(str(source), folder / "run", settings=tiny(checkpoint))
    return folder / "run"


def unlabelled(path: Path, articles: list[Article], **more: object) -> Path:
    lines = [json.dumps({"id": f"p-{a.id}", "text": a.text, "desk": "city", **more}) for a in articles]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def mixed(n: int, seed: int) -> list[Article]:
    """Every second article speaks for two labels at once, so that a model is unsure of it."""
    first, second = make_articles(n, seed), make_articles(n, seed + 1)
    both = [a.text + " " + b.text for a, b in zip(first, second[1:] + second[:1], strict=True)]
    return [replace(a, text=text) if i % 2 else a for i, (a, text) in enumerate(zip(first, both, strict=True))]


def test_the_unsure_articles_of_a_run_are_chosen(run: Path, tmp_path: Path) -> None:
    pool = unlabelled(tmp_path / "pool.jsonl", mixed(200, 5))
    report = choose_next(str(run), [str(pool)], tmp_path / "next.jsonl", n=8)
    assert report == NextReport(tmp_path / "next.jsonl", 8, 200, 0, 0, 200, 63, False)
    rows = [json.loads(line) for line in (tmp_path / "next.jsonl").read_text().splitlines()]
    assert [row["rank"] for row in rows] == list(range(1, 9))
    assert list(rows[0]) == ["id", "text", "desk", "rank", "guess", "score", "why"]
    assert len({row["id"] for row in rows}) == 8
    model = Classifier.load(run)
    texts = [json.loads(line)["text"] for line in pool.read_text().splitlines()]
    proba = np.sort(model.predict_proba(texts), axis=1)
    scores = dict(zip(texts, 1 - (proba[:, -1] - proba[:, -2]), strict=True))
    assert [row["score"] for row in rows] == pytest.approx([scores[row["text"]] for row in rows], abs=2e-3)
    assert rows == sorted(rows, key=lambda row: -row["score"])
    assert np.mean([row["score"] for row in rows]) > np.mean(list(scores.values()))
    assert [row["guess"] for row in rows] == model.predict([row["text"] for row in rows])
    assert rows[0]["why"].startswith(rows[0]["guess"])


def test_copies_of_labelled_articles_and_of_one_another_are_left_out(run: Path, tmp_path: Path) -> None:
    known, new = make_articles(90)[:5], make_articles(20, 7)
    again = [replace(a, id=f"{a.id}-again", text=a.text.upper() + " ") for a in new[:3]]
    pool = unlabelled(tmp_path / "pool.jsonl", [*known, *new, *again])
    report = choose_next(str(run), [str(pool)], tmp_path / "next.csv", n=28)
    assert (report.known, report.repeated, report.chosen) == (5, 3, 20)
    with (tmp_path / "next.csv").open() as stream:
        assert {row["id"] for row in csv.DictReader(stream)} == {f"p-{a.id}" for a in new}
    with pytest.raises(InputError, match="All 5 articles of the pool are copies"):
        choose_next(str(run), [str(unlabelled(tmp_path / "k.jsonl", known))], tmp_path / "none.csv")
    assert not (tmp_path / "none.csv").exists()


def test_a_probe_stands_in_where_there_is_no_run(
    tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from classifier.jobs.next import judge

    fitted: list[int] = []
    real = judge.fit_layer_probe
    monkeypatch.setattr(judge, "fit_layer_probe", lambda x, *a, **k: (fitted.append(len(x)), real(x, *a, **k))[1])
    labelled = write_jsonl(tmp_path / "a.jsonl", make_articles(60))
    pool = unlabelled(tmp_path / "pool.jsonl", mixed(100, 5))
    settings = tiny(checkpoint)
    report = choose_next(str(labelled), [str(pool)], tmp_path / "next.jsonl", n=6, settings=settings, most=50)
    assert report.probe
    assert (report.pool, report.scored, report.chosen) == (100, 50, 6)
    assert fitted == [report.labelled] == [48]  # those of test are left out
    again = choose_next(str(labelled), [str(pool)], tmp_path / "again.jsonl", n=6, settings=settings, most=50)
    assert again.chosen == 6
    assert (tmp_path / "again.jsonl").read_text() == (tmp_path / "next.jsonl").read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl", "again.jsonl", "next.jsonl", "pool.jsonl"]


def test_what_could_have_no_effect_is_refused(run: Path, tmp_path: Path) -> None:
    pool = unlabelled(tmp_path / "pool.jsonl", make_articles(5, 2))
    for options, words in (({"settings": {"train.seed": 3}}, "train.seed=3"), ({"skip_bad": True}, "--skip-bad")):
        with pytest.raises(InputError, match=words):
            choose_next(str(run), [str(pool)], tmp_path / "next.csv", **options)  # type: ignore[arg-type]
    labelled = write_jsonl(tmp_path / "a.jsonl", make_articles(60))
    with pytest.raises(InputError, match="teapot"):
        choose_next(str(labelled), [str(pool)], tmp_path / "next.csv", device="teapot")


def test_the_pool_of_a_dataset_or_run_can_have_other_columns(run: Path, tmp_path: Path) -> None:
    pool = tmp_path / "pool.csv"
    pool.write_text("number,body\n" + "\n".join(f"{i},{a.text}" for i, a in enumerate(make_articles(9, 2))))
    settings = {"data.columns.text": "body", "data.columns.id": "number"}
    for source in (run, run / "dataset"):
        choose_next(str(source), [str(pool)], tmp_path / "next.csv", n=3, settings=settings, overwrite=True)
        with (tmp_path / "next.csv").open() as stream:
            rows = list(csv.DictReader(stream))
        assert len(rows) == 3
        assert list(rows[0])[:3] == ["number", "body", "rank"]


def test_several_labels_per_article(tmp_path: Path, checkpoint: Path) -> None:
    labelled = write_jsonl(tmp_path / "a.jsonl", make_articles(80, multi_label=True), multi_label=True)
    pool = unlabelled(tmp_path / "pool.jsonl", make_articles(40, 3, multi_label=True))
    settings = {**tiny(checkpoint), "data.task": "multi_label"}
    choose_next(str(labelled), [str(pool)], tmp_path / "next.jsonl", n=5, settings=settings)
    rows = [json.loads(line) for line in (tmp_path / "next.jsonl").read_text().splitlines()]
    assert all(isinstance(row["guess"], list) for row in rows)
    assert "its threshold is 0.50" in rows[0]["why"]


def test_tasks_for_label_studio_have_no_answers(run: Path, tmp_path: Path) -> None:
    articles = [*make_articles(90)[:3], *make_articles(30, 4)]  # the first three are known, and left out
    pool = unlabelled(tmp_path / "pool.jsonl", articles, rank="first", label="opinion")
    choose_next(str(run), [str(pool)], tmp_path / "next.jsonl", n=4, label_studio=tmp_path / "tasks.json")
    tasks = json.loads((tmp_path / "tasks.json").read_text())
    rows = [json.loads(line) for line in (tmp_path / "next.jsonl").read_text().splitlines()]
    assert [task["data"]["id"] for task in tasks] == [row["id"] for row in rows]
    assert [task["data"]["rank"] for task in tasks] == [1, 2, 3, 4]
    assert all(task["annotations"] == [] for task in tasks)
    assert rows[0]["original_rank"] == tasks[0]["data"]["original_rank"] == "first"
    assert rows[0]["label"] == "opinion"


def test_all_bad_rows_are_said_and_nothing_is_written(run: Path, tmp_path: Path) -> None:
    pool = tmp_path / "pool.jsonl"
    pool.write_text('{"text": "a storm"}\n{"text": ""}\n{"text": 3}\n')
    with pytest.raises(InputError) as error:
        choose_next(str(run), [str(pool)], tmp_path / "n.csv", label_studio=tmp_path / "t.json")
    assert [fault.where for fault in error.value.faults] == [f"{pool}:2", f"{pool}:3"]
    assert [path.name for path in tmp_path.iterdir()] == ["pool.jsonl"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"n": 0}, "--n must be at least 1"),
        ({"n": 60, "most": 50}, "--most at least as much"),
        ({"out": "pool.jsonl"}, "one of the inputs"),
        ({"out": "next.txt"}, "cannot be written"),
        ({"label_studio": "next.csv"}, "is --out or the pool"),
        ({"label_studio": "old.json"}, "exists already"),
    ],
)
def test_bad_options(options: dict[str, object], words: str, run: Path, tmp_path: Path) -> None:
    pool = unlabelled(tmp_path / "pool.jsonl", make_articles(5, 2))
    (tmp_path / "old.json").write_text("[]")
    values = {"out": "next.csv", **options}
    out = tmp_path / str(values.pop("out"))
    tasks = values.pop("label_studio", None)
    more = {"label_studio": tmp_path / str(tasks)} if tasks else {}
    with pytest.raises(InputError, match=words):
        choose_next(str(run), [str(pool)], out, **values, **more)  # type: ignore[arg-type]


def test_the_command_says_what_it_did(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pool = unlabelled(tmp_path / "pool.jsonl", [*make_articles(90)[:2], *make_articles(20, 7)])
    words = ["next", str(run), "--pool", str(pool), "--n", "3", "--out", str(tmp_path / "next.csv")]
    assert cli(words) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert "2 of 22 articles were left out: 2 (nearly) repeat a labelled one" in said
    assert "Chose 3 of 20 articles by the run's model" in said
    assert cli(words) == 2
    assert "--overwrite" in capsys.readouterr().err


def test_a_pool_in_memory_is_a_pool(run: Path, tmp_path: Path) -> None:
    pool = unlabelled(tmp_path / "pool.jsonl", mixed(40, 5))
    choose_next(run, pool, tmp_path / "file.csv", n=5)
    choose_next(run, pandas.read_json(pool, lines=True), tmp_path / "memory.csv", n=5)
    assert (tmp_path / "memory.csv").read_text() == (tmp_path / "file.csv").read_text()
