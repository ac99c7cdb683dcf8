"""Figures are given with their intervals; where there is none, it is said so, and no method is named for it."""

import json
from pathlib import Path

from classifier.reports.paper.paper import read_paper
from classifier.reports.paper.result_sentences import evaluation_sentences, result_sentences
from classifier.reports.run.record import read_run_record


def test_no_interval_is_said_so_and_no_method_for_it(in_examples: Path) -> None:
    run = in_examples / "runs" / "first"
    file = run / "evaluation" / "test" / "metrics.json"
    values = json.loads(file.read_text(encoding="utf-8"))
    values["intervals"] = dict.fromkeys(values["intervals"])
    file.write_text(json.dumps(values), encoding="utf-8")
    paper = read_paper(read_run_record(run))
    evaluated = " ".join(evaluation_sentences(paper))
    assert "No interval is given" in evaluated and "Bayesian bootstrap" not in evaluated
    assert "no interval)" in " ".join(result_sentences(paper))
