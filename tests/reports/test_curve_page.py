"""A learning curve in sentences and as a page."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from classifier.reports.curve_page import sentences, write_curve_page
from classifier.stats.extrapolation import Extrapolation
from tests.makers.curves import made_curve
from tests.makers.pages import Reader


def test_sentences_say_what_twice_as_many_labels_bring(tmp_path: Path) -> None:
    curve = made_curve([0.9 - 0.3 * (n / 100) ** -0.6 for n in (100, 200, 400, 700, 1000)], path=tmp_path)
    said = " ".join(sentences(curve, "macro F1"))
    assert re.search(r"Twice as many labels \(2,000\) would bring macro F1 from \.82 to about \.85 \(\.8\d to", said)
    assert "missed that point by 0.00" in said
    page = write_curve_page(curve, "macro F1").read_text()
    assert "stroke-dasharray" in page
    assert "about .85" in page


def test_sentences_claim_nothing_where_no_curve_fits(tmp_path: Path) -> None:
    curve = made_curve([0.7, 0.69, 0.68, 0.66, 0.65], path=tmp_path)
    said = " ".join(sentences(curve, "macro F1"))
    assert "No extrapolation is given: the score does not rise" in said
    assert "would bring" not in said
    assert "stroke-dasharray" not in write_curve_page(curve, "macro F1").read_text()


def test_missing_labels_are_said() -> None:
    curve = made_curve([0.5, 0.6, 0.65, 0.68, 0.7], classes=5)
    assert "lacked a label; one had only 3 of the 5." in " ".join(sentences(curve, "macro F1"))


def test_few_groups_are_said() -> None:
    curve = made_curve([0.5, 0.6, 0.65, 0.68, 0.7], groups=4, effective=3.2, resampled="source")
    said = " ".join(sentences(curve, "macro F1"))
    assert "in 4 groups (source)" in said
    assert "4 groups, which count for 3.2 of equal size: so few that they are wide, and rough" in said


def test_too_few_groups_have_no_interval(tmp_path: Path) -> None:
    curve = made_curve([0.5, 0.6, 0.65, 0.68, 0.7], path=tmp_path, groups=2, effective=2.0)
    curve = replace(
        curve,
        means=tuple(replace(mean, interval=None) for mean in curve.means),
        extrapolation=Extrapolation(None, None, None, (), "the validation articles count for fewer than 3 groups"),
    )
    said = " ".join(sentences(curve, "macro F1"))
    assert "No interval is given: 2 groups are too few" in said
    assert "<td>–</td>" in write_curve_page(curve, "macro F1").read_text()


def test_what_chose_the_epochs_is_said() -> None:
    curve = made_curve([0.5, 0.6, 0.65, 0.68, 0.7], model="full", validation=150, chosen=150)
    assert "On the other 150 validation articles each training fitted thresholds" in " ".join(
        sentences(curve, "macro F1")
    )


def test_the_same_curve_gives_the_same_bytes_and_a_closed_page(tmp_path: Path) -> None:
    curve = made_curve([0.5, 0.6, 0.65, 0.68, 0.7], path=tmp_path)
    first = write_curve_page(curve, "macro F1").read_bytes()
    assert write_curve_page(curve, "macro F1").read_bytes() == first
    assert not Reader(first.decode()).open
