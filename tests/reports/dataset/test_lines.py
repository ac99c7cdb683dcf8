"""What a build says at a terminal."""

from __future__ import annotations

from dataclasses import replace

from classifier.articles.annotators import Agreement
from classifier.dataset.corrections import Corrections
from classifier.dataset.duplicates import DuplicateCounts
from classifier.dataset.info import Giveaway, TestGroups
from classifier.reports.dataset.findings import TONES, dataset_findings, dataset_verdict
from classifier.reports.dataset.lines import build_lines
from classifier.reports.judgement import finding_line, is_unsafe
from tests.makers.pages import make_facts, make_info

FEW = TestGroups(14, 6.04)


def test_the_findings_are_those_of_the_page_word_for_word() -> None:
    info, dataset_facts = make_info(), make_facts()
    found = dataset_findings(info, dataset_facts)
    lines = list(build_lines(info, dataset_facts))
    assert lines[-len(found) - 1 :] == [
        dataset_verdict(found)[1],
        *(finding_line(finding, TONES) for finding in found),
    ]


def test_what_a_finding_says_is_not_said_twice() -> None:
    text = "\n".join(build_lines(make_info(), make_facts()))
    assert text.count("A random split would have claimed") == 1
    assert text.count("bad rows were left out") == 1
    level = replace(make_info().probe, random=0.72)  # type: ignore[type-var]
    assert "\n".join(build_lines(make_info(probe=level), make_facts())).count("A random split would have claimed") == 1


def test_groups_in_test_are_said_once() -> None:
    said = "Test has articles of 14 sources, which count for 6.0 of equal size."
    for effective, info in ((12.0, make_info(test_groups=TestGroups(14, 12))), (6.0, make_info(test_groups=FEW))):
        text = "\n".join(build_lines(info, make_facts()))
        assert text.count(f"which count for {effective:.1f} of equal size.") == 1
    assert said in list(build_lines(make_info(test_groups=FEW)))


def test_a_dataset_that_was_only_opened_is_not_judged() -> None:
    text = "\n".join(build_lines(make_info()))
    assert not any(text.startswith(f"{tone}: ") or f"\n{tone}: " in text for tone in TONES.values())
    for words in (
        "Split: grouped, each source in one split. Shares: train 70.3% (asked 70%)",
        "A random split would have claimed .84 macro F1; disjoint sources give .71. (TF-IDF + linear, 389",
        "Give-aways, which alone predict a label: header “Reply-To:” → opinion (precision .97, recall .11)",
        "19 bad rows were left out (4 × text is empty, 15 × no label)",
    ):
        assert words in text, words


def test_duplicates_corrections_lengths_and_annotators() -> None:
    clean = make_info(duplicates=DuplicateCounts(0, 0, 0, 0, 0, 0, 0.8))
    assert "Duplicates: none." in list(build_lines(clean))
    corrected = make_info(corrections=Corrections("audit.csv", "0f", 1200, 3, 4))
    assert any(line.startswith("audit.csv: ") and "1,200 labels corrected" in line for line in build_lines(corrected))
    lines = list(build_lines(make_info(), make_facts()))
    lost = "Read in at most 2 windows, the articles lose 12.0% of their tokens"
    assert f"{lost}; 17% of the articles are cut (measured on 7 articles)." in lines
    agreement = Agreement(3, 40, 30, 2, 0.71)
    (said,) = [line for line in build_lines(make_info(agreement=agreement), make_facts()) if "annotators" in line]
    assert "30 unanimous, 2 tied" in said and said.endswith("alpha 0.71.")


def test_texts_within_longer_ones_are_counted() -> None:
    found = DuplicateCounts(0, 0, 0, 0, 0, 0, 0.8, 7, 0.8)
    (line,) = [line for line in build_lines(make_info(duplicates=found)) if line.startswith("Duplicates")]
    assert "7 stand within a longer text, and stay with it" in line


def test_what_a_test_on_new_targets_stands_for_is_a_line_and_known_targets_are_a_finding() -> None:
    new = " ".join(build_lines(make_info(known_targets=0.0), make_facts()))
    assert "Test stands for new articles on new targets" in new
    known = " ".join(build_lines(make_info(known_targets=0.9), make_facts()))
    assert known.count("Test stands for new articles on known targets") == 1
    assert "targets" not in " ".join(build_lines(make_info(), make_facts()))


def test_a_dataset_that_was_only_opened_is_called_unsafe_all_the_same() -> None:
    line = Giveaway("line", "Follow us", "satire", 88, 0.97, 0.71)
    lines = list(build_lines(make_info(giveaways=(line,))))
    assert lines[-2] == (
        "Not safe to evaluate on as it stands: the line “Follow us” alone tells satire. Mend that first."
    )
    assert lines[-1].startswith("Mend first: 1 give-away.")
    assert is_unsafe(dataset_findings(make_info(giveaways=(line,))))
    assert not is_unsafe(dataset_findings(make_info()))
