import unicodedata

import pytest

from classifier.articles.bare_text import bare_text, misread_part

TEXT = "L’équipe a « gagné » : à Noël, 3 € — déjà ! Çà et là, l'œuvre… The committee’s report"


def misread(text: str, encoding: str) -> str:
    """The text as a program shows it that takes its UTF-8 for another encoding."""
    return "".join(bytes([byte]).decode(encoding, "ignore") or chr(byte) for byte in text.encode())


COPIES = {
    "decomposed": unicodedata.normalize("NFD", TEXT),
    "capitals": TEXT.upper(),
    "misread as cp1252": misread(TEXT, "cp1252"),
    "misread as latin-1": misread(TEXT, "latin-1"),
    "misread, its spaces evened out": " ".join(misread(TEXT, "cp1252").split()),
    "entities": TEXT.encode("ascii", "xmlcharrefreplace").decode(),
    "entities escaped twice": TEXT.encode("ascii", "xmlcharrefreplace").decode().replace("&", "&amp;"),
    "paragraphs": f"<div class='a'><p>{TEXT.replace(' : ', ' :</p><p>')}</p></div><!-- end -->",
    "tags within words": TEXT.replace("équipe", "<b>équ</b>ipe").replace("Noël", '<a href="x">Noël</a>'),
    "a script": f"{TEXT}<script>if (a < b) run();</script>",
    "divided": TEXT.replace("committee", "com-\nmittee"),
    "divided, Windows": TEXT.replace("committee", "com-\r\n  mittee"),
    "soft hyphens": TEXT.replace("committee", "com\u00admit\u00adtee"),
    "a soft hyphen at the end of the line": TEXT.replace("committee", "com\u00ad\nmittee"),
    "zero width": TEXT.replace("committee", "com\u200bmittee\ufeff"),
    "no-break": TEXT.replace(" ", "\u00a0\u202f"),
    "other quotes": TEXT.replace("’", "'").replace("«", "“").replace("»", "”").replace("—", "–"),
}


@pytest.mark.parametrize("copy", COPIES)
def test_copies_have_one_bare_text(copy: str) -> None:
    assert COPIES[copy] != TEXT
    assert bare_text(COPIES[copy]) == bare_text(TEXT)


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("a < b and b > c", "a < b and b > c"),
        ("AT&T; R&D", "at&t; r&d"),
        ("<3 hearts", "<3 hearts"),
        ("well-known", "well-known"),
        ("Mainz -\nBingen", "mainz - bingen"),
        ("Rhein-\nMain", "rhein- main"),
        ("1914-\n1918", "1914- 1918"),
        ("CLICHÉ» É", 'cliché" é'),
        ("Le débat Ã©", "le débat ã©"),
        ("Ã", "ã"),
        ("<p></p><br/>&nbsp;", ""),
        ("", ""),
    ],
)
def test_what_only_looks_like_markup_or_misread_stays(text: str, bare: str) -> None:
    assert bare_text(text) == bare


def test_half_of_a_surrogate_pair_is_no_obstacle() -> None:
    assert bare_text("Ã© \ud800") == "ã© \ud800"


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_what_was_misread_beyond_doubt_is_shown(encoding: str) -> None:
    assert misread_part(f"Rain.\nOn Monday {misread(TEXT, encoding)}") == f"On Monday L{misread('’', encoding)[:2]}"
    for text in (TEXT, "plain", "CLICHÉ»", f"{TEXT} {misread(TEXT, encoding)}"):
        assert not misread_part(text)
