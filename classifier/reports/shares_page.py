"""The shares of labels as a page: a chart of each label over time or by group, the tables, and what they rest on."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from classifier.evaluation.shares.estimate import PrevalenceReport
from classifier.evaluation.shares.share_correction import LabelShare
from classifier.files import whole_file
from classifier.reports.charts import Dot, Line, dots, lines
from classifier.reports.drift_page import drift_facts
from classifier.reports.render import render
from classifier.reports.shares import NAIVE, share_cells, share_columns, share_parts, share_sentences
from classifier.reports.words import short

MOST = 40  # groups in a chart that is not over time: those with the most articles
FORMS = (r"(\d{4})", r"(\d{4})-Q([1-4])", r"(\d{4})-(\d\d)", r"(\d{4})-W(\d\d)", r"(\d{4})-(\d\d)-(\d\d)")


def write_shares_page(report: PrevalenceReport, file: Path, run: object = "RUN") -> None:
    """Write the page, one offline file; the same report gives the same bytes.

    Args:
        report: the shares.
        file: to write.
        run: that labelled the articles.
    """
    parts = [
        (title, share_columns(report, shares), [share_cells(report, share) for share in shares])
        for title, shares in share_parts(report)
    ]
    facts: dict[str, Any] = {
        "by": ", ".join(report.by),
        "charts": list(_charts(report)),
        "parts": parts,
        "sentences": [*share_sentences(report), *report.assumptions, *report.notes, NAIVE],
        "warnings": report.warnings,
        "drift": None if report.drift is None else drift_facts(report.drift, run),
    }
    page = render("shares.html.j2", facts)
    with whole_file(file) as partial:
        partial.write_bytes(page)


def _charts(report: PrevalenceReport) -> Iterator[tuple[str, Any]]:
    """A picture for each label: over time where the only grouping column is one of time, else by group."""
    for label in dict.fromkeys(share.label for share in report.shares):
        found = [share for share in report.shares if share.label == label and share.group]
        times = [time_of(share.group[0]) for share in found] if len(report.by) == 1 else []
        dated = [(time, share) for time, share in zip(times, found, strict=False) if time is not None]
        if len(dated) > 1:
            yield label, _over_time(sorted(dated, key=lambda item: item[0]), label)
        else:
            rows = sorted(found, key=lambda share: -share.articles)[:MOST] or [
                share for share in report.shares if share.label == label
            ]
            yield label, _by_group(rows, label)


def time_of(words: str) -> float | None:
    """A year, quarter, month, week or day as a number of years; None for anything else.

    Example:
        >>> time_of("2024"), time_of("2024-07"), time_of("Post")
        (2024.0, 2024.5, None)
    """
    found = next((match for form in FORMS if (match := re.fullmatch(form, words))), None)
    if found is None:
        return None
    try:
        if "Q" in words:
            return int(found[1]) + (int(found[2]) - 1) / 4
        if "W" in words:
            day = dt.date.fromisocalendar(int(found[1]), int(found[2]), 4)
        elif len(found.groups()) == 3:
            day = dt.date.fromisoformat(words)
        else:
            return int(found[1]) + (int(found[2]) - 1) / 12 if len(found.groups()) == 2 else float(found[1])
    except ValueError:
        return None
    return day.year + (day.timetuple().tm_yday - 1) / 366


def year_words(time: float) -> str:
    """A number of years as a year, or as a month within one.

    Example:
        >>> year_words(2013.0), year_words(2013.5)
        ('2013', '2013-07')
    """
    year, month = int(time), int(time % 1 * 12) + 1
    return str(year) if time == year else f"{year}-{month:02d}"


def _over_time(dated: Sequence[tuple[float, LabelShare]], label: str) -> Any:
    """Naive shares as a broken line, corrected ones with their bands, and grey dots where there is no correction."""
    x, naive = [time for time, _ in dated], [share.naive for _, share in dated]
    rows = [Line("naive", x, naive, colour="s2", dashed=True, marked=False)]
    for corrected, run in groupby(dated, key=lambda item: item[1].corrected is not None):
        points = list(run)
        xs = [time for time, _ in points]
        if not corrected:
            rows += [Line("too small", [time], [share.naive], colour="other") for time, share in points]
            continue
        known = [share for _, share in points]
        middle, low, high = ([float(getattr(s, key)) for s in known] for key in ("corrected", "low", "high"))
        if len(points) == 1:
            rows.append(Line("interval", xs * 2, [low[0], high[0]], marked=False))
        rows.append(Line("corrected", xs, middle, low, high))
    alt = f"Share of {label} over time, naive and corrected. The tables have the figures."
    return lines(rows, alt, x_label="time", y_label=f"share of {short(label, 30)}", x_words=year_words)


def _by_group(rows: Sequence[LabelShare], label: str) -> Any:
    found = []
    for share in rows:
        name = short(", ".join(share.group) or "all", 40)
        if share.corrected is None or share.low is None or share.high is None:
            found.append(Dot(name, f"{share.naive:.3f} naive", share.naive, share.naive, share.naive))
        else:
            words = f"{share.corrected:.3f} (naive {share.naive:.3f})"
            found.append(Dot(name, words, share.corrected, share.low, share.high))
    colours = ["other" if share.corrected is None else "s1" for share in rows]
    return dots(found, 1.0, f"Share of {label} by group. The tables have the figures.", colours=colours)
