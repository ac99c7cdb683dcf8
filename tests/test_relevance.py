import numpy as np
import pytest

from classifier.relevance import relevant_tokens

THE, COMMA = 1, 2


def chosen(sentences: list[list[int]], target: list[int], room: int) -> list[int]:
    """The sentences of which tokens are read; all tokens differ but those given here."""
    starts = np.cumsum([0, *(len(s) for s in sentences[:-1])])
    positions = relevant_tokens(np.concatenate(sentences).astype(np.int32), starts, np.array(target, np.int32), room)
    assert len(positions) <= room
    assert (np.diff(positions) > 0).all()
    return sorted(set((np.searchsorted(starts, positions, side="right") - 1).tolist()))


def test_the_first_sentence_and_those_like_the_target_are_read() -> None:
    sentences = [[10, 11], [20, 21], [30, 31], [40, 41]]
    assert chosen(sentences, [31, 41], 4) == [0, 2]
    assert chosen(sentences, [31, 41], 6) == [0, 2, 3]
    assert chosen(sentences, [99], 4) == [0, 1]


def test_a_token_that_most_sentences_have_counts_for_little() -> None:
    sentences = [[THE, 10], [THE, COMMA, 20], [THE, COMMA, 21], [THE, 7, 22], [THE, COMMA, 23]]
    assert chosen(sentences, [THE, COMMA, 7], 5) == [0, 3]


def test_a_long_sentence_is_not_liked_for_its_length() -> None:
    sentences = [[10, 11], [5, *range(50, 70)], [5, 80]]
    assert chosen(sentences, [5], 30) == [0, 1, 2]
    assert chosen(sentences, [5], 24) == [0, 2]


def test_what_does_not_fit_is_passed_over() -> None:
    sentences = [[10, 11], [5, 6, *range(50, 60)], [5, 80], [90, 91]]
    assert chosen(sentences, [5, 6], 6) == [0, 2, 3]


@pytest.mark.parametrize("room", [1, 3])
def test_a_first_sentence_that_is_too_long_is_cut(room: int) -> None:
    assert relevant_tokens(np.arange(8, dtype=np.int32), np.array([0, 5]), np.array([6], np.int32), room).tolist() == [
        *range(room)
    ]
