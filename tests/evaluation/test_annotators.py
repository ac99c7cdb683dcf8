"""The model as one more annotator, from votes to what stands on the run's page."""

from __future__ import annotations

import csv
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.articles.annotators import ANNOTATIONS
from classifier.articles.article import Article
from classifier.articles.labels import LabelSet
from classifier.evaluation.annotators import compare_with_annotators, read_annotators
from classifier.jobs.train import train
from tests.makers.articles import FILLER, SIGNALS
from tests.makers.settings import tiny

LABELS = LabelSet(("opinion", "reporting", "satire"))
PEOPLE = ("anna", "ben", "cem")


def made(n: int = 60, seed: int = 0, people: tuple[str, ...] = PEOPLE) -> tuple[list[Article], np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(3, size=n)
    articles = []
    for row, label in enumerate(truth):
        given = {name: LABELS.names[label if rng.random() < 0.8 else rng.integers(3)] for name in people}
        articles.append(Article(str(row), "a text", (LABELS.names[label],), extra={ANNOTATIONS: given}))
    return articles, truth


def test_the_model_is_compared_on_articles_of_three_annotators_or_more() -> None:
    articles, truth = made()
    two = {"anna": "satire", "ben": "satire"}  # two who disagree would be tied, so two say nothing
    more = [Article(f"two{at}", "a text", ("satire",), extra={ANNOTATIONS: two}) for at in range(40)]
    none = [Article("none", "a text", ("satire",))]
    predicted = np.concatenate([truth, np.full(41, 2)])
    found = compare_with_annotators("test", [*articles, *more, *none], LABELS, predicted, np.arange(101), samples=100)
    assert found is not None
    assert (found.articles, found.annotators, found.groups) == (60, 3, 60)
    assert found.found.difference > 0  # always right, so nearer to each than they are to each other
    assert [(one.name, one.articles) for one in found.each] == [(name, 60) for name in PEOPLE]
    assert all(one.model.value > one.others.value for one in found.each)
    alone = compare_with_annotators("test", articles, LABELS, truth, np.arange(60), samples=100)
    assert alone == found


def test_an_annotator_is_neither_nearer_nor_farther_than_the_others() -> None:
    articles, _ = made(3000, people=(*PEOPLE, "dora"))
    dora = [article.extra[ANNOTATIONS].pop("dora") for article in articles]
    predicted = np.array([LABELS.names.index(name) for name in dora])
    found = compare_with_annotators("test", articles, LABELS, predicted, np.arange(3000), samples=200)
    assert found is not None and abs(found.found.difference) < 0.03
    assert found.found.interval[0] < 0 < found.found.interval[1]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda votes: {"anna": votes["anna"], "ben": votes["ben"]}, "two annotators"),
        (lambda votes: {"anna": votes["anna"]}, "one annotator"),
        (lambda votes: {}, "none"),
    ],
)
def test_too_few_annotators_are_not_compared_with(change, why) -> None:
    articles, truth = made()
    few = [replace(article, extra={ANNOTATIONS: change(article.extra[ANNOTATIONS])}) for article in articles]
    assert compare_with_annotators("test", few, LABELS, truth, np.arange(60)) is None, why
    assert compare_with_annotators("test", articles[:9], LABELS, truth[:9], np.arange(9)) is None


def test_labels_in_other_spellings_and_unknown_ones_are_votes_too() -> None:
    articles, truth = made()
    spelt = [
        replace(a, extra={ANNOTATIONS: {name: given.upper() for name, given in a.extra[ANNOTATIONS].items()}})
        for a in articles
    ]
    plain = compare_with_annotators("test", articles, LABELS, truth, np.arange(60), samples=50)
    assert compare_with_annotators("test", spelt, LABELS, truth, np.arange(60), samples=50) == plain
    odd = [replace(a, extra={ANNOTATIONS: {**a.extra[ANNOTATIONS], "cem": "advert"}}) for a in articles]
    found = compare_with_annotators("test", odd, LABELS, truth, np.arange(60), samples=50)
    assert found is not None and found.found.people.value < plain.found.people.value


def test_several_labels_are_compared_one_by_one_and_two_annotators_are_enough() -> None:
    labels = LabelSet(("climate", "health"), multi_label=True)
    rng = np.random.default_rng(0)
    truth = rng.integers(2, size=(50, 2))
    articles = []
    for row in range(50):
        votes = {}
        for name in ("anna", "ben"):
            given = np.where(rng.random(2) < 0.9, truth[row], 1 - truth[row])
            votes[name] = [label for label, yes in zip(labels.names, given, strict=True) if yes]
        articles.append(Article(str(row), "a text", (), extra={ANNOTATIONS: votes}))
    found = compare_with_annotators("test", articles, labels, truth, np.arange(50), samples=50)
    assert found is not None and found.articles == 50
    assert 0.4 < found.found.people.value < found.found.model.value < 1


def test_three_annotators_of_a_table_stand_beside_the_model_on_its_page(tmp_path: Path, checkpoint: Path) -> None:
    rng = random.Random(0)
    names = sorted(SIGNALS)
    with (tmp_path / "table.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["text", *PEOPLE])
        for index in range(150):
            label = names[index % 3]
            text = " ".join([*rng.choices(FILLER, k=12), *SIGNALS[label] * 3])
            wrong = rng.randrange(6)  # at most one of the three errs, so none are tied
            given = [rng.choice(names) if at == wrong else label for at in range(3)]
            rows.writerow([f"{text} {index}", *given])
    settings = {"data.annotators": list(PEOPLE), "data.near_duplicates": False, "split.test_size": 0.3}
    train(str(tmp_path / "table.csv"), tmp_path / "run", settings=tiny(checkpoint, **settings), anyway=True)
    found = read_annotators(tmp_path / "run" / "evaluation" / "test")
    assert found is not None and found.articles == 45 and found.annotators == 3
    assert found.found.people.value < 1 and found.found.model.value is not None
    page = (tmp_path / "run" / "report.html").read_text()
    assert 'id="annotators"' in page and "anna" in page
    assert "Krippendorff" in (tmp_path / "run" / "README.md").read_text()
