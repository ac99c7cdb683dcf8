from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.articles.article import Article
from classifier.dataset.folder import DatasetFolder
from classifier.jobs.building.build import build
from classifier.models.classifier import Classifier
from classifier.models.known_articles import FILE, distances, read_known_articles
from classifier.models.known_words import word_numbers
from classifier.models.word_vectors import load_word_vectors, table_name
from classifier.stats.mahalanobis import fit_cloud
from classifier.training.known_articles import _far_from_others, keep_known_articles, known_articles
from tests.makers.articles import make_articles, write_jsonl
from tests.makers.models import make_model_folder


def dataset_of(folder: Path, articles: list[Article], **settings: object) -> DatasetFolder:
    source = write_jsonl(folder / "a.jsonl", articles)
    made = build(str(source), folder / "data", settings={"data.near_duplicates": False, **settings}).dataset
    assert made is not None
    return made


def model_of(folder: Path, checkpoint: Path) -> tuple[Path, Classifier]:
    made = make_model_folder(folder / "model", checkpoint, languages={"en": True})
    return made, Classifier.load(made, bf16=False)


def test_what_is_kept_can_be_read_again_and_holds_no_text(tmp_path: Path, checkpoint: Path) -> None:
    folder, model = model_of(tmp_path, checkpoint)
    dataset = dataset_of(tmp_path, make_articles(120))
    table = table_name(folder)
    assert keep_known_articles(folder, model.info, dataset)
    made = known_articles(model.info, dataset, load_word_vectors(folder, table), table)
    read = read_known_articles(folder)
    assert read is not None and read.table == made.table
    for name in ("length", "unknown", "distance", "foreign"):
        assert getattr(read.traits, name).tolist() == getattr(made.traits, name).tolist()
    assert (read.cloud.directions == made.cloud.directions).all() and (read.words.numbers == made.words.numbers).all()
    assert len(read.traits) == sum(dataset.counts()[split].articles for split in ("train", "validation"))
    assert b"council" not in (folder / FILE).read_bytes()


def test_training_articles_are_measured_without_what_stands_with_them(tmp_path: Path, checkpoint: Path) -> None:
    """Each source has words of its own: they are unknown in its own articles, as in those of a new source."""
    articles = [
        replace(article, source=f"source{n % 13}", text=f"{article.text} own{n % 13} own{n % 13}")
        for n, article in enumerate(make_articles(120))
    ]
    folder, model = model_of(tmp_path, checkpoint)
    dataset = dataset_of(tmp_path, articles, **{"split.group_by": "source"})
    table = table_name(folder)
    found = known_articles(model.info, dataset, load_word_vectors(folder, table), table)
    texts = [article.text for split in ("validation", "train") for article in dataset.articles(split)]
    expected = []
    for split in ("validation", "train"):
        for article in dataset.articles(split):
            others = {
                word
                for other in dataset.articles("train")
                if other.source != article.source
                for word in word_numbers(other.text).tolist()
            }
            own = word_numbers(article.text).tolist()
            expected.append(sum(word not in others for word in own) / len(own))
    assert min(expected) > 0
    assert found.traits.unknown == pytest.approx(expected)
    assert found.traits.length.tolist() == [len(text) for text in texts]
    sources = {article.source for split in ("validation", "train") for article in dataset.articles(split)}
    assert len(set(found.groups.tolist())) == len(sources)


def test_held_out_distances_are_as_large_as_those_of_new_articles(tmp_path: Path, checkpoint: Path) -> None:
    folder, model = model_of(tmp_path, checkpoint)
    dataset = dataset_of(tmp_path, make_articles(300))
    table = table_name(folder)
    vectors = load_word_vectors(folder, table)
    found = known_articles(model.info, dataset, vectors, table)
    new = found.traits_of(make_articles(200, seed=7), model.info, vectors)
    assert np.median(new.distance) == pytest.approx(np.median(found.traits.distance), rel=0.15)
    assert new.foreign.shape == (200,)


def test_too_few_training_articles_are_not_kept(tmp_path: Path, checkpoint: Path) -> None:
    folder, model = model_of(tmp_path, checkpoint)
    dataset = dataset_of(tmp_path, make_articles(24))
    few = dataset.training_on(range(10))
    assert not keep_known_articles(folder, model.info, few)
    assert read_known_articles(folder) is None


def test_an_article_is_not_near_itself() -> None:
    """A single far article would draw a cloud towards itself in which it stands."""
    means = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
    means[7] = 30
    far = _far_from_others(means, np.arange(60) // 2)
    inside = distances(fit_cloud(means, 1), means)
    assert far[7] > 3 * inside[7]
    assert far.argmax() == 7
