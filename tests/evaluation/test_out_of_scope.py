"""Evaluated articles beside those that belong to no label: who stands together, what counts, and the file."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from classifier.articles.article import Article
from classifier.errors import InputError
from classifier.evaluation.groups import Grouping
from classifier.evaluation.out_of_scope import FILE, OutsideArticles, measure_out_of_scope, read_out_of_scope
from classifier.files import write_json
from classifier.models.classifier import Classifier
from classifier.stats.abstention import Abstention
from tests.makers.models import make_model_folder

RNG = np.random.default_rng(0)
INSIDE = [Article(f"i{n}", f"text {n}", ("a",), source=f"s{n % 10}") for n in range(60)]
OUTSIDE = [Article(f"o{n}", f"other {n}", source=f"s{n % 5}") for n in range(40)]
HIGH, LOW = RNG.uniform(0.6, 1, 60), RNG.uniform(0.5, 0.9, 40)


def scores(values: np.ndarray) -> np.ndarray:
    return np.column_stack([values, 1 - values]).astype(np.float32)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Classifier:
    folder = make_model_folder(tmp_path_factory.mktemp("scope") / "model", checkpoint, labels=("a", "b"))
    return Classifier.load(folder, device="cpu")


def test_what_is_found_is_written_and_read_again(model: Classifier, tmp_path: Path) -> None:
    stored = replace(model, info=replace(model.info, abstention=Abstention(0.8, (0.85, None))))
    alone = Grouping(np.arange(60), "article")
    found = measure_out_of_scope(
        "test", stored, (INSIDE, scores(HIGH), alone), (OutsideArticles("o.csv", OUTSIDE), scores(LOW)), 50
    )
    truth = np.repeat([1, 0], [60, 40])
    assert found.figures.auroc.value == pytest.approx(roc_auc_score(truth, np.concatenate([HIGH, LOW])), abs=1e-6)
    assert (found.min_precision, found.resampled, found.figures.groups) == (0.8, "source", 5.0)
    assert found.figures.kept is not None and found.figures.kept_in_scope is not None
    assert found.figures.kept.value == pytest.approx((LOW >= 0.85).mean())
    assert found.figures.kept_in_scope.value == pytest.approx((HIGH >= 0.85).mean())
    assert read_out_of_scope(tmp_path) is None
    write_json(tmp_path / FILE, asdict(found))
    assert read_out_of_scope(tmp_path) == found
    (tmp_path / FILE).write_text("{}")
    with pytest.raises(InputError, match="--out-of-scope FILE makes it again"):
        read_out_of_scope(tmp_path)


def test_a_source_that_is_on_both_sides_is_drawn_once(model: Classifier) -> None:
    """Sources of both sides are alike; the interval is narrower than with the same sources under other names."""
    luck = dict(zip([f"s{n}" for n in range(10)], np.random.default_rng(1).uniform(-0.2, 0.2, 10), strict=True))
    inside, outside = (
        np.array([level + luck[article.source] for article in articles if article.source])
        for level, articles in ((0.78, INSIDE), (0.74, OUTSIDE))
    )
    by_source = Grouping(np.arange(60) % 10, "source")
    renamed = [replace(article, source=f"other {article.source}") for article in OUTSIDE]
    widths = []
    for articles in (OUTSIDE, renamed):
        found = measure_out_of_scope(
            "test", model, (INSIDE, scores(inside), by_source), (OutsideArticles("o", articles), scores(outside)), 400
        )
        assert found.figures.auroc.interval is not None
        low, high = found.figures.auroc.interval
        widths.append(high - low)
    assert widths[0] < 0.9 * widths[1]


def test_articles_without_a_source_stand_alone_but_copies_together(model: Classifier) -> None:
    articles = [Article(f"o{n}", f"{'bcdefghijk'[n // 2]} " * 30) for n in range(20)]
    found = measure_out_of_scope(
        "test",
        model,
        (INSIDE, scores(HIGH), Grouping(np.arange(60), "article")),
        (OutsideArticles("o", articles), scores(LOW[:20])),
        10,
    )
    assert (found.figures.groups, found.resampled) == (10.0, "near-duplicates")


def test_of_several_labels_an_article_with_none_is_not_in_scope(model: Classifier) -> None:
    several = replace(model, info=replace(model.info, multi_label=True, thresholds=(0.7, 0.7)))
    inside = [replace(article, labels=()) if n < 20 else article for n, article in enumerate(INSIDE)]
    found = measure_out_of_scope(
        "test",
        several,
        (inside, scores(HIGH), Grouping(np.arange(60), "article")),
        (OutsideArticles("o", OUTSIDE), scores(LOW)),
        10,
    )
    assert found.figures.in_scope == 40
    assert found.figures.labelled.value == pytest.approx((LOW >= 0.7).mean())
