"""Regressions on labels of a corpus whose classifier errs by source."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifier.errors import InputError
from classifier.evaluation.shares.model_formula import ModelRequest
from classifier.evaluation.shares.regression import Effect, RegressionReport, fit_model
from tests.makers.regressions import biased_corpus, regression_run, write_rows

pytest.importorskip("formulaic")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return regression_run(tmp_path_factory.mktemp("run") / "run")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return biased_corpus(tmp_path_factory.mktemp("corpus"))


def fit(run: Path, corpus: dict[str, Any], model: str, **more: Any) -> RegressionReport:
    asked = {key: more.pop(key) for key in ("cluster", "link") if key in more}
    more = {"labelled": corpus["labelled"], **more}
    return fit_model(run, corpus["predictions"], ModelRequest(model, **asked), **more)[0]


def find(report: RegressionReport, kind: str, term: str, outcome: str = "a") -> Effect:
    return next(e for e in report.effects if (e.kind, e.term, e.outcome) == (kind, term, outcome))


def test_what_are_errors_on_predicted_labels_is_no_effect(run: Path, corpus: dict[str, Any]) -> None:
    report = fit(run, corpus, "a ~ source + month")
    assert (report.articles, report.labelled, report.left_out, report.clusters) == (1200, 240, 0, None)
    for level in ("y", "z z"):
        found = find(report, "difference", level)
        assert found.low is not None and found.high is not None and found.value is not None
        assert found.low < 0 < found.high and found.naive_low > 0.05
        assert found.value == pytest.approx(find(report, "coefficient", f"source[T.{level}]").value)
        assert found.p_holm is not None and found.p is not None and found.p_holm >= found.p > 0.05
    share = find(report, "share", "x")
    assert share.low is not None and share.high is not None and share.low < 0.4 < share.high and share.p is None
    assert {e.term for e in report.effects if e.covariate == "month"} == {"2024-01", "2024-02", "2024-03"}
    words = " ".join((*report.assumptions, *report.warnings))
    assert "these sources alone" in words and "2 of 4 differences would have seemed sure" in words
    assert len(report.records()) == len(report.effects)


def test_articles_of_one_source_stand_together_where_it_is_no_covariate(run: Path, corpus: dict[str, Any]) -> None:
    report = fit(run, corpus, "a ~ month")
    assert report.clusters == "source"
    assert all(e.value is None and "effective groups by source" in e.note for e in report.effects)
    assert any("--cluster none" in sentence for sentence in report.warnings)
    alone = fit(run, corpus, "a ~ month", cluster="none")
    assert alone.clusters is None and all(e.low is not None for e in alone.effects)
    desks = fit(run, corpus, "a ~ month", cluster="desk head")
    assert desks.clusters == "desk head"
    groups = find(desks, "difference", "2024-02").groups
    assert groups is not None and 10 < groups <= 20


def test_several_labels_and_numbers(run: Path, corpus: dict[str, Any]) -> None:
    report = fit(run, corpus, "a + c ~ words + `desk head`", cluster="none", labelled=corpus["labelled"])
    assert {e.outcome for e in report.effects} == {"a", "c"}
    words = find(report, "coefficient", "words", "c")
    assert words.low is not None and words.high is not None and words.low < 0 < words.high
    assert {e.covariate for e in report.effects} == {"", "desk head"}


def test_few_labelled_articles_of_a_level_are_refused_with_the_reason(
    run: Path, corpus: dict[str, Any], tmp_path: Path
) -> None:
    by_source = {row["id"]: row["source"] for row in corpus["rows"]}
    truth = {f"n{i}": "abc"[t] for i, t in enumerate(corpus["truth"])}
    of = {name: [i for i, source in by_source.items() if source == name] for name in ("x", "y", "z z")}
    chosen = [*of["x"][:60], *of["y"][:60], *of["z z"][:4]]
    labelled = write_rows(tmp_path / "l.jsonl", [{"id": i, "label": truth[i]} for i in chosen])
    report = fit(run, corpus, "a ~ source", labelled=labelled)
    found = find(report, "difference", "z z")
    assert (found.value, found.low, found.p, found.p_holm) == (None, None, None, None)
    assert found.note == "only 4 labelled articles behind it (at least 10)"
    assert find(report, "difference", "y").low is not None
    without = write_rows(tmp_path / "w.jsonl", [{"id": i, "label": truth[i]} for i in chosen[:-4]])
    report = fit(run, corpus, "a ~ source", labelled=without)
    assert report.articles == sum(source != "z z" for source in by_source.values())
    assert any("No article of 1 source levels ('z z') is labelled" in sentence for sentence in report.warnings)


def test_missing_covariates_are_counted_and_left_out(run: Path, corpus: dict[str, Any], tmp_path: Path) -> None:
    rows = [{**row, "words": None if i % 10 == 0 else row["words"]} for i, row in enumerate(corpus["rows"])]
    rows[1]["date"] = "in spring"
    path = write_rows(tmp_path / "p.jsonl", rows)
    report, table = fit_model(run, path, ModelRequest("a ~ words + month", "none"), labelled=corpus["labelled"])
    assert report.left_out == 121 and report.articles == 1079
    assert "121 articles lack a covariate; they are left out." in report.warnings
    assert len(list(table.records)) == 1079


def test_a_planned_sample_is_weighted(run: Path, corpus: dict[str, Any], tmp_path: Path) -> None:
    """All predicted "a" and a tenth of the others: the labels alone would say that "a" is frequent."""
    rng = np.random.default_rng(3)
    chance = {row["id"]: 0.8 if row["label"] == "a" else 0.2 for row in corpus["rows"]}
    rows = [
        {"id": i, "label": "abc"[true], "inclusion": chance[i]}
        for i, true in zip(chance, corpus["truth"], strict=True)
        if rng.random() < chance[i]
    ]
    labelled = write_rows(tmp_path / "l.jsonl", rows)
    report = fit(run, corpus, "a ~ source", labelled=labelled)
    assert np.mean([row["label"] == "a" for row in rows]) > 0.45
    for level in ("x", "y", "z z"):
        found = find(report, "share", level)
        true = np.mean(
            [t == 0 for row, t in zip(corpus["rows"], corpus["truth"], strict=True) if row["source"] == level]
        )
        assert found.low is not None and found.high is not None and found.low < true < found.high
    assert "probabilities" in report.assumptions[0]
    assert not any("hardly a random sample" in sentence for sentence in report.warnings)


def test_the_table_gives_the_same_coefficients(run: Path, corpus: dict[str, Any]) -> None:
    pandas = pytest.importorskip("pandas")
    smf = pytest.importorskip("statsmodels.formula.api")
    report, table = fit_model(
        run, corpus["predictions"], ModelRequest("a + b ~ source + words"), labelled=corpus["labelled"]
    )
    frame = pandas.DataFrame(list(table.records))
    assert list(frame.columns) == list(table.columns)
    for outcome in ("a", "b"):
        mine = frame[frame["outcome"] == outcome]
        plain = smf.ols("pseudo ~ source + words", mine).fit(cov_type="HC3")
        for term, value in plain.params.items():
            found = find(report, "coefficient", str(term), outcome)
            assert found.value == pytest.approx(value, abs=1e-6)
            assert found.error == pytest.approx(plain.bse[term], rel=0.15)
    assert frame["label"].notna().sum() == 480 and frame["inclusion"].dropna().unique() == pytest.approx([0.2])


def test_scores_make_it_narrower_than_labels(run: Path, corpus: dict[str, Any], tmp_path: Path) -> None:
    rng = np.random.default_rng(9)
    rows = []
    for row, true in zip(corpus["rows"], corpus["truth"], strict=True):
        score = float(np.clip(rng.normal(0.75 if true == 0 else 0.2, 0.1), 0, 1))
        scores = [{"label": "a", "score": score}, {"label": "b", "score": 0.0}, {"label": "c", "score": 1 - score}]
        rows.append({**row, "scores": scores})
    sharp = find(
        fit(run, {**corpus, "predictions": write_rows(tmp_path / "s.jsonl", rows)}, "a ~ source"), "share", "x"
    )
    plain = [{key: value for key, value in row.items() if key != "scores"} for row in corpus["rows"]]
    blunt = find(
        fit(run, {**corpus, "predictions": write_rows(tmp_path / "p.jsonl", plain)}, "a ~ source"), "share", "x"
    )
    assert sharp.error is not None and blunt.error is not None and sharp.error < 0.7 * blunt.error


@pytest.mark.parametrize(
    ("model", "more", "words"),
    [
        ("a ~ sauce", {}, "there is no column 'sauce'. Did you mean 'source'?"),
        ("d ~ source", {}, "there is no label 'd'"),
        ("a ~ label", {}, "'label' is a column of the results"),
        ("a ~ id", {}, "'id' is a column of the results"),
        ("a ~ text", {}, "column 'text' has 1,200 different values"),
        ("a ~ source", {"cluster": "source"}, "--cluster source: it is a covariate"),
        ("a ~ month", {"cluster": "outlet"}, "there is no column 'outlet'"),
        ("a ~ source", {"link": "probit"}, "--link is linear or logit. Got 'probit' instead."),
        ("a ~ month + C(month)", {}, "cannot be told from the other terms"),
    ],
)
def test_bad_input_is_one_error(
    run: Path, corpus: dict[str, Any], model: str, more: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError) as error:
        fit(run, corpus, model, **more)
    assert words in str(error.value)


def test_too_few_labelled_articles_for_the_terms(run: Path, corpus: dict[str, Any], tmp_path: Path) -> None:
    few = tmp_path / "few.jsonl"
    few.write_text("".join(corpus["labelled"].read_text().splitlines(keepends=True)[:12]))
    with pytest.raises(InputError, match=r"has 3 coefficients, and 12 labelled articles are too few"):
        fit(run, corpus, "a ~ source", labelled=few)


def test_log_odds_have_their_shares_and_differences(run: Path, corpus: dict[str, Any]) -> None:
    linear, odds = (fit(run, corpus, "a ~ source", link=link) for link in ("linear", "logit"))
    for level in ("x", "y", "z z"):  # one covariate with levels: both models fit each share
        one, two = find(linear, "share", level), find(odds, "share", level)
        assert (one.value, one.error) == pytest.approx((two.value, two.error), rel=1e-4)
    one, two = find(linear, "difference", "y"), find(odds, "difference", "y")
    assert (one.value, one.low, one.p_holm) == pytest.approx((two.value, two.low, two.p_holm), rel=1e-4)
    share, of_x = find(odds, "share", "y").value, find(odds, "share", "x").value
    assert share is not None and of_x is not None
    assert find(odds, "coefficient", "source[T.y]").value == pytest.approx(
        np.log(share / (1 - share)) - np.log(of_x / (1 - of_x)), rel=1e-4
    )
    assert "log odds" in odds.assumptions[1]
