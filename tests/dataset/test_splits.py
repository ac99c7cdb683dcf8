from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest

from classifier.articles.article import Article
from classifier.articles.labels import find_labels
from classifier.articles.split_names import SPLITS
from classifier.dataset.disjoint import check_disjoint
from classifier.dataset.folder import open_dataset
from classifier.dataset.info import DatasetInfo
from classifier.dataset.split_checks import check_folds, check_not_empty, giant_note, small_class_notes
from classifier.dataset.splits import Assignment, fold_splits, temporal
from classifier.dataset.stratification import stratify
from classifier.dataset.units import (
    LEFT_OUT,
    OPEN,
    bridges,
    check_apart,
    encode,
    homes,
    join_units,
    overlapping,
    spanning,
)
from classifier.dataset.writer import write_dataset
from classifier.errors import InputError
from tests.makers.articles import make_articles
from tests.makers.corpora import by_id, make_corpus, split

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


def connected(n: int, shared: list[list[int]], pairs: list[tuple[int, int]]) -> list[int]:
    """The smallest row that each row is connected with, found by walking."""
    links = [*pairs]
    for codes in shared:
        links += [(a, b) for a in range(n) for b in range(a) if codes[a] == codes[b] >= 0]
    lowest = list(range(n))
    for _ in range(n):
        for a, b in links:
            lowest[a] = lowest[b] = min(lowest[a], lowest[b])
    return lowest


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


def test_values_that_differ_in_case_or_space_are_one_group_and_blank_ones_are_none() -> None:
    assert encode(["BBC", " bbc  ", "b b c", None, "", "  ", 7, "7", 0]).tolist() == [0, 0, 1, -1, -1, -1, 2, 2, 3]


def test_units_are_joined_transitively() -> None:
    source, author = encode(["s1", "s1", None, None, None]), encode([None, "p", "p", None, None])
    assert join_units(5, [source, author], np.array([[0, 3]])).tolist() == [0, 0, 0, 0, 1]
    assert join_units(3, []).tolist() == [0, 1, 2]
    assert join_units(0, [np.zeros(0, dtype=np.int64)]).tolist() == []


@pytest.mark.parametrize("seed", range(20))
def test_units_are_those_that_walking_from_article_to_article_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 40
    shared = [rng.integers(-1, 30, size=n) for _ in range(2)]
    pairs = rng.integers(0, n, size=(8, 2))
    units = join_units(n, shared, pairs)
    expected = connected(n, [codes.tolist() for codes in shared], [(int(a), int(b)) for a, b in pairs])
    assert all((units[a] == units[b]) == (expected[a] == expected[b]) for a in range(n) for b in range(a))
    assert list(dict.fromkeys(units.tolist())) == list(range(units.max() + 1))


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
        assert any("'single' has only 1 text(s)" in note and "train" in note for note in assignment.notes)
        assert any("'double' has only 2" in note and "validation lack" in note for note in assignment.notes)


def test_a_class_of_one_group_goes_to_train_however_many_articles_it_has() -> None:
    labels = [("rare",)] * 10 + [("common",)] * 90
    units = np.concatenate([np.zeros(10, dtype=np.int64), np.arange(1, 91)])
    found = stratify(labels, units, SHARES, 0)
    assert set(found[:10]) == {0}
    assert small_class_notes(labels, units, SPLITS)[0].startswith("label 'rare' has only 1 text(s) or group(s)")


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


def test_overlapping_names_the_copies_in_earlier_splits() -> None:
    split, cluster = np.array([0, 2, 1, 2, LEFT_OUT, 0, 0]), np.array([0, 0, 1, 1, 2, 2, 3])
    assert overlapping(split, cluster).tolist() == [True, False, True, False, False, False, False]


def test_homes_say_where_a_unit_is_and_whether_in_two_places() -> None:
    unit, before = np.array([0, 0, 1, 1, 1, 2, 3]), np.array([2, OPEN, 0, 1, OPEN, OPEN, LEFT_OUT])
    home, torn = homes(unit, before)
    assert home[[0, 1, 5, 6]].tolist() == [2, 2, OPEN, OPEN]
    assert torn.tolist() == [False, False, True, True, True, False, False]


def test_bridges_are_new_articles_that_share_something_with_two_places() -> None:
    before = np.array([0, 2, 0, 2, OPEN, OPEN, OPEN, OPEN, OPEN])
    source, author = np.array([0, 1, 2, 2, 0, 0, 0, 2, 3]), np.array([-1, 4, -1, -1, 4, -1, 5, -1, 5])
    assert np.flatnonzero(bridges([source, author], before)).tolist() == [4, 7]
    assert not bridges([], before).any()
    assert not bridges([np.full(9, -1)], before).any()


def test_a_group_in_two_splits_is_never_let_through() -> None:
    groups = np.array([0, 0, 1, 1, -1, -1])
    check_apart(np.array([0, 0, 2, LEFT_OUT, 0, 2]), groups, "a source")
    assert spanning(np.array([0, 2, 2, 1, 0, 2]), groups) == 2
    with pytest.raises(InputError, match="a source would stand in two splits"):
        check_apart(np.array([0, 0, 2, 1, 0, 2]), groups, "a source")


def test_an_empty_split_or_fold_is_an_error() -> None:
    check_not_empty(np.array([0, 1, 2]), SHARES, "3 texts")
    with pytest.raises(InputError, match="Nothing is left for validation and test: there are only 1 texts"):
        check_not_empty(np.array([0, 0]), SHARES, "1 texts")
    folds = np.array([[2, 0], [0, 2], [1, 0]])
    with pytest.raises(InputError, match="Nothing is left for validation in fold 2"):
        check_folds(folds, "3 texts", validation=True)
    check_folds(folds, "3 texts", validation=False)
    with pytest.raises(InputError, match="Nothing is left for train in fold 1"):
        check_folds(np.array([[2, 0], [2, 0], [2, 2]]), "3 texts", validation=False)


def test_a_giant_group_is_named_with_what_it_does() -> None:
    units = np.concatenate([np.zeros(40, dtype=np.int64), np.arange(1, 61)])
    source = ["Daily Example"] * 40 + [f"s{i}" for i in range(60)]
    (note,) = giant_note(units, {"source": source, "author": [None] * 100}, SHARES)
    assert "one group holds 40 of 100 articles (40%; source 'Daily Example')" in note
    assert "should have (10): compare the shares reached" in note
    (note,) = giant_note(units, {}, SHARES)
    assert "near-duplicate texts" in note
    (note,) = giant_note(units, {"source": [f"s{i % 7}" for i in range(100)]}, SHARES)
    assert "source 's0', 's1' and 5 more" in note
    assert giant_note(np.arange(100), {"source": source}, SHARES) == []
    assert giant_note(np.arange(3), {"source": source}, SHARES) == []


def test_check_disjoint_sees_shared_ids_and_texts(tmp_path: Path) -> None:
    a, b, c = make_articles(3)
    info = DatasetInfo(find_labels([x.labels for x in (a, b, c)]).names, False, False, "given", (), {}, (), (), {})

    def check(*articles: Article) -> None:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        corpus = make_corpus(articles, folder / "spool")
        write_dataset(folder, corpus, Assignment(np.array([0, 2]), np.array([0, 1]), {}), info)
        check_disjoint(open_dataset(folder))

    check(a, b)
    with pytest.raises(InputError, match="text of article"):
        check(a, Article("twin", a.text.upper(), b.labels))
    with pytest.raises(InputError, match="id of article"):
        check(a, Article(a.id, b.text, b.labels))


def test_multi_label_splits_have_the_same_share_of_articles_with_one_label() -> None:
    rng = np.random.default_rng(0)
    names = [f"l{i}" for i in range(20)]
    labels = [tuple(sorted(set(rng.choice(names, rng.integers(1, 6))))) for _ in range(1000)]
    split = stratify(labels, np.arange(1000), SHARES, 13)
    assert np.bincount(split) / 1000 == pytest.approx(list(SHARES.values()), abs=0.005)
    sizes = np.array([len(given) for given in labels])
    assert [sizes[split == code].mean() for code in range(3)] == pytest.approx([sizes.mean()] * 3, abs=0.15)
