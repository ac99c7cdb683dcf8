"""The languages that an encoder reads: by its card where that tells, else measured by its tokenizer.

An encoder of English cuts words of other languages into short pieces, or into single letters, which it never learnt to
put together: it gives vectors for them that say little. The pieces of languages that it was trained on are longer
(Rust et al., 2021, "How good is your tokenizer?", https://aclanthology.org/2021.acl-long.243).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from classifier.articles.language_names import counts_as, language_code
from classifier.articles.languages import ENGLISH, LanguageCounts, languages_in_words, shares_in_words
from classifier.config import DEFAULT_MODEL
from classifier.config_file import setting_text
from classifier.models.model_folder import MODEL_FILE, read_model_info
from classifier.models.transformer.packaged import LARGE_MODEL
from classifier.models.transformer.packaged_multilingual import MULTILINGUAL_MODEL
from classifier.models.transformer.unread import Unread, count_unread

logger = logging.getLogger(__name__)
CARD = "README.md"
MANY_LANGUAGES = "multilingual"  # what a card says that names none of them
PACKAGED = {DEFAULT_MODEL: (ENGLISH,), LARGE_MODEL: (ENGLISH,)}  # their cards may be missing
SHORT = 0.75  # letters in a piece, as a share of those of its own language, below which a language is not read
FEW_PIECES = 1.5  # of a word, up to which it is read all the same: some languages have short words
SAMPLE = 400  # articles whose languages are looked at
MOST_UNREAD = 0.5  # share of the letters, from which a language is not read
LEAST_SHARE, LEAST_ARTICLES = 0.02, 3  # in other languages, from which there is a warning
PASSAGE = (
    "The council voted on Tuesday to repair the old bridge, which had been closed to traffic since the storm in March. "
    "Residents of both villages welcomed the decision, but the mayor warned that the work would take longer than most "
    "people expected, because the river is high and two of the pillars are damaged. A spokeswoman for the government "
    "said that money for such projects was available, and that nobody would have to pay more taxes this year."
)


def languages_told(name: str, folder: Path) -> tuple[str, ...] | None:
    """The languages that an encoder is known to read; None where its card does not tell, or names none of several.

    Args:
        name: a Hub id or a folder.
        folder: from `find_weights`.
    """
    if (folder / MODEL_FILE).is_file():  # a trained model reads what its encoder does
        name = read_model_info(folder).base_model
    if name in PACKAGED:
        return PACKAGED[name]
    card = folder / CARD
    if not card.is_file():
        return None
    from huggingface_hub import metadata_load

    try:
        named = (metadata_load(card) or {}).get("language")
    except Exception:  # a card that is no YAML, in whichever of its ways the library says so
        return None
    listed = named if isinstance(named, list) else [named]
    if MANY_LANGUAGES in listed:
        return None
    return tuple(dict.fromkeys(code for value in listed if (code := language_code(value)))) or None


def unread_languages(tokenizer: Any, found: LanguageCounts, told: Sequence[str] | None) -> list[str]:
    """Those of the languages of some articles that an encoder does not read.

    Args:
        tokenizer: of the encoder.
        found: the languages of the articles.
        told: from `languages_told`.
    """
    if told is not None:
        read = {counts_as(code) for code in told}
        return [code for code in found.counts if code not in read]
    if not tokenizer.is_fast:
        return []
    lengths = {code: _piece_length(tokenizer, texts) for code, texts in found.texts.items()}
    own = [length for length, _ in lengths.values()]
    if not enough_to_say(found, [ENGLISH]):  # else their own English tells better: news has longer words and names
        own.append(_piece_length(tokenizer, [PASSAGE])[0])
    longest = max(own, default=0.0)
    return [
        code
        for code, texts in found.texts.items()
        if code != ENGLISH and not _reads(count_unread(tokenizer, texts), texts, *lengths[code], longest)
    ]


def _reads(unread: Unread, texts: Sequence[str], length: float, pieces: float, longest: float) -> bool:
    """Whether a tokenizer has pieces for the words of a language that are nearly as long as those of its own.

    Args:
        unread: what it does not read of the texts.
        texts: in the language.
        length, pieces: letters in a piece of them, and pieces of a word.
        longest: letters in a piece of the language that has the longest.
    """
    if unread.share >= MOST_UNREAD:
        return False
    if sum(char.isascii() for text in texts for char in text if char.isalpha()) < unread.letters / 2:
        return True  # letters of another script stand for more or less than Latin ones
    return length >= SHORT * longest or pieces <= FEW_PIECES


def _piece_length(tokenizer: Any, texts: Iterable[str]) -> tuple[float, float]:
    """Letters in a piece, and pieces of a word, on average."""
    letters = pieces = words = 0
    for text in texts:
        letters += sum(map(str.isalpha, text))
        pieces += len(tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])
        words += len(text.split())
    return letters / max(1, pieces), pieces / max(1, words)


def enough_to_say(found: LanguageCounts, codes: Sequence[str]) -> bool:
    """Whether so many articles are in these languages that it is no chance: 2% of them, and three."""
    articles = sum(found.counts[code] for code in codes)
    return articles >= min(LEAST_ARTICLES, max(1, found.articles)) and found.share(codes) >= LEAST_SHARE


def warn_of_languages(name: str, folder: Path, tokenizer: Any, found: LanguageCounts, *, built: bool) -> list[str]:
    """Warn of articles in languages that an encoder does not read, and return these languages.

    Args:
        name: of the encoder, a Hub id or a folder.
        folder: from `find_weights`.
        tokenizer: of the encoder.
        found: the languages of the articles, or of a sample of them.
        built: whether the dataset is built already, so that leaving articles out means to build it again.
    """
    told = languages_told(name, folder)
    unread = unread_languages(tokenizer, found, told)
    if not enough_to_say(found, unread):
        return unread
    reads = f"it reads {languages_in_words(told)}" if told else "it cuts their words into short pieces"
    rest = sorted((code for code in found.counts if code not in unread), key=lambda code: -found.counts[code])
    only = setting_text("data.languages", rest[0] if len(rest) == 1 else rest) if enough_to_say(found, rest) else ""
    how = "build the dataset again with" if built else "keep"
    logger.warning(
        "%.0f%% of the articles are in languages that the encoder '%s' does not read (%s): %s. It learns little from "
        "them. Name an encoder that reads them, such as --set model.name=%s%s",
        *(100 * found.share(unread), name, reads, shares_in_words(found, unread), MULTILINGUAL_MODEL),
        f", or {how} those in {languages_in_words(rest)} alone: --set '{only}'" if only else "",
    )
    return unread
