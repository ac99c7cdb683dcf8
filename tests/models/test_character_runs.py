"""Runs of characters are counted as scikit-learn counts them, and its own code is not asked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from classifier.models.character_runs import CharacterRuns

WORDS = st.text(alphabet="aAbé \n\t\u00a0ﬁİß.,", max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=6), st.lists(WORDS, min_size=1, max_size=4), st.sampled_from([None, 3]))
def test_they_are_those_of_scikit_learn(texts: list[str], others: list[str], most: int | None) -> None:
    given_settings: dict[str, Any] = {"sublinear_tf": True, "ngram_range": (2, 4), "dtype": np.float32, "min_df": 1}
    texts = [*texts, "an ant"]
    ours, theirs = (
        kind(analyzer="char_wb", max_features=None, **given_settings) for kind in (CharacterRuns, TfidfVectorizer)
    )
    assert np.array_equal(ours.fit_transform(texts).toarray(), theirs.fit_transform(texts).toarray())
    assert list(ours.get_feature_names_out()) == list(theirs.get_feature_names_out())
    assert np.array_equal(ours.transform(others).toarray(), theirs.transform(others).toarray())
    few = CharacterRuns(analyzer="char_wb", max_features=most, **given_settings).fit(texts)
    assert most is None or len(few.vocabulary_) == most


def test_texts_without_words_have_no_runs() -> None:
    fitted = CharacterRuns(analyzer="char_wb", ngram_range=(2, 4)).fit(["an ant"])
    assert fitted.transform(["", " \n"]).nnz == 0
    with pytest.raises(ValueError, match="empty vocabulary"):
        CharacterRuns(analyzer="char_wb", ngram_range=(2, 4)).fit(["", " "])


def test_each_word_is_analysed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else scikit-learn's slower way is taken."""
    seen: list[str] = []
    plain = CountVectorizer._char_wb_ngrams

    def noting(self: CountVectorizer, text: str) -> list[str]:
        seen.append(text)
        found: list[str] = plain(self, text)
        return found

    monkeypatch.setattr(CountVectorizer, "_char_wb_ngrams", noting)
    CharacterRuns(analyzer="char_wb", ngram_range=(2, 4)).fit(["an ant", "an ant and an ant"])
    assert sorted(seen) == ["an", "and", "ant"]
