"""What a search found, in words and in rows: the same on the console and in a notebook."""

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from classifier.cli.tables import trials_table
from classifier.jobs.tune.shown import (
    TuningReport,
    trial_columns,
    trial_line,
    trial_rows,
    tuning_remarks,
    tuning_verdict,
)
from classifier.jobs.tune.study import TrialResult

GIVEN = TrialResult(
    0, "complete", 0.5, 2, {"train.learning_rate": 0.05, "model.windows × model.max_length": "1 × 128"}, 1.0, True
)
BETTER = replace(
    GIVEN, number=2, score=0.7, first=False, parameters={**GIVEN.parameters, "train.learning_rate": 3.2149e-4}
)
CUT = replace(BETTER, number=1, state="pruned", score=0.9)
DIVERGED = replace(BETTER, number=3, state="diverged", score=None)
REPORT = TuningReport(
    Path("x"), "f1_macro", 200, (GIVEN, CUT, BETTER, DIVERGED), None, "classifier train x/best.toml", 1.0
)


def test_a_trial_in_a_line() -> None:
    values = "learning_rate 0.000321, windows × max_length 1 × 128"
    assert trial_line(CUT, "f1_macro") == f"trial 1: validation macro F1 0.900 (pruned), {values}"
    assert trial_line(DIVERGED, "f1_macro") == f"trial 3: validation no score (diverged), {values}"
    assert "macro F1 0.500, the settings as given: learning_rate 0.05" in trial_line(GIVEN, "f1_macro")


def test_the_best_trials_come_first_and_what_is_not_complete_last() -> None:
    assert trial_columns(REPORT) == ("trial", "macro F1", "epochs", "learning_rate", "windows × max_length")
    rows = trial_rows(REPORT)
    assert [row[0] for row in rows] == ["2", "0 (as given)", "1", "3"]
    assert [row[1] for row in rows] == ["0.700", "0.500", "0.900 pruned", "diverged"]
    assert rows[0] == ("2", "0.700", "2", "0.000321", "1 × 128")


@pytest.mark.parametrize(
    ("trials", "verdict"),
    [
        ((GIVEN, BETTER), "Trial 2 reaches a macro F1 of 0.700, +0.200 against the settings as given."),
        ((GIVEN,), "No trial is better than the settings as given: macro F1 0.500."),
        ((BETTER,), "Trial 2 reaches a macro F1 of 0.700; the settings as given have no score to compare it with."),
        ((DIVERGED,), "No trial is complete, so there is no best one."),
        ((), "No trial is complete, so there is no best one."),
    ],
)
def test_what_was_gained(trials: tuple[TrialResult, ...], verdict: str) -> None:
    assert tuning_verdict(replace(REPORT, trials=trials)) == verdict


def test_what_can_be_believed() -> None:
    first, second, third = tuning_remarks(REPORT)
    assert first == "Scores are those of 200 validation articles."
    assert second.startswith("The best of 4 validation scores is optimistic") and "on test, once" in second
    assert third.startswith("What the scores depend on cannot be said")
    few = tuning_remarks(replace(REPORT, articles=20, importance={"train.learning_rate": 1.0}))
    assert few[0].endswith("20 validation articles: so few that small differences mean nothing.") and len(few) == 2
    assert len(tuning_remarks(replace(REPORT, trials=(DIVERGED,)))) == 1
    assert "optimistic" not in " ".join(tuning_remarks(replace(REPORT, trials=(GIVEN,))))


def test_settings_as_given_that_were_cut_short_are_said_to_be() -> None:
    cut = replace(GIVEN, cut=0.92)
    said = "The time was over after 0.92 epochs of the settings as given"
    assert sum(line.startswith(said) for line in tuning_remarks(replace(REPORT, trials=(cut, BETTER)))) == 1
    assert said not in " ".join(tuning_remarks(REPORT))


def test_console_and_notebook_show_the_same() -> None:
    page = REPORT._repr_html_()
    cells = [unescape(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", page)]
    assert cells == [cell for row in trial_rows(REPORT) for cell in row]
    printed = zip(*(list(column.cells) for column in trials_table(REPORT).columns), strict=True)
    assert cells == [cell for row in printed for cell in row]
    sentences = unescape(" ".join(re.findall(r"<p>(.*?)</p>", page, re.DOTALL)))
    for sentence in (tuning_verdict(REPORT), *tuning_remarks(REPORT), REPORT.train_command):
        assert sentence in sentences
