from dataclasses import replace
from pathlib import Path

import pytest

from classifier.dataset.near_sources import say_near_sources
from tests.makers.articles import make_articles
from tests.makers.corpora import settled


def said(names: list[str], folder: Path, caplog: pytest.LogCaptureFixture) -> list[str]:
    articles = [replace(a, source=names[i % len(names)]) for i, a in enumerate(make_articles(6 * len(names)))]
    found = settled(articles, folder / "corpus")
    caplog.clear()
    say_near_sources(found)
    return caplog.messages


def test_sources_under_several_names_are_listed_with_what_to_do(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    names = ["site", "site.com", "www.site.com", "The Site", "AP", "AP News", "apnews.com"]
    assert said(names, tmp_path, caplog) == [
        "2 sources may stand under several names, which count as different sources: 'site', 'site.com', 'The Site'; "
        "'AP News', 'apnews.com'. Where they are one, write one name in the column of sources"
    ]


def test_spellings_that_are_one_source_anyway_are_not_listed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert said(["site.com", "www.Site.com", "http://site.com/", "BBC", "bbc"], tmp_path, caplog) == []
