import csv
import json
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

from classifier.articles.predicted_by import ModelName
from classifier.articles.readers.row import Row
from classifier.articles.readers.table import read_rows
from classifier.cli.app import run as cli
from classifier.errors import InputError
from classifier.jobs.predict.added import More, check_cells, kinds_of_added, records
from classifier.models.classifier import Classifier
from tests.makers.models import make_model_folder

MODEL = ModelName("first", "3f9a2c1b7d04")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Path:
    return make_model_folder(tmp_path_factory.mktemp("models") / "mine", checkpoint, labels=("a b", "c;d", "="))


def test_columns_and_values_have_the_same_order(model: Path) -> None:
    classifier = Classifier.load(model, device="cpu")
    more = More(abstain=False, wide=True, model=MODEL)
    rows = [Row("x:1", {"n": 1, "score_c;d": "mine", "predicted_by": "someone"})]
    [found] = records(rows, np.array([[0.25, 0.5, 0.25]], dtype=np.float32), classifier, more=more, failed=True)
    wide = ["score_a b", "score_c;d", "score_="]
    names = ["label", "score", "scores", *wide, "predicted_by", "error"]
    assert list(found) == ["n", "original_score_c;d", "original_predicted_by", *names]
    assert list(more.columns(classifier.info.labels, failed=True)) == names and {*names} <= {
        *kinds_of_added(classifier.info)
    }
    assert [found[name] for name in wide] == [0.25, 0.5, 0.25]
    assert (found["label"], found["predicted_by"], found["error"]) == ("c;d", "first (3f9a2c1b7d04)", None)
    assert (found["original_score_c;d"], found["original_predicted_by"]) == ("mine", "someone")
    [plain] = records(rows, np.array([[0.25, 0.5, 0.25]], dtype=np.float32), classifier, more=replace(more, wide=False))
    assert plain["score_c;d"] == "mine", "a column that is not added keeps its name"


@pytest.mark.parametrize(
    ("suffix", "options", "wide"),
    [
        ("csv", [], True),
        ("xlsx", [], True),
        ("jsonl", [], False),
        ("parquet", [], False),
        ("csv", ["--no-wide"], False),
        ("jsonl", ["--wide"], True),
        ("parquet", ["--wide"], True),
    ],
)
def test_each_label_has_a_column_where_people_read_the_file(
    model: Path, tmp_path: Path, suffix: str, options: list[str], wide: bool
) -> None:
    (tmp_path / "a.csv").write_text("text\nmoon cheese\n")
    out = tmp_path / f"o.{suffix}"
    command = ["predict", str(model), str(tmp_path / "a.csv"), "--out", str(out), "--device", "cpu", "-q", *options]
    assert cli(command) == 0
    [row] = [row.values for row in read_rows(out) if isinstance(row, Row)]
    scores = json.loads(row["scores"]) if isinstance(row["scores"], str) else row["scores"]
    by_label = {f"score_{one['label']}": one["score"] for one in scores}
    assert {name: float(row[name]) for name in row if name.startswith("score_")} == (by_label if wide else {})


def test_predicting_again_keeps_what_was_predicted_before(model: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text\nmoon cheese\n")
    for source, out in (("a.csv", "b.csv"), ("b.csv", "c.csv")):
        command = ["predict", str(model), str(tmp_path / source), "--out", str(tmp_path / out), "--device", "cpu", "-q"]
        assert cli(command) == 0
    with (tmp_path / "c.csv").open() as file:
        header = next(csv.reader(file))
    added = ["label", "score", "scores", "score_a b", "score_c;d", "score_=", "predicted_by"]
    assert header == ["text", *(f"original_{name}" for name in added), *added]


def test_scores_that_no_cell_of_excel_holds_are_refused_before_anything_is_labelled() -> None:
    many = [f"label {number}" for number in range(1_000)]
    with pytest.raises(InputError, match=r"cannot hold the scores of 1,000 labels: .* 32,767 characters"):
        check_cells(Path("o.XLSX"), many)
    check_cells(Path("o.csv"), many)
    check_cells(Path("o.xlsx"), many[:300])


def test_what_looks_like_a_formula_stays_a_text_in_excel(model: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('text,n\n"=SUM(A1) moon cheese",=1+1\n')
    out = tmp_path / "o.xlsx"
    assert cli(["predict", str(model), str(tmp_path / "a.csv"), "--out", str(out), "--device", "cpu", "-q"]) == 0
    [found] = [row.values for row in read_rows(out) if isinstance(row, Row)]
    assert (found["text"], found["n"]) == ("=SUM(A1) moon cheese", "=1+1")
    assert isinstance(found["score"], float) and isinstance(found["score_a b"], float)
    with ZipFile(out) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml"), "no cell is a formula"
