"""What scores mean, and what is left where a model may abstain, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from classifier.reports.words import figure, interval_words
from classifier.stats.abstention import Outcome, fewest_articles
from classifier.stats.reliability import Reliability

SHOWN_SCORE = 0.9  # about which it is said how many labels are right


def scores_sentence(found: Reliability) -> str:
    """How many labels with a high score are right, and how far off the scores are."""
    after = found.after
    near = min(after.bins, key=lambda part: abs(part.score - SHOWN_SCORE))
    sure = interval_words(after.ece_interval, _thousandths)
    before = f"{_thousandths(found.before.ece)} before calibration" if found.calibrated else "not calibrated"
    return (
        f"Of the {near.labels:,} labels given with a score around {figure(near.score)}, {near.right:.0%} are right; "
        f"calibration error (ECE) {_thousandths(after.ece)} ({sure}), {before}; chance alone "
        f"would make it {_thousandths(found.expected_ece)}."
    )


def covered_words(found: Outcome) -> str:
    """How many labels are still given at the stored thresholds, and how many of them are right."""
    low, high = found.coverage_interval
    covered = f"{found.coverage:.0%} ({low:.0%} – {high:.0%}) of the labels are still given"
    right = "" if found.precision is None else f", {_right(found.precision, found.precision_interval)} of them right"
    return f"{covered}{right}"


def abstention_lines(found: Outcome) -> Iterator[str]:
    """What is left at the stored thresholds, in all and by class, a line each."""
    yield f"Abstaining for a precision of {found.min_precision:g} in each class: {covered_words(found)}."
    yield (
        "The thresholds were found on validation articles, which are treated as independent: where they come from few "
        "sources, or new articles come from other sources, the precision may be lower."
    )
    parts = (
        f"{name} from {part.threshold:.2f} on ({part.given:,} of {part.without:,} given"
        + ("" if part.precision is None else f", {_right(part.precision, part.interval)} right")
        + ")"
        for name, part in found.classes.items()
        if part.threshold is not None
    )
    yield f"By class: {'; '.join(parts) or 'none is given'}."
    never = [name for name, part in found.classes.items() if part.threshold is None]
    if never:
        yield (
            f"Never given: {', '.join(never)}. Validation has too few sure articles: for each, "
            f"at least {fewest_articles(found.min_precision)}, all of them right, are needed."
        )


def _right(share: float, interval: tuple[float, float]) -> str:
    return f"{share:.0%} ({interval[0]:.0%} – {interval[1]:.0%})"


def _thousandths(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")
