"""Python and the shell give equal labels, and every kind of table comes back as itself."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from datasets import Dataset

import classifier
from classifier.articles.article import Article
from classifier.articles.writers import open_writer
from classifier.cli.app import run as cli
from classifier.errors import InputError
from classifier.jobs.predict.predict import predict
from classifier.jobs.train import train
from classifier.models.classifier import Classifier
from classifier.stats.abstention import Abstention
from classifier.stats.conformal import ConformalSets
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.settings import tiny

KINDS = ("single", "pair", "multi")
SCORES = ["score_opinion", "score_reporting", "score_satire"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("predict")
    for kind in KINDS:
        multi = kind == "multi"
        articles = make_articles(60, pair=kind == "pair", multi_label=multi)
        source = write_jsonl(folder / f"{kind}.jsonl", articles, multi_label=multi)
        more = {"data.task": "multi_label"} if multi else {"data.strip": ["urls"]}
        train(source, folder / kind, settings=tiny(checkpoint, **more))
    return {kind: folder / kind for kind in KINDS}


@pytest.fixture
def run(runs: dict[str, Path]) -> Path:
    return runs["single"]


def frame_of(n: int = 12, **more: Any) -> pd.DataFrame:
    articles = make_articles(n, seed=3)
    return pd.DataFrame({"text": [article.text for article in articles], "number": range(n), **more})


def shell(run: Path, file: Path) -> list[dict[str, Any]]:
    out = file.with_suffix(".out.jsonl")
    assert cli(["predict", str(run), str(file), "--out", str(out), "--device", "cpu", "-q"]) == 0
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


def records_of(found: Any) -> list[dict[str, Any]]:
    if isinstance(found, pd.DataFrame):
        return found.to_dict("records")  # type: ignore[return-value]
    return found.to_dicts() if isinstance(found, pl.DataFrame) else list(found)


def write(file: Path, records: list[dict[str, Any]]) -> Path:
    with open_writer(file, {name: {str} for name in records[0]}) as writer:
        writer.write(records)
    return file


ODD = [
    {"Text": "moon cheese wizard", "TITLE": "Council said", "x": "1"},
    {"Text": "https://a.example/b", "TITLE": "", "x": "2"},
    {"Text": "  ", "TITLE": "police", "x": "3"},
    {"Text": "N/A", "TITLE": "police", "x": "4"},
    {"Text": "See www.example.com moon council", "TITLE": "nan", "x": "5"},
    {"Text": "shame believe should", "TITLE": "1984", "x": "6"},
    {"Text": "police\u00a0said tuesday", "TITLE": "Moon https://a.example/b cheese", "x": "7"},
]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".xlsx"])
def test_python_and_the_shell_give_the_same(run: Path, tmp_path: Path, suffix: str) -> None:
    expected = shell(run, write(tmp_path / f"odd{suffix}", ODD))
    readers: dict[str, Callable[[Any], pd.DataFrame]] = {
        ".csv": pd.read_csv,
        ".jsonl": lambda file: pd.read_json(file, lines=True),
        ".xlsx": lambda file: pd.DataFrame(ODD).replace("", None),
    }
    for source in (
        readers[suffix](tmp_path / f"odd{suffix}"),
        pl.DataFrame(ODD),
        ODD,
        str(tmp_path / f"odd{suffix}"),
        tmp_path / f"odd{suffix}",
    ):
        found = predict(run, source, device="cpu", on_error="keep")
        rows = records_of(found)
        assert len(rows) == len(expected)
        for got, wanted in zip(rows, expected, strict=True):
            scores = {f"score_{one['label']}": one["score"] for one in wanted["scores"] or ()}
            if not scores:
                assert pd.isna(got["label"])
                assert pd.isna(got["score"])
                reason = wanted["error"].removeprefix(f"{tmp_path}/").partition(": ")[2]  # after the place in the file
                assert got["error"] in (reason, "Text is empty")  # pandas reads N/A as nothing
                continue
            assert got["label"] == wanted["label"]
            assert got["predicted_by"] == wanted["predicted_by"]
            assert {name: got[name] for name in SCORES} == scores
            assert got["score"] == wanted["score"]
    assert [bool(row["scores"]) for row in expected] == [True, False, False, False, True, True, True]


def test_a_frame_comes_back_with_its_index_and_columns(run: Path) -> None:
    frame = frame_of(label="gold").set_index(pd.Index([f"a{i % 5}" for i in range(12)], name="key"))
    found = predict(run, frame, device="cpu")
    assert list(found) == ["text", "number", "original_label", "label", "score", *SCORES, "predicted_by"]
    pd.testing.assert_frame_equal(
        found[["text", "number", "original_label"]].rename(columns={"original_label": "label"}), frame
    )
    model = Classifier.load(run, device="cpu")
    assert found["label"].tolist() == model.predict(frame["text"])
    assert np.abs(found[SCORES].to_numpy() - model.predict_proba(frame["text"])).max() < 1e-5
    assert (found["score"] == found[SCORES].max(axis=1)).all()
    assert len(set(found["label"])) > 1


def test_the_same_labels_for_every_kind(run: Path) -> None:
    frame = frame_of()
    model = Classifier.load(run, device="cpu")
    expected = predict(model, frame)["label"].tolist()
    polars, arrow, dataset = pl.DataFrame(frame), pa.table(frame), Dataset.from_pandas(frame)
    for source, kind in ((polars, pl.DataFrame), (arrow, pa.Table), (dataset, Dataset)):
        found = predict(model, source)
        assert isinstance(found, kind)
        assert list(found["label"].to_pylist() if kind is pa.Table else found["label"]) == expected
    assert isinstance(predict(model, polars.lazy()), pl.DataFrame)
    assert predict(model, frame["text"])["label"].tolist() == expected
    assert predict(model, polars["text"])["label"].to_list() == expected
    texts = frame["text"].tolist()
    for source in (texts, np.array(texts), iter(texts), [{"text": text} for text in texts]):
        records = predict(model, source)
        assert [record["label"] for record in records] == expected
        assert [record["text"] for record in records] == texts
    articles = predict(model, [Article(str(i), text, labels=("satire",)) for i, text in enumerate(texts)])
    assert [article.labels for article in articles] == [(label,) for label in expected]
    assert articles[0].extra["original_label"] == ["satire"]


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table, Dataset.from_dict, lambda _: []])
def test_no_rows_are_no_rows(run: Path, make: Callable[[Any], Any]) -> None:
    assert len(predict(run, make({"text": []}), device="cpu")) == 0


BAD = [None, float("nan"), pd.NA, pd.NaT, "", "nan", 7]


@pytest.mark.parametrize("bad", BAD)
def test_a_missing_text_is_refused_by_its_row_or_kept(run: Path, bad: Any, caplog: pytest.LogCaptureFixture) -> None:
    good = frame_of(2)["text"].tolist()
    texts = [good[0], bad, good[1], bad]
    frame = pd.DataFrame({"text": pd.Series(texts, dtype=object, index=["a", "b", "c", "d"])})
    for source in (frame, texts, [{"text": text} for text in texts]):
        with pytest.raises(InputError, match=r"2 rows of the \w+ \(4 in all\) cannot be labelled") as error:
            predict(run, source, device="cpu")
        assert [fault.where.split()[1].rstrip(",") for fault in error.value.faults] == ["1", "3"]
        assert error.match('on_error="keep"')
    found = predict(run, frame, device="cpu", on_error="keep")
    assert found["label"].isna().tolist() == found["score"].isna().tolist() == [False, True, False, True]
    assert found["error"].isna().tolist() == [True, False, True, False]
    assert found["label"].tolist()[::2] == [record["label"] for record in predict(run, good, device="cpu")]
    assert "2 rows of the DataFrame (4 in all) cannot be labelled" in caplog.text
    nothing = predict(run, pd.DataFrame({"text": [None, None]}), device="cpu", on_error="keep")
    assert nothing["label"].isna().all()
    assert nothing[SCORES].isna().all().all()


def test_columns_are_named_as_in_training_by_settings_or_by_their_aliases(run: Path) -> None:
    frame = frame_of().rename(columns={"text": "body"})
    expected = [record["label"] for record in predict(run, frame["body"].tolist(), device="cpu")]
    named = predict(run, frame, device="cpu", settings={"data.columns.text": "body"})
    assert named["label"].tolist() == expected
    assert "body" in named
    with pytest.raises(InputError, match="the DataFrame: there is no column 'text'") as error:
        predict(run, frame, device="cpu")
    assert error.match(r'settings=\{"data.columns.text": "body"\}')
    titles = frame_of(title="moon cheese wizard penguin")
    assert (predict(run, titles, device="cpu")["score_satire"] > named["score_satire"].to_numpy()).any()
    other = predict(run, titles.rename(columns={"title": "h1"}), device="cpu", settings={"data.columns.title": "h1"})
    assert other["score"].tolist() == predict(run, titles, device="cpu")["score"].tolist()
    with pytest.raises(InputError, match="has no effect here"):
        predict(run, frame, settings={"train.seed": 3})
    short = predict(run, titles.rename(columns={"text": "b", "title": "h1"}), text="b", title="h1", device="cpu")
    assert short["score"].tolist() == other["score"].tolist()
    assert predict(run, frame, text="body", settings={"data.columns.text": "body"}, device="cpu").equals(named)
    with pytest.raises(InputError, match=r"text='body' and settings\['data.columns.text'\] = 'text' differ"):
        predict(run, frame, text="body", settings={"data.columns.text": "text"}, device="cpu")


def test_columns_are_called_as_they_were_in_training(tmp_path: Path, checkpoint: Path) -> None:
    articles = make_articles(60)
    frame = pd.DataFrame({"body": [a.text for a in articles], "genre": pd.Categorical([a.labels[0] for a in articles])})
    columns = {"data.columns.text": "body", "data.columns.label": "genre"}
    train(frame, tmp_path / "run", settings=tiny(checkpoint, **columns))
    found = predict(tmp_path / "run", frame, device="cpu")
    assert list(found)[:3] == ["body", "genre", "label"]
    assert found["label"].tolist() == predict(tmp_path / "run", frame["body"], device="cpu")["label"].tolist()


def test_abstention_and_sets_are_columns(run: Path) -> None:
    model = Classifier.load(run, device="cpu")
    abstention = Abstention(0.9, (None, 0.0, 0.0), resampled="article")
    sets = ConformalSets(0.9, (0.5, 0.5, 0.0), (1, 2, 3), (9, 9, 9))
    model = replace(model, info=replace(model.info, abstention=abstention, sets=sets))
    found = predict(model, frame_of(), abstain=True, sets=0.9)
    assert list(found)[2:] == ["label", "best_guess", "score", *SCORES, "label_set", "predicted_by"]
    assert set(found["best_guess"]) > set(found["label"].dropna())
    assert found["label"].isna().any()
    assert all(guess in labels for guess, labels in zip(found["best_guess"], found["label_set"], strict=True))


def test_pairs(runs: dict[str, Path]) -> None:
    articles = make_articles(9, 4, pair=True)
    frame = pd.DataFrame({"text": [a.text for a in articles], "claim": [a.target for a in articles]})
    model = Classifier.load(runs["pair"], device="cpu")
    expected = predict(model, frame)
    assert expected["label"].tolist() == model.predict(frame["text"], frame["claim"])
    apart = predict(model, frame["text"].tolist(), frame["claim"])
    assert [record["score"] for record in apart] == expected["score"].tolist()
    assert [record["target"] for record in apart] == frame["claim"].tolist()
    one = predict(model, frame[["text"]], frame["claim"][0])
    assert one["score"][0] == expected["score"][0]
    assert "target" not in one
    with pytest.raises(InputError, match="reads a claim with each article, but the DataFrame has no column for it"):
        predict(model, frame[["text"]])
    frame.loc[3, "claim"] = None
    with pytest.raises(InputError, match="row 3 of the DataFrame: claim is empty"):
        predict(model, frame)
    kept = predict(model, frame, on_error="keep")
    assert kept["label"].isna().tolist() == [i == 3 for i in range(9)]
    with pytest.raises(InputError, match="takes no targets"):
        predict(runs["single"], ["word1"], ["word2"])


def test_multi_label_gives_lists(runs: dict[str, Path]) -> None:
    texts = [article.text for article in make_articles(20, 4, multi_label=True)]
    model = Classifier.load(runs["multi"], device="cpu")
    found = predict(model, pd.DataFrame({"text": [*texts, None]}), on_error="keep")
    assert found["label"].tolist()[:-1] == model.predict(texts)
    assert pd.isna(found["label"].iloc[-1])
    assert predict(model, pl.DataFrame({"text": texts})).schema["label"] == pl.List(pl.String)
    assert list(found)[1:] == ["label", "score", *(f"score_{name}" for name in model.classes_), "predicted_by", "error"]


def test_evidence_goes_along(run: Path) -> None:
    text = "Moon cheese wizard. Word1 word2 word3."
    for source in (pd.DataFrame({"text": [text]}), pl.DataFrame({"text": [text]}), pa.table({"text": [text]})):
        found = predict(run, source, device="cpu", explain=True)
        [evidence] = found["evidence"].to_pylist() if isinstance(source, pa.Table) else list(found["evidence"])
        assert evidence[0]["text"] == "Moon cheese wizard."


def test_a_loaded_model_is_asked_as_it_is(run: Path) -> None:
    model = Classifier.load(run, device="cpu")
    assert predict(model, ["word1"]) == predict(run, ["word1"], device="cpu")
    with pytest.raises(InputError, match="this one is loaded already"):
        predict(model, ["word1"], device="cpu")
    with pytest.raises(InputError, match=r"on_error is raise or keep\. Got 'fail' instead"):
        predict(model, ["word1"], on_error="fail")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="min-precision"):
        predict(model, ["word1"], abstain=True)


def test_it_is_at_the_root() -> None:
    assert classifier.predict is predict
