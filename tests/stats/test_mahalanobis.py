import numpy as np
import pytest
from sklearn.covariance import ShrunkCovariance
from sklearn.decomposition import PCA

from classifier.stats.mahalanobis import SHRINKAGE, fit_cloud


def points(count: int = 300, width: int = 12) -> np.ndarray:
    rng = np.random.default_rng(0)
    return (rng.normal(size=(count, width)) @ rng.normal(size=(width, width)) + 3).astype(np.float32)


@pytest.mark.parametrize("directions", [12, 4, 1])
def test_distances_are_those_of_scikit_learn(directions: int) -> None:
    known, new = points()[:250], points()[250:]
    widest = PCA(directions).fit(known)
    other = ShrunkCovariance(shrinkage=SHRINKAGE, assume_centered=True).fit(widest.transform(known))
    expected = np.sqrt(other.mahalanobis(widest.transform(new)))
    assert fit_cloud(known, directions).distances(new) == pytest.approx(expected, rel=1e-3)


def test_few_points_have_few_directions_and_one_point_has_a_distance() -> None:
    assert fit_cloud(points(20)).directions.shape == (12, 4)
    alone = fit_cloud(points(1))
    assert alone.distances(points(1)).tolist() == [0.0]
    assert np.isfinite(alone.distances(points(2))).all()
