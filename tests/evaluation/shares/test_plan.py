"""Samples to label by hand: what is drawn, and that labels come back with the right weight."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifier.errors import InputError
from classifier.evaluation.shares.estimate import estimate_shares
from classifier.evaluation.shares.plan import SamplePlan, plan_sample
from tests.makers.predictions import write_reference_run
from tests.makers.regressions import biased_corpus, regression_run, write_rows

needs_ppi = pytest.mark.skipif(not find_spec("ppi_py"), reason="needs ppi-python: the extra [prevalence]")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return regression_run(tmp_path_factory.mktemp("run") / "run")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return biased_corpus(tmp_path_factory.mktemp("corpus"))


def expected(plan: SamplePlan, group: tuple[str, ...] = ()) -> float:
    return max(share.half_width for share in plan.shares if share.group == group)


def test_a_plan_reaches_its_width_and_hides_the_predictions(run: Path, corpus: dict[str, Any]) -> None:
    plan, rows = plan_sample(run, corpus["predictions"], 0.06)
    assert (plan.articles, plan.chosen, plan.warnings) == (1200, len(rows), ())
    assert 0.05 < expected(plan) <= 0.06
    assert list(rows[0]) == ["id", "text", "source", "date", "desk head", "words", "label", "inclusion"]
    assert all(row["label"] is None for row in rows) and len({row["id"] for row in rows}) == len(rows)
    assert sum(1 / row["inclusion"] for row in rows) == pytest.approx(1200)
    said = {row["id"]: row["label"] for row in corpus["rows"]}
    assert len({(said[row["id"]], row["inclusion"]) for row in rows}) == 3
    assert [row["id"] for row in rows] != sorted((row["id"] for row in rows), key=lambda i: int(i[1:]))


def test_a_narrower_interval_needs_more(run: Path, corpus: dict[str, Any]) -> None:
    wide, narrow = (plan_sample(run, corpus["predictions"], width)[0].chosen for width in (0.08, 0.05))
    assert narrow > 1.5 * wide


def test_the_same_seed_draws_the_same_articles(run: Path, corpus: dict[str, Any]) -> None:
    drawn = [[row["id"] for row in plan_sample(run, corpus["predictions"], 0.08, seed=s)[1]] for s in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_every_group_gets_its_width(run: Path, corpus: dict[str, Any], tmp_path: Path) -> None:
    rows = [{**row, "source": "tiny" if i < 10 else row["source"]} for i, row in enumerate(corpus["rows"])]
    plan, drawn = plan_sample(run, write_rows(tmp_path / "p.jsonl", rows), 0.09, by=["source"])
    assert {share.group for share in plan.shares} == {(), ("x",), ("y",), ("z z",)}
    assert all(expected(plan, (name,)) <= 0.09 for name in ("x", "y", "z z"))
    assert "10 articles are of groups with fewer than 30" in plan.warnings[0]
    assert {row["source"] for row in drawn} == {"x", "y", "z z", "tiny"}


@needs_ppi
def test_what_was_planned_comes_back_as_a_share(run: Path, corpus: dict[str, Any], tmp_path: Path) -> None:
    truth = {row["id"]: "abc"[true] for row, true in zip(corpus["rows"], corpus["truth"], strict=True)}
    plan, rows = plan_sample(run, corpus["predictions"], 0.08, by=["source"])
    labelled = write_rows(tmp_path / "l.jsonl", [{**row, "label": truth[row["id"]]} for row in rows])
    report = estimate_shares(run, corpus["predictions"], by=["source"], labelled=labelled)
    assert {share.method for share in report.shares} == {"prediction-powered"} and report.warnings == ()
    for share in report.shares:
        here = [truth[row["id"]] for row in corpus["rows"] if not share.group or row["source"] == share.group[0]]
        assert share.low is not None and share.high is not None
        assert share.low - 0.02 <= np.mean([name == share.label for name in here]) <= share.high + 0.02
        assert (share.high - share.low) / 2 < 0.1
    assert plan.chosen == report.shares[0].labelled


def test_multi_label_predictions_are_strata_by_their_patterns(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    truth = [["a", "b"]] * 100 + [["b"]] * 100 + [[]] * 100
    guess = [["a", "b"]] * 80 + [["b"]] * 100 + [["a"]] * 20 + [[]] * 100
    run = write_reference_run(tmp_path / "run", truth, guess, labels=("a", "b"))
    rows = [
        {"id": str(i), "text": "t", "label": [n for n in "ab" if rng.random() < 0.3], "score": 0.5} for i in range(800)
    ]
    plan, drawn = plan_sample(run, write_rows(tmp_path / "p.jsonl", rows), 0.07)
    assert {share.label for share in plan.shares} == {"a", "b"} and expected(plan) <= 0.07
    assert sum(1 / row["inclusion"] for row in drawn) == pytest.approx(800)


def test_own_columns_with_the_names_of_the_plan_are_kept_aside(
    run: Path, corpus: dict[str, Any], tmp_path: Path
) -> None:
    rows = [{"evidence": "mine", "inclusion": "yes", **row, "error": None} for row in corpus["rows"]]
    drawn = plan_sample(run, write_rows(tmp_path / "p.jsonl", rows), 0.1)[1]
    assert drawn[0]["evidence"] == "mine" and drawn[0]["original_inclusion"] == "yes" and "error" not in drawn[0]


@pytest.mark.parametrize("width", [0, -0.1, 0.5, 5])
def test_a_width_is_a_share(run: Path, corpus: dict[str, Any], width: float) -> None:
    with pytest.raises(InputError, match="half the width of an interval"):
        plan_sample(run, corpus["predictions"], width)


def test_what_is_needed_for_a_plan(run: Path, corpus: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no evaluation on test articles"):
        plan_sample(run / "model", corpus["predictions"], 0.05)
    without = [{key: value for key, value in row.items() if key != "id"} for row in corpus["rows"]]
    with pytest.raises(InputError, match=r"needs an id for every article(.|\n)*article 1: there is no id"):
        plan_sample(run, write_rows(tmp_path / "w.jsonl", without), 0.05)
    twice = [*corpus["rows"], corpus["rows"][0]]
    with pytest.raises(InputError, match=r"article 1,201: the id 'n0' is there twice"):
        plan_sample(run, write_rows(tmp_path / "t.jsonl", twice), 0.05)


def test_groups_too_small_for_the_width_are_said(run: Path, corpus: dict[str, Any]) -> None:
    plan, _ = plan_sample(run, corpus["predictions"], 0.05, by=["desk head"])
    assert any("intervals will be wider than ±0.05" in sentence for sentence in plan.warnings)
