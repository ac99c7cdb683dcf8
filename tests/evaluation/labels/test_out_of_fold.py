from dataclasses import replace

import numpy as np
import pytest

from classifier.articles.article import Article
from classifier.articles.labels import LabelSet, find_labels
from classifier.errors import InputError
from classifier.evaluation.labels.out_of_fold import fit_and_predict, out_of_fold
from classifier.models.layers import LayerVectors
from tests.makers.articles import make_articles

LABELS = LabelSet(("opinion", "reporting", "satire"))


def alone(articles: list[Article]) -> np.ndarray:
    return np.arange(len(articles))


def test_labels_that_can_be_told_are_told() -> None:
    articles = make_articles(60)
    found = out_of_fold(articles, LABELS, alone(articles))
    assert found.proba.shape == (60, 3)
    assert np.allclose(found.proba.sum(axis=1), 1)
    assert found.judged.all()
    truth = LABELS.encode(article.labels for article in articles)
    assert (found.proba.argmax(axis=1) == truth).mean() > 0.9
    assert found.method == "logistic regression on TF-IDF, 5 folds"


def test_a_near_duplicate_does_not_give_its_label_away() -> None:
    """Texts that say nothing of their labels: only a copy in the training folds can tell them."""
    rng = np.random.default_rng(1)
    texts = [" ".join(f"w{k}" for k in rng.integers(0, 400, 30)) for _ in range(60)]
    labels = [LABELS.names[k] for k in rng.integers(0, 3, 60)]
    articles = [Article(f"{c}{i}", texts[i], (labels[i],)) for c in "ab" for i in range(60)]
    truth = LABELS.encode(article.labels for article in articles)
    leaking = out_of_fold(articles, LABELS, alone(articles)).proba
    honest = out_of_fold(articles, LABELS, np.tile(np.arange(60), 2)).proba
    assert (leaking.argmax(axis=1) == truth).mean() > 0.7
    assert (honest.argmax(axis=1) == truth).mean() < 0.5


@pytest.mark.parametrize("count", [5, 7, 8, 11, 13])
def test_few_articles_are_judged_with_a_warning(count: int, caplog: pytest.LogCaptureFixture) -> None:
    articles = make_articles(count)
    labels = find_labels([article.labels for article in articles])
    found = out_of_fold(articles, labels, alone(articles))
    assert np.allclose(found.proba.sum(axis=1), 1)
    assert f"judge these {count} articles" in caplog.text and "from 30 articles on" in caplog.text
    assert found.method.startswith("logistic regression on TF-IDF, ")


def test_articles_that_are_one_text_or_two_cannot_judge_one_another() -> None:
    articles = make_articles(6)
    with pytest.raises(InputError, match=r"6 articles of 1 text(.|\n)*from 30 articles on"):
        out_of_fold(articles, LABELS, np.zeros(6, dtype=np.int64))
    with pytest.raises(InputError, match=r"2 articles of 2 text.* are too few"):
        out_of_fold(articles[:2], LABELS, np.arange(2))


def test_an_article_never_judges_itself() -> None:
    """Another label of one article changes what the others are judged by, and not what it is judged by itself."""
    articles = make_articles(60)
    changed = [replace(articles[0], labels=articles[1].labels), replace(articles[1], labels=articles[0].labels)]
    same_fold = np.array([0, 0, *range(1, 59)])  # stratified folds follow the labels, and these two change theirs
    before = out_of_fold(articles, LABELS, same_fold).proba
    after = out_of_fold([*changed, *articles[2:]], LABELS, same_fold).proba
    assert np.allclose(before[:2], after[:2])
    assert not np.allclose(before[2:], after[2:])


def test_a_label_that_no_other_fold_has_is_not_judged() -> None:
    articles = [*make_articles(40), Article("rare", "word1 word2 word3", ("essay",))]
    labels = find_labels([article.labels for article in articles])
    found = out_of_fold(articles, labels, alone(articles))
    assert found.judged.tolist() == [True] * 40 + [False]
    assert found.proba[-1, labels.names.index("essay")] < 1e-6


def test_several_labels_per_article() -> None:
    articles = make_articles(80, multi_label=True)
    found = out_of_fold(articles, replace(LABELS, multi_label=True), alone(articles))
    truth = replace(LABELS, multi_label=True).encode(article.labels for article in articles)
    assert ((found.proba > 0.5) == truth).mean() > 0.85


def test_pairs_have_features_of_their_targets() -> None:
    articles = [replace(a, text="the same words", target=a.text) for a in make_articles(60)]
    found = out_of_fold(articles, LABELS, alone(articles))
    truth = LABELS.encode(article.labels for article in articles)
    assert (found.proba.argmax(axis=1) == truth).mean() > 0.8


def test_both_models_count() -> None:
    articles = make_articles(60)
    truth = LABELS.encode(article.labels for article in articles)
    telling = np.eye(3, dtype=np.float32)[truth] + np.random.default_rng(0).normal(0, 0.1, (60, 3)).astype(np.float32)
    vectors = LayerVectors(telling, width=3)
    both = out_of_fold(articles, LABELS, alone(articles), vectors=vectors)
    parts = [
        out_of_fold(articles, LABELS, alone(articles)).proba,
        out_of_fold(articles, LABELS, alone(articles), vectors=vectors, tfidf=False).proba,
    ]
    mean = np.sqrt(parts[0] * parts[1])
    assert np.allclose(both.proba, mean / mean.sum(axis=1, keepdims=True), atol=1e-6)
    assert both.method == "logistic regression on TF-IDF and on the frozen encoder, 5 folds"


@pytest.mark.parametrize("telling", ["last", "all"])
def test_the_layers_that_tell_the_labels_judge(telling: str) -> None:
    articles = make_articles(120)
    truth = LABELS.encode(article.labels for article in articles)
    values = np.random.default_rng(0).normal(size=(120, 20)).astype(np.float32)
    start = 0 if telling == "all" else 10
    values[:, start : start + 3] += 2 * np.eye(3)[truth]
    found = [
        out_of_fold(articles, LABELS, alone(articles), vectors=vectors, tfidf=False).proba
        for vectors in (LayerVectors(values, width=10), LayerVectors(values[:, 10:], width=10))
    ]
    right = [(proba.argmax(axis=1) == truth).mean() for proba in found]
    assert right[0] > 0.65
    assert bool(right[1] == right[0]) is (telling == "last")
    assert telling == "last" or right[1] < 0.5


def test_one_class_alone_in_the_training_folds() -> None:
    features = np.random.default_rng(0).normal(size=(6, 2))
    assert fit_and_predict(features, np.ones(6, dtype=np.int64), features[:2], 3, 1.0).tolist() == [[0, 1, 0]] * 2
    y = np.array([[1, 0]] * 6)
    assert fit_and_predict(features, y, features[:2], 2, 1.0).tolist() == [[1, 0]] * 2
