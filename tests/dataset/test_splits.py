from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest

from classifier.articles.article import Article
from classifier.articles.split_names import SPLITS
from classifier.dataset.splits import fold_splits, temporal
from classifier.dataset.units import (
    spanning,
)
from tests.makers.articles import make_articles
from tests.makers.corpora import by_id, split

SHARES = {"train": 0.7, "validation": 0.1, "test": 0.2}


def skewed(n: int, seed: int = 0) -> list[Article]:
    rng = np.random.default_rng(seed)
    label = rng.choice(["common", "some", "rare"], size=n, p=[0.8, 0.17, 0.03])
    source = rng.zipf(1.6, size=n) % 40
    return [Article(str(i), f"text {i}", (str(label[i]),), source=str(source[i])) for i in range(n)]


def test_the_same_seed_gives_the_same_split_and_another_one_another(tmp_path: Path) -> None:
    articles = skewed(300)
    first, again, other = (split(articles, tmp_path / str(n), seed=seed) for n, seed in enumerate((1, 1, 2)))
    assert first.split.tolist() == again.split.tolist()
    assert first.unit.tolist() == again.unit.tolist()
    assert first.notes == again.notes
    assert first.split.tolist() != other.split.tolist()


def test_groups_never_span_two_splits(tmp_path: Path) -> None:
    articles = skewed(1000)
    found = by_id(articles, split(articles, tmp_path / "a", method="grouped", group_by=["source"]))
    home: dict[str | None, set[str]] = defaultdict(set)
    for article in articles:
        home[article.source].add(found[article.id])
    assert all(len(names) == 1 for names in home.values())
    assert set(found.values()) == set(SPLITS)


def test_equal_texts_never_span_two_splits_whatever_case_and_space(tmp_path: Path) -> None:
    articles = [
        Article(str(i), f"Text  {i // 2}" if i % 2 else f"text {i // 2}", ("ab"[i // 2 % 2],)) for i in range(80)
    ]
    for number, near in enumerate((0.8, None)):
        found = by_id(articles, split(articles, tmp_path / str(number), policies={"near": near}))
        assert all(found[str(i)] == found[str(i + 1)] for i in range(0, 80, 2))
        assert set(found.values()) == set(SPLITS)


def test_temporal_is_strictly_ordered(tmp_path: Path) -> None:
    articles = make_articles(200)
    found = by_id(articles, split(articles, tmp_path / "a", method="temporal"))
    dates = {name: [a.date or "" for a in articles if found.get(a.id) == name] for name in SPLITS}
    assert max(dates["train"]) < min(dates["validation"])
    assert max(dates["validation"]) < min(dates["test"])


def test_temporal_cuts_where_the_shares_say_and_no_day_spans_a_cut() -> None:
    dates = [f"2024-01-{1 + row // 10:02d}T{row % 10:02d}:00:00" for row in range(300)]
    found, cuts = temporal(dates, SHARES)
    assert cuts == ["2024-01-22", "2024-01-25"]
    assert np.bincount(found).tolist() == [210, 30, 60]
    found, cuts = temporal(dates[::-1], {"train": 0.5, "test": 0.5}, ["2024-01-03"])
    assert (cuts, np.bincount(found).tolist()) == (["2024-01-03"], [20, 280])


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("validation_size", [0.1, 0.0])
def test_folds_keep_units_whole_and_test_every_article_once(seed: int, validation_size: float) -> None:
    rng = np.random.default_rng(seed)
    units = np.unique(rng.integers(0, 80, size=400), return_inverse=True)[1]
    labels = [(str(name),) for name in rng.choice(["a", "b", "c"], size=400, p=[0.6, 0.3, 0.1])]
    folds = fold_splits(labels, units, 5, validation_size, seed)
    assert ((folds == 2).sum(axis=1) == 1).all()
    for fold in folds.T:
        assert spanning(fold, units) == 0
        assert abs((fold == 2).sum() - 80) <= 10
        assert abs((fold == 1).sum() - 400 * validation_size) <= 15
        assert ((fold == 1).sum() == 0) == (validation_size == 0)
    assert folds.tolist() == fold_splits(labels, units, 5, validation_size, seed).tolist()


def test_folds_are_stratified() -> None:
    labels = [(name,) for name, size in (("a", 500), ("b", 203), ("c", 40)) for _ in range(size)]
    folds = fold_splits(labels, np.arange(743), 10, 0.1, 0)
    for code, share in ((2, 0.1), (1, 0.1), (0, 0.8)):
        for fold in folds.T:
            found = Counter(labels[row] for row in np.flatnonzero(fold == code))
            assert all(abs(found[(name,)] - share * n) <= 1.5 for name, n in (("a", 500), ("b", 203), ("c", 40)))
