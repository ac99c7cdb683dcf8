"""A comparison in sentences."""

from __future__ import annotations

from dataclasses import replace

import pytest

from classifier.evaluation.comparison import Comparison, Difference, McNemar
from classifier.reports.comparison import comparison_remarks, comparison_verdict


def compared(difference: float, interval: tuple[float, float], p: float) -> Comparison:
    main = Difference("f1_macro", 0.7 + difference, 0.7, None, None, difference, interval, p)
    return Comparison(
        a="runs/a",
        b="runs/b",
        split="test",
        metric="f1_macro",
        test="approximate randomisation",
        articles=120,
        groups=120,
        effective=120.0,
        resampled="article",
        trainings=(1, 1),
        metrics=(main,),
        per_class=(),
        pooled=(),
        mcnemar=McNemar(9, 4, 0.27, True),
        differing=15,
        notes=("The labels differ: only A knows satire.",),
    )


@pytest.mark.parametrize(
    ("difference", "interval", "p", "said"),
    [
        (
            0.031,
            (0.010, 0.052),
            0.004,
            "better than runs/b by 0.031 macro F1 (95% interval 0.010 to 0.052, p = 0.004).",
        ),
        (
            -0.031,
            (-0.052, -0.010),
            0.00001,
            "worse than runs/b by 0.031 macro F1 (95% interval 0.010 to 0.052, p < 0.001).",
        ),
        (
            0.02,
            (-0.01, 0.05),
            0.2,
            "above runs/b, but not surely so: +0.020 macro F1 (95% interval -0.010 to +0.050, p = 0.200).",
        ),
        (
            -0.02,
            (-0.05, 0.01),
            0.2,
            "below runs/b, but not surely so: -0.020 macro F1 (95% interval -0.050 to +0.010, p = 0.200).",
        ),
    ],
)
def test_the_verdict(difference: float, interval: tuple[float, float], p: float, said: str) -> None:
    assert comparison_verdict(compared(difference, interval, p)) == f"runs/a is {said}"


@pytest.mark.parametrize(
    ("trained", "verdict", "remarks"),
    [
        ((6, 0), "cannot be said: runs/a learnt from these articles (+0.031 macro F1).", ["runs/a", "6 articles"]),
        ((0, 120), "cannot be said: runs/b learnt from", ["runs/b", "120 articles"]),
        ((9, 9), "cannot be said: runs/a and runs/b learnt from", ["runs/a", "runs/b"]),
        ((1, 0), "runs/a is better than runs/b by 0.031", ["runs/a", "1 article here"]),
        ((0, 0), "runs/a is better than runs/b by 0.031", []),
    ],
)
def test_who_learnt_from_the_articles_is_not_called_better(
    trained: tuple[int, int], verdict: str, remarks: list[str]
) -> None:
    found = replace(compared(0.031, (0.010, 0.052), 0.004), trained_texts=trained)
    assert verdict in comparison_verdict(found)
    said = [line for line in comparison_remarks(found) if "was trained on the texts of" in line]
    assert len(said) == sum(map(bool, trained))
    assert all(words in " ".join(said) for words in remarks)


def test_two_are_level_only_where_that_was_shown() -> None:
    shown = "+0.000 macro F1 (95% interval -0.050 to +0.050, p = 1.000)."
    found = compared(0.0001, (-0.05, 0.05), 1.0)
    assert comparison_verdict(found) == f"runs/a and runs/b do not differ here, but may elsewhere: {shown}"
    tight = replace(found.main, interval_90=(-0.019, 0.019))
    assert (
        comparison_verdict(replace(found, metrics=(tight,))) == f"runs/a is level with runs/b to within 0.02: {shown}"
    )


def test_too_few_groups_have_no_verdict() -> None:
    found = replace(compared(0.1, (0.0, 0.0), 1.0), effective=2.0, groups=2, resampled="source")
    found = replace(found, metrics=(replace(found.main, interval=None, p=None),))
    assert comparison_verdict(found) == (
        "Which of runs/a and runs/b is better cannot be said: +0.100 macro F1 (no interval: too few groups)."
    )
    assert "count for 2.0 groups of equal size: fewer than 3 do not tell" in " ".join(comparison_remarks(found))


def test_what_it_rests_on_is_said() -> None:
    found = compared(0.02, (-0.01, 0.05), 0.2)
    alone = list(comparison_remarks(found))
    assert alone[:4] == [
        "The labels differ: only A knows satire.",
        "Test: approximate randomisation, on 120 articles.",
        "McNemar: only A is right on 9 articles, only B on 4 (p = 0.270).",
        "They give different labels to 15 of 120 articles.",
    ]
    assert alone[4].startswith("Each side is one training")
    grouped = " ".join(
        comparison_remarks(replace(found, resampled="source", groups=5, effective=4.2, trainings=(5, 1)))
    )
    assert "in 5 groups (source)" in grouped and "rest on 4.2 groups of equal size" in grouped
    assert "treating every article as independent" in grouped and "One side is one training" in grouped
    assert "so they are rough" not in " ".join(comparison_remarks(replace(found, resampled="source", groups=10)))
    folds = replace(found, pooled=found.metrics, mcnemar=None, trainings=(5, 5))
    said = " ".join(comparison_remarks(folds))
    assert "All out-of-fold predictions together: +0.020 macro F1" in said and "McNemar" not in said


def test_why_few_groups_are_never_sure_is_said() -> None:
    few = replace(compared(0.1, (0.0, 0.2), 0.125), resampled="source", groups=4, effective=4.0)
    said = " ".join(comparison_remarks(few))
    assert "With 4 groups, swapping them gives no p-value below 0.125" in said
    assert "no p-value below" not in " ".join(comparison_remarks(replace(few, groups=6, effective=6.0)))
    classes = replace(few, per_class=(replace(few.main, name="satire", p_adjusted=0.25),))
    assert "The intervals of classes go with their corrected p" in " ".join(comparison_remarks(classes))
