"""A plan of articles to label by hand, as it stands in a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classifier.evaluation.shares.plan import SamplePlan

HOW = (
    "Fill in the column label, without looking at the predictions; keep the column inclusion, and give the file to "
    "estimate as --labelled. They stand in random order: if you cannot label all, label the first ones."
)


def plan_columns(plan: SamplePlan) -> tuple[str, ...]:
    """The headings."""
    by = (", ".join(plan.by),) if plan.by else ()
    return (*by, "label", "expected interval", "articles", "to label")


def plan_rows(plan: SamplePlan) -> Iterator[tuple[str, ...]]:
    """One row per group and label."""
    for share in plan.shares:
        group = (", ".join(share.group) or "all",) if plan.by else ()
        yield (*group, share.label, f"± {share.half_width:.3f}", f"{share.articles:,}", f"{share.chosen:,}")
