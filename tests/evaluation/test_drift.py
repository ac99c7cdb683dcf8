from dataclasses import replace

import numpy as np
import pytest

from classifier.articles.article import Article
from classifier.evaluation.drift import FEW_SOURCES, FEWEST, LEAST, LOOKED_AT, Drift, NewArticles, measure_drift
from classifier.models.known_articles import KnownArticles, Traits
from classifier.models.known_words import WordUnits, word_numbers
from classifier.models.model_folder import ModelInfo
from classifier.models.word_vectors import WordVectors
from classifier.stats.label_shift import validation_scores
from classifier.stats.mahalanobis import fit_cloud
from tests.makers.articles import make_articles
from tests.makers.models import make_tokenizer

ENGLISH = (
    "The council said on Tuesday that the old bridge would be closed to all of the traffic for a week, and that it was "
    "not safe for any of the people who live on the other side of the river."
)
GERMAN = (
    "Der Stadtrat hat am Dienstag beschlossen, die alte Brücke über den Fluss für eine Woche zu sperren, weil sie "
    "nicht sicher ist. Die Bewohner der beiden Dörfer müssen so lange einen anderen Weg nehmen."
)


def info(**changes: object) -> ModelInfo:
    known = {"multi_label": False, "pair": False, "pooling": "mean", "max_length": 64, "windows": 2, "stride": 0}
    more = {"window_choice": "head", "bf16": False, "base_model": "encoder", "version": "0.1.0"}
    proba = scores(60, 5)
    validation = validation_scores(proba, np.zeros(60, dtype=np.int64))
    return ModelInfo(
        **{"labels": ("a", "b"), **known, **more, "languages": {"en": True}, "validation": validation, **changes}
    )


def scores(count: int, seed: int, heat: float = 1.0) -> np.ndarray:
    first = 1 / (1 + np.exp(-np.random.default_rng(seed).normal(2 * heat, 1, count)))
    return np.column_stack([first, 1 - first]).astype(np.float32)


def vectors() -> WordVectors:
    tokenizer = make_tokenizer()
    table = np.random.default_rng(0).normal(size=(len(tokenizer), 16)).astype(np.float32)
    return WordVectors(tokenizer.backend_tokenizer, table)


def english(count: int, seed: int = 0) -> list[Article]:
    return [replace(a, text=f"{ENGLISH} {a.text}", source=None) for a in make_articles(count, seed)]


def known(articles: list[Article], groups: np.ndarray | None = None) -> KnownArticles:
    texts = [article.text for article in articles]
    units = WordUnits()
    for text in texts:
        units.add(word_numbers(text), 0)
    means = vectors().means(texts)
    cloud = fit_cloud(means)
    traits = Traits(
        np.array([float(len(text)) for text in texts]),
        np.zeros(len(texts)),
        cloud.distances(means),
        np.zeros(min(400, len(texts))),
    )
    return KnownArticles(units.known, cloud, "table", traits, np.zeros(0, np.int64) if groups is None else groups)


def measured(articles: list[Article], proba: np.ndarray, model: ModelInfo | None = None, **changes: object) -> Drift:
    new = NewArticles()
    new.add(articles, proba)
    return measure_drift(model or info(), changes.get("known", known(english(200))), new, lambda _: vectors())


def kinds(found: Drift) -> list[str]:
    return [kind.kind for kind in found.found]


def test_articles_like_those_of_training_are_alike() -> None:
    found = measured(english(300, 3), scores(300, 1))
    assert [kind.kind for kind in found.kinds] == [*LEAST] and not found.found and not found.missing
    assert all(0 <= kind.number <= kind.threshold for kind in found.kinds)
    assert (found.articles, found.compared, found.languages) == (300, 300, ("en",))


CHANGED = {
    "length": (lambda text: text * 3, 1.0),
    "words": (lambda text: f"{text} {' '.join(f'new{n}' for n in range(9))}", 1.0),
    "languages": (lambda text: text.replace(ENGLISH, GERMAN), 1.0),
    "scores": (lambda text: text, 0.2),
    "distance": (lambda text: f"{ENGLISH} {' '.join(['moon', 'cheese'] * (len(text.split()) // 2 - 11))}", 1.0),
}


@pytest.mark.parametrize("kind", CHANGED)
def test_each_kind_is_found(kind: str) -> None:
    change, heat = CHANGED[kind]
    articles = [replace(article, text=change(article.text)) for article in english(200, 3)]
    found = kinds(measured(articles, scores(200, 1, heat)))
    assert kind in found
    assert kind in ("languages", "distance") or found == [kind]


def test_what_is_not_known_is_said() -> None:
    articles = english(60)
    nothing = measured(articles, scores(60, 1), known=None)
    assert [kind.kind for kind in nothing.kinds] == ["scores"]
    assert set(nothing.missing) == {"length", "words", "languages", "distance"}
    assert "scores" in measured(articles, scores(60, 1), info(validation=None)).missing
    assert "languages" in measured(articles, scores(60, 1), info(languages=None)).missing
    few = measured(articles[: FEWEST - 1], scores(FEWEST - 1, 1))
    assert not few.kinds and set(few.missing) == set(LEAST)
    without_text = measured([replace(a, text="") for a in articles], scores(60, 1))
    assert [kind.kind for kind in without_text.kinds] == ["scores"] and not without_text.farthest


def test_scores_that_are_not_known_are_not_compared() -> None:
    found = measured(english(60), np.full((60, 1), np.nan, dtype=np.float32))
    assert "scores" in found.missing and len(found.kinds) == 4


def test_the_farthest_articles_are_shown() -> None:
    strange = Article("x9", "moon cheese " * 20, title="A strange one", where="new.csv:61")
    found = measured([*english(60), strange], scores(61, 1))
    assert (found.farthest[0].id, found.farthest[0].title) == ("x9", "A strange one")
    assert found.farthest[0].where == "new.csv:61"


def test_sources_stand_together_where_both_sides_have_them() -> None:
    """Each source has a length of its own."""
    made = [replace(article, text=article.text * (1 + n % 30)) for n, article in enumerate(english(300))]
    old, new = ([a for n, a in enumerate(made) if (n % 30 < 20) == side] for side in (True, False))
    spellings = ("s{}", "S{} ", "s\N{ZERO WIDTH SPACE}{}")  # of one source
    articles = [replace(a, source=spellings[n % 3].format(n % 10)) for n, a in enumerate(new)]
    plain = [replace(article, source=f"s{n % 10}") for n, article in enumerate(new)]
    groups = known(old, np.arange(200) % 20)
    alike, same = (measured(each, scores(100, 1), known=groups).kinds for each in (articles, plain))
    assert alike == same
    by_source = measured(articles, scores(100, 1), known=known(old, np.arange(200) % 20))
    by_article = measured(articles, scores(100, 1), known=known(old))
    assert by_source.by_source and not by_article.by_source
    assert by_source.kinds[0].threshold > 1.5 * by_article.kinds[0].threshold


@pytest.mark.parametrize(
    ("of_training", "of_new", "told"), [(10, 2, False), (5, 3, False), (2, 30, False), (20, 6, True)]
)
def test_with_too_few_sources_it_is_said_that_no_difference_can_be_shown(
    of_training: int, of_new: int, told: bool
) -> None:
    numbers, sites = np.arange(200) % of_training, [f"s{n % of_training}" for n in range(60)]
    model = info(validation=validation_scores(scores(60, 5), np.zeros(60, dtype=np.int64), sites))
    longer = [replace(a, text=a.text * 3, source=f"s{n % of_new}") for n, a in enumerate(english(200, 3))]
    found = measured(longer, scores(200, 1), model, known=known(english(200), numbers))
    if told:
        assert "length" in kinds(found) and not found.missing
    else:
        assert not found.kinds and set(found.missing.values()) == {FEW_SOURCES}


def test_the_sample_is_the_same_however_the_stream_is_cut() -> None:
    articles, proba = english(3 * LOOKED_AT), scores(3 * LOOKED_AT, 1)
    whole, cut = NewArticles(), NewArticles()
    whole.add(articles, proba)
    for start in (0, 64, 320, 1344):
        stop = {0: 64, 64: 320, 320: 1344, 1344: 3 * LOOKED_AT}[start]
        cut.add(articles[start:stop], proba[start:stop])
    assert whole.seen == cut.seen == 3 * LOOKED_AT and len(whole.articles) == LOOKED_AT
    assert whole.articles == cut.articles and (whole.scores == cut.scores).all()
    places = sorted(articles.index(article) for article in whole.articles)
    assert np.histogram(places, 3, (0, 3 * LOOKED_AT))[0] == pytest.approx(LOOKED_AT / 3, rel=0.15)
    by_id = {article.id: float(row.max()) for article, row in zip(articles, proba, strict=True)}
    assert [by_id[article.id] for article in whole.articles] == whole.scores.tolist()
