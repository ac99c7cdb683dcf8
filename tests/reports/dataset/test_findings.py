"""What is said for and against evaluating on a dataset."""

from typing import Any

import pytest

from classifier.dataset.duplicates import DuplicateCounts
from classifier.dataset.info import Counts, DatasetInfo, Giveaway, LeakageProbe, TestGroups
from classifier.reports.dataset.facts import DatasetFacts
from classifier.reports.dataset.findings import (
    dataset_findings,
    dataset_verdict,
    groups_sentence,
    guarantee,
    kept_together,
    probe_meaning,
    shares,
)
from tests.makers.pages import LABELS, make_facts, make_info


def titles(info: DatasetInfo, dataset_facts: DatasetFacts) -> dict[str, str]:
    return {finding.title: finding.tone for finding in dataset_findings(info, dataset_facts)}


def test_warnings_come_with_the_worst_first() -> None:
    found = dataset_findings(make_info(), make_facts())
    assert [finding.tone for finding in found] == sorted(
        (finding.tone for finding in found), key=["stop", "care", "note"].index
    )
    assert titles(make_info(), make_facts()) == {
        "3 give-aways": "care",
        "Leakage gap of .13": "care",
        "Conflicting labels": "care",
        "The split": "note",
        "Rows left out": "note",
    }


def test_a_clean_dataset_is_called_safe() -> None:
    info = make_info(
        giveaways=(), notes=(), rejected={}, probe=LeakageProbe("f1_macro", 0.7, (0.6, 0.8), 0.72, 0.01, 5, 9, 9, False)
    )
    found = dataset_findings(info, make_facts(conflicts=(), conflict_count=0))
    assert [(finding.tone, finding.title) for finding in found] == [("note", "No gap to a random split was found")]
    assert dataset_verdict(found)[0] == "good"


@pytest.mark.parametrize(
    ("changes", "title", "tone"),
    [
        ({"giveaways": (Giveaway("line", "x", "satire", 90, 0.95, 0.7),)}, "1 give-away", "stop"),
        ({"giveaways": (Giveaway("token", "x", "satire", 90, 0.95, 0.7),)}, "1 give-away", "care"),
        ({"counts": {"train": Counts(300, dict.fromkeys(LABELS, 100))}}, "No test split", "stop"),
        ({"group_by": (), "split_method": "stratified"}, "Sources may stand in several splits", "care"),
        ({"asked": {"train": 0.5, "test": 0.4}}, "Size of test", "care"),
        ({"probe": None}, "No leakage probe", "note"),
        ({"test_groups": TestGroups(30, 9.9)}, "Few groups in test", "care"),
        ({"test_groups": TestGroups(4, 2.5)}, "Few groups in test", "unknown"),
        ({"known_targets": 0.998}, "Known targets", "care"),
        (
            {"probe": LeakageProbe("f1_macro", 0.8, (0.75, 0.85), 0.6, 0.01, 5, 9, 9, False)},
            "An easy test split",
            "care",
        ),
    ],
)
def test_each_danger_is_told(changes: dict[str, Any], title: str, tone: str) -> None:
    assert titles(make_info(**changes), make_facts())[title] == tone


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ""),
        ({"test_groups": TestGroups(14, 10)}, ""),
        (
            {"test_groups": TestGroups(14, 6.04)},
            "Test has articles of 14 sources, which count for 6.0 of equal size. Intervals will be wide, since they "
            "are about others. Fix: add others, or a larger split.test_size.",
        ),
        (
            {"test_groups": TestGroups(3, 2.98)},
            "Test has articles of 3 sources, which count for 2.9 of equal size. Below 3 nothing tells how figures "
            "would differ on others: no interval and no verdict is given. Fix: add others, or a larger "
            "split.test_size.",
        ),
        (
            {"test_groups": TestGroups(1, 1), "folds": 3, "group_by": ("body_id",)},
            "The test part of one fold has articles of 1 body_id, which count for 1.0 of equal size. Below 3 nothing "
            "tells how figures would differ on others: no interval and no verdict is given. Fix: add others, or fewer "
            "folds.",
        ),
    ],
)
def test_few_groups_in_test_are_told(changes: dict[str, Any], said: str) -> None:
    found = [one.text for one in dataset_findings(make_info(**changes), make_facts()) if one.section == "groups"]
    assert found == ([said] if said else [])


def test_groups_are_named_by_the_one_column_that_was_kept_together() -> None:
    groups = TestGroups(14, 6.04)
    assert groups_sentence(make_info()) == ""
    assert "of 14 values of body_id," in groups_sentence(make_info(test_groups=groups, group_by=("body_id",)))
    assert "of 14 groups," in groups_sentence(make_info(test_groups=groups, group_by=("source", "author")))


def test_texts_without_a_group_are_not_counted_as_groups() -> None:
    said = groups_sentence(make_info(test_groups=TestGroups(37, 36.2, alone=35)))
    assert said == (
        "Test has articles of 2 sources and 35 texts without any, which count for 36.2 groups of equal size."
    )


def test_small_and_missing_labels_are_told() -> None:
    counts = {
        "train": Counts(208, {"opinion": 200, "press_release": 8}),
        "test": Counts(59, {"opinion": 50, "satire": 9}),
    }
    found = titles(make_info(counts=counts, asked={}), make_facts())
    assert (found["Labels missing from train"], found["Labels missing from test"]) == ("stop", "care")
    counts["test"] = Counts(59, {"satire": 59})  # and most articles are of a label that test lacks
    assert titles(make_info(counts=counts, asked={}), make_facts())["Labels missing from test"] == "stop"
    assert found["1 small class"] == found["A small test split"] == "care"


@pytest.mark.parametrize(
    ("random", "changes", "sentence"),
    [
        (0.84, {}, "having seen the same source in training"),
        (0.84, {"split_method": "temporal", "group_by": ()}, "articles of the same time"),
        (0.84, {"split_method": "temporal", "group_by": ("source",)}, "articles of the same time and the same source"),
        (0.72, {}, "No gap was found; one of up to .06 is possible (95%, 200 test articles)."),
        (0.72, {"split_method": "stratified", "group_by": ()}, "says nothing about its 3 sources"),
        (0.5, {}, "easier than a random one"),
    ],
)
def test_the_probe_is_explained(random: float, changes: dict[str, Any], sentence: str) -> None:
    probe = LeakageProbe("f1_macro", 0.71, (0.66, 0.76), random, 0.01, 5, 900, 200, False)
    info = make_info(probe=probe, **changes)
    assert sentence in probe_meaning(probe, info, make_facts())


def test_shares_asked_of_a_part_are_shown_of_the_whole() -> None:
    sizes = {"train": 900, "validation": 100, "test": 1000}
    counts = {name: Counts(n, dict.fromkeys(LABELS, n // 3)) for name, n in sizes.items()}
    info = make_info(counts=counts, split_method="given", asked={"train": 0.9, "validation": 0.1})
    assert [row[2:] for row in shares(info)] == [(0.45, 0.45), (0.05, 0.05), (0.5, None)]
    assert not [title for title in titles(info, make_facts()) if title.startswith("Size of")]


@pytest.mark.parametrize(
    ("threshold", "containment", "said"),
    [
        (1.0, None, "No source and no text stands in two splits. Copies that were edited, cut or extended may"),
        (
            0.8,
            None,
            "(Jaccard similarity of .80 or more). What is less alike may: texts that were cut or extended,",
        ),
        (0.9, 0.7, "(Jaccard similarity of .90 or more, or 70% of a text of 60 words or more within a longer one)."),
        (0.9, 0.7, "longer one). What is less alike may: retellings, translations, shared quotations. Within that,"),
    ],
)
def test_the_guarantee_says_up_to_what_similarity(threshold: float, containment: float | None, said: str) -> None:
    counts = DuplicateCounts(34, 31, 21, 58, 17, 26, threshold, 9, containment)
    assert said in guarantee(make_info(duplicates=counts))
    assert ("stand within longer ones" in kept_together(make_info(duplicates=counts))) == (containment is not None)
    assert guarantee(make_info(duplicates=None)).startswith("No source and no text stands in two splits. Within that,")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"known_targets": 0.998}, "Test stands for new articles on known targets: train has the target of >99%"),
        ({"known_targets": 0.0}, "Test stands for new articles on new targets: train has none of its targets."),
        ({"known_targets": 0.2}, "Train has the target of 20% of test's articles."),
        ({"known_targets": 0.9, "folds": 5}, "Each fold's test stands for new articles on known targets"),
        ({}, "drawn at random, with labels in even shares."),
        (
            {
                "split_method": "crossed",
                "group_by": ("body", "target"),
                "crossed_by": ("target",),
                "known_targets": 0.0,
            },
            "No body and no target and no text stands in two splits, near-duplicates included (Jaccard similarity of "
            ".80 or more); texts and targets were divided independently.",
        ),
    ],
)
def test_what_test_stands_for_is_said_of_pairs(changes: dict[str, Any], sentence: str) -> None:
    assert sentence in guarantee(make_info(pair=True, **changes))
    assert "targets" not in guarantee(make_info())
