from pathlib import Path

import numpy as np
import pytest

from classifier.articles.article import Article
from classifier.errors import InputError
from classifier.models.known_articles import (
    FILE,
    KnownArticles,
    Traits,
    foreign_of,
    load_vectors,
    read_known_articles,
    write_known_articles,
)
from classifier.models.known_words import KnownWords
from classifier.models.model_folder import ModelInfo, read_model_info
from classifier.stats.mahalanobis import Cloud
from tests.makers.models import make_checkpoint, make_model_folder


def made(width: int = 32, **traits: np.ndarray) -> KnownArticles:
    values = {name: np.linspace(0, 1, 30) for name in ("length", "unknown", "distance", "foreign")} | traits
    cloud = Cloud(*(np.zeros(shape, dtype=np.float32) for shape in (width, (width, 3), 3)))
    words = KnownWords(np.arange(5, dtype=np.uint32))
    return KnownArticles(words, cloud, "embeddings.word_embeddings.weight", Traits(**values), np.zeros(0, np.int64))


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    write_known_articles(tmp_path, made())
    content = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match=f"{FILE}' cannot be read"):
        read_known_articles(tmp_path)


@pytest.mark.parametrize("name", ["unknown", "distance", "foreign"])
def test_arrays_that_do_not_fit_are_refused(tmp_path: Path, name: str) -> None:
    write_known_articles(tmp_path, made(**{name: np.zeros(7)}))
    with pytest.raises(InputError, match=f"{name}: the shape does not fit"):
        read_known_articles(tmp_path)


def test_word_vectors_of_another_width_are_refused(tmp_path: Path) -> None:
    folder = make_model_folder(tmp_path / "model", make_checkpoint(tmp_path / "encoder"))
    assert load_vectors(folder, made()).table.shape[1] == 32
    with pytest.raises(InputError, match="another model"):
        load_vectors(folder, made(width=8))


def test_languages_that_the_encoder_does_not_read_are_foreign(tmp_path: Path) -> None:
    info: ModelInfo = read_model_info(
        make_model_folder(tmp_path / "m", make_checkpoint(tmp_path / "e"), languages={"en": True, "ru": False})
    )
    articles = [Article(str(n), "?", language=code) for n, code in enumerate(["en", "ru", "de", ""])]
    assert foreign_of(articles, info).tolist() == [0, 1, 1, 0]
    silent = make_model_folder(tmp_path / "n", tmp_path / "e")
    assert foreign_of(articles, read_model_info(silent)).tolist() == []
