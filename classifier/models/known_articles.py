"""What a model keeps of its training articles in ``known_articles.safetensors``, to compare new ones with them.

It holds no text: the words of the training articles as numbers, the cloud of their mean word vectors, and the traits of
some articles as they would be if they were new: validation articles, and training articles that are measured without
what belongs together with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from classifier.arrays import Floats, Floats32, Ints
from classifier.articles.article import Article, input_text
from classifier.articles.boilerplate import strip_article
from classifier.articles.language_names import counts_as
from classifier.articles.languages import language_of
from classifier.errors import InputError
from classifier.files import damaged, whole_file
from classifier.models.known_words import KnownWords, word_numbers
from classifier.models.model_folder import COPY_AGAIN, ModelInfo
from classifier.models.word_vectors import WordVectors, load_word_vectors
from classifier.stats.mahalanobis import Cloud

FILE = "known_articles.safetensors"
TABLE = "table"  # alone in the metadata: of several, safetensors writes one or another first
FEWEST = 20  # articles on each side of a comparison
LANGUAGES = 400  # articles whose languages are guessed
ARRAYS = ("words", "mean", "directions", "variances", "length", "unknown", "distance", "foreign", "groups")


@dataclass(frozen=True)
class Traits:
    """Traits of some articles, each of shape (articles,).

    Attributes:
        length: characters.
        unknown: share of the words that occur in no training article, from 0 to 1.
        distance: to the cloud of the training articles; infinite for a text without a word piece.
        foreign: 1 where the language is one that the model does not know, else 0; of the first `LANGUAGES` alone.
    """

    length: Floats
    unknown: Floats
    distance: Floats
    foreign: Floats

    def __len__(self) -> int:
        return len(self.length)


@dataclass(frozen=True)
class KnownArticles:
    """What new articles are compared with.

    Attributes:
        words: of the training articles.
        cloud: of their mean word vectors.
        table: the name of the word vectors among the weights of the model.
        traits: of articles that are like those of training, as they are if they are new.
        groups: a number for the source of each of these; empty where sources are not known.
    """

    words: KnownWords
    cloud: Cloud
    table: str
    traits: Traits
    groups: Ints

    def traits_of(self, articles: Sequence[Article], info: ModelInfo, vectors: WordVectors) -> Traits:
        """The traits of new articles.

        Args:
            articles: new to the model.
            info: of the model.
            vectors: of the model's word pieces.
        """
        texts = read_texts(articles, info)
        return Traits(
            lengths_of(texts),
            np.array([self.words.unknown_share(word_numbers(text)) for text in texts]),
            distances(self.cloud, vectors.means(texts)),
            foreign_of(articles, info),
        )


def read_texts(articles: Sequence[Article], info: ModelInfo) -> list[str]:
    """The texts that a model reads of articles."""
    return [input_text(strip_article(article, info.strip)) for article in articles]


def lengths_of(texts: Sequence[str]) -> Floats:
    """Characters of each text."""
    return np.array([len(text) for text in texts], dtype=np.float64)


def distances(cloud: Cloud, means: Floats32) -> Floats:
    """Of mean vectors to a cloud; infinite where there is no vector."""
    found = cloud.distances(means)
    return np.where(np.isnan(found), np.inf, found)


def foreign_of(articles: Sequence[Article], info: ModelInfo) -> Floats:
    """Which of the first articles are in a language that a model does not know; empty where it tells no languages."""
    if not info.languages:
        return np.zeros(0)
    known = {counts_as(code) for code, read in info.languages.items() if read}
    found = map(language_of, articles[:LANGUAGES])
    return np.array([code is not None and counts_as(code) not in known for code in found], dtype=np.float64)


def write_known_articles(folder: Path, known: KnownArticles) -> None:
    """Write them into a model folder."""
    from safetensors.numpy import save

    traits = known.traits
    arrays: dict[str, np.ndarray] = {
        "words": known.words.numbers,
        "mean": known.cloud.mean,
        "directions": np.ascontiguousarray(known.cloud.directions),
        "variances": known.cloud.variances,
        "length": traits.length,
        "unknown": traits.unknown,
        "distance": traits.distance,
        "foreign": traits.foreign,
        "groups": known.groups,
    }
    with whole_file(folder / FILE) as partial:
        partial.write_bytes(save(arrays, {TABLE: known.table}))  # its own errors of writing are no `OSError`


def read_known_articles(folder: Path) -> KnownArticles | None:
    """Those of a model folder; None where an older version made it, or it had too few training articles.

    Raises:
        InputError: they are damaged.
    """
    from safetensors import SafetensorError, safe_open

    file = folder / FILE
    if not file.exists():
        return None
    try:
        with safe_open(file, framework="numpy") as tensors:
            arrays = {name: tensors.get_tensor(name) for name in ARRAYS}
            table = (tensors.metadata() or {})[TABLE]
    except (OSError, SafetensorError, KeyError) as error:
        raise InputError(f"'{file}' cannot be read: {error}.", fix=COPY_AGAIN) from None
    _check(file, arrays)
    cloud = Cloud(arrays["mean"], arrays["directions"], arrays["variances"])
    traits = Traits(*(arrays[name] for name in ("length", "unknown", "distance", "foreign")))
    return KnownArticles(KnownWords(arrays["words"]), cloud, table, traits, arrays["groups"])


def load_vectors(folder: Path, known: KnownArticles) -> WordVectors:
    """The word vectors of the model that the known articles are those of.

    Raises:
        InputError: they are damaged, or of another model.
    """
    vectors = load_word_vectors(folder, known.table)
    if vectors.table.shape[1] != len(known.cloud.mean):
        raise damaged(folder / FILE, "it belongs to another model", COPY_AGAIN)
    return vectors


def _check(file: Path, arrays: dict[str, np.ndarray]) -> None:
    """Raise `InputError` unless the arrays fit one another."""
    count, width = len(arrays["length"]), len(arrays["mean"])
    shapes = {name: arrays[name].shape == (count,) for name in ("unknown", "distance")}
    shapes["groups"] = arrays["groups"].shape in ((count,), (0,))
    shapes["foreign"] = arrays["foreign"].shape in ((0,), (min(count, LANGUAGES),))
    shapes["directions"] = arrays["directions"].shape == (width, len(arrays["variances"]))
    wrong = [name for name, fits in shapes.items() if not fits]
    if wrong:
        raise damaged(file, f"{', '.join(wrong)}: the shape does not fit the rest", COPY_AGAIN)
