"""Terms are counted as scikit-learn counts them, however texts are cut into blocks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from classifier.models import term_counts
from classifier.models.term_counts import TermKind, count_terms

WORDS = st.text(alphabet="aAbé \n\t\u00a0ﬁİß.,_\x00\ud800", max_size=14)
KINDS = [
    TermKind("word", (1, 1)),
    TermKind("word", (1, 2)),
    TermKind("word", (2, 3)),
    TermKind("char_wb", (1, 3)),
    TermKind("char_wb", (2, 4)),
    TermKind("char_wb", (4, 5)),
]


def counted_by_scikit_learn(texts: list[str], kind: TermKind) -> tuple[list[str], np.ndarray]:
    """Terms and counts; no terms where it refuses to count, since no text has one."""
    theirs = CountVectorizer(**kind._asdict())
    try:
        found = theirs.fit_transform(texts)
    except ValueError:
        return [], np.zeros((len(texts), 0))
    return theirs.get_feature_names_out().tolist(), found.toarray()


@settings(max_examples=80, deadline=None)
@given(st.lists(WORDS, max_size=6), st.sampled_from(KINDS))
def test_they_are_those_of_scikit_learn(texts: list[str], kind: TermKind) -> None:
    ours = count_terms(texts, kind)
    names, counts = counted_by_scikit_learn(texts, kind)
    assert ours.terms.names == names
    assert ours.matrix.toarray().tolist() == counts.tolist()
    assert ours.matrix.has_sorted_indices
    assert ours.matrix.dtype == np.float32


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("change", [("BLOCK", 5), ("LARGEST", 10)])
def test_neither_the_size_of_blocks_nor_that_of_numbers_changes_them(
    kind: TermKind, change: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["The ant and the bee", "", "a bee, the ANT's bee", "x", "the ant and the bee and the ant and the bee"]
    names, counts = counted_by_scikit_learn(texts, kind)
    monkeypatch.setattr(term_counts, *change)
    found = count_terms(texts, kind)
    assert found.terms.names == names
    assert found.matrix.toarray().tolist() == counts.tolist()


def test_some_of_the_texts_keep_the_columns() -> None:
    found = count_terms(["an ant", "a bee", "the ant"], TermKind("word", (1, 1)))
    some = found.of(np.array([2, 0]))
    assert some.terms.names == ["an", "ant", "bee", "the"]
    assert some.matrix.toarray().tolist() == [[0, 1, 0, 1], [1, 1, 0, 0]]
    assert some.terms.named(np.array([3, 1])) == ["the", "ant"]
