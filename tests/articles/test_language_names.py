import pytest

from classifier.articles.language_names import CODES, NAMES, ROWS, counts_as, language_code, language_name
from classifier.articles.languages import NO_LANGUAGE, _identifier


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("en", "en"),
        ("EN ", "en"),
        ("en-US", "en"),
        ("en_GB", "en"),
        ("eng", "en"),
        ("English", "en"),
        ("german", "de"),
        ("ger", "de"),
        ("Français", "fr"),
        ("pt-BR", "pt"),
        ("zh-Hans", "zh"),
        ("nds", "nds"),
        ("php", None),
        ("JS", None),
        ("all", None),
        (False, "no"),  # YAML's
        ("", None),
        (None, None),
        (7, None),
        ("unknown", None),
        ("n/a", None),
    ],
)
def test_a_language_is_known_by_code_or_name(value: object, code: str | None) -> None:
    assert language_code(value) == code


def test_no_word_names_two_languages() -> None:
    assert len(CODES) == len({(word.casefold(), row[0]) for row in ROWS for word in row})
    assert all(2 <= len(code) <= 3 for code in NAMES)


def test_languages_that_short_texts_do_not_tell_apart_count_as_one() -> None:
    assert counts_as("nn") == counts_as("nb") == counts_as("no")
    assert counts_as("de") == "de"
    assert language_name("de") == "German"
    assert language_name("xx") == "'xx'"


def test_every_guess_has_a_name_or_counts_as_one_that_has() -> None:
    guessed = {counts_as(code) for code in _identifier().labels} - {NO_LANGUAGE}
    assert len(guessed - set(NAMES)) < 6, guessed - set(NAMES)
