from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import transformers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from classifier.articles.languages import count_languages
from classifier.config import DEFAULT_MODEL
from classifier.models.languages_read import (
    PASSAGE,
    enough_to_say,
    languages_told,
    unread_languages,
    warn_of_languages,
)
from classifier.models.model_folder import write_model_info
from classifier.models.transformer.packaged_multilingual import MULTILINGUAL_MODEL
from tests.makers.languages import SENTENCES, articles_in
from tests.makers.runs import make_model_info


def tokenizer_of(*languages: str) -> transformers.PreTrainedTokenizerFast:
    """One that was trained on these languages, and has the letters of all."""
    made = Tokenizer(models.BPE(unk_token="[UNK]"))
    made.normalizer, made.pre_tokenizer = normalizers.Lowercase(), pre_tokenizers.Whitespace()
    letters = sorted({char for text in SENTENCES.values() for char in text.lower()} if "letters" in languages else {})
    trainer = trainers.BpeTrainer(
        vocab_size=4000, special_tokens=["[UNK]"], initial_alphabet=letters, show_progress=False
    )
    texts = [f"{SENTENCES[code]} " * 3 for code in languages if code in SENTENCES]
    made.train_from_iterator([*texts, *([PASSAGE] * 3 if "en" in languages else [])], trainer)
    return transformers.PreTrainedTokenizerFast(tokenizer_object=made, unk_token="[UNK]")


@pytest.mark.parametrize(
    ("of", "unread"),
    [
        (("en", "letters"), {"de", "fr", "pl", "ru"}),
        (("en", "de", "fr", "pl", "ru"), set()),
        (("en", "de", "letters"), {"fr", "pl", "ru"}),
        (("de", "letters"), {"fr", "pl", "ru"}),
    ],
)
def test_a_language_whose_words_are_cut_into_short_pieces_is_not_read(of: tuple[str, ...], unread: set[str]) -> None:
    found = count_languages(articles_in("en", "de", "fr", "pl", "ru"))
    assert set(unread_languages(tokenizer_of(*of), found, None)) == unread


def test_other_languages_are_compared_with_the_english_of_the_articles_themselves() -> None:
    """Names and numbers are cut by every tokenizer: plain English would make another language look worse than it is."""
    articles = [replace(article, text=article.text.replace(" ", " 17 Xy ")) for article in articles_in("en", "fr")]
    assert unread_languages(tokenizer_of("en", "fr", "letters"), count_languages(articles), None) == []


def test_what_a_card_tells_is_not_measured(tmp_path: Path) -> None:
    def told(card: str) -> tuple[str, ...] | None:
        (tmp_path / "README.md").write_text(card, encoding="utf-8")
        return languages_told("some/encoder", tmp_path)

    assert languages_told("some/encoder", tmp_path) is None  # no card
    assert told("---\nlanguage: en\n---\nWords.") == ("en",)
    assert told("---\nlanguage:\n- de\n- fr-FR\n---\n") == ("de", "fr")
    assert told("---\nlanguage:\n- multilingual\n- de\n---\n") is None
    assert told("---\nlanguage: no\n---\n") == ("no",)
    assert told("---\nlicense: mit\n---\n") is None
    assert told("No metadata.") is None
    assert told("---\nlanguage: [en\n---\n") is None  # damaged
    assert languages_told(DEFAULT_MODEL, tmp_path) == ("en",)
    found = count_languages(articles_in("en", "de"))
    assert unread_languages(tokenizer_of("en", "de"), found, ("en",)) == ["de"]
    assert unread_languages(tokenizer_of("en"), found, ("de", "en")) == []


def test_a_trained_model_reads_what_its_encoder_does(tmp_path: Path) -> None:
    write_model_info(tmp_path, replace(make_model_info(), base_model=DEFAULT_MODEL, languages={"de": False}))
    assert languages_told(str(tmp_path), tmp_path) == ("en",)
    write_model_info(tmp_path, replace(make_model_info(), base_model="some/encoder"))
    assert languages_told(str(tmp_path), tmp_path) is None


@pytest.fixture
def warned(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> Callable[..., str]:
    def warn(*articles: object, built: bool = False, name: str = DEFAULT_MODEL) -> str:
        caplog.clear()
        found = count_languages(articles)  # type: ignore[arg-type]
        warn_of_languages(name, tmp_path, tokenizer_of("en", "letters"), found, built=built)
        return caplog.text

    return warn


def test_the_warning_names_share_place_and_fix(warned: Callable[..., str]) -> None:
    text = warned(*articles_in("en", each=20), *articles_in("fr", each=10), *articles_in("de", each=10))
    assert f"50% of the articles are in languages that the encoder '{DEFAULT_MODEL}' does not read" in text
    assert "(it reads English): German 25% (such as a.csv:de0), French 25% (such as a.csv:fr0)." in text
    assert f"--set model.name={MULTILINGUAL_MODEL}, or keep those in English alone: --set 'data.languages=en'" in text
    assert "build the dataset again with those in English alone: --set 'data.languages=en'" in warned(
        *articles_in("en", "fr"), built=True
    )
    assert "it cuts their words into short pieces" in warned(*articles_in("en", "fr"), name="some/encoder")


def test_where_all_is_in_another_language_none_is_to_be_kept(warned: Callable[..., str]) -> None:
    text = warned(*articles_in("fr"))
    assert "100% of the articles" in text
    assert "data.languages" not in text


def test_a_few_articles_are_no_matter(warned: Callable[..., str]) -> None:
    assert warned(*articles_in("en", each=100), *articles_in("fr", each=2)) == ""
    assert warned(*articles_in("en", each=200), *articles_in("fr", each=3)) == ""
    assert warned(*articles_in("en", each=100), *articles_in("fr", each=3)) != ""
    assert warned(*articles_in("en")) == ""
    assert not enough_to_say(count_languages([]), [])
