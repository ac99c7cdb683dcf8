"""What is said for and against using a model's labels."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from classifier.dataset.info import Giveaway, LeakageProbe
from classifier.evaluation.slices import Slice, Slices
from classifier.files import write_json
from classifier.models.run_folder import RunFolder
from classifier.reports.dataset.findings import dataset_findings
from classifier.reports.judgement import is_unsafe
from classifier.reports.run.figure_findings import how_good
from classifier.reports.run.findings import run_findings, run_verdict, validation_words
from classifier.reports.run.record import RunRecord
from classifier.stats.abstention import Abstention, Outcome
from classifier.stats.calibration import Calibration
from tests.makers.pages import make_info
from tests.makers.runs import MadeRecord, make_controls, make_evaluation, make_model_info, make_reliability


def titles(record: RunRecord) -> dict[str, str]:
    return {finding.title: finding.tone for finding in run_findings(record)}


def test_a_good_model_may_be_used() -> None:
    record = MadeRecord(make_evaluation())
    assert titles(record) == {
        "Better than one answer for all": "good",
        "Better than TF-IDF": "good",
        "Most are found and right": "good",
        "Tested on new sources": "good",
        "What these articles can show": "note",
    }
    assert run_verdict(run_findings(record))[0] == "good"
    assert how_good(record.evaluation) == (
        "On 200 test articles from 20 sources, none of which it saw in training, the model reaches a macro F1 of 0.790 "
        "(95% interval 0.740 to 0.840) and an accuracy of 0.810."
    )


LOW = {"accuracy": 0.4, "f1_macro": 0.3, "f1_micro": 0.4, "f1_weighted": 0.4, "matthews_correlation": 0.1}


def test_the_worst_comes_first() -> None:
    tones = [finding.tone for finding in run_findings(MadeRecord(make_evaluation(figures=LOW, articles=60)))]
    assert tones == sorted(tones, key=["stop", "care", "good", "note"].index)
    assert "most labels are wrong" in run_verdict(run_findings(MadeRecord(make_evaluation(figures=LOW)))).text


def test_what_the_dataset_says_is_passed_on() -> None:
    line = Giveaway("line", "Follow us", "satire", 88, 0.97, 0.71)
    probe = LeakageProbe("f1_macro", 0.712, (0.662, 0.758), 0.841, 0.013, 5, 1610, 389, True)
    for giveaway, tone in ((line, "stop"), (replace(line, kind="token"), "care")):  # as the dataset's page has it
        info = make_info(giveaways=(giveaway,), probe=None)
        assert titles(MadeRecord(make_evaluation(), info=info))["1 give-away"] == tone
        assert {one.title: one.tone for one in dataset_findings(info)}["1 give-away"] == tone
        assert titles(MadeRecord(make_evaluation(split="data-more.csv"), info=info))["1 give-away"] == "care"
    unsafe = run_findings(MadeRecord(make_evaluation(), info=make_info(giveaways=(line,), probe=None)))
    assert is_unsafe(unsafe)
    assert run_verdict(unsafe).text == ("These labels cannot be used: the line “Follow us” alone tells satire.")
    leaky, easy = (make_info(giveaways=(), probe=replace(probe, random=at)) for at in (0.841, 0.5))
    assert titles(MadeRecord(make_evaluation(), info=leaky))["A harder split than a random one"] == "good"
    level = make_info(giveaways=(), probe=replace(probe, random=0.74))
    assert titles(MadeRecord(make_evaluation(), info=level))["No gap to a random split was found"] == "note"
    assert titles(MadeRecord(make_evaluation(), info=easy))["An easy test split"] == "care"


@pytest.mark.parametrize(("sd", "tone"), [(0.01, "good"), (0.08, "care")])
def test_the_spread_over_seeds_is_judged(sd: float, tone: str) -> None:
    one = make_evaluation()
    mean = {"model": {"f1_macro": (0.79, sd)}}
    record = MadeRecord(one, kind="seeds", members={"seed 13": one, "seed 14": one}, mean=mean)
    assert titles(record)["The same with other seeds?"] == tone


def test_seeds_that_change_nothing_speak_for_nothing(tmp_path: Path) -> None:
    one, run = make_evaluation(), RunFolder(tmp_path)
    run.config.write_text("[train]\nnum_train_epochs = 0\n", encoding="utf-8")
    members, mean = {"seed 13": one, "seed 14": one}, {"model": {"f1_macro": (0.79, 0.0)}}
    record = MadeRecord(one, kind="seeds", members=members, mean=mean)
    object.__setattr__(record, "run", run)
    found = titles(record)
    assert found["Seeds change nothing"] == "note" and "The same with other seeds?" not in found


@pytest.mark.parametrize(
    ("low", "high", "title"),
    [
        (0.08, 0.15, "Scores are not what they say"),
        (0.01, 0.06, "Scores can be believed"),
        (0.01, 0.2, "Not known whether scores can be believed"),
    ],
)
def test_scores_are_judged_by_the_interval(low: float, high: float, title: str) -> None:
    reliability = make_reliability((low + high) / 2, (low, high))
    found = titles(MadeRecord(make_evaluation(reliability=reliability)))
    assert {name for name in found if "cores" in name} == {title}


def test_scores_that_were_not_measured_and_are_not_calibrated_are_told() -> None:
    record = MadeRecord(make_evaluation())
    assert not [title for title in titles(record) if "cores" in title]  # the model is gone, so nothing is known
    record.__dict__.update(model=make_model_info())
    assert titles(record)["Scores are not calibrated"] == "note"
    record.__dict__.update(model=replace(make_model_info(), calibration=Calibration((1.3,), (0.0, 0.0, 0.0))))
    assert "Scores are not calibrated" not in titles(record)


def test_what_is_left_where_it_abstains_is_told() -> None:
    record = MadeRecord(make_evaluation())
    assert "It can abstain" not in titles(record)
    record.__dict__.update(model=replace(make_model_info(), abstention=Abstention(0.9, (0.5, None, 0.7), 0.95)))
    assert titles(record)["It can abstain"] == "good"
    outcome = Outcome("test", 0.9, 0.95, 0.61, (0.5, 0.7), 0.93, (0.85, 0.97), {}, "article")
    (found,) = [f for f in run_findings(MadeRecord(make_evaluation(abstention=outcome))) if f.section == "abstention"]
    assert found.text == (
        "With --abstain for a precision of 0.9 in each class, 61% (50% – 70%) of the labels are still given, "
        "93% (85% – 97%) of them right."
    )
    broken = replace(outcome, precision=0.7, precision_interval=(0.6, 0.8))
    assert titles(MadeRecord(make_evaluation(abstention=broken)))["Abstaining does not keep its promise"] == "care"


def test_other_articles_are_not_judged_by_the_split_of_the_run(tmp_path: Path) -> None:
    probe = LeakageProbe("f1_macro", 0.712, (0.662, 0.758), 0.5, 0.013, 5, 1610, 389, True)
    info = make_info(giveaways=(), probe=probe)
    assert "An easy test split" in titles(MadeRecord(make_evaluation(), info=info))
    other = make_evaluation(split="data-more.csv")
    assert "An easy test split" not in titles(MadeRecord(other, info=info))
    assert how_good(other).startswith("On 200 articles of more.csv from 20 sources")


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
    record = MadeRecord(make_evaluation(), folder=tmp_path)
    assert not [finding for finding in run_findings(record) if finding.section == "controls"]
    write_json(tmp_path / "controls.json", asdict(make_controls(removed, shuffled)))
    (found,) = [finding for finding in run_findings(record) if finding.section == "controls"]
    assert found.tone == tone


def test_a_model_of_pairs_that_was_not_tested_is_told(tmp_path: Path) -> None:
    info = make_info(pair=True, giveaways=(), probe=None)
    assert titles(MadeRecord(make_evaluation(), info=info))["Not tested whether it reads the target"] == "note"


def test_where_it_is_surely_worse_is_named(tmp_path: Path) -> None:
    def one(value: str, p: float) -> Slice:
        return Slice("source", value, 20, 20, "article", 0.5, (0.3, 0.7), 0.5, None, 0.8, -0.3, p, p)

    found = Slices("test", 200, 0.8, ("source",), 10, (one("The Daily", 0.001), one("The Globe", 0.3)))
    (tmp_path / "slices.json").write_text(json.dumps(asdict(found)))
    (worse,) = [f for f in run_findings(MadeRecord(make_evaluation(), folder=tmp_path)) if f.section == "slices"]
    assert "source The Daily (accuracy 0.500)" in worse.text and "Globe" not in worse.text


def test_articles_that_are_cut_are_counted() -> None:
    record = MadeRecord(make_evaluation())
    record.__dict__.update(model=make_model_info(), predictions=[{"tokens": 900}] * 3 + [{"tokens": 90}] * 7)
    assert titles(record)["Long articles are cut"] == "care"
    record.__dict__.update(model=replace(make_model_info(), window_choice="sentences"))
    assert titles(record)["Long articles are read in part"] == "note"
    record.__dict__.update(predictions=[{"tokens": 900}] * 1 + [{"tokens": 90}] * 9)
    assert "Long articles are cut" not in titles(record)
    record.__dict__.update(model=replace(make_model_info(), dropped=0.31))
    (found,) = [finding for finding in run_findings(record) if finding.title == "Long articles are cut"]
    assert "it does not read 31% of the training articles' tokens" in found.text
    record.__dict__.update(predictions=[{"tokens": 900}] * 3 + [{"tokens": 90}] * 7)  # both, and no word of it cut
    (found,) = [finding for finding in run_findings(record) if finding.title == "Long articles are cut"]
    assert "30% of the articles are longer than" in found.text and " and it does not read 31%" in found.text
    assert "…" not in found.text


@pytest.mark.parametrize(
    ("chosen", "end"),
    [
        (0.9, "Macro F1 on validation is 0.900, above the 0.790 on test: expect that of test."),
        (
            0.542,
            "Macro F1 on validation is 0.542, below the 0.790 on test: it does not flatter here, yet it is no test.",
        ),
    ],
)
def test_whether_validation_flatters_is_computed(chosen: float, end: str) -> None:
    evaluation = make_evaluation(blends=((0.5, 1.0),))
    validation = replace(evaluation, split="validation", figures={**evaluation.figures, "f1_macro": chosen})
    record = MadeRecord(evaluation, others={"validation": validation})
    record.__dict__["steps"] = [{"kind": "evaluation"}]
    assert validation_words(record) == f"Validation chose the epoch and the weights of the blend. {end}"
    assert ("Lower on test than on validation" in titles(record)) is (chosen == 0.9)
    record.__dict__["steps"] = [{"kind": "evaluation"}, {"kind": "evaluation", "averaged": 9}]
    assert validation_words(record) == f"Validation chose the weights of the blend. {end}"
    record.__dict__["model"] = replace(make_model_info(), out_of_fold=270)
    start = "Validation and 270 training articles out of fold chose the weights of the blend."
    assert validation_words(record) == f"{start} {end}"
    nothing = MadeRecord(make_evaluation(), others={"validation": validation})
    nothing.__dict__["steps"] = []
    assert validation_words(nothing).endswith("on test.") and "chose" not in validation_words(nothing)
    assert validation_words(MadeRecord(evaluation)) == ""
