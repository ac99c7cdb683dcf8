"""What is said for and against using a model's labels."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from classifier.dataset.info import Giveaway, LeakageProbe
from classifier.evaluation.result import Evaluation
from classifier.evaluation.slices import Slice, Slices
from classifier.files import write_json
from classifier.models.run_folder import RunFolder
from classifier.reports.run.findings import how_good, run_findings, run_verdict
from classifier.reports.run.record import RunRecord
from classifier.reports.words import signed
from tests.makers.pages import make_info
from tests.makers.runs import make_controls, make_evaluation


class Made(RunRecord):
    """A record whose files are given by hand."""

    def __init__(
        self,
        evaluation: Evaluation,
        parts: dict[str, Any] | None = None,
        folder: Path = Path("nowhere"),
        **changes: Any,
    ) -> None:
        fields: dict[str, Any] = {"others": {}, "members": {}, "mean": {}, "manifest": {}, "curve": None, **changes}
        info = fields.pop("info", make_info(giveaways=(), probe=None, duplicates=None))
        super().__init__(
            path=Path("runs/made"),
            kind=fields.pop("kind", "run"),
            run=RunFolder(Path("runs/made")),
            evaluation=evaluation,
            **fields,
        )
        self.__dict__.update(info=info, predictions=[], model=None, parts=parts or {}, where=folder)

    @property
    def folder(self) -> Path:
        return self.__dict__["where"]  # type: ignore[no-any-return]

    def part(self, name: str) -> dict[str, Any] | None:
        return self.__dict__["parts"].get(name)


def titles(record: RunRecord) -> dict[str, str]:
    return {finding.title: finding.tone for finding in run_findings(record)}


def test_a_good_model_may_be_used() -> None:
    record = Made(make_evaluation())
    assert titles(record) == {"Better than TF-IDF": "good", "Tested on new sources": "good"}
    assert run_verdict(run_findings(record))[0] == "good"
    assert how_good(record.evaluation) == (
        "On 200 test articles from 20 sources, none of which training saw, the model reaches a macro F1 of .79 "
        "(95% interval .74 to .84) and gives 81% of them the right label."
    )


LOW = {"accuracy": 0.4, "f1_macro": 0.3, "f1_micro": 0.4, "f1_weighted": 0.4, "matthews_correlation": 0.1}
WEAK = {"precision": 0.3, "recall": 0.2, "f1-score": 0.24, "support": 30.0}
RARE = {"precision": 0.8, "recall": 0.8, "f1-score": 0.8, "support": 6.0}


@pytest.mark.parametrize(
    ("changes", "title", "tone"),
    [
        ({"figures": LOW}, "Most labels are wrong", "stop"),
        ({"intervals": {"f1_macro": (0.19, 0.9)}}, "Not surely better than one answer for all", "stop"),
        ({"gain": {"f1_macro": (-0.1, (-0.2, -0.01))}}, "Surely worse than TF-IDF", "stop"),
        ({"gain": {"f1_macro": (0.01, (-0.02, 0.04))}}, "Not surely better than TF-IDF", "care"),
        ({"articles": 60}, "A small test", "care"),
        ({"sources": 0, "unseen": None}, "No sources", "care"),
        ({"unseen": 0.2}, "Tested on known sources", "care"),
        ({"missing": ("satire",)}, "Labels that were not tested", "care"),
        ({"per_class": {"satire": WEAK}}, "1 class mostly overlooked", "care"),
        ({"per_class": {"satire": WEAK}}, "1 label mostly wrong", "care"),
        ({"per_class": {"satire": RARE}}, "1 small class", "care"),
        ({"resampled": "source", "groups": 5}, "Few groups in test", "care"),
    ],
)
def test_what_is_wrong_is_said(changes: dict[str, Any], title: str, tone: str) -> None:
    record = Made(make_evaluation(**changes))
    assert titles(record)[title] == tone
    assert title not in titles(Made(make_evaluation()))
    assert run_verdict(run_findings(record))[0] == tone


def test_the_worst_comes_first() -> None:
    tones = [finding.tone for finding in run_findings(Made(make_evaluation(figures=LOW, articles=60)))]
    assert tones == sorted(tones, key=["stop", "care", "good", "note"].index)
    assert run_verdict(run_findings(Made(make_evaluation(figures=LOW))))[1].endswith("most labels are wrong.")


def test_what_the_dataset_says_is_passed_on() -> None:
    line = Giveaway("line", "Follow us", "satire", 88, 0.97, 0.71)
    probe = LeakageProbe("f1_macro", 0.712, (0.662, 0.758), 0.841, 0.013, 5, 1610, 389, True)
    assert titles(Made(make_evaluation(), info=make_info(giveaways=(line,), probe=None)))["1 give-away"] == "care"
    token = replace(line, kind="token")
    assert titles(Made(make_evaluation(), info=make_info(giveaways=(token,), probe=None)))["1 give-away"] == "note"
    leaky, easy = (make_info(giveaways=(), probe=replace(probe, random=at)) for at in (0.841, 0.5))
    assert titles(Made(make_evaluation(), info=leaky))["No leakage in the split"] == "good"
    assert titles(Made(make_evaluation(), info=easy))["An easy test split"] == "care"


@pytest.mark.parametrize(("sd", "tone"), [(0.01, "good"), (0.08, "care")])
def test_the_spread_over_seeds_is_judged(sd: float, tone: str) -> None:
    one = make_evaluation()
    mean = {"model": {"f1_macro": (0.79, sd)}}
    record = Made(one, kind="seeds", members={"seed 13": one, "seed 14": one}, mean=mean)
    assert titles(record)["The same with other seeds?"] == tone


@pytest.mark.parametrize(
    ("low", "high", "title"),
    [(0.08, 0.15, "Scores are not what they say"), (0.01, 0.06, "Scores can be believed"), (0.01, 0.2, None)],
)
def test_scores_are_judged_by_the_interval(low: float, high: float, title: str | None) -> None:
    calibration = {"after": {"ece": (low + high) / 2, "ece_interval": [low, high]}}
    found = titles(Made(make_evaluation(), {"calibration": calibration}))
    assert {name for name in found if name.startswith("Scores")} == ({title} if title else set())


@pytest.mark.parametrize(
    ("removed", "shuffled", "tone"),
    [
        ((0.2, 0.4), (0.3, 0.4), "good"),
        ((0.2, 0.4), (-0.01, 0.03), "care"),
        ((-0.2, 0.3), (-0.1, 0.3), "care"),
        ((-0.02, 0.05), (-0.01, 0.03), "stop"),
    ],
)
def test_a_model_that_does_not_read_the_target_is_told(
    removed: tuple[float, float], shuffled: tuple[float, float] | None, tone: str, tmp_path: Path
) -> None:
    record = Made(make_evaluation(), folder=tmp_path)
    assert not [finding for finding in run_findings(record) if finding.section == "controls"]
    write_json(tmp_path / "controls.json", asdict(make_controls(removed, shuffled)))
    (found,) = [finding for finding in run_findings(record) if finding.section == "controls"]
    assert found.tone == tone


def test_a_model_of_pairs_that_was_not_tested_is_told(tmp_path: Path) -> None:
    info = make_info(pair=True, giveaways=(), probe=None)
    assert titles(Made(make_evaluation(), info=info))["Not tested whether it reads the target"] == "note"


def test_where_it_is_surely_worse_is_named(tmp_path: Path) -> None:
    def one(value: str, p: float) -> Slice:
        return Slice("source", value, 20, 20, "article", 0.5, (0.3, 0.7), 0.5, None, 0.8, -0.3, p, p)

    found = Slices("test", 200, 0.8, ("source",), 10, (one("The Daily", 0.001), one("The Globe", 0.3)))
    (tmp_path / "slices.json").write_text(json.dumps(asdict(found)))
    (worse,) = [f for f in run_findings(Made(make_evaluation(), folder=tmp_path)) if f.section == "slices"]
    assert "source The Daily (.50)" in worse.text and "Globe" not in worse.text


def test_articles_that_are_cut_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.makers.runs import make_model_info

    record = Made(make_evaluation())
    record.__dict__.update(model=make_model_info(), predictions=[{"tokens": 900}] * 3 + [{"tokens": 90}] * 7)
    assert titles(record)["Long articles are cut"] == "care"
    record.__dict__.update(model=replace(make_model_info(), window_choice="sentences"))
    assert titles(record)["Long articles are read in part"] == "note"
    record.__dict__.update(predictions=[{"tokens": 900}] * 1 + [{"tokens": 90}] * 9)
    assert "Long articles are cut" not in titles(record)


@pytest.mark.parametrize(("value", "words"), [(0.0164, "+.016"), (-0.07, "−.070"), (0, "+.000"), (-1.5, "−1.500")])
def test_differences_have_a_sign(value: float, words: str) -> None:
    assert signed(value) == words
