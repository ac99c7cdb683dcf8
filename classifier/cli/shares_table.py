"""Shares of labels, for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table

from classifier.evaluation.shares.estimate import PrevalenceReport
from classifier.reports.shares import NAIVE, is_small, share_cells, share_columns, share_parts, share_sentences

MOST_ROWS = 60  # of all tables together


def shares_tables(report: PrevalenceReport) -> Iterator[Table]:
    """A table for each method; small groups are in none."""
    left, names = MOST_ROWS, 1 + bool(report.by)
    for title, shares in share_parts(report):
        if left <= 0:
            return
        table = Table(title=title, title_justify="left")
        for place, name in enumerate(share_columns(report, shares)):
            table.add_column(name, justify="left" if place < names else "right")
        group = shares[0].group
        for share in shares[:left]:
            if share.group != group:
                table.add_section()
            group = share.group
            table.add_row(*share_cells(report, share))
        left -= len(shares)
        yield table


def shares_lines(report: PrevalenceReport, *, quiet: bool) -> Iterator[str]:
    """What stands below the tables: warnings alone where it is to be quiet."""
    warnings = [f"Warning: {sentence}" for sentence in report.warnings]
    if quiet:
        yield from warnings
        return
    small = sum(map(is_small, report.shares))
    hidden = max(0, len(report.shares) - small - MOST_ROWS)
    if hidden or small:
        which = f"{hidden:,} more rows" if not small else f"{hidden + small:,} more rows, small groups included,"
        yield f"{which} are in --out shares.csv, or in --json."
    yield from share_sentences(report)
    yield from (*report.assumptions, *report.notes, *warnings, NAIVE)
