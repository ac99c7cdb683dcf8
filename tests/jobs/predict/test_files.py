import io
import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import fsspec
import pandas as pd
import pyarrow.parquet as pq
import pytest

from classifier.articles.readers.row import Row
from classifier.articles.readers.table import read_rows
from classifier.cli.app import run as cli
from classifier.errors import InputError
from classifier.jobs.predict import chunks as chunks_module
from classifier.jobs.predict import files as files_module
from classifier.jobs.predict import finishing
from classifier.jobs.predict import parts as parts_module
from classifier.jobs.predict.cascading import load_routed
from classifier.jobs.predict.files import predict_files
from classifier.jobs.predict.predict import predict
from classifier.jobs.train import train
from classifier.models.classifier import Classifier
from classifier.stats.abstention import Abstention
from classifier.stats.conformal import ConformalSets
from tests.makers.articles import SIGNALS, make_articles, write_jsonl
from tests.makers.models import make_model_folder
from tests.makers.object_store import s3_store
from tests.makers.settings import tiny


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Path:
    folder = tmp_path_factory.mktemp("prediction")
    source = write_jsonl(folder / "articles.jsonl", make_articles(60))
    train(str(source), folder / "run", settings=tiny(checkpoint, **{"train.num_train_epochs": 1}))
    return folder / "run"


def test_a_setting_without_effect_is_refused(run: Path, tmp_path: Path) -> None:
    new_csv(tmp_path / "new.csv")
    with pytest.raises(InputError, match=r"--set train.seed=1 has no effect here\.\nFix: .* and data.missing only"):
        predict_files(run, tmp_path / "new.csv", tmp_path / "out.csv", settings={"train.seed": 1})
    with pytest.raises(InputError, match=r"--set data\.columns\.labels=\S+ has no effect here"):
        predict_files(run, tmp_path / "new.csv", tmp_path / "out.csv", settings={"data.columns.labels": ["a"]})
    assert not (tmp_path / "out.csv").exists()


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def new_csv(path: Path, n: int = 40) -> list[str]:
    texts = [article.text for article in make_articles(n, seed=3)]
    path.write_text("number,text,note\n" + "".join(f'{i},"{text}",ümlaut {i}\n' for i, text in enumerate(texts)))
    return texts


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet", "xlsx"])
def test_columns_and_order_are_kept_in_every_format(run: Path, tmp_path: Path, suffix: str) -> None:
    texts = new_csv(tmp_path / "new.csv")
    out = tmp_path / f"labels.{suffix}"
    assert cli(["predict", str(run), str(tmp_path / "new.csv"), "--out", str(out), "--device", "cpu", "-q"]) == 0
    rows = [row.values for row in read_rows(out) if isinstance(row, Row)]
    assert [row["text"] for row in rows] == texts
    wide = [f"score_{name}" for name in SIGNALS] if suffix in ("csv", "xlsx") else []
    assert list(rows[0]) == ["number", "text", "note", "label", "score", "scores", *wide, "predicted_by"]
    assert rows[7]["note"] == "ümlaut 7"
    model = Classifier.load(run, device="cpu")
    assert [row["label"] for row in rows] == model.predict(texts)
    scores = json.loads(rows[0]["scores"]) if suffix in ("csv", "xlsx") else rows[0]["scores"]
    assert {item["label"] for item in scores} == {"opinion", "reporting", "satire"}
    assert scores[0]["score"] >= scores[1]["score"] >= scores[2]["score"]
    assert float(rows[0]["score"]) == pytest.approx(scores[0]["score"])
    assert sum(item["score"] for item in scores) == pytest.approx(1, abs=1e-4)


def test_files_folders_and_standard_input_together(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    new_csv(tmp_path / "new.csv", 3)
    (tmp_path / "folder" / "deep").mkdir(parents=True)
    (tmp_path / "folder" / "deep" / "one.txt").write_text("council police said")
    (tmp_path / "single.txt").write_text("moon cheese")
    monkeypatch.setattr(sys, "stdin", io.StringIO('{"text": "penguin wizard", "key": 5}\n'))
    inputs = [str(tmp_path / "new.csv"), str(tmp_path / "folder"), str(tmp_path / "single.txt"), "-"]
    assert cli(["predict", str(run), *inputs, "--out", "-", "--device", "cpu"]) == 0
    captured = capsys.readouterr()
    rows = [json.loads(line) for line in captured.out.splitlines()]
    assert [row["text"] for row in rows[3:]] == ["council police said", "moon cheese", "penguin wizard"]
    assert rows[3]["id"] == "deep/one"
    assert rows[5]["key"] == 5
    assert "Labelled 6 articles" in captured.err


def test_plain_lines_on_standard_input(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("moon cheese wizard\n\ncouncil said\n"))
    assert cli(["predict", str(run), "-", "--out", "-", "--device", "cpu", "-q"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["id"] for row in rows] == ["1", "3"]


@pytest.mark.parametrize(("kind", "count"), [(None, 2), ("csv", 2), ("text", 3)])
def test_a_table_on_standard_input(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], kind: str | None, count: int
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO('nr;text\n7;"moon cheese; wizard"\n8;council said\n'))
    arguments = ["predict", str(run), "-", "--out", "-", "--device", "cpu"]
    assert cli([*arguments, *(["--format", kind] if kind else [])]) == 0
    captured = capsys.readouterr()
    rows = [json.loads(line) for line in captured.out.splitlines()]
    assert len(rows) == count
    assert kind == "text" or [row["nr"] for row in rows] == ["7", "8"]
    assert ("standard input is read as CSV; --format text" in captured.err) == (kind is None)


def test_a_format_without_standard_input_is_refused(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new_csv(tmp_path / "new.csv", 1)
    out = tmp_path / "o.jsonl"
    assert cli(["predict", str(run), str(tmp_path / "new.csv"), "--out", str(out), "--format", "csv"]) == 2
    assert "no input is '-'" in capsys.readouterr().err
    assert cli(["predict", str(run), "-", "--out", str(out), "--format", "jsnl"]) == 2
    assert "Did you mean 'jsonl'?" in capsys.readouterr().err
    assert not out.exists()


def test_more_articles_than_a_chunk_keep_their_order(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks_module, "SIZES", (7,))
    texts = new_csv(tmp_path / "new.csv", 40)
    model = Classifier.load(run, device="cpu", bf16=False)
    assert predict_files(run, [str(tmp_path / "new.csv")], tmp_path / "o.jsonl", device="cpu", bf16=False) == 40
    assert [row["text"] for row in lines(tmp_path / "o.jsonl")] == texts
    whole = model.predict_proba(texts).max(axis=1)
    assert [row["score"] for row in lines(tmp_path / "o.jsonl")] == pytest.approx(whole.tolist(), abs=1e-5)


def test_columns_of_that_name_are_kept_under_another(run: Path, tmp_path: Path) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(5))
    assert cli(["predict", str(run), str(source), "--out", str(tmp_path / "o.jsonl"), "--device", "cpu"]) == 0
    assert lines(tmp_path / "o.jsonl")[0]["original_label"] == "opinion"


def test_the_columns_of_training_and_of_the_call_are_found(tmp_path: Path, checkpoint: Path) -> None:
    articles = make_articles(60)
    (tmp_path / "a.csv").write_text("body,genre\n" + "".join(f"{a.text},{a.labels[0]}\n" for a in articles))
    settings = tiny(checkpoint, **{"data.columns.text": "body", "data.columns.label": "genre"})
    train(str(tmp_path / "a.csv"), tmp_path / "run", settings=settings)
    out = str(tmp_path / "o.parquet")
    for header, more in (
        ("body", ["--overwrite"]),
        ("text", ["--overwrite"]),
        ("inhalt", ["--overwrite", "--set", "data.columns.text=inhalt"]),
    ):
        (tmp_path / "new.csv").write_text(f"{header}\nmoon cheese\n")
        assert cli(["predict", str(tmp_path / "run"), str(tmp_path / "new.csv"), "--out", out, "-q", *more]) == 0
    assert pq.read_table(out).column_names == ["inhalt", "label", "score", "scores", "predicted_by"]


def test_bad_rows_of_every_kind_are_rows_of_the_output_and_strict_is_an_error(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "one.csv").write_text('text,n\ngood text,1\nhttps://example.org/a,2\nx,3,4\n"moon\ncheese",5\n')
    (tmp_path / "two.jsonl").write_text('{"text": ""}\n{broken\n["a"]\n{"text": "\\ud800"}\n{"text": "satire"}\n')
    command = ["predict", str(run), str(tmp_path / "one.csv"), str(tmp_path / "two.jsonl"), "--device", "cpu"]
    assert cli([*command, "--out", str(tmp_path / "o.jsonl")]) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert "6 of 9 rows could not be labelled" in said
    assert "1 × ragged row" in said
    rows = lines(tmp_path / "o.jsonl")
    places = ["", "one.csv:3: text is a URL", "one.csv:4: 3 cells", "", "two.jsonl:1: text is empty", "two.jsonl:2"]
    places += ["two.jsonl:3: a JSON object is needed", "two.jsonl:4: holds half of a surrogate", ""]
    for row, place in zip(rows, places, strict=True):
        assert bool(row["label"]) == (not place)
        assert str(row["error"] or "").removeprefix(f"{tmp_path}/").startswith(place)
    assert cli([*command, "--out", str(tmp_path / "strict.jsonl"), "--strict"]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "6 of 9 rows could not be labelled (--strict). All rows are in" in said
    assert "two.jsonl:2: not valid JSON" in said
    assert (tmp_path / "strict.jsonl").read_text() == (tmp_path / "o.jsonl").read_text()


@pytest.mark.parametrize("kind", ["csv", "jsonl", "folder"])
def test_one_row_in_another_encoding_does_not_cost_the_others(run: Path, tmp_path: Path, kind: str) -> None:
    texts = [f"the café said {number}".encode("cp1252" if number == 3 else "utf-8") for number in range(9)]
    path = tmp_path / f"new.{kind}"
    if kind == "folder":
        path.mkdir()
        for number, text in enumerate(texts):
            (path / f"{number}.txt").write_bytes(text)
    else:
        header, row = (b"id,text\n", b"%d,%s\n") if kind == "csv" else (b"", b'{"id": "%d", "text": "%s"}\n')
        path.write_bytes(header + b"".join(row % each for each in enumerate(texts)))
    assert predict_files(run, path, tmp_path / "o.jsonl", device="cpu") == 8
    rows = lines(tmp_path / "o.jsonl")
    assert [row["label"] is None for row in rows] == [number == 3 for number in range(9)]
    assert "byte 0xe9" in rows[3]["error"]
    assert kind == "folder" or (rows[3]["id"], rows[3]["text"]) == ("3", "the caf\ufffd said 3")


def test_strict_is_silent_where_nothing_is_bad(run: Path, tmp_path: Path) -> None:
    new_csv(tmp_path / "new.csv", 3)
    assert predict_files(run, tmp_path / "new.csv", tmp_path / "o.csv", device="cpu", strict=True) == 3


UNLABELLED = [
    {"text": "moon cheese", "n": 1, "error": "mine"},
    {"text": " ", "n": 2},
    {"n": 3, "text": None},
    {},
    {"text": "council said", "n": 4},
    {"text": "https://example.org/a", "n": 5},
]


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet", "xlsx"])
def test_rows_without_a_text_stay_in_their_place_with_the_reason(
    run: Path, tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(chunks_module, "SIZES", (2,))
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in UNLABELLED))
    out = tmp_path / f"o.{suffix}"
    assert cli(["predict", str(run), str(tmp_path / "a.jsonl"), "--out", str(out), "--device", "cpu"]) == 0
    said = capsys.readouterr().err
    assert "4 of 6 rows could not be labelled" in said
    assert "a.jsonl:2: text is empty" in said
    assert "Labelled 2 articles" in said
    rows = [row.values for row in read_rows(out) if isinstance(row, Row)]
    assert [None if row.get("n") in (None, "") else int(row["n"]) for row in rows] == [1, 2, 3, None, 4, 5]
    errors = [row["error"] or "" for row in rows]
    empty = [f"{tmp_path}/a.jsonl:{line}: text is empty" for line in (2, 3, 4)]
    assert errors[:5] == ["", *empty, ""]
    assert errors[5].startswith(f"{tmp_path}/a.jsonl:6: text is a URL alone")
    for row, error in zip(rows, errors, strict=True):
        assert all((row[name] in (None, "")) == bool(error) for name in ("label", "score", "scores"))
    assert rows[0]["original_error"] == "mine"
    alone = Classifier.load(run, device="cpu").predict(["moon cheese", "council said"])
    assert [row["label"] for row in rows if row["label"]] == alone


def test_there_is_no_column_of_errors_where_there_are_none(run: Path, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "moon cheese", "error": "mine"}\n')
    assert predict_files(run, tmp_path / "a.jsonl", tmp_path / "o.jsonl", device="cpu") == 1
    assert lines(tmp_path / "o.jsonl")[0]["error"] == "mine"


def test_an_input_without_any_text_is_refused(run: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,n\n,1\n 12 ,2\n")
    with pytest.raises(InputError, match="None of 2 rows can be labelled") as refused:
        predict_files(run, tmp_path / "a.csv", tmp_path / "o.csv", device="cpu")
    assert [fault.where for fault in refused.value.faults] == [f"{tmp_path / 'a.csv'}:{line}" for line in (2, 3)]
    (tmp_path / "none.csv").write_text("text,n\n")
    with pytest.raises(InputError, match="holds no articles"):
        predict_files(run, tmp_path / "none.csv", tmp_path / "o.csv", device="cpu")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "none.csv"]


def test_reasons_go_with_abstention_and_evidence(run: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,n\nmoon cheese,1\n,2\n")
    assert predict_files(run, tmp_path / "a.csv", tmp_path / "o.parquet", device="cpu", explain=True) == 1
    good, bad = pq.read_table(tmp_path / "o.parquet").to_pylist()
    assert list(good) == ["text", "n", "label", "score", "scores", "evidence", "predicted_by", "error"]
    assert [bad[name] for name in list(good)[2:]] == [*[None] * 5, f"{tmp_path}/a.csv:3: text is empty"]


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet", "xlsx"])
def test_label_sets_are_a_column_of_lists(
    tmp_path: Path, checkpoint: Path, suffix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    stored = {"sets": ConformalSets(0.9, (0.0, None), (1, 2), (9, 9)), "abstention": Abstention(0.9, (None, None))}
    model = make_model_folder(tmp_path / "model", checkpoint, **stored)
    texts = new_csv(tmp_path / "new.csv", 5)
    out = tmp_path / f"labels.{suffix}"
    arguments = ["predict", str(model), str(tmp_path / "new.csv"), "--out", str(out), "--device", "cpu", "--abstain"]
    assert cli([*arguments, "--sets", "0.9"]) == 0
    rows = [row.values for row in read_rows(out) if isinstance(row, Row)]
    wide = ["score_a", "score_b"] if suffix in ("csv", "xlsx") else []
    assert list(rows[0])[3:] == ["label", "best_guess", "score", "scores", *wide, "label_set", "predicted_by"]
    found = [json.loads(row["label_set"]) if suffix in ("csv", "xlsx") else list(row["label_set"]) for row in rows]
    assert found == Classifier.load(model, device="cpu").predict(texts, sets=True)
    assert all("a" in labels and row["best_guess"] in labels for labels, row in zip(found, rows, strict=True))
    assert not any(row["label"] for row in rows)  # a label that is left out stays in its set
    assert "thresholds were found by an older version" in " ".join(capsys.readouterr().err.split())


def test_label_sets_are_given_at_the_level_that_is_stored(
    tmp_path: Path, checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = make_model_folder(tmp_path / "bare", checkpoint)
    other = make_model_folder(tmp_path / "other", checkpoint, sets=ConformalSets(0.8, (0.5, 0.5), (1, 2), (9, 9)))
    new_csv(tmp_path / "new.csv", 5)
    for model, words in ((bare, "no sets of labels yet"), (other, "are for 0.8, not 0.9")):
        out = tmp_path / "o.csv"
        assert cli(["predict", str(model), str(tmp_path / "new.csv"), "--out", str(out), "--sets", "0.9"]) == 2
        said = " ".join(capsys.readouterr().err.split())
        assert words in said and "classifier evaluate RUN --sets 0.9" in said
        assert not out.exists()


@pytest.mark.usefixtures("capsys")
def test_a_model_of_several_labels_has_no_sets_to_find(tmp_path: Path, checkpoint: Path) -> None:
    model = make_model_folder(tmp_path / "model", checkpoint, multi_label=True)
    new_csv(new := tmp_path / "new.csv", 5)
    calls: tuple[Callable[[], object], ...] = (
        lambda: predict_files(model, [new], tmp_path / "o.csv", sets=0.9),
        lambda: predict(model, new, sets=0.9),
        lambda: Classifier.load(model).predict(["A text."], sets=True),
    )
    for call in calls:
        with pytest.raises(InputError, match="--sets is for models that give one label") as error:
            call()
        assert "--min-precision 0.9" in error.value.fix


def test_a_failure_in_the_middle_leaves_the_old_file(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_csv(tmp_path / "new.csv", 10)
    (tmp_path / "o.jsonl").write_text("old")
    monkeypatch.setattr(finishing, "records", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
    assert cli(["predict", str(run), str(tmp_path / "new.csv"), "--out", str(tmp_path / "o.jsonl"), "-q"]) == 2
    assert cli(["predict", str(run), str(tmp_path / "new.csv"), "--out", str(tmp_path / "new.csv"), "--overwrite"]) == 2
    assert (tmp_path / "o.jsonl").read_text() == "old"
    command = ["predict", str(run), str(tmp_path / "new.csv"), "--out", str(tmp_path / "o.jsonl"), "-q", "--overwrite"]
    assert cli(command) == 130
    assert (tmp_path / "o.jsonl").read_text() == "old"
    assert not list(tmp_path.glob("*.partial"))


def test_predicting_twice_loses_no_label(run: Path, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "moon cheese", "label": "x", "original_label": "GOLD"}\n')
    assert cli(["predict", str(run), str(tmp_path / "a.jsonl"), "--out", str(tmp_path / "o.jsonl"), "-q"]) == 0
    row = lines(tmp_path / "o.jsonl")[0]
    assert (row["original_label"], row["original_original_label"]) == ("GOLD", "x")


def test_parquet_keeps_values_of_every_kind(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks_module, "SIZES", (2,))
    rows: list[dict[str, object]] = [
        {"text": "moon cheese", "n": 1, "d": {"a": 1}, "late": None, "mixed": 1, "big": 10**30},
        {"text": "council said", "n": 2, "d": {}, "late": None, "mixed": "x", "big": 1},
        {"text": "shame wrong", "n": 2.75, "d": {"b": 2}, "late": 7, "mixed": None, "big": 2},
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert cli(["predict", str(run), str(tmp_path / "a.jsonl"), "--out", str(tmp_path / "o.parquet"), "-q"]) == 0
    table = pq.read_table(tmp_path / "o.parquet").to_pylist()
    assert [row["n"] for row in table] == [1.0, 2.0, 2.75]
    assert [json.loads(row["d"]) for row in table] == [{"a": 1}, {}, {"b": 2}]
    assert [row["late"] for row in table] == [None, None, 7]
    assert [row["mixed"] for row in table] == ["1", "x", None]
    assert table[0]["big"] == str(10**30)


def test_the_same_file_twice_gives_its_rows_twice(run: Path, tmp_path: Path) -> None:
    new_csv(tmp_path / "new.csv", 4)
    same = [str(tmp_path / "new.csv")] * 2
    assert cli(["predict", str(run), *same, "--out", str(tmp_path / "o.jsonl"), "-q"]) == 0
    assert len(lines(tmp_path / "o.jsonl")) == 8


def test_a_text_that_excel_cannot_hold_is_a_bad_row(run: Path, tmp_path: Path) -> None:
    rows = [
        {"n": 1, "text": "word " * 8000},
        {"n": 2, "text": "council said"},
        {"n": 3, "text": "x", "more": "y" * 40_000},
    ]
    (tmp_path / "new.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert predict_files(run, tmp_path / "new.jsonl", tmp_path / "out.xlsx", device="cpu") == 1
    long, good, other = [row.values for row in read_rows(tmp_path / "out.xlsx") if isinstance(row, Row)]
    assert (long["text"], long["label"], long["n"]) == (None, None, 1)
    assert long["error"].startswith(
        f"{tmp_path}/new.jsonl:1: text has 40,000 characters, and a cell of Excel holds 32,"
    )
    assert "Give --out a name that ends in .csv" in long["error"]
    assert good["label"] and not good["error"]
    assert (other["text"], other["more"], other["label"]) == ("x", None, None)
    assert predict_files(run, tmp_path / "new.jsonl", tmp_path / "out.csv", device="cpu") == 3


def test_a_csv_file_is_written_as_the_input_is(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.csv").write_text("text;anteil\nmoon; 0,5\n", encoding="utf-8-sig")
    command = ["predict", str(run), "--device", "cpu", "--out"]
    assert cli([*command, str(tmp_path / "o.csv"), str(tmp_path / "a.csv")]) == 0
    assert "with ';' between cells and a decimal comma and a byte-order mark" in " ".join(
        capsys.readouterr().err.split()
    )
    written = (tmp_path / "o.csv").read_bytes()
    assert written.startswith(b"\xef\xbb\xbftext;anteil;label;score;")
    assert pd.read_csv(tmp_path / "o.csv", sep=";", decimal=",")["score"].between(0, 1).all()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((tmp_path / "a.csv").read_bytes())))
    assert cli([*command, str(tmp_path / "s.csv"), "-"]) == 0
    assert (tmp_path / "s.csv").read_bytes() == written
    (tmp_path / "b.csv").write_text("text,n\nmoon,1\n")
    for out, delimiter in (("u.csv", b","), ("u.tsv", b"\t")):
        assert cli([*command, str(tmp_path / out), str(tmp_path / "a.csv"), str(tmp_path / "b.csv"), "-q"]) == 0
        assert (tmp_path / out).read_bytes().startswith(b"text%banteil%bn%blabel%bscore" % ((delimiter,) * 4))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"moon cheese on Tuesday, said police\nmore\n")))
    assert cli([*command, str(tmp_path / "l.csv"), "-", "-q"]) == 0
    assert (tmp_path / "l.csv").read_text().startswith("id,text,label,score,")


def test_articles_in_memory_are_labelled_into_a_file_too(run: Path, tmp_path: Path) -> None:
    texts = new_csv(tmp_path / "new.csv", 5)
    frame = pd.DataFrame({"text": [*texts, None], "note": "ü"})
    assert predict_files(run, frame, tmp_path / "out.jsonl", device="cpu") == 5
    predict_files(run, tmp_path / "new.csv", tmp_path / "file.jsonl", device="cpu")
    found, expected = lines(tmp_path / "out.jsonl"), lines(tmp_path / "file.jsonl")
    assert [row["scores"] for row in found] == [*(row["scores"] for row in expected), None]
    assert found[5]["error"] == "row 5 of the DataFrame: text is empty"
    with pytest.raises(InputError, match="row 5 of the DataFrame: text is empty"):
        predict_files(run, frame, tmp_path / "none.csv", device="cpu", strict=True)


def test_all_bad_rows_are_named_by_line_and_id_at_once(run: Path, tmp_path: Path) -> None:
    rows = ["id,text,n", "a1,,1", 'a2,"moon\ncheese",2', "a3,https://example.org/x,3", "a4,x,4,5", "a5,<br>,5"]
    (tmp_path / "a.csv").write_text("\n".join(rows) + "\n")
    with pytest.raises(InputError, match=r"4 of 5 rows could not be labelled \(--strict\)") as refused:
        predict_files(run, tmp_path / "a.csv", tmp_path / "o.csv", device="cpu", strict=True)
    said = [str(fault).removeprefix(f"{tmp_path}/") for fault in refused.value.faults]
    starts = [
        "a.csv:2 (id 'a1'): text is empty",
        "a.csv:5, row 4 (id 'a3'): text is a URL",
        "a.csv:6",
        "a.csv:7",
    ]
    assert all(line.startswith(start) for line, start in zip(said, starts, strict=True))


def process(run: Path, source: Path | str, out: Path | str, *more: str, **given: object) -> subprocess.Popen[bytes]:
    """`classifier predict` as a process of its own, which Ctrl-C ends even where the tests run in the background."""
    command = [sys.executable, "-m", "classifier", "predict", str(run), str(source), "--out", str(out)]
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell lets its background jobs ignore it
    try:
        return subprocess.Popen([*command, "--device", "cpu", *more], **given)  # type: ignore[call-overload, no-any-return]
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe cannot be looked at")
def test_answers_come_while_the_pipe_is_open(run: Path) -> None:
    with process(run, "-", "-", "-q", stdin=subprocess.PIPE, stdout=subprocess.PIPE) as answering:
        assert answering.stdin is not None and answering.stdout is not None
        for text in ("moon cheese", " ", "council said"):
            answering.stdin.write(json.dumps({"text": text}).encode() + b"\n")
            answering.stdin.flush()
            found = json.loads(answering.stdout.readline())
            assert found["text"] == text and ("error" in found) == (not text.strip())
        answering.send_signal(signal.SIGINT)
        assert answering.wait(60) == 130
        assert answering.stdout.read() == b""


def test_an_interrupted_job_says_how_it_goes_on(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(chunks_module, "SIZES", (4,))
    new_csv(tmp_path / "new.csv", 10)
    command = ["predict", str(run), str(tmp_path / "new.csv"), "--out", str(tmp_path / "o.csv"), "--device", "cpu"]
    for more, words in (
        ([], "the same command goes on"),
        (["--overwrite"], "the same command without --overwrite goes"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(finishing, "open_writer", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
            assert cli([*command, *more]) == 130
        assert words in " ".join(capsys.readouterr().err.split())
    assert cli(command) == 0
    assert "10 articles were labelled before" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.csv", "o.csv"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="a process is killed")
@pytest.mark.parametrize("suffix", ["jsonl", "csv", "tsv", "parquet", "xlsx"])
def test_a_process_that_is_killed_six_times_loses_nothing(run: Path, tmp_path: Path, suffix: str) -> None:
    texts, chance = new_csv(tmp_path / "new.csv", 12_000), random.Random(suffix)
    with (tmp_path / "new.csv").open("a") as stream:
        stream.write("bad,row\n")
    assert process(run, tmp_path / "new.csv", tmp_path / f"whole.{suffix}", "-q").wait() == 0
    out = tmp_path / f"o.{suffix}"
    parts = tmp_path / f"o.{suffix}.parts"
    killed = 0
    while not out.exists() and killed < 6:
        job = process(run, tmp_path / "new.csv", out, "-q")
        before = len(list(parts.glob("*.part")))
        while job.poll() is None and len(list(parts.glob("*.part"))) <= before < 8 and not out.exists():
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 0.6))
        job.kill()
        killed += job.wait() == -signal.SIGKILL
    assert killed
    if not out.exists() or parts.exists():
        assert process(run, tmp_path / "new.csv", out, "-q").wait() == 0
    assert out.read_bytes() == (tmp_path / f"whole.{suffix}").read_bytes()
    assert not parts.exists()
    assert len([row for row in read_rows(out) if isinstance(row, Row)]) == len(texts) + 1


def test_files_of_a_store_are_read_and_written(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    new_csv(tmp_path / "new.csv")
    store = fsspec.filesystem("memory")
    for name in ("a.csv", "b.csv"):
        with store.open(f"/news/{name}", "wb") as file:
            file.write((tmp_path / "new.csv").read_bytes())
    assert cli(["predict", str(run), "new.csv", "new.csv", "--out", "here.csv", "--device", "cpu", "-q"]) == 0
    command = [
        "predict",
        str(run),
        "memory://news/*.csv",
        "--out",
        "memory://labels/there.csv",
        "--device",
        "cpu",
        "-q",
    ]
    assert cli(command) == 0
    assert store.cat("/labels/there.csv") == (tmp_path / "here.csv").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["here.csv", "new.csv"]
    assert cli(command) == 2
    assert "'memory://labels/there.csv' exists already" in capsys.readouterr().err
    assert cli([*command, "--overwrite"]) == 0
    if find_spec("s3fs") is None:
        assert cli(["predict", str(run), "s3://news/a.csv", "--out", "o.csv"]) == 2
        assert "'s3://news/a.csv' needs the package s3fs.\nFix: pip install s3fs" in capsys.readouterr().err
    store.rm("/news", recursive=True)
    store.rm("/labels", recursive=True)


def test_an_output_of_a_store_is_kept_here_until_it_is_complete(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "new.csv").write_text("text\n\n")
    assert cli(["predict", str(run), "new.csv", "--out", "memory://labels/none.csv", "--device", "cpu", "-q"]) == 2
    assert not fsspec.filesystem("memory").exists("/labels/none.csv")
    assert cli(["predict", str(run), "memory://x/a.csv", "--out", "memory://x/a.csv", "--device", "cpu", "-q"]) == 2
    assert "--out 'memory://x/a.csv' is one of the inputs" in capsys.readouterr().err


class KilledError(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize(("suffix", "articles"), [("jsonl", 10), ("csv", 200), ("parquet", 200)])
@pytest.mark.parametrize("there", [None, b"cut"])
def test_a_job_that_was_killed_while_its_output_was_put_into_a_store_goes_on(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, articles: int, there: bytes | None
) -> None:
    monkeypatch.chdir(tmp_path)
    new_csv(tmp_path / "new.csv", articles)
    store, url = fsspec.filesystem("memory"), f"memory://night/labels.{suffix}"
    for name in ("a.csv", "b.csv"):
        store.pipe(f"/night/{name}", (tmp_path / "new.csv").read_bytes())
    predict_files(run, ["memory://night/a.csv", "memory://night/b.csv"], f"here.{suffix}", device="cpu")
    pattern = "memory://night/*"

    def cut(own: object, here: str, path: str, **_: object) -> None:
        if there is not None:
            store.pipe(path, there)
        raise KilledError

    for _ in range(2):
        with monkeypatch.context() as patch, pytest.raises(KilledError):
            patch.setattr(type(store), "put_file", cut)
            predict_files(run, pattern, url, device="cpu")
    loaded: list[object] = []
    with monkeypatch.context() as patch:
        patch.setattr(files_module, "load_routed", lambda *of, **how: loaded.append(1) or load_routed(*of, **how))
        assert predict_files(run, pattern, url, device="cpu") == 2 * articles
    assert len(loaded) == (articles == 10), "what was labelled is not labelled again"
    assert store.cat(f"/night/labels.{suffix}") == Path(f"here.{suffix}").read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"new.csv", f"here.{suffix}"}
    with pytest.raises(InputError, match="exists already"):
        predict_files(run, pattern, url, device="cpu")
    with pytest.raises(InputError, match="is one of the inputs"):
        predict_files(run, pattern, url, device="cpu", overwrite=True)
    store.rm("/night", recursive=True)


def test_a_pattern_that_matches_the_output_goes_on_when_only_its_parts_are_left(run: Path, tmp_path: Path) -> None:
    new_csv(tmp_path / "new.csv", 200)
    out = tmp_path / "labels.csv"
    with pytest.MonkeyPatch.context() as patch, pytest.raises(KilledError):
        patch.setattr(parts_module.Parts, "remove", lambda *_: (_ for _ in ()).throw(KilledError))
        predict_files(run, str(tmp_path / "*.csv"), out, device="cpu")
    assert out.exists()
    assert predict_files(run, str(tmp_path / "*.csv"), out, device="cpu") == 200
    assert sorted(path.name for path in tmp_path.iterdir()) == ["labels.csv", "new.csv"]


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    with s3_store("news") as store:
        yield store


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_an_object_store_is_read_and_written_and_a_killed_job_goes_on(
    s3: Any, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b"):
        rows = [{"text": article.text, "n": n} for n, article in enumerate(make_articles(300, seed=ord(name)))]
        here = write_jsonl_rows(tmp_path / f"{name}.jsonl", rows)
        if suffix == "parquet":
            here = tmp_path / f"{name}.parquet"
            pd.DataFrame(rows).to_parquet(here)
        s3.put_file(str(here), f"news/{suffix}/{here.name}")
    pattern, url = f"s3://news/{suffix}/*.{suffix}", f"s3://news/{suffix}/labels.{suffix}"
    predict_files(run, [f"a.{suffix}", f"b.{suffix}"], tmp_path / f"labels.{suffix}", device="cpu")
    parts = tmp_path / "classifier-uploads" / "s3" / "news" / suffix / f"labels.{suffix}.parts"
    job = process(run, pattern, url, "-q")
    while job.poll() is None and not list(parts.glob("*.part")):
        time.sleep(0.01)
    job.kill()
    assert job.wait() == -signal.SIGKILL and parts.exists()
    assert not s3.exists(f"news/{suffix}/labels.{suffix}")
    with monkeypatch.context() as patch, pytest.raises(KilledError):
        patch.setattr(type(s3), "put_file", lambda *_, **__: (_ for _ in ()).throw(KilledError))
        predict_files(run, pattern, url, device="cpu")
    assert predict_files(run, pattern, url, device="cpu") == 600
    assert s3.cat(f"news/{suffix}/labels.{suffix}") == (tmp_path / f"labels.{suffix}").read_bytes()
    assert not parts.exists() and not (tmp_path / "classifier-uploads").exists()
    with pytest.raises(InputError, match="exists already"):
        predict_files(run, f"s3://news/{suffix}/a.{suffix}", url, device="cpu")
    with pytest.raises(InputError, match="is one of the inputs"):
        predict_files(run, pattern, url, device="cpu", overwrite=True)
    assert predict_files(run, f"s3://news/{suffix}/a.{suffix}", url, device="cpu", overwrite=True) == 300
    with pytest.raises(InputError, match=r"There is no file 's3://news/none/\*\.csv'"):
        predict_files(run, "s3://news/none/*.csv", tmp_path / "o.csv", device="cpu")


def write_jsonl_rows(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize("out", ["", ".", "/", "labels"])
def test_an_output_without_an_extension_is_refused_before_anything_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], out: str
) -> None:
    assert cli(["predict", str(tmp_path / "none"), str(tmp_path / "a.csv"), "--out", out, "-q"]) == 2
    assert f"'{out.strip('./')}' is of a kind that cannot be written" in capsys.readouterr().err
