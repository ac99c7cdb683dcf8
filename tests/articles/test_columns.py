import unicodedata

import pytest

from classifier.articles.columns import doubts, find_columns, name_texts, sites_column
from classifier.articles.readers.row import Row
from classifier.errors import InputError


def test_a_named_column_wins_and_a_missing_one_is_an_error() -> None:
    present = ["body", "text", "genre"]
    assert (
        find_columns(present, {"text": "body", "label": "genre"}, pair=None, labelled=True, file="f")["text"] == "body"
    )
    with pytest.raises(InputError, match="Did you mean 'genre'"):
        find_columns(present, {"label": "genres"}, pair=None, labelled=True, file="f")
    with pytest.raises(InputError, match=r"Fix: Name your own: --set data\.columns\.text=body$"):
        find_columns(present, {"text": "bdoy", "label": "genre"}, pair=None, labelled=True, file="f")
    with pytest.raises(InputError, match=r"no column 'target' .nor text_pair"):
        find_columns(present, {"label": "genre"}, pair=True, labelled=True, file="f")


@pytest.mark.parametrize(
    ("present", "key", "taken"),
    [
        (["Text", "text", "label"], "text", "text"),
        (["TEXT", "label"], "text", "TEXT"),
        (["text", "Label", "label"], "label", "label"),
        (["text", "Label ", "labels"], "label", "Label "),
        (["text", "label", "Headline", "Claim"], "target", "Claim"),
        (["text", "label", "ID", "id"], "id", "id"),
        (["text", "label", "Site", "author"], "source", "Site"),
        (["text", "label", "outlet", "source"], "source", "source"),
        (["text", "label", "SPLIT"], "split", "SPLIT"),
        (["text", "label", "\N{FULLWIDTH LATIN SMALL LETTER D}ate"], "date", "\N{FULLWIDTH LATIN SMALL LETTER D}ate"),
    ],
)
def test_the_exact_name_wins_then_one_that_differs_in_case_or_spaces(present: list[str], key: str, taken: str) -> None:
    assert find_columns(present, {}, pair=None, labelled=True, file="f")[key] == taken


def test_two_columns_that_are_equally_meant_are_refused_with_the_setting_that_decides() -> None:
    with pytest.raises(InputError, match="'Text' and 'TEXT' could all be the text") as error:
        find_columns(["Text", "TEXT", "label"], {}, pair=None, labelled=True, file="f")
    assert "data.columns.text=Text" in error.value.fix
    with pytest.raises(InputError, match="'Body' and 'BODY' could all be the text"):
        find_columns(["Body", "BODY", "label"], {"text": "body"}, pair=None, labelled=True, file="f")
    assert find_columns(["text", "Label", "LABEL"], {}, pair=None, labelled=False, file="f") == {"text": "text"}


def test_a_missing_column_is_answered_with_the_likely_one() -> None:
    with pytest.raises(InputError) as error:
        find_columns(["Article Text", "Category", "n"], {}, pair=None, labelled=True, file="f")
    assert error.value.fix == "Name your own: --set 'data.columns.text=Article Text' --set data.columns.label=Category"
    with pytest.raises(InputError, match=r"--set data\.columns\.text=Body --set data\.columns\.label=NAME"):
        find_columns(["Body", "n"], {}, pair=None, labelled=True, file="f")


def test_a_named_column_is_found_in_another_unicode_form_or_case() -> None:
    decomposed = unicodedata.normalize("NFD", "texte intégral")
    named = {"text": "texte intégral", "label": "GENRE"}
    assert find_columns([decomposed, "genre"], named, pair=None, labelled=True, file="f") == {
        "text": decomposed,
        "label": "genre",
    }


@pytest.mark.parametrize(
    ("present", "named", "pair", "said"),
    [
        (["text", "Text", "label"], {}, None, ["'text' and 'Text' could both be the text; 'text' is taken"]),
        (["text", "label", "labels"], {}, None, ["'label' and 'labels' could both be the label"]),
        (["text", "label", "labels"], {"label": "label"}, None, []),
        (["text", "label", "headline"], {}, None, []),
        (["text", "label", "title", "headline"], {}, False, ["'title' and 'headline' could both be the title"]),
        (["text", "label", "title", "headline"], {}, True, []),
        (["text", "label", "source", "publisher"], {}, False, []),
        (["text", "label", "outlet", "publisher"], {}, False, ["could both be the source; 'publisher' is taken"]),
        (["text", "label", "headline"], {}, True, []),
        (["text", "label", "headline"], {}, False, []),
        (["text", "label", "claim", "title"], {}, None, []),
    ],
)
def test_what_could_be_meant_otherwise_is_said(
    present: list[str], named: dict[str, str | None], pair: bool | None, said: list[str]
) -> None:
    columns = find_columns(present, named, pair=pair, labelled=True, file="f")
    found = doubts(present, named, columns)
    assert len(found) == len(said)
    assert all(part in line for part, line in zip(said, found, strict=True))


@pytest.mark.parametrize(
    ("columns", "named", "taken"),
    [
        ({"domain": ["www.post.example", None, "https://star.example/"]}, {}, {"source": "domain"}),
        ({"Domain": ["post.example", "nan"]}, {}, {"source": "Domain"}),
        ({"domain": ["politics", "sport"]}, {}, {}),
        ({"domain": ["post.example", "sport"]}, {}, {}),
        ({"domain": [None, ""]}, {}, {}),
        ({"domain": ["post.example"], "outlet": ["Post"]}, {}, {}),
        ({"domain": ["post.example"], "paper": ["Post"]}, {"source": "paper"}, {}),
    ],
)
def test_a_domain_is_the_source_where_it_holds_sites(
    columns: dict[str, list[str]], named: dict[str, str], taken: dict[str, str]
) -> None:
    rows = [Row("a.csv", dict(zip(columns, cells, strict=True))) for cells in zip(*columns.values(), strict=False)]
    assert sites_column(rows, named) == taken


def test_a_table_without_a_header_line_is_told_by_its_first_row() -> None:
    article = "The council met. " * 20
    for present in ([article, "satire"], ["satire", "0", article]):
        with pytest.raises(InputError) as error:
            find_columns(present, {}, pair=None, labelled=True, file="a.csv")
        assert "The first line looks like an article: is there no header line?" in error.value.message
        assert error.value.fix == "Give the columns' names in the first line, such as text,label"
        assert len(str(error.value)) < 600


def test_a_misspelt_column_is_the_fix_as_it_is_typed() -> None:
    with pytest.raises(InputError) as error:
        find_columns(["site", "text", "lable"], {}, pair=None, labelled=True, file="f")
    assert "Did you mean 'lable'?" in str(error.value)
    assert error.value.fix == "Name your own: --set data.columns.label=lable"


@pytest.mark.parametrize("name", ["Published", "publication_date", "pubDate", "date"])
def test_usual_names_of_dates_are_dates(name: str) -> None:
    assert find_columns(["text", "label", name], {}, pair=None, labelled=True, file="f")["date"] == name


@pytest.mark.parametrize(
    ("values", "meant"),
    [
        ({"Artikel": "It rained. " * 30, "kind": "news"}, "data.columns.text=Artikel"),
        ({"Der Artikel": "It rained. " * 30, "kind": "It rained."}, "'data.columns.text=Der Artikel'"),
        ({"Artikel": "It rained. " * 30, "Auszug": "It rained. " * 30}, "data.columns.text=NAME"),
        ({"Artikel": "It rained.", "n": 7}, "data.columns.text=NAME"),
    ],
)
def test_texts_are_told_by_their_length_where_no_name_tells(values: dict[str, object], meant: str) -> None:
    error = InputError("A needed column is missing.", fix="Name your own: --set data.columns.text=NAME")
    name_texts(error, [Row("a.csv:2", values)])
    assert error.fix == f"Name your own: --set {meant}"
