import pytest

from classifier.articles.source_names import several_spellings, source_key


@pytest.mark.parametrize(
    "spelling",
    [
        "site.example",
        "www.site.example",
        "WWW.Site.example",
        "http://site.example",
        "https://www.site.example/",
        " site.example\u200b",
    ],
)
def test_a_site_has_one_key(spelling: str) -> None:
    assert source_key(spelling) == "site.example"


@pytest.mark.parametrize(
    "other", ["news.site.example", "site.example/news", "www.site", "a@site.example", "The www. Site", "www.", "site"]
)
def test_what_is_no_address_of_the_site_keeps_its_own(other: str) -> None:
    assert source_key(other) == other.casefold()


def test_spellings_are_listed_from_the_most_frequent_on() -> None:
    found = ["dpa", "AP", "DPA", "DPA", "b.example", "www.b.example", "Tanjug"]
    assert several_spellings(found) == [["DPA", "dpa"], ["b.example", "www.b.example"]]
