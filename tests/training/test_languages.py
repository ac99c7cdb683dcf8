from pathlib import Path

import pytest

from classifier.articles.article import Article
from classifier.config import DEFAULT_MODEL
from classifier.dataset.folder import DatasetFolder
from classifier.jobs.building.build import build
from classifier.models.transformer.tokenizer import load_tokenizer
from classifier.models.weights import find_weights
from classifier.training.languages import languages_learnt, warn_before_training
from tests.makers.articles import write_jsonl
from tests.makers.languages import articles_in

ALIKE = {"data.near_duplicates": False, "data.contained": False}  # of the same few words


def dataset_of(folder: Path, *articles: Article) -> DatasetFolder:
    source = write_jsonl(folder / "a.jsonl", list(articles))
    made = build(str(source), folder / "data", settings=ALIKE).dataset
    assert made is not None
    return made


def test_languages_are_said_before_training_and_recorded(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    weights = find_weights(DEFAULT_MODEL)
    tokenizer = load_tokenizer(weights)
    dataset = dataset_of(tmp_path, *articles_in("en", "ru", each=20))
    caplog.clear()
    warn_before_training(DEFAULT_MODEL, weights, tokenizer, dataset)
    (said,) = [record.message for record in caplog.records]
    assert said.startswith("43% of the articles are in languages that the encoder")
    assert "build the dataset again with those in English alone: --set 'data.languages=en'" in said
    assert "Russian 43% (such as the article '" in said
    assert languages_learnt(DEFAULT_MODEL, weights, tokenizer, dataset) == {"en": True, "ru": False}


def test_nothing_is_said_of_english(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    weights = find_weights(DEFAULT_MODEL)
    dataset = dataset_of(tmp_path, *articles_in("en", each=40))
    caplog.clear()
    warn_before_training(DEFAULT_MODEL, weights, load_tokenizer(weights), dataset)
    assert not caplog.records


def test_a_script_that_no_language_is_known_for_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    weights = find_weights(DEFAULT_MODEL)
    gothic = "\U00010330\U00010331\U00010332 \U00010333\U00010334\U00010335 " * 9
    dataset = dataset_of(tmp_path, *(Article(f"g{i}", f"{gothic}{i}", ("ab"[i % 2],)) for i in range(40)))
    caplog.clear()
    warn_before_training(DEFAULT_MODEL, weights, load_tokenizer(weights), dataset)
    assert "has no words for these texts" in caplog.text
    assert "such as --set model.name=intfloat/multilingual-e5-small" in caplog.text


def test_before_a_training_no_test_article_is_read(tmp_path: Path) -> None:
    weights = find_weights(DEFAULT_MODEL)
    dataset = dataset_of(tmp_path, *articles_in("en", each=40))
    (dataset.path / "test").rename(tmp_path / "away")
    warn_before_training(DEFAULT_MODEL, weights, load_tokenizer(weights), dataset)


def test_a_sample_is_spread_over_a_split(tmp_path: Path) -> None:
    dataset = dataset_of(tmp_path, *articles_in("en", each=60))
    assert [a.id for a in dataset.sample("train", 100)] == [a.id for a in dataset.articles("train")]
    assert len({article.id for article in dataset.sample("train", 12)}) == 12
    first, *_, last = dataset.sample("train", 5)
    rows = list(dataset.articles("train"))
    assert (first, last) == (rows[0], rows[-1])
    assert [a.id for a in dataset.sample("test", 1)] == [next(dataset.articles("test")).id]
