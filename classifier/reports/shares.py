"""Shares of labels as they stand in tables: one method in each, small groups counted, and what would help them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from classifier.errors import counted
from classifier.evaluation.shares.estimate import PrevalenceReport
from classifier.evaluation.shares.input_columns import Group
from classifier.evaluation.shares.needed import WANTED
from classifier.evaluation.shares.share_correction import FEWEST_ARTICLES, FEWEST_LABELLED, LabelShare, Method

TITLES: Mapping[Method, str] = {
    "prediction-powered": "corrected by articles labelled by hand (prediction-powered inference)",
    "adjusted count": "corrected by the test articles' error rates (adjusted count)",
    "not corrected": "not corrected: predictions counted, errors included",
}
NAIVE = "Naive shares count the predictions, errors included. Report the corrected shares with their intervals."


def is_small(share: LabelShare) -> bool:
    """Whether a share is that of a group with too few articles for any correction."""
    return bool(share.group) and share.articles < FEWEST_ARTICLES


def share_parts(report: PrevalenceReport) -> Iterator[tuple[str, list[LabelShare]]]:
    """The shares of each method, with a title that names it; small groups are left out."""
    large = [share for share in report.shares if not is_small(share)]
    for method, title in TITLES.items():
        found = [share for share in large if share.method == method]
        if found:
            yield f"shares of the labels, {title}", found


def share_columns(report: PrevalenceReport, shares: Sequence[LabelShare]) -> tuple[str, ...]:
    """The headings of a part."""
    by = (", ".join(report.by),) if report.by else ()
    return (
        *by,
        "label",
        "naive",
        *(("corrected", "95% interval") if shares[0].corrected is not None else ()),
        "articles",
        "labelled",
    )


def share_cells(report: PrevalenceReport, share: LabelShare) -> tuple[str, ...]:
    """A row of a part."""
    group = (", ".join(share.group) or "all",) if report.by else ()
    sure = () if share.corrected is None else (f"{share.corrected:.3f}", f"{share.low:.3f} – {share.high:.3f}")
    return (*group, share.label, f"{share.naive:.3f}", *sure, f"{share.articles:,}", f"{share.labelled:,}")


def share_sentences(report: PrevalenceReport) -> Iterator[str]:
    """How many groups are too small, which methods there are, and how many labelled articles would help."""
    small = _groups(share for share in report.shares if is_small(share))
    if small:
        are = "group is" if len(small) == 1 else "groups are"
        yield (
            f"{len(small):,} {are} too small to be corrected (fewer than {FEWEST_ARTICLES} articles, "
            f"{sum(small.values()):,} together)."
        )
    methods = {share.method for share in report.shares if not is_small(share)}
    if len(methods) > 1:
        yield "Shares of different tables were corrected in different ways: do not compare them with one another."
    yield from _needed(report)


def _groups(shares: Iterator[LabelShare]) -> dict[Group, int]:
    return {share.group: share.articles for share in shares}


def _needed(report: PrevalenceReport) -> Iterator[str]:
    """How many articles to label by hand."""
    needed = {share.group: share.needed for share in report.shares if not is_small(share)}
    have = {share.group: share.labelled for share in report.shares}
    known = {group: number for group, number in needed.items() if number is not None}
    missing = {group: number for group, number in known.items() if number > have[group]}
    points = f"± {100 * WANTED:.0f} points"
    if not missing:
        return
    whole, parts = missing.get(()), [number for group, number in missing.items() if group]
    said = [f"about {whole:,} of the whole corpus"] if whole is not None else []
    if parts:
        each = f"each of {len(parts):,} groups ({median(parts):,.0f} in the middle)" if len(parts) > 1 else "1 group"
        said.append(f"about {' to '.join(f'{number:,}' for number in sorted({min(parts), max(parts)}))} of {each}")
    yield (
        f"Articles to label by hand for intervals of {points} (--plan {WANTED:g}): {', '.join(said)}. "
        f"For a correction by them {FEWEST_LABELLED} are enough, in a group of {FEWEST_ARTICLES} articles or more."
    )
    hopeless = len(needed) - len(known)
    if known and hopeless:
        yield (
            f"In {counted(hopeless, 'group')} even labelling every article would not give {points}, since shares speak "
            "of more articles like these."
        )
