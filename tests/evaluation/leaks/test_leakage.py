import random
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import t

from classifier.articles.article import Article
from classifier.articles.labels import find_labels
from classifier.dataset.info import LeakageProbe
from classifier.dataset.splits import Assignment
from classifier.evaluation.leaks.leakage import measure_leakage, probe_rows
from classifier.models.tfidf import fit_baselines
from classifier.stats.metrics import headline, intervals, resampled
from tests.makers.articles import FILLER, make_articles
from tests.makers.corpora import make_corpus, split


def by_source(n: int, sources: int, seed: int = 0) -> list[Article]:
    """Articles whose label can be read from their source's name alone: a source has one label, words have none."""
    rng = random.Random(seed)
    articles = []
    for i in range(n):
        source = f"outlet{i % sources}"
        words = [*rng.choices(FILLER, k=12), *[source] * 4]
        rng.shuffle(words)
        label = "hoax" if i % sources % 2 else "news"
        articles.append(Article(str(i), " ".join(words), (label,), source=source, where=f"made:{i}"))
    return articles


def probe(articles: list[Article], folder: Path, multi_label: bool = False, **settings: object) -> LeakageProbe | None:
    assignment = split(articles, folder / "split", policies={"multi_label": multi_label}, **settings)
    text = make_corpus(articles, folder / "corpus").index.text
    labels = find_labels([article.labels for article in articles], multi_label=multi_label)
    return measure_leakage(articles, labels, probe_rows(assignment, text))


def whole(n: int) -> np.ndarray:
    return np.arange(n).astype(np.uint64)


def test_a_random_split_claims_far_more_than_unseen_sources_give(tmp_path: Path) -> None:
    found = probe(by_source(400, 20), tmp_path, group_by=["source"])
    assert found is not None
    assert found.random > 0.95
    assert found.chosen < 0.65
    assert found.chosen_interval[0] <= found.chosen <= found.chosen_interval[1] < found.random
    assert (found.train, found.test, found.sampled, found.random_splits) == (280, 80, False, 5)


def test_a_random_split_claims_no_more_than_itself(tmp_path: Path) -> None:
    found = probe(by_source(400, 20), tmp_path)
    assert found is not None
    assert abs(found.random - found.chosen) < 0.03
    assert found.chosen > 0.95


def test_near_duplicates_that_are_kept_together_are_seen_by_the_probe(tmp_path: Path) -> None:
    rng = random.Random(0)
    articles = []
    for i in range(60):
        words = rng.choices([f"w{k}" for k in range(3000)], k=60)
        label = rng.choice(["news", "hoax"])
        articles += [Article(f"{i}-{k}", " ".join([*words, f"page{k}"]), (label,)) for k in range(6)]
    found = probe(articles, tmp_path)
    assert found is not None
    assert found.random > 0.9
    assert found.chosen < 0.75


@pytest.mark.parametrize("folds", [None, 3])
def test_a_random_split_never_tests_on_what_it_trains_on(folds: int | None, tmp_path: Path) -> None:
    rng = random.Random(0)
    articles = [Article(str(i), f"only{i} once{i} {FILLER[i % 60]}", (rng.choice("ab"),)) for i in range(150)]
    found = probe(articles, tmp_path, folds=folds)
    assert found is not None
    assert found.random < 0.65


@pytest.mark.parametrize("pair", [False, True])
def test_the_figure_is_that_of_the_baselines_on_the_same_articles(pair: bool, tmp_path: Path) -> None:
    rng = random.Random(0)
    articles = make_articles(150, pair=pair)
    articles = [replace(a, labels=rng.choice(articles).labels if rng.random() < 0.3 else a.labels) for a in articles]
    assignment = split(articles, tmp_path / "a")
    labels = find_labels([article.labels for article in articles])
    (division,) = probe_rows(assignment, whole(150))
    found = measure_leakage(articles, labels, [division])
    train, test = ([articles[row] for row in rows] for rows in division)
    fitted = fit_baselines(train, labels.encode(a.labels for a in train), pair=pair)
    true, predicted = labels.encode(a.labels for a in test), fitted.predict_tfidf(test)
    assert found is not None
    assert found.chosen == round(headline(true, predicted, labels.names)["f1_macro"], 4)
    own = resampled(true, [predicted], labels.names)[0]["f1_macro"].std(ddof=1)
    error = np.hypot(own, found.random_sd / np.sqrt(found.random_splits))
    n, gap = len(test), found.random - found.chosen
    half = t.ppf(0.975, n - 1) * error * np.sqrt((n + 1) / (n - 1))
    assert found.random_sd > 0 and found.gap_interval == pytest.approx((gap - half, gap + half), abs=2e-4)
    assert found.chosen_interval == pytest.approx(intervals(true, predicted, labels.names)["f1_macro"], abs=1e-4)
    units = np.arange(150) // 10
    grouped = measure_leakage(articles, labels, [division], units=units)
    expected = intervals(true, predicted, labels.names, groups=units[division[1]])["f1_macro"]
    assert grouped is not None
    assert grouped.chosen_interval == pytest.approx(expected, abs=1e-4)
    assert grouped.chosen_interval != found.chosen_interval
    assert 0.3 < found.chosen < 1
    assert {a.id for a in train} == {a.id for a, code in zip(articles, assignment.split, strict=True) if code == 0}
    assert {a.id for a in test} == {a.id for a, code in zip(articles, assignment.split, strict=True) if code == 2}


def test_folds_are_pooled_and_random_folds_do_not_overlap(tmp_path: Path) -> None:
    found = probe(by_source(300, 20), tmp_path, group_by=["source"], folds=5)
    assert found is not None
    assert found.test == 300
    assert found.random > 0.95
    assert found.chosen < 0.65


def test_random_folds_train_on_every_class_of_a_corpus_that_is_sorted_by_label() -> None:
    names = [f"class{k}" for k in range(8)]
    articles = [
        Article(f"{name}-{i}", f"{name} {FILLER[i]} {FILLER[i + 1]}", (name,)) for name in names for i in range(20)
    ]
    test = [np.arange(k, 160, 5) for k in range(5)]
    divisions = [
        (np.setdiff1d(np.arange(160), [*rows, *np.arange((k + 1) % 5, 160, 5)]), rows) for k, rows in enumerate(test)
    ]
    found = measure_leakage(articles, find_labels([a.labels for a in articles]), divisions)
    assert found is not None
    assert (found.chosen, found.train, found.test) == (1.0, 96, 160)
    assert found.random == 1.0


def test_several_labels_can_be_probed(tmp_path: Path) -> None:
    found = probe(make_articles(150, multi_label=True), tmp_path, multi_label=True)
    assert found is not None
    assert found.chosen > 0.8


def test_one_class_or_no_test_cannot_be_probed() -> None:
    articles = make_articles(30)
    labels = find_labels([article.labels for article in articles])
    same = [Article(a.id, a.text, ("opinion",)) for a in articles]
    division = (np.arange(20), np.arange(20, 30))
    assert measure_leakage(articles, labels, [division]) is not None
    assert measure_leakage(same, labels, [division]) is None
    assert measure_leakage(articles, labels, []) is None
    assert probe_rows(Assignment(np.zeros(30, dtype=np.int64), np.arange(30), {}), whole(30)) == []


def test_a_training_part_of_one_class_is_measured_all_the_same() -> None:
    articles = sorted(make_articles(30), key=lambda a: a.labels)
    found = measure_leakage(articles, find_labels([a.labels for a in articles]), [(np.arange(10), np.arange(10, 30))])
    assert found is not None
    assert found.chosen == 0


def test_the_probe_is_the_same_each_time(tmp_path: Path) -> None:
    articles = by_source(120, 12)
    first, second = (probe(articles, tmp_path / name, group_by=["source"]) for name in "ab")
    assert first is not None
    assert second is not None
    assert asdict(first) == asdict(second)
    assert first.metric == "f1_macro"


# Samples


def sampled(
    assignment: Assignment, most: int, seed: int = 0, text: np.ndarray | None = None
) -> tuple[set[int], set[int]]:
    n = len(assignment.split)
    ((train, test),) = probe_rows(assignment, whole(n) if text is None else text, most=most, seed=seed)
    return set(train.tolist()), set(test.tolist())


@pytest.mark.parametrize("seed", range(5))
def test_sampling_keeps_units_whole_and_the_proportions(seed: int) -> None:
    rng = np.random.default_rng(seed)
    unit = np.unique(rng.integers(0, 4000, size=20_000), return_inverse=True)[1]
    place = rng.choice([0, 1, 2, -1], p=[0.6, 0.1, 0.2, 0.1], size=4000)[unit]
    train, test = sampled(Assignment(place, np.where(place < 0, -1, unit), {}), 3000, seed)
    assert 2900 <= len(train) + len(test) <= 3000
    assert abs(len(test) / (len(train) + len(test)) - (place == 2).sum() / ((place == 0) | (place == 2)).sum()) < 0.01
    assert {int(place[row]) for row in train} == {0}
    assert {int(place[row]) for row in test} == {2}
    chosen = np.zeros(20_000, dtype=bool)
    chosen[[*train, *test]] = True
    used = (place == 0) | (place == 2)
    shares = np.bincount(unit[used], weights=chosen[used]) / np.maximum(1, np.bincount(unit[used]))
    assert set(shares.tolist()) == {0.0, 1.0}


def test_a_small_dataset_is_not_sampled() -> None:
    place = np.array([0, 1, 2, -1, 0] * 200)
    train, test = sampled(Assignment(place, np.arange(1000), {}), 600)
    assert (train, test) == (set(np.flatnonzero(place == 0).tolist()), set(np.flatnonzero(place == 2).tolist()))
    assert sum(map(len, sampled(Assignment(place, np.arange(1000), {}), 300))) == 300


@pytest.mark.parametrize("sources", [10, 30, 100])
def test_a_few_giant_sources_are_thinned_so_that_train_and_test_are_both_there(sources: int) -> None:
    unit = np.repeat(np.arange(sources), 60_000 // sources)
    place = np.where(unit % 10 < 7, 0, np.where(unit % 10 == 7, 1, 2))
    for seed in range(3):
        train, test = sampled(Assignment(place, unit, {}), 3000, seed)
        assert len(train) + len(test) > 2500
        assert len(test) > 400
        assert len({int(unit[row]) for row in train}) >= min(20, 0.7 * sources)
        assert len({int(unit[row]) for row in test}) == 0.2 * sources
        assert len(set(Counter(int(unit[row]) for row in train).values())) == 1


def test_pairs_that_share_a_text_count_as_one_text() -> None:
    unit = np.repeat(np.arange(400), 20)
    place = np.where(unit % 4 == 0, 2, 0)
    train, test = sampled(Assignment(place, unit, {}), 600, text=unit.astype(np.uint64))
    assert len(train) + len(test) == 8000
    train, test = sampled(Assignment(place, unit, {}), 100, text=unit.astype(np.uint64))
    assert 90 * 20 <= len(train) + len(test) <= 100 * 20


def test_the_first_five_folds_are_probed() -> None:
    folds = np.zeros((80, 8), dtype=np.int64)
    folds[np.arange(80), np.arange(80) % 8] = 2
    folds[np.arange(80), (np.arange(80) + 1) % 8] = 1
    divisions = probe_rows(Assignment(np.zeros(80, dtype=np.int64), np.arange(80), {}, (), folds), whole(80))
    assert len(divisions) == 5
    for k, (train, test) in enumerate(divisions):
        assert test.tolist() == list(range(k, 80, 8))
        assert set(train.tolist()) == set(range(80)) - set(test.tolist()) - set(range((k - 1) % 8, 80, 8))


def test_a_gap_is_sure_only_by_its_own_interval(tmp_path: Path) -> None:
    grouped = probe(by_source(400, 20), tmp_path / "grouped", group_by=["source"])
    assert grouped is not None and grouped.gap_interval is not None and grouped.detectable is not None
    assert grouped.harder and not grouped.easier
    assert grouped.gap_interval[0] < grouped.random - grouped.chosen < grouped.gap_interval[1]
    assert grouped.gap_90 is not None and grouped.gap_interval[0] < grouped.gap_90[0]
    plain = probe(by_source(400, 20), tmp_path / "plain")
    assert plain is not None and not plain.harder and not plain.easier
    assert plain.detectable is not None and plain.detectable < grouped.detectable  # four sources say less than 80 texts


def test_two_groups_say_nothing_of_a_gap(tmp_path: Path) -> None:
    articles = by_source(80, 4)
    rows = np.arange(80)
    test = rows % 4 < 2
    labels = find_labels([article.labels for article in articles], multi_label=False)
    found = measure_leakage(articles, labels, [(rows[~test], rows[test])], units=rows % 4)
    assert found is not None and found.gap_interval is None and found.detectable is None
    assert found.chosen_interval is None and not found.harder and not found.easier
