from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.articles.article import Article
from classifier.models.classifier import Classifier
from classifier.models.prepared import Prepared
from classifier.models.tfidf import fit_baselines
from classifier.models.tfidf_features import CountedArticles, Vectorizer, count_articles
from tests.makers.models import make_model_folder

TEXTS = ["the council voted on tuesday", "a storm", "rain"]


@pytest.fixture
def blended(tmp_path: Path, checkpoint: Path) -> Classifier:
    """A model of which TF-IDF is a part, and that strips web addresses."""
    model = Classifier.load(make_model_folder(tmp_path / "model", checkpoint, strip=("urls",)), device="cpu")
    articles = [Article(str(row), TEXTS[row % 3]) for row in range(30)]
    tfidf = fit_baselines(articles, np.array([row % 2 for row in range(30)]), pair=False)
    return replace(model, info=replace(model.info, blend=(1.0, 1.0)), tfidf=tfidf)


def test_what_is_counted_already_is_used_where_stripping_changes_nothing(blended: Classifier) -> None:
    plain = [Article(str(row), text) for row, text in enumerate(TEXTS)]
    stripped = [*plain[:2], Article("2", "rain https://storm.example/council")]
    other = count_articles([Article("x", "storm"), Article("y", "council"), Article("z", "tuesday")], pair=False)
    expected = blended.predict_articles(plain)
    own, others = Prepared(counted=count_articles(plain, pair=False)), Prepared(counted=other)
    assert np.array_equal(blended.predict_parts(plain, ready=own)[0], expected)
    assert not np.array_equal(blended.predict_parts(plain, ready=others)[0], expected)
    assert np.array_equal(blended.predict_parts(stripped, ready=others)[0], expected)


def test_an_ensemble_counts_articles_once(blended: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    counts: list[int] = []
    plain = Vectorizer.count

    def noting(self: Vectorizer, articles: Sequence[Article], pair: bool) -> CountedArticles:
        counts.append(len(articles))
        return plain(self, articles, pair)

    monkeypatch.setattr(Vectorizer, "count", noting)
    members = (blended, replace(blended, info=replace(blended.info, blend=(0.5, 2.0))))
    expected = np.mean([member.predict_proba(TEXTS) for member in members], axis=0)
    counts.clear()
    assert replace(blended, members=members).predict_proba(TEXTS) == pytest.approx(expected)
    assert counts == [3]
