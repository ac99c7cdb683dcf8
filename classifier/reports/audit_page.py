"""What an audit writes: ``audit.csv``, tasks for Label Studio, ``audit.json`` and a page."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from classifier.articles.labels import count_labels
from classifier.dataset.builders.label_studio import write_predicted_tasks
from classifier.dataset.corrections import CORRECTED, GIVEN, to_cell
from classifier.evaluation.labels.ranking import CONFLICT, LABEL_ISSUE, NOT_JUDGED, OUTLIER, Audit, RankedArticle
from classifier.files import write_json
from classifier.reports.charts import Bar, stacked_bars
from classifier.reports.dataset.facts import beginning
from classifier.reports.render import render

FILES = ("audit.csv", "label_studio.json", "audit.json", "report.html")
COLUMNS = (
    "rank",
    "id",
    GIVEN,
    "suggested_label",
    "quality",
    "suggested_score",
    "reasons",
    "conflicts_with",
    "source",
    "title",
    "beginning",
    CORRECTED,
)
SHOWN = 100  # articles on the page
REASONS = {LABEL_ISSUE: "label issue", CONFLICT: "conflicting duplicate", OUTLIER: "outlier", NOT_JUDGED: "not judged"}


def write_audit(folder: Path, audit: Audit, *, name: str) -> None:
    """Write the four files; the same audit gives the same bytes.

    Args:
        folder: exists; the caller gives it its name when all is well.
        audit: what was found.
        name: of the audit, for the page.
    """
    rows = [_row(rank, finding, audit.labels.multi_label) for rank, finding in enumerate(audit.findings, start=1)]
    with (folder / FILES[0]).open("w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    tasks = (_task(row, finding) for row, finding in zip(rows, audit.findings, strict=True) if finding.doubtful)
    write_predicted_tasks(folder / FILES[1], tasks, multi_label=audit.labels.multi_label)
    write_json(folder / FILES[2], audit_figures(audit))
    (folder / FILES[3]).write_bytes(render("audit_report.html.j2", _facts(audit, rows[:SHOWN], name)))


def audit_figures(audit: Audit) -> dict[str, Any]:
    """What ``audit.json`` holds."""
    share, low, high = audit.noise
    return {
        "articles": len(audit.findings),
        "labels": list(audit.labels.names),
        "multi_label": audit.labels.multi_label,
        "method": audit.method,
        "reasons": {reason: audit.count(reason) for reason in REASONS},
        "doubtful": len(audit.doubtful),
        "agreement": round(audit.agreement, 4),
        "noise": {"share": round(share, 4), "interval": [round(low, 4), round(high, 4)]},
        "issues": {given: dict(to) for given, to in _moves(audit).items()},
        "unlearnt": list(audit.unlearnt),
        "joint": audit.joint,
    }


def _row(rank: int, finding: RankedArticle, multi_label: bool) -> dict[str, Any]:
    article = finding.article
    return {
        "rank": rank,
        "id": article.id,
        GIVEN: to_cell(article.labels, multi_label=multi_label),
        "suggested_label": to_cell(finding.suggested, multi_label=multi_label),
        "quality": _score(finding.quality),
        "suggested_score": _score(finding.suggested_score),
        "reasons": " ".join(finding.reasons),
        "conflicts_with": " ".join(finding.conflicts_with),
        "source": article.source or "",
        "title": article.title or "",
        "beginning": beginning(article.text),
        CORRECTED: "",
    }


def _score(value: float | None) -> float | str:
    return "" if value is None else round(value, 4)


def _task(row: Mapping[str, Any], finding: RankedArticle) -> tuple[Any, Sequence[str], float | None]:
    """An article with what the audit says of it, its suggestion, and how sure that is."""
    said = {key: row[key] for key in ("rank", GIVEN, "quality", "reasons", "conflicts_with")}
    article = replace(finding.article, extra={**finding.article.extra, **said})
    return article, finding.suggested, finding.suggested_score


def _moves(audit: Audit) -> dict[str, Counter[str]]:
    """Given label -> {suggested label: articles}, of the label issues; with several labels what is wrong with each."""
    moves: dict[str, Counter[str]] = {name: Counter() for name in audit.labels.names}
    for finding in audit.findings:
        if LABEL_ISSUE not in finding.reasons:
            continue
        given, suggested = set(finding.article.labels), set(finding.suggested)
        if not audit.labels.multi_label:
            moves[finding.article.labels[0]][finding.suggested[0]] += 1
            continue
        for name in given ^ suggested:
            moves[name]["should not have it" if name in given else "should have it"] += 1
    return {name: Counter(dict(sorted(to.items(), key=lambda item: (-item[1], item[0])))) for name, to in moves.items()}


def _facts(audit: Audit, rows: Sequence[Mapping[str, Any]], name: str) -> dict[str, Any]:
    moves = _moves(audit)
    given = count_labels(finding.article.labels for finding in audit.findings)
    sizes = {label: given.get(label, 0) for label in sorted(audit.labels.names, key=lambda label: -given.get(label, 0))}
    return {
        "name": name,
        "audit": audit,
        "figures": audit_figures(audit),
        "reasons": {REASONS[key]: audit.count(key) for key in REASONS},
        "rows": [
            {**row, "words": [REASONS[reason] for reason in finding.reasons]}
            for row, finding in zip(rows, audit.findings, strict=False)
            if finding.doubtful
        ],
        "moves": [(label, size, moves[label]) for label, size in sizes.items()],
        "chart": _chart(sizes, moves, audit.labels.multi_label),
    }


def _chart(sizes: Mapping[str, int], moves: Mapping[str, Counter[str]], multi_label: bool) -> Any:
    doubted = {label: moves[label]["should not have it"] if multi_label else moves[label].total() for label in sizes}
    bars = [
        Bar(label, f"{doubted[label]:,} of {size:,}", (doubted[label], max(size - doubted[label], 0)))
        for label, size in sizes.items()
    ]
    return stacked_bars(bars, ("s6", "s1"), "Bars: articles with each label, and how many of them are label issues.")
