"""What a cascade does, in sentences: which articles skip the transformer, what is promised of them, what they cost."""

from __future__ import annotations

from collections.abc import Iterator

from classifier.errors import counted
from classifier.evaluation.cascade import CascadeOutcome
from classifier.reports.words import difference_words, figure, metric_name
from classifier.stats.cascade import LEVELS, Cascade, SkipRule, too_few_words

SHOWN = ("f1_macro", "accuracy", "matthews_correlation", "f1_micro")


def promise_words(known: Cascade, rule: SkipRule) -> str:
    """What validation promises of the articles that skip, or why none does.

    Example:
        >>> from classifier.stats.calibration import Calibration
        >>> rows = tuple(f"{30 - k / 100:.2f} {int(k < 700)} {k}" for k in range(1000))
        >>> known = Cascade(1.0, Calibration((1.0,), (0.0, 0.0)), 1000, rows, "article", "validation")
        >>> print(promise_words(known, known.rule(0.99)))  # doctest: +NORMALIZE_WHITESPACE
        cascade: 65.6% of the 1,000 validation articles skip the transformer, because TF-IDF alone is sure enough of
        them (log-odds of at least 23.45). 100.0% of these get the label of the whole model: at least 99.5%, with 95%
        confidence (asked: 99%)
    """
    if rule.threshold is None or rule.agreed is None or rule.at_least is None:
        return f"cascade: {too_few_words(known, rule.agreement)}"
    grouped = "" if rule.resampled == "article" else f"; by {rule.resampled}, those that stand together count for fewer"
    return (
        f"cascade: {rule.share:.1%} of the {rule.articles:,} {rule.found_on} articles skip the transformer, because "
        f"TF-IDF alone is sure enough of them (log-odds of at least {rule.threshold:.2f}). {rule.agreed:.1%} of these "
        f"get the label of the whole model: at least {_floor(rule.at_least)}, with {rule.confidence:.0%} confidence "
        f"(asked: {rule.agreement * 100:g}%{grouped})"
    )


def _floor(share: float) -> str:
    """A bound from below, not rounded up."""
    return f"{int(share * 1000) / 10:.1f}%"


def level_words(known: Cascade) -> str:
    """How many validation articles skip for other agreements."""
    found = ", ".join(f"{level * 100:g}%: {known.rule(level).share:.0%}" for level in sorted(LEVELS))
    return f"Share of {known.found_on} articles that skip, by the agreement that is asked for: {found}."


def skipped_words(rule: SkipRule, skipped: int, articles: int) -> str:
    """How many articles of a corpus skipped the transformer, once it is labelled.

    Example:
        >>> rule = SkipRule(0.99, 3.5, 1000, 620, 0.998, 0.9911, "article", "validation")
        >>> skipped_words(rule, 700, 1000)
        '700 of 1,000 articles (70.0%; of validation 62.0%) skipped the transformer'
    """
    share = skipped / articles if articles else 0.0
    return (
        f"{skipped:,} of {counted(articles, 'article')} ({share:.1%}; of {rule.found_on} {rule.share:.1%}) skipped "
        "the transformer"
    )


def cascade_lines(found: CascadeOutcome) -> Iterator[str]:
    """The articles that skip, how many of them get the label of the whole model, and what that costs, a line each."""
    rule = found.rule
    if not found.skipped or found.agreed is None:
        yield f"With --cascade {rule.agreement:g}, no article skips the transformer: nothing changes."
        return
    yield (
        f"With --cascade {rule.agreement:g}, {found.skipped:,} of these {found.articles:,} articles "
        f"({found.share:.1%}{_between(found.share_interval)}) skip the transformer. {found.agreed:.2%} of them get the "
        f"label of the whole model{_shown(found.at_least)}."
    )
    for metric in SHOWN:
        if metric in found.figures:
            name, gain = metric_name(metric), found.gain[metric]
            words = "the same" if not gain.value else difference_words(gain, name)
            yield f"  {name} {found.figures[metric]:.3f}; compared with the whole model: {words}"
    right = "" if found.right is None else f"{figure(found.right)} of the labels of skipped articles are right, their "
    mean = "" if found.score is None else f"mean score is {figure(found.score)}; "
    yield (
        f"  {right}{mean}the mean negative log-likelihood of all scores is {found.loss:.3f}, of the whole model "
        f"{found.loss_before:.3f}."
    )


def _shown(at_least: float | None) -> str:
    return "" if at_least is None else f": at least {_floor(at_least)}, with 95% confidence"


def _between(interval: tuple[float, float] | None) -> str:
    return "" if interval is None else f"; 95% interval {interval[0]:.1%} – {interval[1]:.1%}"
