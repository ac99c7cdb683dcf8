from collections import Counter, defaultdict
from dataclasses import replace

import numpy as np
import pytest

from classifier.articles import Article
from classifier.errors import InputError
from classifier.splits import SPLITS, assign_splits, check_disjoint, find_units, given_splits
from tests.conftest import make_articles


def skewed(n: int, seed: int = 0) -> list[Article]:
    rng = np.random.default_rng(seed)
    label = rng.choice(["common", "some", "rare"], size=n, p=[0.8, 0.17, 0.03])
    source = rng.zipf(1.6, size=n) % 40
    return [Article(str(i), f"text {i}", (str(label[i]),), source=str(source[i])) for i in range(n)]


def counts(articles: list[Article], split: dict[str, str]) -> dict[str, Counter[str]]:
    result: dict[str, Counter[str]] = defaultdict(Counter)
    for article in articles:
        result[split[article.id]].update(article.labels)
    return result


def test_stratified_reaches_the_sizes_and_the_shares_of_labels() -> None:
    articles = skewed(1000)
    found = counts(articles, dict(assign_splits(articles, test_size=0.2, validation_size=0.1).split))
    for split, share in (("train", 0.7), ("validation", 0.1), ("test", 0.2)):
        for label, total in Counter(a.labels[0] for a in articles).items():
            assert abs(found[split][label] - share * total) <= 1.5


def test_the_same_seed_gives_the_same_split_and_another_one_another() -> None:
    articles = skewed(300)
    assert assign_splits(articles, seed=1) == assign_splits(articles, seed=1)
    assert assign_splits(articles, seed=1).split != assign_splits(articles, seed=2).split


def test_groups_never_span_two_splits() -> None:
    articles = skewed(1000)
    split = assign_splits(articles, method="grouped", group_by=["source"]).split
    homes: dict[str | None, set[str]] = defaultdict(set)
    for article in articles:
        homes[article.source].add(split[article.id])
    assert all(len(found) == 1 for found in homes.values())
    assert set(split.values()) == set(SPLITS)


def test_equal_texts_never_span_two_splits_whatever_case_and_space() -> None:
    articles = [
        Article(str(i), f"Text  {i // 2}" if i % 2 else f"text {i // 2}", ("ab"[i // 2 % 2],)) for i in range(80)
    ]
    split = assign_splits(articles).split
    assert all(split[str(i)] == split[str(i + 1)] for i in range(0, 80, 2))


def test_units_are_joined_transitively() -> None:
    rows = [
        Article("1", "x", source="s1"), Article("2", "y", source="s1", author="p"),
        Article("3", "z", author="p"), Article("4", "X"), Article("5", "other"),
    ]  # fmt: skip
    units = find_units(rows, ["source", "author"]).tolist()
    assert units[0] == units[1] == units[2] == units[3] != units[4]


def test_a_class_of_one_goes_to_train_and_of_two_to_train_and_test() -> None:
    articles = [
        *make_articles(60),
        Article("one", "t1", ("single",)),
        Article("x", "t2", ("double",)),
        Article("y", "t3", ("double",)),
    ]
    assignment = assign_splits(articles)
    assert assignment.split["one"] == "train"
    assert {assignment.split["x"], assignment.split["y"]} == {"train", "test"}
    assert any("'single' has only 1" in note for note in assignment.notes)


def test_multi_label_stratifies_each_label() -> None:
    articles = make_articles(400, multi_label=True)
    found = counts(articles, dict(assign_splits(articles).split))
    for label, total in Counter(name for a in articles for name in a.labels).items():
        assert abs(found["test"][label] - 0.2 * total) <= 6


def test_temporal_is_strictly_ordered() -> None:
    articles = make_articles(200)
    assignment = assign_splits(articles, method="temporal")
    dates = {name: [a.date or "" for a in assignment.select(articles, name)] for name in SPLITS}
    assert max(dates["train"]) < min(dates["validation"])
    assert max(dates["validation"]) < min(dates["test"])


def test_temporal_names_the_articles_without_a_date() -> None:
    articles = [*make_articles(20), Article("no", "text", ("opinion",), where="f.csv:9")]
    with pytest.raises(InputError, match=r"f\.csv:9: has no date"):
        assign_splits(articles, method="temporal")


def test_given_splits_keep_test_whole_and_drop_overlaps_from_train() -> None:
    train, test = make_articles(20), [replace(a, id=f"t{a.id}") for a in make_articles(3)]
    assignment = given_splits({"train": train, "test": test})
    assert Counter(assignment.split.values()) == {"train": 17, "test": 3}
    assert "3 article(s) left out" in assignment.notes[0]


def test_an_unknown_group_column_names_those_that_there_are() -> None:
    with pytest.raises(InputError, match="Did you mean 'source'"):
        assign_splits(make_articles(20), group_by=["sorce"])


def test_one_group_cannot_be_split() -> None:
    articles = [replace(article, source="only") for article in make_articles(30)]
    with pytest.raises(InputError, match="Nothing is left for"):
        assign_splits(articles, group_by=["source"])


def test_check_disjoint_sees_shared_ids_and_texts() -> None:
    a, b = make_articles(2)
    check_disjoint({"train": [a], "test": [b]})
    with pytest.raises(InputError, match="text of article"):
        check_disjoint({"train": [a], "test": [replace(b, text=a.text.upper())]})
    with pytest.raises(InputError, match="id of article"):
        check_disjoint({"train": [a], "test": [replace(b, id=a.id)]})
