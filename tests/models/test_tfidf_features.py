"""What TF-IDF reads of articles is what scikit-learn makes of their texts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion

from classifier.articles.article import Article, input_text
from classifier.models import tfidf_features
from classifier.models.tfidf_features import count_articles, fit_vectorizer
from tests.makers.articles import make_articles


def test_characters_are_read_in_single_texts_and_targets_in_pairs_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    articles = [Article(str(i), f"storm warning {i}", ("ab"[i % 2],), target="zebra") for i in range(20)]
    kinds = fit_vectorizer(count_articles(articles, pair=False))[0].kinds
    assert [terms.kind for terms in kinds] == [("word", (1, 2)), ("char_wb", (2, 4))]
    assert "zebra" not in kinds[0].columns
    (words,) = fit_vectorizer(count_articles(articles, pair=True))[0].kinds
    assert words.kind == ("word", (1, 1))
    assert "zebra" in words.columns
    monkeypatch.setattr(tfidf_features, "MOST_CHARACTERS", 100)
    assert len(count_articles(articles, pair=False).counts) == 1


@pytest.mark.parametrize("words_alone", [False, True])
@pytest.mark.parametrize(("count", "most"), [(40, 200_000), (80, 200_000), (80, 300)])
def test_features_are_those_of_scikit_learn(
    count: int, most: int, words_alone: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With few articles every term is known, with more those of two texts; of very many the most frequent."""
    monkeypatch.setattr(tfidf_features, "MOST_FEATURES", most)
    articles, others = make_articles(count), make_articles(20, 1)
    settings = {"sublinear_tf": True, "dtype": np.float32, "max_features": most, "min_df": 2 if count > 50 else 1}
    kinds: list[dict[str, Any]] = [{"ngram_range": (1, 1)}]
    if not words_alone:
        kinds = [{"ngram_range": (1, 2)}, {"analyzer": "char_wb", "ngram_range": (2, 4)}]
    theirs = FeatureUnion([(str(kind), TfidfVectorizer(**settings, **kind)) for kind in kinds])
    vectorizer, ours = fit_vectorizer(count_articles(articles, pair=False, words_alone=words_alone))
    texts, more = ([input_text(article) for article in part] for part in (articles, others))
    theirs.fit(list(dict.fromkeys(texts)))
    assert np.array_equal(ours.toarray(), theirs.transform(texts).toarray())
    found = vectorizer.features(vectorizer.count(others, pair=False))
    assert np.array_equal(found.toarray(), theirs.transform(more).toarray())
