"""Whether errors and scores differ between the groups of a column, and what that means, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from classifier.evaluation.group_errors import LEVEL, SCORE, ColumnErrors, GroupErrors, GroupRate
from classifier.reports.judgement import Finding
from classifier.reports.words import column_name, cut, figure, joined, p_words

NAMED = 3  # rates in a sentence
UNTESTED = (
    "It takes two groups that are a source each (or another group that is kept together), or two with articles of "
    "three sources each."
)


def group_findings(found: GroupErrors | None) -> Iterator[Finding]:
    """A finding for each column whose groups surely differ, and for each that could not be tested."""
    for column in found.columns if found else ():
        name = column_name(column.column)
        if column.errors is not None and column.errors < LEVEL:
            text = f"{_named(column, errors=True)} {_shares(column)}"
            yield Finding("care", f"Error rates differ between the groups of {name}", text, "group_errors")
        if column.scores is not None and column.scores < LEVEL:
            text = f"{_named(column, errors=False)} The same score is worth more in one group than in another."
            yield Finding("care", f"What scores are worth differs between the groups of {name}", text, "group_errors")
        if not column.tested:
            yield Finding("note", f"The groups of {name} cannot be compared", UNTESTED, "group_errors")


def group_lines(found: GroupErrors) -> list[str]:
    """What the tests of each column say, a sentence each."""
    lines = []
    for column in found.columns:
        name = column_name(column.column)
        if not column.tested:
            lines.append(f"The groups of {name} cannot be compared. {UNTESTED}")
            continue
        said = {"error rates": column.errors, "what scores are worth": column.scores}
        parts = [
            f"{what} {'surely differ' if p < LEVEL else 'do not surely differ'} ({p_words(p)})"
            for what, p in said.items()
            if p is not None
        ]
        each = "each article on its own" if column.resampled == "article" else "whole groups of articles counted"
        left = f"; {joined(column.left_out)} left out, of too few groups of articles" if column.left_out else ""
        lines.append(f"By {name}, {joined(parts)}, {each}{left}.")
    return lines


def _named(column: ColumnErrors, *, errors: bool) -> str:
    """The rates that surely differ, or the one that differs most."""
    rates = [rate for rate in column.rates if (rate.rate != SCORE) == errors]
    sure = [rate for rate in rates if rate.sure] or rates[:1]
    more = f"; and {len(sure) - NAMED} more" if len(sure) > NAMED else ""
    return f"{'; '.join(map(rate_words, sure[:NAMED]))}{more} ({p_words(sure[0].p_adjusted)})."


def rate_words(rate: GroupRate) -> str:
    """A rate of a group beside that of the others.

    Example:
        >>> rate_words(GroupRate("home", "recall", "satire", 40, 0.62, 0.88, 0.003))
        'home: recall of satire .62, elsewhere .88'
    """
    if rate.label is None:
        here, elsewhere = (
            f"{figure(abs(gap))} {'below' if gap < 0 else 'above'}" for gap in (rate.here, rate.elsewhere)
        )
        return f"{cut(rate.value, 30)}: scores {here} the share of right labels, elsewhere {elsewhere} it"
    both = f"{figure(rate.here)}, elsewhere {figure(rate.elsewhere)}"
    return f"{cut(rate.value, 30)}: {rate.rate} of {cut(rate.label, 30)} {both}"


def _shares(column: ColumnErrors) -> str:
    return (
        f"Shares by these groups (estimate --by {column.column}) cannot be compared with one another, unless labelled "
        "articles of each group say how the model errs there."
    )
