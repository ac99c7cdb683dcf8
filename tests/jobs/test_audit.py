import csv
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifier.articles.article import Article
from classifier.articles.labels import LabelSet
from classifier.cli.app import run as cli
from classifier.config import Config
from classifier.config_file import parse_settings
from classifier.dataset.folder import DatasetFolder
from classifier.errors import InputError
from classifier.evaluation.labels.out_of_fold import OutOfFold
from classifier.evaluation.labels.ranking import (
    CONFLICT,
    LABEL_ISSUE,
    NOT_JUDGED,
    OUTLIER,
    find_issues,
)
from classifier.jobs import audit as audit_module
from classifier.jobs.audit import audit, read_out_of_fold
from classifier.jobs.building import dataset as dataset_module
from classifier.jobs.building import leaks
from classifier.jobs.building.build import build
from classifier.jobs.folds import train_folds
from classifier.jobs.frozen_encoder import frozen_settings
from classifier.reports.audit_page import COLUMNS, FILES
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.settings import tiny

WRONG = {"a3": "satire", "a10": "satire", "a20": "opinion"}  # id -> a label that it should not have


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the dataset's page and probe, which take most of a build's time."""
    monkeypatch.setattr(dataset_module, "write_page", lambda *_, **__: None)
    monkeypatch.setattr(leaks, "measure_leakage", lambda *_, **__: None)


def spoilt(n: int = 90) -> list[Article]:
    return [replace(a, labels=(WRONG[a.id],)) if a.id in WRONG else a for a in make_articles(n)]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_jsonl(tmp_path / "a.jsonl", spoilt())


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "audit.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def built(source: Path, out: Path, *given: str) -> DatasetFolder:
    dataset = build(str(source), out, settings=parse_settings(given)).dataset
    assert dataset is not None
    return dataset


def test_wrong_labels_come_first_and_can_be_corrected(tmp_path: Path, source: Path) -> None:
    found = audit(str(source), tmp_path / "audit", encoder=False)
    assert {path.name for path in (tmp_path / "audit").iterdir()} == set(FILES)
    rows = rows_of(tmp_path / "audit")
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 90
    assert [row["rank"] for row in rows] == [str(rank) for rank in range(1, 91)]
    assert {row["id"] for row in rows[:3]} == set(WRONG)
    truth = {article.id: article.labels[0] for article in make_articles(90)}
    for row in rows[:3]:
        assert row["given_label"] == WRONG[row["id"]]
        assert row["suggested_label"] == truth[row["id"]]
        assert LABEL_ISSUE in row["reasons"]
        assert float(row["quality"]) < 0.5 < float(row["suggested_score"])
        assert row["source"].startswith("source")
        assert row["corrected"] == ""
        assert row["beginning"]
        row["corrected"] = row["suggested_label"]
    with (tmp_path / "audit.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    dataset = built(source, tmp_path / "mended", f"data.corrections={tmp_path / 'audit.csv'}")
    assert {article.id: article.labels[0] for article in dataset.articles()} == truth
    assert dataset.info.corrections is not None
    assert dataset.info.corrections.relabelled == 3
    assert found.doubtful[0].article.id in WRONG


def test_a_dataset_is_read_as_it_is_and_the_same_audit_gives_the_same_bytes(tmp_path: Path, source: Path) -> None:
    dataset = built(source, tmp_path / "data")
    before = {path.name: path.stat().st_mtime_ns for path in dataset.path.rglob("*")}
    audit(str(dataset.path), tmp_path / "x" / "audit", encoder=False)
    audit(str(dataset.path), tmp_path / "y" / "audit", encoder=False)
    assert files(tmp_path / "x" / "audit") == files(tmp_path / "y" / "audit")
    assert {path.name: path.stat().st_mtime_ns for path in dataset.path.rglob("*")} == before
    assert {row["id"] for row in rows_of(tmp_path / "x" / "audit")[:3]} == set(WRONG)


def test_units_follow_the_order_of_the_articles(tmp_path: Path, source: Path) -> None:
    for name, given in (("splits", ()), ("folds", ("split.folds=3",))):
        dataset = built(source, tmp_path / name, "split.group_by=source", *given)
        sources = [article.source for article in dataset.articles()]
        unit = np.array(dataset.units([article.id for article in dataset.articles()]))
        assert len(set(unit)) == 5
        assert len(set(zip(sources, unit.tolist(), strict=True))) == 5


def test_the_encoder_reads_the_first_window_or_the_sentences_like_the_target() -> None:
    assert (frozen_settings(Config(), pair=False).model.window_choice) == "head"
    model = frozen_settings(Config(), pair=True).model
    assert (model.window_choice, model.windows) == ("sentences", 1)


def test_the_encoder_is_read(tmp_path: Path, checkpoint: Path, source: Path) -> None:
    settings = tiny(checkpoint)
    found = audit(str(source), tmp_path / "audit", settings=settings)
    assert "the frozen encoder" in found.method
    assert len({finding.article.id for finding in found.doubtful[:10]} & set(WRONG)) >= 2
    with pytest.raises(InputError, match=r"Or do without: --no-encoder"):
        audit(str(source), tmp_path / "other", settings={"model.name": "nobody/nothing"})
    assert not (tmp_path / "other").exists()
    assert list(tmp_path.glob("*.partial")) == []


def test_conflicting_duplicates_name_one_another(tmp_path: Path) -> None:
    articles = spoilt(60)
    copy = replace(articles[5], id="copy", labels=("opinion",))
    source = write_jsonl(tmp_path / "a.jsonl", [*articles, copy])
    with pytest.raises(InputError, match="different labels"):
        build(str(source), tmp_path / "data", settings={"data.conflicts": "error"})
    found = audit(str(source), tmp_path / "audit", encoder=False)
    conflicting = {f.article.id: f.conflicts_with for f in found.findings if CONFLICT in f.reasons}
    assert conflicting == {"a5": ("copy",), "copy": ("a5",)}
    by_id = {row["id"]: row for row in rows_of(tmp_path / "audit")}
    assert "conflicting_duplicate" in by_id["copy"]["reasons"]
    assert by_id["copy"]["conflicts_with"] == "a5"
    with pytest.raises(InputError, match="different labels"):  # a policy that is chosen is obeyed
        audit(str(source), tmp_path / "other", encoder=False, settings={"data.conflicts": "error"})


def test_label_studio_gets_the_suggestion_and_not_the_answer(tmp_path: Path, source: Path) -> None:
    found = audit(str(source), tmp_path / "audit", encoder=False)
    tasks = json.loads((tmp_path / "audit" / "label_studio.json").read_text())
    assert [task["data"]["id"] for task in tasks] == [finding.article.id for finding in found.doubtful]
    first = tasks[0]
    assert "annotations" not in first
    assert first["data"]["text"] == found.doubtful[0].article.text
    assert first["data"]["given_label"] == WRONG[first["data"]["id"]]
    (result,) = first["predictions"][0]["result"]
    assert result["value"]["choices"] == list(found.doubtful[0].suggested)
    assert 0.5 < first["predictions"][0]["score"] <= 1
    for task in tasks:  # as Label Studio exports them when every suggestion is accepted
        task["annotations"] = [{"result": task["predictions"][0]["result"]}]
    (tmp_path / "export.json").write_text(json.dumps(tasks))
    dataset = built(source, tmp_path / "mended", f"data.corrections={tmp_path / 'export.json'}")
    after = {article.id: article.labels[0] for article in dataset.articles()}
    assert all(after[article.id] == article.labels[0] for article in make_articles(90) if article.id in WRONG)


def test_figures_of_the_audit(tmp_path: Path, source: Path) -> None:
    found = audit(str(source), tmp_path / "audit", encoder=False)
    said = json.loads((tmp_path / "audit" / "audit.json").read_text())
    assert said["articles"] == 90
    assert said["reasons"][LABEL_ISSUE] == sum(LABEL_ISSUE in finding.reasons for finding in found.findings)
    assert sum(sum(to.values()) for to in said["issues"].values()) == said["reasons"][LABEL_ISSUE]
    low, high = said["noise"]["interval"]
    assert 0 <= low <= said["noise"]["share"] <= high <= 0.2
    assert np.sum(said["joint"]) == pytest.approx(1, abs=1e-3)
    assert said["issues"]["satire"] == {"opinion": 1, "reporting": 1} or len(found.doubtful) > 3


def test_the_page_is_one_escaped_file(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script> & <b>bold</b>"
    articles = [replace(a, title=evil, source=evil) if a.id in WRONG else a for a in spoilt()]
    audit(str(_with_titles(tmp_path / "a.jsonl", articles)), tmp_path / "audit", encoder=False)
    page = (tmp_path / "audit" / "report.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert not re.search(r"(?:src|href)=\"(?!#)", page)
    assert "prefers-color-scheme: dark" in page
    assert "default-src 'none'" in page
    assert "suggested: <strong>" in page


def test_several_labels(tmp_path: Path) -> None:
    articles = make_articles(120, multi_label=True)
    victim = next(index for index, article in enumerate(articles) if article.labels == ("satire",))
    articles[victim] = replace(articles[victim], labels=("opinion",))
    source = write_jsonl(tmp_path / "a.jsonl", articles, multi_label=True)
    audit(str(source), tmp_path / "audit", encoder=False, settings={"data.task": "multi_label"})
    row = next(row for row in rows_of(tmp_path / "audit") if row["id"] == f"a{victim}")
    assert int(row["rank"]) <= 5
    assert LABEL_ISSUE in row["reasons"]
    assert row["suggested_label"] in ("satire", "none", "opinion;satire")
    assert row["suggested_score"] == ""
    empty = [row for row in rows_of(tmp_path / "audit") if row["given_label"] == "none"]
    assert len(empty) == sum(not article.labels for article in articles)
    tasks = json.loads((tmp_path / "audit" / "label_studio.json").read_text())
    assert tasks[0]["predictions"][0]["result"][0]["from_name"] == "labels"
    assert json.loads((tmp_path / "audit" / "audit.json").read_text())["joint"] is None


def test_what_cannot_be_judged_stands_last_and_is_not_doubtful() -> None:
    articles = [Article("a", "x", ("p",)), Article("b", "y", ("q",)), Article("c", "z", ("p",))]
    proba = np.array([[0.1, 0.9], [0.5, 0.5], [0.9, 0.1]])
    found = find_issues(articles, LabelSet(("p", "q")), np.arange(3), OutOfFold(proba, np.array([1, 0, 1], bool), ""))
    assert [finding.article.id for finding in found.findings] == ["a", "c", "b"]
    assert found.findings[-1].reasons == (NOT_JUDGED,)
    assert found.findings[-1].quality is None
    assert found.findings[-1] not in found.doubtful
    with pytest.raises(InputError, match="No article can be judged"):
        find_issues(articles, LabelSet(("p", "q")), np.arange(3), OutOfFold(proba, np.zeros(3, bool), ""))


def test_outliers_are_doubtful_even_where_the_label_is_right() -> None:
    vectors = np.random.default_rng(0).normal(size=(90, 8)).astype(np.float32) * 0.05 + 1
    vectors[4] = -1
    articles, labels = make_articles(90), LabelSet(("opinion", "reporting", "satire"))
    proba = np.full((90, 3), 0.05)
    proba[np.arange(90), labels.encode(article.labels for article in articles)] = 0.9
    found = find_issues(articles, labels, np.arange(90), OutOfFold(proba, np.ones(90, bool), ""), vectors=vectors)
    assert "a4" in {finding.article.id for finding in found.doubtful}
    assert found.count(OUTLIER) == len(found.doubtful) < 6


def test_a_folder_in_use_is_kept(tmp_path: Path, source: Path) -> None:
    audit(str(source), tmp_path / "audit", encoder=False)
    before = files(tmp_path / "audit")
    with pytest.raises(InputError, match="in use already"):
        audit(str(source), tmp_path / "audit", encoder=False)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="holds something else"):
        audit(str(source), tmp_path / "mine", encoder=False, overwrite=True)
    assert files(tmp_path / "audit") == before
    audit(str(source), tmp_path / "audit", encoder=False, overwrite=True)
    assert files(tmp_path / "audit") == before
    dataset = built(source, tmp_path / "data")
    with pytest.raises(InputError, match="lies in the dataset itself"):
        audit(str(dataset.path), dataset.path / "audit", encoder=False)


def test_a_failure_leaves_nothing(tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_module, "write_audit", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        audit(str(source), tmp_path / "audit", encoder=False)
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


def test_the_predictions_of_a_cross_validation(tmp_path: Path, checkpoint: Path, source: Path) -> None:
    settings = {"split.folds": 2, **tiny(checkpoint)}
    train_folds(str(source), tmp_path / "cv", settings=settings)
    dataset = str(tmp_path / "cv" / "dataset")
    found = audit(dataset, tmp_path / "audit", predictions=tmp_path / "cv", encoder=False)
    assert found.method == "the models of a cross-validation"
    import pyarrow.parquet as pq

    table = pq.read_table(tmp_path / "cv" / "predictions.parquet")
    scores = dict(zip(table["id"].to_pylist(), table["scores"].to_pylist(), strict=True))
    names = found.labels.names
    for finding in found.findings:
        given = scores[finding.article.id][names.index(finding.article.labels[0])]
        assert finding.quality == pytest.approx(given)
    with pytest.raises(InputError, match=r"There is no file '.*predictions\.parquet'"):
        audit(dataset, tmp_path / "other", predictions=tmp_path, encoder=False)
    other = built(write_jsonl(tmp_path / "b.jsonl", make_articles(90)), tmp_path / "b")
    with pytest.raises(InputError, match="3 articles have other labels now"):
        read_out_of_fold(tmp_path / "cv", list(other.articles()), other)
    more = built(write_jsonl(tmp_path / "c.jsonl", spoilt(93)), tmp_path / "c")
    with pytest.raises(InputError, match="no prediction for 3 of 93 articles"):
        read_out_of_fold(tmp_path / "cv", list(more.articles()), more)


def test_the_command(tmp_path: Path, source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli(["audit", str(source), "--out", str(tmp_path / "audit"), "--no-encoder"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    for words in ("most doubtful labels", "90 articles: ", "95% interval", "--corrections", "satire"):
        assert words in printed
    assert cli(["audit", str(source), "--out", str(tmp_path / "audit"), "--no-encoder"]) == 2
    assert cli(["audit", str(tmp_path / "nothing.csv"), "--out", str(tmp_path / "x"), "--no-encoder"]) == 2
    assert not (tmp_path / "x").exists()


def _with_titles(path: Path, articles: list[Article]) -> Path:
    records: list[dict[str, Any]] = [
        {"id": a.id, "text": a.text, "label": a.labels[0], "title": a.title, "source": a.source} for a in articles
    ]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path
