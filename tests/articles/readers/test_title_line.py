import pytest

from classifier.articles.readers.title_line import check_title
from classifier.errors import InputError

HEADER = ["Titel", "Text", "Kategorie"]


@pytest.mark.parametrize(
    ("columns", "beneath", "spans"),
    [
        (["Export of May"], HEADER, False),
        (["Export of May"], ["Titel;Text;Kategorie"], False),  # nothing in the title tells what divides cells
        (["Export of May"], ['"Titel";"Text";"Kategorie"'], False),
        (["Export of May"], ["Titel\tText\tKategorie"], False),
        (["Export of May", "page 1"], HEADER, False),
        (["Archiv 2025"], ["Titel", "Inhalt", "Kategorie"], True),
    ],
)
def test_a_title_is_no_header_line(columns: list[str], beneath: list[str], spans: bool) -> None:
    with pytest.raises(InputError, match=r"a\.csv:1 is no header line .*stand below it"):
        check_title(columns, beneath, "a.csv:1", spans=spans)


@pytest.mark.parametrize(
    ("columns", "beneath"),
    [
        (HEADER, ["Rain", "Text", "news"]),
        (["body"], ["Text; and a sentence that is longer than the name of a column"]),
        (["body", "label"], ["Titel;Text;Kategorie", "news"]),
        (["body"], []),
    ],
)
def test_a_header_above_texts_is_none(columns: list[str], beneath: list[str]) -> None:
    check_title(columns, beneath, "a.csv:1")
