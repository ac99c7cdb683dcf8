import numpy as np
import pytest
from scipy.special import expit

from classifier.config import TrainConfig
from classifier.stats.blending import Blend
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
