"""What scores mean, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from classifier.reports.run.scores import abstention_lines, band_words, covered_words, promise_words, scores_sentence
from classifier.stats.abstention import ClassOutcome, Outcome
from classifier.stats.reliability import CoveragePoint
from tests.makers.runs import make_reliability


@pytest.mark.parametrize(("calibrated", "before"), [(True, ".084 before calibration"), (False, "not calibrated")])
def test_scores_in_a_sentence(calibrated: bool, before: str) -> None:
    assert scores_sentence(make_reliability(0.031, (0.02, 0.05), calibrated=calibrated)) == (
        "Of the 10 labels given with a score around .90, 95% are right; calibration error (ECE) .031, "
        f"{before}; of scores without a fault, chance alone would make it .020. Without what chance adds: 95% interval "
        ".020 to .050."
    )


CLASSES = {
    "opinion": ClassOutcome(0.71, 9, 6, 0.83, (0.5, 0.99)),
    "satire": ClassOutcome(None, 4, 0, None, None),
}
OUTCOME = Outcome("test", 0.9, 0.95, 0.61, (0.5, 0.7), 0.93, (0.85, 0.97), CLASSES, "article", "article", 6.0)


def test_what_is_left_where_it_abstains() -> None:
    assert covered_words(OUTCOME) == ("61% (50% – 70%) of the labels are still given, 93% (85% – 97%) of them right")
    lines = list(abstention_lines(OUTCOME))
    assert lines[2] == "By class: opinion from 0.71 on (6 of 9 given, 83% (50% – 99%) right)."
    assert lines[3] == (
        "Never given: satire. There are too few sure articles in validation: for each, at least 29, all of them right, "
        "are needed. A cross-validation scores all articles: classifier train my.csv --set split.folds=10 --all-folds "
        "--out FOLDS, then classifier evaluate RUN --min-precision 0.9 --folds FOLDS."
    )


def test_figures_that_took_articles_as_independent_have_no_interval() -> None:
    lines = list(abstention_lines(replace(OUTCOME, resampled=None, validation=None)))
    assert not any("–" in line for line in lines)
    assert "--min-precision 0.9 finds them again" in lines[1]
    assert "classifier evaluate RUN makes them" in lines[1]


def test_where_there_are_too_few_groups_it_is_said() -> None:
    found = replace(OUTCOME, precision_interval=None, resampled="source", validation="source", groups=2.1, alike=0.1)
    assert covered_words(found).endswith("93% of them right")
    assert promise_words(found).endswith("There is no interval: the labels count for 2.1 groups (source).")
    assert "needed, from at least 6 groups of like size (source)." in list(abstention_lines(found))[3]
    of_folds = replace(found, found_on="cross-validation")
    assert promise_words(of_folds).startswith("The thresholds are for articles like those of the cross-validation")
    assert list(abstention_lines(of_folds))[3].endswith("groups of like size (source).")


@pytest.mark.parametrize(
    ("groups", "asked", "said"),
    [
        (7.4, 0.95, "So many can show 0.9 at most: --min-precision 0.9."),
        (2.1, 0.9, "--folds FOLDS."),  # so few show nothing
    ],
)
def test_a_class_of_too_few_sources_is_told_apart_from_one_of_too_few_sure_articles(
    groups: float, asked: float, said: str
) -> None:
    satire, other = ClassOutcome(None, 40, 0, None, None, groups), ClassOutcome(None, 4, 0, None, None, 20.0)
    classes = {"satire": satire, "news": other}
    found = replace(OUTCOME, min_precision=asked, validation="source", classes=classes, alike=0.1)
    few, sure = list(abstention_lines(found))[3:]
    need = {0.9: 6, 0.95: 8}[asked]
    assert few.startswith(
        f"Too few groups (source) to promise anything: a precision of {asked} takes {need} of like size"
    )
    assert f"the articles given satire count for {groups}. Label articles of further ones." in few
    assert few.endswith(said)
    assert sure.startswith("Never given: news. There are too few sure articles in validation")
    assert sure.count(f"from at least {need} groups of like size (source)") == 1
    of_folds = list(abstention_lines(replace(found, found_on="cross-validation")))[3]
    assert "In the cross-validation the articles" in of_folds and "train my.csv" not in of_folds
    alone = list(abstention_lines(replace(found, validation="near-duplicates")))
    assert len(alone) == 4 and alone[3].startswith("Never given: satire, news.")


def test_thresholds_that_promised_too_much_of_few_sources_are_said_to_be_older() -> None:
    assert "older version" in promise_words(replace(OUTCOME, validation="source"))
    assert "older version" not in promise_words(replace(OUTCOME, validation="source", alike=0.1))
    assert "older version" not in promise_words(OUTCOME)


def test_what_the_bands_are_is_said_or_why_there_are_none() -> None:
    old = make_reliability(0.03, (0.02, 0.05))
    assert band_words(old)["reliability"] == "There is no band: classifier evaluate RUN measures it."
    few = replace(
        old, banded=True, risk_coverage=(CoveragePoint(0.9, 0.5, 0.1), CoveragePoint(0.5, 1.0, 0.2, (0.1, 0.3)))
    )
    said = band_words(few)
    assert said["reliability"] == "There is no band: the labels are of fewer than 3 groups of equal size."
    assert said["coverage"] == (
        "The band is the 95% interval of each point, by whole groups. There is none where the labels are of fewer than "
        "3 groups of equal size."
    )
    assert band_words(None) == {"reliability": "", "coverage": ""}
