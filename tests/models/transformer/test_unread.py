import pytest
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from classifier.models.transformer.unread import Unread, count_unread, script_of
from tests.makers.models import SPECIAL, make_tokenizer


def wordpiece(*words: str) -> transformers.PreTrainedTokenizerFast:
    """Knows words, and the letters of Latin and Arabic one by one, as the encoders of English do."""
    letters = [*"abcdefghijklmnopqrstuvwxyz", *"ابتجدرسل"]
    known = [*SPECIAL, *words, *letters, *(f"##{letter}" for letter in letters)]
    vocabulary = {word: index for index, word in enumerate(dict.fromkeys(known))}
    made = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return transformers.PreTrainedTokenizerFast(tokenizer_object=made, unk_token="[UNK]")


def bytes_alone() -> transformers.PreTrainedTokenizerFast:
    alphabet = {char: index for index, char in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    made = Tokenizer(models.BPE(alphabet, []))
    made.pre_tokenizer, made.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    return transformers.PreTrainedTokenizerFast(tokenizer_object=made)


@pytest.mark.parametrize(
    ("text", "share", "script"),
    [
        ("the council, 2024", 0, ""),
        ("a b", 0, ""),  # single Latin letters can be words
        ("جدار سبب", 1, "Arabic"),  # letter by letter
        ("ไทย the", 3 / 6, "Thai"),  # unknown, beside three letters that are read
        ("市", 0, ""),  # one character that is known says as much as a word
        ("新", 1, "Chinese"),
        ("12 !?", 0, ""),
        ("", 0, ""),
    ],
)
def test_letters_that_are_unknown_or_read_one_by_one_are_counted(text: str, share: float, script: str) -> None:
    found = count_unread(wordpiece("the", "council", "市"), [text])
    assert found.share == pytest.approx(share, abs=0.01)
    assert found.script == script


def test_letters_that_are_read_as_bytes_are_counted() -> None:
    found = count_unread(bytes_alone(), ["abc ไทย"])
    assert (found.letters, found.unread, found.script) == (6, 3, "Thai")


def test_long_texts_are_looked_at_up_to_a_limit_and_none_gives_none() -> None:
    assert count_unread(make_tokenizer(), ["ab" * 10_000]).letters == 1_000
    assert count_unread(make_tokenizer(), []) == Unread()
    assert script_of("\ue000") == "UNNAMED"
