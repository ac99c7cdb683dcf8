"""Shares and what adapting to them does, in words."""

from dataclasses import replace

from classifier.evaluation.adaptation import AdaptationOutcome
from classifier.reports.run.label_shift import adaptation_lines, share_lines, shift_test_words
from classifier.stats.label_shift import ShareShift
from classifier.stats.significance import Gain

ESTIMATED = ShareShift(("news", "satire"), (0.9, 0.1), (0.6, 0.4), ((0.5, 0.7), (0.3, 0.5)), 0.001, 0.5, 80, 40)


def test_estimated_shares_have_intervals_and_given_ones_have_none() -> None:
    assert list(share_lines(ESTIMATED)) == [
        "shares of labels of the 80 articles, estimated from the scores (in brackets the mean scores of the 40 "
        "validation articles):",
        "  news: .60, 95% interval .50 – .70 (.90)",
        "  satire: .40, 95% interval .30 – .50 (.10)",
    ]
    given = ShareShift(("news", "satire"), (0.9, 0.1), (0.6, 0.4), validation=40, articles=80)
    assert list(share_lines(given))[1] == "  news: .60 (.90)"


def test_the_words_say_whether_it_is_warranted() -> None:
    assert "surely differ" in shift_test_words(ESTIMATED)
    assert "p = 0.001" in shift_test_words(ESTIMATED)
    none = ShareShift(("news", "satire"), (0.9, 0.1), (0.8, 0.2), ((0.5, 1.0), (0.0, 0.5)), 0.4, 0.5, 80, 40)
    assert "no shift was found" in shift_test_words(none)
    assert "not warranted" in shift_test_words(none)
    other = replace(ESTIMATED, p_mixture=1e-9)
    assert not other.warranted
    assert "contradict label shift" in shift_test_words(other)


def test_figures_stand_with_their_paired_difference_and_the_true_shares() -> None:
    gain = {"f1_macro": Gain(0.1, (0.05, 0.15), 0.002)}
    found = AdaptationOutcome(
        "test", ESTIMATED, (0.55, 0.45), {"f1_macro": 0.7}, {"f1_macro": None}, gain, 20, 0.9, 0.5
    )
    text = "\n".join(adaptation_lines(found))
    assert "news: .60, 95% interval .50 – .70 (.90); true share .55" in text
    assert "macro F1 0.700, adapted: +0.100 macro F1, 95% interval +0.050 to +0.150" in text
    assert "20 of 80 articles get other labels" in text
    assert "0.500, without adaptation 0.900" in text
    assert "label shift" in text
    assert "leave scores and labels" not in text
    other = "\n".join(adaptation_lines(replace(found, shift=replace(ESTIMATED, p=0.4))))
    assert "predict --adapt would leave scores and labels as they are" in other
