"""The four files of an audit say what was found, in the same order; nothing is computed to make the audit."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

from classifier.articles.article import Article
from classifier.articles.labels import LabelSet
from classifier.evaluation.labels.ranking import CONFLICT, LABEL_ISSUE, NOT_JUDGED, OUTLIER, Audit, RankedArticle
from classifier.reports.audit_page import COLUMNS, FILES, audit_figures, write_audit
from tests.makers.pages import Reader

LABELS = LabelSet(("opinion", "satire"))


def ranked(
    name: str,
    given: Sequence[str],
    suggested: Sequence[str],
    *reasons: str,
    quality: float | None = 0.25,
    **more: object,
) -> RankedArticle:
    article = Article(name, f"The text of {name}.", tuple(given), **more)  # type: ignore[arg-type]
    others = ("z9",) if CONFLICT in reasons else ()
    return RankedArticle(article, tuple(suggested), quality, 1 - (quality or 0), reasons, others)


def made_audit(*findings: RankedArticle, labels: LabelSet = LABELS) -> Audit:
    return Audit(labels, "made by hand", findings, (0.1, 0.05, 0.2), 0.75, None)


AUDIT = made_audit(
    ranked("a", ["opinion"], ["satire"], LABEL_ISSUE, quality=0.1, title="A title", source="Daily"),
    ranked("b", ["satire"], ["satire"], CONFLICT),
    ranked("c", ["opinion"], ["opinion"], OUTLIER),
    ranked("d", ["satire"], ["satire"], quality=0.99),
    ranked("e", ["satire"], ["satire"], NOT_JUDGED, quality=None),
)


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "audit.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_table_has_every_article_in_the_order_of_the_audit(tmp_path: Path) -> None:
    write_audit(tmp_path, AUDIT, name="made")
    assert {file.name for file in tmp_path.iterdir()} == set(FILES)
    rows = rows_of(tmp_path)
    assert tuple(rows[0]) == COLUMNS
    assert [(row["rank"], row["id"]) for row in rows] == [("1", "a"), ("2", "b"), ("3", "c"), ("4", "d"), ("5", "e")]
    first = rows[0]
    assert (first["given_label"], first["suggested_label"], first["quality"]) == ("opinion", "satire", "0.1")
    assert (first["title"], first["source"], first["beginning"]) == ("A title", "Daily", "The text of a.")
    assert rows[1]["conflicts_with"] == "z9"
    assert (rows[4]["quality"], rows[4]["reasons"]) == ("", NOT_JUDGED)
    assert {row["corrected"] for row in rows} == {""}


def test_only_doubtful_articles_become_tasks_with_the_suggestion(tmp_path: Path) -> None:
    write_audit(tmp_path, AUDIT, name="made")
    tasks = json.loads((tmp_path / "label_studio.json").read_text())
    assert [task["data"]["id"] for task in tasks] == ["a", "b", "c"]
    assert tasks[0]["data"]["given_label"] == "opinion"
    assert tasks[0]["predictions"][0]["result"][0]["value"]["choices"] == ["satire"]
    assert tasks[0]["predictions"][0]["score"] == 0.9


def test_the_figures_count_the_reasons() -> None:
    said = audit_figures(AUDIT)
    assert said["reasons"] == {LABEL_ISSUE: 1, CONFLICT: 1, OUTLIER: 1, NOT_JUDGED: 1}
    assert (said["articles"], said["doubtful"], said["agreement"]) == (5, 3, 0.75)
    assert said["noise"] == {"share": 0.1, "interval": [0.05, 0.2]}
    assert said["issues"] == {"opinion": {"satire": 1}, "satire": {}}


def test_with_several_labels_each_wrong_one_is_counted_by_what_is_wrong_with_it() -> None:
    audit = made_audit(
        ranked("a", ["opinion", "satire"], ["satire"], LABEL_ISSUE),
        ranked("b", ["opinion"], ["opinion", "satire"], LABEL_ISSUE),
        ranked("c", [], ["opinion"], LABEL_ISSUE),
        ranked("d", [], ["opinion"], OUTLIER),  # no issue: not counted
        labels=LabelSet(LABELS.names, multi_label=True),
    )
    assert audit_figures(audit)["issues"] == {
        "opinion": {"should have it": 1, "should not have it": 1},
        "satire": {"should have it": 1},
    }


def test_the_page_shows_the_doubtful_articles_and_is_closed(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    audit = made_audit(ranked("a", ["opinion"], ["satire"], LABEL_ISSUE, title=evil, source=evil), *AUDIT.findings[3:])
    write_audit(tmp_path, audit, name="made")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<script" not in page and "&lt;script&gt;" in page
    assert page.count('<article class="example">') == 1
    assert "The text of a." in page and "The text of d." not in page
    assert not Reader(page).open


def test_an_audit_that_found_nothing_says_so(tmp_path: Path) -> None:
    write_audit(tmp_path, made_audit(AUDIT.findings[3]), name="made")
    assert "Nothing speaks against any label." in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "label_studio.json").read_text()) == []


def test_a_label_that_the_models_hardly_recognise_is_named(tmp_path: Path) -> None:
    given = ["opinion"] * 5 + ["satire"] * 3
    suggested = ["opinion"] * 4 + ["satire"] + ["opinion", "opinion", "satire"]
    findings = [
        ranked(str(n), [one], [other], *([LABEL_ISSUE] if one != other else []))
        for n, (one, other) in enumerate(zip(given, suggested, strict=True))
    ]
    write_audit(tmp_path, made_audit(*findings), name="rare")
    assert "hardly recognise satire" in (tmp_path / "report.html").read_text()


def test_the_same_audit_gives_the_same_bytes(tmp_path: Path) -> None:
    for folder in (tmp_path / "x", tmp_path / "y"):
        folder.mkdir()
        write_audit(folder, AUDIT, name="made")
    assert [(tmp_path / "x" / name).read_bytes() for name in FILES] == [
        (tmp_path / "y" / name).read_bytes() for name in FILES
    ]
