import numpy as np
import pytest
from scipy.special import expit

from classifier.config import TrainConfig
from classifier.stats.blending import Blend
from classifier.stats.label_shift import validation_scores
from classifier.training.decision import HeldOutScores, blend_without_validation, fit_blend_on, fit_scores


def test_thresholds_part_the_same_articles_with_and_without_calibration() -> None:
    rng = np.random.default_rng(0)
    y = (rng.random((300, 3)) < 0.3).astype(np.int64)
    proba = expit(3 * rng.normal(size=(300, 3)) + 2 * y).astype(np.float32)
    plain, calibrated = (fit_scores(proba, y, calibrate=calibrate) for calibrate in (False, True))
    assert plain.calibration is None
    assert plain.thresholds is not None and calibrated.thresholds is not None and calibrated.calibration is not None
    kept = calibrated.calibration.apply(proba) >= np.array(calibrated.thresholds)
    assert np.array_equal(kept, proba >= np.array(plain.thresholds))
    assert calibrated.thresholds != pytest.approx(plain.thresholds, abs=0.01)


def test_without_any_held_out_article_the_model_is_used_alone(caplog: pytest.LogCaptureFixture) -> None:
    assert blend_without_validation(TrainConfig(), None) is None
    assert "(those of pairs never do, nor those that all belong together): the model is used without" in caplog.text
    assert blend_without_validation(TrainConfig(blend=0.5), None) == Blend(1.0, 2.0)


@pytest.mark.parametrize(("epochs", "weight", "with_validation"), [(0, 1.0, (1.0, 2.0)), (6, 0.3, (0.3, 8.0))])
def test_a_fine_tuned_model_is_too_sure_and_weighs_less_than_a_head(
    epochs: int, weight: float, with_validation: tuple[float, float]
) -> None:
    settings = TrainConfig(num_train_epochs=epochs)
    assert blend_without_validation(settings, 10.0) == Blend(weight, 8.0)
    nothing = np.zeros((3, 2), dtype=np.float32)
    found = fit_blend_on(settings, HeldOutScores(nothing, nothing, np.array([0, 1, 0]), (), "3"), 10.0)
    assert (found.model, found.tfidf) == pytest.approx(with_validation, rel=1e-3)


def test_what_two_sets_of_articles_say_stands_in_one_order() -> None:
    one, other = (
        HeldOutScores(
            np.full((n, 2), n, dtype=np.float32),
            np.full((n, 2), -n, dtype=np.float32),
            np.full(n, n),
            (str(n),) * n,
            str(n),
        )
        for n in (1, 2)
    )
    both = one.beside(other)
    assert both.y.tolist() == both.logits[:, 0].tolist() == [1, 2, 2]
    assert both.tfidf is not None and both.tfidf[:, 1].tolist() == [-1, -2, -2]
    assert (both.sources, both.what) == (("1", "2", "2"), "1 and 2")
    assert one.beside(None) is one


def test_scores_that_are_kept_are_those_of_validation_alone() -> None:
    """Training articles out of fold come after them: calibration is fitted on both."""
    rng = np.random.default_rng(1)
    y = rng.integers(0, 2, 90)
    proba = np.stack([1 - y, y], axis=1) * 0.6 + rng.random((90, 1)) * 0.2 + 0.1
    proba = (proba / proba.sum(axis=1, keepdims=True)).astype(np.float32)
    sources = [f"source {k % 9}" for k in range(90)]
    found = fit_scores(proba, y, calibrate=True, sources=sources, stored=30)
    alone = fit_scores(proba, y, calibrate=True, sources=sources)
    assert found.calibration == alone.calibration
    assert found.validation is not None and alone.validation is not None
    assert (found.validation.articles, alone.validation.articles) == (30, 90)
    assert found.calibration is not None
    expected = validation_scores(found.calibration.apply(proba[:30]), y[:30], sources[:30])
    assert found.validation == expected
