"""How far points lie from a cloud of points: the Mahalanobis distance, in the directions in which the cloud is widest.

The covariance is shrunk towards a multiple of the identity, so that a few points are enough (Ledoit and Wolf, Journal
of Multivariate Analysis 88, 2004; scikit-learn's ``ShrunkCovariance``). As a score of what is unlike training data the
distance is that of Lee et al., 2018 (arXiv:1807.03888), with one cloud for all classes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from classifier.arrays import Floats, Floats32
from classifier.one_thread import one_thread

DIRECTIONS = 64
POINTS_PER_DIRECTION = 5
SHRINKAGE = 0.1  # as in scikit-learn


@dataclass(frozen=True)
class Cloud:
    """A cloud of points.

    Attributes:
        mean: shape (width,).
        directions: in which it is widest, at right angles to one another, shape (width, directions).
        variances: of the points in these directions, shrunk, shape (directions,).
    """

    mean: Floats32
    directions: Floats32
    variances: Floats32

    def distances(self, points: Floats32) -> Floats:
        """The Mahalanobis distance of each point, shape (points,).

        Example:
            >>> cloud = fit_cloud(np.array([[-2, 0], [2, 0], [0, -1], [0, 1]], dtype=np.float32), directions=2)
            >>> cloud.distances(np.array([[0, 0], [4, 0]], dtype=np.float32)).round(2).tolist()
            [0.0, 2.88]
        """
        inside = (points - self.mean) @ self.directions
        return np.asarray(np.sqrt((inside.astype(np.float64) ** 2 / self.variances).sum(axis=1)))


def fit_cloud(points: Floats32, directions: int | None = None) -> Cloud:
    """The cloud of some points.

    Args:
        points: shape (points, width); at least one.
        directions: how many are looked at; None = `DIRECTIONS`, and fewer where there are few points.
    """
    most = min(points.shape[1], DIRECTIONS, max(1, len(points) // POINTS_PER_DIRECTION))
    mean = points.mean(axis=0, dtype=np.float64)
    centred = points - mean
    with one_thread():
        variances, vectors = np.linalg.eigh(centred.T @ centred / len(points))
    widest = np.argsort(-variances, kind="stable")[: most if directions is None else directions]
    found = np.maximum(variances[widest], 0)
    tiny = float(np.finfo(np.float32).tiny)
    shrunk = (1 - SHRINKAGE) * found + max(SHRINKAGE * float(found.mean()), tiny)
    return Cloud(mean.astype(np.float32), vectors[:, widest].astype(np.float32), shrunk.astype(np.float32))
