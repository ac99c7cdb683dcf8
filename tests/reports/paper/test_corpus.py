from pathlib import Path

from classifier.dataset.folder import run_dataset
from classifier.reports.paper.corpus import corpus_facts


def test_sources_and_dates_are_those_of_all_splits(examples: Path) -> None:
    import csv

    with (examples / "articles.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = corpus_facts(run_dataset(examples / "runs/first"))
    days = sorted(row["date"] for row in rows)
    assert (found.articles, found.sources) == (len(rows), len({row["source"] for row in rows}))
    assert (found.first, found.last) == (days[0], days[-1])
    assert (found.without_source, found.without_date, found.unread) == (0, 0, 0)
