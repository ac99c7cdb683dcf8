from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest

from classifier.articles.article import Article
from classifier.articles.split_names import SPLITS
from classifier.dataset.split_checks import small_class_notes
from classifier.dataset.stratification import stratify
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


def counts(articles: list[Article], chosen: dict[str, str]) -> dict[str, Counter[str]]:
    result: dict[str, Counter[str]] = defaultdict(Counter)
    for article in articles:
        result[chosen[article.id]].update(article.labels)
    return result


def test_stratified_reaches_the_sizes_and_the_shares_of_labels(tmp_path: Path) -> None:
    articles = skewed(1000)
    found = counts(articles, by_id(articles, split(articles, tmp_path / "a")))
    for name, share in SHARES.items():
        for label, total in Counter(a.labels[0] for a in articles).items():
            assert abs(found[name][label] - share * total) <= 1.5


@pytest.mark.parametrize("seed", range(10))
def test_single_articles_are_stratified_whatever_the_sizes_of_the_classes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(20, 200, size=8)
    labels = [(f"class{k}",) for k, size in enumerate(sizes) for _ in range(size)]
    shares = {"train": 0.65, "validation": 0.15, "test": 0.2}
    found = stratify(labels, np.arange(len(labels)), shares, seed)
    for code, share in enumerate(shares.values()):
        for k, size in enumerate(sizes):
            here = sum(found[row] == code for row, names in enumerate(labels) if names == (f"class{k}",))
            assert abs(here - share * size) <= 1.5


@pytest.mark.parametrize("seed", range(5))
def test_labels_are_stratified_as_far_as_units_allow(seed: int) -> None:
    rng = np.random.default_rng(seed)
    units = np.sort(rng.integers(0, 300, size=2000))
    units = np.unique(units, return_inverse=True)[1]
    labels = [(str(name),) for name in rng.choice(["a", "b", "c"], size=2000, p=[0.7, 0.2, 0.1])]
    found = stratify(labels, units, SHARES, seed)
    assert spanning(found, units) == 0
    for code, share in enumerate(SHARES.values()):
        for label, total in Counter(labels).items():
            here = sum(found[row] == code for row, names in enumerate(labels) if names == label)
            assert abs(here - share * total) <= 12  # the size of a unit or so


def test_a_class_of_one_goes_to_train_and_of_two_to_train_and_test(tmp_path: Path) -> None:
    articles = [
        *make_articles(60),
        Article("one", "t1", ("single",)),
        Article("x", "t2", ("double",)),
        Article("y", "t3", ("double",)),
    ]
    for seed in range(5):
        assignment = split(articles, tmp_path / str(seed), seed=seed)
        found = by_id(articles, assignment)
        assert found["one"] == "train"
        assert {found["x"], found["y"]} == {"train", "test"}
        assert any("'single' has only 1 text or group" in note and "train" in note for note in assignment.notes)
        assert any("'double' has only 2" in note and "none in validation" in note for note in assignment.notes)


def test_a_class_of_one_group_goes_to_train_however_many_articles_it_has() -> None:
    labels = [("rare",)] * 10 + [("common",)] * 90
    units = np.concatenate([np.zeros(10, dtype=np.int64), np.arange(1, 91)])
    found = stratify(labels, units, SHARES, 0)
    assert set(found[:10]) == {0}
    assert small_class_notes(labels, units, SPLITS)[0].startswith("label 'rare' has only 1 text or group")


def test_multi_label_stratifies_each_label(tmp_path: Path) -> None:
    articles = make_articles(400, multi_label=True)
    chosen = by_id(articles, split(articles, tmp_path / "a", policies={"multi_label": True}))
    found = counts(articles, chosen)
    for name, share in SHARES.items():
        for label, total in Counter(name for a in articles for name in a.labels).items():
            assert abs(found[name][label] - share * total) <= 6


@pytest.mark.parametrize("seed", range(5))
def test_articles_with_no_one_and_several_labels_are_in_every_split_alike(seed: int) -> None:
    labels = [article.labels for article in make_articles(400, seed, multi_label=True)]
    found = stratify(labels, np.arange(400), SHARES, seed)
    for code, share in enumerate(SHARES.values()):
        assert abs((found == code).sum() - share * 400) <= 4
        for number in (0, 1, 2):
            rows = [row for row, names in enumerate(labels) if len(names) == number]
            assert abs((found[rows] == code).sum() - share * len(rows)) <= 5


def test_multi_label_splits_have_the_same_share_of_articles_with_one_label() -> None:
    rng = np.random.default_rng(0)
    names = [f"l{i}" for i in range(20)]
    labels = [tuple(sorted(set(rng.choice(names, rng.integers(1, 6))))) for _ in range(1000)]
    split = stratify(labels, np.arange(1000), SHARES, 13)
    assert np.bincount(split) / 1000 == pytest.approx(list(SHARES.values()), abs=0.005)
    sizes = np.array([len(given) for given in labels])
    assert [sizes[split == code].mean() for code in range(3)] == pytest.approx([sizes.mean()] * 3, abs=0.15)
