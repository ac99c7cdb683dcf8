"""Error rates and the worth of scores by group: what is counted, what is refused, what is found."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from classifier.articles.labels import LabelSet
from classifier.evaluation.group_errors import FALSE, FILE, RECALL, SCORE, find_group_errors, read_group_errors
from classifier.files import write_json

LABELS = LabelSet(("a", "b"))


def table(truth: Any, predicted: Any, group: Any, score: float = 0.8, **columns: Any) -> pa.Table:
    names = np.array(LABELS.names)
    scores = np.full((len(truth), 2), 1 - score)
    scores[np.arange(len(truth)), predicted] = score
    more = {name: [str(value) for value in values] for name, values in columns.items()}
    given = {"label": names[truth], "predicted": names[predicted], "group": group, **more}
    return pa.table({**given, "scores": pa.array(scores.tolist())})


def made(worse: float, sources: int = 40, seed: int = 0) -> pa.Table:
    rng = np.random.default_rng(seed)
    source = np.arange(800) % sources
    truth = rng.integers(2, size=800)
    wrong = rng.random(800) < 0.1 + worse * (source % 2 == 0) * (truth == 0)
    desk = np.where(source % 2, "world", "home")
    return table(truth, np.where(wrong, 1 - truth, truth), source, desk=desk, source=source)


def test_a_group_whose_recall_is_lower_is_found() -> None:
    (found,) = find_group_errors(made(0.3), LABELS, "test", ["desk"]).columns
    assert (found.resampled, found.compared, found.left_out) == ("group", ("home", "world"), ())
    assert found.errors is not None and found.errors < 0.01
    first = found.rates[0]
    assert first.sure and (first.rate, first.label) in {(RECALL, "a"), (FALSE, "b")}
    home = next(rate for rate in found.rates if (rate.value, rate.rate, rate.label) == ("home", RECALL, "a"))
    assert home.here == pytest.approx(0.6, abs=0.07) and home.elsewhere == pytest.approx(0.9, abs=0.05)
    assert home.articles == sum(row["desk"] == "home" and row["label"] == "a" for row in made(0.3).to_pylist())
    (none,) = find_group_errors(made(0.0), LABELS, "test", ["desk"]).columns
    assert none.errors is not None and none.errors > 0.05 and not any(rate.sure for rate in none.rates)


def test_scores_that_are_worth_less_in_one_group_are_found() -> None:
    (found,) = find_group_errors(made(0.6), LABELS, "test", ["desk"]).columns
    home = next(rate for rate in found.rates if rate.rate == SCORE and rate.value == "home")
    assert found.scores is not None and found.scores < 0.05
    assert home.here > 0.1 > home.elsewhere


@pytest.mark.parametrize("sources", [1, 2])
def test_a_column_within_one_or_two_sources_is_not_compared(sources: int) -> None:
    """Every value lies in one source, but not each in another: that says nothing of other sources."""
    rows = made(0.6, sources=2).to_pylist()[: 800 // (3 - sources)]
    desk = ["home" if row["desk"] == "home" else f"world{number // 4 % 2}" for number, row in enumerate(rows)]
    one = [0 if sources == 1 else int(row["source"]) for row in rows]
    truth, predicted = (np.array([LABELS.names.index(row[key]) for row in rows]) for key in ("label", "predicted"))
    (found,) = find_group_errors(table(truth, predicted, one, desk=desk), LABELS, "test", ["desk"]).columns
    assert (found.errors, found.scores, found.compared) == (None, None, ())


def test_groups_that_are_clusters_themselves_are_compared_article_by_article() -> None:
    (found,) = find_group_errors(made(0.3, sources=4), LABELS, "test", ["source"]).columns
    assert (found.resampled, found.compared) == ("article", ("0", "1", "2", "3"))
    assert found.errors is not None and found.errors < 0.01


def test_groups_of_too_few_clusters_are_not_compared() -> None:
    (found,) = find_group_errors(made(0.3, sources=4), LABELS, "test", ["desk"]).columns
    assert (found.compared, found.left_out) == ((), ("home", "world"))
    assert not found.tested and found.rates == ()


def test_a_mix_of_labels_is_no_difference() -> None:
    rng = np.random.default_rng(1)
    desk = np.arange(900) % 2
    truth = (rng.random(900) < np.where(desk, 0.8, 0.2)).astype(int)
    wrong = rng.random(900) < np.where(truth, 0.05, 0.35)
    (found,) = find_group_errors(
        table(truth, np.where(wrong, 1 - truth, truth), np.arange(900), desk=desk), LABELS, "test", ["desk"]
    ).columns
    assert found.errors is not None and found.errors > 0.05


def test_a_label_that_is_given_to_one_label_more_than_to_another_is_no_difference_of_groups() -> None:
    """At home most articles are 'a', of which four in ten are called 'c'; abroad most are 'b', of which none are."""
    shares = {("home", "a"): 400, ("home", "b"): 100, ("world", "a"): 100, ("world", "b"): 400}
    rows = [
        (desk, label, "c" if label == "a" and n % 10 < 4 else label)
        for (desk, label), k in shares.items()
        for n in range(k)
    ]
    desk, truth, predicted = zip(*rows, strict=True)
    made_scores = pa.array([[0.3, 0.3, 0.4]] * len(rows))
    given = {"label": truth, "predicted": predicted, "desk": desk, "group": range(len(rows)), "scores": made_scores}
    (found,) = find_group_errors(pa.table(given), LabelSet(("a", "b", "c")), "test", ["desk"]).columns
    rate = {one.value: one for one in found.rates if (one.rate, one.label) == (FALSE, "c")}
    assert {value: (one.here, one.elsewhere) for value, one in rate.items()} == {
        "home": (pytest.approx(0.32), pytest.approx(0.32)),
        "world": (pytest.approx(0.08), pytest.approx(0.08)),
    }
    assert found.errors is not None and found.errors > 0.05 and not any(one.sure for one in rate.values())


def test_more_columns_are_more_tests_and_it_is_read_back(tmp_path: Path) -> None:
    alone = find_group_errors(made(0.05), LABELS, "test", ["desk"]).columns[0]
    both = find_group_errors(made(0.05), LABELS, "test", ["desk", "source"])
    assert alone.errors is not None and both.columns[0].errors is not None
    assert both.columns[0].errors >= alone.errors
    for column in both.columns:
        for test, scored in ((column.errors, False), (column.scores, True)):
            surest = min(rate.p_adjusted for rate in column.rates if (rate.rate == SCORE) is scored)
            assert surest == pytest.approx(test)  # each rate's p-value is corrected for the other tests too
    write_json(tmp_path / FILE, asdict(both))
    assert read_group_errors(tmp_path) == both


def test_several_labels_are_compared_one_by_one() -> None:
    several = LabelSet(("a", "b"), multi_label=True)
    rows = [["a"], ["a", "b"], ["b"], []] * 50
    given = [row if n % 4 or n % 8 else ["b"] for n, row in enumerate(rows)]
    found = find_group_errors(
        pa.table(
            {
                "label": rows,
                "predicted": given,
                "scores": [[0.5, 0.5]] * 200,
                "group": np.arange(200),
                "desk": [str(n // 4 % 2) for n in range(200)],
            }
        ),
        several,
        "test",
        ["desk"],
    ).columns[0]
    assert found.errors is not None and found.errors < 0.01
    assert {rate.label for rate in found.rates} == {"a", "b", None}
