"""A regression on labels, as its figures stand in a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from classifier.reports.words import p_number

if TYPE_CHECKING:
    from classifier.evaluation.shares.regression import Effect, RegressionReport

UNKNOWN = "–"
SMALL = 0.01  # figures below it are shown with three digits instead of three decimals


def effect_parts(report: RegressionReport) -> Iterator[tuple[str, Sequence[Effect]]]:
    """The figures under headings: coefficients of each label, then each covariate with levels."""
    for outcome in dict.fromkeys(effect.outcome for effect in report.effects):
        mine = [effect for effect in report.effects if effect.outcome == outcome]
        for covariate in dict.fromkeys(effect.covariate for effect in mine):
            heading = f"{outcome}: share by {covariate}" if covariate else f"{outcome}: coefficients"
            yield heading, [effect for effect in mine if effect.covariate == covariate]


def effect_columns(effects: Sequence[Effect]) -> tuple[str, ...]:
    """The headings of one part."""
    p = "p (Holm)" if any(effect.kind == "difference" for effect in effects) else "p"
    return ("", "corrected", "95% interval", p, "on predicted labels", "95% interval", "p")


def effect_cells(effect: Effect) -> tuple[str, ...]:
    """One figure; of a difference p is the one that is corrected for their number."""
    name = f"{effect.term} − {effect.reference}" if effect.kind == "difference" else effect.term
    p = effect.p_holm if effect.kind == "difference" else effect.p
    return (
        name,
        *_figures(effect.value, effect.low, effect.high),
        UNKNOWN if p is None else p_number(p),
        *_figures(effect.naive, effect.naive_low, effect.naive_high),
        UNKNOWN if effect.naive_p is None else p_number(effect.naive_p),
    )


def verdict(report: RegressionReport) -> str:
    """What stands above the figures."""
    return (
        f"{report.model}: {report.articles:,} articles, {report.labelled:,} of them labelled by hand. Report the "
        "corrected figures with their intervals: those on predicted labels take the model's errors for effects."
    )


def _figures(value: float | None, low: float | None, high: float | None) -> tuple[str, str]:
    if value is None or low is None or high is None:
        return UNKNOWN, UNKNOWN
    shape = ".3g" if max(abs(low), abs(high)) < SMALL else ".3f"
    return f"{value:{shape}}", f"{low:{shape}} to {high:{shape}}"
