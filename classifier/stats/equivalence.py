"""What may be said where no difference was found: that two figures are level, or how large a difference could hide.

That nothing was found shows nothing by itself ("absence of evidence is not evidence of absence", Altman and Bland, BMJ
311, 1995). Two things can be said instead:

- **level**: by two one-sided tests (Schuirmann, "A comparison of the two one-sided tests procedure and the power
  approach for assessing the equivalence of average bioavailability", Journal of Pharmacokinetics and
  Biopharmaceutics 15, 1987): the 90% interval of the difference lies within a margin that was named beforehand;
- **what could have been found**: the smallest difference that a test of this precision finds in four of five cases
  (Bloom, "Minimum detectable effects", Evaluation Review 19, 1995). It comes from the standard error alone, never
  from the difference that was observed (Hoenig and Heisey, "The abuse of power", The American Statistician 55, 2001).
"""

from __future__ import annotations

import math

from classifier.stats.resampling import Interval

LEVEL = 0.05  # of a two-sided test
POWER = 0.8  # share of cases in which a difference is found
MANY = 500.0  # degrees of freedom from which Student's t is as good as normal


def equivalent(interval_90: Interval | None, margin: float) -> bool:
    """Whether a difference is surely smaller than a margin, at a level of 5%: two one-sided tests.

    Args:
        interval_90: the 90% interval of the difference; None = there is none, and then nothing is sure.
        margin: the largest difference that still counts as none.

    Example:
        >>> equivalent((-0.01, 0.015), 0.02), equivalent((-0.01, 0.03), 0.02), equivalent(None, 0.02)
        (True, False, False)
    """
    return interval_90 is not None and -margin < interval_90[0] and interval_90[1] < margin


def standard_error_of(interval: Interval, df: float, *, level: float = 0.95) -> float:
    """The standard error behind an interval: half its width by the quantile of Student's t.

    Args:
        interval: of an estimate.
        df: degrees of freedom, such as the effective groups minus 1.
        level: of the interval.

    Example:
        >>> round(standard_error_of((-0.0196, 0.0196), df=1e9), 4)
        0.01
    """
    return (interval[1] - interval[0]) / 2 / _quantile(0.5 + level / 2, df)


def smallest_detectable(standard_error: float, df: float, *, level: float = LEVEL, power: float = POWER) -> float:
    """The smallest difference that a two-sided t-test finds in so many cases.

    Args:
        standard_error: of the difference, as the test takes it.
        df: degrees of freedom of that standard error, such as the effective groups minus 1.
        level: of the test; where several tests are corrected by Holm's method, the level by their number, which is
            what the first of them must pass.
        power: share of the cases in which it is to be found.

    Example:
        >>> [round(smallest_detectable(0.025, df), 3) for df in (2, 4, 22, 1e9)]
        [0.141, 0.094, 0.073, 0.07]
    """
    return standard_error * detectable_errors(df, level=level, power=power)


def detectable_errors(df: float, *, level: float = LEVEL, power: float = POWER) -> float:
    """`smallest_detectable` in standard errors: the noncentrality at which Student's t reaches the power.

    Example:
        >>> round(detectable_errors(1e9), 3)  # 1.960 + 0.842
        2.802
    """
    from scipy.optimize import brentq
    from scipy.stats import nct, norm

    df = max(1.0, df)
    critical = _quantile(1 - level / 2, df)
    if df > MANY:
        return critical + float(norm.ppf(power))
    return float(brentq(lambda shift: nct.sf(critical, df, shift) - power, 0.0, 4 * critical + 4))


def _quantile(share: float, df: float) -> float:
    from scipy.stats import t

    return float(t.ppf(share, df if math.isfinite(df) else 1e12))
