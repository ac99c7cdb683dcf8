import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import permutation_test, t
from sklearn.metrics import f1_score
from statsmodels.stats import contingency_tables

from classifier.cli.app import run as cli
from classifier.errors import InputError
from classifier.evaluation import comparison
from classifier.evaluation.comparison import compare_pair, compare_runs, mcnemar
from classifier.evaluation.paired_runs import ComparedPair, ComparedSide, open_pair
from classifier.reports.comparison import comparison_remarks, comparison_verdict
from classifier.stats import metrics
from classifier.stats.significance import corrected_t_test, holm
from tests.makers.predictions import made_articles, predictions, write_folds, write_run, write_seeds


def truth_of(n: int, rng: np.random.Generator) -> np.ndarray:
    return rng.integers(3, size=n)


def two_runs(folder: Path, n: int = 200, right: tuple[float, float] = (0.85, 0.6), seed: int = 0) -> tuple[Path, Path]:
    rng = np.random.default_rng(seed)
    truth = truth_of(n, rng)
    articles = made_articles(truth, source=[f"s{row % 20}" for row in range(n)])
    a, b = (write_run(folder / name, articles, predictions(truth, r, rng)) for name, r in zip("ab", right, strict=True))
    return a, b


def test_figures_and_articles_of_a_comparison(tmp_path: Path) -> None:
    a, b = two_runs(tmp_path)
    found, articles = compare_runs(a, b)
    truth, one, other = (np.array(x) for x in (open_pair(a, b).truth, *(r[0] for r in open_pair(a, b).predicted)))
    assert found.main.a == pytest.approx(f1_score(truth, one, average="macro"))
    assert found.main.difference == pytest.approx(found.main.a - f1_score(truth, other, average="macro"))
    assert found.main.interval[0] < found.main.difference < found.main.interval[1]
    assert found.main.p < 0.01
    assert found.main.sure
    assert found.differing == len(articles) == (one != other).sum()
    assert {row["right"] for row in articles} == {"a", "b", "neither"}
    assert sum(row["right"] == "a" for row in articles) == found.mcnemar.only_a
    back, _ = compare_runs(b, a)
    assert back.main.difference == pytest.approx(-found.main.difference)


def test_the_p_value_is_that_of_an_exact_enumeration(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    truth = truth_of(12, rng)
    runs = [predictions(truth, 0.7, rng), predictions(truth, 0.4, rng)]
    articles = made_articles(truth)
    a, b = (write_run(tmp_path / name, articles, run) for name, run in zip("ab", runs, strict=True))
    assert (runs[0] != runs[1]).sum() > 3

    def macro_f1(values: np.ndarray) -> float:  # by hand: scikit-learn's is slow, and it is asked 8,000 times
        hits = [int(((values == label) & (truth == label)).sum()) for label in range(3)]
        return sum(2 * hit / ((values == k).sum() + (truth == k).sum()) for k, hit in enumerate(hits)) / 3

    def gain(x: np.ndarray, y: np.ndarray) -> float:
        return macro_f1(x) - macro_f1(y)

    assert [macro_f1(run) for run in runs] == pytest.approx([f1_score(truth, run, average="macro") for run in runs])
    exact = permutation_test(runs, gain, permutation_type="samples", n_resamples=np.inf, vectorized=False)
    assert compare_runs(a, b)[0].main.p == pytest.approx(exact.pvalue)


@pytest.mark.parametrize("n", [20, 200])
def test_mcnemar_is_that_of_statsmodels(n: int) -> None:
    rng = np.random.default_rng(n)
    truth = truth_of(n, rng)
    a, b = predictions(truth, 0.8, rng), predictions(truth, 0.6, rng)
    ours, theirs = a == truth, b == truth
    table = [[int((x & y).sum()) for y in (theirs, ~theirs)] for x in (ours, ~ours)]
    found = mcnemar(truth, a, b)
    expected = contingency_tables.mcnemar(table, exact=found.exact, correction=True)
    assert (found.only_a, found.only_b) == (table[0][1], table[1][0])
    assert found.p == pytest.approx(expected.pvalue)
    assert found.exact == (n == 20)
    assert mcnemar(truth, a, a).p == 1


def test_false_alarms_are_as_rare_as_promised_only_if_groups_are_swapped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two equally good models, of which each does well on other sources."""
    monkeypatch.setattr(metrics, "SWAPS", 300)
    monkeypatch.setattr(metrics, "PAIRED_SAMPLES", 300)
    rng, alarms = np.random.default_rng(0), {"groups": 0, "articles": 0}
    source = np.repeat(np.arange(20), 15)
    for _ in range(100):
        truth = truth_of(300, rng)
        strength = rng.uniform(0.3, 0.95, size=(2, 20))[:, source]
        runs = [np.where(rng.random(300) < right, truth, (truth + 1) % 3) for right in strength]
        for name, groups in (("groups", source), ("articles", np.arange(300))):
            alarms[name] += compare_pair(made_pair(truth, runs[:1], runs[1:], groups), metric="accuracy").main.p < 0.05
    assert alarms["groups"] <= 11
    assert alarms["articles"] >= 20


@pytest.mark.parametrize("groups", [3, 4, 5, 8, 40])
@pytest.mark.parametrize("runs", [1, 4])
def test_interval_and_p_value_never_contradict_one_another(groups: int, runs: int) -> None:
    checked = 0
    for seed in range(6):
        rng = np.random.default_rng(seed)
        truth, source = truth_of(120, rng), np.arange(120) % groups
        one, other = ([predictions(truth, right, rng) for _ in range(runs)] for right in (0.8, 0.65))
        found = compare_pair(made_pair(truth, one, other, source))
        for entry in (*found.metrics, *found.per_class):
            assert entry.interval is not None and entry.p is not None
            p = entry.p if entry.p_adjusted is None else entry.p_adjusted
            assert (p < 0.05) == (not entry.interval[0] <= 0 <= entry.interval[1]), entry
            checked += 1
    assert checked


def made_pair(truth: np.ndarray, a: list[np.ndarray], b: list[np.ndarray], groups: np.ndarray) -> ComparedPair:

    from tests.makers.predictions import LABELS

    n, sides = len(truth), (ComparedSide("a", "run", (), "source"), ComparedSide("b", "run", (), "source"))
    return ComparedPair(
        sides,
        LABELS,
        tuple(map(str, range(n))),
        truth,
        (tuple(a), tuple(b)),
        (np.zeros(n), np.zeros(n)),
        groups,
        "source",
        None,
        (None,) * n,
        (),
    )


def test_seeds_widen_the_interval_as_theory_says() -> None:
    """With many articles and seeds that differ much, the variance is that of the seeds' means."""
    rng = np.random.default_rng(2)
    truth = truth_of(4000, rng)
    sides = [[predictions(truth, right, rng) for right in rights] for rights in ((0.6, 0.7, 0.8, 0.9), (0.5, 0.6, 0.7))]
    found = compare_pair(made_pair(truth, *sides, np.arange(4000)), metric="accuracy").main
    seeds = [np.array([(run == truth).mean() for run in side]) for side in sides]
    parts = [side.var(ddof=1) / len(side) for side in seeds]
    sd = math.sqrt(sum(parts))
    freedom = sum(parts) ** 2 / sum(part**2 / (len(side) - 1) for part, side in zip(parts, seeds, strict=True))
    assert found.difference == pytest.approx(seeds[0].mean() - seeds[1].mean())
    assert (found.a_sd, found.b_sd) == pytest.approx(tuple(side.std(ddof=1) for side in seeds))
    assert found.interval[1] - found.interval[0] == pytest.approx(2 * t.ppf(0.975, freedom) * sd, rel=0.1)
    one = compare_pair(made_pair(truth, [sides[0][0]], [sides[1][0]], np.arange(4000)), metric="accuracy").main
    assert one.interval[1] - one.interval[0] < (found.interval[1] - found.interval[0]) / 3


def test_equal_seeds_leave_only_the_articles() -> None:
    rng = np.random.default_rng(2)
    truth = truth_of(300, rng)
    a, b = predictions(truth, 0.8, rng), predictions(truth, 0.7, rng)
    several = compare_pair(made_pair(truth, [a, a, a], [b, b, b], np.arange(300))).main
    one = compare_pair(made_pair(truth, [a], [b], np.arange(300))).main
    assert several.interval == pytest.approx(one.interval, abs=0.01)
    assert several.p == pytest.approx(one.p, abs=0.04)


def test_seeds_differ_surely_where_interval_and_p_value_both_say_so() -> None:
    rng = np.random.default_rng(3)
    truth = truth_of(200, rng)
    for right in (0.6, 0.65, 0.7, 0.75):
        sides = [[predictions(truth, one, rng) for _ in range(3)] for one in (right, 0.7)]
        for one in compare_pair(made_pair(truth, *sides, np.arange(200) // 5)).metrics:
            assert (one.p < 0.05) == (not one.interval[0] <= 0 <= one.interval[1])


@pytest.mark.parametrize("runs", [1, 3])
@pytest.mark.parametrize("present", [(0, 1, 2), (0, 1), (1, 2)])
def test_classes_that_no_article_has_are_no_hypotheses(present: tuple[int, ...], runs: int) -> None:
    rng = np.random.default_rng(4)
    truth = np.array(present)[rng.integers(len(present), size=200)]
    sides = [[predictions(truth, right, rng) for _ in range(runs)] for right in (0.9, 0.7)]
    assert all({*values} == {0, 1, 2} for side in sides for values in side)  # each model gives every label
    found = compare_pair(made_pair(truth, *sides, np.arange(200)))
    assert [one.name for one in found.per_class] == ["abc"[label] for label in present]
    corrected = [one.p_adjusted for one in found.per_class]
    assert corrected == pytest.approx(list(holm([one.p for one in found.per_class])))
    said = [note for note in comparison_remarks(found) if "no article here has the label" in note]
    assert ["'" + "abc"[label] + "'." in said[0] for label in {0, 1, 2} - {*present}] == [True] * len(said)


def test_two_seeds_give_no_verdict() -> None:
    rng = np.random.default_rng(2)
    truth = truth_of(300, rng)
    sides = [[predictions(truth, right, rng) for _ in range(2)] for right in (0.9, 0.5)]
    found = compare_pair(made_pair(truth, *sides, np.arange(300)))
    assert (found.main.interval, found.main.p, found.main.sure) == (None, None, False)
    assert "cannot be said" in comparison_verdict(found) and "fewer than 3 seeds" in comparison_verdict(found)
    assert "give at least 3 (--seeds 3)" in " ".join(comparison_remarks(found))


def test_seeds_and_folds_are_read_from_their_folders(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    truth = truth_of(120, rng)
    articles = made_articles(truth)
    runs = [predictions(truth, right, rng) for right in (0.9, 0.9, 0.9, 0.4, 0.5, 0.45)]
    seeds = [write_seeds(tmp_path / "a", articles, runs[:3]), write_seeds(tmp_path / "b", articles, runs[3:])]
    found, _ = compare_runs(*seeds)
    assert (found.trainings, found.test) == ((3, 3), comparison.OVER_SEEDS)
    assert found.main.sure and found.main.a_sd is not None and found.mcnemar is None
    two, _ = compare_runs(seeds[0], write_seeds(tmp_path / "two", articles, runs[3:5]))
    assert two.trainings == (3, 2) and (two.main.interval, two.main.p, two.main.sure) == (None, None, False)
    single, _ = compare_runs(seeds[0], seeds[1] / "seed-0")
    assert single.trainings == (3, 1) and single.main.b_sd is None
    folds = [write_folds(tmp_path / f"f{i}", articles, runs[i], [row % 6 for row in range(120)]) for i in (0, 3)]
    found, _ = compare_runs(*folds)
    assert (found.trainings, found.test) == ((6, 6), comparison.CORRECTED_T)
    by_fold = [[(runs[i] == truth)[row::6].mean() for row in range(6)] for i in (0, 3)]
    gains = np.subtract(*by_fold)
    accuracy = next(one for one in found.metrics if one.name == "accuracy")
    assert accuracy.p == pytest.approx(corrected_t_test(gains, 20 / (120 * 0.9 - 20))[0])
    assert found.pooled and found.mcnemar is not None
    for folder in folds:  # over time: each of six folds of 20 articles trains on all before it, and 20 more
        (folder / "folds.json").write_text(json.dumps({"trained": [20 * k for k in range(1, 7)]}))
    accuracy = next(one for one in compare_runs(*folds)[0].metrics if one.name == "accuracy")
    assert accuracy.p == pytest.approx(corrected_t_test(gains, 120 / 420)[0])
    other = write_folds(tmp_path / "f9", articles, runs[3], [row // 20 for row in range(120)])
    found, _ = compare_runs(folds[0], other)
    assert found.test == comparison.RANDOMISATION
    assert "folds are not the same" in " ".join(found.notes)
    with pytest.raises(InputError, match="folds"):
        compare_runs(folds[0], seeds[0])


def test_the_command_says_which_is_better(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a, b = two_runs(tmp_path)
    out = tmp_path / "compared"
    assert cli(["compare", str(a), str(b), "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "is better than" in printed.replace("\n", " ") and "Each side is one training" in printed.replace("\n", " ")
    written = json.loads((out / "comparison.json").read_text())
    rows = list(csv.DictReader((out / "differences.csv").open()))
    assert len(rows) == written["differing"] and rows[0]["label"] in "abc"
    assert cli(["compare", str(b), str(a), "--json", "--out", str(tmp_path / "x.json")]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads((tmp_path / "x.json").read_text())
    assert cli(["compare", str(a), str(a), "--quiet"]) == 0
    assert "level with" in capsys.readouterr().out.replace("\n", " ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["A", "B", "--metric", "f1_macr"], "Did you mean 'f1_macro'"),
        (["A", "nowhere"], "There is no run folder 'nowhere'"),
        (["A", "B", "--split", "validation"], "There are no predictions"),
        (["A", "B", "--out", "A"], "holds something else"),
        (["A", "B", "--out", "there.json"], "exists already"),
    ],
)
def test_bad_input_is_refused_and_nothing_is_written(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    a, b = two_runs(tmp_path, n=12)
    monkeypatch.chdir(tmp_path)
    a.rename("A"), b.rename("B")
    Path("there.json").write_text("mine")
    before = sorted(path for path in tmp_path.rglob("*"))
    assert cli(["compare", *arguments]) == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert sorted(path for path in tmp_path.rglob("*")) == before
    assert Path("there.json").read_text() == "mine"


def test_crossed_pairs_are_compared_over_texts_and_targets(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    text, target = np.divmod(np.arange(300), 15)
    truth = truth_of(300, rng)
    easy = rng.normal(0, 1.5, 15)[target]
    runs = [
        np.where(rng.random(300) < 1 / (1 + np.exp(-(1 + sign * easy))), truth, (truth + 1) % 3) for sign in (1, -1)
    ]
    articles = made_articles(truth, source=[f"s{n}" for n in text], target=[f"t{n}" for n in target])
    found = []
    for name, crossed in (("plain", []), ("crossed", ["target"])):
        a, b = (
            write_run(tmp_path / name / side, articles, run, ["source"], crossed)
            for side, run in zip("ab", runs, strict=True)
        )
        found.append(compare_runs(a, b)[0])
    plain, crossed = found
    assert (crossed.test, plain.test) == (comparison.TWO_WAY, comparison.RANDOMISATION)
    assert crossed.resampled == "source and target"
    assert (crossed.groups, round(crossed.effective)) == (20, 15)
    assert crossed.main.difference == plain.main.difference
    assert np.ptp(crossed.main.interval) > 1.3 * np.ptp(plain.main.interval)
    assert crossed.main.p > plain.main.p


def test_the_usual_label_is_that_of_most_seeds_and_of_several_labels_those_of_half_of_them() -> None:
    assert comparison._usual([np.array([2, 1]), np.array([0, 1]), np.array([2, 0])]).tolist() == [2, 1]
    assert comparison._usual([np.array([[1, 0, 1]]), np.array([[1, 0, 0]])]).tolist() == [[1, 0, 1]]
