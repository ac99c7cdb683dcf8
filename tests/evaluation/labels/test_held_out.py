"""Labels that are held out: who learns from what, whose scores are compared, and how."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from classifier.articles.article import Article
from classifier.articles.labels import LabelSet
from classifier.errors import InputError
from classifier.evaluation.labels import held_out
from classifier.evaluation.labels.held_out import (
    FILE,
    HeldOutLabels,
    LabelledArticles,
    enough,
    hold_out_labels,
    labelled_articles,
    read_held_out,
    seconds_of_a_label,
)
from classifier.files import write_json
from classifier.models.layers import LayerVectors
from classifier.models.tfidf_features import WORDS
from classifier.stats.out_of_scope import Side
from tests.makers.articles import make_articles

LABELS = LabelSet(("opinion", "reporting", "satire"))
N = 120
NUMBERS = np.arange(N)


def made(articles: list[Article], labels: LabelSet = LABELS, learned: int = 80) -> LabelledArticles:
    return labelled_articles(articles, labels, len(articles) > 0 and learned > NUMBERS, NUMBERS % 5, NUMBERS)


@pytest.mark.parametrize("label", [0, 1, 2])
def test_no_article_of_the_label_the_fold_or_the_test_is_learnt_from(
    label: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = made(make_articles(N))
    marked = replace(found, vectors=LayerVectors(np.column_stack([NUMBERS, np.ones(N)]).astype(np.float32), 2))
    monkeypatch.setattr(held_out, "read_vectors", lambda vectors, layers: (vectors.of(layers).values, 1.0))
    real, fitted, trained = held_out.fit_and_predict, held_out.fit_vectorizer, []
    words: list[set[str]] = []

    def fit(train: np.ndarray, y: np.ndarray, test: np.ndarray, classes: int, strength: float) -> np.ndarray:
        if isinstance(train, np.ndarray):
            trained.append((train[:, 0].astype(int), y, test[:, 0].astype(int)))
        return real(train, y, test, classes, strength)

    def count(counted: held_out.CountedArticles) -> object:
        words.append(set(counted.counts[WORDS].terms.named(counted.counts[WORDS].matrix.indices)))
        return fitted(counted)

    monkeypatch.setattr(held_out, "fit_and_predict", fit)
    monkeypatch.setattr(held_out, "fit_vectorizer", count)
    side, names = held_out._scored_without(marked, label, 0.5)
    assert names == tuple(name for name in LABELS.names if name != LABELS.names[label])
    assert len(trained) == 5
    for train, y, test in trained:
        assert (train < 80).all() and not (found.y[train] == label).any()
        assert not set(train % 5) & set(test % 5)
        assert [names[k] for k in y] == [LABELS.names[k] for k in found.y[train]]
    assert sorted(row for _, _, test in trained for row in test) == NUMBERS.tolist()
    signal = {"opinion": "believe", "reporting": "council", "satire": "cheese"}[LABELS.names[label]]
    assert len(words) == 1 and signal not in words[0] and "word1" in words[0]
    assert len(side.scores) == N


def test_figures_are_those_of_the_scores_of_either_kind() -> None:
    found = made(make_articles(N))
    [one], accuracy = hold_out_labels(found, [2], 0.5, samples=20)
    side, _ = held_out._scored_without(found, 2, 0.5)
    inside = found.y != 2
    assert (one.label, one.figures.in_scope, one.figures.out_of_scope) == ("satire", 80, 40)
    assert one.figures.auroc.value == pytest.approx(roc_auc_score(inside, side.scores))
    assert one.figures.auroc.value > 0.9  # its words are none of the other labels'
    assert one.figures.kept is not None and one.figures.kept_in_scope is not None
    assert one.figures.kept.value == pytest.approx(side.kept[~inside].any(axis=1).mean())  # type: ignore[index]
    assert one.figures.kept_in_scope.value == pytest.approx(side.kept[inside].any(axis=1).mean())  # type: ignore[index]
    assert sum(one.figures.given.values()) == 40 and "satire" not in one.figures.given
    whole, _ = held_out._scored_without(found, None, 0.5)
    assert accuracy == pytest.approx((whole.given.argmax(axis=1) == found.y)[80:].mean())
    assert hold_out_labels(made(make_articles(N), learned=N), [], 0.5)[1] is None  # no article is for testing


def test_thresholds_and_calibration_of_a_fold_are_found_on_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    found, seen = made(make_articles(N)), []
    real = held_out.fit_abstention

    def fit(proba: np.ndarray, given: np.ndarray, right: np.ndarray, precision: float, groups: np.ndarray) -> object:
        seen.append(set(groups.tolist()))  # each article is a group of its own
        return real(proba, given, right, precision, groups)

    monkeypatch.setattr(held_out, "fit_abstention", fit)
    held_out._scored_without(found, 0, 0.5)
    for fold, known in enumerate(seen):
        assert known == {n for n in range(80) if n % 5 != fold and found.y[n] != 0}


def test_of_several_labels_those_with_the_held_out_one_alone_are_out_of_scope() -> None:
    articles = make_articles(N, multi_label=True)
    found = made(articles, LabelSet(LABELS.names, multi_label=True))
    held, few = enough(found)
    counts = {name: sum(a.labels == (name,) for a in articles) for name in LABELS.names}
    assert [LABELS.names[k] for k in held] == [name for name, count in counts.items() if count >= 10]
    assert few == {name: count for name, count in counts.items() if count < 10}
    each, accuracy = hold_out_labels(found, held, 0.5, samples=10)
    for one in each:
        assert one.figures.out_of_scope == counts[one.label]
        assert one.figures.in_scope == sum(bool(a.labels) and one.label not in a.labels for a in articles)
        assert one.figures.labelled.value < 1  # an article may have no label
    assert accuracy is not None and accuracy > 0.4


@pytest.mark.parametrize("label", [0, 1, 2, None])
def test_labels_without_one_keep_their_names(label: int | None) -> None:
    found = made(make_articles(N))
    y, labels = found.without(label)
    rows = ~found.has(label)
    assert [labels.names[k] for k in y[rows]] == [LABELS.names[k] for k in found.y[rows]]
    assert y.max() < len(labels)


def test_labels_with_few_articles_are_left_out_and_the_time_is_told() -> None:
    articles = [replace(a, labels=("rare",)) if n < 9 else a for n, a in enumerate(make_articles(N))]
    labels = LabelSet(("opinion", "rare", "reporting", "satire"))
    found = made(articles, labels)
    held, few = enough(found)
    assert (held, few) == ([0, 2, 3], {"rare": 9})
    assert seconds_of_a_label(found) > 0


def test_what_is_found_is_written_and_read_again(tmp_path: Path) -> None:
    each, accuracy = hold_out_labels(made(make_articles(N)), [0], 0.5, samples=10)
    found = HeldOutLabels("a stand-in", each, {"rare": 3}, N, N, 5, 0.5, accuracy, "article")
    assert read_held_out(tmp_path) is None
    write_json(tmp_path / FILE, asdict(found))
    assert read_held_out(tmp_path) == found
    (tmp_path / FILE).write_text("{}")
    with pytest.raises(InputError, match="--held-out-labels makes it again"):
        read_held_out(tmp_path)


def test_a_side_of_some_articles_has_their_scores() -> None:
    side, _ = held_out._scored_without(made(make_articles(N)), 1, 0.5)
    some = side.of(NUMBERS < 3)
    assert isinstance(some, Side)
    assert some.scores.tolist() == side.scores[:3].tolist()
