"""What the label sets of a model hold, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from classifier.reports.words import joined
from classifier.stats.abstention import ALONE
from classifier.stats.conformal import SetsOutcome
from classifier.stats.resampling import Interval


def sets_words(found: SetsOutcome) -> str:
    """How many sets hold the true label, and how large they are."""
    single = f"{found.single:.0%} are of one label"
    if found.single_right is not None:
        single += f", {_share(found.single_right, found.single_interval)} of these right"
    return (
        f"{_share(found.held, found.interval)} of the sets hold the true label, with {found.size:.2f} labels in a set; "
        f"{single}"
    )


def sets_lines(found: SetsOutcome) -> Iterator[str]:
    """What the sets hold, in all and by class, and for which articles that is promised, a line each."""
    yield f"Label sets that hold the true label in {found.level:.0%}: {sets_words(found)}."
    yield sets_promise(found)
    parts = (
        f"{name} {_share(part.held, part.interval)} of {part.articles:,}"
        for name, part in found.classes.items()
        if part.held is not None
    )
    yield f"By class, sets that hold it: {'; '.join(parts)}."


def sets_promise(found: SetsOutcome) -> str:
    """For which articles the sets are, and which classes share a promise."""
    if found.validation in ALONE:
        place = found.found_on if found.found_on == "validation" else "the cross-validation"
        text = f"They are for articles like those of {place}: of other sources, fewer may hold it."
    else:
        text = f"They are for articles of new groups ({found.validation}), each of which counts the same."
    for names in found.together:
        text += (
            f" {joined(names)} share a promise, because there was too little of them: for one of these alone, "
            "fewer may hold it."
        )
    if found.interval is None:
        text += f" There is no interval: the articles count for {found.groups:.1f} groups ({found.resampled})."
    return text


def falls_short(found: SetsOutcome) -> bool:
    """Whether the sets surely hold the true label less often than asked."""
    return found.interval is not None and found.interval[1] < found.level


def _share(share: float, interval: Interval | None) -> str:
    return f"{share:.0%}" if interval is None else f"{share:.0%} ({interval[0]:.0%} – {interval[1]:.0%})"
