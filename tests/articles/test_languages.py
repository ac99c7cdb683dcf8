import csv
import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from classifier.articles.article import Article
from classifier.articles.languages import (
    LanguageCounts,
    count_languages,
    guess_language,
    language_of,
    languages_in_words,
    shares_in_words,
)
from tests.makers.languages import SENTENCES, articles_in

REAL = Path(__file__).parents[2] / ".." / "shared" / "data"


@pytest.mark.parametrize("language", SENTENCES)
def test_a_text_of_some_words_is_known(language: str) -> None:
    guess = guess_language(SENTENCES[language])
    assert (guess.code, guess.sure) == (language, True)


def test_a_text_that_was_looked_at_is_not_looked_at_again() -> None:
    text = f"{SENTENCES['de']} Das wird nur einmal gelesen."
    first, again = guess_language(text), guess_language(text)
    assert first is again


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12 345 !!",
        "OK",
        "Weltmeister",
        "M4$9M+4EB0D-\"R<G)R<G\\?'Q\\?'Q\\?'Q\\?/S\\_/S\\_/S\\_/S\\_'S\\_/S\\_/S\\_/S\\_/" * 9,
        "\U00010330\U00010331\U00010332 \U00010333\U00010334\U00010335 " * 9,  # Gothic: no language that is known
        "Angela Merkel",
        "Real Madrid 3, Bayern München 1",
        "for (int i = 0; i < n; i++) { sum += values[i]; }",
        "Paul Dubois, Jean-Luc Godard, François Truffaut: Paris, Lyon",
    ],
)
def test_of_short_texts_names_and_code_no_guess_of_another_language_is_sure(text: str) -> None:
    assert language_of(Article("a", text)) in (None, "en")


@pytest.mark.parametrize(
    "text",
    [
        f'The mayor said: "{SENTENCES["fr"]}" Nobody in the room understood what he had said, and the council went on',
        "He said that Angela Merkel, François Hollande, Matteo Renzi and Mario Monti would meet in Saint-Jean-de-Luz.",
        "The loop is for (int i = 0; i < n; i++) { total += prices[i]; } and it adds the prices to the total of a day.",
    ],
)
def test_english_with_quotes_names_and_code_is_english(text: str) -> None:
    assert language_of(Article("a", text)) in (None, "en")


def test_the_column_wins_over_the_text_and_the_title_helps() -> None:
    assert language_of(Article("a", SENTENCES["en"], language="German")) == "de"
    assert language_of(Article("a", SENTENCES["fr"], language="who knows")) == "fr"
    assert language_of(Article("a", "Nein.")) is None
    assert language_of(Article("a", "Nein.", title=SENTENCES["de"])) == "de"


def test_languages_are_counted_with_the_place_of_the_first() -> None:
    found = count_languages([*articles_in("en", "fr", each=3), Article("x", "?")])
    assert (found.articles, found.counts) == (7, Counter(en=3, fr=3))
    assert found.examples == {"en": "a.csv:en0", "fr": "a.csv:fr0"}
    assert found.share(["fr", "de"]) == pytest.approx(3 / 7)
    assert found.share(["fr", "fr"]) == pytest.approx(3 / 7)
    assert len(found.texts["fr"]) == 3
    assert LanguageCounts().share(["en"]) == 0


def test_languages_in_words() -> None:
    codes = ["fr", "de", "it", "pl", "ru"]
    found = LanguageCounts(
        100, Counter({code: 20 - i for i, code in enumerate(codes)}), dict.fromkeys(codes, "a.csv:1")
    )
    assert shares_in_words(found, codes).startswith("French 20% (such as a.csv:1), German 19%")
    assert shares_in_words(found, codes).endswith(", 1 more")
    assert languages_in_words(["en"]) == "English"
    assert languages_in_words(["en", "fr", "nds"]) == "English, French and Low-German"


def real_texts() -> dict[str, list[str]]:
    def lines(path: Path) -> list[str]:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            return [json.loads(line)["text"] for line in file]

    csv.field_size_limit(10**9)
    with (REAL / "fnc1" / "train_bodies.csv").open(encoding="utf-8") as file:
        bodies = [row["articleBody"] for row in csv.DictReader(file)]
    return {
        "20 newsgroups": lines(REAL / "20newsgroups" / "train.jsonl.gz")[::10],
        "hyperpartisan": lines(REAL / "hyperpartisan" / "articles.jsonl.gz"),
        "FNC-1": bodies,
    }


@pytest.mark.skipif(not REAL.exists(), reason="../shared/data is not here")
def test_on_real_english_corpora_fewer_than_one_in_a_hundred_is_another_language() -> None:
    for name, texts in real_texts().items():
        found = count_languages(Article("a", text) for text in texts)
        others = {code: count for code, count in found.counts.items() if code != "en"}
        assert sum(others.values()) < 0.01 * found.articles, (name, others)
        assert found.counts["en"] > 0.9 * found.articles, name


@pytest.mark.skipif(not REAL.exists(), reason="../shared/data is not here")
def test_real_articles_in_other_languages_are_known() -> None:
    for folder, code in {"fr": "fr", "ge": "de", "it": "it", "po": "pl", "ru": "ru"}.items():
        files = sorted((REAL / "semeval2023-task3" / folder / "dev-articles-subtask-1").glob("*.txt"))
        found = count_languages(Article("a", file.read_text(encoding="utf-8")) for file in files)
        assert found.counts[code] == found.articles > 0
