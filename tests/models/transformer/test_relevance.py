import numpy as np
import pytest

from classifier.models.transformer.relevance import relevant_tokens

THE, COMMA = 1, 2


def read(sentences: list[list[int]], target: list[int], room: int) -> list[int]:
    """The tokens that are read: in their order, and as many as there is room for."""
    text, starts = np.concatenate(sentences).astype(np.int32), np.cumsum([0, *(len(s) for s in sentences[:-1])])
    positions = relevant_tokens(text, starts, np.array(target, np.int32), room)
    assert (np.diff(positions) > 0).all()
    assert len(positions) == room
    return text[positions].tolist()


def test_the_first_sentence_and_those_like_the_target_are_read() -> None:
    sentences = [[10, 11], [20, 21], [30, 31], [40, 41]]
    assert read(sentences, [31, 41], 4) == [10, 11, 30, 31]
    assert read(sentences, [31, 41], 6) == [10, 11, 30, 31, 40, 41]
    assert read(sentences, [99], 4) == [10, 11, 20, 21]


def test_a_token_that_most_sentences_have_counts_for_little() -> None:
    sentences = [[THE, 10], [THE, COMMA, 20], [THE, COMMA, 21], [THE, 7, 22], [THE, COMMA, 23]]
    assert read(sentences, [THE, COMMA, 7], 5) == [THE, 10, THE, 7, 22]


def test_a_long_sentence_is_not_liked_for_its_length() -> None:
    sentences = [[10, 11], [5, *range(50, 70)], [5, 80]]
    assert read(sentences, [5], 4) == [10, 11, 5, 80]


def test_the_best_sentence_that_does_not_fit_fills_the_rest() -> None:
    sentences = [[10, 11], [5, 6, *range(50, 60)], [5, 80], [90, 91]]
    assert read(sentences, [5, 6], 4) == [10, 11, 5, 80]
    assert read(sentences, [5, 6], 7) == [10, 11, 5, 5, 80, 90, 91]
    assert read([[10], list(range(50, 99))], [99], 7) == [10, *range(50, 56)]


@pytest.mark.parametrize("room", [1, 3])
def test_a_first_sentence_that_is_too_long_is_cut(room: int) -> None:
    assert read([[0, 1, 2, 3, 4], [5, 6, 7]], [6], room) == [*range(room)]
