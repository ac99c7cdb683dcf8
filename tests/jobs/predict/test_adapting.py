"""``predict --adapt`` and ``--shares``: shares as they are typed, what is refused, and files that say what was done."""

import json
import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from classifier.articles.predicted_by import ADAPTED, ModelName
from classifier.cli.app import run as cli
from classifier.errors import InputError
from classifier.jobs.estimate import estimate
from classifier.jobs.evaluate import evaluate
from classifier.jobs.predict import chunks as chunks_module
from classifier.jobs.predict.adapting import asked_shares, read_shares
from classifier.jobs.predict.files import predict_files
from classifier.jobs.predict.predict import predict
from classifier.jobs.train import train
from classifier.models import adaptation as adaptation_module
from classifier.models.classifier import Classifier
from classifier.models.model_folder import read_model_info
from tests.makers.articles import SIGNALS, make_articles, write_jsonl
from tests.makers.settings import tiny

EQUAL = dict.fromkeys(sorted(SIGNALS), 1 / 3)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Path:
    folder = tmp_path_factory.mktemp("adapting")
    source = write_jsonl(folder / "articles.jsonl", make_articles(150))
    settings = {"train.num_train_epochs": 2, "train.calibration": "auto", "split.validation_size": 0.3}
    train(str(source), folder / "run", settings=tiny(checkpoint, **settings))
    evaluate(folder / "run", split="validation", min_precision=0.5, sets=0.6, device="cpu")
    return folder / "run"


def new_file(path: Path, n: int = 40, only: str = "") -> Path:
    """Unlabelled articles; of one label, if it is named."""
    articles = [a for a in make_articles(n * (3 if only else 1), seed=3) if not only or only in a.labels]
    path.write_text("".join(json.dumps({"text": article.text}) + "\n" for article in articles))
    return path


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        ("a=.3,b=.7", {"a": 0.3, "b": 0.7}),
        (" a = 30% , b = 0.7 ", {"a": 0.3, "b": 0.7}),
        ("a, or b=1,c=0", {"a, or b": 1.0, "c": 0.0}),
        ("x=y=.5,z=.5", {"x=y": 0.5, "z": 0.5}),
    ],
)
def test_shares_are_read_as_they_are_typed(text: str, shares: dict[str, float]) -> None:
    assert read_shares(text) == pytest.approx(shares)


@pytest.mark.parametrize("text", ["", "a", "a=", "a=.3,b", "a=.3,b=x", "=.3", "a=-1"])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="does not name a share for each label"):
        read_shares(text)


def test_a_label_named_twice_is_refused() -> None:
    with pytest.raises(InputError, match="names 'a' twice"):
        read_shares("a=.3,a=.7")


def test_known_shares_need_no_adapt() -> None:
    assert asked_shares(False, None) is None
    assert asked_shares(False, EQUAL) is not None
    with pytest.raises(InputError, match="only one of the two can be meant"):  # known shares would win silently
        asked_shares(True, EQUAL)


def test_known_shares_change_scores_and_the_file_says_so(run: Path, tmp_path: Path) -> None:
    source = new_file(tmp_path / "new.jsonl")
    typed = "opinion=.01,reporting=.98,satire=.01"
    for out, more in (("plain", []), ("adapted", ["--shares", typed])):
        assert cli(["predict", str(run), str(source), "--out", str(tmp_path / f"{out}.jsonl"), "-q", *more]) == 0
    plain, adapted = lines(tmp_path / "plain.jsonl"), lines(tmp_path / "adapted.jsonl")
    assert [row["text"] for row in plain] == [row["text"] for row in adapted]

    def mean(rows: list[dict[str, object]]) -> float:
        return sum(one["score"] for row in rows for one in row["scores"] if one["label"] == "reporting") / len(rows)  # type: ignore[attr-defined]

    assert mean(adapted) > mean(plain) + 0.1
    named = ModelName.read(adapted[0]["predicted_by"])
    assert named is not None
    assert named.name == f"run{ADAPTED}opinion=0.01,reporting=0.98,satire=0.01"
    assert named.fingerprint != ModelName.read(plain[0]["predicted_by"]).fingerprint  # type: ignore[union-attr]


def test_what_was_adapted_is_not_corrected_for_the_errors_of_what_was_not(run: Path, tmp_path: Path) -> None:
    source = new_file(tmp_path / "new.jsonl")
    predict_files(run, source, tmp_path / "a.jsonl", shares=EQUAL, device="cpu")
    with pytest.raises(InputError, match=r"(?s)were adapted to other shares .*Fix: .* without --adapt and --shares"):
        estimate(run, tmp_path / "a.jsonl")


def test_a_corpus_of_one_label_is_found_in_files_and_in_memory_alike(
    run: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = new_file(tmp_path / "new.jsonl", 60, only="reporting")
    with caplog.at_level(logging.INFO):
        predict_files(run, source, tmp_path / "out.jsonl", adapt=True, device="cpu")
    said = caplog.text
    assert "estimated from the scores" in said
    assert "surely differ" in said
    assert "have another label than without" in said
    frame = predict(run, pd.read_json(source, lines=True), adapt=True, device="cpu")
    rows = lines(tmp_path / "out.jsonl")
    assert frame["label"].tolist() == [row["label"] for row in rows]
    assert frame["predicted_by"].tolist() == [row["predicted_by"] for row in rows]
    assert frame["score"].tolist() == pytest.approx([row["score"] for row in rows], abs=1e-5)


def test_labels_and_evidence_in_memory_are_those_of_the_adapted_model(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = new_file(tmp_path / "new.jsonl", 12)
    monkeypatch.setattr(adaptation_module, "best_weights", lambda proba: np.array([1e9, 1, 1]))
    predict_files(run, source, tmp_path / "out.jsonl", shares=EQUAL, explain=True, device="cpu")
    frame = predict(run, pd.read_json(source, lines=True), shares=EQUAL, explain=True, device="cpu")
    rows = lines(tmp_path / "out.jsonl")
    assert frame["label"].tolist() == [row["label"] for row in rows]
    assert (frame["label"] == "opinion").mean() > 0.5  # a third of the articles is
    assert frame["evidence"].tolist() == [row["evidence"] for row in rows]


def test_chunks_do_not_change_what_is_found(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = new_file(tmp_path / "new.jsonl", 60, only="reporting")
    predict_files(run, source, tmp_path / "whole.jsonl", adapt=True, device="cpu")
    monkeypatch.setattr(chunks_module, "SIZES", (7,))
    predict_files(run, source, tmp_path / "parts.jsonl", adapt=True, device="cpu")
    whole, parts = lines(tmp_path / "whole.jsonl"), lines(tmp_path / "parts.jsonl")
    assert [row["label"] for row in whole] == [row["label"] for row in parts]


def test_without_a_shift_labels_scores_and_name_stay(
    run: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = new_file(tmp_path / "new.jsonl", 40)
    plain, adapted = (tmp_path / f"{name}.jsonl" for name in ("plain", "adapted"))
    predict_files(run, source, plain, device="cpu")
    predict_files(run, source, adapted, device="cpu", adapt=True)
    assert "no shift was found" in caplog.text
    assert "So scores and labels are left as they are" in caplog.text
    assert plain.read_text() == adapted.read_text()


def test_rows_without_a_text_keep_their_place(run: Path, tmp_path: Path) -> None:
    source = new_file(tmp_path / "new.jsonl", 30)
    rows = [{"text": ""}, *lines(source)]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert predict_files(run, source, tmp_path / "out.jsonl", shares=EQUAL, device="cpu") == 30
    found = lines(tmp_path / "out.jsonl")
    assert [row["text"] for row in found] == [row["text"] for row in rows]
    assert found[0]["label"] is None
    assert found[1]["label"] is not None


def test_thresholds_are_refused_and_sets_stay_those_of_the_scores_as_they_were(run: Path, tmp_path: Path) -> None:
    source = new_file(tmp_path / "new.jsonl", 30)
    with pytest.raises(InputError, match=r"--abstain promises a precision .*does not go with --adapt"):
        predict_files(run, source, tmp_path / "x.jsonl", shares=EQUAL, abstain=True, device="cpu")
    with pytest.raises(InputError, match="no share of 'satire'"):
        predict(run, ["a text that is long enough to be one"], shares={"opinion": 0.5, "reporting": 0.5})
    predict_files(run, source, tmp_path / "plain.jsonl", sets=0.6, device="cpu")
    shares = {"opinion": 0.01, "reporting": 0.98, "satire": 0.01}
    predict_files(run, source, tmp_path / "out.jsonl", shares=shares, sets=0.6, device="cpu")
    for plain, adapted in zip(lines(tmp_path / "plain.jsonl"), lines(tmp_path / "out.jsonl"), strict=True):
        assert {*adapted["label_set"]} == {*plain["label_set"], adapted["label"]}  # type: ignore[misc]


def test_an_older_model_is_told_how_to_get_what_it_lacks(run: Path, tmp_path: Path) -> None:
    file = run / "model" / "classifier.json"
    known = file.read_text()
    sums = (run / "model" / "checksums.json").read_text()
    values = json.loads(known)
    del values["validation"]
    file.write_text(json.dumps(values))
    (run / "model" / "checksums.json").unlink()
    source = new_file(tmp_path / "new.jsonl", 30)
    with pytest.raises(InputError, match=r"older version trained it\.\nFix: .*evaluate .*run --adapt"):
        predict_files(run, source, tmp_path / "x.jsonl", adapt=True, device="cpu")
    assert not (tmp_path / "x.jsonl").exists()
    evaluate(run, adapt=True, device="cpu")
    found = read_model_info(run / "model").validation
    assert found is not None
    assert found.shares == pytest.approx(json.loads(known)["validation"]["shares"], abs=1e-3)
    predict_files(run, source, tmp_path / "x.jsonl", adapt=True, device="cpu")
    assert (run / "evaluation" / "test" / "label_shift.json").exists()
    assert "Adapted to other shares of labels" in (run / "report.html").read_text()
    file.write_text(known)
    (run / "model" / "checksums.json").write_text(sums)
    assert Classifier.load(run, device="cpu").info.validation is not None


def test_too_few_articles_leave_no_file(run: Path, tmp_path: Path) -> None:
    few = new_file(tmp_path / "few.jsonl", 9)
    with pytest.raises(InputError, match=r"from 9 articles: that takes 10\.\nFix: .*predict --shares"):
        predict_files(run, few, tmp_path / "out.jsonl", adapt=True, device="cpu")
    assert [path.name for path in tmp_path.iterdir()] == ["few.jsonl"]


def test_what_cannot_be_estimated_is_said_before_anything_is_scored(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def scored(self: Classifier, *_: object) -> None:
        raise AssertionError("articles were scored")

    monkeypatch.setattr(Classifier, "predict_articles", scored)
    few, enough = new_file(tmp_path / "few.jsonl", 9), new_file(tmp_path / "enough.jsonl", 10)
    with pytest.raises(InputError, match=r"from 9 articles: that takes 10\.\nFix: .*predict --shares"):
        predict(run, [{"text": line["text"]} for line in lines(few)], adapt=True, device="cpu")
    found = Classifier.load(run, device="cpu")
    known = found.info.validation
    assert known is not None
    small = replace(
        found, info=replace(found.info, validation=replace(known, articles=29, rows=known.rows[:29], groups=()))
    )
    with pytest.raises(InputError, match="calibrated on 29 validation articles"):
        predict(small, [{"text": line["text"]} for line in lines(enough)], adapt=True)
