"""`predict` warns of articles that differ from those of training, and writes a page."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from classifier.articles.article import Article
from classifier.cli.app import run as cli
from classifier.errors import Fault, InputError
from classifier.jobs.predict import parts as parts_module
from classifier.jobs.predict.drift import DriftCheck, check_drift_page
from classifier.jobs.predict.files import predict_files
from classifier.jobs.predict.predict import predict
from classifier.jobs.train import train
from classifier.models.classifier import Classifier
from classifier.models.fingerprint import fingerprint
from classifier.models.known_articles import FILE
from classifier.models.model_folder import read_model_info
from classifier.models.trained import open_trained
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.pages import Reader
from tests.makers.settings import tiny

DIFFER = "these articles differ from those of training"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Path:
    folder = tmp_path_factory.mktemp("drift")
    source = write_jsonl(folder / "articles.jsonl", make_articles(200))
    train(str(source), folder / "run", settings=tiny(checkpoint, **{"train.num_train_epochs": 1}))
    return folder / "run"


def like(path: Path, n: int = 120) -> Path:
    rows = [json.dumps({"id": article.id, "text": article.text}) for article in make_articles(n, seed=3)]
    path.write_text("\n".join(rows) + "\n")
    return path


def unlike(path: Path, n: int = 120) -> Path:
    texts = [f"other words altogether number{i} thing{i % 7} " * 40 for i in range(n)]
    path.write_text("".join(json.dumps({"id": f"x{i}", "text": text}) + "\n" for i, text in enumerate(texts)))
    return path


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message for record in caplog.records if record.levelno == logging.WARNING]


def test_articles_like_those_of_training_are_no_reason_to_warn(
    run: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    predict_files(run, like(tmp_path / "new.jsonl"), tmp_path / "out.jsonl", page=tmp_path / "drift.html")
    assert warnings(caplog) == []
    assert "No difference to the training articles was found." in Reader((tmp_path / "drift.html").read_text()).text


def test_others_are_warned_of_with_numbers_and_what_to_do(
    run: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    new, out, page = unlike(tmp_path / "new.jsonl"), tmp_path / "out.jsonl", tmp_path / "drift.html"
    assert cli(["predict", str(run), str(new), "--out", str(out), "--report", str(page)]) == 0
    said = " ".join(capsys.readouterr().err.split())
    text = Reader(page.read_text()).text
    for words in ("00% of their words occur in no training article", "hey are longer", "label 100 of them by hand"):
        assert words in said and words in text
    assert "unknown words 100%" in text and "new.jsonl:" in text
    assert cli(["predict", str(run), str(new), "--out", str(tmp_path / "b.jsonl"), "--report", str(page)]) == 2
    refused = capsys.readouterr().err
    assert "exists already" in refused and "(from Python: overwrite=True)" in refused
    assert cli(["predict", str(run), str(new), "--out", str(tmp_path / "b.jsonl"), "--report", "drift.csv"]) == 2


def test_the_warning_is_the_same_after_a_stop(
    run: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = unlike(tmp_path / "new.jsonl", 700)
    predict_files(run, new, tmp_path / "whole.jsonl", page=tmp_path / "whole.html")
    [whole] = warnings(caplog)
    caplog.clear()
    add = parts_module.Parts.add

    def stops(parts: parts_module.Parts, part: object) -> None:
        if part.number == 2:  # type: ignore[attr-defined]
            raise KeyboardInterrupt
        add(parts, part)  # type: ignore[arg-type]

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(parts_module.Parts, "add", stops)
        predict_files(run, new, tmp_path / "out.jsonl", page=tmp_path / "drift.html")
    assert warnings(caplog) == [] and not (tmp_path / "drift.html").exists()
    predict_files(run, new, tmp_path / "out.jsonl", page=tmp_path / "drift.html")
    assert warnings(caplog) == [whole] and whole.startswith(DIFFER)
    assert (tmp_path / "drift.html").read_bytes() == (tmp_path / "whole.html").read_bytes()
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_standard_output_and_tables_in_memory_are_compared_too(
    run: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    new = unlike(tmp_path / "new.jsonl")
    predict_files(run, new, "-", page=tmp_path / "a.html")
    capsys.readouterr()
    predict(run, pd.read_json(new, lines=True), page=tmp_path / "b.html")
    first, second = warnings(caplog)
    assert first == second and first.startswith(DIFFER)
    a, b = (Reader((tmp_path / name).read_text()).text for name in ("a.html", "b.html"))
    assert a.partition("The farthest")[0] == b.partition("The farthest")[0]


def test_a_model_that_keeps_nothing_says_so_once_and_evaluate_mends_it(
    run: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    file = run / "model" / FILE
    kept, sums = file.read_bytes(), (run / "model" / "checksums.json").read_text()
    before = fingerprint(open_trained(run))
    file.unlink()
    (run / "model" / "checksums.json").write_text(
        json.dumps({"files": {k: v for k, v in json.loads(sums)["files"].items() if k != FILE}, "format_version": 1})
    )
    new = unlike(tmp_path / "new.jsonl")
    predict_files(run, new, tmp_path / "out.jsonl", page=tmp_path / "drift.html")
    assert sum("is not checked" in record.message for record in caplog.records) == 1
    assert "the model keeps nothing of its training articles" in Reader((tmp_path / "drift.html").read_text()).text
    assert cli(["evaluate", str(run), "-q"]) == 0
    assert file.read_bytes() == kept and (run / "model" / "checksums.json").read_text() == sums
    assert fingerprint(open_trained(run)) == before


def test_scores_stay_with_their_articles_where_rows_cannot_be_labelled(run: Path) -> None:
    """Row 1 could not be read, and of row 3 the model gave no number."""
    drift = DriftCheck(open_trained(run), read_model_info(run / "model"))
    bad, none = Fault("a:2", "text is empty"), Fault("a:4", "no numbers")
    articles = [Article(str(n), "Rain.") for n in range(5)]
    drift.read([articles[0], bad, articles[2], articles[3], articles[4]])
    drift.read([articles[1]])
    proba = np.array([[0.9], [0.7], [0.6]], dtype=np.float32)
    drift.scored(proba, [None, bad, None, none, None])
    drift.scored(np.array([[0.1]], dtype=np.float32))
    found = {a.id: score for a, score in zip(drift.new.articles, drift.new.scores, strict=True)}
    assert found == pytest.approx({"0": 0.9, "2": 0.7, "4": 0.6, "1": 0.1})
    drift.read(articles)
    with pytest.raises(RuntimeError, match="3 scores for 5 articles"):
        drift.scored(proba)


def test_few_articles_are_not_compared(run: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    predict_files(run, unlike(tmp_path / "new.jsonl", 5), tmp_path / "out.jsonl", page=tmp_path / "drift.html")
    assert warnings(caplog) == []
    assert "there are fewer than 20 articles" in (tmp_path / "drift.html").read_text()


def test_a_model_that_is_not_stored_has_no_page(run: Path, tmp_path: Path) -> None:
    from dataclasses import replace

    model = replace(Classifier.load(run), path=None)
    with pytest.raises(InputError, match="this one is not stored"):
        predict(model, ["The council met."], page=tmp_path / "drift.html")
    assert predict(model, ["The council met."])[0]["label"]


def test_rows_without_scores_are_left_out_and_the_others_keep_theirs(run: Path) -> None:
    trained = open_trained(run)
    check = DriftCheck(trained, trained.model_info())
    one, two, three = make_articles(3)
    check.read([one, Fault("a.csv:3", "is empty"), two, three])
    proba = np.array([[0.75, 0.25, 0.0], [0.25, 0.75, 0.0]], dtype=np.float32)
    check.scored(proba, [None, Fault("a.csv:3", "is empty"), Fault("a.csv:4", "no scores"), None])
    assert check.new.seen == 2


def test_a_page_that_could_not_be_written_is_refused_before_anything_is_labelled(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    check_drift_page(tmp_path / "new" / "below" / "drift.html", overwrite=False)
    with pytest.raises(InputError, match=r"--report '.*drift\.html' cannot be written: '.*file' is no folder"):
        check_drift_page(tmp_path / "file" / "below" / "drift.html", overwrite=False)
