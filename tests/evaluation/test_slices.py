from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import f1_score

from classifier.errors import InputError
from classifier.evaluation.slices import find_slices, values_of
from tests.makers.predictions import LABELS, made_articles, made_table


def made(n: int = 600, bad: str | None = "s3", seed: int = 0) -> tuple[list, np.ndarray]:
    """Articles of ten sources; the model is right on 80%, on those of the bad one on 40%."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(3, size=n)
    source = [f"s{row % 10}" for row in range(n)]
    right = rng.random(n) < [0.4 if name == bad else 0.8 for name in source]
    predicted = np.where(right, truth, (truth + 1) % 3)
    dates = [f"20{20 + row % 4}-{row % 12 + 1:02d}-05" for row in range(n)]
    return made_articles(truth, source=source, date=dates, desk=[f"d{row % 2}" for row in range(n)]), predicted


def test_a_bad_source_is_found_and_comes_first() -> None:
    articles, predicted = made()
    tokens = np.random.default_rng(0).integers(50, 900, size=600)
    found = find_slices(made_table(articles, predicted, ["source"], tokens=tokens), LABELS, "test")
    assert found.columns == ("source", "date", "tokens")
    assert [(one.column, one.value) for one in found.worse] == [("source", "s3")]
    worst = found.slices[0]
    assert worst == found.worse[0]
    truth = np.array([LABELS.names.index(article.labels[0]) for article in articles])
    rows = np.array([article.source == "s3" for article in articles])
    assert (worst.articles, worst.groups, worst.resampled) == (60, 1, "article")
    assert worst.accuracy == pytest.approx((truth == predicted)[rows].mean())
    assert worst.difference == pytest.approx(worst.accuracy - (truth == predicted)[~rows].mean())
    assert worst.f1_macro == pytest.approx(f1_score(truth[rows], predicted[rows], average="macro"))
    assert worst.interval[0] < worst.accuracy < worst.interval[1]
    assert worst.p < worst.p_adjusted
    quartiles = [one for one in found.slices if one.column == "tokens"]
    assert len(quartiles) == 4
    assert {one.resampled for one in quartiles} == {"group"}


def test_false_alarms_are_rare_however_many_slices() -> None:
    alarms = sum(
        bool(find_slices(made_table(*made(bad=None, seed=seed)), LABELS, "test", samples=10).worse)
        for seed in range(40)
    )
    assert alarms <= 5


def test_values_become_quartiles_periods_or_names() -> None:
    quartiles = values_of("tokens", list(range(1, 101)))
    assert Counter(quartiles) == {f"{low} – {low + 24} tokens": 25 for low in (1, 26, 51, 76)}
    months = values_of("date", ["2024-05-01"] * 40 + ["2024-06"] * 40)
    assert Counter(months) == {"2024-05": 40, "2024-06": 40}
    assert set(values_of("date", ["2024-05-01"] * 20 + ["2024-06"] * 20)) == {"2024 Q2"}
    assert set(values_of("date", ["31/05/2024"] * 40 + ["01/06/2024"] * 40)) == {"2024-05", "2024-06"}
    assert set(values_of("date", ["20240531"] * 40 + ["20240601"] * 40)) == {"2024-05", "2024-06"}
    assert set(values_of("date", ["2023"] * 40 + ["2024"] * 40)) == {"2023", "2024"}
    assert set(values_of("date", ["01/02/2024"] * 80)) == {"(none)"}
    assert set(values_of("date", ["2024-02-01"] * 20 + ["2024-06-02"] * 20 + [None] * 10)) == {"2024", "(none)"}
    rare = values_of("source", ["x"] * 10 + list("abcdefghi") + [None] * 10)
    assert Counter(rare) == {"x": 10, "(others, each below 10 articles)": 9, "(none)": 10}
    assert len(set(values_of("seen_source", [True] * 10 + [False] * 10 + [None] * 10))) == 3
    assert set(values_of("year", [2020, 2021] * 10)) == {"2020", "2021"}


def test_harder_labels_are_told_from_a_worse_slice() -> None:
    truth = np.array([0] * 100 + [1] * 100)
    predicted = np.array([0] * 90 + [2] * 10 + [1] * 50 + [2] * 50)
    articles = made_articles(truth, source=["easy"] * 100 + ["hard"] * 100)
    found = {one.value: one for one in find_slices(made_table(articles, predicted), LABELS, "test", ["source"]).slices}
    assert found["hard"].expected == found["hard"].accuracy == pytest.approx(0.5)
    assert found["easy"].expected == pytest.approx(0.9)


def test_a_column_that_is_not_there_is_refused() -> None:
    articles, predicted = made(60)
    with pytest.raises(InputError, match=r"no column 'dsk'.* Did you mean 'desk'"):
        find_slices(made_table(articles, predicted), LABELS, "test", ["dsk"])
    with pytest.raises(InputError, match="'score'"):
        find_slices(made_table(articles, predicted), LABELS, "test", ["score"])
    found = find_slices(made_table(articles, predicted), LABELS, "test", ["desk"])
    assert {one.value for one in found.slices} == {"d0", "d1"}


def copied(wrong: int = 40, times: int = 30, seed: int = 0) -> tuple[list, np.ndarray]:
    """One source has one article in many copies, all wrong, and others; the model is right on 80% elsewhere."""
    rng = np.random.default_rng(seed)
    truth = np.concatenate([rng.integers(3, size=400), np.zeros(times, dtype=int), rng.integers(3, size=wrong)])
    source = [f"s{row % 10}" for row in range(400)] + ["one"] * (times + wrong)
    right = np.concatenate([rng.random(400) < 0.8, np.zeros(times, dtype=bool), rng.random(wrong) < 0.8])
    articles = made_articles(truth, source=source)
    articles[400 : 400 + times] = [replace(article, text="One text  in copies") for article in articles[400:][:times]]
    return articles, np.where(right, truth, (truth + 1) % 3)


def test_copies_of_one_article_are_one_observation() -> None:
    articles, predicted = copied()
    found = {one.value: one for one in find_slices(made_table(articles, predicted), LABELS, "test", ["source"]).slices}
    assert (found["one"].articles, found["one"].accuracy < 0.6) == (70, True)
    assert not found["one"].worse
    assert found["one"].f1_interval is None
    apart = [replace(article, text=f"{article.text} {row}") for row, article in enumerate(articles)]
    found = {one.value: one for one in find_slices(made_table(apart, predicted), LABELS, "test", ["source"]).slices}
    assert found["one"].worse
    assert found["one"].f1_interval is not None


def test_nothing_is_said_of_a_slice_of_two_texts() -> None:
    articles, predicted = copied(wrong=0)
    table = made_table(articles, predicted)
    (one,) = [found for found in find_slices(table, LABELS, "test", ["source"]).slices if found.value == "one"]
    assert one.p == one.p_adjusted == 1.0
    assert one.interval[1] - one.interval[0] > 0.6
    older = table.drop_columns(["copies"]).set_column(
        table.column_names.index("group"), "group", [np.arange(len(table))]
    )
    (one,) = [found for found in find_slices(older, LABELS, "test", ["source"]).slices if found.value == "one"]
    assert one.worse  # a table of an older version does not tell copies


def test_slices_of_crossed_pairs_are_less_sure_and_one_target_is_judged_by_its_texts() -> None:
    rng = np.random.default_rng(0)
    text, target = np.divmod(np.arange(400), 20)
    effect = rng.normal(0, 1.5, 20)[text] + rng.normal(0, 1.5, 20)[target]
    truth = rng.integers(3, size=400)
    predicted = np.where(rng.random(400) < 1 / (1 + np.exp(-1 - effect)), truth, (truth + 1) % 3)
    articles = made_articles(truth, source=[f"s{n}" for n in text], target=[f"t{n}" for n in target], half=text < 10)
    one_way, two_way = (
        find_slices(made_table(articles, predicted, ["source"], crossed), LABELS, "test", ["half", "target"])
        for crossed in ([], ["target"])
    )
    by_half = [{one.value: one for one in found.slices if one.column == "half"} for found in (one_way, two_way)]
    for value, found in by_half[1].items():
        assert (found.groups, found.resampled) == (10, "group")
        assert np.ptp(found.interval) > np.ptp(by_half[0][value].interval)
    single = next(one for one in two_way.slices if one.column == "target")
    assert (single.articles, single.groups) == (20, 20)


@pytest.mark.parametrize("sources", [1, 2])
def test_a_slice_across_one_or_two_sources_is_not_judged(sources: int) -> None:
    """Desks of one source: nothing is known of other sources, however bad one desk is."""
    rng = np.random.default_rng(0)
    truth, desk = rng.integers(3, size=300), np.arange(300) % 2
    predicted = np.where((desk == 0) & (rng.random(300) < 0.6), (truth + 1) % 3, truth)
    source = [f"s{row // 2 % sources}" for row in range(300)]
    articles = made_articles(truth, source=source, desk=[f"d{value}" for value in desk])
    table = made_table(articles, predicted, columns=["source"])
    found = find_slices(table, LABELS, "test", ["desk"])
    assert {one.p for one in found.slices} == {1.0} and {one.detectable for one in found.slices} == {1.0}
    assert not found.worse


def test_what_could_have_been_found_is_told_for_each_slice() -> None:
    articles, predicted = made(bad=None)
    found = find_slices(made_table(articles, predicted, ["source"]), LABELS, "test")
    assert len(found.detectable) == len(found.slices) and list(found.detectable) == sorted(found.detectable)
    sources = [one for one in found.slices if one.column == "source"]
    years = [one for one in found.slices if one.column == "date"]
    assert all(0.1 < one.detectable < 0.5 for one in sources)
    fewer = find_slices(made_table(articles, predicted, ["source"]), LABELS, "test", by=["source"])
    for one, alone in zip(
        sorted(sources, key=lambda s: s.value), sorted(fewer.slices, key=lambda s: s.value), strict=True
    ):
        assert alone.detectable < one.detectable  # fewer tests, so each may find more
    assert min(one.detectable for one in years) > 0.99  # whole sources in a year of four: too few groups to be sure


def test_spellings_of_a_source_are_one_slice() -> None:
    given = ["BBC"] * 6 + ["bbc "] * 5 + ["www.post.example"] * 4 + ["Post.example"] * 7 + [None] * 10
    assert values_of("source", given) == ["BBC"] * 11 + ["Post.example"] * 11 + ["(none)"] * 10


def test_dates_that_leave_doubt_are_no_slices_and_are_said(caplog: pytest.LogCaptureFixture) -> None:
    assert set(values_of("date", ["03/04/2024"] * 40 + ["05/06/2024"] * 40)) == {"(none)"}
    [message] = caplog.messages
    assert "no value tells the day from the month" in message
    assert "--set 'data.date_format=%d/%m/%Y'" in message
