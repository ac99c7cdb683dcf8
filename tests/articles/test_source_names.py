import pytest

from classifier.articles.source_names import near_names, several_spellings, source_key, spelt_alike


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


@pytest.mark.parametrize(
    ("names", "near"),
    [
        (["site", "site.com", "www.site.com", "The Site"], [["site", "site.com", "The Site"]]),
        (["The Guardian", "theguardian.com", "Guardian"], [["The Guardian", "theguardian.com", "Guardian"]]),
        (["Guardian", "theguardian.com", "The Guardian"], [["Guardian", "theguardian.com", "The Guardian"]]),
        (["BBC", "www.bbc.co.uk", "m.bbc.co.uk", "bbc.co.uk/"], [["BBC", "www.bbc.co.uk", "m.bbc.co.uk"]]),
        (["Daily Post", "daily-post", "AP"], [["Daily Post", "daily-post"]]),
        (["Der Spiegel", "Spiegel", "El País", "elpais.com"], [["Der Spiegel", "Spiegel"]]),
        (["BBC", "bbc", " BBC ", "https://post.example", "www.Post.example/"], []),
        (["post.example/news", "post.example/sport", "Star", "Sun", "-", "?"], []),
        (["source1", "source11", "source 2"], []),
        ([], []),
    ],
)
def test_names_that_may_be_one_source_are_found_and_no_others(names: list[str], near: list[list[str]]) -> None:
    assert near_names(names) == near


def test_near_names_are_found_in_a_long_list_at_once() -> None:
    names = [f"site{n}.example" for n in range(20_000)]
    assert near_names([*names, "The Site7", "site7"]) == [["site7.example", "The Site7", "site7"]]


def test_the_most_frequent_spelling_stands_for_all() -> None:
    given = ["www.post.example", "Post.example", "Post.example", None, "AP", "ap"]
    assert spelt_alike(given) == ["Post.example", "Post.example", "Post.example", None, "AP", "AP"]


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_a_name_that_was_read_in_a_wrong_encoding_is_the_same_source(encoding: str) -> None:
    assert source_key("Libération".encode().decode(encoding)) == source_key("LIBÉRATION")
