"""`Decider`: from calibrated scores to labels. It needs no network: scores may come from another process."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from classifier.arrays import Bools, Floats32
from classifier.articles.labels import LabelSet
from classifier.models.model_folder import ModelInfo
from classifier.stats.abstention import check_stored
from classifier.stats.conformal import check_stored_sets
from classifier.stats.thresholds import decide


@dataclass(frozen=True)
class Decider:
    """Which labels calibrated scores give.

    Attributes:
        info: labels, thresholds and other settings of a model or an ensemble, as stored in ``classifier.json``.
        weights: what the score of each label is multiplied by before the highest one decides; None = `decide` says.

    Example:
        >>> import numpy as np
        >>> from classifier.models.classifier import Classifier
        >>> decider = Decider(Classifier.load("runs/first").info)
        >>> decider.decide(np.array([[0.1, 0.2, 0.7]], dtype=np.float32)).tolist()
        [2]
    """

    info: ModelInfo
    weights: tuple[float, ...] | None = field(default=None, kw_only=True)

    @property
    def label_set(self) -> LabelSet:
        """The labels as a `LabelSet`."""
        return self.info.label_set

    def decide(self, proba: Floats32) -> npt.NDArray[np.int64]:
        """Label ids (n,) for single-label; a 0/1 matrix by the stored thresholds for multi-label.

        Calibration changes the scores, not the labels: where articles have one label each, it is the one that was most
        likely before calibration, unless ``label_by`` is "score".
        """
        if self.weights is not None:
            return decide(proba * np.array(self.weights, dtype=np.float32), self.info.multi_label)
        calibration = self.info.calibration
        if calibration is not None and not self.info.multi_label and self.info.label_by == "fit":
            proba = calibration.undone(proba)
        return decide(proba, self.info.multi_label, self.info.thresholds)

    def given(self, proba: Floats32, *, abstain: bool = False) -> Bools:
        """Which classes are given to each article, bool of shape (articles, classes).

        Args:
            proba: calibrated.
            abstain: leave out those whose probability is below the stored threshold.

        Raises:
            InputError: no thresholds are stored.
        """
        given = self.label_set.matrix(self.decide(proba))
        return given & check_stored(self.info.abstention).keeps(proba) if abstain else given

    def in_set(self, proba: Floats32) -> Bools:
        """Which classes are in the set of each article, bool of shape (articles, classes).

        Args:
            proba: calibrated.

        Raises:
            InputError: no sets are stored.
        """
        return check_stored_sets(self.info.sets).holds(proba, self.given(proba))

    def deciding_like(self, other: Decider) -> Self:
        """The same with the settings by which another one decides."""
        return replace(self, info=other.info, weights=other.weights)

    def promising(self, info: ModelInfo) -> Self:
        """The same with the thresholds of abstention and the label sets that another model stores."""
        return replace(self, info=replace(self.info, abstention=info.abstention, sets=info.sets))
