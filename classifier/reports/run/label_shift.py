"""Which shares of labels a corpus has, and what adapting to them does, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from classifier.evaluation.adaptation import AdaptationOutcome
from classifier.reports.words import difference_words, figure, metric_name
from classifier.stats.label_shift import LEVEL, ShareShift

ASSUMED = (
    "This assumes that only the shares differ (label shift): an article of a label is like the validation articles of "
    "that label."
)
DOUBT = (
    "Scores cannot tell that from articles of another kind (new sources, topics, years); then the shares, and their "
    "intervals, are wrong. Labels by hand can tell: classifier estimate --labelled."
)
SHOWN = ("f1_macro", "accuracy", "matthews_correlation", "f1_micro")


def share_lines(found: ShareShift) -> Iterator[str]:
    """The share of each label, with its interval where it was estimated, beside what the scores took for granted."""
    how = "given" if found.intervals is None else "estimated from the scores"
    count = f"of the {found.articles:,} articles, " if found.articles else ""
    beside = f"the mean scores of the {found.validation:,} validation articles"  # not quite the shares of their labels
    yield f"shares of labels {count}{how} (in brackets {beside}):"
    for place, (label, share, base) in enumerate(zip(found.labels, found.shares, found.base, strict=True)):
        sure = ""
        if found.intervals is not None:
            low, high = found.intervals[place]
            sure = f", 95% interval {figure(low)} – {figure(high)}"
        yield f"  {label}: {figure(share)}{sure} ({figure(base)})"


def shift_test_words(found: ShareShift) -> str:
    """Whether the articles surely differ from validation, in a sentence; only where the shares were estimated."""
    assert found.p is not None
    how = "by whole sources" if found.by_source else "each article for itself: those of few sources look like a shift"
    p = f"p = {found.p:.2g}, {how}"
    if found.contradicted:
        return (
            "the scores contradict label shift: they are no mixture of those of validation articles of each label "
            f"(p = {found.p_mixture:.2g}). So these articles are of another kind, and the shares above are wrong: "
            "label some of them by hand (classifier next), and train with those"
        )
    if found.found:
        return f"the scores surely differ from those of the validation articles ({p}), so adapting is warranted"
    return (
        f"no shift was found: the scores may be drawn as those of the validation articles were ({p}; not below "
        f"{LEVEL:g}). Adapting is not warranted by these articles, and may do harm"
    )


def adaptation_lines(found: AdaptationOutcome) -> Iterator[str]:
    """The shares, the test, and each figure with and without adaptation, a line each."""
    yield f"Adapted to the shares of these {found.shift.articles:,} articles (predict --adapt):"
    first, *each = share_lines(found.shift)
    yield f"{first[0].upper()}{first[1:]}"
    yield from (f"{line}; true share {figure(share)}" for line, share in zip(each, found.truth, strict=True))
    words = shift_test_words(found.shift)
    yield f"{words[0].upper()}{words[1:]}."
    if not found.shift.warranted:
        yield "So predict --adapt would leave scores and labels as they are; these are the figures of adapting anyway:"
    for metric in SHOWN:
        if metric in found.figures:
            name = metric_name(metric)
            yield f"  {name} {found.figures[metric]:.3f}, adapted: {difference_words(found.gain[metric], name)}"
    yield (
        f"  {found.changed:,} of {found.shift.articles:,} articles get other labels; the mean negative log-likelihood "
        f"of the scores is {found.loss:.3f}, without adaptation {found.loss_before:.3f}."
    )
    yield f"{ASSUMED} {DOUBT}"
