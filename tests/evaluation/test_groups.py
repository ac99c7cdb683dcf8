import random

import numpy as np

from classifier.articles.article import Article
from classifier.evaluation.groups import Grouping, group_articles
from tests.makers.corpora import make_text


def articles(source: list[str | None], text: list[str] | None = None) -> list[Article]:
    texts = text or [f"text {row}" for row in range(len(source))]
    return [Article(str(row), texts[row], source=name) for row, name in enumerate(source)]


def test_articles_stand_for_themselves_unless_something_joins_them() -> None:
    found = group_articles(articles(source=["x", "x", None]))
    assert (found.name, found.count) == ("article", 3)


def test_equal_texts_are_one_observation() -> None:
    found = group_articles(articles(source=[None] * 3, text=["a storm", "A  storm", "a bill"]))
    assert found.ids.tolist() == [0, 0, 1]
    assert found.name == "near-duplicates"


def test_units_of_the_dataset_are_joined_with_what_was_not_seen_in_training() -> None:
    found = group_articles(articles(source=["x", "x", "y", "z", None]), units=[7, 3, 3, 4, 9], columns=["source"])
    assert found.ids.tolist() == [0, 0, 0, 1, 2]
    assert (found.name, found.count) == ("source", 3)


def test_a_column_that_no_article_has_joins_nothing() -> None:
    found = group_articles(articles(source=[None, None]), columns=["source"])
    assert found.name == "article"
    assert np.unique(found.ids).tolist() == [0, 1]


def test_copies_that_were_cut_are_joined_where_no_units_are_known() -> None:
    rng = random.Random(0)
    text = make_text(rng, 300)
    found = group_articles(articles(source=[None] * 3, text=[text, make_text(rng, 300), " ".join(text.split()[:150])]))
    assert found.ids.tolist() == [0, 1, 0]
    assert found.name == "near-duplicates"


def pairs(*targets: str | None, text: list[str] | None = None) -> list[Article]:
    texts = text or [f"text {row}" for row in range(len(targets))]
    return [Article(str(row), texts[row], target=name) for row, name in enumerate(targets)]


def test_pairs_of_new_targets_are_resampled_on_both_sides() -> None:
    found = group_articles(pairs("x", "X ", "y", None), crossed=["target"])
    assert found.ids.tolist() == [0, 1, 2, 3]
    assert found.crossed is not None
    assert found.crossed.tolist() == [0, 0, 1, 2]
    assert found.name == "text and target"
    assert found.effective == 16 / 6


def test_targets_within_one_text_cross_nothing() -> None:
    found = group_articles(pairs("x", "y", "z", text=["a", "a", "b"]), crossed=["target"])
    assert (found.crossed, found.name, found.count) == (None, "near-duplicates", 2)
    assert group_articles(pairs("x", "y"), crossed=["target"]).name == "article"
    assert found.effective == 9 / 5


def test_further_columns_join_either_side() -> None:
    articles = [
        Article(str(n), f"text {n}", source=source, target=target, extra={"topic": topic})
        for n, (source, target, topic) in enumerate(
            [("a", "x", "t"), ("a", "y", "t"), ("b", "z", "u"), ("c", "y", "v")]
        )
    ]
    found = group_articles(articles, columns=["source"], crossed=["target", "topic"])
    assert found.ids.tolist() == [0, 0, 1, 2]
    assert found.crossed is not None
    assert found.crossed.tolist() == [0, 0, 1, 0]
    assert found.name == "source and target, topic"


def test_the_coarser_side_of_crossed_pairs_is_that_of_fewer_effective_groups() -> None:
    many, few = np.arange(6), np.array([0, 0, 0, 1, 1, 2])
    assert Grouping(many, "text and target", few).coarser is few
    assert Grouping(few, "text and target", many).coarser is few
    assert Grouping(many, "article").coarser is many
