import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

from classifier.articles.readers.row import Row
from classifier.articles.readers.table import read_rows
from classifier.checksums import CHECKSUMS
from classifier.cli.app import run as cli
from classifier.errors import InputError
from classifier.files import read_json_as, write_json
from classifier.jobs.evaluate import evaluate
from classifier.jobs.seeds import train_seeds
from classifier.jobs.train import train
from classifier.models.classifier import Classifier
from classifier.models.model_folder import read_model_info
from classifier.stats.abstention import (
    CONFIDENCE,
    Abstention,
    Outcome,
    chance,
    counts_to_try,
    fewest_groups,
    fit_abstention,
    lowest_score,
    measure,
    most_kept,
)
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.settings import tiny

TEXTS = [article.text for article in make_articles(60, seed=7)]


def draw(n: int, kind: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Scores, and the true probability that each is right."""
    if kind == "sure":
        scores = rng.beta(4, 0.6, n)
        return scores.astype(np.float32), scores
    scores = rng.random(n)
    right = {"flat": np.full(n, 0.88), "edge": np.where(scores > 0.5, 0.899, 0.7)}[kind]
    return scores.astype(np.float32), right


@pytest.mark.parametrize("kind", ["sure", "flat", "edge"])
@pytest.mark.parametrize("n", [60, 300])
def test_the_promise_holds_in_95_of_100_validation_sets(kind: str, n: int) -> None:
    rng = np.random.default_rng(n)
    many, truth = draw(200_000, kind, rng)
    order = np.argsort(-many)
    above = np.cumsum(truth[order]) / np.arange(1, len(many) + 1)  # true precision from each score on
    broken = 0
    for _ in range(200):
        scores, chance = draw(n, kind, rng)
        threshold = lowest_score(scores, rng.random(n) < chance, 0.9)
        if threshold is not None:
            count = max(1, int((many >= threshold).sum()))
            broken += above[count - 1] < 0.9 - 1e-4
    assert broken <= 200 * (1 - CONFIDENCE) + 4  # one-sided, two standard deviations of chance


def test_the_thresholds_that_are_tried_share_the_risk() -> None:
    """The worst case: a precision just below the one that is promised, whatever the score, and many thresholds."""
    rng = np.random.default_rng(0)
    scores = rng.random(1500).astype(np.float32)
    assert len(counts_to_try(np.sort(scores)[::-1], 0.9, np.arange(len(scores)))) >= 10
    found = [lowest_score(scores, rng.random(1500) < 0.8999, 0.9) for _ in range(1500)]
    assert np.mean([threshold is not None for threshold in found]) < 0.05 + 2 * 0.006


def test_a_lucky_maximum_would_break_it() -> None:
    """That the simulation can fail: with the best share found on validation the promise is mostly broken."""
    rng = np.random.default_rng(0)
    broken = 0
    for _ in range(100):
        scores, chance = draw(60, "flat", rng)
        right = rng.random(60) < chance
        shares = np.cumsum(right[np.argsort(-scores)]) / np.arange(1, 61)
        broken += bool((shares[4:] >= 0.9).any())
    assert broken > 60


def test_enough_right_labels_are_shown_and_too_few_are_not() -> None:
    scores = np.linspace(0.5, 1, 60, dtype=np.float32)
    assert lowest_score(scores, np.ones(60, bool), 0.9) == 0.0
    assert lowest_score(scores[:28], np.ones(28, bool), 0.9) is None  # 0.9 ** 28 > 0.05
    assert lowest_score(scores[:29], np.ones(29, bool), 0.9) == 0.0
    assert lowest_score(scores[:0], np.ones(0, bool), 0.9) is None
    rng = np.random.default_rng(0)
    many, chance = draw(1000, "sure", rng)
    found = lowest_score(many, rng.random(1000) < chance, 0.9)
    assert found is not None and 0 < found < 0.9
    stricter = lowest_score(many, rng.random(1000) < chance, 0.95)
    assert stricter is not None and stricter > found


def test_a_threshold_keeps_exactly_the_scores_that_were_counted() -> None:
    scores = np.concatenate([np.full(100, 0.9), np.full(100, 0.6)]).astype(np.float32)
    right = np.concatenate([np.ones(100), np.zeros(100)]).astype(bool)
    threshold = lowest_score(scores, right, 0.9)
    assert threshold is not None
    assert (scores >= threshold).tolist() == [True] * 100 + [False] * 100
    assert np.float32(threshold) == np.nextafter(np.float32(0.6), np.float32(1))
    assert counts_to_try(np.sort(scores)[::-1], 0.9, np.arange(len(scores))) == [100, 200]


@pytest.mark.parametrize(("hits", "count"), [(29, 29), (55, 60), (0, 5), (1, 3)])
def test_the_chance_for_independent_articles_is_the_exact_binomial_one(hits: int, count: int) -> None:
    right = np.arange(count) < hits
    assert chance(right, np.arange(count), 0.9, 0.05) == pytest.approx(binom.sf(hits - 1, count, 0.9))


def test_articles_of_few_sources_count_for_fewer() -> None:
    right = np.ones(400, bool)
    alone = chance(right, np.arange(400), 0.9, 0.05)
    found = [chance(right, np.arange(400) % sources, 0.9, 0.05) for sources in (2, 5, 6, 20, 100)]
    assert found == sorted(found, reverse=True) and found[0] == 1.0
    assert found[1] > 0.05 > found[2] > alone
    unlike = np.arange(400) % 20 > 0  # one source is wrong as a whole
    assert chance(unlike, np.arange(400) % 20, 0.9, 0.05) > 0.05 > chance(unlike, np.arange(400), 0.9, 0.05)
    assert [fewest_groups(wanted) for wanted in (0.5, 0.9, 0.95, 0.99)] == [7, 6, 8, 32]
    for wanted in (0.9, 0.95, 0.99):  # the fewest are enough, and one fewer is not
        need = fewest_groups(wanted)
        for sources in (need, need - 1):
            many = np.linspace(1, 0.5, 4000 * sources)
            kept = most_kept(many, np.ones(len(many), bool), wanted, np.arange(len(many)) % sources)
            assert (kept > 0) == (sources == need)
    assert chance(right, np.repeat([0, 1, 2, 3], [370, 10, 10, 10]), 0.9, 0.05) == 1.0  # they count for 1.2 sources


@pytest.mark.parametrize(("sources", "wanted"), [(2, 0.9), (5, 0.9), (20, 0.9), (20, 0.95), (40, 0.95), (40, 0.99)])
def test_the_promise_holds_for_new_sources(sources: int, wanted: float) -> None:
    """Sources are right so often on average, some more, some less: the promise of more must rarely be made."""
    rng = np.random.default_rng(sources)
    groups, promised, plain = np.repeat(np.arange(sources), 400 // sources), 0, 0
    for _ in range(200):
        right = rng.random(400) < rng.beta(9 * wanted / 0.9, (1 - wanted) * 10.1, sources)[groups]
        scores = rng.random(400).astype(np.float32)
        promised += lowest_score(scores, right, wanted, groups) is not None
        plain += lowest_score(scores, right, wanted) is not None
    assert promised <= 200 * 0.05 + 4 and plain > promised


def test_each_class_has_its_threshold_and_what_is_left_is_counted(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    first = rng.random(400) < 0.5
    proba = np.stack([np.where(first, 0.8, 0.2), np.where(first, 0.2, 0.8)], axis=1).astype(np.float32)
    given = proba > 0.5
    right = np.stack([first, ~first], axis=1)
    right[~first] = (rng.random((1, (~first).sum())) < 0.5).T ^ np.array(
        [[True, False]]
    )  # the second is right by chance
    found = fit_abstention(proba, given, right, 0.9)
    assert found.thresholds[0] == 0.0
    assert found.thresholds[1] is None
    outcome = measure("test", found, ["a", "b"], proba, given, right)
    assert outcome.coverage == pytest.approx(first.mean())
    assert outcome.precision == 1.0
    assert (outcome.classes["b"].given, outcome.classes["b"].precision) == (0, None)
    assert outcome.classes["b"].without == (~first).sum()
    write_json(tmp_path / "abstention.json", asdict(outcome))
    assert read_json_as(tmp_path / "abstention.json", Outcome) == outcome
    for precision in (0, 1, 1.2, -0.1, float("nan")):
        with pytest.raises(InputError, match="must be between 0 and 1"):
            fit_abstention(proba, given, right, precision)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Path:
    folder = tmp_path_factory.mktemp("abstention")
    source = write_jsonl(folder / "articles.jsonl", make_articles(180))
    more = {"train.num_train_epochs": 1, "train.calibration": "auto", "split.validation_size": 0.5}
    path = train(str(source), folder / "run", settings=tiny(checkpoint, **more)).run.path
    (path / "model" / CHECKSUMS).unlink()  # tests change its files
    return path


def with_thresholds(run: Path, thresholds: list[float | None]) -> None:
    """Store thresholds that part the articles of a test in a known way."""
    file = run / "model" / "classifier.json"
    values = json.loads(file.read_text())
    file.write_text(json.dumps({**values, "abstention": {"min_precision": 0.9, "thresholds": thresholds}}))


def test_without_thresholds_the_command_that_finds_them_is_named(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    info = read_model_info(run / "model")
    assert info.abstention is None
    out = tmp_path / "o.csv"
    arguments = [str(write_jsonl(tmp_path / "a.jsonl", make_articles(5))), "--out", str(out), "--abstain"]
    for path, named in ((run, run), (run / "model", "RUN")):
        assert cli(["predict", str(path), *arguments]) == 2
        words = " ".join(capsys.readouterr().err.split())
        assert "no thresholds to abstain by" in words
        assert f"classifier evaluate {named} --min-precision 0.9".replace(" ", "") in words.replace(" ", "")
        assert not out.exists()
    with pytest.raises(InputError, match="no thresholds to abstain by"):
        Classifier.load(run, device="cpu").predict(TEXTS, abstain=True)


def test_evaluate_finds_stores_and_later_reports_thresholds(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = json.loads((run / "model" / "classifier.json").read_text())
    for wrong in ("0", "1", "1.5"):
        assert cli(["evaluate", str(run), "--min-precision", wrong]) == 2
        assert "must be between 0 and 1" in capsys.readouterr().err
    assert json.loads((run / "model" / "classifier.json").read_text()) == before
    assert not (run / "evaluation" / "test" / "abstention.json").exists()
    assert cli(["evaluate", str(run), "--min-precision", "0.8"]) == 0
    words = " ".join(capsys.readouterr().out.split())
    assert "Abstaining for a precision of 0.8 in each class" in words
    stored = json.loads((run / "model" / "classifier.json").read_text())
    thresholds = stored["abstention"]["thresholds"]
    assert {**stored, "abstention": None} == {**before, "abstention": None}
    model = Classifier.load(run, device="cpu")
    written = json.loads((run / "evaluation" / "test" / "abstention.json").read_text())
    assert [found["threshold"] for found in written["classes"].values()] == thresholds
    articles = make_articles(30, seed=3)
    again = evaluate(run, device="cpu", data=str(write_jsonl(tmp_path / "b.jsonl", articles)), out=tmp_path / "e")
    assert again.abstention is not None and again.abstention.min_precision == 0.8
    given = model.predict([article.text for article in articles], abstain=True)
    assert sum(label is not None for label in given) == sum(c.given for c in again.abstention.classes.values())
    hits = sum(label == article.labels[0] for label, article in zip(given, articles, strict=True))
    kept = sum(label is not None for label in given)
    assert again.abstention.coverage == pytest.approx(kept / 30)
    assert again.abstention.precision == (pytest.approx(hits / kept) if kept else None)
    validation = evaluate(run, device="cpu", split="validation")
    assert validation.abstention is not None
    for found in validation.abstention.classes.values():
        assert found.threshold is None or found.interval[1] >= 0.8
    more = str(tmp_path / "b.jsonl")
    evaluate(run, device="cpu", data=more, min_precision=0.7)
    assert not (run / "evaluation" / "test" / "abstention.json").exists()  # it was of other thresholds
    assert (run / "evaluation" / "data-b.jsonl" / "abstention.json").exists()
    assert "With <code>predict --abstain</code>" not in (run / "report.html").read_text()
    file = run / "model" / "classifier.json"
    file.write_text(json.dumps(before))


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_predict_leaves_uncertain_labels_empty(
    run: Path, tmp_path: Path, suffix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = run / "model" / "classifier.json"
    before = file.read_text()
    model = Classifier.load(run, device="cpu")
    proba, labels = model.predict_proba(TEXTS), model.predict(TEXTS)
    score = np.array([row[model.info.labels.index(label)] for row, label in zip(proba, labels, strict=True)])
    middle = float(np.median(score[[label == "satire" for label in labels]]))
    with_thresholds(run, [0.0, None, middle])  # opinion always, reporting never, satire where it is sure
    try:
        (tmp_path / "a.csv").write_text("text,best_guess\n" + "".join(f"{text},mine\n" for text in TEXTS))
        out = tmp_path / f"o.{suffix}"
        arguments = ["predict", str(run), str(tmp_path / "a.csv"), "--out", str(out), "--device", "cpu"]
        assert cli([*arguments, "--abstain"]) == 0
        rows = [row.values for row in read_rows(out) if isinstance(row, Row)]
        wide = [f"score_{name}" for name in model.info.labels] if suffix == "csv" else []
        added = ["score", "scores", *wide, "predicted_by"]
        assert list(rows[0]) == ["text", "original_best_guess", "label", "best_guess", *added]
        assert [row["best_guess"] for row in rows] == labels
        assert [float(row["score"]) for row in rows] == pytest.approx(score.tolist(), abs=1e-5)
        expected = [
            label if label == "opinion" or (label == "satire" and s >= middle) else None
            for label, s in zip(labels, score, strict=True)
        ]
        assert [row["label"] or None for row in rows] == expected
        assert {None, "opinion", "satire"} == set(expected)
        assert Classifier.load(run, device="cpu").predict(TEXTS, abstain=True) == expected
        assert Classifier.load(run, device="cpu").predict(TEXTS) == labels
        empty = sum(label is None for label in expected)
        assert f"abstained on {empty} of 60 articles" in " ".join(capsys.readouterr().err.split())
        with_thresholds(run, [None, None, None])
        assert cli([*arguments, "--abstain", "--overwrite"]) == 0
        assert "no label can be given" in " ".join(capsys.readouterr().err.split())
        assert cli([*arguments, "--overwrite"]) == 0
        plain = next(row.values for row in read_rows(out) if isinstance(row, Row))
        assert list(plain) == ["text", "best_guess", "label", *added]
    finally:
        file.write_text(before)


def test_several_labels_abstain_one_by_one_and_ensembles_keep_their_own(tmp_path: Path, checkpoint: Path) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", make_articles(120, multi_label=True), multi_label=True)
    more = {"train.num_train_epochs": 1, "data.task": "multi_label", "split.validation_size": 0.4}
    settings = tiny(checkpoint, **more, **{"train.calibration": "auto"})
    out = tmp_path / "out"
    train_seeds(str(path), out, count=2, settings=settings)
    result = evaluate(out, min_precision=0.5, device="cpu")
    stored = json.loads((out / "ensemble.json").read_text())
    assert result.abstention is not None
    assert stored["abstention"]["thresholds"] == [c.threshold for c in result.abstention.classes.values()]
    for seed in (13, 14):
        assert json.loads((out / f"seed-{seed}" / "model" / "classifier.json").read_text())["abstention"] is None
    model = Classifier.load(out, device="cpu")
    proba = model.predict_proba(TEXTS)
    middle = float(np.median(proba[:, 0]))
    found = Abstention(0.9, (middle, None, 0.0))
    cautious = replace(model, info=replace(model.info, abstention=found))
    assert model.info.thresholds is not None
    plain = proba >= np.array(model.info.thresholds)
    keep = plain & np.stack([proba[:, 0] >= middle, np.zeros(60, bool), np.ones(60, bool)], axis=1)
    assert np.array_equal(cautious.given(proba, abstain=True), keep)
    assert [set(labels) for labels in cautious.predict(TEXTS, abstain=True) if labels is not None] == [
        {model.classes_[k] for k in np.flatnonzero(row)} for row in keep
    ]
    assert keep.sum() < plain.sum()


def test_without_validation_no_thresholds_can_be_found(tmp_path: Path, checkpoint: Path) -> None:
    source = write_jsonl(tmp_path / "a.jsonl", make_articles(40))
    settings = tiny(checkpoint, **{"train.num_train_epochs": 1, "split.validation_size": 0})
    run = train(str(source), tmp_path / "run", settings=settings).run
    with pytest.raises(InputError, match="needs validation articles"):
        evaluate(run.path, min_precision=0.9, device="cpu")
    assert read_model_info(run.model).abstention is None
