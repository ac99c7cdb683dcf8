import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import benchmark_predict
import benchmark_runs
import pytest
from benchmark_predict import FORMS, best_pipeline, equal, table

from tests.makers.articles import make_articles
from tests.makers.models import make_model_folder

SCRIPTS = Path(benchmark_predict.__file__).parent


def result(form: str, seconds: float, labels: str) -> dict[str, Any]:
    return {"form": form, "corpus": "long", "seconds": seconds, "cpu_seconds": 2 * seconds, "labels": list(labels)}


RUNS = [
    *(result("pipeline-fp32-1", seconds, "abab") for seconds in (9.0, 12.0, 10.0)),
    *(result("pipeline-fp32-8", seconds, "abab") for seconds in (8.0, 8.0, 20.0)),
    *(result("alone", seconds, labels) for seconds, labels in ((2.0, "abab"), (4.0, "abaa"), (2.0, "abab"))),
    *(result("blend", 4.0, "bbbb") for _ in range(3)),
    *(result("blend-fp32", 8.0, "bbba") for _ in range(3)),
]


def test_the_best_pipeline_is_the_one_of_the_least_median() -> None:
    assert best_pipeline(RUNS) == "pipeline-fp32-8"
    assert best_pipeline(RUNS[6:]) is None


def test_labels_are_compared_with_those_of_the_same_model_in_fp32() -> None:
    assert [equal(RUNS, form) for form in ("alone", "blend", "blend-fp32")] == ["75.00%", "75.00%", "100.00%"]


def test_the_table_has_a_line_for_each_form() -> None:
    found = table(RUNS, {"alone": [1.5]}, 4e12, {"float32": 1e12, "bfloat16": 4e12}).splitlines()
    assert found[2:] == [
        "| pipeline-fp32-1 | 10.0 (9.0 – 12.0) | 20.0 (18.0 – 24.0) | 0.89 (0.67 – 2.00) | 100.00% |  | 40% |",
        "| pipeline-fp32-8 | 8.0 (8.0 – 20.0) | 16.0 (16.0 – 40.0) | 1.00 (1.00 – 1.00) | 100.00% |  | 50% |",
        "| alone | 2.0 (2.0 – 4.0) | 4.0 (4.0 – 8.0) | 4.00 (2.00 – 10.00) | 75.00% | 1.5 | 50% |",
        "| blend | 4.0 (4.0 – 4.0) | 8.0 (8.0 – 8.0) | 2.00 (2.00 – 5.00) | 75.00% |  | 25% |",
        "| blend-fp32 | 8.0 (8.0 – 8.0) | 16.0 (16.0 – 16.0) | 1.00 (1.00 – 2.50) | 100.00% |  | 50% |",
    ]


def test_one_article_a_batch_is_not_sorted() -> None:
    assert "pipeline-fp32-1-sorted" not in FORMS and "pipeline-fp32-8-sorted" in FORMS


@pytest.mark.slow
@pytest.mark.parametrize("layers", ["last", "all"])
def test_it_measures_processes_that_give_the_same_labels(
    layers: str, tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(benchmark_runs, "SHAPES", ((64, 32, 64),))
    model = make_model_folder(tmp_path / "model", checkpoint, layers=layers)
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text("".join(json.dumps({"text": one.text}) + "\n" for one in make_articles(12)), "utf-8")
    out = tmp_path / "figures.json"
    options = ["--articles", "8", "--repeats", "1", "--forms", "pipeline-fp32-8-sorted,alone-fp32", "--out", str(out)]
    benchmark_predict.main([str(model), str(corpus), *options])
    found = json.loads(out.read_text("utf-8"))
    assert [(one["form"], one["corpus"], len(one["labels"])) for one in found["runs"]] == [
        (form, corpus, 8) for corpus in ("long", "short") for form in ("pipeline-fp32-8-sorted", "alone-fp32")
    ]
    assert found["runs"][0]["labels"] == found["runs"][1]["labels"]
    assert [*found["first_row"]] == ["alone-fp32"]
    assert "100.00%" in capsys.readouterr().out


def test_a_form_that_is_none_is_said() -> None:
    command = [sys.executable, str(SCRIPTS / "benchmark_predict.py"), "run", "--forms", "fast"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "there is no form 'fast'" in done.stderr
