"""``predict --cascade``: which articles skip, what they get, and what it does not go with."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.articles.article import Article
from classifier.articles.predicted_by import SCORED_BY, TFIDF_ALONE, WHOLE_MODEL
from classifier.cli.app import run as cli
from classifier.errors import InputError
from classifier.jobs.predict.files import predict_files
from classifier.jobs.predict.predict import predict
from classifier.models.classifier import Classifier
from classifier.models.model_folder import read_model_info, write_model_info
from classifier.models.tfidf_features import CountedArticles, Vectorizer
from classifier.models.transformer.windows import EncodedArticles, TextEncoder
from tests.makers.articles import write_jsonl
from tests.makers.cascade import make_mixed


@pytest.fixture
def new(tmp_path: Path) -> Path:
    return write_jsonl(tmp_path / "new.jsonl", make_mixed(90, seed=5))


def read(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_skipped_articles_get_tfidf_and_the_others_are_as_without(cascade_run: Path, new: Path, tmp_path: Path) -> None:
    predict_files(cascade_run, str(new), tmp_path / "plain.jsonl")
    predict_files(cascade_run, str(new), tmp_path / "some.jsonl", cascade=0.95)
    plain, some = read(tmp_path / "plain.jsonl"), read(tmp_path / "some.jsonl")
    assert [row["id"] for row in some] == [row["id"] for row in plain]
    skipped = [row[SCORED_BY] == TFIDF_ALONE for row in some]
    assert 0.3 < np.mean(skipped) < 0.9
    model = Classifier.load(cascade_run, device="cpu")
    assert model.info.cascade is not None and model.tfidf is not None
    texts = [Article(str(row["id"]), str(row["text"])) for row in some]
    alone = model.info.cascade.proba(model.tfidf.scores(texts, 3))
    for row, whole, own, is_alone in zip(some, plain, alone, skipped, strict=True):
        scores = {entry["label"]: entry["score"] for entry in row["scores"]}
        assert sum(scores.values()) == pytest.approx(1, abs=1e-5)
        if is_alone:
            assert [scores[name] for name in model.info.labels] == pytest.approx(own.tolist(), abs=2e-6)
            assert row["score"] == scores[row["label"]]
        else:
            assert row[SCORED_BY] == WHOLE_MODEL
            assert (row["label"], row["score"]) == (whole["label"], pytest.approx(whole["score"], abs=1e-5))
    names = {row["predicted_by"] for row in some}
    assert names != {row["predicted_by"] for row in plain}
    assert len(names) == 1 and "run with cascade 0.95 (" in str(names)
    assert SCORED_BY not in plain[0]


def test_in_memory_and_from_a_model_folder_it_is_the_same(cascade_run: Path, new: Path, tmp_path: Path) -> None:
    shutil.copytree(cascade_run / "model", tmp_path / "copied")
    predict_files(tmp_path / "copied", str(new), tmp_path / "a.jsonl", cascade=0.95)
    expected = [(row["label"], row[SCORED_BY]) for row in read(tmp_path / "a.jsonl")]
    texts = [str(row["text"]) for row in read(new)]
    found = predict(cascade_run, texts, cascade=0.95)
    assert [(row["label"], row[SCORED_BY]) for row in found] == expected
    model = Classifier.load(cascade_run, device="cpu").with_cascade(0.95)
    assert model.predict(texts) == [label for label, _ in expected]
    assert [row[SCORED_BY] for row in predict(model, texts)] == [path for _, path in expected]


def test_tfidf_is_counted_once_and_skipped_articles_are_not_encoded(
    cascade_run: Path, new: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted, encoded = list[int](), list[int]()
    count, encode = Vectorizer.count, TextEncoder.encode

    def counting(self: Vectorizer, articles: list[Article], pair: bool) -> CountedArticles:
        counted.append(len(articles))
        return count(self, articles, pair)

    def encoding(self: TextEncoder, articles: list[Article]) -> EncodedArticles:
        encoded.append(len(articles))
        return encode(self, articles)

    monkeypatch.setattr(Vectorizer, "count", counting)
    monkeypatch.setattr(TextEncoder, "encode", encoding)
    predict_files(cascade_run, str(new), tmp_path / "some.jsonl", cascade=0.95)
    skipped = sum(row[SCORED_BY] == TFIDF_ALONE for row in read(tmp_path / "some.jsonl"))
    assert sum(counted) == 90
    assert sum(encoded) == 90 - skipped


def test_it_says_what_is_promised_and_how_many_skipped(
    cascade_run: Path, new: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "some.csv"
    assert cli(["predict", str(cascade_run), str(new), "--cascade", "0.95", "--out", str(out)]) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert "of the 160 validation articles skip the transformer" in said
    assert "(asked: 95%)" in said
    assert "of 90 articles" in said and "skipped the transformer" in said
    header = out.read_text(encoding="utf-8").splitlines()[0]
    assert header.endswith("predicted_by,scored_by")


def test_where_nothing_can_be_shown_all_go_through_the_transformer(
    cascade_run: Path, new: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    predict_files(cascade_run, str(new), tmp_path / "plain.jsonl")
    predict_files(cascade_run, str(new), tmp_path / "some.jsonl", cascade=0.999)
    assert "no article skips the transformer: an agreement of 0.999 cannot be shown on the 160" in caplog.text
    assert "It takes 2,995 that are independent" in caplog.text
    found = read(tmp_path / "some.jsonl")
    assert {row.pop(SCORED_BY) for row in found} == {WHOLE_MODEL}
    assert found == read(tmp_path / "plain.jsonl")  # it is the model itself, and has its name


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"abstain": True}, "abstain"),
        ({"sets": 0.9}, "sets"),
        ({"adapt": True}, "adapt"),
        ({"shares": {"opinion": 1.0, "reporting": 0.0, "satire": 0.0}}, "shares"),
        ({"explain": True}, "explain"),
    ],
)
def test_what_holds_for_the_whole_model_alone_is_refused(
    cascade_run: Path, new: Path, tmp_path: Path, more: dict[str, object], named: str
) -> None:
    copy = shutil.copytree(cascade_run, tmp_path / "run")
    with pytest.raises(InputError, match=f"--{named} does not go with --cascade"):
        predict_files(copy, str(new), tmp_path / "o.jsonl", cascade=0.9, **more)
    assert not (tmp_path / "o.jsonl").exists()
    with pytest.raises(InputError, match=f"^{named} does not go with cascade"):
        predict(copy, ["One text."], cascade=0.9, **more)


def test_a_model_that_cannot_is_refused_with_what_to_type(cascade_run: Path, new: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(cascade_run, tmp_path / "run")
    info = read_model_info(copy / "model")
    write_model_info(copy / "model", replace(info, cascade=None))
    with pytest.raises(InputError, match="an older version trained it") as error:
        predict_files(copy, str(new), tmp_path / "o.jsonl", cascade=0.9)
    assert f"classifier evaluate {copy} --cascade 0.9" in str(error.value)
    write_model_info(copy / "model", replace(info, cascade=None, blend=None))
    with pytest.raises(InputError, match="needs TF-IDF, and this model has none"):
        predict_files(copy, str(new), tmp_path / "o.jsonl", cascade=0.9)
    for agreement in (0.0, 1.0, 99.0):
        with pytest.raises(InputError, match="between 0 and 1"):
            predict_files(cascade_run, str(new), tmp_path / "o.jsonl", cascade=agreement)


def test_a_job_that_was_stopped_goes_on_only_with_the_same_cascade(
    cascade_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = write_jsonl(tmp_path / "new.jsonl", make_mixed(400, seed=5))
    predict_files(cascade_run, str(new), tmp_path / "whole.jsonl", cascade=0.95)
    calls, plain = list[int](), Classifier.predict_routed

    def failing(self: Classifier, *given: object) -> object:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return plain(self, *given)

    out = tmp_path / "some.jsonl"
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Classifier, "predict_routed", failing)
        predict_files(cascade_run, str(new), out, cascade=0.95)
    with pytest.raises(InputError, match=r"Different: --cascade \(0.95 then, 0.9 now\)"):
        predict_files(cascade_run, str(new), out, cascade=0.9)
    predict_files(cascade_run, str(new), out, cascade=0.95)
    assert out.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
