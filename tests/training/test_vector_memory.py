from pathlib import Path

import numpy as np
import pytest

from classifier.arrays import Floats32, Ints
from classifier.articles.article import Article
from classifier.models.transformer.tokenizer import load_tokenizer
from classifier.models.transformer.windows import EncodedArticles, TextEncoder
from classifier.training.vector_memory import VectorMemory

ARTICLES = [Article(str(n), f"the council voted {'again ' * n}", ("a",), target=f"claim {n % 2}") for n in range(6)]


@pytest.fixture
def encoded(checkpoint: Path) -> EncodedArticles:
    return TextEncoder(load_tokenizer(checkpoint), max_length=24, windows=2, pair=True).encode(ARTICLES)


class Reader:
    """Gives an article its number, or what is made of it, and notes which ones it was asked for."""

    def __init__(self, encoded: EncodedArticles, add: int = 0) -> None:
        self.encoded, self.add, self.asked = encoded, add, list[list[int]]()

    def __call__(self, rows: Ints) -> Floats32:
        self.asked.append(rows.tolist())
        return np.stack([np.full(4, self.encoded.tokens_total[row] + self.add, np.float32) for row in rows])


def test_each_article_is_read_once(encoded: EncodedArticles) -> None:
    memory, reader, skipped = VectorMemory(), Reader(encoded), list[int]()
    memory.read("mini", encoded.take(np.array([1, 3])), Reader(encoded.take(np.array([1, 3]))))
    found = memory.read("mini", encoded, reader, skipped.append)
    assert reader.asked == [[0, 2, 4, 5]] and skipped == [2]
    assert found[:, 0].tolist() == encoded.tokens_total.tolist()
    again = Reader(encoded, add=9)
    assert (memory.read("mini", encoded, again) == found).all() and not again.asked


def test_articles_are_known_once_all_of_them_were_read(encoded: EncodedArticles) -> None:
    memory, some = VectorMemory(), encoded.take(np.array([1, 3]))
    assert not memory.knows(some)
    memory.read("mini", some, Reader(some))
    assert memory.knows(some) and not memory.knows(encoded)


def test_what_another_encoder_made_is_forgotten(encoded: EncodedArticles) -> None:
    memory = VectorMemory()
    memory.read("mini", encoded, Reader(encoded))
    assert memory.read("large", encoded, Reader(encoded, add=9))[0, 0] == encoded.tokens_total[0] + 9
    reader = Reader(encoded)
    memory.read("mini", encoded, reader)
    assert reader.asked == [[0, 1, 2, 3, 4, 5]]


def test_no_more_is_kept_than_there_is_room_for(encoded: EncodedArticles) -> None:
    memory, reader = VectorMemory(most=3 * 16 + 1), Reader(encoded)
    found = memory.read("mini", encoded, reader)
    assert (memory.read("mini", encoded, reader) == found).all()
    assert reader.asked == [[0, 1, 2, 3, 4, 5], [3, 4, 5]]


def test_equal_articles_are_read_once_and_windows_and_targets_tell_others_apart(checkpoint: Path) -> None:
    tokenizer = load_tokenizer(checkpoint)
    text = "the council voted again and again and again and once more and again and again"
    same, other = Article("1", text, ("a",), target="again"), Article("2", text, ("a",), target="council")
    pair = TextEncoder(tokenizer, max_length=16, windows=3, pair=True)
    memory = VectorMemory()
    encoded = pair.encode([same, same, other])
    reader = Reader(encoded)
    memory.read("mini", encoded, reader)
    fewer = TextEncoder(tokenizer, max_length=16, windows=1, pair=True).encode([same])
    memory.read("mini", fewer, (less := Reader(fewer)))
    assert reader.asked == [[0, 2]] and less.asked == [[0]]


def test_the_same_tokens_in_other_windows_are_another_article() -> None:
    tokens, none = np.tile(np.arange(8, dtype=np.int32), 2), np.zeros(4, np.int32)
    lengths = np.array([8, 8])
    encoded = EncodedArticles(tokens, np.array([0, 3, 8, 12, 16]), np.array([0, 2, 4]), none, lengths, lengths)
    memory, reader = VectorMemory(), Reader(encoded)
    memory.read("mini", encoded, reader)
    assert reader.asked == [[0, 1]]
