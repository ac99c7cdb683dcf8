import math
import shutil
from pathlib import Path

import numpy as np
import pytest

from classifier.articles.article import Article
from classifier.jobs.seeds import train_seeds
from classifier.jobs.train import train
from classifier.models.classifier import Classifier
from classifier.models.tfidf import load_baselines
from classifier.models.transformer.forward import article_logits, probabilities
from classifier.stats.blending import (
    OF_SCALE,
    OF_TUNED,
    USUAL,
    Blend,
    Prior,
    fit_blend,
    fit_scale,
    fixed_blend,
    prior_of,
)
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.settings import tiny

TEXTS = [article.text for article in make_articles(30, seed=7)]
SHORT = {"train.num_train_epochs": 1, "train.learning_rate": 0.003}


def share(blend: Blend) -> float:
    """How much of the weight TF-IDF has."""
    return blend.tfidf / (blend.tfidf + blend.model)


def made(n: int, *, multi_label: bool = False, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores that know the labels (three times of four), scores that know nothing, and the labels."""
    rng = np.random.default_rng(seed)
    y = (rng.random((n, 3)) < 0.4).astype(np.int64) if multi_label else rng.integers(3, size=n)
    truth = 2.0 * y - 1 if multi_label else 2.0 * np.eye(3)[y] - 1
    good = (truth + rng.normal(scale=0.9, size=(n, 3))).astype(np.float32)
    return good, rng.normal(size=(n, 3)).astype(np.float32), y


@pytest.mark.parametrize("multi_label", [False, True])
@pytest.mark.parametrize("balanced", [False, True])
def test_the_one_that_knows_gets_the_weight(multi_label: bool, balanced: bool) -> None:
    good, useless, y = made(1500, multi_label=multi_label)
    model = fit_blend(good, useless, y, balanced=balanced)
    tfidf = fit_blend(useless, good, y, balanced=balanced)
    assert share(model) < 0.2
    assert share(tfidf) > 0.8
    assert model.model > 1
    assert tfidf.tfidf > 1


def test_the_weights_are_calibrated() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(scale=2, size=(4000, 3))
    proba = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    y = np.array([rng.choice(3, p=row) for row in proba])
    blend = fit_blend((logits / 3).astype(np.float32), np.zeros((4000, 3), np.float32), y, balanced=False)
    assert blend.model == pytest.approx(3, rel=0.1)
    assert blend.tfidf == pytest.approx(USUAL[1], rel=0.01)  # nothing speaks for another weight


def test_few_articles_stay_near_the_usual_weights() -> None:
    good, useless, y = made(6)
    few = fit_blend(good, useless, y, balanced=True)
    many = fit_blend(*made(1500), balanced=True)
    usual = Blend(*USUAL)
    assert abs(share(few) - share(usual)) < abs(share(many) - share(usual)) / 2
    none = np.zeros((0, 3), dtype=np.float32)
    assert abs(share(fit_blend(none, none, np.zeros(0, dtype=np.int64), balanced=False)) - share(usual)) < 1e-6


@pytest.mark.parametrize("multi_label", [False, True])
def test_the_scale_of_scores_alone_is_that_under_which_they_are_calibrated(multi_label: bool) -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(scale=2, size=(4000, 3))
    if multi_label:
        y = (rng.random((4000, 3)) < 1 / (1 + np.exp(-logits))).astype(np.int64)
    else:
        proba = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        y = np.array([rng.choice(3, p=row) for row in proba])
    for factor in (0.1, 1, 20):
        found = fit_scale((logits / factor).astype(np.float32), y, balanced=False)
        assert found == pytest.approx(factor, rel=0.1)


def test_scores_that_are_always_right_have_a_finite_scale() -> None:
    right = 2 * np.eye(3, dtype=np.float32)[np.arange(300) % 3] - 1
    assert 5 < fit_scale(right, np.arange(300) % 3, balanced=True) < 150


def test_a_known_scale_decides_where_few_articles_tell_and_many_overrule_it() -> None:
    """Scores of a machine whose decision values are small: with the usual prior they hardly count."""
    good, useless, y = made(2000)
    small, prior = good / 10, prior_of(fit_scale(good / 10, y, balanced=True), tuned=False)
    unknown, known = (fit_blend(useless[:6], small[:6], y[:6], balanced=True, prior=p) for p in (Prior(), prior))
    assert unknown.tfidf < prior.blend.tfidf / 2
    assert known.tfidf == pytest.approx(prior.blend.tfidf, rel=0.4)
    wrong, right = (fit_blend(useless, small, y, balanced=True, prior=p) for p in (prior_of(1.0, tuned=False), prior))
    assert wrong.tfidf == pytest.approx(right.tfidf, rel=0.25)


def test_balanced_weighs_a_rare_class_like_a_frequent_one() -> None:
    rng = np.random.default_rng(0)
    y = np.array([0] * 950 + [1] * 50)
    logits, scores = rng.normal(size=(2, 1000, 2)).astype(np.float32)
    logits[y == 0] += [3, 0]  # the model knows the frequent class alone, TF-IDF the rare one alone
    logits[y == 1] += [1, 0]
    scores[y == 1] += [0, 3]
    assert (
        share(fit_blend(logits, scores, y, balanced=True)) > share(fit_blend(logits, scores, y, balanced=False)) + 0.1
    )


@pytest.mark.parametrize(("share", "blend"), [(0.0, (2, 0)), (0.5, USUAL), (1.0, (0, 4))])
def test_a_share_by_hand(share: float, blend: tuple[float, float]) -> None:
    fixed = fixed_blend(share)
    assert (fixed.model, fixed.tfidf) == pytest.approx(blend)


def test_the_sum_is_that_of_both() -> None:
    blended = Blend(0.5, 2.0).apply(np.array([[1.0, 3.0]], np.float32), np.array([[0.25, -1.0]], np.float32))
    assert blended.tolist() == [[1.0, -0.5]]
    assert blended.dtype == np.float32


def expected(model: Classifier, texts: list[str], blend: tuple[float, float], tfidf: Path) -> np.ndarray:
    """Blended probabilities worked out by hand."""
    articles = [Article(str(index), text) for index, text in enumerate(texts)]
    logits = article_logits(model.model, model.encoder.encode(articles), model.encoder, device=model.device)
    scores = load_baselines(tfidf).scores(articles, 3)
    return probabilities((blend[0] * logits + blend[1] * scores).astype(np.float32), model.info.multi_label)


def source(folder: Path, n: int = 90, *, multi_label: bool = False) -> str:
    articles = make_articles(n, multi_label=multi_label)
    return str(write_jsonl(folder / "a.jsonl", articles, multi_label=multi_label))


@pytest.mark.parametrize(("setting", "weights"), [("auto", None), (0.3, (1.4, 1.2)), (1.0, (0.0, 4.0))])
def test_prediction_obeys_the_stored_blend_wherever_the_model_lies(
    checkpoint: Path, tmp_path: Path, setting: object, weights: tuple[float, float] | None
) -> None:
    settings = tiny(checkpoint, **SHORT, **{"train.blend": setting})
    run = train(source(tmp_path), tmp_path / "run", settings=settings).run
    model = Classifier.load(run.path, device="cpu")
    blend = model.info.blend
    assert blend is not None
    assert weights is None or blend == pytest.approx(weights)
    assert model.predict_proba(TEXTS) == pytest.approx(expected(model, TEXTS, blend, run.baseline), abs=1e-6)
    assert np.abs(model.predict_proba(TEXTS) - expected(model, TEXTS, (1.0, 0.0), run.baseline)).max() > 0.01
    shutil.move(run.model, tmp_path / "elsewhere")
    shutil.rmtree(run.path)
    copied = Classifier.load(tmp_path / "elsewhere", device="cpu")
    assert np.array_equal(copied.predict_proba(TEXTS), model.predict_proba(TEXTS))


def test_the_log_names_the_weights_that_the_model_has(
    checkpoint: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="classifier")
    run = train(source(tmp_path), tmp_path / "run", settings=tiny(checkpoint, **SHORT, **{"train.blend": "auto"})).run
    blend = Classifier.load(run.path, device="cpu").info.blend
    assert blend is not None
    wanted = f"blend: {blend[0]:.2f} × logits of the model + {blend[1]:.2f} × scores of TF-IDF, fitted on 9 validation"
    assert wanted in caplog.text


def test_without_blend_the_model_stands_alone(checkpoint: Path, tmp_path: Path) -> None:
    run = train(source(tmp_path), tmp_path / "run", settings=tiny(checkpoint, **SHORT, **{"train.blend": "none"})).run
    model = Classifier.load(run.path, device="cpu")
    assert (model.info.blend, model.tfidf) == (None, None)
    assert not (run.model / "tfidf").exists()
    assert model.predict_proba(TEXTS) == pytest.approx(expected(model, TEXTS, (1, 0), run.baseline), abs=1e-6)


def test_without_validation_training_articles_out_of_fold_decide_and_a_share_by_hand_is_used(
    checkpoint: Path, tmp_path: Path
) -> None:
    blends = {}
    for setting in ("auto", 0.5):
        settings = tiny(checkpoint, **SHORT, **{"train.blend": setting, "split.validation_size": 0})
        run = train(source(tmp_path), tmp_path / str(setting), settings=settings).run
        blends[setting] = Classifier.load(run.path, device="cpu").info.blend, load_baselines(run.baseline).scale
    found, scale = blends["auto"]
    assert scale is not None and scale > 1
    assert found == pytest.approx((OF_TUNED, OF_SCALE * scale))
    assert blends[0.5][0] == (1.0, 2.0)


def test_thresholds_of_several_labels_are_those_of_the_blend(checkpoint: Path, tmp_path: Path) -> None:
    from classifier.stats.thresholds import best_thresholds

    settings = tiny(checkpoint, **SHORT, **{"train.blend": 1.0, "data.task": "multi_label"})
    report = train(source(tmp_path, multi_label=True), tmp_path / "run", settings=settings)
    model = Classifier.load(report.run.path, device="cpu")
    articles = list(report.dataset.articles("validation"))
    y = model.label_set.encode(article.labels for article in articles)
    assert model.info.thresholds == pytest.approx(best_thresholds(y, model.predict_articles(articles)))


def test_each_member_of_an_ensemble_blends(checkpoint: Path, tmp_path: Path) -> None:
    settings = tiny(checkpoint, **SHORT, **{"train.blend": "auto"})
    train_seeds(source(tmp_path), tmp_path / "out", count=2, settings=settings)
    ensemble = Classifier.load(tmp_path / "out", device="cpu")
    by_hand = []
    for member in ensemble.members:
        assert member.info.blend is not None
        tfidf = tmp_path / "out" / f"seed-{13 + len(by_hand)}" / "model" / "tfidf"
        by_hand.append(expected(member, TEXTS, member.info.blend, tfidf))
    assert not math.isclose(np.abs(by_hand[0] - by_hand[1]).max(), 0)
    assert ensemble.predict_proba(TEXTS) == pytest.approx(np.mean(by_hand, axis=0), abs=1e-6)
