"""What difference between two models a test set can show, foreseen when it is built: by the answers of the probe."""

from __future__ import annotations

import numpy as np

from classifier.arrays import Ints
from classifier.dataset.info import LeakageProbe, SizeOfTest
from classifier.stats.few_groups import effective_groups
from classifier.stats.power import LEAST_CORRELATION, ComparedArticles, smallest_difference, times_needed

WANTED = 0.03  # a difference in accuracy between two models that is worth knowing of


def size_of_test(probe: LeakageProbe, groups: Ints) -> SizeOfTest | None:
    """Foresee it; see `classifier.stats.power` for how.

    Args:
        probe: of the same split.
        groups: which of all test articles stand together, shape (n,), any numbers.

    Returns:
        None where the probe does not say how often it was right.
    """
    n, count, effective = len(groups), len(np.unique(groups)), effective_groups(groups)
    if probe.accuracy is None or not n:
        return None
    correlation = 0.0 if count == n else max(LEAST_CORRELATION, probe.correlation or 0.0)
    accuracy = (probe.accuracy * probe.test + 1) / (probe.test + 2)  # not all of them right, however few
    compared = ComparedArticles(n, count, effective, accuracy, correlation)
    shown, times = smallest_difference(compared), times_needed(compared, WANTED)
    return SizeOfTest(
        articles=n,
        groups=count,
        effective=round(effective, 2),
        accuracy=probe.accuracy,
        correlation=round(correlation, 4),
        detectable=None if shown is None else round(shown, 4),
        detectable_f1=None if shown is None or probe.f1_error is None else round(shown * probe.f1_error, 4),
        wanted=WANTED,
        articles_needed=None if times is None else round(n * times),
        groups_needed=None if times is None else round(count * times),
    )
