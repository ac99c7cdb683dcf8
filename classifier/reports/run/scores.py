"""What scores mean, and what is left where a model may abstain, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from classifier.reports.words import figure, interval_words
from classifier.stats.abstention import (
    ALONE,
    ClassOutcome,
    Outcome,
    counts_groups,
    fewest_articles,
    fewest_groups,
    highest_precision,
)
from classifier.stats.few_groups import FEWEST_EFFECTIVE
from classifier.stats.reliability import Reliability
from classifier.stats.resampling import Interval

SHOWN_SCORE = 0.9  # about which it is said how many labels are right


def scores_sentence(found: Reliability) -> str:
    """How many labels with a high score are right, and how far off the scores are."""
    after = found.after
    near = min(after.bins, key=lambda part: abs(part.score - SHOWN_SCORE))
    sure = interval_words(after.ece_interval, _thousandths)
    before = f"{_thousandths(found.before.ece)} before calibration" if found.calibrated else "not calibrated"
    return (
        f"Of the {near.labels:,} labels given with a score around {figure(near.score)}, {near.right:.0%} are right; "
        f"calibration error (ECE) {_thousandths(after.ece)}, {before}; of scores without a fault, "
        f"chance alone would make it {_thousandths(found.expected_ece)}. Without what chance adds: {sure}."
    )


def band_words(found: Reliability | None) -> dict[str, str]:
    """What the bands of the two curves are, or why there are none, in a sentence each."""
    if found is None:
        return {"reliability": "", "coverage": ""}
    curves = {
        "reliability": [part.interval for part in found.after.bins],
        "coverage": [part.interval for part in found.risk_coverage],
    }
    return {name: _band_words(intervals, banded=found.banded) for name, intervals in curves.items()}


def _band_words(intervals: Sequence[Interval | None], *, banded: bool) -> str:
    if not banded:
        return "There is no band: classifier evaluate RUN measures it."
    few = f"fewer than {FEWEST_EFFECTIVE:g} groups of equal size"
    if all(one is None for one in intervals):
        return f"There is no band: the labels are of {few}."
    rest = f" There is none where the labels are of {few}." if None in intervals else ""
    return f"The band is the 95% interval of each point, by whole groups.{rest}"


def covered_words(found: Outcome) -> str:
    """How many labels are still given at the stored thresholds, and how many of them are right."""
    old = found.resampled is None
    covered = f"{_share(found.coverage, None if old else found.coverage_interval)} of the labels are still given"
    if found.precision is None:
        return covered
    return f"{covered}, {_share(found.precision, None if old else found.precision_interval)} of them right"


def abstention_lines(found: Outcome) -> Iterator[str]:
    """What is left at the stored thresholds, in all and by class, a line each."""
    yield f"Abstaining for a precision of {found.min_precision:g} in each class: {covered_words(found)}."
    yield promise_words(found)
    parts = (
        f"{name} from {part.threshold:.2f} on ({part.given:,} of {part.without:,} given"
        + ("" if part.precision is None else f", {_share(part.precision, interval_of(found, part))} right")
        + ")"
        for name, part in found.classes.items()
        if part.threshold is not None
    )
    yield f"By class: {'; '.join(parts) or 'none is given'}."
    yield from _never_lines(found)


def _never_lines(found: Outcome) -> Iterator[str]:
    """Which classes are never given, why, and what to do: too few groups prove nothing, whatever they hold."""
    never = {name: part.shown_by for name, part in found.classes.items() if part.threshold is None}
    if not never:
        return
    place, need = _place(found.found_on), fewest_groups(found.min_precision)
    few = {
        name: groups
        for name, groups in never.items()
        if counts_groups(found.validation) and groups is not None and groups < need
    }
    if few:
        most = max(groups for groups in few.values())
        lower = highest_precision(most)
        yield (
            f"Too few groups ({found.validation}) to promise anything: a precision of {found.min_precision:g} takes "
            f"{need} of like size for each class, however many articles they have. In {place} the articles given "
            f"{'; '.join(f'{name} count for {groups:.1f}' for name, groups in few.items())}. "
            f"{_more_groups(found, lower)}"
        )
    others = [name for name in never if name not in few]
    if others:
        groups = (
            f", from at least {need} groups of like size ({found.validation})"
            if counts_groups(found.validation)
            else ""
        )
        yield (
            f"Never given: {', '.join(others)}. There are too few sure articles in {place}: for each, at least "
            f"{fewest_articles(found.min_precision)}, all of them right, are needed{groups}.{_more_articles(found)}"
        )


def promise_words(found: Outcome) -> str:
    """What the thresholds promise, for which articles, and what its figures are taken over, in sentences."""
    again, place = "classifier evaluate RUN", _place(found.found_on)
    if found.validation is None:
        yet = (
            "The thresholds were found by an older version, which took articles as independent: where they come from "
            f"few sources, fewer may be right ({again} --min-precision {found.min_precision:g} finds them again)."
        )
    elif counts_groups(found.validation) and not found.alike:
        yet = (
            "The thresholds were found by an older version, which took articles of one source to be as unlike as they "
            f"seemed: fewer may be right ({again} --min-precision {found.min_precision:g} finds them again)."
        )
    elif found.validation in ALONE:
        yet = f"The thresholds are for articles like those of {place}: of other sources, fewer may be right."
    else:
        yet = f"The thresholds are for articles like those of {place}, counted by whole groups ({found.validation})."
    if found.resampled is None:
        return f"{yet} There are no intervals: {again} makes them."
    if found.precision is not None and found.precision_interval is None:
        return f"{yet} There is no interval: the labels count for {found.groups:.1f} groups ({found.resampled})."
    return yet


def breaks_promise(found: Outcome) -> bool:
    """Whether the labels that are still given are surely right less often than was promised."""
    interval = None if found.resampled is None else found.precision_interval
    return interval is not None and interval[1] < found.min_precision


def interval_of(found: Outcome, part: ClassOutcome) -> Interval | None:
    """The interval of a class's precision; None where it takes articles as independent that are not."""
    return None if found.resampled is None else part.interval


def _more_groups(found: Outcome, lower: float | None) -> str:
    """What to do where there are too few groups: label others, use all of them, or ask for less."""
    less = "" if lower is None else f" So many can show {lower:g} at most: --min-precision {lower:g}."
    return f"Label articles of further ones.{_more_articles(found)}{less}"


def _more_articles(found: Outcome) -> str:
    """Where more articles to find thresholds on come from."""
    if found.found_on != "validation":
        return ""
    return (
        " A cross-validation scores all articles: classifier train my.csv --set split.folds=10 --all-folds "
        f"--out FOLDS, then classifier evaluate RUN --min-precision {found.min_precision:g} --folds FOLDS."
    )


def _place(found_on: str) -> str:
    return found_on if found_on == "validation" else "the cross-validation"


def _share(share: float, interval: Interval | None) -> str:
    return f"{share:.0%}" if interval is None else f"{share:.0%} ({interval[0]:.0%} – {interval[1]:.0%})"


def _thousandths(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")
